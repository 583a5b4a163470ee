"""Sampling: running means that know their error, and when a stream of samples may stop by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.option import Option

FEWEST = 10
"""Below so many samples a standard error is too uncertain itself to stop by it."""

TOLERANCE = Option(
    default=0,
    kind="number",
    label="Stop at",
    sentence="Stop when the largest standard error is this part of the largest value; 0 takes all samples.",
    minimum=0,
    maximum=1,
    slider=(0, 0.2),
    step=0.01,
    unit="of the largest value",
    aside=True,
)


@dataclass
class RunningMean:
    """Mean and variance of a stream of arrays in float64, whose memory does not grow (Chan, Golub, LeVeque 1983).

    The result does not depend on how the stream was cut into chunks.
    """

    count: int = 0
    total: Any = 0.0
    squares: Any = 0.0
    """The sum of the squared distances from the mean."""

    def add(self, samples: Array) -> None:
        """Add the arrays `samples` (samples, ...)."""
        added = len(samples)
        if not added:
            return
        samples = np.asarray(samples, np.float64)
        total = samples.sum(axis=0)
        squares = ((samples - total / added) ** 2).sum(axis=0)
        if self.count:
            apart = total / added - self.total / self.count
            squares = squares + apart**2 * (self.count * added / (self.count + added))
        self.count, self.total, self.squares = self.count + added, self.total + total, self.squares + squares

    @property
    def mean(self) -> Array:
        """The mean of what was added so far, (...)."""
        mean: Array = self.total / self.count
        return mean

    @property
    def variance(self) -> Array:
        """The unbiased variance of one sample, (...); nan below two samples."""
        if self.count < 2:
            return np.full(np.shape(self.total), np.nan)
        variance: Array = self.squares / (self.count - 1)
        return variance

    @property
    def standard_error(self) -> Array:
        """The standard error of the mean, (...); nan below two samples."""
        error: Array = np.sqrt(self.variance / max(self.count, 1))
        return error


def precise_enough(values: Array, standard_error: Array, samples: int, tolerance: float) -> bool:
    """Return whether a stream may stop: its largest standard error is at most `tolerance` of its largest magnitude.

    Parameters
    ----------
    values, standard_error : array of shape (batch, ...)
        Each input of the batch has to be precise enough.
    samples : int
        How many independent samples they come from; below `FEWEST` they never are.
    tolerance : float
        0 never stops.
    """
    if tolerance == 0 or samples < FEWEST:
        return False
    axes = tuple(range(1, values.ndim))
    return bool((standard_error.max(axis=axes) <= tolerance * np.abs(values).max(axis=axes)).all())


def checkpoint(drawn: int, size: int, period: int = 1) -> int:
    """Return after how many of `size` samples to estimate again when `drawn` are there.

    Whether a stream stops by itself may only be asked there: at numbers that do not depend on how the work is cut into
    chunks, or else the result would depend on it. They are multiples of `period`, an eighth apart, 16 at the least.
    """
    wanted = drawn + max(16, drawn // 8)
    return min(-(-wanted // period) * period, size)
