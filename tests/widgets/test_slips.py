"""A contributor's first slip in a method is an error on the screen, and nothing hangs."""

from dataclasses import dataclass

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.answers.registry import register
from xai_widgets.attribution.method import METHODS

IN_METHOD = ("channels", "key", "remark", "title", "ends", "extends", "_sampler", "steps_to")
IN_RESULT = ("frame", "facts", "map", "nbytes")
CALLED = ("extends", "_sampler", "steps_to", "frame")


def slip(*_, **__):
    raise ZeroDivisionError("a slip")


@pytest.fixture
def broken():
    """Register saliency with a slip in one place, of itself or of its result, for a while."""

    def make(place):
        slipping = {place: slip if place in CALLED else property(slip)}
        found = type("Found", (xai.Attribution,), slipping if place in IN_RESULT else {})
        body = {"name": "broken", "label": "Broken", "result": found, **(slipping if place in IN_METHOD else {})}
        return register(dataclass(frozen=True, kw_only=True, eq=False)(type("Broken", (xai.Saliency,), body)))

    yield make
    METHODS.pop("broken", None)


@pytest.mark.parametrize("place", [*IN_METHOD, *IN_RESULT])
@pytest.mark.parametrize("grid", [False, True])
def test_a_slip_in_a_method_is_told_and_the_next_method_works(broken, explorers, model, images, place, grid):
    broken(place)
    explorer, browser = explorers(model, images, method="saliency")
    browser.send({"type": "hello"})
    browser.finish()
    browser.acknowledge()
    if grid:
        explorer.grid = ["saliency", "broken"]
    else:
        explorer.method = "broken"
    browser.finish()
    browser.acknowledge()
    assert "ZeroDivisionError: a slip (test_slips.py, line " in browser.errors[-1]["message"]
    assert [message["view"] for message in browser.errors] == [1 if grid else 0]
    with pytest.raises(ValueError, match="a slip"):
        _ = explorer.result
    assert explorer._repr_png_()[:4] == b"\x89PNG"
    explorer.set(method="saliency", grid=[])
    browser.finish()
    assert browser.frames[-1]["final"]
    assert np.isfinite(explorer.result.map).all()
