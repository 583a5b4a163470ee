"""The decomposer in a real page: curves that fill in, features that open and go off, what is bright."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired
from xai_widgets.widgets.decompose_image import lit

SIDE = 16
PICTURES = np.random.default_rng(0).integers(0, 256, (9, SIDE, SIDE, 3), np.uint8)
SIZES = {"projector": (1366, 768), "tablet": (1024, 768), "notebook": (1440, 900), "wall": (1920, 1080)}


def net():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(768, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, SIDE, SIDE))


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    options = {"features": 20, "steps": 100}
    with opened(lambda: {"w": xai.dictionary(net(), PICTURES, "1", options=options, truth=np.eye(12))}) as made:
        yield made["w"]


def shown(widget):
    """Return what is on the screen, as the kernel has it."""
    (found,) = widget._answers()
    return widget._answer._frame(found, [])[0]


def test_the_picture_is_the_brighter_the_more_of_the_feature_there_is(mounted, widget):
    root = mounted.alone(widget)
    (found,) = widget._answers()
    top = found.fitted.top(found.feature, 6)
    maps = found.fitted.maps(found.feature, top)
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    pixels = np.reshape(root.locator(".xai-top-picture canvas").evaluate(script), (SIDE, SIDE, 4))
    np.testing.assert_allclose(pixels[..., :3], lit(PICTURES[top[0]], maps[0], maps.max()), atol=1.5)


def test_a_tile_shows_what_is_seen_where_the_feature_is_largest(mounted, widget):
    root = mounted.alone(widget)
    tile = shown(widget)["tiles"][0]
    number, top, bottom, left, right = tile["sights"][0]
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    canvas = root.locator(".xai-feature canvas").first
    width, height = canvas.evaluate("({width, height}) => [width, height]")
    pixels = np.reshape(canvas.evaluate(script), (height, width, 4))[: bottom - top, : right - left, :3]
    np.testing.assert_array_equal(pixels, PICTURES[number, top:bottom, left:right])


def test_a_click_opens_a_feature(mounted, widget):
    root = mounted.alone(widget)
    second = shown(widget)["tiles"][1]["feature"]
    root.locator(".xai-feature").nth(1).click()
    mounted.settle()
    assert (widget.feature, widget.index) == (second, 0)
    assert root.locator(".xai-top-picture b").inner_text() == f"Feature {second}"
    assert root.locator(".xai-feature[aria-pressed=true]").count() == 1


def test_features_go_off_and_on_again(mounted, widget):
    root = mounted.alone(widget)
    feature = shown(widget)["feature"]
    root.get_by_role("button", name=f"Switch feature {feature} off").click()
    mounted.settle()
    assert widget.without == [feature]
    assert "switched off" in root.locator(".xai-feature[aria-pressed=true]").get_attribute("aria-label")
    said = root.locator(".xai-dictionary-answers .xai-change").first.inner_text().split()
    row = shown(widget)["answers"][0][0]
    assert said[0] == row["name"]
    assert float(said[1].strip("<>")) == pytest.approx(100 * row["after"], abs=1)
    root.get_by_role("button", name=f"Switch feature {feature} on").click()
    mounted.settle()
    assert widget.without == []


def test_the_slider_is_followed_and_the_curves_are_dragged(mounted, widget):
    root = mounted.alone(widget)
    slider = root.get_by_label("Sparsity", exact=True)
    slider.evaluate("(input) => drag(input, [4, 5], 0, true)")
    mounted.settle()
    assert widget.options["sparsity"] == pytest.approx(0.000625 * 2**5)
    plots = root.locator(".xai-dictionary-curves .xai-plot")
    assert plots.count() == 4
    fit = shown(widget)["fit"]
    assert plots.nth(2).locator(".xai-plot-label").inner_text() == f"{fit['dead']} of 20 dead"
    area = plots.nth(0).locator(".xai-plot-area").bounding_box()
    mounted.page.mouse.click(area["x"] + area["width"] - 1, area["y"] + area["height"] / 2)
    mounted.settle()
    assert widget.options["sparsity"] == pytest.approx(0.08)


def test_another_method_has_its_own_slider(mounted, widget):
    root = mounted.alone(widget)
    widget.method = "principal_components"
    mounted.settle()
    assert root.get_by_label("Directions", exact=True).is_visible()
    assert root.get_by_label("Sparsity", exact=True).count() == 0
    root.get_by_label("Directions", exact=True).evaluate("(input) => drag(input, [3, 5], 0, true)")
    mounted.settle()
    assert widget.options == {"count": 5}
    assert root.locator(".xai-feature").count() == 5


def test_undo_switches_the_feature_on_again(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="off").click()
    mounted.settle()
    assert len(widget.without) == 1
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.without == []


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_all_of_it_is_seen_at_once(mounted, widget, size):
    width, height = SIZES[size]
    mounted.resize(width, height)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    over = """root => [...root.querySelectorAll('.xai-stage, .xai-stage *')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > innerHeight + 1)
        .map((one) => one.className)"""
    assert root.evaluate(over) == []
    picture = root.locator(".xai-top-picture canvas").bounding_box()
    assert picture["height"] >= 0.3 * height
    root.get_by_role("button", name="Leave").click()
    mounted.resize(1280, 720)
