"""What an explorer is answered with."""

from dataclasses import replace

import xai_widgets as xai
from xai_widgets.widgets import channels
from xai_widgets.widgets.explanations import Explanations


def test_the_most_influential_channel_is_found_once_for_each_picture(choices, model, monkeypatch):
    calls = []
    find = channels.influential_channel
    monkeypatch.setattr(channels, "influential_channel", lambda *given: calls.append(given) or find(*given))
    answer = Explanations(choices)
    state = choices.changed(choices.first(), {"quantity": "channel"})
    states = [replace(state, index=index) for index in (0, 1)]
    for one in states * 2:
        expected = find(model, one.input("").value, "0", xai.Logit())
        assert answer.quantity(one, "") == xai.Channel("0", expected)
        assert answer.header(one, "", "")["channel"] == {"index": expected, "count": 4}
    assert len(calls) == 2
    answer.channels.forget()
    answer.quantity(states[0], "")
    assert len(calls) == 3


def test_a_pass_is_spent_to_find_the_class_once(explorers, model, images):
    widget, browser = explorers(model, images, method="smoothgrad", samples=32)
    assert widget.result.evaluations == 33
    widget.set(sigma=0.3)
    browser.finish()
    assert browser.frames[-1]["evaluations"] == 32
