"""The distance to a boundary, which for a linear network is the margin by the norm of the difference of its weights."""

import numpy as np
import pytest

from xai_widgets.adversarial.nearest_boundary import NearestBoundary, nearest_boundary


def test_the_distance_to_a_plane(linear, planes, inputs):
    weights, scores = planes[0].astype(float), linear.scores(inputs)
    label = scores.argmax(axis=1)
    found = nearest_boundary(linear, inputs, epsilons=np.geomspace(0.005, 5, 40))
    assert found.succeeded.all()
    for row, one in enumerate(label):
        ways = np.linalg.norm(weights[one] - weights, axis=1)
        with np.errstate(invalid="ignore"):
            expected = np.nanmin((scores[row, one] - scores[row]) / ways)
        assert found.distance[row] == pytest.approx(expected, rel=2e-3)
        assert found.distance[row] > expected * (1 - 1e-5), "nothing flips before the boundary"
    np.testing.assert_allclose(found.margin, 0, atol=0.02)
    np.testing.assert_array_equal(found.scores.argmax(axis=1), found.prediction)


def test_what_is_out_of_reach_is_said(linear, inputs):
    found = nearest_boundary(linear, inputs, epsilons=(0.01, 0.02))
    assert not found.succeeded.all()
    assert found.values.shape == inputs.shape
    far = nearest_boundary(linear, inputs[0], epsilons=(1e-4,))
    assert far.succeeded is False
    assert far.distance <= 1e-4


def test_it_ends_at_the_smallest_reach_that_succeeds(twins, inputs):
    examples = list(NearestBoundary(epsilons=(0.05, 0.5, 5.0), steps=10).stream(twins["torch"], inputs))
    last = examples[-1]
    assert last.final
    assert last.evaluations == last.planned
    assert not any(example.final for example in examples[:-1])
    assert last.succeeded.all()
    assert (last.distance <= 0.5).all()
    assert (last.values >= 0).all()
    assert (last.values <= 1).all()


def test_backends_agree(twins, inputs):
    one, other = (nearest_boundary(model, inputs) for model in twins.values())
    np.testing.assert_array_equal(one.prediction, other.prediction)
    np.testing.assert_allclose(one.distance, other.distance, atol=2e-3)


def test_a_target_is_reached(linear, inputs):
    found = nearest_boundary(linear, inputs, target=3, epsilons=(0.5, 1, 2, 4, 8))
    np.testing.assert_array_equal(found.prediction, 3)
    there = linear.scores(inputs).argmax(axis=1) == 3
    np.testing.assert_array_equal(found.distance[there], 0)


def test_the_reaches_are_fractions_of_the_bounds(twins):
    assert NearestBoundary().reaches(twins["torch"])[0] == pytest.approx(36 / 255)
    assert NearestBoundary().reaches(twins["torch"])[-1] == pytest.approx(4)


def test_what_does_not_fit_is_refused(linear, inputs):
    with pytest.raises(ValueError, match="bounds=None"):
        nearest_boundary(linear, inputs)
    for epsilons in ((), (0.2, 0.1), (-1, 1)):
        with pytest.raises(ValueError, match="smallest first"):
            NearestBoundary(epsilons=epsilons)
    with pytest.raises(TypeError, match="expected numbers"):
        NearestBoundary(epsilons="near")
    with pytest.raises(ValueError, match="one of them"):
        nearest_boundary(linear, inputs, label=0, target=1)
