"""How robust a network is, from above, and how crisp its gradients are: an attack, and measures over many pictures.

All of it is in NumPy. The network comes in as a function, of which `gloro.torch` and `gloro.keras` have one each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MarginGradient = Callable[[NDArray[np.float32], NDArray[np.int64]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Takes pictures and classes; returns by how much the best other class leads, and the gradient of that."""

CHUNK = 250
"""Pictures that are attacked together: what a processor's cache holds."""
PART = 500
"""Pictures whose gradients are measured together: in double precision, those of a whole test set would fill 60 MB, and
each step of the calculation as many."""


def attack(
    margin_gradient: MarginGradient,
    x: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    epsilon: float,
    steps: int = 100,
    restarts: int = 5,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Return, for each picture, one within `epsilon` (l2) that is not of its class, or NaN where none was found.

    Projected gradient descent (Madry et al. 2018) on the margin: a step along the gradient, of length
    2.5 epsilon / steps; then back into the ball around the picture and into the range 0 to 1. The first start is the
    picture itself, the others are drawn from the ball.

    Parameters
    ----------
    margin_gradient : callable
    x : array of shape (pictures, height, width, channels)
    labels : array of shape (pictures,)
        The class that each picture should leave.
    epsilon : float
    steps, restarts, seed : int
    progress : callable, optional
        Gets the number of pictures that are done.
    """
    found, epsilon = np.full_like(x, np.nan), float(epsilon)  # a NumPy number would make the pictures float64
    generator = np.random.default_rng(seed)
    for first in range(0, len(x), CHUNK):
        left = np.arange(first, min(first + CHUNK, len(x)))
        for restart in range(restarts):
            centre, moved = x[left], x[left].copy()
            if restart:
                moved = np.clip(centre + in_ball(generator, centre.shape, epsilon), 0, 1)
            for step in range(steps + 1):
                margins, gradients = margin_gradient(moved, labels[left])
                broken = margins > 0
                found[left[broken]] = moved[broken]
                left, centre, moved = left[~broken], centre[~broken], moved[~broken]
                if step == steps or len(left) == 0:
                    break
                moved = _within(moved + 2.5 * epsilon / steps * _unit(gradients[~broken]), centre, epsilon)
            if len(left) == 0:
                break
        if progress is not None:
            progress(min(first + CHUNK, len(x)))
    return found


def towards(
    margin_gradient: MarginGradient,
    x: NDArray[np.float32],
    targets: NDArray[np.int64],
    *,
    epsilon: float,
    steps: int = 20,
) -> NDArray[np.float32]:
    """Return pictures within `epsilon` (l2) in which a network sees other classes: each moved towards its target.

    By as many steps of length 2.5 epsilon / steps, down the lead of the best other class; it goes on where the target
    leads already, so that what the network sees of it gets plain.

    Parameters
    ----------
    margin_gradient : callable
    x : array of shape (pictures, height, width, channels)
    targets : array of shape (pictures,)
    epsilon : float
    steps : int
    """
    found, epsilon = np.empty_like(x), float(epsilon)
    for first in range(0, len(x), CHUNK):
        part = slice(first, first + CHUNK)
        moved = x[part]
        for _ in range(steps):
            _, gradients = margin_gradient(moved, targets[part])
            moved = _within(moved - 2.5 * epsilon / steps * _unit(gradients), x[part], epsilon)
        found[part] = moved
    return found


@dataclass(frozen=True)
class Crispness:
    """How much of a gradient lies where the digit is, on average over pictures.

    Attributes
    ----------
    near : float
        The share of the magnitude within two pixels of the stroke.
    near_area : float
        The share of the picture within two pixels of the stroke: what `near` would be by chance.
    on : float
        The share of the magnitude on the stroke, over the stroke's share of the picture; 1 by chance.
    cosine : float
        The magnitude of the cosine between picture and gradient.
    """

    near: float
    near_area: float
    on: float
    cosine: float


def crispness(x: NDArray[np.float32], gradients: NDArray[np.float32]) -> Crispness:
    """Return the crispness of gradients (pictures, height, width, 1) at the pictures x.

    The stroke's surroundings are the pixels above 0.2, widened by two pixels; the stroke is the pixels above 0.5. Total
    variation and the like would not do: a blurred map wins there, wherever it lies.
    """
    parts = [_crispness(x[i : i + PART], gradients[i : i + PART]) for i in range(0, len(x), PART)]
    return Crispness(*np.concatenate(parts, axis=1).mean(axis=1).tolist())


def _crispness(x: NDArray[np.float32], gradients: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return, in the order of Crispness, what each picture has: (4, pictures)."""
    size = np.abs(gradients).astype(np.float64)
    axes = (1, 2, 3)
    near = ndimage.maximum_filter((x > 0.2).astype(np.uint8), size=(1, 5, 5, 1)).astype(bool)
    on = x > 0.5
    total = size.sum(axis=axes)
    lengths = np.sqrt((size**2).sum(axis=axes) * (x.astype(np.float64) ** 2).sum(axis=axes))
    return np.stack(
        [
            (size * near).sum(axis=axes) / total,
            near.mean(axis=axes),
            (size * on).sum(axis=axes) / total / on.mean(axis=axes),
            np.abs((x * gradients).sum(axis=axes)) / lengths,
        ]
    )


def _within(moved: NDArray[np.float32], centre: NDArray[np.float32], epsilon: float) -> NDArray[np.float32]:
    """Return pictures brought back into the ball around others, and into the range 0 to 1."""
    away = moved - centre
    moved = centre + away * np.minimum(1, epsilon / np.maximum(_length(away), 1e-12))
    return np.clip(moved, 0, 1)  # brings every pixel nearer to the picture, which lies within the range


def in_ball(generator: np.random.Generator, shape: tuple[int, ...], radius: float) -> NDArray[np.float32]:
    """Draw points evenly from balls around zero."""
    directions = _unit(generator.standard_normal(shape))
    depth = generator.uniform(size=(shape[0], *[1] * (len(shape) - 1))) ** (1 / np.prod(shape[1:]))
    return (radius * depth * directions).astype(np.float32)


def _unit(z: NDArray[np.float32]) -> NDArray[np.float32]:
    return z / np.maximum(_length(z), 1e-12)


def _length(z: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt((z**2).sum(axis=(1, 2, 3), keepdims=True))
