"""The checks of lesson 10, contrastive explanations."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers, truth
from xai_course.checking import Verdict, call, check


@check()
def claim(answer: Any) -> Verdict:
    """Check a function that says whether a changed picture is a pertinent negative."""

    def network(x: Any) -> int:
        return int(np.asarray(x).sum() > 1.5)

    x = np.array([0.5, 0.5, 0.25])
    for changed, expected, what in (
        ([0.5, 0.5, 0.75], True, "ink is added and the answer changes"),
        ([0.5, 0.5, 0.5], False, "the answer stays the same"),
        ([0.5, 0.25, 0.9], False, "some ink is taken away"),
        ([0.5, 0.5, 1.75], False, "a pixel is brighter than 1"),
    ):
        found = truth(call(answer, network, x, np.array(changed)))
        if found != expected:
            return Verdict("wrong", f"it says {found} where {what}.")
    return Verdict("right", "the answer has changed, and only by ink that could be there.")


@check()
def linear_change(answer: Any) -> Verdict:
    """Check the least change that brings a linear score to zero."""
    for w, b, x in (([3.0, 4.0], 1.0, [1.0, 1.0]), ([0.5, 0.0, -1.0], 2.0, [1.0, 5.0, 0.0])):
        weights, point = np.array(w), np.array(x)
        found = numbers(call(answer, weights, b, point), point.shape, "one number for each element of x")
        left = float(weights @ (point + found) + b)
        if abs(left) > 1e-6:
            return Verdict("wrong", f"after the change the score is {left:.2f}; expected 0.")
        expected = -(weights @ point + b) * weights / (weights @ weights)
        if not np.allclose(found, expected):
            return Verdict("wrong", "the score is zero after the change, and a smaller one would do.")
    return Verdict("right", "straight against w, by the score divided by the square of its length.")
