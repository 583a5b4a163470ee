"""The explorer of several inputs in a real page: panels and their colours, what is dragged, typed and taken back."""

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened, wired
from tests.widgets.test_inputs import pair, two_inputs
from tests.widgets.test_inputs_text import PICTURE, asked
from xai_widgets.render.colormap import colormap


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1280, 800)
        yield page
        page.close()


@pytest.fixture
def widget():
    with opened(lambda: {"w": xai.explore(two_inputs(), pair(), target="storm", method="input_x_gradient")}) as made:
        yield made["w"]


class Both(nn.Module):
    """The score is a sum over two pictures."""

    def forward(self, left, right):
        return (left + 2 * right).sum((1, 2, 3))[:, None]


def numbers(root, selector):
    return [
        float(text.strip("= ").replace("\N{MINUS SIGN}", "-"))
        for text in root.locator(f"{selector}:visible").all_inner_texts()
    ]


def test_what_each_adds_stands_above_the_panels_and_sums_to_the_change(mounted, widget):
    widget.method = "integrated_gradients"
    root = mounted.alone(widget)
    parts = widget.result.parts
    picture, row, together = numbers(root, ".xai-step-value")
    assert (picture, row) == pytest.approx(tuple(parts.values()), abs=0.06)
    assert together == pytest.approx(sum(parts.values()), abs=0.06)
    found = root.locator(".xai-step-track span").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().left, one.getBoundingClientRect().right])"
    )
    track = root.locator(".xai-step-track").first.bounding_box()
    ends = [0, parts["picture"], sum(parts.values())]
    low, high = min(ends), max(ends)
    where = [track["x"] + track["width"] * (end - low) / (high - low) for end in ends]
    expected = [sorted(where[:2]), sorted(where[1:]), sorted([where[0], where[2]])]
    assert np.allclose(found, expected, atol=2)
    assert numbers(root, ".xai-row-value") == pytest.approx(widget.result.maps[1].tolist(), rel=0.06)


def test_pictures_and_columns_have_one_colour_scale(mounted, widget):
    widget.set(display={"layout": "beside", "clip": 100})
    root = mounted.alone(widget)
    seen, read = widget.result.maps
    end = max(abs(seen).max(), abs(read).max())
    note = root.locator(".xai-of-picture h4 .xai-quiet")
    times = float(note.inner_text().split("×")[1]) if note.is_visible() else 1
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    pixels = np.reshape(root.locator(".xai-pane canvas").nth(1).evaluate(script), (5, 4, 4))[..., :3]
    expected = colormap("red_blue").colors(np.clip(seen * times / end, -1, 1), True)
    assert np.abs(pixels - expected).max() <= 1.5
    bars = root.locator(".xai-row-bar span").evaluate_all(
        "all => all.map(one => one.offsetWidth / one.parentElement.offsetWidth)"
    )
    assert bars == pytest.approx((abs(read) / end / 2).tolist(), abs=0.02)


def test_a_column_is_dragged_typed_and_taken_back(mounted, widget):
    root = mounted.alone(widget)
    before = numbers(root, ".xai-row-value")
    back = root.get_by_role("button", name="As it was")
    assert not back.is_visible()
    root.get_by_label("feature 1: slider").focus()
    for _ in range(5):
        mounted.page.keyboard.press("ArrowRight")
    mounted.settle()
    moved = widget.typed["row"]
    assert moved[1] > pair()[1][0][1]
    assert moved[0] == pytest.approx(float(pair()[1][0][0]))
    after = numbers(root, ".xai-row-value")
    assert after[0] == before[0]
    assert after[1] != before[1]
    field = root.get_by_label("feature 1", exact=True)
    field.fill("2")
    field.press("Tab")
    mounted.settle()
    assert widget.typed["row"][1] == 2
    root.press("Control+z")
    mounted.settle()
    assert widget.typed["row"] == moved
    back.click()
    mounted.settle()
    assert widget.typed == {}
    assert numbers(root, ".xai-row-value") == before
    assert float(field.input_value()) == pytest.approx(float(pair()[1][0][1]), rel=0.01)


def test_another_input_comes_with_its_own_edits(mounted, widget):
    widget.typed = {"row": [1, 2, 3]}
    root = mounted.alone(widget)
    root.locator(".xai-thumbnails input").nth(1).check(force=True)
    mounted.settle()
    assert (widget.index, widget.typed) == (1, {})
    assert float(root.get_by_label("feature 0", exact=True).input_value()) == pytest.approx(
        float(pair()[1][1][0]), rel=0.01
    )
    root.locator(".xai-thumbnails input").nth(0).check(force=True)
    mounted.settle()
    assert widget.typed == {"row": [1.0, 2.0, 3.0]}
    assert root.get_by_label("feature 2", exact=True).input_value() == "3"


def test_what_does_not_add_is_not_summed(mounted, widget):
    widget.method = "saliency"
    root = mounted.alone(widget)
    assert "do not add" in root.locator(".xai-shares").inner_text()
    assert root.locator(".xai-step-value:visible").count() == 0
    widget.method = "feature_ablation"
    mounted.settle()
    assert root.locator(".xai-step-value:visible").count() == 2, "each alone: no sum"


