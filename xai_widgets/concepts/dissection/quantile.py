"""The quantile of a stream of numbers, of which only the upper part has to be remembered."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array


class UpperQuantile:
    """What a given share of many numbers lies above, row by row, as `numpy.quantile` has it.

    Parameters
    ----------
    rows : int
    count : int
        How many numbers each row will have been given in the end.
    share : float
        How large a part of them lies above.
    """

    def __init__(self, rows: int, count: int, share: float) -> None:
        place = (1 - share) * (count - 1)
        self._between = place - int(place)
        self._needed = count - int(place)
        self._upper = np.empty((rows, 0), np.float32)

    def add(self, numbers: Array) -> None:
        """Add numbers (rows, any)."""
        both = np.concatenate([self._upper, numbers], axis=1)
        spare = both.shape[1] - self._needed
        self._upper = both if spare <= 0 else np.partition(both, spare, axis=1)[:, spare:]

    @property
    def value(self) -> Array:
        """The quantile of all that was added, (rows,)."""
        lowest = np.sort(np.partition(self._upper, min(1, self._needed - 1), axis=1)[:, :2].astype(np.float64), axis=1)
        found: Array = lowest[:, 0] + self._between * (lowest[:, -1] - lowest[:, 0])
        return found
