"""Zoom in a real page: all pictures together, by wheel, fingers, keys and drags, and the read-out stays right."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened

SIDE = 32


def net(seed: int = 0):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)]
    return xai.wrap(nn.Sequential(*layers), classes=["a", "b", "c", "d"], input_shape=(3, SIDE, SIDE))


IMAGES = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def mounted(browser):
    page = Mounted(browser, has_touch=True)
    yield page
    page.close()


@pytest.fixture(scope="module")
def widgets():
    with opened(
        lambda: {
            "explore": xai.explore(
                {"one": net(), "two": net(1)}, IMAGES, method="saliency", display={"layout": "beside"}
            ),
            "grid": xai.grid(net(), IMAGES, methods=["saliency", "input_x_gradient"]),
            "attack": xai.attack({"one": net(), "two": net(1)}, IMAGES),
            "paint": xai.paint(net(), IMAGES),
        }
    ) as made:
        yield made


@pytest.fixture
def shown(mounted, widgets):
    """Return a function that puts one of the widgets on an empty page."""
    return lambda name: mounted.alone(widgets[name])


OF_CANVAS = """canvas => {
    const [pane, box] = [canvas.closest('.xai-pane').getBoundingClientRect(), canvas.getBoundingClientRect()];
    return [box.width / pane.width, (pane.left - box.left) / box.width, (pane.top - box.top) / box.height];
}"""
"""How much larger than its frame a picture is, and where the frame begins, as shares of the picture."""


def windows(root):
    """Return what is in view of each picture that is to be seen."""
    canvases = root.locator(".xai-pane:visible canvas")
    return [canvases.nth(n).evaluate(OF_CANVAS) for n in range(canvases.count())]


def window(root):
    """Return what is in view, which is the same of all pictures."""
    first, *others = windows(root)
    assert others
    for other in others:
        assert other == pytest.approx(first, abs=1e-4)
    return first


def middle(locator, across=0.5, down=0.5):
    box = locator.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def wheel(mounted, delta, key="Control"):
    if key:
        mounted.page.keyboard.down(key)
    mounted.page.mouse.wheel(0, delta)
    mounted.page.evaluate("() => new Promise(requestAnimationFrame)")
    if key:
        mounted.page.keyboard.up(key)
    mounted.settle()


FRAMES = """root => [...root.querySelectorAll('*')]
    .filter(one => one.checkVisibility() && !one.closest('.xai-zoom, .xai-aside, .xai-gradient, .xai-arises'))
    .filter(one => !one.matches('.xai-pane > *'))
    .map(one => { const {x, y, width, height} = one.getBoundingClientRect(); return [x, y, width, height]; })"""
"""The boxes of all but what lies in the frames of pictures, or says what is under the pointer."""


def pixel(root, x, y):
    """Return the row and the column of the first map under a place, by what its frame shows."""
    canvas = root.locator(".xai-pane:visible canvas").first
    scale, left, top = canvas.evaluate(OF_CANVAS)
    frame = canvas.evaluate(
        "canvas => { const box = canvas.parentElement.getBoundingClientRect(); return [box.x, "
        "box.y, box.width, box.height]; }"
    )
    across, down = (x - frame[0]) / frame[2], (y - frame[1]) / frame[3]
    return int((top + down / scale) * SIDE), int((left + across / scale) * SIDE)


def test_the_wheel_with_its_key_zooms_all_pictures_about_the_pointer_and_nothing_else_moves(mounted, shown):
    root = shown("explore")
    canvas = root.locator(".xai-pane:visible canvas").first
    place = middle(canvas, 0.3, 0.6)
    mounted.page.mouse.move(*place)
    mounted.settle()
    before, at = root.evaluate(FRAMES), pixel(root, *place)
    wheel(mounted, -100, key="")
    assert window(root)[0] == 1, "the wheel alone is the page's"
    for _ in range(5):
        wheel(mounted, -100)
    scale, left, top = window(root)
    assert scale == pytest.approx(2**2.5, rel=1e-3)
    assert (left + 0.3 / scale, top + 0.6 / scale) == pytest.approx((0.3, 0.6), abs=0.005)
    assert root.evaluate(FRAMES) == before
    assert pixel(root, *place) == at
    for x, y in (place, middle(canvas.locator(".."), 0.9, 0.1)):
        mounted.page.mouse.move(x, y)
        mounted.settle()
        row, column = pixel(root, x, y)
        asides = root.locator(".xai-picture .xai-aside").all_inner_texts()
        assert all(said.startswith(f"row {row}, column {column}:") for said in asides)
        across = root.locator(".xai-pane:visible .xai-across").first.bounding_box()
        size = canvas.bounding_box()["height"] / SIDE
        assert abs(across["y"] - y) <= size, "the lines cross at the pixel"
        assert across["height"] == 1
    sign = root.locator(".xai-zoom")
    assert sign.inner_text().split() == ["5.7×", "Fit"]
    sign.get_by_role("button").click()
    assert window(root) == [1, 0, 0]
    assert sign.is_hidden()
    assert root.evaluate(FRAMES) == before


def test_a_drag_takes_the_pixel_along_and_a_double_click_fits(mounted, shown):
    root = shown("explore")
    x, y = middle(root.locator(".xai-pane:visible").first, 0.51, 0.51)
    mounted.page.mouse.move(x, y)
    for _ in range(4):
        wheel(mounted, -100)
    at = pixel(root, x, y)
    mounted.page.mouse.down()
    mounted.page.mouse.move(x + 40, y + 30, steps=4)
    mounted.page.mouse.up()
    mounted.settle()
    assert pixel(root, x + 40, y + 30) == at
    assert pixel(root, x, y) != at
    row, column = at
    assert root.locator(".xai-picture .xai-aside").first.inner_text().startswith(f"row {row}, column {column}:")
    mounted.page.mouse.down()
    mounted.page.mouse.move(x + 2000, y + 2000, steps=4)
    mounted.page.mouse.up()
    assert window(root) == [4, 0, 0], "no farther than the picture goes"
    mounted.page.mouse.dblclick(x, y)
    assert window(root) == [1, 0, 0]


def test_keys_zoom_and_move_and_what_they_point_at_comes_into_view(mounted, shown):
    root = shown("explore")
    root.locator(".xai-panes").first.focus()
    for _ in range(4):
        mounted.page.keyboard.press("+")
    scale, left, top = window(root)
    assert scale == pytest.approx(1.5**4, rel=1e-3)
    assert left == top == pytest.approx(0.5 - 0.5 / scale, abs=1e-3)
    mounted.page.keyboard.press("Shift+ArrowRight")
    assert window(root) == pytest.approx([scale, left + 0.25 / scale, top], abs=1e-3)
    for _ in range(SIDE):
        mounted.page.keyboard.press("ArrowUp")
    mounted.settle()
    assert root.locator(".xai-picture .xai-aside").first.inner_text().startswith("row 0, column 16:")
    assert window(root)[2] == 0
    assert root.locator(".xai-pane:visible .xai-across").first.bounding_box() is not None
    mounted.page.keyboard.press("-")
    assert window(root)[0] == pytest.approx(1.5**3, rel=1e-3)
    mounted.page.keyboard.press("0")
    assert window(root) == [1, 0, 0]
    sentence = root.get_by_label("Class explained", exact=True)
    sentence.focus()
    mounted.page.keyboard.press("+")
    assert window(root)[0] == 1, "letters typed in a menu are for the menu"


def test_two_fingers_zoom_and_one_moves_what_is_zoomed(mounted, shown):
    root = shown("explore")
    canvas = root.locator(".xai-pane:visible canvas").first
    x, y = middle(canvas)
    session = mounted.page.context.new_cdp_session(mounted.page)

    def touch(kind, *places):
        points = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 20, y), (x + 20, y))
    for apart in (30, 40, 60):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    mounted.settle()
    assert window(root) == pytest.approx([3, 1 / 3, 1 / 3], abs=0.01)
    assert mounted.page.evaluate("visualViewport.scale") == 1, "the page is not zoomed"
    at = pixel(root, x, y)
    touch("touchStart", (x, y))
    for moved in (10, 20, 40):
        touch("touchMove", (x - moved, y))
    touch("touchEnd")
    mounted.settle()
    assert pixel(root, x - 40, y) == at
    root.locator(".xai-zoom button").click()
    assert window(root) == [1, 0, 0]


def test_a_grid_and_an_attack_zoom_and_a_drag_in_a_grid_chooses_nothing(mounted, shown, widgets):
    for name in ("grid", "attack"):
        root = shown(name)
        panes = root.locator(".xai-pane:visible")
        x, y = middle(panes.nth(1))
        mounted.page.mouse.move(x, y)
        before = root.evaluate(FRAMES)
        for _ in range(4):
            wheel(mounted, -100)
        assert window(root)[0] == pytest.approx(4)
        assert root.evaluate(FRAMES) == before
        mounted.page.mouse.down()
        mounted.page.mouse.move(x + 40, y + 30, steps=4)
        mounted.page.mouse.up()
        mounted.settle()
        assert window(root)[1] < 0.37
        mounted.page.mouse.dblclick(x, y)
        mounted.settle()
        assert window(root) == [1, 0, 0]
        if name == "grid":
            assert widgets["grid"].focus == 1, "the first click of the two chose it, the second opened nothing"
            assert len(widgets["grid"].grid) == 2


def test_a_brush_paints_the_pixel_that_it_is_over(mounted, shown, widgets):
    root = shown("paint")
    x, y = middle(root.locator(".xai-surface canvas"), 0.2, 0.3)
    mounted.page.mouse.move(x, y)
    for _ in range(6):
        wheel(mounted, -100)
    assert window(root)[0] == pytest.approx(8)
    mounted.page.mouse.click(x, y)
    mounted.settle()
    rows, columns = np.nonzero(widgets["paint"].paint[..., 3])
    assert (rows.mean(), columns.mean()) == pytest.approx((0.3 * SIDE - 0.5, 0.2 * SIDE - 0.5), abs=0.5)


def test_on_the_stage_the_wheel_needs_no_key(mounted, shown):
    root = shown("explore")
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    mounted.page.mouse.move(*middle(root.locator(".xai-pane:visible").first))
    wheel(mounted, -100, key="")
    assert window(root)[0] == pytest.approx(2**0.5, rel=1e-3)
    sign, picture = root.locator(".xai-zoom").bounding_box(), root.locator(".xai-pane:visible").first.bounding_box()
    assert picture["x"] <= sign["x"]
    assert sign["y"] + sign["height"] <= picture["y"] + picture["height"]
    root.get_by_role("button", name="Leave").click()
    mounted.settle()
    # It goes along with the picture.
    sign, picture = root.locator(".xai-zoom").bounding_box(), root.locator(".xai-pane:visible").first.bounding_box()
    assert picture["x"] <= sign["x"] <= picture["x"] + 20
    assert sign["y"] + sign["height"] <= picture["y"] + picture["height"]
