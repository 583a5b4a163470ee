"""The checks of lesson 11, segmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.checking import Verdict, call, is_blank


def one_pixel(answer: Any, model: xai.Model, x: NDArray[np.float32], row: int, column: int) -> Verdict:
    """Check that `answer` asks about one pixel alone, and say how far that pixel sees."""
    if is_blank(answer):
        return Verdict("blank", "put a question, xai.Segment(...), in place of the dots.")
    if not isinstance(answer, xai.Segment):
        return Verdict("wrong", f"expected xai.Segment(...), found {answer!r}.")
    if answer.mask is None:
        return Verdict("wrong", "without a mask the question is about the whole segment.")
    mask = np.asarray(answer.mask)
    if mask.sum() != 1 or mask.shape != (128, 128):
        return Verdict("wrong", f"the mask has {int(mask.sum())} places; expected the one pixel.")
    if not mask[row, column]:
        return Verdict("wrong", f"the mask is true at another place than row {row}, column {column}.")
    found = xai.Saliency()(model, x, quantity=answer).map
    rows, columns = np.nonzero(np.abs(found) > 1e-6 * np.abs(found).max())
    reach = int(max(np.abs(rows - row).max(), np.abs(columns - column).max()))
    return Verdict(
        "right",
        f"pixels up to {reach} rows or columns away can move it: its receptive field reaches at least that far.",
    )


def share_inside(answer: Any) -> Verdict:
    """Check a function of a map and a mask on maps whose share is known."""
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    signs = np.where(np.indices((4, 4)).sum(axis=0) % 2, -1.0, 1.0)
    for values, expected, what in (
        (np.ones((4, 4)), 0.25, "a map that is the same everywhere"),
        (signs * np.where(mask, 3.0, 1.0), 0.5, "a map with values of both signs"),
    ):
        with np.errstate(all="ignore"):
            found, verdict = call(answer, values, mask)
        if verdict is not None:
            return verdict
        if not (np.isscalar(found) and np.isfinite(found)):
            return Verdict("wrong", f"for {what} it gives {found}; expected a number from 0 to 1.")
        if abs(float(found) - expected) > 1e-6:
            return Verdict("wrong", f"for {what} it gives {float(found):.2f}; expected {expected}.")
    return Verdict("right", "this is what Wang and others (2020) call the energy-based pointing game.")
