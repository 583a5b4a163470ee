"""Least squares whose weights may have so large a sum of magnitudes: by accelerated projected gradients."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array


def onto_ball(columns: Array, radius: float) -> Array:
    """Return the nearest columns whose sums of magnitudes are at most `radius` (Duchi et al. 2008)."""
    sizes = -np.sort(-np.abs(columns), axis=0)
    counts = np.arange(1, len(columns) + 1)[:, None]
    shifts = (np.cumsum(sizes, axis=0) - radius) / counts
    last = np.maximum((sizes > shifts).sum(axis=0) - 1, 0)
    shift = np.maximum(shifts[last, np.arange(columns.shape[1])], 0)
    found: Array = np.sign(columns) * np.maximum(np.abs(columns) - shift, 0)
    return found


class BoundedLeastSquares:
    """Finds W that brings X W close to Y while the magnitudes in each column of W sum to at most a budget.

    The steps gain speed from one to the next, which is given up where it leads uphill (Beck and Teboulle 2009,
    O'Donoghue and Candès 2015).

    Attributes
    ----------
    weights : array of shape (features, columns)
        What was found so far.
    gap : array of shape (columns,)
        By how much the squared error of each column may still lie above the least that there is: a bound that holds
        because no point of the ball is further down the slope than its best corner.
    """

    def __init__(self, x: Array, y: Array, budget: float) -> None:
        self.x, self.y, self.budget = x, y, budget
        self.rate = 1 / max(np.linalg.norm(x, 2) ** 2, np.finfo(float).tiny)
        self.weights = np.zeros((x.shape[1], y.shape[1]))
        self._ahead, self._speed = self.weights, np.ones(y.shape[1])
        self.gap = self._gap()

    def step(self) -> None:
        """Take one step."""
        slope = self.x.T @ (self.x @ self._ahead - self.y)
        found = onto_ball(self._ahead - self.rate * slope, self.budget)
        moved = found - self.weights
        uphill = ((self._ahead - found) * moved).sum(axis=0) > 0
        speed = (1 + np.sqrt(1 + 4 * self._speed**2)) / 2
        self._ahead = found + np.where(uphill, 0, (self._speed - 1) / speed) * moved
        self._speed = np.where(uphill, 1, speed)
        self.weights = found

    def look(self) -> None:
        """Find out how close it has come."""
        self.gap = self._gap()

    def _gap(self) -> Array:
        slope = 2 * self.x.T @ (self.x @ self.weights - self.y)
        gap: Array = (slope * self.weights).sum(axis=0) + self.budget * np.abs(slope).max(axis=0)
        return gap
