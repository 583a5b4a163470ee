"""What results say of themselves in words."""

from types import SimpleNamespace

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.facts import facts_of, is_exact, within


def found(single=True, tolerance=0.0, **change):
    question = SimpleNamespace(single=single, cut=SimpleNamespace(layer=None))
    asked = {"question": question, "method": SimpleNamespace(tolerance=tolerance)}
    known = {"values": np.array([2.0, -4.0]), "standard_error": None, "fidelity": None, "path": None, "final": True}
    return SimpleNamespace(**asked, **{**known, **change})


def said(result):
    return {fact.label: fact.value for fact in facts_of(result)}


def test_a_result_without_samples_has_nothing_to_say():
    assert facts_of(found()) == []
    assert facts_of(found(standard_error=np.full(2, np.nan), fidelity=float("nan"), path="batches")) == []
    assert facts_of(found(standard_error=np.zeros(2))) == []


def test_the_largest_error_is_told_with_its_part_of_the_largest_value():
    assert said(found(standard_error=np.array([0.1, 0.02]))) == {"error": "± 0.1 (2.5 %)"}
    assert said(found(values=np.zeros(2), standard_error=np.array([0.1, 0.02]))) == {"error": "± 0.1"}


def test_of_a_batch_the_least_sure_is_told():
    values, error = np.array([[1.0, -10.0], [1.0, 2.0]]), np.array([[0.5, 0.1], [0.2, 0.4]])
    assert said(found(single=False, values=values, standard_error=error)) == {"error": "± 0.4 (20 %)"}
    assert said(found(single=False, fidelity=np.array([0.913, 0.5]))) == {"fidelity R²": "0.50"}


@pytest.mark.parametrize(
    ("tolerance", "final", "words"),
    [(0.0, True, None), (0.03, False, None), (0.03, True, "by itself at 3 %"), (0.01, True, "before 1 % was reached")],
)
def test_it_says_whether_it_stopped_by_itself(tolerance, final, words):
    result = found(tolerance=tolerance, final=final, standard_error=np.array([0.1, 0.02]))
    assert said(result).get("stopped") == words


def test_fidelity_and_path():
    words = {"fidelity R²": "0.91", "computed again": "only around each window"}
    assert said(found(fidelity=0.913, path="windows")) == words


@pytest.mark.parametrize(
    ("method", "exact"),
    [
        (xai.Saliency(), True),
        (xai.FeatureAblation(), True),
        (xai.ExactShapley(), True),
        (xai.KernelShap(), True),
        (xai.ShapleySampling(samples=2), False),
        (xai.IntegratedGradients(steps=8), False),
        (xai.SmoothGrad(samples=8), False),
        (xai.Lime(samples=8), False),
    ],
    ids=repr,
)
def test_exact_is_what_was_neither_sampled_nor_cut_into_steps(polynomial, method, exact):
    estimates = list(method.stream(polynomial(shape=(3,), outputs=2), np.array([0.3, 0.5, 0.8])))
    assert [is_exact(estimate) for estimate in estimates] == [False] * (len(estimates) - 1) + [exact]


def test_how_far_it_may_be_off_is_its_error_or_else_its_gap():
    assert within(found(standard_error=np.array([0.1, 0.02]), gap=0.5)) == pytest.approx(0.1 / 4)
    assert within(found(gap=0.5)) == 0.5
    assert within(found(gap=float("nan"))) is None
