"""The networks of the lesson on similarity: the same weights in both frameworks, and what compares plain tables."""

import numpy as np
import pytest
from sklearn import cross_decomposition

import xai_course
import xai_widgets as xai
from xai_course import alike
from xai_course.networks.weights import initial_weights

PICTURES = np.random.default_rng(3).random((12, 28, 28, 1)).astype(np.float32)


def tables():
    random = np.random.default_rng(0)
    x = random.normal(1, 1, (60, 4))
    return x, x[:, :3] + random.normal(size=(60, 3))


def test_cka_of_tables_is_the_product_of_centred_gram_matrices():
    x, y = tables()
    found = alike.of_tables(xai.LinearCKA(estimator="biased"), x, y)
    k, other = ((each - each.mean(axis=0)) @ (each - each.mean(axis=0)).T for each in (x, y))
    assert found == pytest.approx((k * other).sum() / (np.linalg.norm(k) * np.linalg.norm(other)))


def test_cca_of_tables_is_that_of_scikit_learn():
    x, y = tables()
    one, other = cross_decomposition.CCA(3, max_iter=5000, tol=1e-12).fit_transform(x, y)
    expected = np.mean([np.corrcoef(one[:, place], other[:, place])[0, 1] for place in range(3)])
    assert alike.of_tables(xai.CCA(), x, y) == pytest.approx(expected, abs=1e-4)


def test_near_counts_the_rows_that_find_their_own_layer():
    matrix = np.random.default_rng(5).random((6, 6))
    for within in (0, 1, 2):
        expected = 0
        for row in range(6):
            expected += abs(max(range(6), key=lambda column, row=row: matrix[row, column]) - row) <= within
        assert alike.near(matrix, within) == expected


def test_before_the_first_step_a_network_is_what_its_seed_says():
    lab = xai_course.backend("torch")
    found = lab.weights_of(alike.network(lab, 5, step=0))
    for name, weights in initial_weights(alike.DIGITS_DEEP, 5).items():
        np.testing.assert_array_equal(found[name], weights)


def test_a_network_on_its_way_is_a_shorter_training(monkeypatch):
    """One step of Adam moves no weight farther than the rate, and the second begins there."""
    lab = xai_course.backend("torch")
    monkeypatch.setattr(alike, "training_set", lambda: (PICTURES, np.arange(12) % 10))
    start, first, second = (lab.weights_of(alike.trained(lab, 4, step)) for step in (0, 1, 2))
    moved = [max(np.abs(b[name] - a[name]).max() for name in a) for a, b in ((start, first), (first, second))]
    assert moved[0] == pytest.approx(alike.RATE, rel=0.01)
    assert 0 < moved[1] < 1.5 * alike.RATE


@pytest.mark.parametrize(("seed", "step"), [(0, 40), (0, 300), (2, 300)])
def test_what_is_shipped_says_the_same_in_both_frameworks(seed, step):
    torch, keras = (xai_course.backend(name) for name in ("torch", "keras"))
    scores = [lab.predict(alike.network(lab, seed, step), PICTURES) for lab in (torch, keras)]
    np.testing.assert_allclose(*scores, atol=1e-4)
