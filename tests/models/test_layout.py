"""What follows from a layout: maps, sums and orders of axes, against loops over elements by hand."""

import itertools

import numpy as np
import pytest

from xai_widgets.models import layout as layouts
from xai_widgets.models.layout import Layout, read_off, regular, unknown, vector

PLANE = ("height", "width")


def places_of(shape, axes, sizes):
    """Return places (coordinates, *shape) of an output whose `axes` count the coordinates, each of one `sizes`."""
    found = [np.broadcast_to(np.arange(size).reshape([-1 if a == axis else 1 for a in range(len(shape))]), shape)
             for axis, size in zip(axes, sizes, strict=True)]  # fmt: skip
    return np.array(found, float)


def by_hand(values, places):
    """Return the sum of values over equal places, on the sorted places, one element at a time."""
    sums = {}
    for index in itertools.product(*map(range, values.shape)):
        place = tuple(places[(slice(None), *index)])
        if not np.isnan(place).any():
            sums[place] = sums.get(place, 0) + values[index]
    lines = [sorted({place[k] for place in sums}) for k in range(len(places))]
    return np.array([sums.get(place, 0) for place in itertools.product(*lines)]).reshape([len(line) for line in lines])


def tokens(grid=(3, 4), before=2, channels=5):
    """Places of tokens along an axis, the first few nowhere."""
    places = np.full((2, before + grid[0] * grid[1], channels), np.nan)
    places[:, before:] = np.indices(grid).reshape(2, -1, 1)
    return places


CASES = {
    "channels, height, width": places_of((4, 3, 5), (1, 2), (3, 5)),
    "height, width, channels": places_of((3, 5, 4), (0, 1), (3, 5)),
    "width, channels, height": places_of((5, 4, 3), (2, 0), (3, 5)),
    "tokens, channels": tokens(),
    "heads, tokens, channels": np.stack([tokens(), tokens()], axis=1),
    "windows": np.indices((6, 8)).reshape(2, 3, 2, 2, 4, 1).repeat(3, axis=-1).astype(float),
    "flat": places_of((4, 3, 5), (1, 2), (3, 5)).reshape(2, -1),
    "padded channels": np.where(np.arange(4)[:, None, None] < 3, places_of((4, 3, 5), (1, 2), (3, 5)), np.nan),
}

ROLES = {
    "channels, height, width": ("channel", "height", "width"),
    "height, width, channels": ("height", "width", "channel"),
    "width, channels, height": ("width", "channel", "height"),
    "tokens, channels": ("token", "channel"),
    "heads, tokens, channels": ("channel", "token", "channel"),
    "windows": ("height", "height", "width", "width", "channel"),
    "flat": ("token",),
    "padded channels": ("channel", "height", "width"),
}


