"""Compared layers in a real page: cells that open, clouds that are marked together, a slider through the networks."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

PICTURES = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), np.uint8)
LABELS = np.arange(40) % 3
SIZES = {"projector": (1366, 768), "tablet": (1024, 768), "notebook": (1440, 900), "wall": (1920, 1080)}
CELL = ".xai-layer-pair"
MINUS = "\N{MINUS SIGN}"


def net(seed):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 6, 3, stride=2), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(200, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, 16, 16))


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    models = {"start": net(0), "step 10": net(1), "trained": net(2)}
    with opened(lambda: {"w": xai.representations(models, PICTURES, labels=LABELS)}) as made:
        yield made["w"]


def said(root):
    return np.reshape(root.locator(CELL).all_inner_texts(), (6, 6))


def in_words(matrix):
    return np.array([[f"{value:.2f}".replace("-", MINUS) for value in row] for row in matrix])


def test_the_cells_say_the_matrix_and_what_shuffled_pictures_bring(mounted, widget):
    root = mounted.alone(widget)
    np.testing.assert_array_equal(said(root), in_words(widget.result.matrix))
    root.locator("input[value=shuffled]").click()
    np.testing.assert_array_equal(said(root), in_words(widget.result.independent))
    assert root.get_by_text("nothing to find").is_visible()


def test_a_cell_opens_its_pair_by_click_and_by_key(mounted, widget):
    root = mounted.alone(widget)
    before = root.locator(".xai-plane circle").nth(45).get_attribute("cx")
    root.locator(CELL).nth(2 * 6 + 1).click()
    mounted.settle()
    assert (widget.layer, widget.beside) == ("2", "1")
    assert root.locator(f"{CELL}[aria-pressed=true]").count() == 1
    assert root.locator(".xai-layer-pair-value").inner_text() == f"CKA {in_words(widget.result.matrix)[2, 1]}"
    assert root.locator(".xai-plane circle").nth(45).get_attribute("cx") != before
    mounted.page.keyboard.press("ArrowRight")
    mounted.page.keyboard.press("ArrowUp")
    mounted.settle()
    assert (widget.layer, widget.beside) == ("1", "2")


def test_what_is_marked_in_one_cloud_is_marked_in_the_other(mounted, widget):
    root = mounted.alone(widget)
    box = root.locator(".xai-plane").first.bounding_box()
    mouse = mounted.page.mouse
    mouse.move(box["x"] + 2, box["y"] + 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2, steps=3)
    mouse.up()
    first, second = (
        root.locator(".xai-plane")
        .nth(side)
        .locator("circle")
        .evaluate_all("all => all.map(one => [Number(one.getAttribute('cx')), one.classList.contains('xai-faint')])")
        for side in range(2)
    )
    inside = [right < 0 for right, _ in first]
    assert 0 < sum(inside) < 40
    assert [not faint for _, faint in first] == inside
    assert [not faint for _, faint in second] == inside
    assert f"{sum(inside)} pictures marked in both" in root.locator(".xai-planes-head").inner_text()
    mounted.settle()
    assert widget.marked == [place for place, one in enumerate(inside) if one]
    root.get_by_role("button", name="dog").click()
    assert root.locator(".xai-plane").first.locator("circle:not(.xai-faint)").count() == (LABELS == 1).sum()
    root.get_by_role("button", name="dog").click()
    assert root.locator(".xai-faint").count() == 0
    mounted.settle()
    assert widget.marked == []
    for marked in (list(np.flatnonzero(LABELS == 1)), [place for place, one in enumerate(inside) if one]):
        root.focus()
        mounted.page.keyboard.press("Control+z")
        mounted.settle()
        assert widget.marked == marked


def test_a_finger_marks_and_a_tap_that_trembles_is_a_tap(mounted, widget):
    root = mounted.alone(widget)
    root.locator(".xai-plane").first.scroll_into_view_if_needed()
    box = root.locator(".xai-plane").first.bounding_box()
    finger = mounted.page.context.new_cdp_session(mounted.page)

    def touch(*places):
        for kind, (right, down) in zip(("Start", *["Move"] * (len(places) - 1)), places, strict=True):
            at = {"x": box["x"] + right * box["width"], "y": box["y"] + down * box["height"]}
            finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [at]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        mounted.settle()

    touch((0.01, 0.01), (0.3, 0.5), (0.5, 0.99))
    left = (
        root.locator(".xai-plane")
        .first.locator("circle:not(.xai-faint)")
        .evaluate_all("all => all.map(one => Number(one.getAttribute('cx')))")
    )
    assert len(left) == len(widget.marked) > 0
    assert max(left) <= 0.01
    touch((0.5, 0.5), (0.52, 0.52))
    assert widget.marked == []
    assert root.locator(".xai-in-view").count() == 2


def test_a_click_brings_the_nearest_picture_into_view(mounted, widget):
    root = mounted.alone(widget)
    root.locator(".xai-plane").nth(1).locator("circle").nth(17).click(force=True)
    mounted.settle()
    assert widget.index == 17
    assert root.locator(".xai-in-view").count() == 2
    assert root.locator(".xai-marked-pictures img").get_attribute("alt") == "Picture 18"


def test_the_slider_goes_through_the_networks_and_undo_goes_back(mounted, widget):
    root = mounted.alone(widget)
    slider = root.get_by_label("Across", exact=True)
    slider.evaluate("(input) => drag(input, [1, 0], 0, true)")
    mounted.settle()
    assert widget.other == "start"
    assert set(np.diag(said(root))) == {"1.00"}
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.other == "trained"


def test_another_index(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_label("Index", exact=True).select_option("cca")
    mounted.settle()
    assert widget.method == "cca"
    np.testing.assert_array_equal(said(root), in_words(widget.result.matrix))
    widget.options = {"places": "flattened"}
    mounted.settle()
    assert widget.result.warning
    assert "canonical correlations are 1" in root.locator(".xai-layer-pairs-warning").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_nothing_scrolls_and_clouds_are_large(mounted, widget, size):
    width, height = SIZES[size]
    mounted.resize(width, height)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    cloud = root.locator(".xai-plane").first.bounding_box()
    assert cloud["height"] == pytest.approx(cloud["width"], abs=1)
    assert cloud["height"] > 0.33 * height
    stage = root.locator(".xai-stage")
    assert stage.evaluate("one => one.scrollHeight - one.clientHeight") <= 1
    assert stage.evaluate("one => one.scrollWidth - one.clientWidth") <= 1
    bottom = root.locator(".xai-planes-below").bounding_box()
    line = root.locator(".xai-line").bounding_box()
    assert bottom["y"] + bottom["height"] <= line["y"] + 1
    mounted.page.keyboard.press("Escape")
    mounted.resize(1280, 720)
