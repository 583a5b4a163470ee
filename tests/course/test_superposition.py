"""The toy of more features than neurons: as a network of a framework it says what its definition says."""

import numpy as np
import pytest

import xai_course
from xai_course import superposition
from xai_course.networks import BACKENDS


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sheet_is_said_again_block_by_block(backend):
    lab = xai_course.backend(backend)
    random = np.random.default_rng(0)
    toy = superposition.Toy(random.normal(size=(32, 49)) / 6, random.normal(size=49) / 10)
    sheets = superposition.sheets(3, 0.1, seed=2)
    found = lab.predict(superposition.network(lab, toy), sheets[..., None].astype("float32"))
    blocks = [
        [sheet[7 * row : 7 * row + 7, 7 * column : 7 * column + 7].ravel() for row in range(6) for column in range(6)]
        for sheet in sheets
    ]
    expected = [np.mean([toy(block[None])[0] for block in sheet], axis=0) for sheet in blocks]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_training_follows_the_slopes_of_the_loss():
    """With one feature in one neuron the best is known: its weight is one, its bias nothing."""
    toy = superposition.toy(1, 1, 1.0, steps=2000, seed=0)
    np.testing.assert_allclose(np.abs(toy.weights), 1, atol=0.02)
    np.testing.assert_allclose(toy.bias, 0, atol=0.02)


def test_the_rarer_features_are_the_more_are_kept():
    kept = [superposition.toy(5, 2, density, importance=0.9 ** np.arange(5)).shown() for density in (1, 0.02)]
    assert kept[0] < kept[1] == 5


def test_inputs_are_as_sparse_as_they_are_asked_for():
    x = superposition.sparse(2000, 10, 0.3, seed=1)
    assert (x > 0).mean() == pytest.approx(0.3, abs=0.01)
    assert x[x > 0].mean() == pytest.approx(0.5, abs=0.01)
