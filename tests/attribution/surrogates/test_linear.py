import tracemalloc

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.surrogates.regression import LocalSamples

SHARED = {"features": "squares", "size": 3, "baseline": 0.3}


def drops(model, x, target, labels, filling):
    """What each feature adds when it comes in last: the share of each feature in a model without interactions."""
    scores = [model.polynomial(np.where(labels == k, filling, x)[None])[0, target] for k in range(labels.max() + 1)]
    return model.polynomial(x[None])[0, target] - np.array(scores)


SQUARES = np.broadcast_to(np.arange(6)[:, None] // 3 * 3 + np.arange(8) // 3, (3, 6, 8))


@pytest.mark.parametrize(
    "method", [xai.Lime(ridge=0, **SHARED), xai.KernelShap(**SHARED), xai.ShapleySampling(samples=4, **SHARED)]
)
@pytest.mark.parametrize("batched", [True, False])
def test_a_model_without_interactions_has_its_own_terms_as_shares(polynomial, picture, method, batched):
    """A sum of terms, one for each pixel: LIME, KernelSHAP and every single order find the same."""
    model = polynomial()
    x = np.stack([picture, 1 - picture]) if batched else picture
    result = method(model, x, xai.Logit(1))
    for one, values in zip(x if batched else [x], result.values if batched else [result.values], strict=True):
        expected = drops(model, one, 1, SQUARES, 0.3)[SQUARES]
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)
    assert result.evaluations == model.rows
    assert np.abs(result.standard_error).max() < 1e-4


def test_lime_is_the_weighted_ridge_regression_of_its_samples(polynomial, picture, agreement):
    model = polynomial()
    quantity = xai.Probability(2)
    lime = xai.Lime(samples=50, seed=3, width=0.5, ridge=0.7, **SHARED)
    result = lime(model, picture, quantity)
    present = LocalSamples(6, np.zeros(1), np.zeros(1), 50, 3, lime.locality, 0.7).draw(0, 50)
    assert present[0].all()
    assert 0.3 < present.mean() < 0.7
    scores = model.polynomial(np.stack([np.where(row[SQUARES], picture, 0.3) for row in present]))
    values = (np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))[:, 2]
    weights = np.exp(-(1 - present.mean(axis=1)) / 0.5**2)
    design = np.column_stack([present, np.ones(50)])
    penalty = 0.7 * np.diag([1.0] * 6 + [0.0])
    expected = np.linalg.solve(design.T @ np.diag(weights) @ design + penalty, design.T @ (weights * values))
    agreement("lime", "definition", result.values, expected[:-1][SQUARES], tolerance=1e-6)
    mean = (weights * values).sum() / weights.sum()
    left, all_ = weights @ (values - design @ expected) ** 2, weights @ (values - mean) ** 2
    assert result.fidelity == pytest.approx(1 - left / all_, rel=1e-5)
    assert f"fidelity {result.fidelity:.3g}" in repr(result)
    assert np.isnan(result.gap)


def test_the_fidelity_is_one_where_the_model_is_as_simple_as_its_surrogate(polynomial, picture):
    batch = np.stack([picture, 1 - picture])
    result = xai.Lime(ridge=0, **SHARED)(polynomial(), batch, xai.Logit(0))
    np.testing.assert_allclose(result.fidelity, 1, atol=1e-5)
    assert xai.Lime(**SHARED)(polynomial(), picture, xai.Probability(2)).fidelity < 0.99


def test_the_fidelity_of_a_model_that_does_not_move_is_no_number(polynomial, picture):
    model = polynomial()
    model.linear[:] = model.square[:] = 0
    assert np.isnan(xai.Lime(**SHARED)(model, picture, xai.Logit(0)).fidelity)


def test_distances_are_those_of_the_indicators():
    present = np.array([1.0, 0.5, 0.0])
    np.testing.assert_allclose(xai.Lime(width=1).locality(present), np.exp([0, -0.5, -1]))
    cosine = np.exp(-(np.array([0, 1 - np.sqrt(0.5), 1]) ** 2) / 0.25**2)
    np.testing.assert_allclose(xai.Lime(distance="cosine", width=0.25).locality(present), cosine)