@pytest.mark.parametrize("size", [(1024, 768), (1366, 768), (1920, 1080)])
def test_on_the_stage_nothing_is_below_the_edge(mounted, widget, size):
    widget.set(display={"presenter": True})
    mounted.resize(*size)
    root = mounted.alone(widget)
    stage = root.locator(".xai-stage").bounding_box()
    last = (".xai-row-columns li:last-child", ".xai-bars li:last-child")
    for part in (".xai-pane canvas:visible", ".xai-shares", *last):
        box = root.locator(part).last.bounding_box()
        assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1, part
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1, part
    picture = root.locator(".xai-pane canvas:visible").bounding_box()
    assert picture["height"] > 0.5 * stage["height"]
    mounted.resize(1280, 800)


def test_a_word_is_left_out_by_a_click_and_a_text_is_typed(mounted):
    given = (PICTURE, "is it not stormy?")
    with opened(lambda: {"w": xai.explore(asked(), given, target="yes")}) as made:
        widget, root = made["w"], mounted.alone(made["w"])
        assert numbers(root, ".xai-part-word small") == pytest.approx([0.5, 0.25, -1, 2, 0.125], rel=0.05)
        before = root.locator(".xai-bar-value").first.inner_text()
        word = root.locator(".xai-part-word").nth(3)
        word.click()
        mounted.settle()
        assert widget.struck == {"question": [3]}
        assert word.get_attribute("aria-pressed") == "true"
        assert word.inner_text().split() == ["stormy", "out"]
        assert root.locator(".xai-bar-value").first.inner_text() != before
        word.click()
        mounted.settle()
        assert widget.struck == {}
        root.press("Control+z")
        mounted.settle()
        assert widget.struck == {"question": [3]}
        field = root.get_by_label("question", exact=True).locator("visible=true").last
        field.fill("is it calm")
        mounted.settle()
        assert root.locator(".xai-part-word:visible").all_inner_texts()[2].split()[0] == "calm"
        assert widget.typed == {}, "while one types the traits stay as they are"
        field.press("Tab")
        mounted.settle()
        assert (widget.typed, widget.struck) == ({"question": "is it calm"}, {})
        root.get_by_role("button", name="As it was").click()
        mounted.settle()
        assert field.input_value() == "is it not stormy?"


def test_a_picture_is_divided_into_squares_and_a_row_into_columns(mounted, widget):
    widget.set(method="shapley_exact", display={"layout": "beside", "clip": 100}, options={"size": 3})
    root = mounted.alone(widget)
    picture = root.get_by_role("radiogroup", name="Features of picture")
    canvas = root.locator(".xai-pane canvas").nth(1)
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    assert len(np.unique(np.reshape(canvas.evaluate(script), (-1, 4)), axis=0)) == 1, "at first it is one feature"
    assert not root.get_by_label("Size", exact=True).is_visible()
    picture.get_by_label("squares", exact=True).check(force=True)
    root.get_by_role("radiogroup", name="Features of row").get_by_label("columns").check(force=True)
    mounted.settle()
    assert widget.features == {"picture": "squares", "row": "pixels"}
    pixels = np.reshape(canvas.evaluate(script), (5, 4, 4))
    corners = pixels[::3, ::3]
    assert np.array_equal(pixels, np.repeat(np.repeat(corners, 3, 0), 3, 1)[:5, :4])
    assert len(np.unique(corners.reshape(-1, 4), axis=0)) == 4
    assert numbers(root, ".xai-row-value") == pytest.approx(widget.result.maps[1].tolist(), rel=0.06)
    *each, together = numbers(root, ".xai-step-value")
    assert together == pytest.approx(sum(each), abs=0.11)
    assert together == pytest.approx(widget.result.score, abs=0.06), "the network is zero at the baseline"
    size = root.get_by_label("Size", exact=True)
    size.focus()
    size.press("ArrowRight")
    mounted.settle()
    assert widget.options["size"] == 4
    for _ in range(2):
        root.press("Control+z")
        mounted.settle()
    assert (widget.options["size"], widget.features) == (3, {"picture": "squares"})
    widget.method = "saliency"
    mounted.settle()
    assert not picture.is_visible()


def test_the_space_bar_shows_each_picture_its_own(mounted):
    known = {"input_layout": ["channels, height, width"] * 2, "bounds": [(0, 1)] * 2, "outputs": "values"}
    model = xai.wrap(Both(), input_shape=[(1, 5, 4)] * 2, input_names=["left", "right"], **known)
    with opened(lambda: {"w": xai.explore(model, tuple(pair()[0]), method="saliency")}) as made:
        root = mounted.alone(made["w"])
        root.focus()
        mounted.page.keyboard.down("Space")
        originals = root.locator(".xai-original:visible")
        shown = originals.evaluate_all("all => all.map(one => getComputedStyle(one).content)")
        mounted.page.keyboard.up("Space")
        assert shown == [f'url("{part["src"]}")' for part in made["w"].catalogue["inputs"][0]]
        assert shown[0] != shown[1]
        assert originals.count() == 0
