"""The randomiser in a real page: the slider resets layers, maps and curves follow, and the plot is a slider, too."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE = 16
MINUS = "\u2212"
PICTURES = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)


def net(classes=("cat", "dog", "fox")):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=list(classes), input_shape=(3, SIDE, SIDE))


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    with opened(lambda: {"w": xai.randomise(net(), PICTURES, ["saliency", "guided_backpropagation"])}) as made:
        yield made["w"]


def pixels(root, place):
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    return root.locator(".xai-reset canvas").nth(place).evaluate(script)


def test_maps_and_curves_follow_the_slider(mounted, widget):
    root = mounted.alone(widget)
    trained = [pixels(root, place) for place in (0, 1)]
    slider = root.get_by_label("Reset", exact=True)
    box, mouse = slider.bounding_box(), mounted.page.mouse
    middle = box["y"] + box["height"] / 2
    mouse.move(box["x"] + 8, middle)
    mouse.down()
    for share in np.linspace(0, 1, 12):
        mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
        mounted.pump()
    assert widget.depth == 0, "the hand is still on it"
    mouse.up()
    mounted.settle()
    assert widget.depth == 3
    alike = root.locator(".xai-alike").all_inner_texts()
    for place, found in enumerate(widget.result.values()):
        assert pixels(root, place) != trained[place]
        assert (
            alike[place].replace(MINUS, "-")
            == f"{found.signed_spearman[2]:.2f} ± {found.similarity_errors[1, 2, 0]:.2f}"
        )
        assert len(root.locator(".xai-plot-line").nth(place).get_attribute("points").split()) == 4
    assert root.locator(".xai-plot-band").count() == 1
    assert slider.get_attribute("aria-valuetext") == "5, 2, 0 reset"


def test_the_cursor_stands_over_the_thumb_and_the_plot_can_be_dragged(mounted, widget):
    root = mounted.alone(widget)
    slider, area, cursor = (
        root.get_by_label("Reset", exact=True),
        root.locator(".xai-plot-area"),
        root.locator(".xai-plot-cursor"),
    )
    for stage in (False, True):
        if stage:
            root.get_by_role("button", name="Present").click()
        box = area.bounding_box()
        mounted.page.mouse.click(box["x"] + box["width"] * 0.36, box["y"] + 8)
        mounted.settle()
        assert widget.depth == 1
        rail, line = slider.bounding_box(), cursor.bounding_box()
        thumb = float(slider.evaluate("input => parseFloat(getComputedStyle(input).fontSize)")) * 1.15
        at = rail["x"] + thumb / 2 + (rail["width"] - thumb) / 3
        assert line["x"] + line["width"] / 2 == pytest.approx(at, abs=2)
        widget.depth = 0
        mounted.settle()


def test_the_switches_ask_for_another_order_and_another_measure(mounted, widget):
    root = mounted.alone(widget)
    widget.depth = 2
    mounted.settle()
    root.get_by_role("radio", name="independent").check(force=True)
    root.get_by_role("combobox", name="maps compared by").select_option(label="structural similarity")
    mounted.settle()
    assert (widget.order, widget.measure) == ("independent", "ssim")
    shown = root.locator(".xai-alike").first.inner_text().replace(MINUS, "-")
    assert shown.startswith(f"{widget.result['Saliency'].ssim[1]:.2f} ± ")
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert (widget.order, widget.measure) == ("independent", "signed_spearman")


@pytest.mark.parametrize("depth", [0, 1])
def test_each_map_tells_its_value_under_the_pointer(mounted, widget, depth):
    root = mounted.alone(widget)
    widget.depth = depth
    mounted.settle()
    box, mouse = root.locator(".xai-reset canvas").first.bounding_box(), mounted.page.mouse
    mouse.move(box["x"] + 10.5 * box["width"] / SIDE, box["y"] + 5.5 * box["height"] / SIDE)
    words = root.locator(".xai-read").all_inner_texts()
    for said, found in zip(words, widget.result.values(), strict=True):
        resets = found.question.model.resets()
        resets.reset(found.layers[:depth], seed=found.method.seed)
        *_, last = found.judged.method.steps_to(found.question.asked_of(resets.model))
        place, _, value = said.partition(": ")
        assert place == "row 5, column 10"
        assert float(value.replace(MINUS, "-")) == pytest.approx(np.squeeze(last.map)[5, 10], rel=0.06, abs=1e-9)
    mouse.move(0, 0)
    assert root.locator(".xai-read:visible").count() == 0


def test_what_a_finger_points_at_stays_until_it_taps_elsewhere(browser, widget):
    page = Mounted(browser, 1280, 720, has_touch=True)
    (root,) = page.show(widget)
    box = root.locator(".xai-reset canvas").nth(1).bounding_box()
    page.page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    reads = root.locator(".xai-read:visible")
    assert [words.partition(":")[0] for words in reads.all_inner_texts()] == ["row 4, column 4"] * 2
    page.page.touchscreen.tap(5, 5)
    assert reads.count() == 0
    page.close()


@pytest.mark.parametrize("names", [("red", "blue petals", "stem"), ("Tony", "Gerhard Schroeder", "George")])
def test_what_the_network_says_is_read_whole_on_cards_and_stages(browser, names):
    with opened(lambda: {"w": xai.randomise(net(names), PICTURES, ["saliency", "guided_backpropagation"])}) as made:
        page = Mounted(browser, 640, 900)
        (root,) = page.show(made["w"])
        says, add = root.locator(".xai-says > b"), root.get_by_role("button", name="Add a method")
        for width, height in ((640, 900), (1024, 768), (1366, 768)):
            page.resize(width, height)
            page.settle()
            cut = "b => [b.scrollWidth - b.clientWidth, b.scrollHeight - b.clientHeight]"
            assert says.inner_text() == names[1]
            assert max(says.evaluate(cut)) <= 1, (width, height)
            told, button = root.locator(".xai-told").bounding_box(), add.bounding_box()
            assert told["y"] + told["height"] <= button["y"] + 1 or told["x"] + told["width"] <= button["x"]
            if width == 640:
                root.get_by_role("button", name="Present").click()
        page.close()
