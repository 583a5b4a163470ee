"""Networks that write to their own weights or buffers when they are called: what is theirs stays as it is."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn
from torch.nn.utils import parametrizations

import xai_widgets as xai

IDS, ROW = np.array([1, 2, 3, 4, 5]), np.linspace(0, 1, 6, dtype=np.float32)


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


def limited(kind=nn.Embedding):
    return nn.Sequential(kind(20, 4, max_norm=0.5), *([Mean()] if kind is nn.Embedding else []), nn.Linear(4, 2))


class Clamped(nn.Module):
    """Keeps its weights small while it runs."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        with torch.no_grad():
            self.head.weight.clamp_(-0.1, 0.1)
        return self.head(x)


class Reset(Clamped):
    def forward(self, x):
        self.head.weight.data = self.head.weight.data.clamp(-0.1, 0.1)
        return self.head(x)


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.head, self.state = nn.Linear(6, 2), None
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(6))

    def forward(self, x):
        self.calls += 1
        self.mean.mul_(0.9).add_(0.1 * x.mean(0))
        self.state = x
        return self.head(x)


def parametrized(parametrize):
    return nn.Sequential(parametrize(nn.Linear(6, 5)), nn.BatchNorm1d(5, momentum=None), nn.ReLU(), nn.Linear(5, 2))


TORCH = {
    "max_norm": (limited, IDS),
    "max_norm of a bag": (lambda: limited(nn.EmbeddingBag), IDS),
    "clamped": (Clamped, ROW),
    "reset": (Reset, ROW),
    "counting": (Counting, ROW),
    "spectral norm": (lambda: parametrized(parametrizations.spectral_norm), ROW),
    "spectral norm by hooks": (lambda: parametrized(nn.utils.spectral_norm), ROW),
    "weight norm": (lambda: parametrized(parametrizations.weight_norm), ROW),
}


def methods(model):
    found = [xai.Occlusion(window=1, stride=1, baseline="black"), xai.KernelShap(samples=40)]
    return found if model.tokens and not model.embedding else [*found, xai.Saliency(), xai.IntegratedGradients(steps=4)]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", TORCH)
def test_a_torch_network_stays_as_it_is(name, training):
    torch.manual_seed(0)
    make, x = TORCH[name]
    net = make().train(training)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    places = [tensor.data_ptr() for tensor in net.state_dict().values()]
    model = xai.wrap(net, input_shape=x.shape)
    for method in methods(model):
        assert method(model, x).values.any()
    after = net.state_dict()
    assert [key for key, value in before.items() if not torch.equal(value, after[key])] == []
    assert [tensor.data_ptr() for tensor in after.values()] == places
    assert net.training is training


def renormalised(weight, limit):
    norms = weight.norm(dim=1, keepdim=True)
    return weight * (limit / norms).clamp_max(1)


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_max_norm_counts_and_training_is_followed(kind):
    torch.manual_seed(0)
    net = limited(kind).eval()
    model = xai.wrap(net, input_shape=(5,))

    def right():
        rows = renormalised(net[0].weight, 0.5)[IDS].mean(0)
        return (net[-1].weight @ rows + net[-1].bias).detach()

    np.testing.assert_allclose(model.scores(IDS)[0], right(), atol=1e-6)
    with torch.no_grad():  # as an optimiser does
        net[0].weight.mul_(-0.3)
        net[-1].weight.add_(1)
    np.testing.assert_allclose(model.scores(IDS)[0], right(), atol=1e-6)


def test_a_callable_that_would_change_a_network_is_refused():
    net = limited().eval()
    before = net[0].weight.clone()
    with pytest.raises(ValueError, match=r"max_norm=0.5 changes its weights.*wrap the network itself"):
        xai.wrap(lambda x: net(x), backend="torch", input_shape=(5,), vocabulary=list("abcdefghijklmnopqrst"))
    assert torch.equal(before, net[0].weight)


class Writes(keras.layers.Layer):
    """Counts its calls, keeps a running mean, and keeps its weights small."""

    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
        self.mean = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False, name="mean")
        self.kernel = self.add_weight(shape=(shape[-1], 5), name="kernel")

    def call(self, x):
        self.calls.assign_add(1.0)
        self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(x, 0))
        self.kernel.assign(tf.clip_by_value(self.kernel, -0.1, 0.1))
        return x @ self.kernel


class Noisy(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(0)

    def call(self, x, training=False):
        return x + keras.random.normal((1,), seed=self.generator) if training else x


def keras_network(*layers):
    return keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(2)])


def in_training():
    inputs = keras.Input((6,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(5)(inputs), training=True)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.ReLU()(x)))


KERAS = {
    "writes": lambda: keras_network(Writes()),
    "noisy": lambda: keras_network(Noisy(), keras.layers.Dropout(0.5)),
    "spectral norm": lambda: keras_network(keras.layers.SpectralNormalization(keras.layers.Dense(5), 2)),
    "batch norm in training": in_training,
}


@pytest.mark.parametrize("name", KERAS)
def test_a_keras_network_stays_as_it_is(name):
    keras.utils.set_random_seed(0)
    net = KERAS[name]()
    before = [variable.numpy().copy() for variable in net.variables]
    model = xai.wrap(net)
    for method in methods(model):
        assert method(model, ROW).values.any()
    assert [one.path for one, value in zip(net.variables, before, strict=True) if (one.numpy() != value).any()] == []
    np.testing.assert_allclose(model.scores(ROW), net(ROW[None], training=False), atol=1e-5)


@pytest.mark.parametrize("kind", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_a_stateful_layer_is_refused_with_what_to_do(kind):
    def network(**options):
        return keras.Sequential(
            [keras.Input(**options), kind(3, stateful="batch_shape" in options), keras.layers.Dense(2)]
        )

    net = network(batch_shape=(1, 6, 2))
    x = np.random.default_rng(0).random((6, 2), np.float32)
    with pytest.raises(TypeError, match=r"is stateful.*stateful=False"):
        xai.wrap(net)
    stateless = network(shape=(6, 2))
    stateless.set_weights(net.get_weights())
    np.testing.assert_allclose(xai.wrap(stateless).scores(x), net(x[None]), atol=1e-6)
