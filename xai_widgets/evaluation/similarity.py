"""How alike two maps are, by the measures of Adebayo et al. 2018."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage, stats

from xai_widgets.models.objective import Array

CELL = 16
"""So many pixels are the side of a cell in which the directions of edges are counted."""
DIRECTIONS = 9


class Similarity(NamedTuple):
    """How alike two maps are, each 1 where they are the same; a map that is the same everywhere is like no other, 0.

    The last two are of pictures alone, nan for all else and where scikit-image is not installed.
    """

    spearman: float
    """The rank correlation of their magnitudes."""
    signed_spearman: float
    """That of their values."""
    ssim: float
    """Structural similarity (Wang et al. 2004) of the maps, each divided by its largest magnitude."""
    hog: float
    """The correlation of the directions of edges in their magnitudes (histograms of oriented gradients)."""


def similarity(one: Array, other: Array) -> Similarity:
    """Return how alike two maps are."""
    sizes = np.abs(one), np.abs(other)
    ranks = _correlation(*(stats.rankdata(size) for size in sizes))
    signed = _correlation(*(stats.rankdata(values) for values in (one, other)))
    return Similarity(ranks, signed, *_of_pictures(one, other))


def edges(picture: Array) -> Array:
    """Return how strong the edges of a plane are: the length of its slopes by Sobel's filters."""
    slopes = [ndimage.sobel(picture, axis) for axis in range(picture.ndim)]
    strength: Array = np.sqrt(sum(slope**2 for slope in slopes))
    return strength


def _of_pictures(one: Array, other: Array) -> tuple[float, float]:
    if one.ndim != 2 or min(one.shape) < 7:
        return np.nan, np.nan
    try:
        from skimage.feature import hog
        from skimage.metrics import structural_similarity
    except ModuleNotFoundError:
        return np.nan, np.nan
    if not (np.ptp(one) and np.ptp(other)):
        return 0.0, 0.0 if min(one.shape) >= CELL else np.nan
    first, second = (plane / np.abs(plane).max() for plane in (one, other))
    measure: Any = structural_similarity
    alike = float(measure(first, second, data_range=2.0))
    if min(one.shape) < CELL:
        return alike, np.nan
    return alike, _correlation(*(hog(np.abs(one), DIRECTIONS, (CELL, CELL), (1, 1), "L2") for one in (first, second)))


def _correlation(one: Array, other: Array) -> float:
    """Return the correlation of two rows of numbers; 0 where one is the same everywhere."""
    one, other = one.ravel() - one.mean(), other.ravel() - other.mean()
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size else 0.0
