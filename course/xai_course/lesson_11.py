"""The checks of lesson 11, segmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import number, truths
from xai_course.checking import Verdict, attempt, call, check, described, mistaken


@check("put a question, xai.Segment(...), in place of the dots.")
def one_pixel(answer: Any, model: xai.Model, x: NDArray[np.float32], row: int, column: int) -> Verdict:
    """Check that `answer` asks about one pixel alone, and say how far that pixel sees."""
    if not isinstance(answer, xai.Segment):
        return Verdict("wrong", f"expected xai.Segment(...), found {described(answer)}.")
    if answer.mask is None:
        return Verdict("wrong", "without a mask the question is about the whole segment. Give one that is true once.")
    mask = truths(answer.mask, (128, 128), "a mask of truth values")
    if mask.sum() != 1:
        return Verdict(
            "wrong", f"the mask is true at {mask.sum()} places, and asks about all of them; expected the one pixel."
        )
    if not mask[row, column]:
        there = tuple(int(place) for place in np.argwhere(mask)[0])
        swapped = " Swap the two: arrays have the row first." if there == (column, row) else ""
        return Verdict("wrong", f"the mask is true at {there}; expected row {row}, column {column}.{swapped}")
    found = attempt("this cannot be explained.", xai.Saliency(), model, x, quantity=answer).map
    seen = np.argwhere(np.abs(found) > 1e-6 * np.abs(found).max())
    reach = np.abs(seen - (row, column)).max(initial=0)
    return Verdict(
        "right",
        f"pixels up to {reach} rows or columns away can move it: its receptive field reaches at least that far.",
    )


@check()
def share_inside(answer: Any) -> Verdict:
    """Check ``answer(values, mask)``, the share of a map's size that lies on a mask, on maps whose share is known."""
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    signed = np.array([[1, -1, 1, -1], [0, 3, -3, 0], [0, -3, -3, 0], [1, -1, 1, -1]], np.float64)
    for values, what in (
        (signed, "a map with values of both signs"),
        (np.ones((4, 4)), "a map that is the same everywhere"),
    ):
        found = number(call(answer, values, mask), f"for {what} a number from 0 to 1", "Add up over the pixels.")
        size, positive, square = np.abs(values), np.maximum(values, 0), values**2
        expected = size[mask].sum() / size.sum()
        if abs(found - expected) <= 1e-6:
            continue
        mistakes = [
            (values[mask].sum() / values.sum(), "values of both signs cancel when they are added. Take np.abs first."),
            (values[mask].sum() / size.sum(), "inside, values of both signs cancel. Take np.abs there, too."),
            (positive[mask].sum() / positive.sum(), "only what is positive counts here; size has no sign: np.abs."),
            (square[mask].sum() / square.sum(), "the values are squared; expected their size, np.abs."),
            (mask.mean(), "this is the area of the mask, which chance would give. Weigh the pixels by np.abs(values)."),
            (
                size[mask].sum() / size[~mask].sum(),
                "this is divided by the size outside; expected that of the whole map.",
            ),
            (size[~mask].sum() / size.sum(), "this is the share outside of the mask."),
            (size[mask].sum(), "this is a sum; divide by the size of the whole map to get a share."),
            (size[mask].mean(), "this is the mean inside; expected the sum inside over the sum everywhere."),
            (size[mask].mean() / size.mean(), "these are means, so that the area is divided out; expected sums."),
        ]
        otherwise = (
            f"for {what} the size inside is {size[mask].sum():g} of {size.sum():g}, a share of {expected:g}; found "
            f"{found:.3g}."
        )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "this is what Wang and others (2020) call the energy-based pointing game.")
