"""What the axes of layers are found to be, on networks of today in both frameworks; and that the places are true."""

import keras
import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.layouts.networks import GRID, MAKERS, PATCH, PLANE_FIRST, PLANE_LAST, pair

every_network = pytest.mark.parametrize("name", MAKERS)


@every_network
def test_both_frameworks_do_the_same(name):
    """What is compared below are the same networks."""
    found = pair(name)
    np.testing.assert_allclose(found.torch.scores(found.first), found.keras.scores(found.last), atol=1e-4)


@every_network
def test_the_axes_are_found(name):
    found = pair(name)
    for layer, kinds in found.kinds.items():
        for model, called, kind in ((found.torch, layer, kinds[0]), (found.keras, found.names[layer], kinds[1])):
            layout = model.layouts[called]
            assert layout.known == (kind is not None), (called, layout)
            assert layout.roles == (kind or (None, None)), (called, layout)
            assert layout.shape == model.at(called).shape


@every_network
def test_the_places_are_the_same_in_both_frameworks(name):
    found = pair(name)
    for layer in found.kinds:
        ours, theirs = found.torch.layouts[layer], found.keras.layouts[found.names[layer]]
        assert (ours.grid, ours.channels, ours.placeless) == (theirs.grid, theirs.channels, theirs.placeless)
        assert ours.coordinates == theirs.coordinates
        np.testing.assert_allclose(ours.places, theirs.places)


@pytest.mark.parametrize("name", ["normed", "class token", "registers", "windows"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_what_is_hidden_changes_what_stands_there_alone(name, backend):
    """Without trusting the rule: a patch of the input, and what of the layers before anything is mixed changes."""
    found = pair(name)
    model, batch = (found.torch, found.first) if backend == "torch" else (found.keras, found.last)
    layer = "blocks.0.norm1" if "blocks.0.norm1" in found.kinds else "norm" if name == "normed" else "block.norm1"
    cut = model.at(layer if backend == "torch" else found.names[layer])
    layout = model.layouts[cut.layer]
    row, column = 2, 1
    hidden = batch.copy()
    pixels = hidden if backend == "keras" else np.moveaxis(hidden, 1, -1)
    pixels[:, row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = 0
    changed = np.abs(cut.activations(batch) - cut.activations(hidden))
    expected = np.zeros((len(batch), GRID, GRID), bool)
    expected[:, row, column] = True
    np.testing.assert_array_equal(layout.map(changed) > 0, expected)
    assert not layout.nowhere(changed).any()


def test_nothing_is_assumed_of_the_input():
    """Which of its axes count channels is seen from what is done with it."""
    first, last = pair("normed").torch, pair("normed").keras
    assert first.input.layout.roles == PLANE_FIRST
    assert last.input.layout.roles == PLANE_LAST
    signal = xai.wrap(nn.Sequential(nn.Conv1d(3, 4, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2)),
                      input_shape=(3, 20))  # fmt: skip
    assert signal.input.layout.roles == ("channel", "time")
    assert signal.layouts["0"].words == "channels, time"
    volume = xai.wrap(nn.Sequential(nn.Conv3d(2, 4, 3), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(4 * 3 * 4 * 5, 2)),
                      input_shape=(2, 8, 10, 12))  # fmt: skip
    assert volume.layouts["1"].roles == ("channel", "depth", "height", "width")
    assert volume.layouts["2"].grid == (3, 4, 5)
    table = xai.wrap(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), bounds=None)
    assert table.layouts["1"].is_vector
    assert table.input.layout.is_vector


class Several(nn.Module):
    """Two pictures and a row of numbers; the first is gated by the numbers, then comes the other picture."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.numbers = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 3), nn.Linear(5, 4)
        self.gated, self.both, self.head = nn.Identity(), nn.Identity(), nn.Linear(4, 2)

    def forward(self, a, b, c):
        x = self.gated(self.first(a) * self.numbers(b)[:, :, None, None])
        return self.head(self.both(x + self.second(c)).mean((2, 3)))


def test_of_several_inputs_a_place_is_in_one_of_them():
    model = xai.wrap(Several(), input_shape=[(3, 8, 8), (5,), (1, 8, 8)], bounds=[(0, 1), None, (0, 1)])
    for layer in ("first", "second", "gated"):
        assert model.layouts[layer].roles == PLANE_FIRST
    assert model.layouts["numbers"].is_vector
    assert "several of the network's inputs" in model.layouts["both"].why
    image, row = keras.Input((8, 8, 3)), keras.Input((5,))
    gate = keras.layers.Reshape((1, 1, 4))(keras.layers.Dense(4, name="numbers")(row))
    x = keras.layers.Multiply(name="gated")([keras.layers.Conv2D(4, 3, name="first")(image), gate])
    x = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    model = xai.wrap(keras.Model([image, row], x))
    for layer in ("first", "gated"):
        assert model.layouts[layer].roles == PLANE_LAST
    assert model.layouts["numbers"].is_vector


def test_words_are_places_of_a_text():
    net = nn.Sequential(nn.Embedding(30, 6), nn.LayerNorm(6), nn.Flatten(), nn.Linear(72, 2))
    layouts = xai.wrap(net, input_shape=(12,)).layouts
    assert layouts["0"].words == layouts["1"].words == "tokens, channels"
    inputs = keras.Input((12,), dtype="int32")
    x = keras.layers.Conv1D(5, 3, name="conv")(keras.layers.Embedding(30, 6, name="embedding")(inputs))
    model = xai.wrap(keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalMaxPooling1D()(x))))
    assert model.layouts["embedding"].words == model.layouts["conv"].words == "tokens, channels"
    assert model.layouts["conv"].grid == (10,)


def test_where_all_is_summed_over_at_once_the_kind_of_the_input_says_it():
    """A network of dense layers on pictures: what comes before them still is one."""
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(240, 6), nn.ReLU(), nn.Linear(6, 2))
    layouts = xai.wrap(net, input_shape=(3, 8, 10)).layouts
    assert layouts["0"].roles == PLANE_FIRST
    assert layouts["1"].grid == (8, 10)
    assert layouts["2"].is_vector
    table = xai.wrap(nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 2)), input_shape=(5,), bounds=None).layouts
    assert table["0"].is_vector
