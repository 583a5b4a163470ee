"""The checks of lesson 5 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import lesson_05
from xai_course.networks.architecture import Architecture, Convolution, Dense, Flatten, Relu

SMALL = Architecture(
    "small",
    (6, 6, 1),
    {
        "conv1": Convolution(4, 3),
        "relu1": Relu(),
        "flatten": Flatten(),
        "dense1": Dense(8),
        "relu2": Relu(),
        "dense2": Dense(3),
    },
)

SOLUTION = {
    "saliency": xai.Influence(distribution=xai.Point()),
    "integrated gradients": xai.Influence(distribution=xai.Line(steps=16), multiplier="displacement"),
    "SmoothGrad": xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=8)),
}


@pytest.fixture(scope="module", params=xai_course.networks.BACKENDS)
def lab(request):
    return xai_course.backend(request.param)


@pytest.fixture(scope="module")
def asked(lab):
    x = lab.layout(np.random.default_rng(1).random((6, 6, 1), np.float32))
    return xai.wrap(lab.build(SMALL, seed=0), bounds=(0, 1), input_shape=x.shape), x


def test_the_three_choices_are_the_three_methods(asked):
    assert lesson_05.choices(SOLUTION, *asked).state == "right"


@pytest.mark.parametrize("blank", [None, ..., {}, dict.fromkeys(SOLUTION, ...), {**SOLUTION, "SmoothGrad": None}])
def test_blank_choices_are_not_yet_an_answer(blank, asked):
    assert lesson_05.choices(blank, *asked).state == "blank"


@pytest.mark.parametrize(
    ("name", "wrong", "why"),
    [
        ("integrated gradients", xai.Influence(distribution=xai.Line(steps=16)), "multiplied by 'one'"),
        ("integrated gradients", xai.Influence(distribution=xai.Point()), "takes its gradients elsewhere"),
        (
            "integrated gradients",
            xai.Influence(distribution=xai.Line(steps=3), multiplier="displacement"),
            "numbers are not those",
        ),
        ("saliency", xai.Influence(distribution=xai.Point(), multiplier="activation"), "multiplied by 'activation'"),
        (
            "SmoothGrad",
            xai.Influence(distribution=xai.Gaussian(sigma=0.1, samples=8), statistic="variance"),
            "is a mean; found statistic='variance'",
        ),
        ("SmoothGrad", xai.SmoothGrad(), "expected xai.Influence"),
        ("SmoothGrad", xai.Influence(distribution=xai.Gaussian(), multiplier="displacement"), "that of a path"),
    ],
)
def test_wrong_choices_are_told_what_is_wrong(name, wrong, why, asked):
    verdict = lesson_05.choices({**SOLUTION, name: wrong}, *asked)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_choices_that_are_no_dict_are_refused(asked):
    assert lesson_05.choices(list(SOLUTION.values()), *asked).state == "wrong"


def test_the_row_of_the_class_is_the_last_influence(lab):
    assert lesson_05.last_influence(lambda weight, target: weight[target]).state == "right"
    # The network says the same.
    network = lab.build(SMALL, seed=0)
    x = lab.layout(np.random.default_rng(2).random((6, 6, 1), np.float32))
    model = xai.wrap(network, bounds=(0, 1), input_shape=x.shape)
    found = xai.Influence()(model, x, quantity=xai.Logit(1), layer="relu2").values
    np.testing.assert_allclose(found, lab.weights_of(network)["dense2.weight"][1], rtol=1e-5)


@pytest.mark.parametrize("blank", [None, ..., lambda *_: None, lambda *_: ...])
def test_a_blank_last_influence_is_not_yet_an_answer(blank):
    assert lesson_05.last_influence(blank).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda weight, target: weight[:, target], "this is a column"),
        (lambda weight, target: weight, "the whole matrix"),
        (lambda weight, target: np.abs(weight[target]), "keeps its sign"),
        (lambda weight, target: weight[target].sum(), "one number for each of the 6 units"),
        (lambda weight, target: weight[0], "take its derivative"),
        (lambda weight, target: -weight[target], "take its derivative"),
        (lambda weight: weight, "TypeError"),
        (3, "expected a function"),
    ],
)
def test_a_wrong_last_influence_is_told_what_is_wrong(answer, why):
    verdict = lesson_05.last_influence(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_a_function_that_levels_off_breaks_sensitivity(lab):
    assert lesson_05.broken_sensitivity(lambda t: 0.5 - lab.relu(0.5 - t[:, 0]), lab).state == "right"


@pytest.mark.parametrize("blank", [None, ..., lambda t: None, lambda t: ...])
def test_a_blank_function_of_two_inputs_is_not_yet_an_answer(blank, lab):
    assert lesson_05.broken_sensitivity(blank, lab).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda lab: lambda t: t[:, 0] + t[:, 1], "saliency does see a reason"),
        (lambda lab: lambda t: 0 * t[:, 0], "nothing to attribute"),
        (lambda lab: lambda t: 1 - lab.relu(1 - t[:, 0]), "saliency does see a reason"),
        (lambda lab: lambda t: 1 / 0, "ZeroDivisionError"),
        (lambda lab: 3, "expected a function"),
    ],
)
def test_a_function_that_keeps_sensitivity_is_told_so(answer, why, lab):
    verdict = lesson_05.broken_sensitivity(answer(lab), lab)
    assert verdict.state == "wrong"
    assert why in verdict.message
