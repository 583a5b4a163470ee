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


@pytest.mark.parametrize("angle", [0, 1.2, 3.9])
@pytest.mark.parametrize("mirrored", [1, -1])
def test_a_star_is_the_same_however_the_plane_is_turned(angle, mirrored):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [1, mirrored]
    weights = np.array([[0, 0.8, -0.5], [1, 0.1, 0.2]])
    turned = superposition.star(superposition.Toy(turn @ weights, np.zeros(3)))
    assert np.abs(turned - superposition.star(superposition.Toy(weights, np.zeros(3)))).mean() < 1e-3


def test_a_star_points_up_where_its_longest_direction_is():
    picture = superposition.star(superposition.Toy(np.array([[0.0, 0.5], [-1.0, 0.0]]), np.zeros(2)), side=130)
    first, second = (
        np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        for color in superposition.FEATURES[:2]
    )
    np.testing.assert_allclose(picture[15, 65], first, atol=0.02)  # one is a side through 2.6, or 50
    np.testing.assert_allclose(picture[65, 90], second, atol=0.02)
    np.testing.assert_allclose(picture[100, 65], 1, atol=0.02)
