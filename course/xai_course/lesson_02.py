"""The checks of lesson 2, an ImageNet network on photographs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.checking import Verdict, is_blank

SIDE = 60
"""The side of the square that may be covered, in pixels."""


def cover(x: NDArray[np.float32], row: int, column: int, side: int = SIDE) -> NDArray[np.float32]:
    """Return the picture `x` (channels, height, width) with a square filled by each channel's mean.

    Parameters
    ----------
    x : array of shape (channels, height, width)
    row, column : int
        The upper left corner of the square.
    side : int, default 60
        The side of the square.
    """
    covered = x.copy()
    covered[:, row : row + side, column : column + side] = x.mean(axis=(1, 2), keepdims=True)
    return covered


def corner(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that covering the square whose upper left corner is `answer` (row, column) changes the model's answer."""
    if is_blank(answer):
        return Verdict("blank", "put (row, column) in place of the dots, then run this cell again.")
    if not (isinstance(answer, tuple | list) and len(answer) == 2 and all(map(_is_whole, answer))):
        return Verdict("wrong", f"expected two whole numbers, (row, column); found {answer!r}.")
    row, column = map(int, answer)
    verdict = _covered(row, column, model, x)
    if verdict.state == "wrong" and _covered(column, row, model, x).state == "right":
        return Verdict(
            "wrong",
            f"({row}, {column}) is (column, row), the other way round; expected the row first, as arrays have it. "
            "Swap the two.",
        )
    return verdict


def _is_whole(number: Any) -> bool:
    return isinstance(number, int | float | np.integer | np.floating) and float(number).is_integer()


def _covered(row: int, column: int, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Return the verdict on covering the square at `row` and `column`."""
    last = x.shape[1] - SIDE, x.shape[2] - SIDE
    if not (0 <= row <= last[0] and 0 <= column <= last[1]):
        return Verdict(
            "wrong",
            f"the square leaves the picture; expected a row from 0 to {last[0]} and a column from 0 to {last[1]}.",
        )
    before, after = model.probabilities(np.stack([x, cover(x, row, column)]))
    top = int(before.argmax())
    change = f"its probability goes from {before[top]:.2f} to {after[top]:.2f}"
    if after.argmax() == top:
        return Verdict(
            "wrong",
            f"the network still says {model.class_name(top)!r}; {change}. "
            "In the widget, look for the reddest square, and cover that.",
        )
    return Verdict("right", f"now the network says {model.class_name(int(after.argmax()))!r}; {change}.")
