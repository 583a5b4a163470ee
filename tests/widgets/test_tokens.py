"""The explorer of texts: what it asks, takes and says."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import Browser
from xai_widgets.render.text import ink_on

WORDS = ["<pad>", "<unk>", "a", "film", "good", "bad", "not", "very"]
VALUES = [0, 0, 0, 0.25, 2, -2, -1, 0.5]


class Sum(nn.Module):
    """The score of "good" is the sum of a number for each word."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 1)
        with torch.no_grad():
            self.embedding.weight[:] = torch.tensor(VALUES)[:, None]

    def forward(self, ids):
        total = self.embedding(ids).sum((1, 2))
        return torch.stack([-total, total], dim=1)


@pytest.fixture
def model():
    return xai.wrap(Sum(), vocabulary=WORDS, classes=["bad", "good"], input_shape=(6,))


@pytest.fixture
def widget(model):
    made = xai.tokens(model, ["a very good film", "not bad"], target="good")
    yield made
    made.close()


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "feature_ablation", "shapley_exact", "lime"])
def test_each_word_has_what_it_adds(widget, method):
    options = {"window": 1, "stride": 1} if method == "occlusion" else {}
    widget.set(method=method, **options)
    assert np.allclose(widget.result.map, [0, 0.5, 2, 0.25, 0, 0], atol=0.05 if method == "lime" else 1e-5)


def test_a_text_is_written_and_read(widget):
    assert widget.text == "a very good film"
    assert repr(widget) == "TokenExplorer(text 1 of 2. Integrated gradients: why good)"
    widget.text = "Not good, sadly"
    assert np.allclose(widget.result.map, [-1, 2, 0, 0, 0, 0], atol=1e-5)
    assert widget.predictions["good"] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    widget.index = 1
    assert widget.text == "not bad"
    widget.index = 0
    assert widget.text == "Not good, sadly"
    code = {"model": widget._choices.models[""]}
    exec(widget.code, code)
    assert np.allclose(code["result"].values, widget.result.values, atol=1e-6)
    with pytest.raises(ValueError, match="7 words; expected at most 6"):
        widget.text = "a a a a a a a"
    with pytest.raises(TypeError, match="expected a str"):
        widget.text = 3
    assert widget.text == "Not good, sadly"


def test_a_request_brings_the_text_that_is_being_typed(widget):
    browser = Browser(widget)
    state = {name: getattr(widget, name) for name in ("method", "target", "index", "options")}
    browser.send({"type": "request", "request": 1, "state": {**state, "text": "very very odd"}})
    browser.finish()
    header = next(one["header"] for one in browser.frames if one["request"] == 1 and one["header"])
    assert [word["text"] for word in header["words"]] == ["very", "very", "odd"]
    assert [word["known"] for word in header["words"]] == [True, True, False]
    assert header["ends"] == ["against", "for"]
    assert widget.text == "a very good film", "while one types the traits stay as they are"
    browser.set_traits(text="very very odd")
    assert widget.text == "very very odd"
    sent = len(browser.frames)
    browser.send({"type": "request", "request": 2, "state": {**state, "text": "a " * 9}})
    (error,) = browser.errors
    assert len(browser.frames) == sent
    assert error["request"] == 2
    assert "9 words; expected at most 6" in error["message"]


def test_ids_are_shown_and_not_typed():
    model = xai.wrap(Sum(), input_shape=(6,))
    widget = xai.tokens(model, [[2, 7, 4, 0, 0, 0], [6, 5, 0, 0, 0, 0]])
    assert widget.catalogue["can_type"] is False
    assert widget.text == "#2 #7 #4"
    assert "x = np.array([2, 7, 4, 0, 0, 0])" in widget.code
    with pytest.raises(ValueError, match="vocabulary="):
        widget.text = "good"
    widget.close()


def test_what_is_offered(widget):
    json.dumps(widget.catalogue)
    assert [option["name"] for option in widget.catalogue["drawing"]] == ["sign", "colormap"]
    options = {method["name"]: method["options"] for method in widget.catalogue["methods"]}
    (baseline,) = (one for one in options["integrated_gradients"] if one["name"] == "baseline")
    assert (baseline["default"], baseline["shown"]) == ("padding", False)
    assert widget.options["baseline"] == "padding"
    assert widget.catalogue["layers"] == []
    refusals = widget._choices.refusals
    for method in (xai.GradCam, xai.Conductance, xai.FeaturePermutation, xai.SmoothGrad, xai.ExpectedGradients):
        assert refusals.of(method), method
    for method in (xai.Saliency, xai.InputXGradient, xai.Occlusion, xai.Lime, xai.KernelShap):
        assert refusals.of(method) is None, method
    with pytest.raises(ValueError, match="grid"):
        widget.grid = ["saliency", "occlusion"]


def test_what_is_no_text(model):
    with pytest.raises(ValueError, match="Text 1: The text has 7 words"):
        xai.tokens(model, ["a", "a a a a a a a"])
    with pytest.raises(TypeError, match="expected texts, or token ids"):
        xai.tokens(model, [0.5])
    with pytest.raises(TypeError, match="takes no layer"):
        xai.tokens(model, "a", layer="embedding")
    table = xai.wrap(nn.Linear(3, 2), input_shape=(3,))
    with pytest.raises(ValueError, match="use explore"):
        xai.tokens(table, "a")


def test_two_models_side_by_side(model):
    other = xai.wrap(Sum(), vocabulary=WORDS, classes=["bad", "good"], input_shape=(8,))
    widget = xai.tokens({"short": model, "long": other}, "not good")
    assert {name: result.map.shape for name, result in widget.result.items()} == {"short": (6,), "long": (8,)}
    assert set(widget.predictions) == {"short", "long"}
    assert b"PNG" in widget._repr_png_()[:8]
    widget.close()


def test_a_picture_of_itself(widget, model, tmp_path):
    widget.result  # noqa: B018  so that it is final
    for name, png in (("widget", widget._repr_png_()), ("result", widget.result._repr_png_())):
        path = tmp_path / f"{name}.png"
        path.write_bytes(png)
        pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
        assert (pixels == (178, 24, 43)).all(axis=1).any(), "the strongest word has the colour of the upper end"


def test_ink_can_be_read_on_every_colour():
    greys = ((level,) * 3 for level in range(256))
    for color in ((178, 24, 43), (247, 247, 247), (33, 102, 172), (127, 59, 8), *greys):
        light, dark = (_contrast(color, ink) for ink in ((255, 255, 255), (0, 0, 0)))
        assert _contrast(color, ink_on(color)) > 0.9 * max(light, dark)
        assert _contrast(color, ink_on(color)) > 4.5


def _contrast(one, other):
    def luminance(color):
        share = np.array(color) / 255
        return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
