"""Scenes: what is said of where a digit stands is true, and what is in pieces is no digit."""

import itertools

import numpy as np
import pytest

from xai_course.data import draw_scenes, stand_in_digits
from xai_course.data.scenes import in_pieces


@pytest.fixture(scope="module")
def digits():
    return stand_in_digits()


def places(scenes, scene, which):
    """Return the picture of one digit of a scene, cut out where its mask says that it stands."""
    rows, columns = (np.flatnonzero(scenes.masks[scene, which].any(axis=axis)) for axis in (1, 0))
    assert len(rows) == len(columns) == 4
    assert scenes.masks[scene, which].sum() == 16
    top, left = 8 * rows[0] + 2, 8 * columns[0] + 2
    return scenes.pictures[scene, top : top + 28, left : left + 28]


@pytest.mark.parametrize("shown", [1, 2, 3])
def test_under_each_mask_stands_a_test_digit_of_its_label(digits, shown):
    scenes = draw_scenes(digits, 20, shown=shown, seed=3)
    assert scenes.pictures.shape == (20, 64, 64, 1)
    assert scenes.labels.shape == (20, shown)
    known = {digit.tobytes(): label for digit, label in zip(digits.x_test, digits.y_test, strict=True)}
    for scene, which in itertools.product(range(20), range(shown)):
        assert known[places(scenes, scene, which).tobytes()] == scenes.labels[scene, which]
    assert all(len(set(labels)) == shown for labels in scenes.labels.tolist())


def test_training_scenes_are_of_training_digits(digits):
    scenes = draw_scenes(digits, 10, train=True)
    known = {digit.tobytes() for digit in digits.x_train}
    assert all(places(scenes, scene, 0).tobytes() in known for scene in range(10))


def test_the_three_things_have_the_ink_of_three_digits(digits):
    """Pieces keep their ink, and no thing covers another: each pixel of a scene is from one thing."""
    scenes = draw_scenes(digits, 30, shown=1, seed=1)
    inks = np.array([np.sort(digit.ravel()) for digit in digits.x_test])
    for scene in range(5):
        rest = scenes.pictures[scene].copy()
        rest[np.kron(scenes.masks[scene, 0], np.ones((8, 8), bool))] = 0
        pairs = inks[digits.y_test < 5].sum(axis=1)
        sums = pairs[:, None] + pairs
        assert np.abs(sums - rest.sum()).min() < 1e-2


def test_pieces_are_those_of_the_digit_in_another_order(digits):
    digit = digits.x_test[0]
    found = in_pieces(digit, np.random.default_rng(0))

    def pieces(picture):
        corners = itertools.product(range(0, 28, 4), repeat=2)
        return sorted(picture[row : row + 4, column : column + 4].tobytes() for row, column in corners)

    assert pieces(found) == pieces(digit)
    assert np.abs(found - digit).max() > 0.5


def test_a_seed_gives_the_same_scenes_and_another_one_others(digits):
    one, same, other = (draw_scenes(digits, 5, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.pictures, same.pictures)
    assert np.abs(one.pictures - other.pictures).max() > 0.5


def test_digits_stand_everywhere(digits):
    scenes = draw_scenes(digits, 400)
    assert (scenes.masks[:, 0].mean(axis=0) > 0.05).all()


def test_some_scenes_are_chosen_with_all_they_have(digits):
    scenes = draw_scenes(digits, 6)
    few = scenes.chosen(scenes.labels[:, 0] == scenes.labels[0, 0])
    assert len(few) == (scenes.labels[:, 0] == scenes.labels[0, 0]).sum()
    np.testing.assert_array_equal(few.masks[0], scenes.masks[0])
    assert repr(scenes.chosen(np.arange(2))) == "2 scenes of 64 x 64 pixels, each with 1 digit and 2 in pieces"


def test_more_digits_than_a_scene_has_room_for_are_refused(digits):
    with pytest.raises(ValueError, match="shows 4 digits; expected 1 to 3"):
        draw_scenes(digits, 1, shown=4)
