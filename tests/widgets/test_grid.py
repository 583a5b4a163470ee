"""Several methods at once: the explorer with a grid, with a browser that is played by the test."""

import io

import numpy as np
import pytest
from PIL import Image

import xai_widgets as xai
from tests.widgets.conftest import held, state_of, with_browsers
from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS


@pytest.fixture
def grids():
    """Make grids with their browser, and close them."""
    yield from with_browsers(xai.grid)


THREE = ["saliency", xai.IntegratedGradients(steps=4, baseline="white"), {"method": "saliency", "layer": "1"}]
TITLES = ["Saliency (at input)", "Integrated gradients", "Saliency (at 1)"]


def x_of(images, index=0):
    return np.moveaxis(images[index] / 255, -1, 0)


def test_every_cell_is_the_method_itself(grids, model, images):
    widget, browser = grids(model, images, methods=THREE, target="dog", index=2)
    result = widget.result
    assert list(result) == TITLES
    x, quantity = x_of(images, 2), xai.Logit("dog")
    expected = [
        xai.Saliency()(model, x, quantity),
        xai.IntegratedGradients(steps=4, baseline="white")(model, x, quantity),
        xai.Saliency()(model, x, quantity, layer="1"),
    ]
    for found, right in zip(result.values(), expected, strict=True):
        np.testing.assert_allclose(found.values, right.values, atol=1e-6)
    finals = {frame["view"]: frame for frame in browser.frames if frame["final"]}
    assert sorted(finals) == [0, 1, 2]
    assert {frame["views"] for frame in browser.frames} == {3}
    headers = {frame["view"]: frame["header"] for frame in browser.frames if frame["header"]}
    assert [headers[view]["title"] for view in range(3)] == TITLES
    assert headers[2]["state"]["layer"] == "1"
    assert headers[0]["state"]["grid"] == []


def test_by_default_one_method_of_each_family_that_the_model_supports(grids, model, images):
    widget, _browser = grids(model, images)
    chosen = [METHODS[cell["method"]] for cell in widget.grid]
    assert [method.refusal(model) for method in chosen] == [None] * len(chosen)
    supported = {method.family for method in METHODS.values() if method.refusal(model) is None}
    assert [method.family for method in chosen] == [family for family in FAMILIES if family in supported]
    assert widget.method == "integrated_gradients"


def test_the_focused_cell_is_what_method_options_and_layer_are_about(grids, model, images):
    widget, browser = grids(model, images, methods=THREE)
    assert (widget.focus, widget.method, widget.layer) == (0, "saliency", None)
    widget.focus = 2
    assert (widget.method, widget.layer, widget.options) == ("saliency", "1", {})
    widget.focus = 1
    assert (widget.method, widget.options["steps"]) == ("integrated_gradients", 4)
    widget.set(steps=8)
    assert widget.grid[1]["options"]["steps"] == 8
    widget.method = "occlusion"
    assert [cell["method"] for cell in widget.grid] == ["saliency", "occlusion", "saliency"]
    assert list(widget.result)[1] == "Occlusion"
    widget.grid = []
    assert (widget.method, widget.focus) == ("occlusion", 0)
    assert isinstance(widget.result, xai.Attribution)
    browser.finish()
    assert browser.frames[-1]["views"] == 1


def test_a_request_of_the_browser_moves_one_cell(grids, model, images):
    widget, browser = grids(model, images, methods=THREE)
    browser.finish()
    grid = state_of(widget)["grid"]
    grid[1]["options"]["steps"] = 16
    number = browser.request(grid=grid, focus=1, method="integrated_gradients", options=grid[1]["options"], layer=None)
    browser.finish()
    answers = [frame for frame in browser.frames if frame["request"] == number]
    assert next(frame["view"] for frame in answers if frame["first"]) == 1, "the cell in hand comes first"
    assert {frame["view"]: frame["evaluations"] for frame in answers if frame["final"]} == {0: 1, 1: 17, 2: 1}
    assert widget.grid[1]["options"]["steps"] == 4


