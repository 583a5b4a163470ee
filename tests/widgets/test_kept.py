"""What is on a screen is kept as JSON or as a line, and a widget begins with it again."""

import base64
import json
import re
import warnings
import zlib

import numpy as np
import pytest
import torch

import xai_widgets as xai
from tests.widgets.conftest import Browser, held, with_browsers
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check

QUESTIONS = [
    {},
    {"method": "smoothgrad", "options": {"sigma": 0.3, "samples": 3, "seed": 5}, "index": 2},
    {"target": "dog", "contrast": "cat", "layer": "1", "steps": 3},
    {"method": "grad_cam", "target": 2},
    {"quantity": "channel", "channel_layer": "0", "channel": 2, "method": "saliency"},
    {"method": "saliency", "display": {"colormap": "viridis", "opacity": 0.25, "presenter": True}},
    {"grid": ["saliency", xai.SmoothGrad(samples=2), {"method": "grad_cam", "layer": "0"}], "focus": 1},
]


def unfolded(line):
    """What a line holds, by the definition of its format alone."""
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(line + "=" * (-len(line) % 4)), wbits=-15))


def folded(content):
    packer = zlib.compressobj(wbits=-15)
    return base64.urlsafe_b64encode(packer.compress(content) + packer.flush()).decode().rstrip("=")


@pytest.fixture
def grids():
    yield from with_browsers(xai.grid)


