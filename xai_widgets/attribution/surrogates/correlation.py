"""Rows of a table in which two columns go together as much as one likes, and all else stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, is_finite, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.inputs.columns import columns_of, numbers_of
from xai_widgets.models.objective import Array

MOST = 0.99
"""Beyond, one column is the other, and nothing is left that is its own."""


def correlated(background: ArrayLike, columns: Sequence[int], correlation: float) -> Array:
    """Return rows of a table whose second of two columns goes along with the first as much as is said.

    Both standardised, the second becomes the correlation times the first, plus what is left of it beside the first, so
    long that its variance stays. The mean and the variance of each column stay as they were, and so do all other
    columns.

    Parameters
    ----------
    background : array of shape (rows, columns), or DataFrame
        At least 3 rows.
    columns : (int, int)
        The first stays; the second is changed.
    correlation : float
        From -0.99 to 0.99.

    Returns
    -------
    array of shape (rows, columns)
        In float64.

    Raises
    ------
    ValueError, TypeError
        If there are no such columns, one does not vary, or the second has nothing of its own.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> moved = xai.correlated(rows, (0, 2), 0.9)
    >>> float(np.corrcoef(moved[:, 0], moved[:, 2])[0, 1].round(6)), bool((moved[:, :2] == rows[:, :2]).all())
    (0.9, True)
    """
    found = numbers_of(background) if columns_of(background) is not None else as_array(background)
    if found.dtype.kind not in "fiu" or found.ndim != 2 or len(found) < 3 or not np.isfinite(found).all():
        raise InputError(
            f"background has shape {found.shape} and dtype {found.dtype}; expected at least 3 rows of finite numbers."
        )
    rows = found.astype(np.float64)
    one, other = checked_columns(columns, rows.shape[1])
    given: Any = correlation
    if isinstance(given, bool) or not isinstance(given, Real) or not is_finite(given):
        raise InputTypeError(f"correlation is {shown(correlation)}; expected a number from {-MOST} to {MOST}.")
    if abs(correlation) > MOST:
        raise InputError(f"correlation is {correlation}; expected a number from {-MOST} to {MOST}.")
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    for column in (one, other):
        if spread[column] <= 1e-12 * max(abs(mean[column]), 1e-300):
            raise InputError(f"Column {column} of background does not vary; expected two columns that do.")
    first, second = ((rows[:, column] - mean[column]) / spread[column] for column in (one, other))
    own = second - (first @ second) / len(rows) * first
    if own.std() < 1e-6:
        raise InputError(
            f"Columns {one} and {other} of background are the same but for scale; expected two of their own."
        )
    moved = correlation * first + np.sqrt(1 - correlation**2) * own / own.std()
    rows[:, other] = mean[other] + spread[other] * moved
    return rows


def checked_columns(columns: Sequence[int], count: int) -> tuple[int, int]:
    """Return the numbers of two columns of so many, if they are that and differ."""
    pair = list(columns) if isinstance(columns, list | tuple | np.ndarray) else []
    if len(pair) != 2 or not all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in pair):
        raise InputTypeError(f"columns is {shown(columns)}; expected the numbers of two columns.")
    one, other = int(pair[0]), int(pair[1])
    if not (0 <= one < count and 0 <= other < count) or one == other:
        raise InputError(f"columns is {shown(columns)}; expected two different numbers from 0 to {count - 1}.")
    return one, other
