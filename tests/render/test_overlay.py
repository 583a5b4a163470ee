"""The drawing rules, on the cases that the front end is tested on too."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from xai_widgets.render.display import Display
from xai_widgets.render.overlay import as_picture, draw, grey, grid, resize, smooth

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "drawing.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_pixels_are_those_of_the_front_end(case):
    picture = None if case["picture"] is None else np.array(case["picture"], np.uint8)
    drawing = draw(np.array(case["map"], np.float32), picture, Display(**case["display"]))
    assert drawing.limit == pytest.approx(case["limit"], rel=1e-6)
    np.testing.assert_allclose(drawing.t, case["t"], atol=2e-6)
    assert drawing.pixels.dtype == np.uint8
    assert drawing.pixels.shape == np.shape(case["rgba"])
    assert np.abs(drawing.pixels.astype(int) - case["rgba"]).max() <= 1


def test_smoothing_is_the_gaussian_of_scipy():
    values = np.random.default_rng(0).normal(size=(12, 9))
    for sigma in (0.5, 1.7, 6.0):
        expected = ndimage.gaussian_filter(values, sigma, mode="reflect", radius=int(np.ceil(3 * sigma)))
        np.testing.assert_allclose(smooth(values, sigma), expected, atol=1e-12)
    assert smooth(values, 0) is values


@pytest.mark.parametrize("shape", [(8, 6), (5, 7), (2, 2), (1, 9)])
def test_resizing_is_bilinear_between_pixel_centres(shape):
    values = np.random.default_rng(0).normal(size=(4, 3))
    rows = (np.arange(shape[0]) + 0.5) * 4 / shape[0] - 0.5
    columns = (np.arange(shape[1]) + 0.5) * 3 / shape[1] - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    np.testing.assert_allclose(resize(values, shape), ndimage.map_coordinates(values, places, order=1, mode="nearest"))


def test_a_grid_has_no_empty_row():
    for count in range(1, 30):
        cells = grid(np.full((count, 4), 255.0))
        assert (cells[..., 3] == 255).sum() == count
        assert (cells[..., 3] == 255).any(axis=1).all()
        assert 0 <= cells.shape[1] - cells.shape[0] <= 1


def test_an_input_becomes_a_picture():
    assert as_picture(np.array([[-1.0, 0.0, 1.0]]), (-1, 1))[0, :, 0].tolist() == [0, 128, 255]
    assert as_picture(np.zeros((2, 3, 1)), (0, 1)).shape == (2, 3, 3)
    colours = np.random.default_rng(0).uniform(size=(2, 3, 3))
    np.testing.assert_array_equal(as_picture(colours, (0, 1)), np.round(colours * 255))
    assert as_picture(np.ones((2, 3, 2)) * [0, 1], (0, 1))[0, 0].tolist() == [128, 128, 128]
    assert as_picture(np.array([[3.0, 7.0]]), None)[0, :, 0].tolist() == [0, 255]
    assert as_picture(np.full((2, 2), 5.0), None).max() == 0
    assert as_picture(np.zeros(9), (0, 1)) is None


def test_luminance_weighs_green_most():
    shades = grey(np.eye(3, dtype=np.uint8)[None] * 255)
    np.testing.assert_allclose(shades, [[76.245, 149.685, 29.07]])


def test_the_drawing_leaves_its_inputs_alone():
    values, picture = np.ones((2, 2), np.float32), np.zeros((4, 4, 3), np.uint8)
    draw(values, picture, Display(smoothing=1.0, sign="absolute"))
    assert values.tolist() == [[1, 1], [1, 1]]
    assert not picture.any()