@pytest.mark.parametrize("name", CASES)
def test_roles_and_maps_are_read_off_the_places(name):
    places = CASES[name]
    found = read_off(places.shape[1:], places, PLANE)
    assert found.known
    assert found.roles == ROLES[name]
    filled = places if name != "padded channels" else CASES["channels, height, width"]
    values = np.random.default_rng(0).normal(size=(2, *found.shape))
    expected = np.array([by_hand(one, filled) for one in values])
    assert expected.shape[1:] == found.grid
    np.testing.assert_allclose(found.map(values), expected, atol=1e-12)
    np.testing.assert_allclose(found.map(values[0]), expected[0], atol=1e-12)
    np.testing.assert_allclose(found.map(values[0]).sum() + found.nowhere(values[0]), values[0].sum(), atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_channels_come_first_and_go_back(name):
    found = read_off(CASES[name].shape[1:], CASES[name], PLANE)
    values = np.random.default_rng(0).normal(size=(2, *found.shape))
    first = found.channels_first(values)
    assert first.shape[:2] == (2, found.channels)
    np.testing.assert_allclose(found.on_grid(first.sum(axis=1)), found.map(values), atol=1e-12)
    back = found.from_channels_first(first)
    where = found.from_channels_first(np.ones_like(first)) > 0
    np.testing.assert_array_equal(back, np.where(where, values, 0))
    assert where.all() == (found.placeless == 0)


def test_the_sum_over_channels_may_count_where_it_is_positive():
    values = np.random.default_rng(0).normal(size=(4, 3, 5))
    found = regular(values.shape, ("channel", "height", "width"))
    np.testing.assert_allclose(found.map(values, "rectified"), np.maximum(values.sum(axis=0), 0))


def test_the_largest_channel_keeps_its_sign():
    values = np.array([[[1.0, -2.0]], [[-3.0, 1.5]]])  # two channels, one row, two columns
    np.testing.assert_array_equal(
        regular(values.shape, ("channel", "height", "width")).map(values, "largest"), [[-3, -2]]
    )
    heads = np.moveaxis(values, 0, -1)
    np.testing.assert_array_equal(regular(heads.shape, ("height", "width", "head")).map(heads, "largest"), [[-3, -2]])


def test_a_map_has_the_axes_in_the_order_of_the_input():
    values = np.random.default_rng(0).normal(size=(5, 3, 2))
    found = regular(values.shape, ("width", "height", "channel"), "told")
    assert (found.coordinates, found.grid, found.source) == (PLANE, (3, 5), "told")
    np.testing.assert_allclose(found.map(values), values.sum(axis=-1).T)


@pytest.mark.parametrize(
    ("coordinates", "shape", "axes", "sizes", "grid"),
    [
        (("time",), (4, 7), (1,), (7,), (7,)),
        (("token",), (7, 4), (0,), (7,), (7,)),
        (("depth", "height", "width"), (4, 2, 3, 5), (1, 2, 3), (2, 3, 5), (2, 3, 5)),
    ],
)
def test_there_may_be_any_number_of_coordinates(coordinates, shape, axes, sizes, grid):
    places = places_of(shape, axes, sizes)
    found = read_off(shape, places, coordinates)
    assert (tuple(found.roles[axis] for axis in axes), found.grid) == (coordinates, grid)
    values = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(found.map(values), by_hand(values, places))


def test_a_row_of_units_is_its_own_map():
    for found in (vector(5), read_off((5,), np.full((2, 5), np.nan), PLANE), read_off((5,), np.ones((2, 5)), PLANE)):
        assert (found.channels, found.grid, found.has_space, found.is_vector) == (5, (5,), False, True)
        np.testing.assert_array_equal(found.map(np.arange(5.0), "rectified"), np.arange(5.0))


def test_one_place_leaves_the_one_wide_axis_for_channels():
    found = read_off((5, 1, 1), np.full((2, 5, 1, 1), 3.0), PLANE)
    assert (found.roles, found.grid, found.has_space) == (("channel", None, None), (1, 1), False)
    np.testing.assert_array_equal(found.map(np.ones((2, 5, 1, 1))), np.full((2, 1, 1), 5))


def test_what_is_not_known_says_why_and_how_to_tell():
    mixed = read_off((6, 4), np.full((2, 6, 4), np.nan), PLANE)
    assert not mixed.known
    assert mixed.channel_axes == ()
    with pytest.raises(
        ValueError, match=r"'mix', of shape \(6, 4\), .* see the same.*layouts=\{'mix': 'tokens, channels'\}"
    ):
        raise mixed.refusal("mix")
    for missing in range(4):
        three = np.delete(np.indices((2, 2)).reshape(2, 4, 1), missing, axis=1).astype(float)
        assert "fill no grid" in read_off((3, 2), three.repeat(2, axis=2), PLANE).words
    assert "because of fft" in repr(unknown((3,), "because of fft"))


def test_words():
    assert read_off((14, 5), tokens(), PLANE).words == "tokens, channels, places 3 x 4, 2 without a place"
    assert regular((4, 3, 5), ("channel", "height", "width")).words == "channels, height, width"
    assert isinstance(layouts.COORDINATES[2], tuple)
    assert repr(regular((4, 3), ("channel", "time"))) == "Layout((4, 3): channels, time)"
    assert isinstance(vector(3), Layout)
