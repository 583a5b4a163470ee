"""Predict, then reveal, in a real page: nothing of the map is there before, and what is said then is what is true."""

import re

import numpy as np
import pytest

import xai_widgets as xai
from tests.ui.mounted import Mounted, wired
from tests.ui.test_layout import IN_PART, NETWORKS, ON_STAGE, check_stage, wrapped
from tests.ui.test_layout import share as of_stage
from xai_widgets.widgets.overlap import disc, overlap

PICTURES = np.random.default_rng(2).integers(0, 256, (3, 16, 16, 3), np.uint8)

SIDE = 16

SEEN = """root => {
    // Which methods are for a model is found out some time or other.
    for (const menu of root.querySelectorAll('.xai-pop')) menu.remove();
    const html = root.outerHTML.replace(/xai-[\\w]+-\\d+-\\w+/g, 'id');
    const pixels = [...root.querySelectorAll('canvas')].map(canvas => canvas.toDataURL());
    return [html, root.innerText, ...pixels];
}"""
"""All that a page has of a widget: what is seen, what is read aloud, and what is only there."""


@pytest.fixture(scope="module")
def mounted(browser):
    with wired():
        page = Mounted(browser, 1100, 760, has_touch=True)
        yield page
        page.close()


@pytest.fixture
def shown(mounted):
    """Return a function that puts an explorer on the page in which one predicts first, and gives it and its element."""
    made = []

    def show(models=None, **choices):
        widget = xai.explore(wrapped() if models is None else models, PICTURES, predict_first=True, **choices)
        made.append(widget)
        return widget, mounted.alone(widget)

    yield show
    for widget in made:
        widget.close()


def press(root, name):
    root.get_by_role("button", name=name).click()


