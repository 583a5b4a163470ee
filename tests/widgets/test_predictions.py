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
    top = Predictions(choices).top("", replace(choices.first(), index=1))
    assert [row["index"] for row in top] == np.argsort(-probabilities).tolist()
    assert [row["name"] for row in top] == [["cat", "dog", "fox"][row["index"]] for row in top]
    np.testing.assert_allclose([row["probability"] for row in top], np.sort(probabilities)[::-1], rtol=1e-5)


def test_the_classes_that_are_asked_about_are_there_however_small_their_score(images):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 20))
    models = {"": xai.wrap(net, input_shape=(3, 16, 16))}
    choices = Choices(models, Pictures(images, models))
    order = np.argsort(-models[""].scores(choices.source.input("", 0).value)[0]).tolist()
    state = replace(choices.first(), target=order[-1], contrast=order[1])
    rows = Predictions(choices).top("", state)
    assert [row["index"] for row in rows] == [*order[:5], order[-1]]


def test_values_are_no_probabilities(net, images):
    model = xai.wrap(net, input_shape=(3, 16, 16), outputs="values")
    choices = Choices({"": model}, Pictures(images, {"": model}))
    rows = Predictions(choices).top("", choices.first())
    assert all(set(row) == {"index", "name", "value"} for row in rows)
    assert rows[0]["name"].startswith("class ")


def test_predictions_are_asked_for_once_until_they_are_forgotten(net, model, choices, monkeypatch):
    calls, state = [], choices.first()
    ask = model.probabilities
    monkeypatch.setattr(model, "probabilities", lambda x: calls.append(1) or ask(x))
    predictions = Predictions(choices)
    assert predictions.known("", state) == []
    before = predictions.top("", state)
    assert predictions.top("", state) == before == predictions.known("", state)
    assert len(calls) == 1
    with torch.no_grad():
        net[-1].bias += torch.tensor([5.0, 0.0, 0.0])
    predictions.forget()
    assert predictions.top("", state) != before
    assert len(calls) == 2