@pytest.mark.parametrize("method", [xai.Lime, xai.KernelShap])
def test_the_standard_error_is_the_spread_over_seeds(polynomial, method):
    model, x = polynomial(shape=(9,), bounds=None), np.linspace(-1, 1, 9)
    results = [method(samples=200, seed=seed, baseline=0)(model, x, xai.Probability(1)) for seed in range(25)]
    spread = np.std([result.values for result in results], axis=0, ddof=1)
    error = np.sqrt(np.mean([result.standard_error**2 for result in results], axis=0))
    assert 0.7 < np.linalg.norm(error) / np.linalg.norm(spread) < 1.4


@pytest.mark.parametrize("method", [xai.Lime, xai.KernelShap, xai.ShapleySampling])
def test_a_stream_stops_by_itself_at_the_error_asked_for(polynomial, method):
    model, x = polynomial(shape=(9,), bounds=None), np.linspace(-1, 1, 9)
    samples = {"samples": 500}
    *_, last = method(tolerance=0.05, baseline=0, **samples).stream(model, x, xai.Probability(1))
    assert last.final
    assert last.evaluations == last.planned < 500
    assert last.standard_error.max() <= 0.05 * np.abs(last.values).max()
    *_, whole = method(baseline=0, **samples).stream(model, x, xai.Probability(1))
    assert whole.evaluations > last.evaluations


@pytest.mark.parametrize("method", [xai.Lime, xai.KernelShap, xai.ShapleySampling, xai.ExactShapley])
def test_results_do_not_depend_on_chunks(polynomial, picture, method, monkeypatch):
    options = {} if method is xai.ExactShapley else {"tolerance": 0.1}
    found = []
    for rows in (1, 3, 16):
        model = polynomial()
        monkeypatch.setattr(type(model.at(None)), "chunk", lambda self, kind, rows=rows: rows)
        *_, last = method(**SHARED, **options).stream(model, np.stack([picture, 1 - picture]), xai.Probability(2))
        found.append(last)
    for other in found[1:]:
        assert other.evaluations == found[0].evaluations
        np.testing.assert_allclose(other.values, found[0].values, atol=1e-6)


@pytest.mark.parametrize(("method", "few", "many"), [(xai.Lime, 40, 90), (xai.ShapleySampling, 4, 9)])
def test_samples_of_a_smaller_count_are_the_first_of_a_larger_one(polynomial, picture, method, few, many):
    def coalitions(samples):
        ends = np.zeros(1)
        return method(samples=samples, **SHARED).coalitions(6, ends, ends)

    first = coalitions(few)
    np.testing.assert_array_equal(first.draw(0, first.size), coalitions(many).draw(0, first.size))


def test_too_many_features_are_refused_before_the_start(polynomial):
    model, x = polynomial(shape=(600,), bounds=None), np.ones(600)
    with pytest.raises(ValueError, match="600 features, and one unknown for each"):
        xai.Lime(baseline=0).stream(model, x)
    with pytest.raises(ValueError, match=r"600 features, so 2\^600 coalitions.*ShapleySampling or KernelShap"):
        xai.ExactShapley(baseline=0).stream(model, x)
    model, x = polynomial(shape=(100,), bounds=None), np.ones(100)
    with pytest.raises(ValueError, match="samples is 150, but there are 100 features; expected at least 200"):
        xai.KernelShap(samples=150, baseline=0).stream(model, x)


def test_a_pixel_of_the_map_has_the_share_of_its_feature(polynomial, picture):
    result = xai.ShapleySampling(samples=4, **SHARED)(polynomial(), picture, xai.Probability(1))
    np.testing.assert_array_equal(result.map, result.values[0])
    shares = [result.map[SQUARES[0] == feature][0] for feature in range(6)]
    model = polynomial()
    scores = model.polynomial(np.stack([picture, np.full_like(picture, 0.3)]))
    full, empty = np.exp(scores[:, 1]) / np.exp(scores).sum(axis=1)
    assert sum(shares) == pytest.approx(full - empty, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("method", [xai.Lime, xai.KernelShap, xai.ShapleySampling])
def test_memory_does_not_grow_with_the_samples(polynomial, method):
    """Of a stream's peak beyond its start, from a few samples to many."""
    model, x = polynomial(shape=(20,), bounds=None), np.linspace(-1, 1, 20)
    peaks = []
    for samples in (100, 1000):
        stream = method(baseline=0, samples=samples).stream(model, x, xai.Probability(1))
        next(stream)
        tracemalloc.start()
        for _ in stream:
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 50_000
