import numpy as np
import pytest

import xai_widgets as xai

METHODS = [xai.PertinentNegative, xai.PertinentPositive]


@pytest.fixture
def linear(polynomial):
    """A maker of linear models of two classes, for vectors between 0 and 1."""

    def make(features, seed, outputs=2, **options):
        model = polynomial((features,), outputs, seed, **options)
        model.square[:] = 0
        return model

    return make


def smallest(weights, lead, high, sparsity, confidence):
    """The least u within 0 and `high` with lead + weights . u <= -confidence, in elastic net, by its dual.

    At the optimum u = clip(-shrink(nu w, sparsity) / 2), and nu is as large as the condition needs.
    """

    def change(nu):
        return np.clip(-np.sign(weights) * np.maximum(nu * np.abs(weights) - sparsity, 0) / 2, 0, high)

    low, large = 0.0, 1e6
    for _ in range(200):
        nu = (low + large) / 2
        low, large = (low, nu) if lead + weights @ change(nu) <= -confidence else (nu, large)
    return change(large)


def size(change, sparsity):
    return sparsity * np.abs(change).sum() + (change**2).sum()


def lead_of(model, x):
    scores = model.polynomial(x[None])[0]
    top = int(scores.argmax())
    return top, model.linear[top] - model.linear[1 - top], scores[top] - scores[1 - top]


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_smallest_addition_to_a_linear_model(linear, seed, sparsity, agreement):
    model, x = linear(40, seed), np.random.default_rng(seed).uniform(0.1, 1, size=40)
    top, weights, lead = lead_of(model, x)
    expected = smallest(weights, lead, 1 - x, sparsity, 0)
    assert lead + weights @ expected <= 1e-9, "there is none to be found"
    result = xai.PertinentNegative(sparsity=sparsity, steps=200, searches=8)(model, x)
    assert result.found
    assert result.label == 1 - top
    agreement("pertinent_negative", "closed form", result.values, expected, tolerance=0.03)
    assert size(result.values, sparsity) == pytest.approx(size(expected, sparsity), rel=5e-3)


