"""Whatever a browser sends: nothing raises, hangs or is half done."""

import json
import logging
import random

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import Browser, brightened, halves, held, state_of
from tests.widgets.test_inputs import pair, two_inputs
from tests.widgets.test_tokens import WORDS, Sum
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets.screen import MESSAGES

ODD = [
    *(None, True, False, 0, -1, 1, 2.5, 10**30, float("nan"), float("inf"), "", "0", "score", "several", "linf"),
    *("\ud800", "<script>", "a" * 1000, [], [1], [[]], {}, {"a": 1}, {"method": "saliency"}, [{"method": None}]),
    *(
        ["saliency"],
        [{"method": "grad_cam", "layer": "9"}],
        {"steps": -1},
        {"steps": 3},
        {"sigma": "x"},
        {"opacity": 2},
    ),
]
"""What may stand in any place of a message."""


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"options": value}
    return value


def made(kind, model, images):
    if kind == "tokens":
        words = xai.wrap(Sum(), vocabulary=WORDS, classes=["bad", "good"], input_shape=(6,))
        return xai.tokens(words, ["a very good film", "not bad"], steps=2)
    if kind == "inputs":
        return xai.explore(two_inputs(), pair(), method="saliency")
    if kind == "walk":
        return xai.walk(xai.Game(["a", "b"], {(): 0, "a": 1, "b": 2, ("a", "b"): 4}))
    if kind == "grid":
        return xai.grid(model, images, methods=["saliency", xai.IntegratedGradients(steps=2)])
    if kind == "attack":
        return xai.attack(model, images, steps=2)
    if kind == "randomise":
        return xai.randomise(model, images, ["saliency"], draws=1)
    if kind == "judge":
        return xai.judge(model, images, ["saliency"], steps=2)
    if kind == "rank":
        return xai.rank(model, images, ["saliency"], [xai.Deletion(steps=2)])
    if kind == "excite":
        return xai.excite(model, images, layer="1", options={"steps": 2})
    if kind == "dictionary":
        return xai.dictionary(model, images, "1", options={"features": 6, "steps": 60})
    if kind == "concepts":
        return xai.concepts(model, images, brightened(images), "1", options={"runs": 4})
    if kind == "intervene":
        return xai.intervene(model, images, "1", levels=(0, 1), truths=[[0, 1] * 2] * len(images))
    if kind == "representations":
        return xai.representations(model, images)
    if kind == "prototypes":
        with_head = nn.Sequential(nn.Conv2d(3, 4, 5), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 3))
        return xai.prototypes(xai.wrap(with_head, input_shape=(3, 16, 16)), images, images)
    if kind == "without":
        rows = np.random.default_rng(0).normal(size=(12, 3))
        line = xai.wrap(nn.Linear(3, 2), classes=["no", "yes"], bounds=None, input_shape=(3,))
        return xai.without(line, rows[:4], rows, options={"draws": 8})
    if kind == "units":
        return xai.units(model, images, halves(images), "1")
    return getattr(xai, kind)(model, images, method="saliency")


LIVE = [
    *("explore", "grid", "inputs", "paint", "tokens", "attack", "judge", "randomise", "rank"),
    *("units", "excite", "concepts", "dictionary", "intervene", "representations", "prototypes", "without"),
]


def usual_method(widget):
    """Return a method that the widget has, whatever its own was."""
    if widget._made_by == "prototypes":
        return "prototypes"
    own = {
        "correlation": "shapley",
        "unit": "network_dissection",
        "network": "activation_maximisation",
        "concept": "tcav",
        "feature": "sparse_autoencoder",
        "beside": "cka",
        "told": "next_concept",
    }
    return next((method for trait, method in own.items() if trait in widget._chosen), "saliency")


@pytest.fixture(params=LIVE)
def live(request, model, images):
    """Every widget that takes messages."""
    widget = made(request.param, model, images)
    yield widget
    widget.close()


@pytest.fixture(params=[*LIVE, "walk"])
def widget(request, model, images):
    """Every widget."""
    widget = made(request.param, model, images)
    yield widget
    widget.close()


