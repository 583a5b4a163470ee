"""What has no slope is refused where a gradient is asked for, on both frameworks; a dead rectifier is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

import xai_widgets as xai


def torch_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


def keras_net():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(3)])


STEPS = [
    (torch_net, lambda x: (x * 255).round() / 255),
    (torch_net, lambda x: (x * 255).floor() / 255),
    (torch_net, lambda x: (x - 0.5).sign()),
    (torch_net, lambda x: (x * 255).int().float() / 255),
    (torch_net, lambda x: nn.functional.one_hot(x.argmax(1), 6).float()),
    (torch_net, lambda x: torch.heaviside(x - 0.5, torch.zeros(()))),
    (torch_net, lambda x: x.detach()),
    (torch_net, lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8).dequantize()),
    (keras_net, lambda x: tf.round(x * 255) / 255),
    (keras_net, lambda x: tf.floor(x * 255) / 255),
    (keras_net, lambda x: tf.sign(x - 0.5)),
    (keras_net, lambda x: tf.cast(tf.cast(x * 255, tf.int32), tf.float32) / 255),
    (keras_net, lambda x: tf.one_hot(tf.argmax(x, 1), 6)),
    (keras_net, tf.stop_gradient),
    (keras_net, lambda x: keras.ops.round(x * 255) / 255),
]

X = np.random.default_rng(0).random((2, 6), np.float32)


@pytest.mark.parametrize(("make", "step"), STEPS)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_a_step_in_preprocess_is_refused_by_gradients_alone(make, step):
    model = xai.wrap(make(), preprocess=step, input_shape=(6,))
    for method in (xai.Saliency(), xai.IntegratedGradients(steps=8), xai.SmoothGrad(samples=2)):
        with pytest.raises(ValueError, match=r"has no slope|not depend differentiably|derivative for"):
            method(model, X)
    assert np.abs(xai.Occlusion(window=1, stride=1)(model, X).values).max() > 0


class Stepped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch_net()

    def forward(self, x):
        return self.net((x * 20).round() / 20)


def test_a_step_in_the_network_is_refused():
    with pytest.raises(ValueError, match="gradient is zero at each of 4 random inputs"):
        xai.Saliency()(xai.wrap(Stepped(), input_shape=(6,)), X)


def test_rectifiers_that_are_all_off_at_an_input_are_right():
    net = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 3))
    net[0].weight.data, net[0].bias.data = torch.ones(2, 6), torch.full((2,), -3.0)
    twin = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(3)])
    twin.set_weights([np.ones((6, 2)), np.full(2, -3.0), net[2].weight.detach().numpy().T, np.zeros(3)])
    for model in (xai.wrap(net), xai.wrap(twin)):
        assert not xai.Saliency()(model, np.zeros(6, np.float32)).values.any()
        assert xai.Saliency()(model, np.ones(6, np.float32)).values.any()
    net[0].bias.data.fill_(-100)  # Off everywhere: the scores are constant, and so is their gradient, zero.
    assert not xai.Saliency()(xai.wrap(net), X).values.any()


def test_a_step_beside_a_way_with_a_slope_is_right():
    model = xai.wrap(torch_net(), preprocess=lambda x: x + (x.round() - x).detach(), input_shape=(6,))
    assert xai.Saliency()(model, X).values.any()
