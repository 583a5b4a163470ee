"""What the models say of the pictures, remembered and asked for again."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.predictions import Predictions


def test_predictions_are_the_softmax_of_the_scores(model, images, choices):
    x = np.moveaxis(images[1] / 255, -1, 0)
    scores = model.scores(x)[0].astype(float)
    probabilities = np.exp(scores) / np.exp(scores).sum()
    top = Predictions(choices, lambda: None).top("", replace(choices.first(), index=1), choices.pictures.input("", 1))
    assert [row["index"] for row in top] == np.argsort(-probabilities).tolist()
    assert [row["name"] for row in top] == [["cat", "dog", "fox"][row["index"]] for row in top]
    np.testing.assert_allclose([row["probability"] for row in top], np.sort(probabilities)[::-1], rtol=1e-5)


def test_the_classes_that_are_asked_about_are_there_however_small_their_score(images):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 20))
    models = {"": xai.wrap(net, input_shape=(3, 16, 16))}
    choices = Choices(models, Pictures(images, models))
    order = np.argsort(-models[""].scores(choices.pictures.input("", 0).value)[0]).tolist()
    state = replace(choices.first(), target=order[-1], contrast=order[1])
    rows = Predictions(choices, lambda: None).top("", state, choices.pictures.input("", state.index))
    assert [row["index"] for row in rows] == [*order[:5], order[-1]]


def test_values_are_no_probabilities(net, images):
    model = xai.wrap(net, input_shape=(3, 16, 16), outputs="values")
    choices = Choices({"": model}, Pictures(images, {"": model}))
    rows = Predictions(choices, lambda: None).top("", choices.first(), choices.pictures.input("", 0))
    assert all(set(row) == {"index", "name", "value"} for row in rows)
    assert rows[0]["name"].startswith("class ")


def test_predictions_ask_once_and_notice_training(net, model, choices, monkeypatch):
    changes, calls = [], []
    ask = model.probabilities
    monkeypatch.setattr(model, "probabilities", lambda x: calls.append(1) or ask(x))
    predictions = Predictions(choices, lambda: changes.append(1))
    picture = choices.pictures.input("", 0)
    assert predictions.known("", choices.first()) == []
    before = predictions.top("", choices.first(), picture)
    assert predictions.top("", choices.first(), picture) == before == predictions.known("", choices.first())
    assert len(calls) == 1
    monkeypatch.setattr("xai_widgets.widgets.predictions.FRESH_SECONDS", 0.0)
    assert predictions.top("", choices.first(), picture) == before
    assert (len(calls), changes) == (2, [])
    with torch.no_grad():
        net[-1].bias += torch.tensor([5.0, 0.0, 0.0])
    assert predictions.top("", choices.first(), picture) != before
    assert changes == [1]
