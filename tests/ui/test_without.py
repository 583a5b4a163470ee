"""Columns that are left out in a real page: the slider and its bars, menus, and what is said."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

ROWS = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
ROWS -= ROWS.mean(axis=0)
BARS = ".xai-absence-table tbody tr:not(.xai-absence-sum) .xai-absence-value"
MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    line = nn.Linear(3, 1)
    line.weight.data, line.bias.data = torch.tensor([[2.0, 0.0, 1.0]]), torch.zeros(1)
    features = ["income", "shoes", "age"]
    model = xai.wrap(line, classes=["credit"], features=features, bounds=None, input_shape=(3,), outputs="values")
    person = np.array([[1.0, 1.5, 0.5]], np.float32)
    with opened(lambda: {"w": xai.without(model, person, ROWS, correlation=0.9)}) as made:
        yield made["w"]


def said(root):
    return np.reshape(root.locator(BARS).all_inner_texts(), (3, 3)).T


def in_words(widget):
    rows = [widget.result[way].values for way in ("baseline", "marginal", "conditional")]
    # The same rounding as the page's, and a zero without a sign.
    return np.array([[f"{value:.2f}".replace("-0.00", "0.00").replace("-", MINUS) for value in row] for row in rows])


def test_the_bars_say_the_values_and_follow_the_slider(mounted, widget):
    root = mounted.alone(widget)
    np.testing.assert_array_equal(said(root), in_words(widget))
    assert "shoes: nothing marginally" in root.locator(".xai-absence-note").inner_text()
    bar = root.locator("i.xai-absence-conditional").nth(1)
    before = bar.bounding_box()["width"]
    dots = root.locator(".xai-absence-rows circle")
    assert dots.count() == 60
    place = dots.nth(3).get_attribute("cy")
    root.get_by_label("Correlation", exact=True).fill("0")
    mounted.settle()
    assert widget.correlation == 0
    np.testing.assert_array_equal(said(root), in_words(widget))
    assert bar.bounding_box()["width"] < 0.3 * before
    assert dots.nth(3).get_attribute("cy") != place
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.correlation == pytest.approx(0.9)


def test_menus_choose_the_columns_that_go_together(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_label("The column that goes along").select_option("age")
    mounted.settle()
    assert widget.second == 2
    assert root.locator(".xai-absence-across").inner_text() == "income"
    assert root.locator(".xai-absence-up").inner_text() == "age"
    np.testing.assert_array_equal(said(root), in_words(widget))


def test_numbers_stand_beside_their_bars_in_a_notebook_and_on_the_stage(mounted, widget):
    root = mounted.alone(widget)
    for width, present in ((700, False), (1280, False), (1024, True), (1920, True)):
        mounted.page.set_viewport_size({"width": width, "height": 768})
        if present != root.get_by_role("button", name="Leave").is_visible():
            root.get_by_role("button", name="Present").click()
        mounted.settle()
        for track in root.locator("tbody .xai-absence-track").all():
            value, whole = track.locator(".xai-absence-value").bounding_box(), track.bounding_box()
            assert value["x"] >= whole["x"] - 6, width
            assert value["x"] + value["width"] <= whole["x"] + whole["width"] + 6, width
    mounted.page.keyboard.press("Escape")
