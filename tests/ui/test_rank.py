"""The ranker in a real page: cells in the order of their columns, pictures that they open, a slider through these."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE = 16
MINUS = "\u2212"
PICTURES = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
METRICS = [xai.Deletion(steps=4), xai.Insertion(steps=4, fill="black")]
METHODS = ["saliency", xai.Occlusion(window=4, stride=4)]
SIZES = {"laptop": (1280, 720), "projector": (1366, 768), "tablet": (1024, 768), "wall": (1920, 1080)}


def net():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, SIDE, SIDE))


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    with opened(lambda: {"w": xai.rank(net(), PICTURES, METHODS, METRICS)}) as made:
        yield made["w"]


def pixels(root):
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    return root.locator(".xai-rank-picture canvas").evaluate(script)


def cell(root, row, column):
    return root.locator(".xai-rank-row").nth(row).locator(".xai-rank-cell").nth(column)


def shown(locator):
    return locator.inner_text().replace(MINUS, "-")


def test_the_best_stands_on_top_of_each_column(mounted, widget):
    root = mounted.alone(widget)
    table = widget.result
    mounted.page.wait_for_timeout(400)  # Cells glide to their places.
    for column in range(2):
        heights = [cell(root, row, column).bounding_box()["y"] for row in range(4)]
        assert np.argsort(heights).tolist() == np.argsort(table.ranks[:, column], kind="stable").tolist()
        told = []
        for row in range(4):
            words = cell(root, row, column).get_attribute("aria-label").replace(MINUS, "-")
            mean, error = re.search(r"(-?\d+\.\d{2,5}) ± (\d+\.\d+)", words).groups()
            places = len(mean.partition(".")[2])
            assert mean == f"{table.values[row, column]:.{places}f}"
            assert error == f"{table.standard_errors[row, column]:.{places}f}"
            told.append(mean)
        assert len(set(told)) == len({f"{value:.4g}" for value in table.values[:, column]}), (
            "nearly equal is told apart"
        )
    assert shown(root.locator(".xai-rank-taus span")) == f"τ {table.coherence[0, 1]:.2f}"
    assert root.locator(".xai-rank-over").inner_text() == "means over 5 of 5 pictures, ± standard errors"


def test_a_cell_opens_its_worst_picture_and_the_slider_goes_on_to_the_best(mounted, widget):
    root = mounted.alone(widget)
    table = widget.result
    for row, column in ((1, 0), (3, 1), (0, 1)):
        cell(root, row, column).click()
        mounted.settle()
        worst = table.worst(table.methods[row], table.metrics[column])
        assert (widget.row, widget.column, widget.index) == (row, column, worst)
        said = shown(root.locator(".xai-rank-value"))
        places = len(said.partition(".")[2])
        assert places >= 2
        assert said == f"{table.each[worst, row, column]:.{places}f}"
        assert root.locator(".xai-rank-which").inner_text() == f"picture {worst + 1}, worst of 5"
    before = pixels(root)
    slider = root.get_by_label("Pictures", exact=True)
    box, mouse = slider.bounding_box(), mounted.page.mouse
    middle = box["y"] + box["height"] / 2
    mouse.move(box["x"] + 8, middle)
    mouse.down()
    for share in np.linspace(0, 1, 9):
        mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
        mounted.pump()
    assert widget.index == worst, "the hand is still on it"
    mouse.up()
    mounted.settle()
    assert widget.index == int(np.argmax(table.each[:, 0, 1]))
    assert root.locator(".xai-rank-which").inner_text() == f"picture {widget.index + 1}, best of 5"
    assert pixels(root) != before
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.index == worst


def test_a_metric_is_added_and_its_fill_moves_the_table(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="Add a metric").click()
    mounted.page.get_by_role("option", name="Input invariance").click()
    mounted.settle()
    assert [one["metric"] for one in widget.metrics] == ["deletion", "insertion", "input_invariance"]
    assert widget.column == 2
    root.get_by_role("button", name="Deletion", exact=True).click()
    root.get_by_role("button", name="Settings").click()
    panel = root.get_by_label("Settings of the metric")
    panel.get_by_role("radio", name="black").check(force=True)
    mounted.settle()
    assert widget.metrics[0]["options"]["fill"] == "black"
    assert widget.result.metrics[0] == "Deletion"
    root.get_by_role("button", name="Settings").click()


def test_the_map_that_is_open_tells_its_value_under_the_pointer(mounted, widget):
    root = mounted.alone(widget)
    cell(root, 1, 0).click()
    mounted.settle()
    box, mouse = root.locator(".xai-rank-picture canvas").bounding_box(), mounted.page.mouse
    mouse.move(box["x"] + 10.5 * box["width"] / SIDE, box["y"] + 5.5 * box["height"] / SIDE)
    place, _, value = shown(root.locator(".xai-rank-picture .xai-read")).partition(": ")
    x = np.moveaxis(PICTURES[widget.index] / 255, -1, 0).astype(np.float32)
    assert place == "row 5, column 10"
    assert float(value) == pytest.approx(METHODS[1](net(), x).map[5, 10], rel=0.06, abs=1e-9)
    mouse.move(0, 0)
    assert root.locator(".xai-rank-picture .xai-read:visible").count() == 0


OVERLAPS = """root => {
    const cells = [...root.querySelectorAll('.xai-rank-cell')].map(one => one.getBoundingClientRect());
    return cells.filter((one, place) => cells.some((other, number) => number > place &&
        one.left < other.right - 1 && other.left < one.right - 1 &&
        one.top < other.bottom - 1 && other.top < one.bottom - 1)).length;
}"""


CUT = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_no_cell_lies_on_another_and_nothing_scrolls(mounted, size):
    metrics = [*METRICS, xai.Deletion(steps=4, fill="black"), xai.InputInvariance()]
    make = lambda: {"w": xai.rank(net(), PICTURES, [*METHODS, "grad_cam", "input_x_gradient"], metrics)}  # noqa: E731 - `opened` calls it.
    with opened(make) as made:
        root = mounted.alone(made["w"])
        mounted.page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
        root.get_by_role("button", name="Present").click()
        mounted.settle()
        mounted.page.wait_for_timeout(400)  # Cells glide to their places.
        assert root.evaluate(OVERLAPS) == 0
        stage = root.locator(".xai-stage")
        assert stage.evaluate("one => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]") == [
            0,
            0,
        ]
        picture = root.locator(".xai-rank-picture canvas").bounding_box()
        assert picture["height"] >= 0.3 * SIZES[size][1]
        assert root.locator(".xai-rank-name").evaluate_all(CUT) == []
    mounted.page.set_viewport_size({"width": 1280, "height": 720})