@pytest.mark.parametrize("confidence", [0.5, 2.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_least_of_a_linear_model_that_is_enough(linear, seed, confidence, agreement):
    model, x = linear(40, seed), np.random.default_rng(seed).uniform(0.1, 1, size=40)
    top, weights, _ = lead_of(model, x)
    expected = smallest(-weights, 0, x, 0.1, confidence)
    assert weights @ expected >= confidence - 1e-9, "there is none to be found"
    result = xai.PertinentPositive(confidence=confidence, steps=200, searches=8)(model, x)
    assert result.found
    assert result.label == top
    agreement("pertinent_positive", "closed form", result.values, expected, tolerance=0.03)


@pytest.mark.parametrize("method", METHODS)
def test_says_what_an_independent_pass_says(polynomial, method):
    """Whatever was found or not, in a batch, with curved scores."""
    model = polynomial((3, 6, 8), seed=3)
    batch = np.random.default_rng(2).uniform(size=(5, 3, 6, 8))
    result = method(steps=40, searches=4)(model, batch)
    before, after = model.polynomial(batch).argmax(axis=1), model.polynomial(result.altered).argmax(axis=1)
    np.testing.assert_array_equal(result.label, after)
    np.testing.assert_array_equal(result.found, (after != before) == (method is xai.PertinentNegative))
    assert result.found.any()
    assert result.altered.shape == batch.shape
    assert f"found for {result.found.sum()} of 5" in repr(result)
    assert result.facts[-1].value == f"as claimed for {result.found.sum()} of 5"


def test_a_negative_only_adds_and_a_positive_only_keeps(polynomial, picture):
    model = polynomial()
    picture[:, :2] = 0
    for baseline in ("black", 0.4, "white"):
        level = {"black": 0.0, "white": 1.0}.get(baseline, baseline)
        added = xai.PertinentNegative(baseline=baseline, steps=40)(model, picture)
        away = picture - level
        assert (np.sign(added.values) * np.sign(away) >= 0).all()
        assert added.altered.min() >= 0
        assert added.altered.max() <= 1
        np.testing.assert_allclose(added.altered, picture + added.values, atol=1e-6)
        kept = xai.PertinentPositive(baseline=baseline, steps=40)(model, picture)
        assert (np.sign(kept.values) * np.sign(away) >= 0).all()
        assert (np.abs(kept.values) <= np.abs(away) + 1e-6).all()
        np.testing.assert_allclose(kept.altered, level + kept.values, atol=1e-6)


def test_why_this_class_and_not_that_one(linear):
    """The smallest addition for another answer need not be the one for the class that is asked about."""
    model = linear(30, 5, outputs=4)
    x = np.random.default_rng(5).uniform(0.1, 0.9, size=30)
    scores = model.polynomial(x[None])[0]
    order = np.argsort(-scores)
    top, last = int(order[0]), int(order[-1])
    result = xai.PertinentNegative(steps=200)(model, x, xai.Margin(top, last))
    after = model.polynomial(result.altered[None])[0]
    assert result.found == bool(after[last] > after[top])
    anything = xai.PertinentNegative(steps=200)(model, x)
    assert anything.found
    assert anything.label != top
    if result.found:
        assert size(anything.values, 0.1) <= size(result.values, 0.1) * 1.01
    kept = xai.PertinentPositive(steps=200)(model, x, xai.Margin(None, last))
    after = model.polynomial(kept.altered[None])[0]
    assert kept.found
    assert after[top] > after[last]


def test_says_so_where_there_is_none(linear):
    """A class that everything speaks for cannot be left by adding."""
    model, x = linear(5, 0), np.full(5, 0.5)
    model.linear[:] = [[1] * 5, [-1] * 5]
    result = xai.PertinentNegative()(model, x)
    assert result.found is False
    assert result.label == 0
    assert "not found: answered class 0" in repr(result)
    assert [(fact.label, fact.value) for fact in result.facts] == [("answered", "class 0 (not found)")]
    assert model.polynomial(result.altered[None])[0].argmax() == 0


def test_nothing_is_needed_where_the_baseline_is_answered_so(linear):
    model, x = linear(5, 0), np.full(5, 0.5)
    model.linear[:] = [[1] * 5, [-1] * 5]
    result = xai.PertinentPositive(baseline=0.25)(model, x)
    assert result.found
    assert not result.values.any()


def test_streams_what_is_best_so_far(linear):
    model, x = linear(40, 1), np.random.default_rng(1).uniform(0.1, 1, size=40)
    estimates = list(xai.PertinentNegative(steps=50, searches=4).stream(model, x))
    assert len(estimates) == 200
    assert [estimate.final for estimate in estimates] == [False] * 199 + [True]
    assert estimates[-1].evaluations == estimates[-1].planned == model.rows == 201
    found = [estimate.found for estimate in estimates]
    assert found == sorted(found)
    sizes = [size(estimate.values, 0.1) for estimate in estimates if estimate.found]
    assert sizes == sorted(sizes, reverse=True)


def test_the_range_of_values_does_not_matter(linear):
    """Pictures from 0 to 255 have the same answer as from 0 to 1, 255 times as large."""
    model, x = linear(20, 1), np.random.default_rng(1).uniform(0.1, 1, size=20)
    one = xai.PertinentNegative()(model, x)
    large = linear(20, 1, bounds=(0, 255))
    large.linear = large.linear / 255
    other = xai.PertinentNegative()(large, 255 * x)
    np.testing.assert_allclose(other.values, 255 * one.values, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_what_cannot_be_asked_is_refused(polynomial, picture, method):
    model = polynomial()
    behind = int(model.polynomial(picture[None])[0].argmin())
    with pytest.raises(ValueError, match=f"does not answer class {behind}"):
        method()(model, picture, xai.Logit(behind))
    with pytest.raises(ValueError, match="about classes"):
        method()(model, picture, xai.Custom(lambda scores: scores[:, 0]))
    values = polynomial()
    values.outputs = "values"
    assert "classifier" in method.refusal(values)
    with pytest.raises(ValueError, match="classifier"):
        method()(values, picture)
    assert method.refusal(model) is None


def test_without_bounds_a_baseline_is_needed(linear, polynomial):
    model = polynomial((6,), 2, bounds=None)
    model.square[:] = 0
    x = np.random.default_rng(0).normal(size=6)
    with pytest.raises(ValueError, match="bounds=None"):
        xai.PertinentNegative()(model, x)
    result = xai.PertinentNegative(baseline=0)(model, x)
    assert result.found
    assert (np.sign(result.values) * np.sign(x) >= 0).all()
