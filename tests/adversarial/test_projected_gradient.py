"""Projected gradient descent, held to linear networks, where the strongest change is known."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.adversarial.projected_gradient import ProjectedGradientDescent
from xai_widgets.adversarial.region import Region


def margins(model, x, label):
    scores = model.scores(x)
    rows = np.arange(len(x))
    others = scores.copy()
    others[rows, label] = -np.inf
    return scores[rows, label] - others.max(axis=1)


def test_on_a_plane_the_change_goes_straight_to_the_boundary(linear, planes, inputs):
    weights = planes[0].astype(float)
    found = ProjectedGradientDescent(norm="l2", epsilon=0.1, steps=20)(linear, inputs)
    scores = linear.scores(inputs)
    for row, label in enumerate(scores.argmax(axis=1)):
        ways = weights[label] - weights
        lengths = np.linalg.norm(ways, axis=1)
        reached = scores[row, label] - scores[row] - 0.1 * lengths
        reached[label] = np.inf
        rival = reached.argmin()
        np.testing.assert_allclose(found.perturbation[row], -0.1 * ways[rival] / lengths[rival], atol=2e-6)
        assert found.margin[row] == pytest.approx(reached[rival], abs=1e-5)
        assert found.succeeded[row] == (reached[rival] < 0)


def test_in_the_largest_norm_every_value_moves_by_epsilon(linear, planes, inputs):
    found = ProjectedGradientDescent(norm="linf", epsilon=0.05, steps=10)(linear, inputs, target=2)
    scores = linear.scores(inputs)
    for row in range(len(inputs)):
        rivals = [i for i in range(4) if i != 2]
        reached = [scores[row, i] - scores[row, 2] - 0.05 * np.abs(planes[0][i] - planes[0][2]).sum() for i in rivals]
        assert found.margin[row] >= max(reached) - 1e-5, "no attack beats its strongest rival"
    np.testing.assert_allclose(np.abs(found.perturbation).max(axis=1), 0.05, rtol=1e-5)


def test_the_way_to_a_target_on_a_plane(planes):
    two = nn.Linear(12, 2)
    two.weight.data, two.bias.data = torch.tensor(planes[0][:2]), torch.tensor(planes[1][:2])
    model = xai.wrap(two, input_shape=(12,), bounds=None, classes=["one", "other"])
    x = np.zeros(12, "float32")
    label = int(model.scores(x).argmax())
    way = planes[0][label] - planes[0][1 - label]
    size = np.linalg.norm(way)
    needed = (planes[1][label] - planes[1][1 - label]) / size
    attack = ProjectedGradientDescent(epsilon=1.01 * needed)
    found = attack(model, x, target=["one", "other"][1 - label])
    assert found.succeeded
    assert found.prediction == found.target == 1 - label
    np.testing.assert_allclose(found.perturbation, -1.01 * needed * way / size, atol=1e-5)
    short = ProjectedGradientDescent(epsilon=0.99 * needed)(model, x)
    assert not short.succeeded
    assert short.prediction == short.label == label
    assert "still" in repr(short)
    assert "becomes" in repr(found)


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.parametrize("epsilon", [0.0, 0.03, 0.3, 3.0])
def test_epsilon_and_bounds_are_kept(boxed, inputs, norm, epsilon):
    for example in ProjectedGradientDescent(norm=norm, epsilon=epsilon, steps=7, restarts=3).stream(boxed, inputs):
        assert (example.distance <= epsilon).all()
        assert example.values.min() >= 0
        assert example.values.max() <= 1
        assert example.values.dtype == inputs.dtype
    np.testing.assert_allclose(example.scores, boxed.scores(example.values), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(example.margin, margins(boxed, example.values, example.label), atol=1e-5)
    np.testing.assert_allclose(example.probabilities, boxed.probabilities(example.values), atol=1e-6)
    np.testing.assert_allclose(example.probabilities_before, boxed.probabilities(inputs), atol=1e-6)


def test_a_stream_gets_stronger_and_counts_what_it_costs(twins, inputs):
    examples = list(ProjectedGradientDescent(epsilon=0.5, steps=6, restarts=2).stream(twins["torch"], inputs))
    strength = np.array([example.margin for example in examples])
    assert (np.diff(strength, axis=0) <= 0).all()
    assert [example.final for example in examples] == [False] * (len(examples) - 1) + [True]
    assert {example.planned for example in examples} == {6 * (1 + 2 * 7)}
    assert examples[-1].evaluations == 6 * (1 + 2 * 7)
    assert np.isnan(examples[0].change)
    assert examples[0].evaluations == 6 * 3, "the first picture comes after one look and two steps"
    assert (examples[0].distance > 0.4).all(), "and is no small one"


def test_backends_agree(twins, inputs):
    for target in (None, 1):
        one, other = (
            ProjectedGradientDescent(epsilon=0.4, restarts=3, seed=5)(model, inputs, target=target)
            for model in twins.values()
        )
        np.testing.assert_array_equal(one.prediction, other.prediction)
        np.testing.assert_allclose(one.margin, other.margin, atol=2e-3)
        np.testing.assert_allclose(one.values, other.values, atol=2e-2)


def test_it_is_stronger_than_chance_and_than_a_single_step(twins, inputs):
    model, random = twins["torch"], np.random.default_rng(0)
    label = model.scores(inputs).argmax(axis=1)
    found = ProjectedGradientDescent(epsilon=0.4, restarts=2)(model, inputs)
    single = ProjectedGradientDescent(epsilon=0.4, steps=1)(model, inputs)
    assert (found.margin <= single.margin).all()
    for _ in range(50):
        ways = random.normal(size=inputs.shape)
        ways *= 0.4 / np.linalg.norm(ways, axis=1, keepdims=True)
        tried = np.clip(inputs + ways, 0, 1).astype("float32")
        assert (found.margin < margins(model, tried, label)).all()


def test_a_result_depends_on_its_input_and_seed_alone(twins, inputs):
    model = twins["torch"]
    attack = ProjectedGradientDescent(epsilon=0.4, restarts=3, seed=2)
    together = attack(model, inputs)
    np.testing.assert_allclose(together.values, attack(model, inputs).values, atol=1e-4)
    alone = attack(model, inputs[3])
    np.testing.assert_allclose(alone.values, together.values[3], atol=1e-4)
    assert isinstance(alone.margin, float)
    assert isinstance(alone.succeeded, bool)
    assert alone.values.shape == alone.x.shape == inputs[3].shape
    assert alone.scores.shape == (4,)


def test_more_starts_and_more_steps_go_on_where_the_stream_ended(twins, inputs):
    model = twins["torch"]
    for short, long in (({"restarts": 2}, {"restarts": 4}), ({"steps": 10}, {"steps": 25})):
        attack = ProjectedGradientDescent(epsilon=0.4, **{"steps": 10, **long})
        before = ProjectedGradientDescent(epsilon=0.4, **{"steps": 10, **short})(model, inputs)
        resumed = list(attack.stream(model, inputs, resume=before))
        whole = attack(model, inputs)
        np.testing.assert_allclose(resumed[-1].values, whole.values, atol=1e-6)
        assert resumed[-1].evaluations == resumed[-1].planned
        (same,) = ProjectedGradientDescent(epsilon=0.4, **{"steps": 10, **short}).stream(model, inputs, resume=before)
        assert same.final
        assert same.evaluations == before.evaluations
    with pytest.raises(ValueError, match="cannot go on"):
        ProjectedGradientDescent(epsilon=0.5, steps=25).stream(model, inputs, resume=before)
    with pytest.raises(ValueError, match="something else"):
        attack.stream(model, inputs + 0.01, resume=before)


def test_a_label_that_the_model_does_not_answer_is_away_already(twins, inputs):
    model = twins["torch"]
    wrong = (model.scores(inputs).argmax(axis=1) + 1) % 4
    found = ProjectedGradientDescent(epsilon=0.0)(model, inputs, label=wrong)
    assert found.succeeded.all()
    np.testing.assert_array_equal(found.values, inputs)


def test_pictures_in_both_layouts():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 3))
    model = xai.wrap(network, input_shape=(3, 8, 8))
    x = np.random.default_rng(0).uniform(size=(2, 3, 8, 8)).astype("float32")
    found = ProjectedGradientDescent(epsilon=0.5, restarts=2)(model, x)
    assert (found.margin < margins(model, x, found.label)).all()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epsilon": -1}, ValueError, "epsilon is -1"),
        ({"epsilon": "far"}, TypeError, "epsilon is 'far'"),
        ({"epsilon": 1, "norm": "l1"}, ValueError, "'l2' or 'linf'"),
        ({"epsilon": 1, "steps": 0}, ValueError, "steps is 0"),
        ({"epsilon": 1, "step_size": -1}, ValueError, "step_size is -1"),
    ],
)
def test_options_are_checked(options, error, words):
    with pytest.raises(error, match=words):
        ProjectedGradientDescent(**options)


def test_what_cannot_be_attacked_is_refused(twins, inputs):
    attack, model = ProjectedGradientDescent(epsilon=0.1), twins["torch"]
    with pytest.raises(TypeError, match="expected a network"):
        attack(nn.Linear(2, 2), inputs)
    with pytest.raises(ValueError, match="one of them"):
        attack(model, inputs, label=1, target=2)
    with pytest.raises(ValueError, match="2 classes for 6 inputs"):
        attack(model, inputs, target=[1, 2])
    with pytest.raises(ValueError, match="no class 9"):
        attack(model, inputs, target=9)
    values = xai.wrap(nn.Linear(12, 2), input_shape=(12,), outputs="values", bounds=None)
    with pytest.raises(ValueError, match="puts out values"):
        attack(values, inputs)


def test_the_repr_can_be_run():
    attack = ProjectedGradientDescent(norm="linf", epsilon=0.1, steps=10)
    assert repr(eval(repr(attack))) == repr(attack)


def test_an_example_has_a_picture_of_itself(twins, inputs):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
    model = xai.wrap(network, input_shape=(3, 8, 8))
    x = np.random.default_rng(0).uniform(size=(2, 3, 8, 8)).astype("float32")
    attack = ProjectedGradientDescent(epsilon=0.5, steps=2)
    for example in (attack(model, x), attack(model, x[0]), attack(twins["torch"], inputs)):
        assert example._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_the_best_of_all_starts_is_kept(twins, inputs, norm):
    model = twins["torch"]
    label = model.scores(inputs).argmax(axis=1)
    # Steps of no length stay where they start.
    found = ProjectedGradientDescent(norm=norm, epsilon=0.4, steps=1, step_size=0, restarts=6, seed=3)(model, inputs)
    region = Region(model, inputs, norm, 0.4)
    starts = np.stack([margins(model, region.start(3, number), label) for number in range(6)])
    np.testing.assert_allclose(found.margin, starts.min(axis=0), atol=1e-5)
    assert len(set(starts.argmin(axis=0))) > 1, "the starts differ in what they are good for"


@pytest.mark.parametrize(
    ("more", "extends"),
    [
        ({"restarts": 3}, True),
        ({"restarts": 1}, False),
        ({"restarts": 3, "steps": 20}, False),
        ({"steps": 20}, False),  # the second start would begin too late
        ({"restarts": 3, "seed": 1}, False),
        ({"restarts": 3, "step_size": 0.1}, False),
        ({"restarts": 3, "norm": "linf"}, False),
    ],
)
def test_what_goes_on_where_another_attack_ended(more, extends):
    before = {"epsilon": 0.4, "steps": 10, "restarts": 2}
    assert ProjectedGradientDescent(**{**before, **more}).extends(ProjectedGradientDescent(**before)) is extends
