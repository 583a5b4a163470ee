"""How a value arises, as a screen hears of it: in the same general form for all methods, with the value of the map."""

import time

import numpy as np
import pytest

import xai_widgets as xai
from tests.widgets.conftest import WAIT, Browser
from tests.widgets.test_protocol import fields
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check

METHODS = {
    "integrated_gradients": ["curve"],
    "smoothgrad": ["dots"],
    "saliency": ["bars"],
    "occlusion": ["pictures"],
    "lime": ["pictures", "dots"],
    "shapley_sampling": ["pictures", "dots"],
    "grad_cam": ["bars"],
    "relevance_propagation": ["bars"],
}

PARTS = {
    "curve": protocol.CurvePart,
    "dots": protocol.DotsPart,
    "pictures": protocol.PicturesPart,
    "bars": protocol.BarsPart,
}


def inspect(browser, at, view=0, number=1):
    """Return what is said of a place, and its buffers."""
    browser.send({"type": "inspect", "request": number, "view": view, "at": at})
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        for _, data, buffers in browser.comm.published:
            content = data.get("content") or {}
            if content.get("type") == "mechanism" and content["asked"] == number:
                return content, buffers
        time.sleep(0.005)
    raise AssertionError("nothing was said")


@pytest.mark.parametrize("method", METHODS)
def test_what_is_said_of_a_place_is_the_value_of_the_map(explorers, model, images, method):
    widget, browser = explorers(model, images, method=method)
    result = widget.result
    at = tuple(size // 3 for size in result.map.shape)
    said, buffers = inspect(browser, list(at))
    check(said, protocol.MechanismMessage, "message")
    assert set(said) == fields(protocol.MechanismMessage)
    assert said["value"] == pytest.approx(result.map[at], abs=1e-5 * float(np.abs(result.values).max()))
    assert said["at"] == list(at)
    assert [part["kind"] for part in said["parts"]] == METHODS[method]
    for part in said["parts"]:
        check(part, PARTS[part["kind"]], "part")
        assert set(part) == fields(PARTS[part["kind"]])
        if part["kind"] == "pictures":
            size = 4 * part["width"] * part["height"] * len(part["values"])
            assert len(buffers[part["buffer"]]) == size


def test_the_area_of_the_curve_is_the_value(explorers, model, images):
    widget, browser = explorers(model, images, method="integrated_gradients", steps=16)
    widget.result  # noqa: B018  # waits for it
    said, _ = inspect(browser, [1, 2])
    (curve,) = said["parts"]
    assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(said["value"], rel=1e-4)


def test_each_model_answers_for_its_own_picture(explorers, model, images):
    widget, browser = explorers({"a": model, "b": model}, images, method="occlusion", window=2, stride=2)
    maps = widget.result
    said, _ = inspect(browser, [3, 3], view=1)
    assert said["value"] == pytest.approx(maps["b"].map[3, 3], abs=1e-5)
    assert said["sentence"].startswith(" in b is the drop of the quantity")


def test_a_place_of_a_layer_is_named(explorers, model, images):
    widget, browser = explorers(model, images, method="grad_cam")
    result = widget.result
    said, _ = inspect(browser, [1, 0])
    assert said["sentence"].startswith(f" (row 1, column 0 of {result.question.cut.layer}) is the positive part")
    widget.method = "saliency"
    browser.finish()
    assert inspect(browser, [1, 0], number=2)[0]["sentence"] == " is the gradient at a single point"


def test_a_place_that_is_none_is_said(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency")
    widget.result  # noqa: B018  # waits for it
    said, _ = inspect(browser, [900, 1])
    assert said["value"] is None
    assert "expected a place in it" in said["sentence"]


def test_a_method_without_one_says_so(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency")
    widget.method = "meaningful_perturbation"
    browser.finish()
    evaluations = widget.result.evaluations
    said, _ = inspect(browser, [1, 1])
    assert (said["value"], said["parts"]) == (None, [])
    label = xai.MeaningfulPerturbation.label
    assert said["sentence"] == f"{label} has no drawing of how a value arises: its values arise together."
    assert widget.result.evaluations == evaluations


def test_a_painter_answers_too(painters, model, images):
    widget, _ = painters(model, images)
    result = widget.result
    said, _ = inspect(Browser(widget), [2, 2])
    assert said["value"] == pytest.approx(result.map[2, 2], abs=1e-5 * float(np.abs(result.values).max()))
