"""Drawn flowers: the masks say where the class is told, and the pot does not tell it."""

import numpy as np
import pytest

from xai_course.data.flowers import CLASSES, COLORS, draw_flowers


@pytest.fixture(scope="module")
def flowers():
    return draw_flowers(240, seed=4)


def hue(colors):
    """Return which of the three colours is nearest, however much light there is."""
    known = np.array(list(COLORS.values())) / np.linalg.norm(list(COLORS.values()), axis=1, keepdims=True)
    return np.argmax(colors @ known.T / np.linalg.norm(colors, axis=-1, keepdims=True), axis=-1)


def test_the_part_under_each_mask_has_the_color_of_the_class(flowers):
    for picture, mask, label in zip(flowers.pictures, flowers.masks, flowers.labels, strict=True):
        assert CLASSES[label].startswith(list(COLORS)[hue(np.median(picture[mask], axis=0))])


def test_nothing_else_but_the_pot_has_a_color(flowers):
    """Away from the edges, where colours mix: a coloured pixel is far from grey, and no green."""
    for picture, mask, pot in zip(flowers.pictures, flowers.masks, flowers.pots, strict=True):
        near = np.zeros_like(mask)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                near |= np.roll(mask | pot, (down, right), (0, 1))
        rest = picture[~near]
        colored = (np.ptp(rest, axis=1) > 0.35) & (rest.argmax(axis=1) != 1)
        assert colored.mean() < 1e-3


def test_the_pot_has_any_color_whatever_the_class(flowers):
    pots = np.array([hue(np.median(p[m], axis=0)) for p, m in zip(flowers.pictures, flowers.pots, strict=True)])
    table = np.zeros((len(CLASSES), 3))
    np.add.at(table, (flowers.labels, pots), 1)
    assert (table > 4).all()


def test_petals_are_above_the_stem_and_both_above_the_pot(flowers):
    rows = np.arange(64)[:, None]
    heights = (flowers.masks * rows).sum(axis=(1, 2)) / flowers.masks.sum(axis=(1, 2))
    petals = flowers.labels < 3
    assert heights[petals].max() < heights[~petals].min()
    assert (heights < (flowers.pots * rows).sum(axis=(1, 2)) / flowers.pots.sum(axis=(1, 2))).all()
    assert not (flowers.masks & flowers.pots).any()
    assert 0.03 < flowers.masks[petals].mean() < 0.08
    assert 0.01 < flowers.masks[~petals].mean() < 0.04


def test_a_seed_gives_the_same_flowers_and_another_one_others():
    one, same, other = (draw_flowers(4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.pictures, same.pictures)
    assert np.abs(one.pictures - other.pictures).max() > 0.2
    assert repr(one) == "4 drawn flowers of 64 x 64 pixels, 6 classes"
    assert len(draw_flowers(0)) == 0
