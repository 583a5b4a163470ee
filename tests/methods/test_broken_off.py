"""A method that is broken off in any pass, by an interrupt, an error or NaN, leaves nothing behind that counts."""

import contextlib
import functools
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

import xai_widgets as xai
from tests.methods.cases import cases
from tests.methods.networks import balance, pictures
from xai_widgets.attribution.method import METHODS
from xai_widgets.models.cut import Cut

PASSES = 8

FAILURES = ("interrupt", "error", "nan")

BREAKS = [
    (failure, way, place) for place in range(1, PASSES + 1) for way in ("forward", "backward") for failure in FAILURES
]
"""What goes wrong, on which way, and in which pass that way."""


class Fuse:
    """Blows in one of the passes through a layer, once."""

    def __init__(self):
        self.failure, self.way, self.left = None, None, 0

    def arm(self, failure, way, place):
        self.failure, self.way, self.left = failure, way, place

    def disarm(self):
        """Return whether it has blown."""
        blown, self.failure, self.way, self.left = self.failure is None, None, None, 0
        return blown

    def blows(self, way):
        """Whether values are to be spoilt in this pass; raises where they are not the point."""
        if self.failure is None or way != self.way:
            return False
        self.left -= 1
        if self.left:
            return False
        failure = self.failure
        self.disarm()
        if failure == "error":
            raise MemoryError("the device is full")
        if failure == "interrupt":
            signal.raise_signal(signal.SIGINT)
        return failure == "nan"


FUSE = Fuse()


def torch_passes_through(x):
    """What a ReLU does, past the fuse."""
    output = nn.functional.relu(x)
    if output.requires_grad:
        output.register_hook(lambda gradient: gradient * float("nan") if FUSE.blows("backward") else gradient)
    return output * float("nan") if FUSE.blows("forward") else output


@tf.custom_gradient
def tensorflow_passes_through(x):
    def spoilt(way, values):
        return values * np.float32("nan") if FUSE.blows(way) else values

    def through(way, tensor):
        passed = tf.numpy_function(functools.partial(spoilt, way), [tensor], tensor.dtype)
        passed.set_shape(tensor.shape)
        return passed

    return through("forward", x), functools.partial(through, "backward")


@functools.cache
def torch_network():
    torch.manual_seed(0)
    relu = nn.ReLU()
    relu.forward = torch_passes_through
    head = nn.Linear(5, 3)
    layers = (nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), relu, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    network = nn.Sequential(*layers).eval()
    balance(head.bias.data, network(torch.from_numpy(pictures(True))))
    return network


@functools.cache
def tensorflow_network():
    keras.utils.set_random_seed(0)
    of, relu, head = keras.layers, keras.layers.ReLU(name="fused"), keras.layers.Dense(3)
    plain = relu.call
    relu.call = lambda x: tensorflow_passes_through(plain(x))
    layers = (of.Conv2D(4, 3), of.ReLU(), of.Conv2D(5, 3), relu, of.GlobalAveragePooling2D(), head)
    network = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    balance(head.bias, network(pictures(False)))
    return network


class Attending(nn.Module):
    """One block of attention to patches."""

    def __init__(self):
        super().__init__()
        self.patches, self.norm, self.relu = nn.Conv2d(3, 6, 2, 2), nn.LayerNorm(6), nn.ReLU()
        self.attention, self.head = nn.MultiheadAttention(6, 2, batch_first=True), nn.Linear(6, 3)
        self.relu.forward = torch_passes_through

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        normed = self.norm(tokens)
        return self.head(self.relu(tokens + self.attention(normed, normed, normed)[0]).mean(1))


@functools.cache
def torch_transformer():
    torch.manual_seed(0)
    network = Attending().eval()
    balance(network.head.bias.data, network(torch.from_numpy(pictures(True))))
    return network


@functools.cache
def tensorflow_transformer():
    keras.utils.set_random_seed(0)
    of, relu, head = keras.layers, keras.layers.ReLU(name="fused"), keras.layers.Dense(3)
    plain = relu.call
    relu.call = lambda x: tensorflow_passes_through(plain(x))
    inputs = keras.Input((8, 8, 3))
    tokens = of.Reshape((16, 6))(of.Conv2D(6, 2, strides=2)(inputs))
    normed = of.LayerNormalization()(tokens)
    attended = of.Add()([tokens, of.MultiHeadAttention(2, 3)(normed, normed)])
    network = keras.Model(inputs, head(of.GlobalAveragePooling1D()(relu(attended))))
    balance(head.bias, network(pictures(False)))
    return network


BACKENDS = {
    "torch": (torch_network, torch_transformer, functools.partial(xai.wrap, input_shape=(3, 8, 8))),
    # What NumPy does in the midst of a network cannot be followed, so that its axes have to be said.
    "tensorflow": (
        tensorflow_network,
        tensorflow_transformer,
        lambda network: xai.wrap(
            network,
            layouts={
                "fused": ["height, width, channels", "4 x 4 tokens, channels"][network is tensorflow_transformer()]
            },
        ),
    ),
}


@functools.cache
def asked(name, backend):
    """Return a method and what it is to explain."""
    *batch, baseline = pictures(backend == "torch")
    return cases(baseline)[name], np.stack(batch)


def untouched(name, backend):
    """Return a model that a method is for, and that nobody has asked anything."""
    network, transformer, wrap = BACKENDS[backend]
    return wrap(transformer() if METHODS[name].family == "attention" else network())


@functools.cache
def in_use(wrap, network):
    """Return the one model of a network that every method asks, and that nothing goes wrong in."""
    return wrap(network())


def expected(name, backend):
    method, batch = asked(name, backend)
    network, transformer, wrap = BACKENDS[backend]
    return method(in_use(wrap, transformer if method.family == "attention" else network), batch)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 2)
    yield
    FUSE.disarm()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(METHODS))
def test_the_next_call_is_as_if_nothing_had_been(name, backend):
    right, model = expected(name, backend), untouched(name, backend)
    method, batch = asked(name, backend)
    # A model that was asked before has built what it builds: each method begins with another pass to be broken off.
    first = list(METHODS).index(name) % len(BREAKS)
    passes = {"forward": PASSES, "backward": PASSES}
    for failure, way, place in BREAKS[first:] + BREAKS[:first]:
        if place > passes[way]:
            continue  # A method that does not come so far is not broken off.
        FUSE.arm(failure, way, place)
        with contextlib.suppress(ValueError, KeyboardInterrupt, MemoryError):
            method(model, batch)
        if not FUSE.disarm():
            passes[way] = place - 1
            assert passes["forward"], "every method runs the network forward"
        after = method(model, batch)
        size = np.abs(right.values).max()
        np.testing.assert_allclose(
            after.values, right.values, rtol=1e-5, atol=1e-5 * size, err_msg=f"{failure} {place}"
        )
        np.testing.assert_allclose(after.score, right.score, rtol=1e-5)
        assert after.evaluations == right.evaluations


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(METHODS))
def test_no_refusal_is_made_of_a_pass_that_failed(name, backend):
    method = METHODS[name]
    for failure in FAILURES:
        model = untouched(name, backend)
        FUSE.arm(failure, "forward", 1)
        with contextlib.suppress(ValueError, KeyboardInterrupt, MemoryError):
            method.refusal(model)
        blown = FUSE.disarm()
        assert method.refusal(model) is None, failure
        if not blown:
            break  # Where no pass is needed for it, none fails, one way or another.
