"""The concept tester in a real page: rows, pictures that go out and come in, layers and steps under the finger."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import special
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE = 16
PICTURES = np.random.default_rng(0).integers(0, 200, (6, SIDE, SIDE, 3), np.uint8)
SIZES = {"projector": (1366, 768), "tablet": (1024, 768), "notebook": (1440, 900), "wall": (1920, 1080)}


def net(seed):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(196, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, SIDE, SIDE))


def made():
    bright = xai.Concept("bright", PICTURES + np.uint8(55), counterpart=PICTURES)
    red = xai.Concept("red", PICTURES * np.uint8([1, 0, 0]), counterpart=PICTURES)
    return xai.concepts(
        {"one": net(0), "two": net(1)}, PICTURES, [bright, red], "1", target="dog", options={"runs": 20}
    )


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture
def widget():
    with opened(lambda: {"w": made()}) as widgets:
        yield widgets["w"]


def left(root, place, part):
    """Return where a part of a lane is, as a share of its width."""
    return root.locator(".xai-lane").nth(place).locator(part).evaluate("one => parseFloat(one.style.left) / 100")


def test_effects_stand_on_one_scale_with_zero_and_what_really_changes(mounted, widget):
    root = mounted.alone(widget)
    found = [widget.result[model][concept] for concept in ("bright", "red") for model in ("one", "two")]
    zero = left(root, 0, ".xai-lane-zero")
    unit = (left(root, 0, ".xai-effect-dot") - zero) / found[0].effect
    for place, one in enumerate(found):
        assert left(root, place, ".xai-effect-dot") - zero == pytest.approx(one.effect * unit, abs=2e-3)
        assert left(root, place, ".xai-really") - zero == pytest.approx(one.true_change * unit, abs=2e-3)
        drawn = root.locator(".xai-lane").nth(place).locator(".xai-cloud").get_attribute("d")
        xs = [float(piece.split()[0]) / 1000 for piece in drawn.split("M")[1:]]
        np.testing.assert_allclose(np.array(xs) - zero, one.random * unit, atol=2e-3)
        words = root.locator(".xai-lane-figures").nth(place).inner_text()
        assert f"signs {one.sign_score:.2f}" in words


def test_a_click_takes_a_picture_out_and_in_again(mounted, widget):
    root = mounted.alone(widget)
    tile = root.get_by_role("group", name="Examples of bright").locator("button").nth(2)
    tile.click()
    mounted.settle()
    assert widget.without == [8]
    assert tile.get_attribute("aria-pressed") == "false"
    assert root.locator(".xai-concept-side").first.locator("header").inner_text().split() == [
        *("With", "bright", "5", "of", "6", "+")
    ]
    assert len(widget.concepts["one"]["bright"].examples) == 5
    tile.click()
    mounted.settle()
    assert widget.without == []


def test_a_row_brings_its_concept_into_view(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("button", name="red", exact=True).click()
    mounted.settle()
    assert widget.concept == "red"
    assert root.get_by_role("group", name="Examples of red").is_visible()
    assert root.get_by_text("Steer along red").is_visible()


def test_the_layer_is_dragged(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("slider", name="Layer").evaluate("(input) => drag(input, [1, 3], 0, true)")
    mounted.settle()
    assert widget.layer == "3"
    effect = widget.result["one"]["bright"].effect
    assert f"{abs(effect):.2f}"[:4] in root.locator(".xai-lane-figures b").first.inner_text()


def test_the_classes_follow_the_step_before_the_kernel_is_asked(mounted, widget):
    root = mounted.alone(widget)
    before = widget.step
    slider = root.get_by_role("slider", name="Steps")
    slider.evaluate("(input) => { input.value = 2; input.dispatchEvent(new Event('input', {bubbles: true})); }")
    said = root.locator(".xai-steered").first.locator(".xai-explained .xai-bar-value").inner_text()
    assert widget.step == before, "nothing was carried to the kernel yet"
    found = widget.result["one"]["bright"]
    steered = net(0).with_direction("1", found.direction, 2.0)
    share = special.softmax(steered.scores(widget.picture["one"])[0])[1]
    assert said == f"{100 * share:.0f} %" or said == f"{100 * share:.1f} %"
    slider.evaluate("(input) => input.dispatchEvent(new Event('change', {bubbles: true}))")
    mounted.settle()
    assert widget.step == 2


def test_fewer_pictures_are_taken_with_the_slider(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("slider", name="Pictures").evaluate("(input) => drag(input, [4, 3], 0, true)")
    mounted.settle()
    assert widget.count == 3
    assert root.locator(".xai-example-tiles").first.locator("[aria-pressed=true]").count() == 3
    root.get_by_role("slider", name="Pictures").evaluate("(input) => drag(input, [5, 6], 0, true)")
    mounted.settle()
    assert widget.count is None


def test_a_file_of_ones_own_becomes_an_example(mounted, widget):
    root = mounted.alone(widget)
    file = io.BytesIO()
    Image.fromarray(np.full((SIDE, SIDE, 3), 250, np.uint8)).save(file, "PNG")
    given = [{"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}]
    root.locator("input[type=file]").set_input_files(given)
    mounted.until(lambda: len(widget.concepts["one"]["bright"].examples) == 7, "the picture comes")
    mounted.settle()
    assert root.get_by_role("group", name="Examples of bright").locator("button").count() == 7
    assert "mine" in root.locator(".xai-steered-picture").get_attribute("alt")


def test_undo_brings_a_picture_back(mounted, widget):
    root = mounted.alone(widget)
    root.get_by_role("group", name="Counterpart of bright").locator("button").first.click()
    mounted.settle()
    assert len(widget.without) == 1
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.without == []


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_nothing_scrolls_and_all_sliders_are_there(mounted, widget, size):
    width, height = SIZES[size]
    mounted.resize(width, height)
    root = mounted.alone(widget)
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    over = """root => [...root.querySelectorAll('.xai-stage, .xai-stage *')]
        .filter((one) => one.checkVisibility() && !one.closest('.xai-example-tiles, .xai-steered-strip'))
        .map((one) => [one.className, one.getBoundingClientRect()])
        .filter(([, box]) => box.bottom > innerHeight + 1 || box.right > innerWidth + 1)
        .map(([name]) => name)"""
    assert root.evaluate(over) == []
    for name in ("Layer", "Steps", "Pictures"):
        box = root.get_by_role("slider", name=name).bounding_box()
        assert box["y"] + box["height"] <= height
    lanes = root.locator(".xai-effects").bounding_box()
    assert lanes["height"] >= 0.4 * height
    root.get_by_role("button", name="Leave").click()
    mounted.resize(1280, 720)
