"""Texts among several inputs: typed, and with words left out."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

WORDS = ["<pad>", "<unk>", "is", "it", "calm", "stormy", "not", "?"]
VALUES = np.array([0, 0, 0.5, 0.25, -2, 2, -1, 0.125])
LENGTH = 6


class Asked(nn.Module):
    """The score of "yes" is the sum of the pixels and of a number for each word, so what it owes is known."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 1)
        self.embedding.weight.data = torch.tensor(VALUES[:, None], dtype=torch.float32)

    def forward(self, picture, question):
        score = picture.sum((1, 2, 3)) + self.embedding(question).sum((1, 2))
        return torch.stack([-score, score], 1)


def in_keras():
    """Return the same in Keras."""
    picture = keras.Input((5, 4, 1), name="picture")
    question = keras.Input((LENGTH,), name="question", dtype="int32")
    words = keras.layers.Embedding(len(WORDS), 1, name="embedding")(question)
    both = keras.layers.Concatenate()([keras.layers.Flatten()(picture), keras.layers.Flatten()(words)])
    made = keras.Model([picture, question], keras.layers.Dense(2, name="head")(both))
    made.get_layer("embedding").set_weights([VALUES[:, None]])
    made.get_layer("head").set_weights([np.tile([-1.0, 1.0], (20 + LENGTH, 1)), np.zeros(2)])
    return made


def asked(framework="torch", **more):
    """Return a network of a picture (5, 4) and a question of at most six words."""
    known = {"bounds": [(0, 1), None], "classes": ["no", "yes"], "vocabulary": WORDS, **more}
    if framework == "keras":
        return xai.wrap(in_keras(), input_layout=["height, width, channels", None], **known)
    layout = ["channels, height, width", None]
    names = ["picture", "question"]
    shapes = [(1, 5, 4), (LENGTH,)]
    return xai.wrap(Asked(), input_shape=shapes, input_layout=layout, input_names=names, **known)


PICTURE = np.random.default_rng(2).uniform(0, 0.05, (5, 4)).astype("float32")


@pytest.fixture(scope="module")
def models():
    return {name: asked(name) for name in ("torch", "keras")}


@pytest.fixture(params=["torch", "keras"])
def widget(request, models):
    made = xai.explore(models[request.param], (PICTURE, "is it not stormy?"), target="yes")
    yield made
    made.close()


def words(widget):
    """Return the words of the text in view with what the map says of them; None of those that are left out."""
    (said,) = [one["text"] for one in widget._screen.setting.state.source.now("", 0) if one["text"] is not None]
    plane = widget.result.maps[1]
    return [
        (word["text"], None if word["struck"] else round(float(plane[list(word["tokens"])].sum()), 4))
        for word in said["words"]
    ]


@pytest.mark.parametrize("method", ["integrated_gradients", "feature_ablation", "shapley_exact"])
def test_each_word_and_the_picture_have_what_they_add(widget, method):
    widget.method = method
    expected = {"picture": PICTURE.sum(), "question": 0.5 + 0.25 - 1 + 2 + 0.125}
    assert widget.result.parts == pytest.approx(expected, abs=1e-4)
    if method == "integrated_gradients":
        assert words(widget) == [("is", 0.5), ("it", 0.25), ("not", -1), ("stormy", 2), ("?", 0.125)]


def test_a_word_is_left_out_and_comes_back(widget):
    before = widget.predictions["yes"]
    widget.struck = {"question": [2]}
    assert words(widget) == [("is", 0.5), ("it", 0.25), ("not", None), ("stormy", 2), ("?", 0.125)]
    assert "'is it stormy?'" in widget.code
    assert widget.predictions["yes"] == pytest.approx(1 / (1 + np.exp(np.log(1 / before - 1) - 2)), abs=1e-4), (
        "its -1 is gone from one score, and its 1 from the other"
    )
    names = {"model": widget._choices.models[""], "images": (PICTURE, "is it not stormy?")}
    exec(widget.code, names)
    assert np.allclose(names["result"].maps[1], widget.result.maps[1])
    widget.struck = {}
    assert widget.predictions["yes"] == before


def test_a_text_is_typed(widget):
    widget.struck = {"question": [0]}
    widget.typed = {"question": "is it odd"}
    assert widget.struck == {}, "of another text the numbers of the words mean others"
    assert words(widget) == [("is", 0.5), ("it", 0.25), ("odd", 0)]
    widget.set(struck={"question": [2, 0]})
    assert widget.struck == {"question": [0, 2]}
    for name, wrong, message in [
        ("typed", {"question": "is it it it it it it"}, "7 words; expected at most 6"),
        ("typed", {"question": 3}, "expected a str"),
        ("struck", {"question": [3]}, "no word 3; expected 0 to 2"),
        ("struck", {"question": ["is"]}, "expected numbers of words"),
        ("struck", {"picture": [0]}, "no text"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            setattr(widget, name, wrong)
        assert (widget.typed, widget.struck) == ({"question": "is it odd"}, {"question": [0, 2]})
    again = xai.explore(widget._choices.models[""], (PICTURE, "is it not stormy?"), state=widget.state)
    assert (again.typed, again.struck) == (widget.typed, widget.struck)
    again.close()
    widget.typed = {"question": "is it not stormy?"}
    assert widget.typed == {}, "that is as it was given"
    assert widget._repr_png_()[:4] == b"\x89PNG"


def test_ids_and_many_texts(models):
    model = models["torch"]
    ids = np.array([2, 3, 6, 5, 7, 0])
    widget = xai.explore(model, {"picture": PICTURE, "question": ids}, target="yes")
    assert words(widget)[:3] == [("is", 0.5), ("it", 0.25), ("not", -1)]
    widget.struck = {"question": [2]}
    assert words(widget)[2] == ("not", None)
    widget.close()
    both = xai.explore(model, (np.stack([PICTURE, PICTURE]), ["is it calm", "is it stormy"]), target="yes")
    assert both.result.parts["question"] == pytest.approx(-1.25, abs=1e-4)
    both.index = 1
    assert both.result.parts["question"] == pytest.approx(2.75, abs=1e-4)
    both.close()


def test_without_a_vocabulary_nothing_is_typed():
    model = asked(vocabulary=None)
    widget = xai.explore(model, (PICTURE, np.array([2, 3, 6, 5, 7, 0])), target="yes")
    assert [part["can_type"] for part in widget.catalogue["parts"]] == [False, False]
    for name, value in (("typed", {"question": "is it"}), ("struck", {"question": [0]})):
        with pytest.raises(ValueError, match="vocabulary="):
            setattr(widget, name, value)
    widget.close()


@pytest.mark.parametrize("method", ["feature_ablation", "shapley_exact"])
def test_a_text_is_divided_into_its_words(widget, method):
    widget.set(method=method, features={"question": "pixels"})
    assert words(widget) == [("is", 0.5), ("it", 0.25), ("not", -1), ("stormy", 2), ("?", 0.125)]
    widget.struck = {"question": [2]}
    assert words(widget) == [("is", 0.5), ("it", 0.25), ("not", None), ("stormy", 2), ("?", 0.125)]
    widget.set(features={"question": "whole"})
    assert {value for _, value in words(widget)} == {round(2.875 / 4, 4), None}, "one feature, which they share"
