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
    """Return the pictures of 28 x 28 pixels that one digit of a scene may be, by the patches on which it has ink."""
    rows, columns = (np.flatnonzero(scenes.masks[scene, which].any(axis=axis)) for axis in (1, 0))
    for row in range(max(rows[-1] - 3, 0), min(rows[0], 4) + 1):
        for column in range(max(columns[-1] - 3, 0), min(columns[0], 4) + 1):
            top, left = 8 * row + 2, 8 * column + 2
            yield (row, column), scenes.pictures[scene, top : top + 28, left : left + 28]


@pytest.mark.parametrize("shown", [1, 2, 3])
def test_under_each_mask_stands_a_test_digit_of_its_label(digits, shown):
    scenes = draw_scenes(digits, 20, shown=shown, seed=3)
    assert scenes.pictures.shape == (20, 64, 64, 1)
    assert scenes.labels.shape == (20, shown)
    known = {digit.tobytes(): label for digit, label in zip(digits.x_test, digits.y_test, strict=True)}
    for scene, which in itertools.product(range(20), range(shown)):
        found = {place: known.get(one.tobytes()) for place, one in places(scenes, scene, which)}
        (place,) = [place for place, label in found.items() if label is not None]
        assert found[place] == scenes.labels[scene, which]
        row, column = place
        square = scenes.pictures[scene, 8 * row : 8 * row + 32, 8 * column : 8 * column + 32, 0]
        for down, right in itertools.product(range(8), repeat=2):
            ink = (
                square[8 * (down - row) :, 8 * (right - column) :][:8, :8] if down >= row and right >= column else None
            )
            expected = ink is not None and ink.size > 0 and ink.max() > 0.5
            assert scenes.masks[scene, which, down, right] == expected
    assert all(len(set(labels)) == shown for labels in scenes.labels.tolist())


def test_training_scenes_are_of_training_digits(digits):
    scenes = draw_scenes(digits, 10, train=True)
    known = {digit.tobytes() for digit in digits.x_train}
    for scene in range(10):
        assert any(one.tobytes() in known for _, one in places(scenes, scene, 0))


def test_no_thing_covers_another(digits):
    """Each pixel is from one thing: a whole digit or pieces, whose ink is that of a digit."""
    scenes = draw_scenes(digits, 5, shown=3, seed=1)
    assert (scenes.masks.sum(axis=1) <= 1).all()
    inks = digits.x_test[digits.y_test < 5].sum(axis=(1, 2, 3))
    sums = inks[:, None] + inks
    for seed in range(5):
        scene = draw_scenes(digits, 1, seed=seed)
        known = {digit.tobytes() for digit in digits.x_test}
        (whole,) = [one for _, one in places(scene, 0, 0) if one.tobytes() in known]
        assert np.abs(sums - (scene.pictures.sum() - whole.sum())).min() < 1e-2


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
    assert (scenes.masks[:, 0].mean(axis=0)[1:-1, 1:-1] > 0.02).all()  # around them is a margin


def test_some_scenes_are_chosen_with_all_they_have(digits):
    scenes = draw_scenes(digits, 6)
    few = scenes.chosen(scenes.labels[:, 0] == scenes.labels[0, 0])
    assert len(few) == (scenes.labels[:, 0] == scenes.labels[0, 0]).sum()
    np.testing.assert_array_equal(few.masks[0], scenes.masks[0])
    assert repr(scenes.chosen(np.arange(2))) == "2 scenes of 64 x 64 pixels, each with 1 digit and 2 in pieces"


def test_more_digits_than_a_scene_has_room_for_are_refused(digits):
    with pytest.raises(ValueError, match="shows 4 digits; expected 1 to 3"):
        draw_scenes(digits, 1, shown=4)
