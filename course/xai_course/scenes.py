"""The vision transformer of the lesson on attention: where it comes from, and whether a map finds the digit."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.data.scenes import CLASSES, GRID, SIDE, Scenes
from xai_course.networks.architecture import SCENES
from xai_course.networks.shipped import load_shipped

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
    first = np.random.default_rng(0).permutation(flat.shape[1])
    found = np.zeros_like(truth)
    for number, (values, mask) in enumerate(zip(flat, truth, strict=True)):
        found[number, first[np.argsort(-values[first], kind="stable")[: mask.sum()]]] = True
    both: NDArray[np.float64] = (found & truth).sum(axis=1) / (found | truth).sum(axis=1)
    return both


def inside(maps: Map, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return which share of what speaks for the class lies on the digit; NaN where nothing speaks for it."""
    positive = np.maximum(maps, 0)
    with np.errstate(invalid="ignore"):
        share: NDArray[np.float64] = (positive * masks).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))
    return share


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
