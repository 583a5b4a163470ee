"""How a value arises, in a real page: point at a pixel, and the drawing says what the read-out says."""

import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, wired

SIDE = 12


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1100, 760, has_touch=True)
        yield page
        page.close()


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * SIDE * SIDE, 3)]
    return xai.wrap(nn.Sequential(*layers).eval(), input_shape=(3, SIDE, SIDE), classes=["a", "b", "c"])


IMAGES = np.random.default_rng(2).uniform(size=(2, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture
def shown(mounted, model):
    """Return a function that puts an explorer on the page, and gives it and its element."""
    made = []

    def show(**choices):
        widget = xai.explore(model, IMAGES, **choices)
        made.append(widget)
        return widget, mounted.alone(widget)

    yield show
    for widget in made:
        widget.close()


def until(mounted, reached, words):
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end, words
        mounted.pump()


def point(mounted, root, row, column, model=0):
    box = root.locator(".xai-picture").nth(model).locator("canvas").last.bounding_box()
    x, y = box["x"] + box["width"] * (column + 0.5) / SIDE, box["y"] + box["height"] * (row + 0.5) / SIDE
    mounted.page.mouse.move(x, y)
    return x, y


def says(mounted, root, model=0):
    """Wait until the drawing is that of the pixel that the read-out names, and return the value that both say."""
    arises = root.locator(".xai-arises:not(.xai-stale)")
    readout = root.locator(".xai-picture .xai-aside").nth(model)
    until(mounted, lambda: arises.is_visible(), "no drawing appeared")
    value = arises.locator("p b").inner_text()
    assert readout.inner_text().split(": ")[1] == value
    return value


def boxes(root):
    return [root.locator(one).first.bounding_box() for one in (".xai-card", ".xai-picture canvas", ".xai-readout")]


@pytest.mark.parametrize(
    ("method", "drawn"),
    [
        ("integrated_gradients", "polygon"),
        ("smoothgrad", "circle"),
        ("occlusion", "canvas"),
        ("relevance_propagation", ".xai-arises-bar"),
    ],
)
def test_the_drawing_says_what_the_read_out_says_and_moves_nothing(mounted, shown, method, drawn):
    options = {"window": 4, "stride": 2} if method == "occlusion" else {}
    widget, root = shown(method=method, options=options)
    before = boxes(root)
    found = widget.result.map
    values = []
    for row, column in [(3, 4), (8, 9), (0, 11)]:
        point(mounted, root, row, column)
        values.append(says(mounted, root))
        assert float(values[-1].replace("\N{MINUS SIGN}", "-")) == pytest.approx(float(found[row, column]), rel=0.06)
    assert root.locator(".xai-arises").locator(drawn).count() > 0
    assert len(set(values)) > 1
    assert boxes(root) == before
    drawing, picture = root.locator(".xai-arises").bounding_box(), root.locator(".xai-stage").bounding_box()
    assert drawing["y"] + drawing["height"] <= picture["y"] + picture["height"] + 1


def test_what_is_pointed_at_no_more_is_computed_no_more(mounted, shown):
    widget, root = shown(method="integrated_gradients", options={"steps": 2048})
    point(mounted, root, 3, 4)
    asked = widget._screen.session._beside
    until(mounted, lambda: asked.asked is not None, "nothing was asked")
    mounted.page.mouse.move(2, 2)
    until(mounted, lambda: asked.asked is None, "it is still asked for")
    mounted.settle()
    assert root.locator(".xai-arises").is_hidden()
    point(mounted, root, 5, 5)
    mounted.page.mouse.move(2, 2)
    mounted.settle()
    assert root.locator(".xai-arises").is_hidden()


def test_a_slider_that_moves_brings_the_new_drawing(mounted, shown):
    widget, root = shown(method="integrated_gradients", options={"steps": 4})
    point(mounted, root, 3, 4)
    says(mounted, root)
    widget.set(steps=16)
    words = root.locator(".xai-arises p")
    until(mounted, lambda: "at 17 points" in words.inner_text(), "the old drawing stayed")
    says(mounted, root)


def test_arrow_keys_read_it_and_escape_takes_it_away(mounted, shown):
    _, root = shown(method="saliency")
    root.locator(".xai-panes").first.focus()
    mounted.page.keyboard.press("ArrowRight")
    first = says(mounted, root)
    mounted.page.keyboard.press("ArrowDown")
    until(mounted, lambda: root.locator(".xai-arises p b").inner_text() != first, "the keys did not move it")
    says(mounted, root)
    mounted.page.keyboard.press("Escape")
    assert root.locator(".xai-arises").is_hidden()


def test_a_tap_leaves_it_there(mounted, shown):
    _, root = shown(method="saliency")
    mounted.page.mouse.move(2, 2)
    box = root.locator(".xai-picture canvas").last.bounding_box()
    mounted.page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    says(mounted, root)
    mounted.settle()
    assert root.locator(".xai-arises").is_visible()


def test_a_method_without_a_mechanism_says_so(mounted, shown):
    widget, root = shown(method="meaningful_perturbation", options={"steps": 3, "cells": 3})
    widget.result  # noqa: B018  # waits for it
    point(mounted, root, 3, 4)
    words = root.locator(".xai-arises:not(.xai-stale) p").first
    until(mounted, words.is_visible, "nothing was said")
    assert words.inner_text().startswith("Meaningful perturbation has no drawing of how a value arises")
    assert root.locator(".xai-picture .xai-aside").inner_text().startswith("row 3, column 4")


COVERED = """root => {
    const drawing = root.querySelector('.xai-arises').getBoundingClientRect();
    const around = '.xai-panes, .xai-aside, .xai-bars > li, .xai-legend, .xai-pin, figcaption b';
    const shown = [...root.querySelectorAll(around)].filter(one => one.checkVisibility({opacityProperty: true}));
    return shown.filter(one => {
        const {left, top, right, bottom} = one.getBoundingClientRect();
        const across = Math.min(right, drawing.right) - Math.max(left, drawing.left);
        const down = Math.min(bottom, drawing.bottom) - Math.max(top, drawing.top);
        return across > 1 && down > 1;
    }).map(one => `${one.className}: ${one.textContent}`);
}"""
"""What the drawing lies over."""


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients", "occlusion"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_on_the_stage_it_covers_neither_maps_nor_what_is_said_of_them(mounted, model, method, count):
    options = {"window": 4, "stride": 2} if method == "occlusion" else {}
    models = {f"model {number}": model for number in range(count)}
    widget = xai.explore(models, IMAGES, method=method, options=options)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    for size in [(1366, 768), (1024, 768), (1920, 1080)]:
        mounted.resize(*size)
        mounted.settle()
        before = boxes(root)
        for number in range(count):
            point(mounted, root, 3, 8, number)
            says(mounted, root, number)
            covered = root.evaluate(COVERED)
            # Of several pictures the colour scales give way, too; and four windows are as high as a small picture.
            gives = ["xai-legend"] if count > 1 else []
            gives += [": model", "xai-aside"] if (count, method, size[0]) == (3, "occlusion", 1024) else []
            assert [one for one in covered if not one.startswith(tuple(gives))] == [], (size, number)
            drawing = root.locator(".xai-arises").bounding_box()
            assert drawing["x"] >= 0
            assert drawing["x"] + drawing["width"] <= size[0]
        assert boxes(root) == before
        mounted.page.mouse.move(2, 2)
    mounted.resize(1100, 760)
    widget.close()


def test_while_it_is_computed_it_is_said(mounted, model, monkeypatch):
    widget = xai.explore(model, IMAGES, method="integrated_gradients")
    root = mounted.alone(widget)
    widget.result  # noqa: B018  # waits for it
    go_on = threading.Event()
    steps = xai.IntegratedGradients.kept_steps_to

    def held(*args):
        go_on.wait(30)
        yield from steps(*args)

    monkeypatch.setattr(xai.IntegratedGradients, "kept_steps_to", held)
    point(mounted, root, 3, 4)
    waiting = root.locator(".xai-arises-waiting")
    until(mounted, waiting.is_visible, "nothing was said")
    assert waiting.inner_text() == "working …"
    opacity = "one => Number(getComputedStyle(one).opacity)"
    until(mounted, lambda: waiting.evaluate(opacity) == 1, "it stayed invisible")
    until(mounted, lambda: root.locator(".xai-arises").evaluate(opacity) == 0.6, "the box stayed invisible")
    go_on.set()
    says(mounted, root)
    assert waiting.is_hidden()
    widget.close()


def test_what_is_smoothed_is_explained_before_that(mounted, shown):
    widget, root = shown(method="integrated_gradients", display={"smoothing": 2})
    point(mounted, root, 3, 4)
    words = root.locator(".xai-arises:not(.xai-stale) p").first
    until(mounted, words.is_visible, "no drawing appeared")
    assert "before smoothing is the area" in words.inner_text()
    value = float(words.locator("b").inner_text().replace("\N{MINUS SIGN}", "-"))
    assert value == pytest.approx(float(widget.result.map[3, 4]), rel=0.06)
    widget.display = {**widget.display, "smoothing": 0}
    until(mounted, lambda: "before smoothing" not in words.inner_text(), "it is not smoothed any more")
    says(mounted, root)
