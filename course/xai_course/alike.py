"""The networks of the lesson on similarity: one architecture, several first weights, several steps of a training."""

from __future__ import annotations

import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.data import Digits, cache_folder, load_digits, stand_in_digits
from xai_course.networks.architecture import DIGITS_DEEP
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import initial_weights, keep, load

Array = NDArray[np.floating]
Index = xai.LinearCKA | xai.RbfCKA | xai.CCA | xai.SVCCA | xai.PWCCA

LAYERS = ("relu1", "pool2", "relu3", "pool4", "relu5", "pool6", "relu7", "dense2")
"""What is compared: what each of the six convolutions and the two dense layers comes to, pooled where it is."""
SEEDS = (0, 1, 2)
STEPS = (0, 10, 40, 100, 300)
"""At which steps of its training a network is kept; the last is the end, after about two epochs."""
PICTURES, BATCH, RATE = 8000, 64, 1e-3


def network(lab: ModuleType, seed: int = 0, step: int = STEPS[-1]) -> Any:
    """Return a network that reads digits, as it was after so many steps of its training.

    Those of seeds 0, 1 and 2 at the end, and that of seed 0 after each of `STEPS`, come with the course; they were
    trained in PyTorch and serve both frameworks. Others are trained when they are first asked for, in some seconds, and
    kept in the course's cache folder. What a network is before the first step follows from its seed.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    seed : int, default 0
        Of its first weights, and of the order of the pictures.
    step : int, default 300
    """
    if step == 0:
        return lab.build(DIGITS_DEEP, initial_weights(DIGITS_DEEP, seed))
    if (seed in SEEDS and step == STEPS[-1]) or (seed == SEEDS[0] and step in STEPS):
        return lab.build(DIGITS_DEEP, load_shipped(shipped_name(seed, step), DIGITS_DEEP))
    path = _kept(lab, seed, step)
    if path.exists():
        return lab.build(DIGITS_DEEP, load(path, DIGITS_DEEP))
    found = trained(lab, seed, step)
    keep(path, lab.weights_of(found))
    return found


def trained(lab: ModuleType, seed: int, step: int) -> Any:
    """Return a network trained from scratch: with the same seed, fewer steps give what it was on its way."""
    found = lab.build(DIGITS_DEEP, initial_weights(DIGITS_DEEP, seed))
    lab.train(found, *training_set(), steps=step, batch=BATCH, rate=RATE, seed=seed)
    return found


def training_set() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return what networks are trained on, pictures and labels: MNIST's first, and scikit-learn's digits.

    So a network reads both, and the lesson can be read where there is no MNIST.
    """
    digits, small = load_digits(PICTURES), stand_in_digits()
    several = [small] if digits.is_stand_in else [digits, small]
    return np.concatenate([one.x_train for one in several]), np.concatenate([one.y_train for one in several])


def wrapped(lab: ModuleType, network: Any, digits: Digits) -> xai.Model:
    """Return a network for digits, wrapped."""
    shape = lab.layout(digits.x_test[:1]).shape[1:]
    return xai.wrap(network, classes=digits.classes, bounds=(0, 1), input_shape=shape)


def of_tables(index: Index, x: Array, y: Array) -> float:
    """Return how alike two tables are that have a row for each input, such as what two layers say of them.

    Parameters
    ----------
    index : LinearCKA, RbfCKA, CCA, SVCCA or PWCCA
    x, y : array of shape (inputs, features)
    """
    tally = index.tally(x.shape[1:], y.shape[1:])
    tally.add([np.asarray(x, np.float64)], [np.asarray(y, np.float64)])
    return float(tally.matrix()[0, 0])


def near(matrix: Array, within: int = 1) -> int:
    """Return for how many rows of a matrix the largest column is at most so far from the one with their own number."""
    return int((np.abs(matrix.argmax(axis=1) - np.arange(len(matrix))) <= within).sum())


def shipped_name(seed: int, step: int) -> str:
    """Return the name under which weights come with the course."""
    return f"digits_deep_{seed}_{step}"


def _kept(lab: ModuleType, seed: int, step: int) -> Path:
    """Return where weights are kept that were trained here: a name for this recipe in this framework."""
    mark = zlib.crc32(repr((DIGITS_DEEP, PICTURES, BATCH, RATE)).encode())
    return cache_folder() / f"{shipped_name(seed, step)}_{lab.BACKEND}_{mark:08x}.safetensors"
