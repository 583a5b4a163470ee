"""Networks that have more features than neurons: a toy that is trained in a moment, and pictures that it takes."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xai_course.networks.architecture import Architecture, Convolution, MeanOverPlaces, Relu
from xai_course.plots.plot import COLORS

Array = NDArray[np.floating]

RATE, BATCH = 5e-3, 256
BETAS, EPSILON = (0.9, 0.999), 1e-8
"""As Adam has them (Kingma, Ba 2015)."""

PAPER, FAINT = "white", "#c4c9d0"
FEATURES = (*COLORS, "#e69f00")
"""Okabe and Ito's colours, one more than plots have: there are five features."""

SIDE = 7
"""A block of squares is so many wide and high: each square is a feature."""
BLOCKS = 6
"""So many blocks stand beside each other, and below each other, in a sheet."""
NEURONS = 32


class Toy(NamedTuple):
    """A network that says its input again, out of fewer neurons: relu(W' W x + b)."""

    weights: Array
    """W, (neurons, features): its columns are the directions of the features."""
    bias: Array
    """b, (features,)."""

    def __call__(self, x: Array) -> Array:
        """Return what it says of inputs (rows, features)."""
        found: Array = np.maximum(x @ self.weights.T @ self.weights + self.bias, 0)
        return found

    def shown(self, least: float = 0.5) -> int:
        """Return how many features have a direction longer than this."""
        return int((np.linalg.norm(self.weights, axis=0) > least).sum())


def sparse(rows: int, features: int, density: float, seed: int = 0) -> Array:
    """Return inputs whose features are there with this probability, each of them then anything from 0 to 1."""
    random = np.random.default_rng(seed)
    found: Array = random.random((rows, features)) * (random.random((rows, features)) < density)
    return found


def toy(
    features: int, neurons: int, density: float, *, importance: Array | None = None, steps: int = 2000, seed: int = 0
) -> Toy:
    """Return the toy model of Elhage and others (2022), trained on sparse inputs.

    Parameters
    ----------
    features, neurons : int
    density : float
        The probability with which a feature is there.
    importance : array of shape (features,), optional
        What the squared error of each feature counts; by default as much as any other.
    steps : int, default 2000
        Of Adam, each on 256 new inputs.
    seed : int, default 0
    """
    random = np.random.default_rng(seed)
    weighs = np.ones(features) if importance is None else importance
    parts = [random.normal(size=(neurons, features)) / np.sqrt(neurons), np.zeros(features)]
    moments = [[np.zeros_like(part), np.zeros_like(part)] for part in parts]
    for step in range(1, steps + 1):
        x = random.random((BATCH, features)) * (random.random((BATCH, features)) < density)
        weights, bias = parts
        hidden = x @ weights.T
        before = hidden @ weights + bias
        by_output = 2 * weighs * (np.maximum(before, 0) - x) * (before > 0) / BATCH
        slopes = hidden.T @ by_output + (by_output @ weights.T).T @ x, by_output.sum(axis=0)
        for part, slope, moment in zip(parts, slopes, moments, strict=True):
            for one, (beta, power) in enumerate(zip(BETAS, (1, 2), strict=True)):
                moment[one] += (1 - beta) * (slope**power - moment[one])
            first, second = (one / (1 - beta**step) for one, beta in zip(moment, BETAS, strict=True))
            part -= RATE * first / (np.sqrt(second) + EPSILON)
    return Toy(*parts)


def star(found: Toy, side: int = 240) -> Array:
    """Return a picture (side, side, 3) of the directions of features in the plane of two neurons, from its middle.

    The plane is turned so that the longest direction points up, and mirrored so that the next one lies to the right: a
    network may have any of these, and they say the same.

    Parameters
    ----------
    found : Toy
        With two neurons.
    side : int, default 240
    """
    first, second, *_ = np.argsort(-np.linalg.norm(found.weights, axis=0), kind="stable")
    x, y = found.weights
    across, up = np.array([x * y[first] - y * x[first], x * x[first] + y * y[first]]) / np.hypot(x[first], y[first])
    ends = np.stack([across * (1 if across[second] >= 0 else -1), -up], axis=1)
    fine = 4 * side  # a picture that is drawn larger and made small has smooth edges
    picture = Image.new("RGB", (fine, fine), PAPER)
    draw = ImageDraw.Draw(picture)
    middle, unit = fine / 2, fine / 2.6
    draw.ellipse([middle - unit, middle - unit, middle + unit, middle + unit], outline=FAINT, width=fine // 120)
    for end, color in zip(middle + unit * ends, itertools.cycle(FEATURES)):
        draw.line([middle, middle, *end], fill=color, width=fine // 60)
        draw.circle(tuple(end), fine / 45, fill=color)
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS)) / 255


SQUARES = Architecture(
    "squares",
    (SIDE * BLOCKS, SIDE * BLOCKS, 1),
    {
        "hidden": Convolution(NEURONS, SIDE, SIDE),
        "back": Convolution(SIDE**2, 1),
        "relu": Relu(),
        "mean": MeanOverPlaces(),
    },
)
"""The toy at each block of a sheet: 49 squares in 32 neurons."""


def sheets(count: int, density: float, seed: int = 0) -> Array:
    """Return pictures (count, 42, 42) of 6 by 6 blocks, each of 7 by 7 squares of which few are lit."""
    return sparse(count, (SIDE * BLOCKS) ** 2, density, seed).reshape(count, SIDE * BLOCKS, SIDE * BLOCKS)


def network(lab: ModuleType, found: Toy) -> Any:
    """Return the toy as a network of a framework, which takes sheets and puts out how much of each square there is."""
    weights = found.weights.astype(np.float32)
    return lab.build(
        SQUARES,
        {
            "hidden.weight": weights.reshape(NEURONS, 1, SIDE, SIDE),
            "hidden.bias": np.zeros(NEURONS, np.float32),
            "back.weight": np.ascontiguousarray(weights.T)[:, :, None, None],
            "back.bias": found.bias.astype(np.float32),
        },
    )
