"""What the axes of layers are found to be, on networks of today in both frameworks; and that the places are true."""

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
    assert first.evidence.input_layout().roles == PLANE_FIRST
    assert last.evidence.input_layout().roles == PLANE_LAST
    signal = xai.wrap(nn.Sequential(nn.Conv1d(3, 4, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2)),
                      input_shape=(3, 20))  # fmt: skip
    assert signal.evidence.input_layout().roles == ("channel", "time")
    assert signal.layouts["0"].words == "channels, time"
    volume = xai.wrap(nn.Sequential(nn.Conv3d(2, 4, 3), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(4 * 3 * 4 * 5, 2)),
                      input_shape=(2, 8, 10, 12))  # fmt: skip
    assert volume.layouts["1"].roles == ("channel", "depth", "height", "width")
    assert volume.layouts["2"].grid == (3, 4, 5)
    table = xai.wrap(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), bounds=None)
    assert table.layouts["1"].is_vector
    assert table.evidence.input_layout().is_vector
