"""From a state to a method, a quantity, words and Python."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets import question
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.question import Choices, Predictions, catalogue, check_alike, checked_models, with_options


@pytest.fixture
def choices(model, images):
    models = {"": model}
    return Choices(models, Pictures(images, models))


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
    options = choices.changed(choices.first(), {"method": "occlusion"}).options
    assert options == {"window": 2, "stride": 1, "baseline": "black"}


def test_names_become_indices_and_options_are_completed(choices):
    state = choices.changed(choices.first(), {"target": "dog", "contrast": np.int64(2), "options": {"steps": 8.0}})
    assert (state.target, state.contrast) == (1, 2)
    assert state.options == {"steps": 8, "baseline": "black", "latent_baseline": "baseline"}
    assert type(state.contrast) is int


def test_a_method_comes_back_with_its_options_and_its_layer(choices):
    state = choices.changed(choices.first(), {"options": {"steps": 7}, "layer": "1"})
    choices.remember(state)
    occlusion = choices.changed(state, {"method": "occlusion"})
    assert occlusion.layer is None
    choices.remember(occlusion)
    assert choices.changed(occlusion, {"method": xai.IntegratedGradients}) == state
    assert choices.changed(occlusion, {"method": "smoothgrad"}).layer == "1"


def test_the_same_method_again_keeps_its_options(choices):
    state = choices.changed(choices.first(), {"options": {"steps": 7}})
    assert choices.changed(state, {"method": "integrated_gradients", "options": {"baseline": "white"}}).options == {
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
        ({"layer": 1}, ValueError, "no layer 1"),
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


def test_words(choices):
    state = choices.first()
    assert choices.title(state, None) == "Integrated gradients: why the top class"
    assert choices.title(state, 2) == "Integrated gradients: why fox"
    state = choices.changed(state, {"target": "cat", "contrast": "dog", "layer": "1"})
    assert choices.title(state, 2) == "Integrated gradients: why cat rather than dog, at layer 1"


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


def test_the_most_influential_channel_is_found_once_for_each_picture(choices, model, monkeypatch):
    calls = []
    find = question.influential_channel
    monkeypatch.setattr(question, "influential_channel", lambda *given: calls.append(given) or find(*given))
    state = choices.changed(choices.first(), {"quantity": "channel"})
    pictures = [choices.pictures.input("", index) for index in (0, 1)]
    for picture in pictures * 2:
        expected = find(model, picture.value, "0", xai.Logit())
        assert choices.quantity(state, model, picture) == xai.Channel("0", expected)
        assert choices.said(state, model, picture, 0)["channel"] == {"index": expected, "count": 4}
        assert choices.said(state, model, picture, 0)["quantity"] == f"channel {expected} of 0"
    assert len(calls) == 2
    choices.forget()
    choices.quantity(state, model, pictures[0])
    assert len(calls) == 3


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
    assert state.make_method().known_as == ("integrated gradients", "Sundararajan, Taly, Yan 2017")
    state = choices.changed(state, {"options": {**state.options, "distribution": "gaussian"}})
    assert state.options["multiplier"] == "one"
    assert state.options["steps"] == 7, "what the other distributions had is still there when they come back"
    assert state.make_method().known_as[0] == "SmoothGrad"


def test_words_of_the_open_choices(choices):
    state = choices.changed(choices.first(), {"method": "influence", "quantity": "probability", "target": "fox"})
    assert choices.title(state, None) == "Influence (saliency): why the probability of fox"
    state = choices.changed(
        state, {"quantity": "channel", "options": {"multiplier": "activation"}, "channel_layer": "2", "layer": "0"}
    )
    assert choices.title(state, 1) == (
        "Influence (input × gradient): why the most influential channel of 2, at layer 0"
    )
    assert choices.title(state, 1, 3) == "Influence (input × gradient): why channel 3 of 2, at layer 0"
    state = choices.changed(state, {"options": {"distribution": "line"}, "quantity": xai.Channel("4", 1)})
    assert choices.title(state, 1) == "Influence: why unit 1 of 4, at layer 0"


STATES = [
    {},
    {"target": "dog"},
    {"target": 1, "contrast": 2, "index": 3},
    {"contrast": 0, "layer": "1"},
    {"method": "saliency", "index": 2},
    {"method": "input_x_gradient"},
    {"method": "smoothgrad", "options": {"sigma": 0.3, "samples": 3, "seed": 5}},
    {"method": "occlusion", "options": {"window": 5, "stride": 3, "baseline": "blur"}},
    {"options": {"steps": 3, "baseline": 0.25}},
    {"quantity": "probability", "target": "fox"},
    {"quantity": "log_probability", "target": 2},
    {"quantity": "log_probability", "target": 2, "contrast": 1},
    {"quantity": xai.Probability("dog"), "method": "occlusion"},
    {"quantity": xai.Margin("dog", "cat")},
    {"method": "influence"},
    {"method": "influence", "options": {"distribution": "line", "steps": 3, "multiplier": "displacement"}},
    {"method": "influence", "options": {"distribution": "gaussian", "samples": 3, "statistic": "variance"}},
    {"method": "influence", "layer": "1", "options": {"distribution": "line", "latent_baseline": "zero"}},
    {"method": "boundary_saliency"},
    {"method": "boundary_integrated_gradients", "options": {"steps": 2}},
    {"method": "influence", "options": {"distribution": "boundary_line", "steps": 2, "multiplier": "displacement"}},
    {"quantity": xai.Channel("2", 1), "layer": "0"},
    {"quantity": "channel", "channel_layer": "1"},
    {"quantity": "channel", "target": "fox", "contrast": "dog", "method": "saliency"},
    {"quantity": "channel", "channel_layer": "4", "channel": 2, "method": "occlusion"},
]


FEW = {"samples": 8, "steps": 4, "iterations": 4, "masks": 8, "orders": 4}
OTHERS = [name for name in METHODS if name not in {state.get("method", "integrated_gradients") for state in STATES}]


@pytest.mark.parametrize("name", OTHERS)
def test_the_code_of_every_other_method_makes_that_method(choices, images, name):
    method = METHODS[name]
    reason = choices.refusals.of(method)
    if reason is not None:
        with pytest.raises(ValueError, match=re.escape(reason)):
            choices.changed(choices.first(), {"method": name})
        return
    few = {option.name: FEW[option.name] for option in method.controls() if option.name in FEW}
    state = choices.changed(choices.first(), {"method": name, "options": few, "target": 1})
    namespace = {"model": choices.models[""], "images": images}
    exec(choices.code(state).replace("result = ", "made = lambda: "), namespace)
    assert repr(namespace["method"]) == repr(state.make_method())
    assert callable(namespace["made"])


def with_a_softmax_out_of_reach(network):
    """A function has no layers to look into, so its scores are log-probabilities."""
    return xai.wrap(
        lambda x: nn.functional.softmax(network(x), dim=1) * 1.0,
        backend="torch",
        input_shape=(3, 16, 16),
        classes=["cat", "dog", "fox"],
        outputs="probabilities",
    )


def with_logits(network):
    return xai.wrap(network, classes=["cat", "dog", "fox"], input_shape=(3, 16, 16))


@pytest.mark.parametrize(
    ("make", "changes"),
    [(with_logits, changes) for changes in STATES]
    + [
        (with_a_softmax_out_of_reach, changes)
        for changes in STATES
        if "layer" not in changes and "channel" not in str(changes).lower()
    ],
)
def test_the_code_gives_what_the_state_says(net, images, make, changes):
    model = make(net.eval())
    choices = Choices({"": model}, Pictures(images, {"": model}))
    state = choices.changed(choices.first(), changes)
    namespace = {"model": model, "images": images}
    exec(choices.code(state), namespace)
    x = np.moveaxis(images[state.index] / 255, -1, 0)
    quantity = choices.quantity(state, model, choices.pictures.input("", state.index))
    expected = state.make_method()(model, x, quantity, state.layer)
    np.testing.assert_allclose(namespace["result"].values, expected.values, atol=1e-6)
    assert namespace["result"].score == pytest.approx(expected.score, abs=1e-6)
    assert repr(namespace["result"].query.method) == repr(expected.query.method)
    np.testing.assert_allclose(namespace["result"].map, expected.map, atol=1e-6)


def test_the_code_for_several_models(net, model, images):
    nameless = xai.wrap(net, input_shape=(3, 16, 16))
    models = {"one": model, "the other": nameless}
    choices = Choices(models, Pictures(images, models))
    state = choices.changed(choices.first(), {"target": "dog", "options": {"steps": 2}})
    namespace = {"models": models, "images": images}
    exec(choices.code(state), namespace)
    assert list(namespace["result"]) == ["one", "the other"]
    np.testing.assert_allclose(*(result.values for result in namespace["result"].values()), atol=1e-6)


def test_a_class_name_that_is_there_twice_is_written_as_an_index(net, images):
    model = xai.wrap(net, classes=["crane", "dog", "crane"], input_shape=(3, 16, 16))
    choices = Choices({"": model}, Pictures(images, {"": model}))
    assert "xai.Logit(2)" in choices.code(choices.changed(choices.first(), {"target": 2}))


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
    monkeypatch.setattr(question, "FRESH_SECONDS", 0.0)
    assert predictions.top("", choices.first(), picture) == before
    assert (len(calls), changes) == (2, [])
    with torch.no_grad():
        net[-1].bias += torch.tensor([5.0, 0.0, 0.0])
    assert predictions.top("", choices.first(), picture) != before
    assert changes == [1]


def test_the_catalogue_holds_all_there_is_to_choose(choices):
    there = catalogue(choices)
    assert there["models"] == [""]
    assert there["classes"] == ["cat", "dog", "fox"]
    assert there["layers"] == list(choices.models[""].layers)
    assert [method["name"] for method in there["methods"]] == list(METHODS)
    occlusion = next(method for method in there["methods"] if method["name"] == "occlusion")
    assert occlusion["options"][0]["slider"] == (1, 16)
    ends = {method["name"]: method["ends"] for method in there["methods"]}
    assert all(upper for _, upper in ends.values())
    expected = {
        "grad_cam": ["", "for"],
        "saliency": ["brighter lowers", "brighter raises"],
        "smoothgrad": ["brighter lowers", "brighter raises"],
        "occlusion": ["covering raises", "covering lowers"],
        "input_x_gradient": ["against", "for"],
        "integrated_gradients": ["against", "for"],
        "boundary_saliency": ["brighter lowers", "brighter raises"],
        "boundary_integrated_gradients": ["against", "for"],
        "influence": ["brighter lowers", "brighter raises"],
    }
    assert {name: ends[name] for name in expected} == expected
    assert [family["name"] for family in there["families"]] == list(FAMILIES)
    assert len(there["pictures"]) == 4


def test_layers_are_those_that_all_models_have(net, model, images):
    models = {
        "a": model,
        "b": xai.wrap(nn.Sequential(*net[:1], *net[3:4], nn.Linear(1024, 3)), input_shape=(3, 16, 16)),
    }
    choices = Choices(models, Pictures(images, models))
    assert choices.layers == ["0", "1", "2"]
    assert len(model.layers) > 3


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


def test_an_example_of_a_method_brings_its_options():
    assert with_options(xai.SmoothGrad(sigma=0.5), {"samples": 3}) == {
        "method": "smoothgrad",
        "options": {"sigma": 0.5, "samples": 3, "seed": 0, "tolerance": 0},
    }
    assert with_options(None, {}) == {}
    assert with_options("saliency", {}) == {"method": "saliency"}
