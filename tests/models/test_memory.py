"""How much flows through a network is seen before it is asked for many inputs at once."""

import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

SIDE, CHANNELS = 12, 5
PLANE = 4 * CHANNELS * SIDE**2


def torch_blocks(blocks):
    """Convolutions, each with a tanh whose output the backward pass keeps, and which the next convolution reads."""
    torch.manual_seed(0)
    inner = [
        layer
        for number in range(blocks)
        for layer in (nn.Conv2d(CHANNELS if number else 3, CHANNELS, 3, padding=1), nn.Tanh())
    ]
    return nn.Sequential(*inner, nn.Flatten(), nn.Linear(CHANNELS * SIDE**2, 4)).eval()


def keras_blocks(blocks):
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            *[keras.layers.Conv2D(CHANNELS, 3, padding="same", activation="tanh") for _ in range(blocks)],
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )


@pytest.mark.parametrize("by_call", [False, True])
def test_what_a_backward_pass_keeps_is_counted_once_in_pytorch(by_call):
    def held(blocks):
        net = torch_blocks(blocks)
        shape = (3, SIDE, SIDE)
        return xai.wrap((lambda x: net(x)) if by_call else net, backend="torch", input_shape=shape).row_bytes

    assert held(4) - held(3) == held(3) - held(2) == PLANE


def test_what_layers_put_out_is_counted_in_keras():
    few, more = (xai.wrap(keras_blocks(blocks)).row_bytes for blocks in (2, 3))
    assert more - few == PLANE


def test_what_operations_put_out_is_counted_where_keras_has_no_graph_of_calls():
    class Hidden(keras.Model):
        def __init__(self, blocks):
            super().__init__()
            self.blocks = keras_blocks(blocks)

        def call(self, x):
            return self.blocks(x)

    def held(blocks):
        net = Hidden(blocks)
        net.build((None, SIDE, SIDE, 3))
        return xai.wrap(net, input_shape=(SIDE, SIDE, 3)).row_bytes

    assert held(3) - held(2) >= PLANE


def test_a_network_that_cannot_be_traced_is_explained_all_the_same():
    import tensorflow as tf

    net = keras_blocks(1)

    def hidden(x):
        return net(tf.constant(x.numpy()))

    model = xai.wrap(hidden, backend="tensorflow", input_shape=(SIDE, SIDE, 3))
    assert model.row_bytes == 0
    assert model.scores(torch.rand(SIDE, SIDE, 3).numpy()).shape == (1, 4)


def test_a_network_may_take_derivatives_itself():
    """Where it does so by torch.func, what is saved cannot be seen by hooks."""
    weights = torch.eye(6, 3)

    class Slope(nn.Module):
        def forward(self, x):
            return torch.vmap(torch.func.grad(lambda row: row.sin().sum()))(x) @ weights

    assert xai.wrap(Slope(), input_shape=(6,), bounds=None).row_bytes > 0