def messages(rng, widget):
    """Yield messages that are nearly right."""
    names = [*widget._chosen, "paint", "bare", "text", "_paint", "catalogue", "evil"]
    while True:
        changes = {rng.choice(names): rng.choice(ODD) for _ in range(rng.randint(0, 3))}
        message = {
            "type": rng.choice([*MESSAGES, "dance", None]),
            "request": rng.choice([1, 2, *ODD]),
            "frame": rng.choice([1, *ODD]),
            "state": rng.choice([changes, changes, *ODD]),
            "changes": rng.choice([changes, changes, *ODD]),
            "view": rng.choice([0, 1, *ODD]),
            "at": rng.choice([[1, 2], None, [7, 1, 10**30], *ODD]),
        }
        for name in rng.sample(sorted(message), rng.randint(0, 2)):
            del message[name]
        yield message


@pytest.mark.parametrize("seed", range(3))
def test_no_message_raises_hangs_or_is_half_done(live, seed, capsys, caplog):
    browser, rng = Browser(live), random.Random(seed)
    caplog.set_level(logging.WARNING)
    buffers = [[], [], [b""], [b"\xff" * 16], [memoryview(b"\xff" * 4), b"x"]]
    for message, _ in zip(messages(rng, live), range(150), strict=False):
        before, errors = held(live), len(browser.errors)
        live._handle_custom_msg(message, rng.choice(buffers))
        if len(browser.errors) > errors:
            assert held(live) == before, message
        else:
            assert message["type"] in MESSAGES
        assert held(live)[2].keys() == before[2].keys()
    browser.finish()
    browser.acknowledge()
    assert (capsys.readouterr().err, caplog.records) == ("", [])
    number = browser.request(method=usual_method(live), options={})
    browser.finish()
    assert browser.frames[-1]["request"] == number
    assert browser.frames[-1]["final"]
    assert live._repr_png_()
    json.dumps(browser.messages, allow_nan=False)


@pytest.mark.parametrize("seed", range(3))
def test_traits_from_a_browser_are_taken_all_or_none(widget, seed, capsys):
    rng, names = random.Random(seed), sorted({*widget._chosen, "catalogue", "game", "_paint", "_snapshot", "evil"})
    told = {name: getattr(widget, name) for name in widget._from_kernel}
    for _ in range(100):
        before = {name: getattr(widget, name) for name in widget._chosen}
        chosen = rng.sample(names, rng.randint(1, 3))
        widget.set_state({name: rng.choice(ODD) for name in chosen})
        after = {name: getattr(widget, name) for name in widget._chosen}
        assert json.loads(json.dumps(after)), "they are JSON"
        if after != before and hasattr(widget, "_screen"):
            assert widget._screen.setting.traits().items() >= after.items(), "the widget is of one mind"
        assert {name: getattr(widget, name) for name in told} == told
        assert repr(widget)
    assert capsys.readouterr().err == ""


def test_what_is_nested_without_end_is_answered(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency")
    before = held(widget)
    for message in ({"type": "request", "request": 1, "state": nested(900)}, nested(900)):
        sent = len(browser.errors)
        browser.send(message)
        assert len(browser.errors) == sent + 1
        assert len(browser.errors[-1]["message"]) <= 600
    assert held(widget) == before


def test_a_refused_request_names_itself_and_changes_nothing(live):
    browser = Browser(live)
    browser.finish()
    before, sent = held(live), len(browser.frames)
    good = {"index": 1, "method": "input_x_gradient"}
    for number, wrong in enumerate([{"options": {"evil": 1}}, {"index": 99}, {"colour": 1}, {"method": "magic"}], 1):
        for kind, part in (("request", "state"), ("settle", "changes")):
            browser.send({"type": kind, "request": number, part: {**state_of(live), **good, **wrong}})
            assert browser.errors[-1]["request"] == number
            assert held(live) == before
    browser.finish()
    assert len(browser.frames) == sent


def test_pages_that_open_again_and_again_leave_no_queue(explorers, model, images, monkeypatch):
    widget, browser = explorers(model, images, method="saliency")
    put_off = []
    monkeypatch.setattr(widget._screen.session, "later", put_off.append)
    for _ in range(300):
        browser.send({"type": "hello"})
    (tasks,) = put_off
    assert len(tasks) == len(METHODS) + 1
    (offer,) = [found for found in (task() for task in tasks) if found is not None]
    assert offer["type"] == "offer"
    browser.send({"type": "hello"})
    assert len(put_off) == 2, "a page that opens later is told, too"
    assert len(put_off[1]) == 1, "and nothing is asked twice"
