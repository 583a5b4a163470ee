"""Rows in the order of each of some columns, with lines between their places, drawn without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.render.canvas import INK, MUTED, Canvas, shortened

Array = NDArray[Any]

ROW = 30.0
"""How far rows are apart."""
HEAD = 44.0
"""What the names of the columns take, and what is said below the lines."""
NAMES = 205.0
"""What the names of the rows take."""
CELL = 90.0
"""How wide a cell is."""


def slots(ranks: Array) -> Array:
    """Return where each row stands in each column, 0 on top: by its rank, equals in order, at the end what has none.

    Parameters
    ----------
    ranks : array of shape (rows, columns)
    """
    order = np.argsort(np.where(np.isnan(ranks), np.inf, ranks), axis=0, kind="stable")
    return np.argsort(order, axis=0, kind="stable")


def bump_height(rows: int) -> float:
    """Return how high the drawing of so many rows is."""
    return 2 * HEAD + rows * ROW


def draw_bump(
    canvas: Canvas,
    box: tuple[float, float, float],
    rows: Sequence[tuple[str, tuple[int, ...]]],
    columns: Sequence[tuple[str, str]],
    ranks: Array,
    cells: Sequence[Sequence[str]],
    between: Sequence[str],
) -> None:
    """Draw rows into a box (left, top, width), the best of each column on top.

    Parameters
    ----------
    canvas : Canvas
    box : (float, float, float)
    rows : sequence of (str, color)
        What they are called, and their colours.
    columns : sequence of (str, str)
        What they are called, and what stands below that.
    ranks : array of shape (rows, columns)
        nan of what has none.
    cells : sequence of sequence of str
        What stands in each.
    between : sequence of str
        What stands under the gap between two columns.
    """
    left, top, width = box
    apart, places = (width - NAMES) / len(columns), slots(ranks)

    def middle(column: float) -> float:
        return left + NAMES + (column + 0.5) * apart

    def height(slot: float) -> float:
        return top + HEAD + (slot + 0.5) * ROW

    for column, (name, note) in enumerate(columns):
        canvas.text(middle(column), top + 14, shortened(name, apart - 8), 13, INK, anchor="ms")
        canvas.text(middle(column), top + 30, note, 11, MUTED, anchor="ms")
    for (name, color), own, words in zip(rows, places, cells, strict=True):
        canvas.text(left, height(own[0]) + 4, shortened(name, NAMES - 30), 13, color)
        # From the edge of a cell to that of the next one: nothing lies under the numbers.
        ends = [(left + NAMES - 20, height(own[0]))]
        for column, slot in enumerate(own):
            x, y = middle(column), height(slot)
            canvas.path([*ends, (x - CELL / 2, y)], color, 2.2)
            canvas.text(x, y + 4, words[column], 12, color, anchor="ms")
            ends = [(x + CELL / 2, y)]
    for column, words in enumerate(between):
        canvas.text(middle(column + 0.5), top + HEAD + len(rows) * ROW + 16, words, 11, MUTED, anchor="ms")
