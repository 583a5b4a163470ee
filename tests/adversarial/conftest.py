"""Linear networks, whose boundaries are planes, and networks with one hidden layer, in both frameworks."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.attribution.conftest import polynomial
from tests.later import keras

BACKENDS = ["torch", "tensorflow"]
FEATURES, CLASSES = 12, 4


def dense(backend, weights, **options):
    """Return a wrapped network of dense layers, with a ReLU between each two of them."""
    if backend == "torch":
        layers = []
        for matrix, bias in weights:
            layer = nn.Linear(*matrix.shape[::-1])
            layer.weight.data, layer.bias.data = torch.tensor(matrix), torch.tensor(bias)
            layers += [layer, nn.ReLU()]
        return xai.wrap(nn.Sequential(*layers[:-1]), input_shape=(weights[0][0].shape[1],), **options)
    network = keras.Sequential([keras.Input((weights[0][0].shape[1],))])
    for number, (matrix, _) in enumerate(weights):
        network.add(keras.layers.Dense(len(matrix), activation="relu" if number < len(weights) - 1 else None))
    for layer, (matrix, bias) in zip(network.layers, weights, strict=True):
        layer.set_weights([matrix.T, bias])
    return xai.wrap(network, **options)


@pytest.fixture(scope="session")
def planes():
    """Return the weights and the bias of a linear network."""
    random = np.random.default_rng(0)
    return random.normal(size=(CLASSES, FEATURES)).astype("float32"), random.normal(size=CLASSES).astype("float32")


@pytest.fixture(scope="session", params=BACKENDS)
def linear(request, planes):
    """Return a linear network without bounds."""
    return dense(request.param, [planes], bounds=None)


@pytest.fixture(scope="session", params=BACKENDS)
def boxed(request, planes):
    """Return a linear network whose inputs lie between 0 and 1."""
    return dense(request.param, [planes], bounds=(0, 1))


@pytest.fixture(scope="session")
def twins():
    """Return a network with a hidden layer, in both frameworks."""
    random = np.random.default_rng(1)
    weights = [
        (random.normal(size=(30, FEATURES)).astype("float32"), random.normal(size=30).astype("float32")),
        (random.normal(size=(CLASSES, 30)).astype("float32"), np.zeros(CLASSES, "float32")),
    ]
    return {backend: dense(backend, weights, bounds=(0, 1)) for backend in BACKENDS}


@pytest.fixture(scope="session")
def inputs():
    return np.random.default_rng(2).uniform(0.2, 0.8, (6, FEATURES)).astype("float32")


__all__ = ["polynomial"]
