"""Rows of many columns of which only products are kept, however many rows there are."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.similarity.centring import centred


class Columns:
    """Rows that are turned into fewer with the same products of columns, where they are more than these.

    A column of ones stands in front and is turned with the others, so that the mean of each can still be taken off.
    That is more exact than sums of products, which lose half of the digits.

    Parameters
    ----------
    width : int
        How many columns there are.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self._pieces: list[Array] = []
        self._width = width + 1

    def add(self, rows: Array) -> None:
        """Add rows (n, width)."""
        self.count += len(rows)
        self._pieces.append(np.concatenate([np.ones((len(rows), 1)), rows], axis=1))
        if sum(map(len, self._pieces)) > 2 * self._width:
            self._pieces = [_turned(np.concatenate(self._pieces))]

    def __add__(self, other: Columns) -> Columns:
        both = Columns(self._width - 1)
        both.count, both._pieces = self.count + other.count, [*self._pieces, *other._pieces]
        return both

    @property
    def centred(self) -> Array:
        """Rows with the products of the columns with their means taken off, (few, width)."""
        rows = np.concatenate(self._pieces)
        if len(rows) > self._width:
            rows = _turned(rows)
        ones, columns = rows[:, 0], rows[:, 1:]
        return centred(columns, ones)


def _turned(rows: Array) -> Array:
    """Return as many rows as columns with the same products of columns."""
    return np.asarray(np.linalg.qr(rows, mode="r"))
