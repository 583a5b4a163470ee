"""Boundary attributions, on linear models in closed form: the closest boundary point is a projection."""

import numpy as np
import pytest

import xai_widgets as xai


@pytest.fixture
def linear(polynomial):
    """A linear model of three classes, small enough in slope for a boundary inside the bounds, and a picture."""

    def make(seed=0, bounds=(-2, 3), **options):
        model = polynomial(shape=(1, 4, 5), outputs=3, seed=seed, bounds=bounds, **options)
        model.square = np.zeros_like(model.square)
        return model

    return make


def projection(model, x):
    """The closest point to `x` on the boundaries of its class, in closed form."""
    scores = model.polynomial(x[None])[0]
    top = int(scores.argmax())
    ways = []
    for other in set(range(len(scores))) - {top}:
        slope = model.linear[top] - model.linear[other]
        ways.append(-(scores[top] - scores[other]) * slope / (slope**2).sum())
    return x + min(ways, key=np.linalg.norm), top


PICTURES = [np.random.default_rng(seed).uniform(0, 1, (1, 4, 5)) for seed in range(4)]


@pytest.mark.parametrize("x", PICTURES)
def test_the_baseline_is_the_projection_to_the_closest_boundary(linear, x, agreement):
    model = linear()
    point, top = projection(model, x)
    result = xai.BoundaryIntegratedGradients(steps=3)(model, x)
    expected = model.linear[top] * (x - point)
    agreement("boundary_integrated_gradients", "closed form", result.values, expected, 0.01)
    score = model.polynomial(x[None])[0, top]
    assert result.score == pytest.approx(score)
    assert result.values.sum() == pytest.approx(score - model.polynomial(point[None])[0, top], rel=0.01)
    assert result.gap < 1e-5


def test_boundary_saliency_is_the_gradient_at_the_boundary(polynomial):
    """With a square term the gradient tells where it was taken."""
    model = polynomial(shape=(1, 4, 5), outputs=2, bounds=(-2, 3))
    x = PICTURES[0]
    top = int(model.polynomial(x[None])[0].argmax())
    result = xai.BoundarySaliency()(model, x)
    point = (result.values - model.linear[top]) / model.square[top]
    scores = model.polynomial(point[None])[0]
    assert abs(scores[0] - scores[1]) < 0.01 * abs(np.ptp(model.polynomial(x[None])[0]))
    assert scores.argmax() != top
    assert result.score == pytest.approx(model.polynomial(x[None])[0, top])


def test_boundary_saliency_of_a_linear_model_is_its_slope(linear, agreement):
    model, x = linear(), PICTURES[2]
    _, top = projection(model, x)
    agreement("boundary_saliency", "closed form", xai.BoundarySaliency()(model, x).values, model.linear[top])


def test_the_quantity_is_free_and_the_boundary_that_of_the_answer(linear):
    model, x = linear(), PICTURES[1]
    point, top = projection(model, x)
    other = (top + 1) % 3
    result = xai.BoundaryIntegratedGradients(steps=2)(model, x, xai.Margin(top, other))
    expected = (model.linear[top] - model.linear[other]) * (x - point)
    assert np.abs(result.values - expected).max() <= 0.01 * np.abs(expected).max()


def test_a_batch_is_its_inputs_one_by_one(linear):
    batch = np.stack(PICTURES)
    for method in (xai.BoundarySaliency(), xai.BoundaryIntegratedGradients(steps=2)):
        together = method(linear(), batch)
        alone = [method(linear(), x) for x in PICTURES]
        np.testing.assert_allclose(together.values, [one.values for one in alone], rtol=1e-5, atol=1e-7)
        assert together.evaluations == sum(one.evaluations for one in alone)


def test_every_pass_is_counted_and_the_search_is_remembered(linear):
    model, x = linear(), PICTURES[2]
    first = xai.BoundaryIntegratedGradients(steps=4)(model, x)
    assert first.evaluations == model.rows
    model.rows = 0
    more = xai.BoundaryIntegratedGradients(steps=8)(model, x)
    assert model.rows == 9 + 2  # the samples, and a look whether the model is still the same
    assert more.evaluations == first.evaluations + 4  # as if it had been searched for again
    model.rows = 0
    *_, resumed = xai.BoundaryIntegratedGradients(steps=8).stream(model, x, resume=first)
    assert model.rows == 4 + 2
    np.testing.assert_allclose(resumed.values, more.values, rtol=1e-6)


def test_a_model_that_was_trained_on_has_another_boundary(linear):
    model, x = linear(), PICTURES[2]
    before = xai.BoundaryIntegratedGradients(steps=2)(model, x).values
    model.linear = model.linear[..., ::-1] * 1.5
    after = xai.BoundaryIntegratedGradients(steps=2)(model, x).values
    point, top = projection(model, x)
    expected = model.linear[top] * (x - point)
    assert np.abs(after - expected).max() <= 0.01 * np.abs(expected).max()
    assert not np.allclose(before, after)


def test_a_search_can_be_left_and_taken_up_again(linear):
    model, x = linear(), PICTURES[3]
    method = xai.BoundarySaliency()
    left = method.steps_of(model, x)
    assert [next(left) for _ in range(3)] == [None] * 3
    left.close()
    spent = model.rows
    result = method(model, x)
    assert result.evaluations == model.rows > spent
    assert next(iter(method.stream(model, x))).final, "who only wants estimates gets nothing else"


def test_a_boundary_that_is_too_far_is_said_to_be_so(linear):
    model = linear(bounds=(0, 1))
    first = np.zeros((1, 4, 5))
    first[0, 0, 0] = 1.5
    model.linear = np.stack([np.full((1, 4, 5), 1.0), first, np.zeros((1, 4, 5))])
    near, far = np.full((1, 4, 5), 0.5), np.ones((1, 4, 5))  # of the second class one pixel alone can tell
    for _ in range(2):
        with pytest.raises(ValueError, match=r"No point was found within 4 \(l2\) of input 1, 2 at"):
            xai.BoundarySaliency()(model, np.stack([near, far, far, near]))
        with pytest.raises(ValueError, match=r"of the input at"):
            xai.BoundarySaliency()(model, far)
    assert np.isfinite(xai.BoundarySaliency()(model, near).values).all()


def test_what_has_no_boundary_is_refused_at_once(linear, polynomial):
    x = PICTURES[0]
    model = polynomial(shape=(1, 4, 5), bounds=None)
    with pytest.raises(ValueError, match="wrapped with bounds=None"):
        xai.BoundarySaliency().stream(model, x)
    values = linear()
    values.outputs = "values"
    with pytest.raises(ValueError, match="puts out values"):
        xai.BoundarySaliency().stream(values, x)


def test_the_named_methods_are_choices_of_the_explicit_query(linear):
    x = PICTURES[0]
    explicit = xai.Influence(distribution=xai.BoundaryLine(steps=4), multiplier="displacement")
    np.testing.assert_array_equal(
        explicit(linear(), x).values, xai.BoundaryIntegratedGradients(steps=4)(linear(), x).values
    )
    explicit = xai.Influence(distribution=xai.Boundary())
    np.testing.assert_array_equal(explicit(linear(), x).map, xai.BoundarySaliency()(linear(), x).map)