def test_the_browser_may_ask_for_the_grid(explorers, model, images):
    widget, browser = explorers(model, images, steps=8)
    browser.settle(grid="several")
    browser.finish()
    assert len(widget.grid) >= 3
    assert widget.grid[widget.focus] == {"method": widget.method, "options": widget.options, "layer": None}
    assert widget.options["steps"] == 8
    assert any("grid" in update for update in browser.updates)


def test_an_error_in_one_cell_leaves_the_others(grids, model, images):
    widget, browser = grids(model, images, methods=["saliency", {"method": "saliency", "layer": "4"}], target=0)
    widget.set(quantity=xai.Channel("4", 0))
    browser.finish()
    assert [(error["view"], error["views"]) for error in browser.errors] == [(1, 2)]
    assert browser.frames[-1]["view"] == 0
    assert widget._repr_png_()


def test_models_are_compared_with_each_other_and_methods_are_not(grids, model, images):
    widget, browser = grids({"one": model, "two": model}, images, methods=["saliency", "input_x_gradient"])
    browser.finish()
    assert list(widget.result["Saliency"]) == ["one", "two"]
    told = {frame["view"]: frame["difference"] for frame in browser.frames if frame["final"]}
    assert told[1] == told[3] == {"largest": 0.0, "relative": 0.0}


@pytest.mark.parametrize("models", ["one", "several"])
def test_the_code_gives_what_is_on_the_screen(grids, model, images, models):
    given = model if models == "one" else {"one": model, "two": model}
    for methods in (THREE, ["saliency", xai.SmoothGrad(samples=3)]):
        widget, _ = grids(given, images, methods=methods, target="fox", contrast="cat", index=1)
        namespace = {"model": model, "models": given, "images": images}
        exec(widget.code, namespace)
        found, expected = namespace["result"], widget.result
        assert list(found) == list(expected)
        for title, right in expected.items():
            for name in [None] if models == "one" else ["one", "two"]:
                pair = (found[title], right) if name is None else (found[title][name], right[name])
                np.testing.assert_allclose(pair[0].values, pair[1].values, atol=1e-6)


def test_the_static_image_shows_every_cell(grids, model, images):
    widget, browser = grids(model, images, methods=["saliency"] * 5)
    browser.finish()
    assert list(widget.result) == ["Saliency", *(f"Saliency {count}" for count in range(2, 6))]
    five = Image.open(io.BytesIO(widget._repr_png_())).size
    widget.grid = ["saliency"] * 4
    four = Image.open(io.BytesIO(widget._repr_png_())).size
    assert five[0] == four[0]
    assert five[1] > 1.5 * four[1]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grid": "saliency"}, TypeError),
        ({"grid": ["salency"]}, ValueError),
        ({"grid": [3]}, TypeError),
        ({"grid": [{"options": {}}]}, ValueError),
        ({"grid": [{"method": "saliency", "colour": 1}]}, ValueError),
        ({"grid": [{"method": "saliency", "layer": "conv9"}]}, ValueError),
        ({"grid": ["saliency"] * 13}, ValueError),
        ({"focus": 3}, ValueError),
        ({"focus": "one"}, TypeError),
        ({"grid": ["saliency"], "focus": 1}, ValueError),
    ],
)
def test_a_grid_that_is_none_raises_and_changes_nothing(grids, model, images, change, error):
    widget, browser = grids(model, images, methods=THREE)
    browser.finish()
    before, sent = (
        held(widget),
        len(browser.comm.published),
    )
    with pytest.raises(error):
        widget.set(**change)
    assert held(widget) == before
    assert len(browser.comm.published) == sent


def test_a_painter_shows_one_method(painters, model, images):
    widget, _ = painters(model, images)
    with pytest.raises(ValueError, match="grid"):
        widget.grid = ["saliency"]


def test_a_layer_is_that_of_every_cell_that_says_nothing_of_it(grids, model, images):
    widget, _ = grids(model, images, methods=["saliency", {"method": "saliency", "layer": None}, "grad_cam"], layer="1")
    assert [cell["layer"] for cell in widget.grid] == ["1", None, "1"]
