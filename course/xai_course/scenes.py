"""The vision transformer of the lesson on attention: where it comes from, and whether a map finds the digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

import xai_widgets as xai
from xai_course.data.scenes import CLASSES, GRID, SIDE, Scenes
from xai_course.networks.architecture import SCENES
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import Weights, initial_weights

NAME = "scenes"
"""Under which the weights of seed 0 come with the course."""

Map = NDArray[Any]


def network(lab: ModuleType) -> Any:
    """Return the vision transformer that was trained on scenes; its weights come with the course, for both frameworks.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    """
    return lab.build(SCENES, load_shipped(NAME, SCENES))


def wrapped(lab: ModuleType, network: Any) -> xai.Model:
    """Return a network for scenes, wrapped."""
    shape = lab.layout(np.zeros((1, SIDE, SIDE, 1), np.float32)).shape[1:]
    return xai.wrap(network, classes=CLASSES, bounds=(0, 1), input_shape=shape)


def right(lab: ModuleType, network: Any, scenes: Scenes) -> NDArray[np.bool_]:
    """Return in which of some scenes with one digit the network names it."""
    found: NDArray[np.bool_] = lab.predict(network, scenes.pictures).argmax(axis=1) == scenes.labels[:, 0]
    return found


def both_seen(lab: ModuleType, network: Any, scenes: Scenes) -> NDArray[np.bool_]:
    """Return in which of some scenes with two digits these are the two classes that the network scores highest."""
    top = np.sort(np.argsort(lab.predict(network, scenes.pictures), axis=1)[:, -2:], axis=1)
    return (top == np.sort(scenes.labels, axis=1)).all(axis=1)


def methods(baseline: str = "black") -> dict[str, xai.Method]:
    """Return the methods that the lesson compares, by name; those that need one start from this baseline."""
    return {
        "attention rollout": xai.AttentionRollout(),
        "attention relevance": xai.AttentionRelevance(),
        "AttnLRP": xai.AttnLrp(),
        "CP-LRP": xai.CpLrp(),
        "integrated gradients": xai.IntegratedGradients(steps=32, baseline=baseline),
        "occlusion": xai.Occlusion(window=16, stride=8, baseline=baseline),
        "saliency": xai.Saliency(),
        "Grad-CAM": xai.GradCam(),
    }


def maps(method: xai.Method, model: xai.Model, inputs: Map, labels: NDArray[np.int64]) -> Map:
    """Return what a method says of each patch of some scenes, (scenes, 8, 8), asked for the scores of these classes.

    Slopes count by their size.
    """
    found = method(model, inputs, quantity=xai.Logit(labels)).map
    return on_patches(np.abs(found) if method.kind == "slope" else found)


def last_attention(model: xai.Model, inputs: Map) -> Map:
    """Return what the class token looks at in the last block, (scenes, 8, 8): the mean of its heads."""
    looked: Map = model.attentions(inputs)[-1].weights.mean(axis=1)[:, 0, 1:]
    return looked.reshape(-1, GRID, GRID)


def on_patches(maps: Map) -> Map:
    """Return maps (..., height, width) as sums over the 8 x 8 patches of a scene; maps of patches stay as they are.

    What lies between pixels and patches, such as a map of 16 x 16 places, is summed as pixels are.
    """
    height, width = maps.shape[-2:]
    split = maps.reshape(*maps.shape[:-2], GRID, height // GRID, GRID, width // GRID)
    return split.sum(axis=(-3, -1))


def overlap(maps: Map, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how well each map finds its digit: its largest patches, as many as the digit has, and those of the digit.

    What both have, divided by what either has (intersection over union). Of patches that are alike, a random one goes
    first.
    """
    flat, truth = maps.reshape(len(maps), -1), masks.reshape(len(masks), -1)
    generator, found = np.random.default_rng(0), np.zeros_like(truth)
    for number, (values, mask) in enumerate(zip(flat, truth, strict=True)):
        first = generator.permutation(flat.shape[1])
        found[number, first[np.argsort(-values[first], kind="stable")[: mask.sum()]]] = True
    both: NDArray[np.float64] = (found & truth).sum(axis=1) / (found | truth).sum(axis=1)
    return both


def inside(maps: Map, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return which share of what speaks for the class lies on the digit; NaN where nothing speaks for it."""
    positive = np.maximum(maps, 0)
    with np.errstate(invalid="ignore"):
        share: NDArray[np.float64] = (positive * masks).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))
    return share


def pointed(maps: Map, masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether the largest patch of each map is one of its digit."""
    places = maps.reshape(len(maps), -1).argmax(axis=1)
    hit: NDArray[np.bool_] = masks.reshape(len(masks), -1)[np.arange(len(masks)), places]
    return hit


def covered(pictures: Map, maps: Map, masks: NDArray[np.bool_]) -> Map:
    """Return scenes whose largest patches in a map, as many as the digit has, are black."""
    ranks = maps.reshape(len(maps), -1).argsort(axis=1).argsort(axis=1).reshape(maps.shape)
    gone = ranks >= GRID * GRID - masks.sum(axis=(1, 2), keepdims=True)
    return np.where(np.kron(gone, np.ones((1, SIDE // GRID, SIDE // GRID)))[..., None] > 0, 0, pictures).astype(
        np.float32
    )


def share(model: xai.Model, inputs: Map, labels: NDArray[np.int64]) -> Map:
    """Return the probability of one class for each scene."""
    probabilities: Map = special.softmax(model.scores(inputs), axis=1)
    return probabilities[np.arange(len(labels)), labels]


def alike(one: Map, other: Map) -> float:
    """Return how alike the maps of two networks are: the rank correlation over patches, on average over scenes.

    A map that is the same everywhere is like no other, 0.
    """
    pairs = zip(one.reshape(len(one), -1), other.reshape(len(other), -1), strict=True)
    return float(np.mean([stats.spearmanr(*pair).statistic if np.ptp(pair, axis=1).all() else 0 for pair in pairs]))


def forgetful(weights: Weights, seed: int) -> Iterator[tuple[str, Weights]]:
    """Yield weights that have forgotten more and more of what was learnt, from the head down, and what is random.

    The rest of what is learnt stays: first all of it, at the end none. The training of a network began with the random
    weights of its own seed, which are not far from what it learnt: take another one.
    """
    fresh, mixed = initial_weights(SCENES, seed), dict(weights)
    yield "nothing", mixed
    for last in ("head", "block 4", "block 3", "block 2", "block 1", "patches"):
        mixed = {name: fresh[name] if part_of(name) == last else value for name, value in mixed.items()}
        yield last, mixed


def part_of(name: str) -> str:
    """Return which part of the network a weight belongs to."""
    layer = name.partition(".")[0]
    if layer in ("head", "norm"):
        return "head"
    return f"block {number.group()}" if (number := re.search(r"\d", layer)) else "patches"


def told_apart(one: Map, other: Map, masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return in which scenes the maps of two digits tell them apart.

    The difference of the two maps must be positive on the first digit, and negative on the second.

    Parameters
    ----------
    one, other : array of shape (scenes, 8, 8)
        The maps of the first digit's class, and of the second's.
    masks : array of bool, shape (scenes, 2, 8, 8)
    """
    difference = (one - other)[:, None] * masks
    on_each = difference.sum(axis=(2, 3))
    told: NDArray[np.bool_] = (on_each[:, 0] > 0) & (on_each[:, 1] < 0)
    return told
