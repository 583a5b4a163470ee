"""Colour maps: what they start and end with, and that colour-blind eyes can read them."""

import numpy as np
import pytest

from xai_widgets.render.colormap import colormap, colormaps


@pytest.mark.parametrize("name", list(colormaps()))
def test_a_map_starts_and_ends_with_its_anchors(name):
    one = colormap(name)
    np.testing.assert_allclose(one.colors(np.array([-1.0, 1.0]), signed=True), one.anchors[[0, -1]])


def test_a_diverging_map_has_its_middle_at_zero():
    one = colormap("red_blue")
    for signed in (True, False):
        np.testing.assert_allclose(one.colors(np.array(0.0), signed), one.anchors[len(one.anchors) // 2])


def test_a_sequential_map_starts_at_zero_unless_there_are_signs():
    one = colormap("viridis")
    np.testing.assert_allclose(one.colors(np.array(0.0), signed=False), one.anchors[0])
    middle = (one.anchors[8] + one.anchors[9]) / 2
    np.testing.assert_allclose(one.colors(np.array(0.0), signed=True), middle)


@pytest.mark.parametrize("name", [name for name, one in colormaps().items() if one.kind == "sequential"])
def test_a_sequential_map_is_ordered_by_lightness(name):
    lightness = colormap(name).anchors @ [0.299, 0.587, 0.114]
    steps = np.diff(lightness)
    assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize("name", [name for name, one in colormaps().items() if one.kind == "diverging"])
def test_a_diverging_map_gets_darker_on_both_sides_and_its_ends_are_told_apart_without_red_and_green(name):
    anchors = colormap(name).anchors
    lightness = anchors @ [0.299, 0.587, 0.114]
    middle = len(anchors) // 2
    assert (np.diff(lightness[: middle + 1]) > 0).all()
    assert (np.diff(lightness[middle:]) < 0).all()
    assert abs(anchors[0, 2] - anchors[-1, 2]) > 100, "the ends differ in blue, which nearly everyone sees"


def test_an_unknown_map_is_named_with_the_closest_one():
    with pytest.raises(ValueError, match="Did you mean 'viridis'"):
        colormap("virids")
