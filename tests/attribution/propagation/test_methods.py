"""Modified backpropagation on a network in NumPy, whose backward passes are closed forms."""

import numpy as np
import pytest

import xai_widgets as xai
from tests.attribution.conftest import PolynomialCut, PolynomialModel
from xai_widgets.attribution.baseline import baselines_for
from xai_widgets.attribution.propagation.relevance import COMPOSITES
from xai_widgets.errors import InputError
from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Relevance, Rescaled, ZPlus

SHAPE = (3, 6, 8)


class PropagatingCut(PolynomialCut):
    """The rescale rule on a x + b x^2 / 2, whose slope between x and r is a + b (x + r) / 2."""

    def _propagate(self, x, objective, rules, reference):
        self.model.asked.append(rules)
        if self.model.uncovered:
            raise InputError("The rules do not cover it.")
        found = self._differentiate(x, objective)
        if not isinstance(rules, Rescaled):
            return found
        middle = self._differentiate((x + reference) / 2, objective.fixed(found.scores))
        there = self._evaluate(reference, objective.fixed(found.scores))
        return found._replace(
            gradients=middle.gradients, reference_values=there.values, reference_activations=reference
        )


class PropagatingModel(PolynomialModel):
    def __init__(self, *arguments, uncovered=False, **options):
        self.asked, self.uncovered = [], uncovered
        super().__init__(*arguments, **options)

    def _cut(self, layer):
        return PropagatingCut(self, layer)


@pytest.fixture
def model():
    return made()


def made(**options):
    linear, square = np.random.default_rng(0).normal(size=(2, 4, *SHAPE))
    return PropagatingModel(linear, square, **options)


def contributions(model, x, reference, k):
    return (model.linear[k] + model.square[k] * (x + reference) / 2) * (x - reference)


def test_deeplift_is_multipliers_times_differences(model, picture):
    found = xai.DeepLift(baseline=0.3)(model, picture, xai.Logit(2))
    np.testing.assert_allclose(found.values, contributions(model, picture, 0.3, 2), atol=1e-6)
    assert found.gap < 1e-6
    assert found.evaluations == 2
    batch = np.stack([picture, picture / 2])
    many = xai.DeepLift(baseline=0.3)(model, batch, xai.Logit([2, 0]))
    np.testing.assert_allclose(many.values[0], found.values)
    np.testing.assert_allclose(many.values[1], contributions(model, picture / 2, 0.3, 0), atol=1e-6)


def test_completeness_is_promised_for_sums_of_scores_alone(model, picture):
    assert np.isnan(xai.DeepLift()(model, picture, xai.Probability(1)).absolute_gap)
    assert np.isnan(xai.GuidedBackpropagation()(model, picture).gap)
    assert xai.DeepLift()(model, picture, xai.Margin(1, 0)).absolute_gap < 1e-6


def test_deeplift_shap_is_the_mean_over_baselines_and_knows_its_error(model, picture):
    method = xai.DeepLiftShap(samples=12, seed=3)
    estimates = list(method.stream(model, picture, xai.Logit(1)))
    references = baselines_for(picture[None], "uniform", model, 3, 0, 12)[:, 0]
    single = np.stack([contributions(model, picture, reference, 1) for reference in references])
    last = estimates[-1]
    np.testing.assert_allclose(last.values, single.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(last.standard_error, single.std(axis=0, ddof=1) / np.sqrt(12), atol=1e-6)
    assert estimates[0].standard_error is None
    assert last.gap < 1e-5
    assert last.evaluations == last.planned == 24
    fewer = xai.DeepLiftShap(samples=5, seed=3)(model, picture, xai.Logit(1))
    np.testing.assert_allclose(fewer.values, single[:5].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 3, 16])
def test_deeplift_shap_stops_by_itself_wherever_the_work_is_cut(model, picture, monkeypatch, chunk):
    monkeypatch.setattr(PropagatingCut, "chunk", lambda self, kind: chunk)
    own = picture[None] * np.linspace(0, 0.1, 64)[:, None, None, None]
    found = xai.DeepLiftShap(samples=64, baselines=own, tolerance=0.05)(model, picture, xai.Logit(1))
    assert found.evaluations == 32, "at the first checkpoint"
    assert found.standard_error.max() <= 0.05 * np.abs(found.values).max()
    all_of_them = xai.DeepLiftShap(samples=64, baselines=own, tolerance=1e-6)(model, picture, xai.Logit(1))
    assert all_of_them.evaluations == 128


def test_a_composite_is_a_choice_of_rules():
    epsilon, gamma, plus = Epsilon(STABILISER), Gamma(0.5), ZPlus()
    expected = {
        "epsilon": Relevance(epsilon, epsilon),
        "gamma": Relevance(gamma, gamma),
        "z_plus": Relevance(plus, plus),
        "epsilon_plus": Relevance(epsilon, plus),
        "epsilon_plus_flat": Relevance(epsilon, plus, Flat()),
        "epsilon_gamma": Relevance(epsilon, gamma),
        "epsilon_gamma_flat": Relevance(epsilon, gamma, Flat()),
    }
    assert expected.keys() == COMPOSITES.keys()
    for name, rules in expected.items():
        assert xai.RelevancePropagation(composite=name, gamma=0.5).rules == rules
    assert xai.RelevancePropagation(epsilon=0.2).rules.dense == Epsilon(0.2)
    shown = {option.name: option.when for option in xai.RelevancePropagation.options()}
    assert "gamma" not in shown["epsilon"][1]
    assert shown["gamma"][1] == ("gamma", "epsilon_gamma", "epsilon_gamma_flat")


def test_relevance_starts_from_scores_alone(model, picture):
    for quantity in (xai.Probability(1), xai.LogProbability(1), xai.Custom(lambda scores: scores[:, 0])):
        with pytest.raises(ValueError, match="no sum of relevance"):
            xai.RelevancePropagation()(model, picture, quantity)
    assert not model.asked, "refused before a pass"


def test_why_a_network_is_not_covered_is_asked_once():
    model = made(uncovered=True)
    for _ in range(2):
        assert xai.DeepLift.refusal(model) == "The rules do not cover it."
        assert xai.DeepLiftShap.refusal(model) == "The rules do not cover it."
    assert model.asked == [Rescaled()]
    assert xai.RelevancePropagation.refusal(model) == "The rules do not cover it."
    assert xai.GuidedBackpropagation.refusal(made()) is None
