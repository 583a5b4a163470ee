"""The checks of lesson 10, contrastive explanations."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers, truth
from xai_course.checking import Verdict, call, check, mistaken


@check()
def claim(answer: Any) -> Verdict:
    """Check ``answer(network, x, changed)``, which says whether a changed picture is a pertinent negative."""

    def network(x: Any) -> int:
        return int(np.asarray(x).sum() > 1.5)

    x = np.array([0.5, 0.5, 0.25])
    for changed, expected, what in (
        ([0.5, 0.5, 0.75], True, "ink is added and the answer changes"),
        ([0.5, 1.0, 0.25], True, "ink is added up to a full 1 and the answer changes"),
        ([0.5, 0.5, 0.5], False, "the answer stays the same"),
        ([0.5, 0.25, 0.9], False, "some ink is taken away, though more is added elsewhere"),
        ([0.5, 0.5, 1.75], False, "a pixel is brighter than 1"),
    ):
        found = truth(call(answer, network, x, np.array(changed)))
        if found != expected:
            held = "it is one" if expected else "it is none"
            return Verdict("wrong", f"for x = {x.tolist()} and {changed} it says {found}; {held}: {what}.")
    return Verdict("right", "the answer has changed, and only by ink that could be there.")


@check()
def linear_change(answer: Any) -> Verdict:
    """Check ``answer(w, b, x)``, the least change that brings a linear score to zero."""
    for weights, b, point in (([3.0, 4.0], 1.0, [1.0, 1.0]), ([0.5, 0.0, -1.0], 2.0, [1.0, 5.0, 0.0])):
        w, x = np.array(weights), np.array(point)
        found = numbers(call(answer, w, b, x), x.shape, "one number for each element of x")
        score, square = float(w @ x + b), float(w @ w)
        expected = -score * w / square
        if np.allclose(found, expected):
            continue
        mistakes = [
            (-score * w / np.sqrt(square), "this is divided by the length of w; expected by its square, w @ w."),
            (-score * w, "the step is not divided by the square of the length of w, w @ w."),
            (-expected, "the step goes along w and doubles the score; go against it."),
            (-float(w @ x) * w / square, "the bias is forgotten: the score is w @ x + b."),
            (x + expected, "this is where x goes; expected the change alone."),
            (-w / square, "how far to go is missing: multiply by the score."),
            (
                -score * np.sign(w) / np.abs(w).sum(),
                "the score is zero then, but each element moves by the same: this is "
                "the least change of the largest element, and not in l2. Move each by its weight.",
            ),
        ]
        left = score + float(w @ found)
        otherwise = f"after the change the score is {left:.2f}; expected 0."
        if abs(left) <= 1e-6:
            otherwise = (
                f"the score is zero after the change, whose length is {np.linalg.norm(found):.3g}; one of "
                f"{np.linalg.norm(expected):.3g} would do. Go straight against w."
            )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "straight against w, by the score divided by the square of its length.")
