"""The exciter in a real page: a picture that grows, classes and channels to click, a layer that is inverted."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired
from xai_widgets.widgets.excitations import parts_of

SIDE = 16
PICTURES = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
SIZES = {"projector": (1366, 768), "tablet": (1024, 768), "notebook": (1440, 900), "wall": (1920, 1080)}


def net(seed):
    torch.manual_seed(seed)
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
    models = {"first": net(0), "second": net(1)}
    with opened(lambda: {"w": xai.excite(models, PICTURES, "dog", layer="1", options={"steps": 20})}) as made:
        yield made["w"]


def pixels(canvas):
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    return np.reshape(canvas.evaluate(script), (SIDE, SIDE, 4))[..., :3]


def drawn(widget, values):
    return 255 * parts_of(widget._choices.models[widget.network], values)


def test_the_large_picture_is_the_result_and_the_small_ones_are_all_starts(mounted, widget):
    root = mounted.alone(widget)
    found = widget.result
    large = root.locator(".xai-excite-picture canvas:visible")
    np.testing.assert_allclose(pixels(large), drawn(widget, found.values), atol=1)
    small = root.locator(".xai-excite-start")
    assert small.count() == 3
    for place, values in enumerate(found.starts):
        np.testing.assert_allclose(pixels(small.nth(place).locator("canvas")), drawn(widget, values), atol=1)
        assert ("xai-excite-best" in small.nth(place).get_attribute("class")) == (place == found.best)


def test_a_click_on_a_class_or_a_channel_excites_it(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="fox: ").click()
    mounted.settle()
    assert (widget.target, widget.channel) == (2, None)
    root.get_by_role("button", name="Channel 7 of 1").click()
    mounted.settle()
    assert (widget.layer, widget.channel) == ("1", 7)
    large = root.locator(".xai-excite-picture canvas:visible")
    np.testing.assert_allclose(pixels(large), drawn(widget, widget.result.values), atol=1)
    root.get_by_label("What is excited").select_option("cat")
    mounted.settle()
    assert (widget.target, widget.channel) == (0, None)


def test_bars_say_what_both_networks_see(mounted, widget):
    root = mounted.alone(widget)
    (answer,) = widget._answers()
    expected = answer.says
    dog = root.locator(".xai-excite-classes .xai-count").nth(1)
    assert dog.get_attribute("aria-pressed") == "true"
    share = dog.locator("i").evaluate("bar => bar.offsetWidth / bar.parentElement.offsetWidth")
    assert share == pytest.approx(expected["first"][1], abs=0.05)
    other = root.locator(".xai-excite-network:visible")
    assert other.count() == 1
    words = other.inner_text()
    top = ["cat", "dog", "fox"][int(expected["second"].argmax())]
    assert "second" in words
    assert f"sees {top}" in words


def test_the_slider_begins_anew_under_another_price(mounted, widget):
    root = mounted.alone(widget)
    before = root.locator(".xai-excite-roughness b").inner_text()
    root.get_by_label("Price of edges", exact=True).evaluate("(input) => drag(input, [12, 20], 0, true)")
    mounted.settle()
    assert widget.options["smoothness"] == 20
    expected = xai.ActivationMaximisation(**widget.options)(net(0), xai.Logit(1))
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-5)
    assert float(root.locator(".xai-excite-roughness b").inner_text()) < float(before)


def test_a_layer_is_inverted_and_the_slider_moves_through_the_layers(mounted, widget):
    root = mounted.alone(widget)
    assert root.locator(".xai-thumbnails").count() == 0
    root.get_by_label("Method").select_option("feature_inversion")
    mounted.settle()
    assert root.locator(".xai-thumbnails").is_visible()
    panes = root.locator(".xai-excite-picture canvas:visible")
    assert panes.count() == 2
    np.testing.assert_allclose(pixels(panes.nth(0)), PICTURES[0], atol=1)
    np.testing.assert_allclose(pixels(panes.nth(1)), drawn(widget, widget.result.values), atol=1)
    root.get_by_role("slider", name="Layer").evaluate("(input) => drag(input, [1, 2], 0, true)")
    mounted.settle()
    assert widget.layer == "2"
    assert widget.result.layer == "2"
    rows = root.locator(".xai-excite-layers .xai-count")
    assert {"1", "2"} <= set(rows.evaluate_all("all => all.map(one => one.title)"))
    words = root.locator(".xai-excite-likeness").inner_text()
    assert f"{widget.result.correlation:.2f}" in words
    root.locator(".xai-thumbnails label").nth(3).click()
    mounted.settle()
    assert widget.index == 3


def test_another_network_is_excited(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_label("Network", exact=True).select_option("second")
    mounted.settle()
    assert widget.network == "second"
    assert "What second says" in root.inner_text()
    expected = xai.ActivationMaximisation(**widget.options)(net(1), xai.Logit(1))
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-5)


def test_it_begins_with_a_picture_where_that_is_chosen(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="Settings").click()
    root.get_by_role("radio", name="the picture").check()
    mounted.settle()
    assert widget.start == "picture"
    assert root.locator(".xai-thumbnails").is_visible()


def test_undo_brings_the_class_back(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="fox: ").click()
    mounted.settle()
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.target == 1


@pytest.mark.parametrize("method", ["activation_maximisation", "feature_inversion"])
@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_pictures_are_large_and_nothing_scrolls(mounted, widget, size, method):
    width, height = SIZES[size]
    widget.set(method=method, layer="1")
    mounted.resize(width, height)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    picture = root.locator(".xai-excite-picture canvas:visible").first.bounding_box()
    slider = root.locator(".xai-excite-along input").bounding_box()
    over = """root => [...root.querySelectorAll('.xai-stage, .xai-stage *')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > innerHeight + 1)
        .map((one) => one.className)"""
    area = picture["width"] * picture["height"] * (2 if method == "feature_inversion" else 1)
    assert area >= 0.2 * height**2
    assert slider["y"] + slider["height"] <= height
    assert root.evaluate(over) == []
    root.get_by_role("button", name="Leave").click()
    mounted.resize(1280, 720)
