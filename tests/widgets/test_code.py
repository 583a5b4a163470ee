"""The Python that a widget writes does what the widget does."""

import re

import numpy as np
import pytest

import xai_widgets as xai
from tests.widgets.conftest import with_a_softmax_out_of_reach
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.code import code
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.pictures import Pictures

STATES = [
    {},
    {"target": "dog"},
    {"target": 1, "contrast": 2, "index": 3},
    {"contrast": 0, "layer": "1"},
    {"method": "saliency", "index": 2},
    {"method": "input_x_gradient"},
    {"method": "smoothgrad", "options": {"sigma": 0.3, "samples": 3, "seed": 5}},
    {"method": "occlusion", "options": {"window": 5, "stride": 3, "baseline": "blur"}},
    {"options": {"steps": 3, "baseline": 0.0}},
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
    exec(code(choices, state).replace("result = ", "made = lambda: "), namespace)
    assert repr(namespace["method"]) == repr(state.cell.method)
    assert callable(namespace["made"])


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
    exec(code(choices, state), namespace)
    x = np.moveaxis(images[state.index] / 255, -1, 0)
    quantity = Explanations(choices).quantity(state, "")
    expected = state.cell.method(model, x, quantity, state.cell.layer)
    np.testing.assert_allclose(namespace["result"].values, expected.values, atol=1e-6)
    assert namespace["result"].score == pytest.approx(expected.score, abs=1e-6)
    assert repr(namespace["result"].method) == repr(expected.method)
    np.testing.assert_allclose(namespace["result"].map, expected.map, atol=1e-6)


def test_the_code_for_several_models(net, model, images):
    nameless = xai.wrap(net, input_shape=(3, 16, 16))
    models = {"one": model, "the other": nameless}
    choices = Choices(models, Pictures(images, models))
    state = choices.changed(choices.first(), {"target": "dog", "options": {"steps": 2}})
    namespace = {"models": models, "images": images}
    exec(code(choices, state), namespace)
    assert list(namespace["result"]) == ["one", "the other"]
    np.testing.assert_allclose(*(result.values for result in namespace["result"].values()), atol=1e-6)


def test_a_class_name_that_is_there_twice_is_written_as_an_index(net, images):
    model = xai.wrap(net, classes=["crane", "dog", "crane"], input_shape=(3, 16, 16))
    choices = Choices({"": model}, Pictures(images, {"": model}))
    assert "xai.Logit(2)" in code(choices, choices.changed(choices.first(), {"target": 2}))
