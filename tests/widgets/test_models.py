"""The models of a widget, by name."""

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from xai_widgets.widgets.models import check_alike, checked_models


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        (nn.Linear(2, 2), TypeError, "Found a Linear; expected a wrapped network"),
        ({"a": nn.Linear(2, 2)}, TypeError, "'a' is a Linear"),
        ({}, ValueError, "no models"),
        (None, TypeError, "NoneType"),
        ([1], TypeError, "Found a list"),
    ],
)
def test_what_is_no_model_is_refused(models, error, message):
    with pytest.raises(error, match=message):
        checked_models(models)


@pytest.mark.parametrize("name", ["", 3, None])
def test_a_model_needs_a_name(model, name):
    with pytest.raises(TypeError, match="expected a str that is not empty"):
        checked_models({name: model})


def test_models_side_by_side_speak_of_the_same_classes(net, model):
    other = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match="3 outputs and 'b' has 2"):
        check_alike({"a": model, "b": other})
    renamed = xai.wrap(net, classes=["a", "b", "c"], input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match="name their classes differently"):
        check_alike({"a": model, "b": renamed})
    check_alike({"a": model, "b": xai.wrap(net, input_shape=(3, 16, 16))})


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 2), nn.Linear(4, 2)

    def forward(self, first, second):
        return self.first(first) + self.second(second)


@pytest.mark.parametrize(
    "show", [xai.grid, xai.paint, xai.attack, xai.tokens, xai.judge, xai.randomise, xai.rank, xai.excite]
)
def test_a_network_of_several_inputs_is_refused_for_what_it_is(show):
    model = xai.wrap(Two(), input_shape=[(6,), (4,)], bounds=[(0, 1), (0, 1)], input_names=["first", "second"])
    inputs = (np.ones(6, np.float32), np.ones(4, np.float32))
    for models in (model, {"one": model}):
        with pytest.raises(ValueError, match=r"takes 2 input tensors \('first', 'second'\).*method\(model, x\)"):
            show(models, inputs)
    assert xai.IntegratedGradients(steps=2)(model, inputs)._repr_png_(), "what the refusal points at is there"
