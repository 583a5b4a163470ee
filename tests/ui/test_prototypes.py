"""The prototype viewer in a real page: patches and their frames, points that add up, items that are struck out."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired

SIDE, UNITS = 16, 8
PICTURES = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)
TRAINING = np.random.default_rng(1).integers(0, 256, (12, SIDE, SIDE, 3), np.uint8)
SIZES = {"projector": (1366, 768), "tablet": (1024, 768), "wall": (1920, 1080)}


def net(seed=3):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, UNITS, 5), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(UNITS, 3)]
    return xai.wrap(nn.Sequential(*layers), classes=["cat", "dog", "fox"], input_shape=(3, SIDE, SIDE))


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 720)
        yield page
        page.close()


@pytest.fixture(scope="module")
def made():
    with opened(lambda: {"w": xai.prototypes({"one": net(), "two": net(5)}, PICTURES, TRAINING)}) as made:
        yield made["w"]


@pytest.fixture
def widget(made):
    made.set(index=0, network="one", target=None, contrast=None, without=[])
    return made


def number(words):
    return float(words.replace("\N{MINUS SIGN}", "-").split()[-1])


def said(root, where):
    return [number(words) for words in root.locator(f"{where} .xai-bill-points b").all_inner_texts()]


def asked(widget):
    """Return the two classes of the bill."""
    order = np.argsort(-widget.result.scores)
    return order[:2].tolist()


def test_items_are_points_that_sum_to_what_the_network_says(mounted, widget):
    root = mounted.alone(widget)
    found, classes = widget.result, asked(widget)
    sums = said(root, ".xai-bill-sum")
    np.testing.assert_allclose(sums, found.scores[classes], atol=0.006)
    notes = root.locator(".xai-bill-sum .xai-bill-points small").all_inner_texts()
    np.testing.assert_allclose([number(words) for words in notes], found.scores[classes], atol=0.006)
    rows = np.array(said(root, ".xai-bill-row")).reshape(-1, 2)
    lines = np.array([said(root, where) for where in (".xai-bill-others", ".xai-bill-bias")])
    np.testing.assert_allclose(rows.sum(axis=0) + lines.sum(axis=0), sums, atol=0.06)
    most = np.maximum(*(np.abs(found.points(one)) for one in classes))
    np.testing.assert_allclose(rows[0], [found.points(one)[most.argmax()] for one in classes], atol=0.006)


def test_patches_are_what_the_places_have_seen(mounted, widget):
    root = mounted.alone(widget)
    found = widget.result
    most = np.maximum(*(np.abs(found.points(one)) for one in asked(widget)))
    unit = int(most.argmax())
    script = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    canvases = root.locator(".xai-bill-row").first.locator("canvas")
    for place, (seen, pictures) in enumerate(((found.this(unit), PICTURES[:1]), (found.that(unit), TRAINING))):
        expected = pictures[seen.input][seen.window]
        pixels = np.reshape(canvases.nth(place).evaluate(script), (*expected.shape[:2], 4))[..., :3]
        np.testing.assert_array_equal(pixels, expected)
    frame = root.locator(".xai-bill-over").first
    rows, columns = found.this(unit).window
    for name, part in (("x", columns.start), ("y", rows.start), ("width", columns.stop - columns.start)):
        assert float(frame.get_attribute(name)) * SIDE == pytest.approx(part)


def test_a_click_strikes_an_item_out_before_the_kernel_hears_of_it(mounted, widget):
    root = mounted.alone(widget)
    found, (target, contrast) = widget.result, asked(widget)
    row = root.locator(".xai-bill-row").nth(1)
    unit = int(np.argsort(-np.maximum(np.abs(found.points(target)), np.abs(found.points(contrast))))[1])
    expected = found.without([unit])[[target, contrast]]
    row.click()
    np.testing.assert_allclose(said(root, ".xai-bill-sum"), expected, atol=0.006)
    assert row.get_attribute("aria-pressed") == "true"
    mounted.settle()
    assert widget.without == [unit]
    notes = root.locator(".xai-bill-sum .xai-bill-points small").all_inner_texts()
    np.testing.assert_allclose([number(words) for words in notes], expected, atol=0.006)
    shares = np.exp(found.without([unit]) - found.without([unit]).max())
    answer = ["cat", "dog", "fox"][int(shares.argmax())]
    assert root.locator(".xai-bill-answer h3").inner_text() == f"Answer without 1 prototype: {answer}"
    root.get_by_role("button", name="Put all back").click()
    mounted.settle()
    assert widget.without == []
    np.testing.assert_allclose(said(root, ".xai-bill-sum"), found.scores[[target, contrast]], atol=0.006)


def test_figures_strike_out_and_undo_brings_back(mounted, widget):
    root = mounted.alone(widget)
    root.focus()
    mounted.page.keyboard.press("3")
    mounted.settle()
    assert len(widget.without) == 1
    assert root.locator(".xai-bill-row").nth(2).get_attribute("aria-pressed") == "true"
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.without == []


def test_pointing_at_an_item_frames_it_in_both_pictures(mounted, widget):
    root = mounted.alone(widget)
    row = root.locator(".xai-bill-row").nth(2)
    row.hover()
    assert "xai-bill-looked" in row.get_attribute("class")
    found = widget.result
    most = np.maximum(*(np.abs(found.points(one)) for one in asked(widget)))
    that = found.that(int(np.argsort(-most)[2]))
    assert root.locator(".xai-bill-picture figcaption").nth(1).inner_text() == f"that: training {that.input + 1}"


def test_another_network_and_another_class_are_chosen_in_the_sentence(mounted, widget):
    root = mounted.alone(widget)
    before = said(root, ".xai-bill-sum")
    root.get_by_label("Network").select_option("two")
    mounted.settle()
    assert widget.network == "two"
    assert said(root, ".xai-bill-sum") != before
    root.get_by_label("Class", exact=True).select_option("fox")
    mounted.settle()
    assert widget.target == 2
    assert root.locator(".xai-bill-class").first.inner_text() == "fox"
    assert said(root, ".xai-bill-sum")[0] == pytest.approx(widget.result.scores[2], abs=0.006)


@pytest.mark.parametrize("size", SIZES)
def test_on_the_stage_all_of_the_bill_is_seen(mounted, widget, size):
    root = mounted.alone(widget)
    mounted.resize(*SIZES[size])
    root.get_by_role("button", name="Present").click()
    mounted.settle()
    stage = root.locator(".xai-stage").bounding_box()
    for part in (".xai-bill-sum", ".xai-bill-answer", ".xai-bill-row >> nth=0"):
        box = root.locator(part).bounding_box()
        assert box["y"] >= stage["y"]
        assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1
    root.get_by_role("button", name="Leave").click()
    mounted.settle()
    mounted.resize(1280, 720)


def test_a_saved_page_adds_the_bill_up_without_a_kernel(mounted):
    widget = xai.prototypes(net(), PICTURES, TRAINING)
    found = widget.result
    widget._repr_mimebundle_()
    root = mounted.show_saved(widget)
    root.locator(".xai-bill-row").first.wait_for()
    target, contrast = classes = asked(widget)
    # Weights are kept to 16 bits.
    np.testing.assert_allclose(said(root, ".xai-bill-sum"), found.scores[classes], atol=0.01)
    most = np.maximum(np.abs(found.points(target)), np.abs(found.points(contrast)))
    root.locator(".xai-bill-row").first.click()
    left = found.without([int(most.argmax())])[classes]
    np.testing.assert_allclose(said(root, ".xai-bill-sum"), left, atol=0.01)
    widget.close()
