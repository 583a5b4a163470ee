"""The transformer of the lesson: what ships is what was measured, in both frameworks; and the measures of its maps."""

import numpy as np
import pytest

import xai_course
from xai_course import scenes as lesson
from xai_course.data import draw_scenes, stand_in_digits
from xai_course.networks import BACKENDS
from xai_course.networks.shipped import FOLDER


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(stand_in_digits(), 300, seed=1)


def test_the_twins_agree_and_are_as_good_as_their_row_says(scenes):
    row = next(row for row in xai_course.results("scenes")["networks"] if row["seed"] == 0)
    scores = []
    for lab in map(xai_course.backend, BACKENDS):
        network = lesson.network(lab)
        scores.append(lab.predict(network, scenes.pictures))
        assert lesson.right(lab, network, scenes).mean() == pytest.approx(row["on stand-ins"], abs=0.02)
    assert np.ptp(scores[0]) > 5
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)
    assert (FOLDER / "scenes.safetensors").stat().st_size < 1e6


def test_every_seed_has_learnt():
    rows = xai_course.results("scenes")["networks"]
    assert 0 in [row["seed"] for row in rows]
    assert min(row["accuracy"] for row in rows) > 0.9


def test_both_are_seen_where_both_stand_on_top():
    lab = xai_course.backend("torch")
    two, network = draw_scenes(stand_in_digits(), 40, shown=2, seed=2), lesson.network(xai_course.backend("torch"))
    scores = lab.predict(network, two.pictures)
    for seen, score, labels in zip(lesson.both_seen(lab, network, two), scores, two.labels, strict=True):
        assert seen == (min(score[labels]) > max(np.delete(score, labels)))


def test_pixels_are_summed_over_patches_and_patches_stay():
    maps = np.random.default_rng(0).normal(size=(2, 3, 64, 64))
    found = lesson.on_patches(maps)
    assert found.shape == (2, 3, 8, 8)
    assert found[1, 2, 3, 4] == pytest.approx(maps[1, 2, 24:32, 32:40].sum())
    np.testing.assert_array_equal(lesson.on_patches(found), found)


MASK = np.zeros((1, 8, 8), bool)
MASK[0, 2:6, 1:5] = True


@pytest.mark.parametrize(
    ("values", "overlap", "inside"),
    [
        (MASK * 2.0, 1.0, 1.0),
        (MASK * 2.0 - 1.0, 1.0, 1.0),
        (1.0 - MASK, 0.0, 0.0),
        (np.roll(MASK, 2, axis=2) * 1.0, 8 / 24, 0.5),
        (-1.0 * MASK, None, np.nan),
    ],
)
def test_overlap_and_what_lies_inside(values, overlap, inside):
    if overlap is not None:
        assert lesson.overlap(values, MASK) == pytest.approx(overlap)
    assert lesson.inside(values, MASK) == pytest.approx(inside, nan_ok=True)


def test_a_map_that_is_the_same_everywhere_is_as_good_as_chance():
    masks = draw_scenes(stand_in_digits(), 200).masks[:, 0]
    found = lesson.overlap(np.ones(masks.shape), masks)
    chance = np.mean([lesson.overlap(np.random.default_rng(n).random(masks.shape), masks).mean() for n in range(5)])
    assert found.mean() == pytest.approx(chance, abs=0.03)


def test_two_digits_are_told_apart_by_the_sign_on_each():
    masks = np.zeros((1, 2, 8, 8), bool)
    masks[0, 0, :4, :4] = masks[0, 1, 4:, 4:] = True
    here, there = masks[:, 0] * 1.0, masks[:, 1] * 1.0
    assert lesson.told_apart(here, there, masks).all()
    assert not lesson.told_apart(there, here, masks).any()
    assert not lesson.told_apart(here, here, masks).any()
    assert not lesson.told_apart(here + 2 * there, there, masks).any()
    assert lesson.told_apart(2 * here + there, here + 2 * there, masks).all()