def at(root, x, y):
    """Where a place of the picture is on the page, given in shares of it."""
    box = root.locator(".xai-marking-board canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def brushed(mounted, root, *places):
    mounted.page.mouse.move(*at(root, *places[0]))
    mounted.page.mouse.down()
    for place in places:
        mounted.page.mouse.move(*at(root, *place), steps=4)
    mounted.page.mouse.up()
    mounted.settle()


def mask_of(widget):
    runs = widget.marks[str(widget.index)]["area"]
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(SIDE, SIDE)


def share(words):
    """The number of a percentage, and how far rounding may have moved it."""
    number = re.search(r"([\d.]+) %", words)[1]
    return float(number) / 100, 0.0006 if "." in number else 0.006


def test_nothing_of_a_hidden_map_is_in_the_page(mounted, shown):
    """Two maps that differ, with everything that may be said of them alike."""
    seen = []
    for seed in (0, 1):
        widget, root = shown(method=xai.SmoothGrad(samples=3, seed=seed))
        seen.append(root.evaluate(SEEN))
        mounted.page.mouse.move(*at(root, 0.5, 0.5))
        mounted.settle()
        assert widget._screen.session._beside.asked is None, "nobody asks how a value of it arises"
        assert root.locator(".xai-arises, .xai-legend, .xai-gradient").count() == 0
        assert "the map is hidden" in root.inner_text()
        press(root, "Reveal the map")
        mounted.settle()
        seen.append(root.evaluate(SEEN))
    assert seen[0] == seen[2]
    assert seen[1] != seen[3], "they do differ"


def test_a_picture_that_is_turned_to_hides_its_map_before_it_comes(mounted, shown):
    widget, root = shown(method="saliency")
    press(root, "Reveal the map")
    mounted.settle()
    board = root.locator(".xai-marking-board")
    assert board.count() == 0
    widget.set(index=1)
    mounted.pump()
    assert board.is_visible()
    mounted.settle()
    widget.set(index=0)
    mounted.settle()
    assert board.count() == 0, "what was revealed stays so"


def test_a_brush_marks_and_the_map_says_how_much_it_holds(mounted, shown):
    widget, root = shown(method="saliency")
    brushed(mounted, root, (0.2, 0.2), (0.6, 0.2), (0.6, 0.7))
    mask = mask_of(widget)
    assert mask[3, 3]
    assert mask[3, 9]
    assert mask[11, 9]
    assert not mask[11, 3]
    area, off = share(root.locator(".xai-marking p").inner_text())
    assert area == pytest.approx(mask.mean(), abs=off)
    assert root.locator(".xai-marking p[role=status]").inner_text().startswith("Marked: ")
    press(root, "Reveal the map")
    mounted.settle()
    found = overlap(widget.result.map, mask, "both")
    words = root.locator(".xai-marking b").inner_text()
    held, off = share(words)
    assert held == pytest.approx(found.evidence, abs=off)
    area, off = share(words.partition(" on ")[2])
    assert area == pytest.approx(mask.mean(), abs=off)
    hits, off = share(root.locator(".xai-marking tr").nth(2).locator("td").nth(1).inner_text())
    assert hits == pytest.approx(found.hits, abs=off)
    spoken = root.locator(".xai-marking .xai-spoken").text_content()
    assert words in spoken
    assert "by chance in the map" in spoken
    assert root.locator(".xai-picture .xai-outline path").count() >= 2, "the mark lies over the map"
    # Only what is shown is evidence.
    widget.set(display={"sign": "positive"})
    mounted.settle()
    held, off = share(root.locator(".xai-marking b").inner_text())
    assert held == pytest.approx(overlap(widget.result.map, mask, "positive").evidence, abs=off)
    # The mark stays for the next method.
    widget.set(method="occlusion", window=4, stride=2)
    mounted.settle()
    held, off = share(root.locator(".xai-marking b").inner_text())
    assert held == pytest.approx(overlap(widget.result.map, mask, "positive").evidence, abs=off)


def test_hands_are_counted_with_clicks_and_typed_and_ranked(mounted, shown):
    widget, root = shown({f"model {n}": wrapped(n) for n in range(4)}, method="saliency")
    root.get_by_role("radio", name="Hands").check(force=True)
    for place, clicks in (((0.25, 0.25), 1), ((0.75, 0.3), 3), ((0.5, 0.8), 1)):
        for _ in range(clicks):
            mounted.page.mouse.click(*at(root, *place))
    root.get_by_label("Hands for spot A").fill("12")
    root.get_by_label("Hands for spot A").press("Enter")
    root.get_by_label("Hands for spot C").fill("0")
    root.get_by_label("Hands for spot C").press("Enter")
    mounted.settle()
    spots = widget.marks["0"]["spots"]
    assert [spot["hands"] for spot in spots] == [12, 3]
    assert (spots[1]["x"], spots[1]["y"]) == (pytest.approx(0.75, abs=0.01), pytest.approx(0.3, abs=0.01))
    assert "A, upper left: 12 hands; B, upper right: 3 hands." in root.locator(".xai-marking p").inner_text()
    press(root, "Reveal the map")
    mounted.settle()
    rows = root.locator(".xai-marking tr")
    assert rows.nth(1).locator("th").inner_text() == "A: 12 hands", "most hands first"
    for column, result in enumerate(widget.result.values(), 2):
        found = [overlap(result.map, disc(spot["x"], spot["y"], SIDE, SIDE), "both").evidence for spot in spots]
        for row, (value, other) in enumerate([found, found[::-1]], 1):
            said = rows.nth(row).locator("td").nth(column - 1).inner_text()
            held, off = share(said)
            assert held == pytest.approx(value, abs=off)
            assert said.endswith(f"no. {1 if value >= other else 2}")
    assert root.locator(".xai-spot:visible").count() == 8, "the spots lie over each map"


def test_keys_and_fingers_mark_and_what_was_marked_is_taken_back(mounted, shown):
    widget, root = shown(method="saliency")
    root.locator(".xai-marking-board .xai-panes").focus()
    keyboard = mounted.page.keyboard
    keyboard.press("Shift+ArrowLeft")
    keyboard.down(" ")
    keyboard.press("ArrowUp")
    keyboard.press("ArrowUp")
    keyboard.up(" ")
    mounted.settle()
    mask = mask_of(widget)
    assert mask[8, 6]
    assert mask[6, 6]
    assert not mask[8, 12]
    mounted.page.touchscreen.tap(*at(root, 0.8, 0.8))
    mounted.settle()
    assert mask_of(widget)[12, 12]
    keyboard.press("Control+z")
    mounted.settle()
    assert (mask_of(widget) == mask).all()
    root.get_by_role("radio", name="Hands").check(force=True)
    root.locator(".xai-marking-board .xai-panes").focus()
    keyboard.press(" ")
    keyboard.press(" ")
    mounted.settle()
    assert [spot["hands"] for spot in widget.marks["0"]["spots"]] == [2]
    root.get_by_role("button", name="Reveal the map").press("Enter")
    mounted.settle()
    assert root.locator(".xai-marking-board").count() == 0
    keyboard.press("Control+z")
    mounted.settle()
    assert root.locator(".xai-marking-board").count() == 1, "the map is hidden again"


def test_it_is_a_setting_that_hides_the_map_of_a_grid_too(mounted):
    mounted.clear()
    widget = xai.grid(wrapped(), PICTURES, methods=["saliency", xai.Occlusion(window=4, stride=4)])
    (root,) = mounted.show(widget)
    root.get_by_role("button", name="Settings").click()
    assert not root.locator(".xai-marking").is_visible()
    box = root.get_by_role("checkbox", name="Predict first")
    box.check()
    mounted.settle()
    assert widget.predict_first
    assert root.locator(".xai-tile").count() == 0
    brushed(mounted, root, (0.2, 0.2), (0.8, 0.2))
    press(root, "Reveal the map")
    mounted.settle()
    mask = mask_of(widget)
    cells = root.locator(".xai-marking tr").nth(1).locator("td")
    for place, result in enumerate(widget.result.values(), 1):
        held, off = share(cells.nth(place).inner_text())
        assert held == pytest.approx(overlap(result.map, mask, "both").evidence, abs=off)
    box.uncheck()
    mounted.settle()
    assert not root.locator(".xai-marking").is_visible()
    assert root.locator(".xai-outline path").count() == 0
    widget.close()


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (1024, 768), (1440, 900)])
def test_the_revealed_pictures_have_half_of_the_stage(mounted, shown, size):
    mounted.resize(*size)
    for count in (1, 2, 3, 4):
        models = {name: wrapped(seed) for seed, name in enumerate(NETWORKS[:count])}
        widget, root = shown(models, method="smoothgrad")
        brushed(mounted, root, (0.2, 0.2), (0.6, 0.2))
        press(root, "Present")
        press(root, "Reveal the map")
        mounted.settle()
        found = root.evaluate(ON_STAGE)
        check_stage(found, 0.0155)
        assert of_stage(found) >= 0.5, count
        assert "evidence in your mark" in root.locator(".xai-marking table").inner_text()
        spots = [{"x": 0.1 + 0.4 * n, "y": 0.5 + 0.2 * n, "hands": 12 - n} for n in range(3)]
        widget.marks = {"0": {**widget.marks["0"], "spots": spots}}
        mounted.settle()
        counted = root.evaluate(ON_STAGE)
        check_stage(counted, 0.0155)
        # So many beside each other, or in two rows where that is as large.
        assert of_stage(counted) >= min(0.5, 0.92 * size[0] / size[1] / count), count
        assert all(told for *_, told in root.evaluate(IN_PART)), count
    mounted.resize(1100, 760)


