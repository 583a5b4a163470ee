"""What a widget says before a browser listens is in its state."""

import base64

import numpy as np
import pytest

from xai_widgets.widgets.unheard import Unheard, packed


def unpacked(array):
    return np.frombuffer(base64.b64decode(array["data"]), "<i2") / 32767 * array["scale"]


def frame(view, views=1, generation=1, header=None, news=None, evaluations=1):
    said = {"view": view, "views": views, "generation": generation, "evaluations": evaluations}
    return {"type": "frame", **said, "header": header, "news": news}


def values(number):
    return [np.full(3, number, "<f4").tobytes()]


def test_numbers_are_kept_to_16_bits():
    numbers = np.random.default_rng(0).normal(size=1000).astype("<f4")
    found = unpacked(packed(numbers.tobytes()))
    assert abs(found - numbers).max() <= abs(numbers).max() / 60_000
    assert unpacked(packed(np.zeros(4, "<f4").tobytes())).tolist() == [0, 0, 0, 0]
    assert packed(b"") == {"scale": 0.0, "data": ""}


def test_the_newest_frame_of_each_view_is_kept_with_the_header_of_its_first():
    said = []
    unheard = Unheard(lambda content, buffers: said.append(content))
    unheard(frame(1, 2, header={"of": "another"}), values(1))
    assert unheard.state() is None, "one of two"
    unheard(frame(0, 2, header={"of": "one"}), values(2))
    unheard({"type": "working", "generation": 1}, [])
    unheard(frame(0, 2, evaluations=9), values(3))
    state = unheard.state()
    kept = {one["view"]: (one["header"], one["evaluations"]) for one in state["frames"]}
    assert kept == {0: ({"of": "one"}, 9), 1: ({"of": "another"}, 1)}
    held = {one["view"]: unpacked(arrays[0])[0] for one, arrays in zip(state["frames"], state["arrays"], strict=True)}
    assert held == pytest.approx({0: 3, 1: 1})
    unheard(frame(0, 1, generation=2, header={"of": "what was asked later", "class": 3}), values(4))
    unheard(frame(0, 1, generation=3, news={"of": "the last"}), values(5))
    (only,) = unheard.state()["frames"]
    assert (only["header"], only["news"]) == ({"of": "the last", "class": 3}, None)
    assert len(said) == 6, "all of it is sent on"


def test_what_takes_long_is_waited_for_once_and_not_after_every_cell(explorers, model, images, monkeypatch):
    widget, _ = explorers(model, images, steps=8)
    assert widget.result.map.any(), "final, however long that takes here"
    session, waited = widget._screen.session, []
    monkeypatch.setattr(session, "wait", lambda timeout=None: waited.append(timeout) is None)
    monkeypatch.setattr(widget._unheard, "state", lambda: None)  # as while there is nothing of a view yet
    widget._repr_mimebundle_()
    assert waited == [0.7, 0.7], "for the picture of the output, and for what is left"
    for _ in range(3):
        widget.leave_word()
    assert len(waited) == 2, "nothing was asked since"
    widget.index = 2
    for _ in range(3):
        widget.leave_word()
    assert len(waited) == 3
    widget._repr_mimebundle_()
    assert len(waited) == 5, "it is displayed anew"


def test_what_was_said_is_in_the_state_until_a_browser_listens(explorers, model, images):
    widget, browser = explorers(model, images, steps=8)
    assert widget.result.map.any(), "final, however long that takes here"
    assert widget._snapshot is None, "nobody displays it"
    widget._repr_mimebundle_()
    (kept,) = widget._snapshot["frames"]
    ((array,),) = widget._snapshot["arrays"]
    assert kept["final"]
    assert unpacked(array) == pytest.approx(widget.result.map.ravel(), abs=array["scale"] / 60_000)
    assert [update for update in browser.updates if "_snapshot" in update] == [{"_snapshot": widget._snapshot}]
    widget.index = 2
    assert widget.result.map.any()
    widget.leave_word()
    assert [one["header"]["state"]["index"] for one in widget._snapshot["frames"]] == [2]
    browser.comm.published.clear()
    browser.send({"type": "hello"})
    browser.finish()
    assert widget._snapshot is None
    assert browser.frames
    assert not [update for update in browser.updates if "_snapshot" in update], "the browser keeps its own"
    widget._repr_mimebundle_()
    widget.leave_word()
    assert widget._snapshot is None
