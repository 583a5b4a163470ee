"""Pictures on another plane, against the definition written out: a weighted mean over a triangle."""

from itertools import product

import numpy as np
import pytest

from xai_widgets.errors import InputError
from xai_widgets.widgets.resizing import WAYS, checked_way, resized


def weights(length, start, stop, count):
    """Return the share of each of `length` pixels in each of `count` that lie between two places."""
    scale = (stop - start) / count
    reach = max(scale, 1)
    centres = start + (np.arange(count) + 0.5) * scale
    shares = np.maximum(0, 1 - abs(np.arange(length) + 0.5 - centres[:, None]) / reach)
    # Only pixels that begin in the reach count, rounded to whole ones.
    return shares / shares.sum(axis=1, keepdims=True)


def by_hand(picture, box, plane):
    left, top, right, bottom = box
    rows = weights(picture.shape[0], top, bottom, plane[0])
    columns = weights(picture.shape[1], left, right, plane[1])
    return np.einsum("ij,jk...,lk->il...", rows, picture.astype(float), columns)


@pytest.mark.parametrize("shape", [(48, 30), (48, 30, 3), (7, 9, 3), (16, 64, 3), (20, 16)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_cut_stretched_and_bordered_pictures_are_what_they_are_by_definition(shape, kind):
    chance = np.random.default_rng(0)
    picture = chance.integers(0, 256, shape).astype(np.uint8) if kind is np.uint8 else chance.uniform(-1, 1, shape)
    picture = picture.astype(kind)
    height, width = shape[:2]
    plane = (12, 16)
    near = {"atol": 1.01} if kind is np.uint8 else {"atol": 1e-5}

    stretched = resized(picture, plane, "stretch")
    np.testing.assert_allclose(stretched, by_hand(picture, (0, 0, width, height), plane), **near)

    side = min(height / 12, width / 16)
    high, wide = 12 * side, 16 * side
    box = ((width - wide) / 2, (height - high) / 2, (width + wide) / 2, (height + high) / 2)
    np.testing.assert_allclose(resized(picture, plane, "crop"), by_hand(picture, box, plane), **near)

    side = max(height / 12, width / 16)
    inner = max(1, round(height / side)), max(1, round(width / side))
    top, left = (12 - inner[0]) // 2, (16 - inner[1]) // 2
    padded = resized(picture, plane, "pad", black=-1 if kind is not np.uint8 else 0)
    inside = by_hand(picture, (0, 0, width, height), inner)
    np.testing.assert_allclose(padded[top : top + inner[0], left : left + inner[1]], inside, **near)
    padded[top : top + inner[0], left : left + inner[1]] = -1 if kind is not np.uint8 else 0
    assert (padded == (0 if kind is np.uint8 else -1)).all()
    for way in WAYS:
        found = resized(picture, plane, way)
        assert (found.shape, found.dtype) == ((*plane, *shape[2:]), kind)


def test_a_picture_that_fits_stays_as_it_is():
    picture = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    for way in WAYS:
        np.testing.assert_array_equal(resized(picture, (12, 16), way), picture)


def test_no_size_is_cut_beside_the_picture():
    """Sides that come out a trifle longer than they are, for instance 853 x 1280 pixels on 64."""
    grey = np.random.default_rng(0).uniform(0, 1, (1400, 1400)).astype(np.float32)
    sides = (1, 2, 55, 105, 111, 187, 640, 853, 1280, 1399)
    for plane in ((64, 64), (28, 28), (224, 224), (24, 17)):
        for height, width in product(sides, sides):
            found = resized(grey[:height, :width], plane, "crop")
            assert found.shape == plane, (height, width)
            assert (found.min() >= 0, found.max() <= 1) == (True, True)
    for plane in ((64, 64), (28, 28), (224, 224)):
        for side in range(1, 260):
            assert resized(grey[:side, :side], plane, "crop").shape == plane, side


def test_ways_are_named():
    assert [checked_way(way) for way in (False, None, "crop")] == ["", "", "crop"]
    for wrong in ("cut", True, 3):
        with pytest.raises(InputError, match=r"resize is .*; expected 'crop', 'pad', 'stretch', or False"):
            checked_way(wrong)
