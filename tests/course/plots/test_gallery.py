"""Pictures stand where they belong, with their colours."""

import io

import numpy as np
import pytest
from PIL import Image

from xai_course.plots import gallery
from xai_course.plots.gallery import GAP, as_image


def test_pictures_stand_in_rows_and_columns():
    red, green = np.zeros((4, 4, 3)), np.zeros((4, 4, 3))
    red[..., 0], green[..., 1] = 1, 1
    shown = gallery([[red, green], [None, red]], side=20)
    sheet = np.asarray(Image.open(io.BytesIO(shown._repr_png_())))
    assert sheet.shape == (2 * (20 + GAP), 2 * (20 + GAP), 4)
    assert sheet[10, 10].tolist() == [255, 0, 0, 255]
    assert sheet[10, 20 + GAP + 10].tolist() == [0, 255, 0, 255]
    assert sheet[20 + GAP + 10, 10].tolist()[3] == 0, "a free place lets the page through"
    assert sheet[20 + GAP + 10, 20 + GAP + 10].tolist() == [255, 0, 0, 255]
    assert repr(gallery([[red]], sentence="A red one.")) == "A red one."


def test_words_make_room_for_themselves():
    picture = np.ones((4, 4, 3))
    bare, worded = (gallery([[picture]], **words).image.size for words in ({}, {"columns": ["a\nb"], "rows": ["name"]}))
    assert worded[0] > bare[0] + 20
    assert worded[1] > bare[1] + 20


@pytest.mark.parametrize(
    "picture",
    [np.full((2, 2), 0.5), np.full((2, 2, 1), 0.5), np.full((2, 2, 3), 128, np.uint8), Image.new("L", (2, 2), 128)],
)
def test_grey_or_in_colours_floats_or_bytes(picture):
    assert np.asarray(as_image(picture)).tolist() == [[[128] * 3] * 2] * 2
