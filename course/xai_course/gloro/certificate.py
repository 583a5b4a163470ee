"""Certificates: how far a picture may be moved, in l2, before the answer can change (Leino, Wang, Fredrikson 2021).

The layers below the last can stretch a difference by at most K_sub, the product of their spectral norms. So class i
gains on class j at most K_ij = K_sub |w_j - w_i| per unit of distance, where w are the rows of the last layer. With the
norms of `norms` these are facts about the network in exact arithmetic; its logits come in float32, so a radius is good
to about 1e-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_course.gloro.norms import LARGEST, spectral_norms
from xai_course.networks.architecture import Architecture, Dense
from xai_course.networks.weights import Weights


@dataclass(frozen=True)
class Bounds:
    """How fast a network can change.

    Attributes
    ----------
    norms : dict of str to float
        The spectral norm of each layer but the last.
    below : float
        K_sub, their product.
    pairs : array of shape (classes, classes)
        K_ij: how fast the difference of logits i and j can change; zero where i = j.
    """

    norms: dict[str, float]
    below: float
    pairs: NDArray[np.float64]


def bounds_of(architecture: Architecture, weights: Weights, largest: int = LARGEST) -> Bounds:
    """Return the Lipschitz bounds of a network, with exact spectral norms.

    Parameters
    ----------
    architecture : Architecture
        Its last layer is dense.
    weights : dict of str to array
    largest : int
        See `norms.spectral_norms`.

    Raises
    ------
    ValueError
        If the last layer is not dense.
    """
    last, layer = list(architecture.layers.items())[-1]
    if not isinstance(layer, Dense):
        raise ValueError(
            f"{architecture.name} ends with {last}, {layer}; a certificate needs a dense layer at the end."
        )
    norms = spectral_norms(architecture, weights, largest)
    norms.pop(last)
    below = math.prod(norms.values())
    rows = weights[f"{last}.weight"].astype(np.float64)
    apart = np.linalg.norm(rows[:, None] - rows, axis=2)
    return Bounds(norms, below, below * apart)


def bottom(logits: NDArray[np.float32], bounds: Bounds, epsilon: float) -> NDArray[np.float64]:
    """Return the extra logit, max over i != j of f_i + epsilon K_ij, for logits of shape (pictures, classes).

    It is the most that any other class can reach on class j, the top one, within the distance `epsilon`.
    """
    raised, rows, top = _others(logits)
    raised = raised + epsilon * bounds.pairs[top]
    raised[rows, top] = -np.inf
    return raised.max(axis=1)


def radii(logits: NDArray[np.float32], bounds: Bounds) -> NDArray[np.float64]:
    """Return the certified radius of each picture: min over i != j of (f_j - f_i) / K_ij, j being the top class.

    Parameters
    ----------
    logits : array of shape (pictures, classes)
    bounds : Bounds

    Returns
    -------
    array of shape (pictures,)
        In units of the pictures, l2. Within it no picture whatever gets another answer.
    """
    values, rows, top = _others(logits)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (values[rows, top, None] - values) / bounds.pairs[top]
    reach[rows, top] = np.inf
    return np.where(np.isnan(reach), 0.0, reach).min(axis=1)  # two equal rows with equal logits: a tie


def vra(logits: NDArray[np.float32], labels: NDArray[np.int64], bounds: Bounds, epsilon: float) -> float:
    """Return the verified robust accuracy: the share that is correct and certified at `epsilon`."""
    return float(((logits.argmax(axis=1) == labels) & (radii(logits, bounds) > epsilon)).mean())


def _others(logits: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    return logits.astype(np.float64), np.arange(len(logits)), logits.argmax(axis=1)
