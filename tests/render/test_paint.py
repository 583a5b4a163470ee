"""Paint over a picture."""

import json
from pathlib import Path

import numpy as np
import pytest

from xai_widgets.render.paint import checked_color, composite, to_runs

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "paint.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_layer_is_written_down_as_the_front_end_reads_it(case):
    layer = np.array(case["pixels"], np.uint8).reshape(case["height"], case["width"], 4)
    assert to_runs(layer) == case["runs"]


def test_the_definition_pixel_by_pixel():
    random = np.random.default_rng(0)
    picture = random.uniform(-2, 3, (5, 4, 3))
    paint = random.integers(0, 256, (5, 4, 4), np.uint8)
    mixed = composite(picture, paint, (-2, 3))
    for row in range(5):
        for column in range(4):
            opacity = float(paint[row, column, 3]) / 255
            for channel in range(3):
                color = -2 + 5 * float(paint[row, column, channel]) / 255
                expected = picture[row, column, channel] * (1 - opacity) + color * opacity
                assert mixed[row, column, channel] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_there_is_no_paint_not_a_bit_changes(dtype):
    random = np.random.default_rng(0)
    picture = random.uniform(size=(6, 6, 3)).astype(dtype)
    picture[0, 0] = -0.0
    paint = np.zeros((6, 6, 4), np.uint8)
    paint[2:4, 2:4] = random.integers(1, 256, (2, 2, 4))
    mixed = composite(picture, paint, (0, 1))
    clear = paint[..., 3] == 0
    assert mixed.dtype == dtype
    assert mixed[clear].tobytes() == picture[clear].tobytes()
    assert composite(picture, np.zeros_like(paint), (0, 1)) is picture


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1)])
def test_every_grey_stays_the_grey_it_is(shape):
    greys = np.arange(16, dtype=np.uint8).reshape(4, 4, 1) * 17
    paint = np.concatenate([greys, greys, greys, np.full_like(greys, 255)], axis=-1)
    mixed = composite(np.zeros(shape), paint, (0, 255))
    assert mixed.shape == shape
    assert np.array_equal(mixed.reshape(4, 4), greys[..., 0])


def test_colours_may_be_given_by_name():
    assert checked_color("magenta") == (255, 0, 255)
    assert checked_color("#cd0596") == checked_color((205, 5, 150)) == checked_color(np.array([205, 5, 150]))
    assert checked_color(7) == (7, 7, 7)
