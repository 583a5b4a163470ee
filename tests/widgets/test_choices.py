"""What can be chosen, and what follows from a choice."""

import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import with_a_softmax_out_of_reach
from xai_widgets.widgets.choices import Choices, with_options
from xai_widgets.widgets.pictures import Pictures


def test_the_first_state_is_integrated_gradients_of_the_top_class(choices):
    assert choices.first().as_dict() == {
        "method": "integrated_gradients",
        "target": None,
        "contrast": None,
        "layer": None,
        "index": 0,
        "options": {"steps": 64, "baseline": "black", "latent_baseline": "baseline"},
        "quantity": "score",
        "channel_layer": None,
        "channel": None,
        "grid": [],
        "focus": 0,
    }


def test_sizes_in_pixels_are_those_of_the_pictures(choices):
    options = choices.changed(choices.first(), {"method": "occlusion"}).cell.options
    assert options == {"window": 2, "stride": 1, "baseline": "black"}


def test_names_become_indices_and_options_are_completed(choices):
    state = choices.changed(choices.first(), {"target": "dog", "contrast": np.int64(2), "options": {"steps": 8.0}})
    assert (state.target, state.contrast) == (1, 2)
    assert state.cell.options == {"steps": 8, "baseline": "black", "latent_baseline": "baseline"}
    assert type(state.contrast) is int


def test_a_method_comes_back_with_its_options_and_its_layer(choices):
    state = choices.changed(choices.first(), {"options": {"steps": 7}, "layer": "1"})
    choices.remember(state)
    occlusion = choices.changed(state, {"method": "occlusion"})
    assert occlusion.cell.layer is None
    choices.remember(occlusion)
    assert choices.changed(occlusion, {"method": xai.IntegratedGradients}) == state
    assert choices.changed(occlusion, {"method": "smoothgrad"}).cell.layer == "1"


