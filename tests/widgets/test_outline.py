"""The outline of the segment that is explained."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.render.figure import outlined
from xai_widgets.widgets.outline import as_runs, explained_class


def places(runs):
    """Return the mask that runs stand for."""
    values = [np.full(length, index % 2 == 1) for index, length in enumerate(runs["runs"])]
    return np.concatenate(values).reshape(runs["height"], runs["width"])


@pytest.mark.parametrize("seed", range(4))
def test_runs_are_the_mask(seed):
    mask = np.random.default_rng(seed).random((5, 7)) < [0.0, 1.0, 0.3, 0.7][seed]
    runs = as_runs(mask)
    assert sum(runs["runs"]) == mask.size
    np.testing.assert_array_equal(places(runs), mask)


def test_without_a_target_it_is_the_largest_segment_that_is_not_background():
    labels = np.array([[0, 0, 0], [2, 2, 1]])
    assert explained_class(labels, None) == 2
    assert explained_class(labels, 1) == 1
    assert explained_class(np.zeros((2, 2), int), None) is None


@pytest.fixture
def network():
    """Says class 1 where it is bright, class 2 where it is grey, and class 0 where it is dark."""
    layer = nn.Conv2d(1, 3, 1)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([0.0, 4.0, 2.0]).reshape(3, 1, 1, 1)
        layer.bias[:] = torch.tensor([0.0, -2.4, -0.5])
    return xai.wrap(nn.Sequential(layer), input_shape=(1, 12, 12), outputs="logits", classes=["dark", "bright", "grey"])


@pytest.fixture
def picture():
    picture = np.zeros((12, 12), np.float32)
    picture[2:8, 3:9], picture[9:11, 1:3] = 0.5, 1.0
    return picture


def test_the_header_holds_the_segment_that_is_explained(explorers, network, picture):
    widget, browser = explorers(network, picture, method="saliency")
    browser.finish()
    header = browser.frames[-1]["header"]
    assert header["explained"] == 2
    np.testing.assert_array_equal(places(header["outline"]), picture == 0.5)
    widget.target = "bright"
    browser.finish()
    header = next(frame["header"] for frame in reversed(browser.frames) if frame["header"])
    assert header["explained"] == 1
    np.testing.assert_array_equal(places(header["outline"]), picture == 1)
    assert widget.catalogue["segmentation"]
    assert widget._repr_png_()


def test_classifiers_have_no_outline(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency")
    browser.finish()
    header = browser.frames[-1]["header"]
    assert header["outline"] is None
    assert header["explained"] == header["predictions"][0]["index"]
    assert not widget.catalogue["segmentation"]


def test_a_figure_draws_the_outline_white_within_and_black_around():
    pixels = np.full((8, 8, 3), 100, np.uint8)
    segment = np.zeros((4, 4), bool)
    segment[1:3, 1:3] = True
    drawn = outlined(pixels, segment)[..., 0]
    inside = np.zeros((8, 8), bool)
    inside[2:6, 2:6] = True
    assert (drawn[inside & (drawn != 100)] == 255).all()
    assert (drawn == 255).sum() == 12
    assert (drawn == 0).sum() == 16
    assert not (drawn[~inside] == 255).any()


def test_a_grid_of_a_segmentation_offers_no_method_that_asks_for_one_class(network):
    for method in (xai.PertinentNegative, xai.PertinentPositive):
        assert "at each place" in method.refusal(network)
