"""The models of a widget, by name."""

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
