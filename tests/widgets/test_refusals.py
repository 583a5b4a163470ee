"""Methods that are not for a model: said why, and never chosen."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets.refusals import Refusals

REASON = "It has no layer with space."


class Picky(xai.Saliency):
    """Refuses the models that it is told to, and counts how often it is asked."""

    name = "picky"
    label = "Picky"
    refused: tuple = ()
    asked = 0

    @classmethod
    def refusal(cls, model):
        cls.asked += 1
        return REASON if model in cls.refused else None


@pytest.fixture
def picky(monkeypatch):
    monkeypatch.setitem(METHODS, "picky", Picky)
    monkeypatch.setattr(Picky, "refused", ())
    monkeypatch.setattr(Picky, "asked", 0)
    return Picky


def test_the_first_refusal_names_its_model(picky, model):
    other = xai.wrap(lambda x: x, backend="torch", input_shape=(4,), outputs="values")
    picky.refused = (other,)
    assert Refusals({"": model}).of(picky) is None
    assert Refusals({"": other}).of(picky) == REASON
    refusals = Refusals({"one": model, "two": other})
    assert refusals.known() == {}
    assert refusals.of(picky) == f"two: {REASON}"
    assert refusals.known() == {"picky": f"two: {REASON}"}
    asked = picky.asked
    refusals.of(picky)
    assert picky.asked == asked, "it is asked once"


def test_setting_a_refused_method_raises_with_the_reason_and_changes_nothing(explorers, picky, model, images):
    picky.refused = (model,)
    widget, browser = explorers(model, images)
    browser.finish()
    before, sent = (widget._set, widget._asked, widget.options), len(browser.comm.published)
    for change in (lambda: widget.set(method="picky", index=1), lambda: setattr(widget, "method", "picky")):
        with pytest.raises(ValueError, match=REASON):
            change()
        assert (widget._set, widget._asked, widget.options) == before
        assert len(browser.comm.published) == sent
    with pytest.raises(ValueError, match=REASON):
        xai.explore(model, images, method="picky")


def test_the_browser_asks_for_it_in_vain(explorers, picky, model, images):
    picky.refused = (model,)
    widget, browser = explorers(model, images)
    browser.request(method="picky", options={})
    assert REASON in browser.errors[-1]["message"]
    browser.set_traits(method="picky", options={})
    assert widget.method == "integrated_gradients"


def test_refusals_are_found_out_after_the_first_pictures_and_only_for_a_browser(
    explorers, picky, model, images, eventually
):
    picky.refused = (model,)
    _widget, browser = explorers(model, images)
    browser.finish()
    assert picky.asked == 0
    for _ in range(2):  # the second time from memory
        browser.comm.published.clear()
        browser.send({"type": "hello"})
        eventually(lambda: any(one["type"] == "offer" for one in browser.messages))
        kinds = [message["type"] for message in browser.messages]
        assert kinds.index("frame") < kinds.index("offer")
        (offer,) = (message for message in browser.messages if message["type"] == "offer")
        assert offer["refusals"]["picky"] == REASON
        assert "saliency" not in offer["refusals"]
    assert picky.asked == 1


def test_a_widget_starts_with_a_method_that_the_model_supports(explorers, model, images, monkeypatch):
    monkeypatch.setattr(METHODS["integrated_gradients"], "refusal", classmethod(lambda cls, model: REASON))
    widget, _ = explorers(model, images)
    assert widget.method != "integrated_gradients"
    assert np.isfinite(widget.result.values).all()
    with pytest.raises(ValueError, match=REASON):
        explorers(model, images, method="integrated_gradients")