def test_the_same_method_again_keeps_its_options(choices):
    state = choices.changed(choices.first(), {"options": {"steps": 7}})
    assert choices.changed(
        state, {"method": "integrated_gradients", "options": {"baseline": "white"}}
    ).cell.options == {
        "steps": 7,
        "baseline": "white",
        "latent_baseline": "baseline",
    }


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"method": "salency"}, ValueError, "no method 'salency'. Did you mean 'saliency'"),
        ({"method": 3}, TypeError, "by its name"),
        ({"method": None}, TypeError, "by its name"),
        ({"target": "cow"}, ValueError, "no class 'cow'"),
        ({"target": 3}, ValueError, "0 to 2"),
        ({"target": 1.5}, TypeError, "index or a name"),
        ({"target": True}, TypeError, "index or a name"),
        ({"target": 1, "contrast": "dog"}, ValueError, "both 'dog'"),
        ({"layer": "conv9"}, ValueError, "no layer 'conv9'"),
        ({"layer": 1}, TypeError, "given by its name"),
        ({"method": "occlusion", "layer": "1"}, ValueError, "takes no layer"),
        ({"index": 4}, ValueError, "0 to 3"),
        ({"index": -1}, ValueError, "0 to 3"),
        ({"index": "0"}, TypeError, "number of a picture"),
        ({"index": True}, TypeError, "number of a picture"),
        ({"options": {"steps": 0}}, ValueError, "steps is 0"),
        ({"options": {"steps": "many"}}, TypeError, "steps"),
        ({"options": {"stepps": 3}}, ValueError, "Did you mean 'steps'"),
        ({"options": {"baseline": "grey"}}, ValueError, "baseline"),
        ({"options": {"baseline": np.zeros((3, 16, 16))}}, TypeError, "IntegratedGradients"),
        ({"options": [1]}, TypeError, "expected a dict"),
        ({"method": "smoothgrad", "options": {"sigma": -0.1}}, ValueError, "sigma"),
        ({"method": "smoothgrad", "options": {"sigma": float("nan")}}, ValueError, "sigma"),
        ({"method": "occlusion", "options": {"window": 17}}, ValueError, "shorter side of the pictures is 16"),
        ({"method": "occlusion", "options": {"window": 2, "stride": 3}}, ValueError, "stride"),
        ({"sigma": 1}, ValueError, "no choice 'sigma'"),
        ({"quantity": "logits"}, ValueError, "no quantity to choose 'logits'. Did you mean 'logit'"),
        ({"quantity": 3}, TypeError, "The quantity is 3; expected 'score' or"),
        ({"quantity": xai.Custom(sum)}, TypeError, "There are no controls for Custom"),
        ({"quantity": xai.Unit("1", 0)}, TypeError, "no controls for Unit"),
        ({"quantity": xai.Logit([1, 2])}, TypeError, "index or a name"),
        ({"quantity": "probability", "contrast": 1}, ValueError, "probability of a class is not compared"),
        ({"quantity": "channel", "channel": 1}, ValueError, "channel is 1; expected channel_layer"),
        ({"quantity": "channel", "channel_layer": "conv9"}, ValueError, "no layer 'conv9'"),
        ({"quantity": "channel", "channel_layer": "0", "channel": 4}, ValueError, "no channel 4 in layer '0'"),
        ({"quantity": xai.Channel("0", "a")}, TypeError, "index in a layer is 'a'"),
        (
            {"method": "influence", "options": {"multiplier": "displacement"}},
            ValueError,
            "multiplier is 'displacement'",
        ),
        ({"method": "influence", "options": {"distribution": "circle"}}, ValueError, "distribution is 'circle'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(choices, changes, error, message):
    with pytest.raises(error, match=message):
        choices.changed(choices.first(), changes)


def test_quantities_have_names_and_examples(choices):
    first = choices.first()
    assert list(choices.quantities) == ["score", "log_probability", "probability", "channel"]
    assert choices.quantities["score"].label == "logit"
    for given in ("logit", "score", xai.Logit()):
        assert choices.changed(first, {"quantity": given}) == first
    changed = choices.changed(first, {"quantity": xai.Margin("dog", "cat")})
    assert (changed.quantity, changed.target, changed.contrast) == ("score", 1, 0)
    assert choices.changed(changed, {"quantity": "probability"}).contrast is None
    changed = choices.changed(first, {"quantity": xai.Channel("0", 3)})
    assert (changed.quantity, changed.channel_layer, changed.channel) == ("channel", "0", 3)


def test_another_layer_brings_its_most_influential_channel(choices):
    state = choices.changed(choices.first(), {"quantity": "channel"})
    assert (state.channel_layer, state.channel) == ("0", None)  # the last one with height and width below zero
    state = choices.changed(state, {"channel": 2})
    assert choices.changed(state, {"index": 1}).channel == 2
    assert choices.changed(state, {"channel_layer": "2"}).channel is None
    assert choices.changed(state, {"channel_layer": "2", "channel": 1}).channel == 1


def test_the_first_channels_are_those_of_the_last_layer_with_space(images):
    positive = nn.Sequential(nn.Softplus(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(48, 3))
    vectors = nn.Sequential(nn.Flatten(), nn.Linear(768, 5), nn.Linear(5, 3))
    for network, layer in ((positive, "1"), (vectors, "2")):
        models = {"": xai.wrap(network, input_shape=(3, 16, 16))}
        choices = Choices(models, Pictures(images, models))
        assert choices.changed(choices.first(), {"quantity": "channel"}).channel_layer == layer


def test_a_model_without_logits_has_other_quantities(net, images):
    model = with_a_softmax_out_of_reach(net.eval())
    choices = Choices({"": model}, Pictures(images, {"": model}))
    assert {kind.name: kind.label for kind in choices.quantities.values()} == {
        "score": "log-probability",
        "probability": "probability",
    }
    assert choices.changed(choices.first(), {"quantity": xai.LogProbability(1)}).quantity == "score"
    values = {"": xai.wrap(net, input_shape=(3, 16, 16), outputs="values")}
    choices = Choices(values, Pictures(images, values))
    assert {kind.name: kind.label for kind in choices.quantities.values()} == {"score": "value", "channel": "channel"}


def test_a_choice_that_lost_what_it_needs_goes_back(choices):
    line = {"method": "influence", "options": {"distribution": "line", "multiplier": "displacement", "steps": 7}}
    state = choices.changed(choices.first(), line)
    assert state.cell.method.known_as == ("integrated gradients", "Sundararajan, Taly, Yan 2017")
    state = choices.changed(state, {"options": {**state.cell.options, "distribution": "gaussian"}})
    assert state.cell.options["multiplier"] == "one"
    assert state.cell.options["steps"] == 7, "what the other distributions had is still there when they come back"
    assert state.cell.method.known_as[0] == "SmoothGrad"


def test_layers_are_those_that_all_models_have(net, model, images):
    models = {
        "a": model,
        "b": xai.wrap(nn.Sequential(*net[:1], *net[3:4], nn.Linear(1024, 3)), input_shape=(3, 16, 16)),
    }
    choices = Choices(models, Pictures(images, models))
    assert choices.layers == ["0", "1", "2"]
    assert len(model.layers) > 3


def test_an_example_of_a_method_brings_its_options():
    assert with_options(xai.SmoothGrad(sigma=0.5), {"samples": 3}) == {
        "method": "smoothgrad",
        "options": {"sigma": 0.5, "samples": 3, "seed": 0, "tolerance": 0},
    }
    assert with_options(None, {}) == {}
    assert with_options("saliency", {}) == {"method": "saliency"}
