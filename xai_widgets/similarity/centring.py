"""Rows with their mean taken off, and with it what only the rounding of single precision lets vary."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array

ROUNDING = 16 * np.finfo(np.float32).eps
"""A column that varies by no more than this part of its size does not vary: it is a dead unit."""


def centred(rows: Array, ones: Array | None = None) -> Array:
    """Return rows (n, features) with the mean of each column taken off.

    Parameters
    ----------
    rows : array of shape (n, features)
    ones : array of shape (n,), optional
        What became of a column of ones where the rows were turned.
    """
    ones = np.ones(len(rows)) if ones is None else ones
    found: Array = rows - np.outer(ones, (ones @ rows) / (ones @ ones))
    sizes, lengths = (np.sqrt(np.square(one).sum(axis=0)) for one in (rows, found))
    found[:, lengths <= ROUNDING * sizes] = 0
    return found
