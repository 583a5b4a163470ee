"""The dissector in a real page: units that open, formulas that are counted in the page, what is bright and bordered."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired
from xai_widgets.widgets.dissect_image import DIMMED, true_of
from xai_widgets.widgets.dissections import shown

SIDE = 16
PICTURES = np.random.default_rng(0).integers(0, 256, (9, SIDE, SIDE, 3), np.uint8)
ROWS, COLUMNS = np.indices((9, SIDE, SIDE))[1:]
CONCEPTS = {"left": COLUMNS < 8, "top": ROWS < 8, "red": PICTURES[..., 0] > 200}
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
    with opened(lambda: {"w": xai.units(net(), PICTURES, CONCEPTS, "2", unit=5, quantile=0.1)}) as made:
        yield made["w"]


def pixels(root):
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    return np.reshape(root.locator(".xai-top-picture canvas").evaluate(script), (SIDE, SIDE, 4))


def iou(widget, formula):
    found = widget.result
    inside = true_of(found.atoms.held, found.concepts, formula)
    return found.overlap(inside[None])[widget.unit, 0]


def test_the_picture_is_bright_where_the_unit_is_on(mounted, widget):
    root = mounted.alone(widget)
    (found,) = widget._answers()
    top = shown(found)[0]
    on = found.dissection.mask(5, [top])[0]
    assert 0 < on.sum() < on.size
    expected = np.where(on[..., None], PICTURES[top], PICTURES[top] * DIMMED)
    np.testing.assert_allclose(pixels(root)[..., :3], expected, atol=1)


def test_a_click_opens_a_unit_with_the_concept_that_fits_it_best(mounted, widget):
    root = mounted.alone(widget)
    root.locator(".xai-unit").nth(7).click()
    mounted.settle()
    assert (widget.unit, widget.index, widget.formula) == (7, 0, [])
    best = widget.result.concepts[widget.result.best[7]]
    assert root.get_by_label("Concept 1").input_value() == best
    assert root.locator(".xai-fit-value").inner_text() == f"{widget.result.iou[7].max():.2f}"
    assert root.locator(".xai-unit[aria-pressed=true]").inner_text() == "7"


def test_a_formula_is_counted_in_the_page_at_once(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_label("Concept 1").select_option("top")
    root.get_by_role("button", name="+ Concept").click()
    root.get_by_label("How it is joined").nth(1).select_option("and not")
    root.get_by_label("Concept 2").select_option("red")
    # Before anything was carried to the kernel and back.
    words = root.locator(".xai-fit-value").inner_text()
    assert words == f"{iou(widget, (('', 'top'), ('and not', 'red'))):.2f}"
    mounted.settle()
    assert widget.formula == [["", "top"], ["and not", "red"]]
    root.get_by_role("button", name="Take top away").click()
    mounted.settle()
    assert widget.formula == [["not", "red"]]
    assert root.locator(".xai-fit-value").inner_text() == f"{iou(widget, (('not', 'red'),)):.2f}"


def test_the_best_formula_is_built_with_a_click(mounted, widget):
    root = mounted.alone(widget)
    root.locator(".xai-fit-best").click()
    mounted.settle()
    expected = widget.result.formula(5, leaves=3).iou
    assert iou(widget, widget.formula) == pytest.approx(expected)
    assert root.locator(".xai-fit-value").inner_text() == f"{expected:.2f}"


def test_units_go_out_and_come_back(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="Take unit 5 out").click()
    mounted.settle()
    assert widget.without == [5]
    cell = root.locator(".xai-unit").nth(5)
    assert "taken out" in cell.get_attribute("aria-label")
    root.locator(".xai-unit").nth(3).click()
    mounted.settle()
    root.get_by_role("button", name="Take unit 3 out").click()
    root.get_by_role("button", name="Put all back").click()
    mounted.settle()
    assert widget.without == []


def test_the_slider_of_the_quantile_is_followed(mounted, widget):
    root = mounted.alone(widget)
    before = root.locator(".xai-fit-value").inner_text()
    slider = root.get_by_label("Quantile", exact=True)
    slider.evaluate("(input) => drag(input, [0.15, 0.2], 0, true)")
    mounted.settle()
    assert widget.options["quantile"] == 0.2
    assert root.locator(".xai-fit-value").inner_text() == f"{widget.result.iou[5].max():.2f}" != before


def test_undo_brings_the_formula_back(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_label("Concept 1").select_option("red")
    mounted.settle()
    assert widget.formula == [["", "red"]]
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.formula == []


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_the_picture_has_half_of_the_height_and_nothing_scrolls(mounted, widget, size):
    width, height = SIZES[size]
    mounted.resize(width, height)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    picture = root.locator(".xai-top-picture canvas").bounding_box()
    slider = root.get_by_label("Quantile", exact=True).bounding_box()
    over = """root => [...root.querySelectorAll('.xai-stage, .xai-stage *')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > innerHeight + 1)
        .map((one) => one.className)"""
    assert picture["height"] >= 0.5 * height
    assert slider["y"] + slider["height"] <= height
    assert root.evaluate(over) == []
    root.get_by_role("button", name="Leave").click()
    mounted.resize(1280, 720)
