import itertools

import numpy as np
import pytest

import xai_widgets as xai

GIVEN = np.array([0, 1, 1, 2, 3, 4])


def shapley(model, x, filling, labels, value):
    """What each feature adds, averaged over all orders, one order after the other."""
    count = labels.max() + 1
    totals = np.zeros(count)
    orders = list(itertools.permutations(range(count)))
    for order in orders:
        current = filling.copy()
        before = value(model.polynomial(current[None]))
        for feature in order:
            current[labels == feature] = x[labels == feature]
            after = value(model.polynomial(current[None]))
            totals[feature] += after - before
            before = after
    return totals / len(orders)


def probability(scores):
    return (np.exp(scores) / np.exp(scores).sum())[0, 1]


@pytest.fixture
def case(polynomial):
    model, x = polynomial(shape=(6,), bounds=None), np.linspace(-1, 1.5, 6)
    filling = np.full(6, 0.2)
    expected = shapley(model, x, filling, GIVEN, probability)
    return model, x, expected


def test_exact_values_are_the_average_over_all_orders(case, agreement):
    model, x, expected = case
    result = xai.ExactShapley(features=GIVEN, baseline=0.2)(model, x, xai.Probability(1))
    agreement("shapley_exact", "definition", result.values, expected[GIVEN], tolerance=1e-6)
    assert result.evaluations == 2**5
    assert result.absolute_gap < 1e-7
    assert result.standard_error is None


def test_exact_values_come_from_coarse_to_exact(polynomial):
    model, x = polynomial(shape=(9,), bounds=None), np.linspace(-1, 1.5, 9)
    estimates = list(xai.ExactShapley(baseline=0).stream(model, x, xai.Probability(1)))
    exact = estimates[-1].values
    errors = [np.linalg.norm(estimate.values - exact) / np.linalg.norm(exact) for estimate in estimates]
    assert estimates[0].evaluations == 2 + 18
    assert estimates[-1].evaluations == estimates[0].planned == 2**9
    assert errors[0] < 1
    assert np.mean(errors[len(errors) // 2 :]) < 0.5 * errors[0]
    change = estimates[-1].values.sum()
    for estimate in estimates:
        assert estimate.values.sum() == pytest.approx(change, abs=1e-5)


@pytest.mark.parametrize("sampling", ["antithetic", "independent"])
def test_sampled_values_approach_the_exact_ones_as_their_error_says(case, sampling):
    model, x, expected = case
    method = xai.ShapleySampling(features=GIVEN, baseline=0.2, samples=200, sampling=sampling)
    estimates = list(method.stream(model, x, xai.Probability(1)))
    assert all(estimate.absolute_gap < 1e-7 for estimate in estimates)
    last = estimates[-1]
    assert last.evaluations == 2 + 200 * 4
    assert (np.abs(last.values - expected[GIVEN]) < 4 * last.standard_error + 1e-7).all()
    assert 0 < last.standard_error.max() < 0.1 * np.abs(expected).max()


def test_kernel_shap_on_all_coalitions_is_exact(case, agreement):
    model, x, expected = case
    result = xai.KernelShap(features=GIVEN, baseline=0.2, samples=30)(model, x, xai.Probability(1))
    agreement("kernel_shap", "definition", result.values, expected[GIVEN], tolerance=1e-6)
    assert result.evaluations == 2**5
    assert (result.standard_error == 0).all()


def test_both_ends_are_met_exactly_at_any_number_of_samples(polynomial):
    model, x = polynomial(shape=(9,), bounds=None), np.linspace(-1, 1.5, 9)
    for estimate in xai.KernelShap(baseline=0, samples=80).stream(model, x, xai.Probability(1)):
        assert estimate.absolute_gap < 1e-7


def test_superpixels_of_each_picture_are_its_own_players(polynomial):
    """Pictures with different numbers of superpixels in one batch: what is missing in one takes no share."""
    model = polynomial(shape=(3, 12, 12))
    batch = np.random.default_rng(0).uniform(size=(2, 3, 12, 12))
    batch[1] = 0.5
    batch[1, :, :6] = 0.9
    method = xai.ExactShapley(size=6)
    together = method(model, batch, xai.Probability(1))
    for one, values in zip(batch, together.values, strict=True):
        np.testing.assert_allclose(method(model, one, xai.Probability(1)).values, values, atol=1e-6)


@pytest.mark.parametrize("method", [xai.ExactShapley, xai.ShapleySampling, xai.KernelShap])
def test_one_feature_has_the_whole_change(polynomial, method):
    model, x = polynomial(shape=(3,), bounds=None), np.ones(3)
    result = method(features=np.zeros(3, int), baseline=0)(model, x, xai.Logit(1))
    np.testing.assert_allclose(result.values, model.polynomial(x[None])[0, 1], rtol=1e-6)
    assert result.evaluations == 2


def test_the_top_class_stays_what_it_is_at_the_input(polynomial):
    model, x = polynomial(shape=(5,), bounds=None), np.linspace(-1, 1.5, 5)
    top = int(model.polynomial(x[None]).argmax())
    found, expected = (xai.ExactShapley(baseline=0)(model, x, q).values for q in (None, xai.Logit(top)))
    np.testing.assert_array_equal(found, expected)