@pytest.mark.parametrize("size", [(1366, 768), (3840, 2160), (1024, 768)])
def test_it_fits_the_stage_before_and_after(mounted, shown, size):
    mounted.resize(*size)
    for count in (1, 4):
        widget, root = shown({f"model {n}": wrapped(n) for n in range(count)}, method="smoothgrad")
        brushed(mounted, root, (0.2, 0.2), (0.6, 0.2))
        spots = [{"x": 0.1 + 0.4 * n, "y": 0.5 + 0.2 * n, "hands": 12 - n} for n in range(3)]
        widget.marks = {"0": {**widget.marks["0"], "spots": spots}}
        press(root, "Present")
        mounted.settle()
        before = root.evaluate(ON_STAGE)
        check_stage(before, 0.0155)
        assert before["pictures"][0][2] >= 0.45 * before["height"]
        press(root, "Reveal the map")
        mounted.settle()
        after = root.evaluate(ON_STAGE)
        check_stage(after, 0.0155)
        assert len(after["pictures"]) == count
        assert min(height for _, _, height in after["pictures"]) >= 0.2 * after["height"]
        if count == 1:
            assert of_stage(after) >= 0.6, "the table stands beside the picture"
            assert root.evaluate(IN_PART) == []
    mounted.resize(1100, 760)
