"""The same networks with the same weights in PyTorch and in Keras."""

import functools

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

SHAPE = (16, 12, 3)


class Residual(nn.Module):
    """Batch normalisation in training mode, a skip connection and one ReLU that is used twice."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6, eps=1e-3)
        self.branch = nn.Conv2d(6, 6, 3, padding=1)
        self.relu = nn.ReLU()
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = self.relu(self.norm(self.stem(x)))
        x = x + self.relu(self.branch(x))
        return self.head(torch.nn.functional.softplus(x).mean(dim=(2, 3)))


class ChannelsLastFlatten(nn.Module):
    """Flatten in the order in which Keras does."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def convolutional():
    torch_net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 10, 3),
        nn.ReLU(),
        ChannelsLastFlatten(),
        nn.Linear(6 * 4 * 10, 5),
    )

    def keras_net():
        return keras.Sequential(
            [
                keras.Input(SHAPE),
                keras.layers.Conv2D(8, 3, padding="same", name="conv1"),
                keras.layers.ReLU(name="relu1"),
                keras.layers.MaxPooling2D(name="pool1"),
                keras.layers.Conv2D(10, 3, name="conv2"),
                keras.layers.ReLU(name="relu2"),
                keras.layers.Flatten(),
                keras.layers.Dense(5, name="dense"),
            ]
        )

    layers = {"0": "conv1", "1": "relu1", "2": "pool1", "3": "conv2", "4": "relu2"}
    return torch_net, keras_net, layers, {"0": "conv1", "3": "conv2", "6": "dense"}


def residual():
    def keras_net():
        inputs = keras.Input(SHAPE)
        x = keras.layers.Conv2D(6, 3, padding="same", name="stem")(inputs)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="norm")(x))
        branch = keras.layers.ReLU()(keras.layers.Conv2D(6, 3, padding="same", name="branch")(x))
        x = keras.layers.Add()([x, branch])
        x = keras.layers.GlobalAveragePooling2D()(keras.layers.Activation("softplus")(x))
        return keras.Model(inputs, keras.layers.Dense(5, name="head")(x))

    torch_net = Residual().train()  # as a student leaves it
    torch_net.norm.running_mean.uniform_(-0.5, 0.5)
    torch_net.norm.running_var.uniform_(0.5, 2)
    names = {name: name for name in ("stem", "norm", "branch", "head")}
    return torch_net, keras_net, {name: name for name in ("stem", "norm", "branch")}, names


def perceptron():
    torch_net = nn.Sequential(ChannelsLastFlatten(), nn.Linear(576, 30), nn.ReLU(), nn.Linear(30, 5))

    def keras_net():
        return keras.Sequential(
            [
                keras.Input(SHAPE),
                keras.layers.Flatten(),
                keras.layers.Dense(30, name="hidden"),
                keras.layers.ReLU(name="relu"),
                keras.layers.Dense(5, name="dense"),
            ]
        )

    return torch_net, keras_net, {"1": "hidden", "2": "relu"}, {"1": "hidden", "3": "dense"}


def copy_weights(module, layer):
    """Give the Keras layer the weights of the torch module."""
    arrays = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    if isinstance(module, nn.BatchNorm2d):
        order = ["weight", "bias", "running_mean", "running_var"]
        layer.set_weights([arrays[name] for name in order])
    elif isinstance(module, nn.Conv2d):
        layer.set_weights([arrays["weight"].transpose(2, 3, 1, 0), arrays["bias"]])
    else:
        layer.set_weights([arrays["weight"].T, arrays["bias"]])


class Pair:
    """A network in both frameworks: nets, wrapped models, a batch in both layouts, and layers by both names.

    That of Keras is made when it is first asked for, because some tests are of that of PyTorch alone.
    """

    def __init__(self, torch_net, keras_net, layers, weights):
        batch = np.random.default_rng(5).uniform(size=(3, *SHAPE)).astype(np.float32)
        self.channels_last, self.channels_first = batch, np.ascontiguousarray(np.moveaxis(batch, -1, 1))
        self.torch_net = torch_net
        self.torch = xai.wrap(torch_net, input_shape=self.channels_first.shape[1:])
        self.layers = layers
        self._made, self._weights = keras_net, weights

    @functools.cached_property
    def keras_net(self):
        network = self._made()
        for ours, theirs in self._weights.items():
            copy_weights(self.torch_net.get_submodule(ours), network.get_layer(theirs))
        return network

    @functools.cached_property
    def keras(self):
        return xai.wrap(self.keras_net)


@pytest.fixture(scope="session", params=[convolutional, residual, perceptron], ids=lambda make: make.__name__)
def pair(request):
    torch.manual_seed(3)
    return Pair(*request.param())
