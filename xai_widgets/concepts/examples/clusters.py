"""k-means: groups of points, each of them nearest to the mean of its own."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array

ROUNDS = 100
"""So often points change their group at most."""


def k_means(points: Array, count: int, seed: int) -> tuple[Array, Array]:
    """Return the group of each of the points (points, units), from 0 on, and its distance to the mean of that.

    The first means are points far from each other (k-means++, Arthur and Vassilvitskii 2007). A group that loses all of
    its points keeps its mean.
    """
    random = np.random.default_rng(seed)
    means = points[random.integers(len(points))][None]
    while len(means) < min(count, len(points)):
        nearest = _distances(points, means).min(axis=1)
        total = nearest.sum()
        chance = nearest / total if total > 0 else np.full(len(points), 1 / len(points))
        means = np.concatenate([means, points[random.choice(len(points), p=chance)][None]])
    group = np.full(len(points), -1)
    for _ in range(ROUNDS):
        before, group = group, _distances(points, means).argmin(axis=1)
        if np.array_equal(before, group):
            break
        for number in np.unique(group):
            means[number] = points[group == number].mean(axis=0)
    return group, np.sqrt(_distances(points, means)[np.arange(len(points)), group])


def _distances(points: Array, means: Array) -> Array:
    """Return the squared distances, (points, means)."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ means.T + (means**2).sum(axis=1)
    found: Array = np.maximum(squares, 0)
    return found
