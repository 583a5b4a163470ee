"""One model of every kind, small enough that each method takes a moment: what they are, in both frameworks."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

SIDE = 8


@dataclass(frozen=True)
class Subject:
    """A model to be explained, the network in it, and a batch of three inputs."""

    model: Any
    network: Any
    batch: Any

    @property
    def baseline(self):
        """One more input, rather grey."""
        return np.random.default_rng(1).uniform(0.2, 0.3, self.batch.shape[1:])


class Functional(nn.Module):
    """Functional and reused ReLUs, a residual addition, batch normalisation, concatenation, and both poolings."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.branch = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.late = nn.Conv2d(8, 6, 3, padding=1)
        self.last = nn.ReLU()
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.relu(self.norm(self.stem(x)))
        x = x + torch.relu(self.branch(x))
        x = torch.cat([nn.functional.max_pool2d(x, 2), nn.functional.avg_pool2d(x, 2)], dim=1)
        x = self.last(self.relu(self.late(x)))
        return self.head(x.mean(dim=(2, 3)))


def balance(bias, scores):
    """Shift the scores so that no class is far ahead of the others: every input then has a boundary nearby."""
    shifted = np.asarray(bias) - np.asarray(scores.detach() if hasattr(scores, "detach") else scores).mean(axis=0)
    if hasattr(bias, "assign"):
        bias.assign(shifted)
    else:
        bias.copy_(torch.from_numpy(shifted))


def pictures(channels_first):
    batch = np.random.default_rng(0).uniform(0.05, 0.95, (3, SIDE, SIDE, 3)).astype(np.float32)
    return np.ascontiguousarray(np.moveaxis(batch, -1, 1)) if channels_first else batch


def torch_chain():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24, 3),
    )
    return Subject(xai.wrap(network, input_shape=(3, SIDE, SIDE), classes=["a", "b", "c"]), network, pictures(True))


def torch_functional():
    network = Functional().train()  # as a student leaves it
    network.norm.running_var.uniform_(0.5, 2)
    balance(network.head.bias.data, network.eval()(torch.from_numpy(pictures(True))))
    network.train()
    return Subject(xai.wrap(network, input_shape=(3, SIDE, SIDE)), network, pictures(True))


def torch_channels_last():
    """A network that takes channels last, as some do, and ends in a softmax."""
    network = nn.Sequential(
        _ToFirst(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3), nn.Softmax(1)
    )
    balance(network[5].bias.data, network[:6](torch.from_numpy(pictures(False))))
    return Subject(xai.wrap(network, input_shape=(SIDE, SIDE, 3)), network, pictures(False))


class _ToFirst(nn.Module):
    def forward(self, x):
        return x.permute(0, 3, 1, 2)


def torch_callable():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 3)).eval()
    model = xai.wrap(lambda x: network(x).tanh(), backend="torch", input_shape=(3, SIDE, SIDE))
    return Subject(model, network, pictures(True))


def torch_table():
    network = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
    batch = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    return Subject(xai.wrap(network, bounds=None, outputs="values"), network, batch)


class Transformer(nn.Module):
    """Patches and a class token, which is read; two blocks of `nn.MultiheadAttention`, as PyTorch ships them."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 2, 2)
        self.token = nn.Parameter(torch.randn(1, 1, 12))
        block = nn.TransformerEncoderLayer(12, 3, 16, activation="gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        x = torch.cat([self.token.expand(len(x), -1, -1), self.patch(x).flatten(2).mT], dim=1)
        return self.head(self.blocks(x)[:, 0])


def torch_transformer():
    network = Transformer().eval()
    balance(network.head.bias.data, network(torch.from_numpy(pictures(True))))
    return Subject(xai.wrap(network, input_shape=(3, SIDE, SIDE)), network, pictures(True))


def keras_chain():
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, activation="relu", name="last"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return Subject(xai.wrap(network, classes=["a", "b", "c"]), network, pictures(False))


def keras_functional():
    """The twin of `torch_functional`: a reused ReLU, a residual addition, batch normalisation, concatenation."""
    layers = keras.layers
    inputs = keras.Input((SIDE, SIDE, 3))
    relu = layers.ReLU()
    x = relu(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inputs)))
    x = layers.Add()([x, keras.ops.relu(layers.Conv2D(4, 3, padding="same")(x))])
    x = layers.Concatenate()([layers.MaxPooling2D()(x), layers.AveragePooling2D(2)(x)])
    x = layers.ReLU(name="last")(relu(layers.Conv2D(6, 3, padding="same")(x)))
    head = layers.Dense(3)
    network = keras.Model(inputs, head(layers.GlobalAveragePooling2D()(x)))
    balance(head.bias, network(pictures(False)))
    return Subject(xai.wrap(network), network, pictures(False))


def keras_nested():
    """A network within a network, with one logit."""
    layers = keras.layers
    inner = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(4, 3, activation="relu")], name="inner")
    inputs = keras.Input((SIDE, SIDE, 3))
    network = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling2D()(inner(inputs))))
    return Subject(xai.wrap(network), network, pictures(False))


def keras_transformer():
    """Attention by `keras.layers.MultiHeadAttention` among patches, whose mean is taken."""
    layers = keras.layers
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Reshape((16, 12))(layers.Conv2D(12, 2, 2)(inputs))
    for _ in range(2):
        normed = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(3, 4)(normed, normed)])
        x = layers.Add()([x, layers.Dense(12, activation="gelu")(layers.LayerNormalization()(x))])
    head = layers.Dense(3)
    network = keras.Model(inputs, head(layers.GlobalAveragePooling1D()(x)))
    balance(head.bias, network(pictures(False)))
    return Subject(xai.wrap(network), network, pictures(False))


def keras_table():
    network = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    batch = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    return Subject(xai.wrap(network, bounds=None, outputs="values"), network, batch)


KINDS = (
    torch_chain,
    torch_functional,
    torch_channels_last,
    torch_callable,
    torch_table,
    torch_transformer,
    keras_chain,
    keras_functional,
    keras_nested,
    keras_transformer,
    keras_table,
)


@functools.cache
def subject(kind):
    """Return the model of a kind, always the same one."""
    torch.manual_seed(0)
    if kind.__name__.startswith("keras"):
        keras.utils.set_random_seed(0)
    return kind()
