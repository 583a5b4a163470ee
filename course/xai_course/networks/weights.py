"""Weights as NumPy arrays by name, in PyTorch's layout, from which either framework builds the same network."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]
"""By layer: "conv1.weight" is (out, in, height, width), "dense1.weight" (out, in), "conv1.bias" (out,).

What a first dense layer takes in is counted channel by channel, as PyTorch flattens.
"""

DIGIT_LAYERS: dict[str, tuple[int, ...]] = {
    "conv1": (8, 1, 3, 3),
    "conv2": (16, 8, 3, 3),
    "dense1": (64, 16 * 7 * 7),
    "dense2": (10, 64),
}
"""The digit network: two convolutions, each with ReLU and 2 x 2 max-pooling, then two dense layers."""


def initial_weights(seed: int = 0, layers: dict[str, tuple[int, ...]] = DIGIT_LAYERS) -> Weights:
    """Return fresh weights: normal with variance 2 / inputs (He et al. 2015), biases zero."""
    generator = np.random.default_rng(seed)
    weights: Weights = {}
    for name, shape in layers.items():
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        weights[f"{name}.weight"] = (deviation * generator.standard_normal(shape)).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return weights


def rewritten(weights: Weights, seed: int = 0) -> Weights:
    """Return other weights of the very same function.

    The channels of every hidden layer are put in another order, and each is multiplied by a positive number that the
    next layer divides by: ReLU and max-pooling let both pass.
    """
    generator = np.random.default_rng(seed)
    names = list(dict.fromkeys(key.partition(".")[0] for key in weights))
    other = dict(weights)
    for name, following in itertools.pairwise(names):
        weight, bias, after = other[f"{name}.weight"], other[f"{name}.bias"], other[f"{following}.weight"]
        order = generator.permutation(len(bias))
        factor = np.exp(generator.uniform(-1, 1, len(bias))).astype(np.float32)
        other[f"{name}.weight"] = weight[order] * factor.reshape(-1, *[1] * (weight.ndim - 1))
        other[f"{name}.bias"] = bias[order] * factor
        # A dense layer after a convolution takes a whole plane of each channel.
        split = after.reshape(len(after), len(bias), -1)
        other[f"{following}.weight"] = (split[:, order] / factor[:, None]).reshape(after.shape)
    return other


def batches(count: int, batch: int, steps: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of `steps` batches, each epoch in an order of its own."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(count)
    for _ in range(steps):
        while len(order) < batch:
            order = np.concatenate([order, generator.permutation(count)])
        yield order[:batch]
        order = order[batch:]