@pytest.fixture
def state(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency", target="dog", index=1)
    browser.finish()
    return widget.state


@pytest.mark.parametrize("given", QUESTIONS)
def test_what_was_on_the_screen_is_there_again(explorers, model, images, tmp_path, given):
    focused = {name: given[name] for name in ("grid", "focus") if name in given}
    widget, browser = explorers(model, images, **{name: value for name, value in given.items() if name not in focused})
    widget.set(**focused)
    browser.finish()
    line = widget.state_text
    assert re.fullmatch(r"[\w-]+", line, re.ASCII)
    assert unfolded(line) == json.loads(json.dumps(widget.state)) == widget.state
    file, written = tmp_path / "state.json", tmp_path / "line.txt"
    file.write_text(json.dumps(widget.state), "utf-8")
    written.write_text(f"{line}\n", "utf-8")
    link = f"https://example.org/page.html#xai={line}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kept in (widget.state, line, link, json.dumps(widget.state), file, str(file), written):
            again = explorers(model, images, state=kept)[0]
            assert again._screen.setting.state.as_dict() == widget._screen.setting.state.as_dict()
            assert again.display == {**widget.display, "presenter": False}


def test_a_kept_state_says_names_beside_numbers(state, model, images):
    assert state["names"] == {"target": "dog"}
    assert (state["question"]["target"], state["question"]["method"], state["question"]["layer"]) == (
        1,
        "saliency",
        None,
    )
    assert (state["version"], state["widget"], "presenter" in state["display"]) == (1, "explore", False)
    share = model.probabilities(np.moveaxis(images[1] / 255, -1, 0))[0]
    ((top, value),) = state["seen"]["outputs"].values()
    assert (top, value) == (share.argmax(), pytest.approx(share.max(), rel=1e-3))


def test_a_class_is_found_by_its_name_where_its_number_is_another(net, state, images, explorers):
    turned = xai.wrap(net, classes=["dog", "fox", "cat"], input_shape=(3, 16, 16))
    assert explorers(turned, images, state=state)[0].target == 0
    nameless = xai.wrap(net, input_shape=(3, 16, 16))
    assert explorers(nameless, images, state=state)[0].target == 1
    others = xai.wrap(net, classes=["a", "b", "c"], input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match=r"does not fit what it is given to\. There is no class 'dog'"):
        xai.explore(others, images, state=state)


def test_what_is_given_beside_a_state_changes_it(state, model, images, explorers, grids):
    widget, _ = explorers(model, images, state=state, index=0, display={"clip": 90})
    assert (widget.index, widget.target, widget.method, widget.display["clip"]) == (0, 1, "saliency", 90)
    several, _ = grids(model, images, methods=["saliency", "occlusion"])
    assert [cell["method"] for cell in grids(model, images, state=several.state)[0].grid] == ["saliency", "occlusion"]
    assert [cell["method"] for cell in grids(model, images, methods=["occlusion"], state=several.state)[0].grid] == [
        "occlusion"
    ]
    assert len(grids(model, images, state=state)[0].grid) > 2, "one of each family, the one that was kept among them"


def test_another_picture_and_other_weights_are_warned_of_and_taken(net, model, state, images, explorers):
    with pytest.warns(UserWarning, match="another picture"):
        widget, _ = explorers(model, 255 - images, state=state)
    assert widget.target == 1
    with torch.no_grad():
        net[-1].bias += torch.tensor([3.0, 0, 0])
    with pytest.warns(UserWarning, match="something else of this picture") as seen:
        widget, _ = explorers(xai.wrap(net, classes=["cat", "dog", "fox"]), images, state=state)
    assert [one.filename for one in seen] == [__import__("tests.widgets.conftest", fromlist=["x"]).__file__]
    assert (widget.target, widget.index) == (1, 1)


def without(state, part):
    return {name: value for name, value in state.items() if name != part}


BAD = {
    "no state at all": (lambda state: 5, TypeError, "state is 5; expected what widget.state"),
    "a word": (lambda state: "hello", ValueError, "state is 'hello', which is no state"),
    "nothing": (lambda state: "", ValueError, "which is no state"),
    "letters of no line": (lambda state: "a b!", ValueError, "which is no state"),
    "JSON cut short": (lambda state: json.dumps(state)[:-3], ValueError, "only a part of one"),
    "a list": (lambda state: folded(b"[1]"), TypeError, r"holds \[1\]; expected a dict"),
    "very deep": (lambda state: folded(b"[" * 500_000), ValueError, "which is no state"),
    "very long": (lambda state: folded(b" " * 2**22), ValueError, "which is no state"),
    "no version": (lambda state: without(state, "version"), ValueError, "has version None; expected 1"),
    "later": (lambda state: {**state, "version": 2}, ValueError, "version 2, .* upgrade"),
    "of another": (
        lambda state: {**state, "widget": "attack"},
        ValueError,
        "one of 'attack'; expected one of 'explore'",
    ),
    "unknown part": (lambda state: {**state, "more": 1}, ValueError, "no part of a state 'more'"),
    "no dict": (lambda state: {**state, "question": [1]}, TypeError, r"question of the state is \[1\]"),
    "names": (lambda state: {**state, "names": {"target": [1]}}, (ValueError, TypeError), "."),
    "unknown method": (
        lambda state: {**state, "question": {"method": "magic"}},
        ValueError,
        "does not fit what it is given to. There is no method 'magic'",
    ),
    "unknown choice": (lambda state: {**state, "question": {"colour": 1}}, ValueError, "no choice 'colour'"),
    "no such picture": (lambda state: {**state, "question": {"index": 9}}, ValueError, "no picture 9"),
    "display": (lambda state: {**state, "display": {"opacity": 7}}, ValueError, "opacity 7"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_state_is_refused_and_nothing_is_lost(explorers, model, images, state, name):
    make, error, words = BAD[name]
    widget, browser = explorers(model, images, method="saliency")
    browser.finish()
    before = held(widget)
    with pytest.raises(error, match=words):
        widget.state = make(state)
    assert held(widget) == before
    with pytest.raises(error, match=words):
        xai.explore(model, images, state=make(state))


def test_every_line_that_is_cut_short_is_refused(state, explorers, model, images):
    widget, _ = explorers(model, images)
    line = widget.state_text
    for length in range(1, len(line) - 1, 7):
        with pytest.raises(ValueError, match="which is no state"):
            widget.state = line[:length]


def test_a_state_is_set(state, explorers, model, images):
    widget, browser = explorers(model, images)
    widget.state = state
    assert (widget.method, widget.target, widget.index) == ("saliency", 1, 1)
    assert widget.result.method.name == "saliency"
    assert browser.errors == []


def test_seen_that_says_nonsense_is_no_matter(state, model, images, explorers):
    for seen in ({"picture": 5, "outputs": 7}, {"outputs": {"": ["a", None]}}, {"outputs": {"": [[], {}]}}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert explorers(model, images, state={**state, "seen": seen})[0].target == 1


def test_an_attacker_is_kept_too(attackers, model, images):
    widget, _ = attackers(model, images, epsilon=0.75, norm="linf", target="fox", steps=3, index=2, method="smoothgrad")
    again, _ = attackers(model, images, state=widget.state_text)
    assert again._screen.setting == widget._screen.setting or again.state == widget.state
    assert (again.epsilon, again.norm, again.target, again.index) == (0.75, "linf", 2, 2)
    assert attackers(model, images, state=widget.state, norm="l2")[0].norm == "l2"
    with pytest.raises(ValueError, match="one of 'attack'; expected one of 'explore'"):
        xai.explore(model, images, state=widget.state)


def test_a_painter_is_kept_without_its_paint(painters, model, images):
    widget, _ = painters(model, images, method="saliency", target="fox", index=2)
    again, _ = painters(model, images, state=widget.state)
    assert (again.method, again.target, again.index) == ("saliency", 2, 2)


def test_the_browser_is_told_the_line_that_makes_the_widget_again(explorers, model, images):
    for models, given in ((model, "model"), ({"a": model, "b": model}, "models")):
        _, browser = explorers(models, images, target="fox", method="saliency")
        browser.send({"type": "keep"})
        browser.finish()
        (told,) = [message for message in browser.messages if message["type"] == "kept"]
        check(told, protocol.KeptMessage, "message")
        assert set(told) == {"type", "frame", "generation", "request", "code"}
        assert told["code"].startswith(f"xai.explore({given}, images, state=")
        made = eval(told["code"], {"xai": xai, given: models, "images": images})
        assert (made.target, made.method) == (2, "saliency")
        made.close()


def test_going_back_brings_what_another_method_or_layer_would_bring_its_own_of(explorers, model, images):
    """A browser goes back by settling all at once; what is the same as now counts, too."""
    widget, browser = explorers(model, images, method="integrated_gradients")
    first = widget._screen.setting.state.as_dict()
    browser.settle(layer="1")
    browser.settle(method="grad_cam")
    widget.set(layer=None)
    browser.settle(method="saliency", layer=None)
    assert browser.widget.layer is None
    browser.settle(**first)
    assert widget._screen.setting.state.as_dict() == first
    widget.set(quantity="channel", channel_layer="0", channel=2)
    before = widget._screen.setting.state.as_dict()
    widget.set(channel_layer="1", channel=2)
    assert widget.channel == 2
    browser.settle(**before)
    assert widget._screen.setting.state.as_dict() == before
    assert browser.errors == []


def test_the_browser_knows_the_settings_that_the_widget_began_with(explorers, attackers, model, images):
    widget, _ = explorers(model, images, method="saliency", target=1, display={"opacity": 0.5})
    began = {**widget._screen.setting.state.as_dict(), "display": widget.display, "predict_first": False, "marks": {}}
    widget.set(method="occlusion", target=0, display={"opacity": 1})
    assert widget.catalogue["first"] == began
    browser = Browser(widget)
    browser.settle(**began)
    setting = widget._screen.setting
    assert {**setting.state.as_dict(), "display": widget.display, **setting.marking.traits()} == began
    other, _ = attackers(model, images, epsilon=0.5)
    other.epsilon = 1.0
    assert other.catalogue["first"]["epsilon"] == 0.5
