import numpy as np
import pytest

from xai_widgets.answers.sampling import FEWEST, RunningMean, precise_enough


@pytest.mark.parametrize("cuts", [[], [1], [7, 20], list(range(1, 50))])
def test_mean_and_standard_error_equal_those_of_all_samples(cuts):
    samples = np.random.default_rng(0).normal(1e4, 1e-2, size=(50, 2, 3))
    running = RunningMean()
    for piece in np.split(samples, cuts):
        running.add(piece)
    assert running.count == 50
    np.testing.assert_allclose(running.mean, samples.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(running.variance, samples.var(axis=0, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(running.standard_error, samples.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-6)


def test_one_sample_says_nothing_of_its_error():
    running = RunningMean()
    running.add(np.ones((1, 4)))
    running.add(np.ones((0, 4)))
    assert np.isnan(running.standard_error).all()
    assert (running.mean == 1).all()


def test_the_standard_error_is_the_spread_of_means():
    generator = np.random.default_rng(1)
    means, errors = [], []
    for _ in range(400):
        running = RunningMean()
        running.add(generator.exponential(size=(30,)))
        means.append(running.mean)
        errors.append(running.standard_error)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.15)


def test_when_a_stream_may_stop():
    values, errors = np.array([[1.0, -4.0], [2.0, 0.1]]), np.array([[0.2, 0.1], [0.01, 0.1]])
    assert precise_enough(values, errors, FEWEST, 0.051)
    assert not precise_enough(values, errors, FEWEST, 0.049)
    assert not precise_enough(values, errors, FEWEST - 1, 0.5)
    assert not precise_enough(values, np.full((2, 2), np.nan), FEWEST, 0.5)
    assert not precise_enough(values, np.zeros((2, 2)), FEWEST, 0)
