"""An attack with its two explanations, in one stream."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.adversarial.examination import Examiner, Memory, Pace


@pytest.fixture
def examiner():
    return Examiner(xai.ProjectedGradientDescent(epsilon=0.5, steps=6), xai.SmoothGrad(samples=4))


def test_it_ends_with_what_its_parts_end_with(twins, inputs, examiner):
    model, x = twins["torch"], inputs[0]
    found = [one for one in examiner.stream(model, x, None, Memory()) if one is not None]
    last = found[-1]
    assert [one.final for one in found] == [False] * (len(found) - 1) + [True]
    expected = examiner.attack(model, x)
    np.testing.assert_allclose(last.example.values, expected.values, atol=1e-6)
    np.testing.assert_allclose(last.before.values, examiner.explainer(model, x).values, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        last.after.values, examiner.explainer(model, expected.values).values, rtol=1e-4, atol=1e-5
    )
    assert last.evaluations == last.planned == expected.evaluations + last.before.evaluations + last.after.evaluations


def test_the_first_is_the_attack_alone_until_explanations_are_known_to_be_quick(twins, inputs, examiner):
    memory = Memory()
    unknown = next(examiner.stream(twins["torch"], inputs[0], None, memory))
    assert unknown.after is None
    list(examiner.stream(twins["torch"], inputs[0], None, memory))
    assert memory.pace.known
    memory.pace.seconds = 0.001
    quick = next(examiner.stream(twins["torch"], inputs[0], None, memory))
    assert quick.after is not None
    assert quick.before is memory.before, "what was not attacked is explained once"


def test_a_slow_explanation_waits_for_the_attack_and_can_be_left(twins, inputs):
    examiner = Examiner(xai.ProjectedGradientDescent(epsilon=0.5, steps=6), xai.BoundarySaliency())
    memory = Memory(Pace(9.0))
    found = list(examiner.stream(twins["torch"], inputs[0] * 0.99, None, memory))
    attacked = found.index(next(one for one in found if one is not None and one.example.final))
    assert all(one.after is None for one in found[: attacked + 1])
    assert None in found[attacked:], "the search gives the word back after each chunk of work"
    assert found[-1].final
    assert found[-1].before.values.shape == found[-1].after.values.shape == inputs[0].shape


def test_more_steps_go_on_where_the_attack_ended(twins, inputs, examiner):
    model, x = twins["torch"], inputs[0]
    *_, before = examiner.stream(model, x, None, Memory())
    longer = Examiner(xai.ProjectedGradientDescent(epsilon=0.5, steps=12), xai.SmoothGrad(samples=4))
    assert longer.extends(examiner)
    assert not longer.extends(Examiner(examiner.attack, xai.Saliency()))
    *_, resumed = longer.stream(model, x, None, Memory(), before)
    np.testing.assert_allclose(resumed.example.values, longer.attack(model, x).values, atol=1e-6)


def test_a_target_is_handed_on(twins, inputs, examiner):
    *_, last = examiner.stream(twins["torch"], inputs[0], 2, Memory())
    assert last.example.target == 2
