"""Where an attack may look: within a distance of each input, and within the bounds of the model."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

Norm = Literal["l2", "linf"]

SLACK = 1e-6
"""The region is smaller by this share, so that rounding to the model's type never leads out of it."""


class Region:
    """All points that are at most `epsilon` away from their input, and that the model's bounds allow.

    Parameters
    ----------
    model : Model
    batch : array of shape (batch, *input shape)
        An input that lies outside the bounds itself widens them by as much, or it would not be in its own region.
    norm : {"l2", "linf"}
    epsilon : float
        In the units of the inputs.
    """

    def __init__(self, model: Model, batch: Array, norm: Norm, epsilon: float) -> None:
        self.batch = batch
        self.norm = norm
        self._drawn = model.input.drawn
        self._centre = batch.astype(np.float64)
        low, high = model.taken.limits
        self._below = np.minimum(low - self._centre, 0)
        self._above = np.maximum(high - self._centre, 0)
        self.epsilon = min(epsilon, self._diameter())
        """No more than what reaches all of the bounds, however far away that leads."""
        _check_epsilon(self.epsilon, batch)

    def start(self, seed: int, number: int) -> Array:
        """Return where to begin: the inputs themselves, and for each further number a random point of the region.

        It depends on (seed, number) and the shape of one input alone, is drawn channels last, and is uniform in the
        ball, so that two backends and two batches begin alike.
        """
        if number == 0:
            return self.batch
        random = np.random.default_rng((seed, number))
        way: Array
        if self.norm == "linf":
            way = self._drawn(lambda shape: random.uniform(-1, 1, shape))
        else:
            way = self._drawn(random.standard_normal)
            way = way * (random.uniform() ** (1 / way.size) / np.linalg.norm(way))
        return self.project(self._centre + self.epsilon * way)

    def step(self, points: Array, gradients: Array, length: float) -> Array:
        """Return `points` moved by `length` in the direction in which `gradients` fall steepest, back in the region."""
        gradients = gradients.astype(np.float64)
        if self.norm == "linf":
            return self.project(points - length * np.sign(gradients))
        norms = self._column(np.linalg.norm(gradients.reshape(len(gradients), -1), axis=1))
        ways = np.divide(gradients, norms, out=np.zeros_like(gradients), where=norms > 0)
        return self.project(points - length * ways)

    def project(self, points: Array) -> Array:
        """Return the closest points of the region, in the model's type."""
        reach = self.epsilon * (1 - SLACK)
        ways = points - self._centre
        if self.norm == "linf":
            ways = np.clip(ways, -reach, reach)
        else:
            room = np.where(ways > 0, self._above, -self._below)
            ways = ways * self._column(_shares(_flat(np.abs(ways)), _flat(room), reach))
        nearest: Array = (self._centre + np.clip(ways, self._below, self._above)).astype(self.batch.dtype)
        return nearest

    def _diameter(self) -> float:
        """Return how far the farthest point within the bounds is from an input."""
        farthest = _flat(np.maximum(self._above, -self._below))
        return float(farthest.max() if self.norm == "linf" else np.linalg.norm(farthest, axis=1).max())

    def _column(self, values: Array) -> Array:
        return values.reshape(-1, *[1] * (self.batch.ndim - 1))


def _check_epsilon(epsilon: float, batch: Array) -> None:
    largest = float(np.finfo(batch.dtype).max) / 4
    if epsilon > largest:
        raise InputError(
            f"epsilon is {epsilon:.3g}, and the model has no bounds; expected at most {largest:.3g}, what inputs of "
            f"type {batch.dtype} hold."
        )


def distance(points: Array, others: Array, norm: Norm) -> Array:
    """Return how far the rows of two arrays are apart, (rows,), in float64."""
    ways = np.abs(_flat(points.astype(np.float64) - others))
    found: Array = ways.max(axis=1) if norm == "linf" else np.linalg.norm(ways, axis=1)
    return found


def _shares(lengths: Array, room: Array, reach: float) -> Array:
    """Return for each row the largest share of a way that, cut off where there is no more room, is at most `reach`.

    Shrinking by it and then cutting off is the projection on ball and box together (the conditions of Karush, Kuhn and
    Tucker say so). Cutting off makes room for the rest, so the share is raised until nothing more is cut off.
    """
    norms = np.linalg.norm(lengths, axis=1)
    shares = np.minimum(1, np.divide(reach, norms, out=np.ones_like(norms), where=norms > 0))
    cut = np.zeros(lengths.shape, bool)
    while True:
        now: Array = shares[:, None] * lengths > room
        if (now == cut).all():
            found: Array = shares
            return found
        cut = now
        left = reach**2 - (np.where(cut, room, 0) ** 2).sum(axis=1)
        free = (np.where(cut, 0, lengths) ** 2).sum(axis=1)
        raised = np.sqrt(np.divide(np.maximum(left, 0), free, out=np.ones_like(free), where=free > 0))
        shares = np.minimum(np.maximum(raised, shares), 1)


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), -1)
