"""The curtain in a real page: what is seen left and right of the divider, pixel by pixel, and how it is drawn."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE = 32


def net(seed: int = 0):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)]
    return xai.wrap(nn.Sequential(*layers), classes=["a", "b", "c", "d"], input_shape=(3, SIDE, SIDE))


IMAGES = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, has_touch=True)
        yield page
        page.close()


@pytest.fixture(scope="module")
def widgets():
    with opened(
        lambda: {
            "explore": xai.explore({"one": net(), "two": net(1)}, IMAGES, method="saliency"),
            "grid": xai.grid(net(), IMAGES, methods=["saliency", "input_x_gradient"]),
            "attack": xai.attack(net(), IMAGES, epsilon=3.0),
        }
    ) as made:
        yield made


@pytest.fixture
def shown(mounted, widgets):
    """Return a function that puts one of the widgets on an empty page."""
    return lambda name: mounted.alone(widgets[name])


def seen(mounted, root, pane=0):
    """Return the colour in the middle of each pixel of a picture as it is on the screen, (SIDE, SIDE, 3)."""
    mounted.page.mouse.move(2, 2)
    mounted.settle()
    box = root.locator(".xai-pane:visible").nth(pane).bounding_box()
    screen = np.asarray(Image.open(io.BytesIO(mounted.page.screenshot())).convert("RGB"))
    centres = (np.arange(SIDE) + 0.5) / SIDE
    rows, columns = box["y"] + centres * box["height"], box["x"] + centres * box["width"]
    return screen[rows.astype(int)[:, None], columns.astype(int)].astype(int)


def choose(mounted, root, kind):
    panel = root.locator(".xai-panel")
    opened = panel.is_visible()
    if not opened:
        root.get_by_role("button", name="Settings").click()
    root.get_by_label("Curtain", exact=True).and_(root.locator("select")).select_option(label=kind)
    if not opened:
        root.get_by_role("button", name="Settings").click()
    mounted.settle()


def near(found, expected, at=0.5):
    """Compare colours but for where words stand, the divider and its knob, and the rounded corners."""
    apart = abs(found - expected).max(axis=-1) > 2
    middle = round(at * SIDE)
    apart[:8, :14] = apart[:, max(0, middle - 2) : middle + 2] = False
    for rows in (slice(2), slice(-2, None)):
        apart[rows, :2] = apart[rows, -2:] = False
    return not apart.any()


def test_left_of_it_is_the_picture_and_right_of_it_the_map(mounted, shown):
    root = shown("explore")
    maps = [seen(mounted, root, pane) for pane in (0, 1)]
    frames = root.locator(".xai-card, .xai-panes, .xai-readout")
    before = [frames.nth(n).bounding_box() for n in range(frames.count())]
    choose(mounted, root, "the picture")
    left = np.arange(SIDE) < SIDE // 2
    for pane in (0, 1):
        assert near(seen(mounted, root, pane), np.where(left[None, :, None], IMAGES[0], maps[pane]))
    assert [frames.nth(n).bounding_box() for n in range(frames.count())] == before, "it moves nothing"

    inputs = root.locator(".xai-curtain input")
    assert inputs.count() == 2
    inputs.first.focus()
    mounted.page.keyboard.press("End")
    assert inputs.nth(1).input_value() == "1"
    for pane in (0, 1):
        assert near(seen(mounted, root, pane), IMAGES[0], 1)
    mounted.page.keyboard.press("Home")
    assert near(seen(mounted, root, 1), maps[1], 0)

    # The divider itself is dragged; all else of a picture is read as ever.
    box = root.locator(".xai-pane:visible").nth(1).bounding_box()
    x, y = box["x"], box["y"] + 0.3 * box["height"]
    mounted.page.mouse.move(x + 2, y)
    mounted.page.mouse.down()
    mounted.page.mouse.move(x + 0.75 * box["width"], y, steps=3)
    mounted.page.mouse.up()
    assert abs(float(inputs.first.input_value()) - 0.75) < 0.02
    mounted.page.mouse.move(x + 0.25 * box["width"] + 2, y)
    mounted.settle()
    assert root.locator(".xai-picture .xai-aside").nth(1).inner_text().startswith("row 9, column 8:")

    choose(mounted, root, "off")
    assert root.locator(".xai-curtain:visible, .xai-behind").count() == 0
    assert near(seen(mounted, root), maps[0])


def test_it_draws_nothing_beside_the_picture(mounted, shown):
    root = shown("explore")

    def around():
        box = root.locator(".xai-pane:visible").first.bounding_box()
        screen = np.asarray(Image.open(io.BytesIO(mounted.page.screenshot())).convert("RGB")).astype(int)
        rows = slice(int(box["y"]) + 4, int(box["y"] + box["height"]) - 4)
        left, right = int(box["x"]), int(np.ceil(box["x"] + box["width"]))
        return np.concatenate([screen[rows, left - 14 : left], screen[rows, right : right + 14]], axis=1)

    mounted.page.mouse.move(2, 2)
    before = around()
    choose(mounted, root, "the picture")
    mounted.page.mouse.move(2, 2)
    found = around()
    choose(mounted, root, "off")
    assert np.array_equal(found, before)


def test_it_compares_with_another_model_and_with_the_setting_before(mounted, shown, widgets):
    root = shown("explore")
    one, two = seen(mounted, root, 0), seen(mounted, root, 1)
    left = (np.arange(SIDE) < SIDE // 2)[None, :, None]
    choose(mounted, root, "two")
    assert near(seen(mounted, root, 0), np.where(left, two, one))
    assert near(seen(mounted, root, 1), two)
    assert root.locator(".xai-curtain:visible").count() == 1, "nothing is compared with itself"
    choose(mounted, root, "the setting before")
    widgets["explore"].set(method="input_x_gradient")
    mounted.settle()
    # What is said of a pixel comes with a message, too, and is no other setting.
    mounted.page.mouse.move(*(root.locator(".xai-pane:visible").first.bounding_box()[side] + 9 for side in "xy"))
    mounted.settle()
    choose(mounted, root, "off")
    other = seen(mounted, root, 0)
    assert not near(other, one)
    choose(mounted, root, "the setting before")
    assert near(seen(mounted, root, 0), np.where(left, one, other))
    widgets["explore"].set(method="saliency")
    mounted.settle()
    assert near(seen(mounted, root, 0), np.where(left, other, one))


def test_it_goes_along_with_zoom_and_stays_where_it_is(mounted, shown):
    root = shown("explore")
    choose(mounted, root, "the picture")
    root.locator("header").click(position={"x": 2, "y": 2})
    for _ in range(4):
        mounted.page.keyboard.press("+")
    mounted.settle()
    scale = 1.5**4
    box = root.locator(".xai-pane:visible").first.bounding_box()
    screen = np.asarray(Image.open(io.BytesIO(mounted.page.screenshot())).convert("RGB")).astype(int)
    for share in (0.1, 0.3, 0.45):
        x, y = box["x"] + share * box["width"], box["y"] + 0.7 * box["height"]
        column, row = (int((0.5 + (place - 0.5) / scale) * SIDE) for place in (share, 0.7))
        assert abs(screen[int(y), int(x)] - IMAGES[0, row, column]).max() <= 2
    # Also where the divider is under the pointer.
    mounted.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    mounted.page.keyboard.down("Control")
    mounted.page.mouse.wheel(0, 500)
    mounted.page.keyboard.up("Control")
    mounted.page.wait_for_function(
        "root => root.querySelector('.xai-zoom').innerText.startsWith('3.6')", arg=root.element_handle()
    )
    mounted.page.keyboard.press("c")
    assert root.locator(".xai-behind").count() == 0
    mounted.page.keyboard.press("0")


def test_a_grid_and_an_attack_have_one_too(mounted, shown):
    left = (np.arange(SIDE) < SIDE // 2)[None, :, None]
    root = shown("grid")
    maps = [seen(mounted, root, pane) for pane in (0, 1)]
    choose(mounted, root, "the picture")
    for pane in (0, 1):
        assert near(seen(mounted, root, pane), np.where(left, IMAGES[0], maps[pane]))
    root = shown("attack")
    panes = [seen(mounted, root, pane) for pane in range(5)]
    choose(mounted, root, "before")
    for place, former in ((1, 0), (4, 3)):
        assert near(seen(mounted, root, place), np.where(left, panes[former], panes[place]))
    assert near(seen(mounted, root, 2), panes[2])


WATCH = """() => {
    window.at = {};
    for (const type of ['pointerdown', 'pointermove']) {
        addEventListener(type, () => { at[type] ??= performance.now(); }, {capture: true, once: true});
    }
}"""
"""Notes when a finger is put down, and when it moves."""


def test_a_finger_that_rests_sees_the_picture_as_it_was_given(mounted, shown):
    root = shown("explore")
    box = root.locator(".xai-pane:visible").first.bounding_box()
    session = mounted.page.context.new_cdp_session(mounted.page)

    def touch(kind, *points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    original = root.locator(".xai-original:visible")
    at = box["x"] + 50, box["y"] + 50
    touch("touchStart", at)
    original.first.wait_for()
    touch("touchEnd")
    assert original.count() == 0
    # Where it is zoomed no scrolling of the page takes the finger away.
    root.locator("header").click(position={"x": 2, "y": 2})
    mounted.page.keyboard.press("+")
    for _ in range(10):
        mounted.page.evaluate(WATCH)
        touch("touchStart", at)
        touch("touchMove", (at[0] + 30, at[1]))
        # It ends after the time for which a finger has to rest, which began before.
        mounted.page.evaluate("() => new Promise(done => setTimeout(done, 500))")
        if mounted.page.evaluate("at.pointermove - at.pointerdown < 400"):  # Else it did rest, on a busy machine.
            break
        touch("touchEnd")
    else:
        pytest.fail("the finger does not move")
    assert original.count() == 0, "it moves, and looks at something else"
    touch("touchEnd")
