"""The eraser on a page: what is erased follows the finger at once, and is what the kernel measures."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened
from xai_widgets.evaluation.erasure import Erasure
from xai_widgets.render import as_picture

SIDE = 24
STEPS = 32
MINUS = "\u2212"
PICTURES = np.random.default_rng(3).uniform(size=(3, SIDE, SIDE, 3)).astype(np.float32)
MASKS = np.zeros((3, SIDE, SIDE), bool)
MASKS[:, 6:14, 8:18] = True

PIXELS = """canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"""


def net():
    torch.manual_seed(4)
    layers = [nn.Conv2d(3, 4, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, SIDE, SIDE))


@pytest.fixture(scope="module")
def eraser():
    methods = ["saliency", xai.IntegratedGradients(steps=8)]
    with opened(lambda: {"one": xai.judge(net(), PICTURES, methods, MASKS, steps=STEPS)}) as made:
        yield made["one"]


@pytest.fixture
def page(browser, eraser):
    eraser.set(share=0.25, way="erase", fill="mean", index=0, features="pixels", controls=False)
    page = Mounted(browser)
    yield page
    page.close()


def shown(root, column):
    """Return the pixels of what is left of the picture in the order of a map."""
    canvas = root.locator(".xai-remain").nth(column).locator("canvas").first
    return np.array(canvas.evaluate(PIXELS), np.uint8).reshape(SIDE, SIDE, 4)[..., :3]


def expected(eraser, column):
    """Return the same, as the metric feeds it to the network."""
    found = list(eraser.result.values())[column]
    erasure: Erasure = found.method.erasure(found.judged)
    erased = 1 - eraser.share if eraser.way == "reveal" else eraser.share
    order = "lerf" if eraser.way == "reveal" else "morf"
    left = erasure.left([erased], order)[0, 0, 0]
    return as_picture(np.moveaxis(left, 0, -1), (0, 1)).astype(int)


def check(root, eraser, columns=3):
    for column in range(columns):
        apart = np.abs(shown(root, column) - expected(eraser, column))
        assert apart.max() <= 1, (column, eraser.share)


def drag(root, positions, release=True):
    """Move the slider and paint, without a word to the kernel in between."""
    root.get_by_label("Erased", exact=True).or_(root.get_by_label("Revealed", exact=True)).evaluate(
        "(input, [positions, release]) => drag(input, positions, 0, release)", [positions, release]
    )
    root.page.evaluate("() => new Promise(requestAnimationFrame)")


@pytest.mark.parametrize("way", ["erase", "reveal"])
@pytest.mark.parametrize("features", ["pixels", "squares"])
def test_what_is_left_is_what_the_network_is_asked_about(page, eraser, way, features):
    (root,) = page.show(eraser)
    eraser.set(way=way, features=features, fill="noise")
    page.settle()
    drag(root, [0.5, 0.53125])
    page.settle()
    assert eraser.share == 0.53125
    check(root, eraser)
    for column, found in enumerate(eraser.result.values()):
        value = found.curve[np.abs(found.shares - 0.53125).argmin()]
        words = root.locator(".xai-remain").nth(column).locator("b").inner_text()
        assert float(words.strip("< >%")) == pytest.approx(100 * value, abs=0.6)


def test_the_picture_follows_before_the_kernel_has_answered(page, eraser):
    (root,) = page.show(eraser)
    before = shown(root, 0)
    drag(root, [0.75], release=False)
    after = shown(root, 0)
    assert (before != after).any(axis=2).mean() > 0.3
    drag(root, [0.75])
    page.settle()
    np.testing.assert_array_equal(shown(root, 0), after)
    check(root, eraser)


def test_one_drags_on_the_curves_too(page, eraser):
    (root,) = page.show(eraser)
    box = root.locator(".xai-plot-area").bounding_box()
    mouse = page.page.mouse
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + 0.625 * box["width"], box["y"] + 30)
    mouse.up()
    page.settle()
    assert eraser.share == 0.625
    check(root, eraser)
    cursor, thumb = root.locator(".xai-plot-cursor").bounding_box(), root.locator(".xai-share input").bounding_box()
    size = float(root.locator(".xai-share input").evaluate("input => parseFloat(getComputedStyle(input).fontSize)"))
    middle = 0.575 * size + 0.625 * (thumb["width"] - 1.15 * size)
    at = cursor["x"] + cursor["width"] / 2 - thumb["x"]
    assert at == pytest.approx(middle, abs=2), "the cursor stands above the thumb"


def test_methods_come_and_go(page, eraser):
    (root,) = page.show(eraser)
    assert root.locator(".xai-remain").count() == 3, "two methods and the true mask"
    root.get_by_role("button", name="Take Saliency away").click()
    page.settle()
    assert [cell["method"] for cell in eraser.grid] == ["integrated_gradients"]
    assert root.locator(".xai-remain .xai-remain-name").all_inner_texts() == ["Integrated gradients", "true mask"]
    root.get_by_role("combobox", name="Add a method").or_(root.get_by_role("button", name="Add a method")).click()
    root.locator(".xai-pop:visible [data-value=occlusion]").click()
    page.settle()
    assert root.locator(".xai-remain .xai-remain-name").all_inner_texts()[1] == "Occlusion"
    eraser.grid = ["saliency", xai.IntegratedGradients(steps=8)]


def read(root):
    """Return the values that stand beside the names of the maps."""
    words = root.locator(".xai-remain-said span").all_inner_texts()
    return [float(value.replace(MINUS, "-")) for value in words]


def test_each_map_tells_its_value_under_the_pointer_and_moves_no_picture(page, eraser):
    (root,) = page.show(eraser)
    maps = [found.judged.map for found in eraser.result.values()]
    canvas = root.locator(".xai-remain").first.locator("canvas").last
    box, mouse = canvas.bounding_box(), page.page.mouse
    for y, x in ((3, 20), (11, 9)):
        mouse.move(box["x"] + (x + 0.5) * box["width"] / SIDE, box["y"] + (y + 0.5) * box["height"] / SIDE)
        assert canvas.bounding_box() == box
        np.testing.assert_allclose(read(root), [found[y, x] for found in maps], rtol=0.06, atol=1e-9)
    areas = root.locator(".xai-remain-said span").all_inner_texts()
    mouse.move(0, 0)
    assert root.locator(".xai-remain-said span").all_inner_texts() != areas
    assert all(words.startswith("area") for words in root.locator(".xai-remain-said span").all_inner_texts())
    root.locator(".xai-remain-panes").nth(1).focus()
    page.page.keyboard.press("ArrowLeft")
    np.testing.assert_allclose(read(root), [found[SIDE // 2, SIDE // 2 - 1] for found in maps], rtol=0.06, atol=1e-9)
    said = root.locator(".xai-remain [role=status]").nth(1).inner_text()
    assert said.startswith(f"row {SIDE // 2}, column {SIDE // 2 - 1}: ")


@pytest.mark.parametrize("controls", [False, True])
def test_all_of_it_is_on_the_stage(page, eraser, controls):
    (root,) = page.show(eraser)
    eraser.controls = controls
    root.get_by_role("button", name="Present").click()
    for width, height in ((1280, 720), (1024, 768), (1920, 1080), (800, 1280)):
        page.resize(width, height)
        page.settle()
        stage = root.locator(".xai-stage").bounding_box()
        for part in root.locator(".xai-remain canvas, .xai-plot, .xai-share input").all():
            box = part.bounding_box()
            assert box["x"] >= stage["x"] - 1
            assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
            assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1
        row, plot = root.locator(".xai-remains").bounding_box(), root.locator(".xai-plot").bounding_box()
        boxes = [one.bounding_box() for one in root.locator(".xai-remain").all()]
        lowest = max(box["y"] + box["height"] for box in boxes)
        assert lowest <= row["y"] + row["height"] + 1 <= plot["y"] + 2
        assert plot["height"] > 0.2 * height
        assert root.locator(".xai-remain canvas").first.bounding_box()["width"] > 0.12 * width
    eraser.display = {**eraser.display, "presenter": False}
