"""An attack with its two explanations, in one stream."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.adversarial.examination import Examiner, Memory


@pytest.fixture
def examiner():
    return Examiner(xai.ProjectedGradientDescent(epsilon=0.5, steps=6), xai.SmoothGrad(samples=4))


def test_it_ends_with_what_its_parts_end_with(twins, inputs, examiner):
    model, x = twins["torch"], inputs[0]
    found = list(examiner.stream(model, x, None, Memory()))
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
    slow = next(examiner.stream(twins["torch"], inputs[0], None, memory))
    assert slow.after is None
    list(examiner.stream(twins["torch"], inputs[0], None, memory))
    memory.seconds = 0.001
    quick = next(examiner.stream(twins["torch"], inputs[0], None, memory))
    assert quick.after is not None
    assert quick.before is memory.before, "what was not attacked is explained once"


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
