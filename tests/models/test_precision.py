"""Networks of half precision are computed in float32, on both frameworks, or it is said that they are not."""

import copy

import keras
import numpy as np
import pytest
import torch
from keras import layers
from torch import nn

import xai_widgets as xai

SHAPE = (3, 12, 12)


def torch_net():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.SiLU(),
        nn.Conv2d(8, 8, 3, stride=2),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(128, 5),
    )
    net(torch.rand(8, *SHAPE))
    return net


@pytest.fixture
def x():
    return np.random.default_rng(0).random((2, *SHAPE), np.float32)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_saliency_is_that_of_the_float32_copy(dtype, x):
    half = torch_net().to(dtype)
    copied = copy.deepcopy(half).float()
    found, expected = (xai.wrap(net, input_shape=SHAPE) for net in (half, copied))
    np.testing.assert_allclose(found.scores(x), expected.scores(x), atol=1e-6)
    for layer in (None, "3"):
        values = [xai.Saliency()(model, x, xai.Logit(1), layer=layer).values for model in (found, expected)]
        np.testing.assert_allclose(*values, atol=1e-6)
    relevance = [xai.DeepLift()(model, x, xai.Logit(1)).values for model in (found, expected)]
    np.testing.assert_allclose(*relevance, atol=1e-5)
    assert f"weights of type {str(dtype)[6:]}, computed with in float32" in repr(found)
    assert {parameter.dtype for parameter in half.parameters()} == {dtype}


@pytest.mark.parametrize("change", [lambda p: p.mul_(1.5), lambda p: p.data.mul_(1.5)])
def test_training_is_followed(change, x):
    net = torch_net().bfloat16()
    model = xai.wrap(net, input_shape=SHAPE)
    model.scores(x)
    with torch.no_grad():
        for parameter in net.parameters():
            change(parameter)
        net[1].running_mean.add_(0.5)
    expected = xai.wrap(copy.deepcopy(net).float(), input_shape=SHAPE).scores(x)
    np.testing.assert_allclose(model.scores(x), expected, atol=1e-6)


def test_layers_of_several_types(x):
    net = torch_net()
    net[0].half()

    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net[1:](self.net[0](x.to(self.net[0].weight.dtype)).float())

    expected = copy.deepcopy(net).float().eval()(torch.tensor(x)).detach()
    np.testing.assert_allclose(xai.wrap(Mixed(), input_shape=SHAPE).scores(x), expected, atol=1e-6)


def test_where_float32_is_impossible_it_is_said(x):
    class Stubborn(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(3, 2)

        def forward(self, x):
            return self.dense(x.mean((2, 3)).to(torch.bfloat16))

    model = xai.wrap(Stubborn().bfloat16(), input_shape=SHAPE)
    assert "computes in bfloat16, so that gradients are rough" in repr(model)
    assert model.scores(x).shape == (2, 2)
    net = torch_net().bfloat16().eval()
    model = xai.wrap(lambda x: net(x), backend="torch", input_shape=SHAPE)
    assert "computes in bfloat16, so that gradients are rough" in repr(model)


def keras_chain(policy):
    kind = {"dtype": policy}
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(8, 3, **kind),
            layers.BatchNormalization(**kind),
            layers.Activation("silu", **kind),
            layers.Conv2D(8, 3, strides=2, activation="silu", **kind),
            layers.Flatten(**kind),
            layers.Dense(5, **kind),
        ]
    )


class Block(layers.Layer):
    """A layer with layers of its own, in an attribute and in a list."""

    def __init__(self, policy):
        super().__init__(dtype=policy)
        self.first = layers.Conv2D(4, 3, dtype=policy)
        self.others = [layers.Conv2D(4, 3, activation="silu", dtype=policy) for _ in range(2)]

    def call(self, x):
        x = self.first(x)
        for layer in self.others:
            x = layer(x)
        return keras.ops.mean(x, (1, 2))


def keras_block(policy):
    inputs = keras.Input((12, 12, 3))
    return keras.Model(inputs, layers.Dense(5, dtype=policy)(Block(policy)(inputs)))


def keras_attention(policy):
    inputs = keras.Input((12, 12, 3))
    rows = layers.Reshape((12, 36), dtype=policy)(inputs)
    seen = layers.MultiHeadAttention(2, 4, dtype=policy)(rows, rows)
    return keras.Model(inputs, layers.Dense(5, dtype=policy)(layers.Flatten(dtype=policy)(seen)))


def keras_nested(policy):
    inputs = keras.Input((12, 12, 3))
    return keras.Model(inputs, layers.Dense(3, dtype=policy)(keras_chain(policy)(inputs)))


def keras_cast(policy):
    inputs = keras.Input((12, 12, 3))
    cast = keras.ops.cast(inputs, keras.DTypePolicy(policy).compute_dtype)
    seen = layers.Flatten(dtype=policy)(layers.Conv2D(4, 3, activation="silu", dtype=policy)(cast))
    return keras.Model(inputs, layers.Dense(5, dtype=policy)(seen))


class Subclassed(keras.Model):
    def __init__(self, policy):
        super().__init__()
        self.block, self.dense = Block(policy), layers.Dense(5, dtype=policy)

    def call(self, x):
        return self.dense(self.block(x))


def keras_subclassed(policy):
    net = Subclassed(policy)
    net(np.zeros((1, 12, 12, 3), np.float32))
    return net


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
@pytest.mark.parametrize(
    "make", [keras_chain, keras_block, keras_attention, keras_nested, keras_cast, keras_subclassed]
)
def test_keras_saliency_is_that_of_the_float32_copy(make, policy, x):
    x = np.moveaxis(x, 1, -1)
    keras.utils.set_random_seed(0)
    half, exact = make(policy), make("float32")
    exact.set_weights([np.asarray(weight, np.float32) for weight in half.get_weights()])
    found, expected = (xai.wrap(net, input_shape=(12, 12, 3)) for net in (half, exact))
    np.testing.assert_allclose(found.scores(x), expected.scores(x), atol=1e-5)
    for _ in range(2):  # Traced from the second call on.
        values = [xai.Saliency()(model, x, xai.Logit(1)).values for model in (found, expected)]
        np.testing.assert_allclose(*values, atol=1e-5)
    assert f"layers of type {policy.removeprefix('mixed_')}, computed with in float32" in repr(found)
    assert half.layers[-1].compute_dtype == policy.removeprefix("mixed_")


def test_keras_says_where_float32_is_impossible(x):
    class Holder(layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_bfloat16")
            self.inner = keras_chain("mixed_bfloat16")

        def call(self, x):
            return self.inner(x)

    inputs = keras.Input((12, 12, 3))
    model = xai.wrap(keras.Model(inputs, Holder()(inputs)))
    assert "computes in bfloat16, so that gradients are rough" in repr(model)
