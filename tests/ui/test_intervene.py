"""An intervener in a real page: bars that are dragged, by key and by touch, truth by concept and group, the stage."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, opened

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
NAMES = ["petal: red", "petal: blue", "petal: white", "tall", "wet"]
GROUPS = {"petal": NAMES[:3]}
TRUTHS = np.array([[1, 0, 0, 1, np.nan], [0, 1, 0, 0, 0], [0, 0, 1, 1, 0], [1, 0, 0, 0, 1]])
LABELS = [0, 1, 2, 3]
CLASSES = ["rose", "iris", "lily", "poppy"]
SIZES = {"tablet": (1024, 768), "projector": (1366, 768), "wall": (1920, 1080)}


def net(seed, last):
    torch.manual_seed(seed)
    parts = [nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last, nn.Linear(5, 4)]
    with torch.no_grad():
        parts[0].weight.mul_(8)
        parts[4].weight.mul_(6)
    return xai.wrap(nn.Sequential(*parts), classes=CLASSES, input_shape=(3, 16, 16), units={"3": NAMES})


@pytest.fixture(scope="module")
def mounted(browser):
    page = Mounted(browser, 1280, 800, has_touch=True)
    yield page
    page.close()


@pytest.fixture(scope="module")
def widgets():
    known = {"truths": TRUTHS, "labels": LABELS, "groups": GROUPS}

    def make():
        chances, logits = net(0, nn.Sigmoid()), net(3, nn.Identity())
        return {
            "one": xai.intervene(chances, PICTURES, "3", **known),
            "two": xai.intervene({"chances": chances, "logits": logits}, PICTURES, "3", **known),
        }

    with opened(make) as made:
        yield made


@pytest.fixture
def one(mounted, widgets):
    widgets["one"].set(index=0, told={})
    return widgets["one"], mounted.alone(widgets["one"])


def values(root):
    return root.locator(".xai-class-rows .xai-concept-value").all_inner_texts()


def in_words(widget):
    shares = 100 * widget.result.probabilities
    return [f"{round(share)}" if share >= 10 else f"{share:.1f}" for share in shares]


def numbers(texts):
    return [float(text.strip(" %<>")) for text in texts]


def test_the_bars_are_what_the_network_says(one):
    widget, root = one
    said = widget.result.said
    assert root.locator(".xai-concept-row .xai-concept-value").all_inner_texts() == [f"{one:.2f}" for one in said]
    np.testing.assert_allclose(numbers(values(root)), [float(one) for one in in_words(widget)], atol=0.6)
    assert root.locator(".xai-concept-name").all_inner_texts() == ["red", "blue", "white", "tall", "wet"]
    answer = CLASSES[int(widget.result.probabilities.argmax())]
    assert root.locator(".xai-told-answer-said b").inner_text() == answer
    assert root.locator(".xai-told-verdict").inner_text() == ("right" if answer == "rose" else "wrong")


def test_a_bar_is_dragged_and_the_answer_follows(mounted, one):
    widget, root = one
    before = values(root)
    slider = root.get_by_role("slider", name="petal: blue")
    box = slider.bounding_box()
    mouse = mounted.page.mouse
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2, steps=3)
    mounted.settle()
    during = values(root)
    mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=3)
    mouse.up()
    mounted.settle()
    assert widget.told == {"petal: blue": 1}
    assert len({tuple(before), tuple(during), tuple(values(root))}) == 3
    np.testing.assert_allclose(numbers(values(root)), [float(one) for one in in_words(widget)], atol=0.6)
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert widget.told == {}
    assert values(root) == before


def test_keys_and_fingers_tell_a_concept_and_delete_takes_it_back(mounted, one):
    widget, root = one
    slider = root.get_by_role("slider", name="tall")
    slider.focus()
    mounted.page.keyboard.press("End")
    mounted.page.keyboard.press("ArrowLeft")
    mounted.settle()
    assert widget.told == {"tall": 0.99}
    assert slider.get_attribute("aria-valuetext") == "99 %"
    mounted.page.keyboard.press("Delete")
    mounted.settle()
    assert widget.told == {}
    box = slider.bounding_box()
    mounted.page.touchscreen.tap(box["x"] + 2, box["y"] + box["height"] / 2)
    mounted.settle()
    assert widget.told == {"tall": 0}


def test_the_truth_is_told_of_a_concept_and_of_a_group(mounted, one):
    widget, root = one
    root.get_by_role("button", name="Tell the truth of tall: yes").click()
    mounted.settle()
    assert widget.told == {"tall": 1}
    assert root.get_by_role("button", name="wet").count() == 0, "its truth is not known"
    root.get_by_role("button", name="Tell the truth: petal").click()
    mounted.settle()
    assert widget.told == {"petal: red": 1, "petal: blue": 0, "petal: white": 0, "tall": 1}
    root.get_by_role("button", name="Take back: petal").click()
    root.get_by_role("button", name="Take back tall").click()
    mounted.settle()
    assert widget.told == {}


def test_what_is_worth_most_is_marked_and_asked_for(mounted, one):
    widget, root = one
    best = widget.next.best
    marked = root.locator(".xai-concept-group:has(.xai-asked-for)")
    assert marked.count() == 1
    assert marked.get_attribute("aria-label") == best
    if best == "wet":
        assert "would ask for wet" in root.locator(".xai-told-answer").inner_text()
        widget.told = {"wet": 0}
        mounted.settle()
        best = widget.next.best
    root.get_by_role("button", name=f"Ask for {best}").click()
    mounted.settle()
    assert widget.told.items() >= {name: TRUTHS[0, NAMES.index(name)] for name in GROUPS.get(best, [best])}.items()
    assert widget.next.best != best
    root.get_by_label("Ask by").select_option("uncertainty")
    mounted.settle()
    assert widget.options == {"criterion": "uncertainty"}


def test_another_picture_comes_without_what_was_told(mounted, one):
    widget, root = one
    root.get_by_role("button", name="Tell the truth: petal").click()
    root.locator(".xai-strip input").nth(2).check(force=True)
    mounted.settle()
    assert (widget.index, widget.told) == (2, {})
    assert root.locator(".xai-concept-is-told").count() == 0
    assert root.locator(".xai-concept-true .xai-concept-name").all_inner_texts() == ["white", "tall"]
    root.focus()
    mounted.page.keyboard.press("Control+z")
    mounted.settle()
    assert (widget.index, widget.told) == (0, {"petal: red": 1, "petal: blue": 0, "petal: white": 0})


def test_several_networks_are_told_the_same_and_answer_for_themselves(mounted, widgets):
    widget = widgets["two"]
    root = mounted.alone(widget)
    assert root.locator(".xai-concept-row").first.locator(".xai-intervened-bar").count() == 2
    assert root.get_by_text("cannot ask").count() == 1, "logits are no probabilities"
    root.get_by_role("button", name="Tell the truth: petal").click()
    mounted.settle()
    for name, line in zip(("chances", "logits"), root.locator(".xai-told-answer").all(), strict=True):
        assert CLASSES[int(widget.result[name].probabilities.argmax())] in line.inner_text()
    assert root.locator(".xai-concept-row").first.locator(".xai-concept-value").inner_text() == "yes"


@pytest.mark.parametrize("name", ["one", "two"])
def test_on_the_stage_nothing_scrolls_sideways_or_lies_over_the_line_below(mounted, widgets, name):
    root = mounted.alone(widgets[name])
    for width, height in SIZES.values():
        mounted.resize(width, height)
        root.get_by_role("button", name="Present").click()
        mounted.settle()
        over = "one => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]"
        assert root.locator(".xai-stage").evaluate(over) == [0, 0]
        boxes = [part.bounding_box() for part in root.locator(".xai-told-concepts, .xai-told-answers").all()]
        bottom = max(box["y"] + box["height"] for box in boxes)
        assert bottom <= root.locator(".xai-line").bounding_box()["y"] + 1
        mounted.page.keyboard.press("Escape")
    mounted.resize(1280, 800)
