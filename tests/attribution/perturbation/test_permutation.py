import numpy as np
import pytest

import xai_widgets as xai


@pytest.fixture
def batch():
    return np.random.default_rng(2).uniform(size=(5, 3, 6, 8))


def permutation(model, batch, target, groups, samples, seed):
    """Feature permutation as its definition says: the drops of each round, (samples, *batch)."""
    count = groups.max() + 1
    rounds = np.zeros((samples, *batch.shape))
    for shuffle in range(samples):
        for group in range(count):
            others = np.random.default_rng((seed, shuffle * count + group)).permutation(len(batch))
            changed = np.where(groups == group, batch[others], batch)
            drops = (model.polynomial(batch) - model.polynomial(changed))[:, target]
            rounds[shuffle][:, groups == group] = drops[:, None]
    return rounds


def test_equals_its_definition(polynomial, batch, agreement):
    groups = np.random.default_rng(3).integers(0, 7, batch.shape[1:])
    model = polynomial()
    result = xai.FeaturePermutation(features=groups, samples=4, seed=5)(model, batch, xai.Logit(1))
    rounds = permutation(model, batch, 1, groups, 4, 5)
    agreement("feature_permutation", "definition", result.values, rounds.mean(axis=0))
    np.testing.assert_allclose(result.standard_error, rounds.std(axis=0, ddof=1) / 2, rtol=1e-5, atol=1e-7)
    assert result.evaluations == 5 * (1 + 4 * 7)


def test_a_round_that_is_not_complete_counts_for_what_it_reached(polynomial, batch):
    groups = np.broadcast_to(np.arange(8), batch.shape[1:])
    method = xai.FeaturePermutation(features=groups, samples=2)
    rounds = permutation(polynomial(), batch, 1, groups, 2, 0)
    model = polynomial()
    model.at(None).chunk = lambda kind: 1
    estimates = [one for one in method.stream(model, batch, xai.Logit(1)) if one.evaluations // 5 >= 1 + 8]
    assert len(estimates) == 9
    for estimate in estimates:
        done = np.isclose(estimate.values, rounds.mean(axis=0), atol=1e-5)
        rest = np.isclose(estimate.values, rounds[0], atol=1e-5)
        assert (done | rest).all()
        assert done.all(axis=(0, 1, 2)).sum() == estimate.evaluations // 5 - 9


def test_samples_nest(polynomial, batch):
    few = xai.FeaturePermutation(features="squares", samples=2)(polynomial(), batch, xai.Logit(0))
    model = polynomial()
    model.at(None).chunk = lambda kind: 1
    estimates = list(xai.FeaturePermutation(features="squares", samples=3).stream(model, batch, xai.Logit(0)))
    (same,) = [one for one in estimates if one.evaluations == few.evaluations]
    np.testing.assert_allclose(same.values, few.values)


def test_stops_when_it_is_precise_enough(polynomial, batch):
    method = xai.FeaturePermutation(features="channels", samples=500, tolerance=0.15)
    last = method(polynomial(), batch, xai.Logit(1))
    assert last.final
    assert last.evaluations < last.method.samples * 3 * 5 / 2
    assert last.planned == last.evaluations
    for values, error in zip(last.values, last.standard_error, strict=True):
        assert error.max() <= 0.15 * np.abs(values).max()


def test_the_importance_of_a_column_to_a_regression(polynomial):
    """The squared error of a linear model rises by twice the column's variance times its coefficient squared."""
    model = polynomial((4,), 1, bounds=None)
    model.square[:] = 0
    x = np.random.default_rng(0).normal(size=(400, 4))
    truth = model.polynomial(x)[:, 0]
    method = xai.FeaturePermutation(samples=20, loss=lambda scores: np.mean((scores[:, 0] - truth) ** 2))
    result = method(model, x)
    expected = -2 * model.linear[0] ** 2 * x.var(axis=0)
    np.testing.assert_allclose(result.values[0], expected, rtol=0.1)
    assert abs(result.score[0]) < 1e-12


def test_a_single_input_has_nothing_to_exchange_with(polynomial, picture):
    with pytest.raises(ValueError, match="found one input, expected two or more"):
        xai.FeaturePermutation()(polynomial(), picture)
    assert xai.FeaturePermutation.needs_batch
