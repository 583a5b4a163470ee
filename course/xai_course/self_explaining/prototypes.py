"""A network of prototypes for single flowers: "this looks like that" (Chen and others 2019).

Trained on the features of a network that is there already, in NumPy, and so the same way for both frameworks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

import xai_widgets as xai
from xai_course import flowers as lesson
from xai_course.data.flowers import Flowers, load_flowers
from xai_course.networks.architecture import FLOWERS_CONVOLUTIONAL, FLOWERS_PROTOTYPES
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import Weights, batches

Floats = NDArray[np.floating[Any]]
Start = Literal["evidence", "random"]

LAYER, STRONGEST = "similarities", "strongest"
SHIPPED = "flowers_prototypes"
CLASSES, EACH, SIZE, EPSILON = 6, 3, 16, 1e-4
"""Classes, prototypes of each, numbers in a prototype, and what keeps a similarity finite."""
COUNT, EPOCHS, PUSHED, BATCH, RATE = 900, 10, 5, 32, 5e-3
"""Flowers, of which four in five are for training; after every fifth epoch prototypes become what is there."""
CLUSTER, SEPARATION = 0.8, 0.08
"""What it weighs that a picture has its own class near, and others far."""
SPARSITY = 1e-4
"""The price of a weight from a prototype to another class."""
SEEDS = (0, 1, 2)

OWN = np.repeat(np.arange(CLASSES), EACH)
"""The class of each prototype."""
FIXED = np.where(np.arange(CLASSES)[:, None] == OWN, 1.0, -0.5)
"""The weights from similarities to classes while prototypes are learnt."""


class Source(NamedTuple):
    """Where a prototype comes from: the number of a training flower, and a place among the features."""

    flower: int
    row: int
    column: int


@dataclass(frozen=True)
class Learnt:
    """What a training brings.

    Attributes
    ----------
    weights : dict of str to array
    sources : list of Source
        Where each prototype comes from.
    pushes : list of (float, float)
        How often it is right of the training flowers before each push and after it, with the weights still fixed.
    """

    weights: Weights
    sources: list[Source]
    pushes: list[tuple[float, float]]


def network(lab: ModuleType) -> Any:
    """Return the network of prototypes that comes with the course; it was trained with seed 0."""
    return lab.build(FLOWERS_PROTOTYPES, load_shipped(SHIPPED, FLOWERS_PROTOTYPES))


def training_flowers(count: int = COUNT) -> Flowers:
    """Return the flowers among which are those that prototypes come from, or the first of them."""
    return load_flowers("single", count)


def wrapped(lab: ModuleType, network: Any, flowers: Flowers) -> xai.Model:
    """Return it as the library sees it: its prototypes are called by their class, "red petals 1"."""
    names = [f"{flowers.classes[label]} {1 + number % EACH}" for number, label in enumerate(OWN)]
    shape = lab.layout(flowers.pictures[:1]).shape[1:]
    return xai.wrap(network, classes=flowers.classes, input_shape=shape, units={LAYER: names, STRONGEST: names})


def features(lab: ModuleType, flowers: Flowers, seed: int = 0) -> tuple[Weights, NDArray[np.float32]]:
    """Return the weights of a network for single flowers, and its features, (flowers, height, width, channels)."""
    weights = lab.weights_of(lesson.network(lab, "single", seed))
    names = list(FLOWERS_CONVOLUTIONAL.layers)
    layers = {name: FLOWERS_CONVOLUTIONAL.layers[name] for name in names[: names.index("mean")]}
    first = replace(FLOWERS_CONVOLUTIONAL, layers=layers)
    sees = lab.build(first, {name: weights[name] for name in first.weight_shapes()})
    return weights, lab.predict(sees, flowers.pictures)


def on_the_part(model: xai.Model, flowers: Flowers, sources: list[Source]) -> tuple[int, float]:
    """Return of how many prototypes the receptive field holds some of the part that tells the class, and by chance.

    Parameters
    ----------
    model : Model
        From `wrapped`.
    flowers : Flowers
        In which the sources are.
    sources : list of Source
    """
    grid = model.layout_of(LAYER).grid
    windows = {place: xai.seen_from(model, LAYER, place) for place in np.ndindex(*grid)}
    masks = [flowers.masks[one.flower] for one in sources]
    held = [mask[windows[one.row, one.column]].any() for mask, one in zip(masks, sources, strict=True)]
    chance = np.mean([[mask[window].any() for window in windows.values()] for mask in masks])
    return int(np.sum(held)), float(chance)


def trained(lab: ModuleType, flowers: Flowers, seed: int = 0, start: Start = "evidence") -> Learnt:
    """Return a network of prototypes for the training flowers.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    flowers : Flowers
        Single ones.
    seed : int, default 0
        Of the network whose features are taken, and of all chance.
    start : {"evidence", "random"}, default "evidence"
        Where prototypes begin: at places of their class that speak for it most in the network that is there, or
        anywhere, as in the paper.
    """
    weights, planes = features(lab, flowers.chosen(flowers.train), seed)
    labels, random = flowers.labels[flowers.train], np.random.default_rng(seed)
    grid, flat = planes.shape[1:3], planes.reshape(len(planes), -1, planes.shape[3])
    mean, deviation = flat.mean(axis=(0, 1)), flat.std(axis=(0, 1)) + 1e-6
    rows = (flat - mean) / deviation
    narrow = random.normal(0, 1 / np.sqrt(rows.shape[2]), (SIZE, rows.shape[2]))
    bias, vectors = np.zeros(SIZE), random.uniform(size=(len(OWN), SIZE))
    if start == "evidence":
        for at, (flower, place) in enumerate(_telling(flat, labels, weights["dense.weight"])):
            vectors[at] = special.expit(narrow @ rows[flower, place])
    parts, moments = (
        [narrow, bias, vectors],
        [(np.zeros_like(one), np.zeros_like(one)) for one in (narrow, bias, vectors)],
    )
    each, pushes = len(rows) // BATCH, []
    for step, index in enumerate(batches(len(rows), BATCH, EPOCHS * each, seed), start=1):
        for part, slope, (first, second) in zip(
            parts, _slopes(parts, rows[index], labels[index]), moments, strict=True
        ):
            first += 0.1 * (slope - first)  # Adam (Kingma and Ba 2015)
            second += 0.001 * (slope**2 - second)
            part -= RATE * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        if step % (PUSHED * each) == 0:
            before = _correct(parts, rows, labels)
            found = _pushed(parts, rows, labels)
            pushes.append((before, _correct(parts, rows, labels)))
    head = _fitted(similar(parts, rows)[0], labels)
    learnt = {name: weights[name] for name in FLOWERS_PROTOTYPES.weight_shapes() if name in weights}
    learnt |= {
        "narrow.weight": (parts[0] / deviation)[..., None, None],
        "narrow.bias": parts[1] - parts[0] @ (mean / deviation),
        "similarities.vectors": parts[2],
        "dense.weight": head,
        "dense.bias": np.zeros(CLASSES),
    }
    sources = [Source(int(flowers.train[flower]), *map(int, np.unravel_index(place, grid))) for flower, place in found]
    return Learnt({name: value.astype(np.float32) for name, value in learnt.items()}, sources, pushes)


def similar(parts: list[Floats], rows: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return how like pictures are to prototypes, the squared distance, and the place of that, (pictures, 18) each."""
    narrow, bias, vectors = parts
    there = special.expit(rows @ narrow.T + bias)
    squares = (there**2).sum(axis=2)[..., None] - 2 * there @ vectors.T + (vectors**2).sum(axis=1)
    places = squares.argmin(axis=1)
    nearest = np.maximum(np.take_along_axis(squares, places[:, None], 1)[:, 0], 0)
    return np.log((nearest + 1) / (nearest + EPSILON)), nearest, places


