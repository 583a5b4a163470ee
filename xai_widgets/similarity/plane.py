"""What a layer says of inputs as a cloud in a plane, and one cloud laid over another."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.similarity.centring import centred


def cloud(rows: Array) -> tuple[Array, Array]:
    """Return where rows lie along their two principal components, and the share of the variance along each.

    Parameters
    ----------
    rows : array of shape (n, features)

    Returns
    -------
    coordinates : array of shape (n, 2)
        Zero along a component that there is not.
    explained : array of shape (2,)
    """
    about_mean = centred(np.asarray(rows, np.float64))
    count = len(about_mean)
    if about_mean.shape[1] > count:  # The Gram matrix is the smaller one, and has the same components.
        squares, vectors = np.linalg.eigh(about_mean @ about_mean.T)
        lengths = np.sqrt(np.maximum(squares[::-1], 0))
        placed = vectors[:, ::-1] * lengths
    else:
        vectors, lengths, _ = np.linalg.svd(about_mean, full_matrices=False)
        placed = vectors * lengths
    coordinates, explained = np.zeros((count, 2)), np.zeros(2)
    found = min(2, placed.shape[1])
    coordinates[:, :found] = placed[:, :found]
    total = (lengths**2).sum()
    explained[:found] = lengths[:found] ** 2 / total if total else 0
    # A direction and its opposite are as good.
    largest = np.take_along_axis(coordinates, np.abs(coordinates).argmax(axis=0)[None], axis=0)
    return coordinates * np.where(largest < 0, -1, 1), explained


def laid_over(cloud: Array, other: Array) -> Array:
    """Return a cloud turned and perhaps mirrored so that it lies on another as well as it can (Procrustes).

    Parameters
    ----------
    cloud, other : array of shape (n, 2)
        Both about their means.
    """
    left, _, right = np.linalg.svd(cloud.T @ other)
    turned: Array = cloud @ (left @ right)
    return turned
