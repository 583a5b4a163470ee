"""The completeness gap is a share of the change, where there is one: of a thousandth of the quantity at least."""

import keras
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.attribution.perturbation.meaningful import _what_there_is_to_lose


def torch_line(start):
    net = nn.Linear(1, 1)
    net.weight.data, net.bias.data = torch.ones(1, 1), torch.full((1,), float(start))
    return xai.wrap(net, outputs="values")


def keras_line(start):
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.set_weights([np.ones((1, 1)), np.array([float(start)])])
    return xai.wrap(net, outputs="values")


@pytest.mark.parametrize("line", [torch_line, keras_line])
@pytest.mark.parametrize(("start", "least"), [(0, 1e-3), (-0.5, 1e-3), (20, 0.02), (-20, 0.02)])
@pytest.mark.parametrize("method", [xai.IntegratedGradients(steps=2), xai.DeepLift()], ids=lambda method: method.name)
def test_a_change_counts_from_a_thousandth_of_the_quantity(line, start, least, method):
    model = line(start)
    for share, counts in ((0.9, False), (1.1, True)):
        found = method(model, np.array([share * least], np.float32))
        assert found.absolute_gap < 1e-5
        assert np.isfinite(found.gap) == counts
    larger = method(model, np.array([50 * least], np.float32))
    assert larger.gap < 1e-3


def test_what_a_mask_can_take_away_counts_from_there_too():
    score, baseline = np.array([20.018, 20.022]), np.array([20.0, 20.0])
    np.testing.assert_allclose(_what_there_is_to_lose(score, baseline), [1, 0.022])
