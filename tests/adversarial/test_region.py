"""Where an attack may look: projections held to an optimiser that knows nothing of them."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize

import xai_widgets as xai
from tests.by_hand import an_input
from xai_widgets.adversarial.region import Region, distance


def model(shape, bounds=None, layout=None):
    """Return what a region asks of a model."""
    taken = an_input(shape, bounds, layout)
    return SimpleNamespace(taken=taken, input=taken)


BOXED = model((4,), (0, 1))


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.parametrize("epsilon", [0.05, 0.4, 1.1, 5.0])
def test_the_projection_is_the_closest_point_of_ball_and_box(norm, epsilon):
    random = np.random.default_rng(3)
    x, points = random.uniform(size=(4, 6)), random.normal(0.5, 1.0, (4, 6))
    found = Region(BOXED, x, norm, epsilon).project(points)
    assert found.min() >= 0
    assert found.max() <= 1
    assert (distance(found, x, norm) <= epsilon).all()
    for start, point, nearest in zip(x, points, found, strict=True):
        inside = {"type": "ineq", "fun": lambda y, start=start: epsilon**2 - ((y - start) ** 2).sum()}
        reach = [(max(0, a - epsilon), min(1, a + epsilon)) for a in start] if norm == "linf" else [(0, 1)] * 6
        best = optimize.minimize(
            lambda y, point=point: ((y - point) ** 2).sum(),
            start,
            bounds=reach,
            constraints=[inside] if norm == "l2" else [],
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        np.testing.assert_allclose(nearest, best.x, atol=1e-4)


def test_an_input_outside_the_bounds_stays_in_its_own_region():
    x = np.array([[1.0004, -0.0004]])
    region = Region(BOXED, x, "l2", 0.1)
    np.testing.assert_allclose(region.project(x), x)
    assert region.project(np.array([[9.0, 0.5]]))[0, 0] <= 1.0004
    assert region.project(np.array([[0.5, -9.0]]))[0, 1] >= -0.0004


def test_starts_are_the_same_for_every_input_layout_and_batch():
    first = model((3, 5, 4), layout="channels, height, width")
    last = model((5, 4, 3), layout="height, width, channels")
    x = np.zeros((2, 5, 4, 3))
    one = Region(last, x, "l2", 2.0).start(7, 3)
    other = Region(first, np.moveaxis(x, -1, 1), "l2", 2.0).start(7, 3)
    np.testing.assert_array_equal(np.moveaxis(other, 1, -1), one)
    np.testing.assert_array_equal(one[0], one[1])
    np.testing.assert_array_equal(Region(last, x[:1], "l2", 2.0).start(7, 3), one[:1])
    np.testing.assert_allclose(Region(last, x, "l2", 1.0).start(7, 3), one / 2, rtol=1e-6)
    assert np.abs(Region(last, x, "l2", 2.0).start(8, 3) - one).max() > 0.1
    assert np.abs(Region(last, x, "l2", 2.0).start(7, 2) - one).max() > 0.1


@pytest.mark.parametrize(("norm", "dimensions"), [("l2", 2), ("linf", 2)])
def test_starts_are_uniform_in_the_ball(norm, dimensions):
    x = np.zeros((1, dimensions))
    region = Region(model((dimensions,)), x, norm, 1.0)
    points = np.concatenate([region.start(0, number) for number in range(1, 1501)])
    within = distance(points, np.zeros_like(points), norm) < 0.5
    assert within.mean() == pytest.approx(0.25, abs=0.04), "half the radius holds a quarter of the area"
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=0.05)


def test_no_gradient_no_step():
    x = np.full((1, 4), 0.5)
    for norm in ("l2", "linf"):
        np.testing.assert_array_equal(Region(BOXED, x, norm, 0.3).step(x, np.zeros((1, 4)), 0.1), x)


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_an_epsilon_without_measure_is_one_that_reaches_all_of_the_bounds(polynomial, norm):
    model = polynomial(shape=(6,))
    x = np.random.default_rng(0).uniform(0, 1, 6)
    far, all_of_it = (
        xai.ProjectedGradientDescent(epsilon=one, norm=norm, restarts=2)(model, x) for one in (1e308, 3.0)
    )
    np.testing.assert_array_equal(far.values, all_of_it.values)
    assert ((far.values >= 0) & (far.values <= 1)).all()


def test_without_bounds_an_epsilon_that_inputs_cannot_hold_is_refused(polynomial):
    model = polynomial(shape=(6,), bounds=None)
    model.dtype = np.dtype(np.float32)
    with pytest.raises(ValueError, match=r"epsilon is 1e\+308, and .* no bounds; expected at most 8\.51e\+37"):
        xai.ProjectedGradientDescent(epsilon=1e308)(model, np.zeros(6))
