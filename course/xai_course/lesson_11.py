"""The checks of lesson 11, segmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import number, truths
from xai_course.checking import Verdict, attempt, call, check, described


@check("put a question, xai.Segment(...), in place of the dots.")
def one_pixel(answer: Any, model: xai.Model, x: NDArray[np.float32], row: int, column: int) -> Verdict:
    """Check that `answer` asks about one pixel alone, and say how far that pixel sees."""
    if not isinstance(answer, xai.Segment):
        return Verdict("wrong", f"expected xai.Segment(...), found {described(answer)}.")
    if answer.mask is None:
        return Verdict("wrong", "without a mask the question is about the whole segment.")
    mask = truths(answer.mask, (128, 128), "a mask of truth values")
    if mask.sum() != 1:
        return Verdict("wrong", f"the mask has {mask.sum()} places; expected the one pixel.")
    if not mask[row, column]:
        return Verdict("wrong", f"the mask is true at another place than row {row}, column {column}.")
    found = attempt("this cannot be explained.", xai.Saliency(), model, x, quantity=answer).map
    seen = np.argwhere(np.abs(found) > 1e-6 * np.abs(found).max())
    reach = np.abs(seen - (row, column)).max(initial=0)
    return Verdict(
        "right",
        f"pixels up to {reach} rows or columns away can move it: its receptive field reaches at least that far.",
    )


@check()
def share_inside(answer: Any) -> Verdict:
    """Check a function of a map and a mask on maps whose share is known."""
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    signs = np.where(np.indices((4, 4)).sum(axis=0) % 2, -1.0, 1.0)
    for values, expected, what in (
        (np.ones((4, 4)), 0.25, "a map that is the same everywhere"),
        (signs * np.where(mask, 3.0, 1.0), 0.5, "a map with values of both signs"),
    ):
        found = number(call(answer, values, mask), f"for {what} a number from 0 to 1")
        if abs(found - expected) > 1e-6:
            return Verdict("wrong", f"for {what} it gives {found:.2f}; expected {expected}.")
    return Verdict("right", "this is what Wang and others (2020) call the energy-based pointing game.")