def _slopes(parts: list[Floats], rows: Floats, labels: NDArray[np.int64]) -> list[Floats]:
    """Return the gradients of the loss: cross-entropy, own prototypes near, others far.

    Of each picture and prototype only the nearest place counts, so that all goes through that one.
    """
    narrow, bias, vectors = parts
    likeness, nearest, places = similar(parts, rows)
    count, numbers = len(rows), np.arange(len(rows))
    wrong = special.softmax(likeness @ FIXED.T, axis=1) - np.eye(CLASSES)[labels]
    slope = wrong @ FIXED * (1 / (nearest + 1) - 1 / (nearest + EPSILON))
    own = labels[:, None] == OWN
    slope[numbers, np.where(own, nearest, np.inf).argmin(axis=1)] += CLUSTER
    slope[numbers, np.where(own, np.inf, nearest).argmin(axis=1)] -= SEPARATION
    seen = np.take_along_axis(rows, places[..., None], 1)
    there = special.expit(seen @ narrow.T + bias)
    away = 2 * slope[..., None] / count * (there - vectors)
    inner = away * there * (1 - there)
    return [np.einsum("nkd,nkc->dc", inner, seen), inner.sum(axis=(0, 1)), -away.sum(axis=0)]


def _pushed(parts: list[Floats], rows: Floats, labels: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Put in the place of each prototype what is nearest to it in the pictures of its class; return where that is."""
    _, nearest, places = similar(parts, rows)
    found = []
    for number, label in enumerate(OWN):
        row = int(np.where(labels == label, nearest[:, number], np.inf).argmin())
        place = int(places[row, number])
        parts[2][number] = special.expit(rows[row, place] @ parts[0].T + parts[1])
        found.append((row, place))
    return found


def _telling(flat: Floats, labels: NDArray[np.int64], weights: Floats) -> list[tuple[int, int]]:
    """Return for each prototype a picture of its class, another for each, and the place that speaks for it most."""
    evidence = flat @ (weights - weights.mean(axis=0)).T
    found = []
    for label in range(CLASSES):
        own = np.where(labels[:, None] == label, evidence[..., label], -np.inf)
        best = np.argsort(-own.max(axis=1), kind="stable")[:EACH]
        found += [(int(row), int(own[row].argmax())) for row in best]
    return found


def _fitted(likeness: Floats, labels: NDArray[np.int64], steps: int = 300) -> Floats:
    """Return weights from similarities to classes, with a price on those to others: convex, by proximal steps."""
    head, truth = FIXED.copy(), np.eye(CLASSES)[labels]
    rate = 2 * len(likeness) / np.linalg.norm(likeness, 2) ** 2
    other = FIXED < 0
    for _ in range(steps):
        head = head - rate * (special.softmax(likeness @ head.T, axis=1) - truth).T @ likeness / len(likeness)
        head[other] = np.sign(head[other]) * np.maximum(np.abs(head[other]) - rate * SPARSITY, 0)
    return head


def _correct(parts: list[Floats], rows: Floats, labels: NDArray[np.int64]) -> float:
    """Return how often it is right while the weights are fixed."""
    return float(((similar(parts, rows)[0] @ FIXED.T).argmax(axis=1) == labels).mean())
