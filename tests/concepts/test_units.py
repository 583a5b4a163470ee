"""The units of a layer over a set of inputs, beside the network's own pass and an interpolation written out."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from xai_widgets.concepts.units import Units

ROWS = np.random.default_rng(5).uniform(0, 1, (21, 3, 10, 14)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.SiLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(175, 4), nn.Linear(4, 3)
    )


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(3, 10, 14), bounds=(0, 1))


def test_it_reads_what_the_layer_puts_out(network, model):
    units = Units(model, ROWS, "2")
    with torch.no_grad():
        expected = network[:3](torch.from_numpy(ROWS)).numpy()
    np.testing.assert_allclose(units.whole, expected.reshape(21, 5, 35), atol=1e-6)
    np.testing.assert_allclose(units.pooled, expected.mean(axis=(2, 3)), atol=1e-6)
    np.testing.assert_allclose(units.read(4, 6), expected[4:6].reshape(2, 5, 35), atol=1e-6)
    assert (units.count, len(units), units.layer) == (5, 21, "2")


def test_pieces_follow_each_other(model):
    pieces = list(Units(model, ROWS, "2").chunks())
    assert [start for start, _ in pieces] == np.cumsum([0, *(len(piece) for _, piece in pieces)])[:-1].tolist()


def test_a_vector_has_one_place(model):
    assert Units(model, ROWS, "4").whole.shape == (21, 4, 1)


def test_it_is_laid_over_the_input_as_pictures_are_made_larger(model):
    units = Units(model, ROWS, "2")
    found = units.over_input(units.whole)
    planes = torch.from_numpy(units.whole.reshape(21, 5, 5, 7))
    expected = nn.functional.interpolate(planes, (10, 14), mode="bilinear").numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_channels_may_come_last(network, model):
    net = keras.Sequential(
        [
            keras.Input((10, 14, 3)),
            keras.layers.Conv2D(5, 3, padding="same", activation="silu"),
            keras.layers.MaxPooling2D(name="pool"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    kernel, bias = (one.detach().numpy() for one in network[0].parameters())
    net.layers[0].set_weights([kernel.transpose(2, 3, 1, 0), bias])
    units = Units(xai.wrap(net, bounds=(0, 1)), ROWS.transpose(0, 2, 3, 1), "pool")
    np.testing.assert_allclose(units.whole, Units(model, ROWS, "2").whole, atol=1e-5)


@pytest.mark.parametrize(
    ("x", "layer", "said"),
    [
        (ROWS[0], "2", "a single input"),
        (ROWS, "pool", "no layer 'pool'"),
        (ROWS, None, "layer is None"),
        (ROWS[:, :, :4], "2", r"\(21, 3, 4, 14\)"),
    ],
)
def test_what_does_not_fit_is_said(model, x, layer, said):
    with pytest.raises((ValueError, TypeError), match=said):
        Units(model, x, layer)


def test_a_vector_cannot_be_laid_over_pictures(model):
    units = Units(model, ROWS, "4")
    with pytest.raises(ValueError, match="cannot be laid over"):
        units.over_input(units.whole)
