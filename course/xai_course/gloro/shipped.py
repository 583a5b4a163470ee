"""The networks of lesson 4: those for MNIST ship with the course, those for its stand-in are trained on demand."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from xai_course import networks
from xai_course.data import Digits, cache_folder
from xai_course.gloro.configurations import MNIST, STANDARD, Recipe
from xai_course.networks.architecture import Architecture, MinMax, Relu, two_c_two_f
from xai_course.networks.shipped import load_shipped
from xai_course.networks.weights import Weights, initial_weights, keep, load

KINDS: dict[str, tuple[Architecture, Recipe]] = {
    "ReLU": (two_c_two_f(Relu), STANDARD),
    "MinMax": (two_c_two_f(MinMax), STANDARD),
    "robust": (MNIST.architecture, MNIST.recipe),
}
"""Two standard networks and the robust one. MinMax differs from the robust network in the training alone."""

STAND_IN = {
    "ReLU": Recipe(epsilon=0.0, weight=0.0, epochs=8, batch=50),
    "MinMax": Recipe(epsilon=0.0, weight=0.0, epochs=8, batch=50),
    "robust": Recipe(epsilon=0.45, epochs=15, batch=50),
}
"""For 1400 pictures, of which less can be learnt: some seconds each."""


def shipped_weights(kind: str) -> Weights:
    """Return the weights of the "ReLU", "MinMax" or "robust" network for MNIST, trained in PyTorch from seed 0.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no network {kind!r}; expected one of {', '.join(KINDS)}.")
    return load_shipped(shipped_name(kind), KINDS[kind][0])


def shipped_name(kind: str) -> str:
    """Return the name under which the weights of seed 0 come with the course."""
    return f"digits_{kind.lower()}"


def digit_networks(digits: Digits, backend: str | None = None, kinds: Sequence[str] = tuple(KINDS)) -> dict[str, Any]:
    """Return the "ReLU", "MinMax" and "robust" network for these digits, or some of them.

    Parameters
    ----------
    digits : Digits
        On MNIST the networks are loaded. On the stand-in they are trained, with a progress bar, and kept in the cache
        folder for the next time.
    backend : {"torch", "keras"}, optional
        By default what the environment variable XAI_BACKEND says, else "torch".
    kinds : sequence of str
        Which of them.

    Returns
    -------
    dict of str to network
    """
    from xai_course import gloro

    lab, training = networks.backend(backend), gloro.backend(backend)
    built = {}
    for kind in kinds:
        architecture = KINDS[kind][0]
        if not digits.is_stand_in:
            built[kind] = lab.build(architecture, shipped_weights(kind))
            continue
        recipe = STAND_IN[kind]
        mark = zlib.crc32(repr((architecture, recipe)).encode())
        path = cache_folder() / f"digits_stand_in_{kind.lower()}_{lab.BACKEND}_{mark:08x}.safetensors"
        if path.exists():
            built[kind] = lab.build(architecture, load(path, architecture))
            continue
        network = lab.build(architecture, initial_weights(architecture, 0, "orthogonal"))
        training.train(network, digits.x_train, digits.y_train, recipe, label=f"Training the {kind} network")
        keep(path, lab.weights_of(network))
        built[kind] = network
    return built
