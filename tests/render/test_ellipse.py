"""Which pixels are background."""

import json
from pathlib import Path

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.render import Ellipse

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "ellipse.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_same_pixels_as_in_the_front_end(case):
    shape = (case["height"], case["width"])
    mask = xai.outside_ellipse(shape, case["center"], case["radii"], case["above"])
    assert ["".join(".#"[pixel] for pixel in row) for row in mask.astype(int)] == case["outside"]


def test_the_face_of_the_lesson_leaves_38_percent():
    mask = xai.outside_ellipse((64, 64, 3))
    assert mask.mean() == pytest.approx(0.378, abs=0.001)
    assert mask[:54].any()
    assert not mask[54:].any()
    assert np.array_equal(mask, mask[:, ::-1]), "the face is in the middle"


def test_inside_and_outside_share_no_pixel_and_leave_none_above_the_row():
    ellipse = Ellipse.of((64, 64))
    inside, outside = ellipse.inside((64, 64)), ellipse.outside((64, 64))
    assert not (inside & outside).any()
    assert (inside | outside)[:54].all()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"shape": 64}, ValueError, "expected \\(height, width\\)"),
        ({"shape": (0, 64)}, ValueError, "expected \\(height, width\\)"),
        ({"shape": (64, 64), "radii": (0, 3)}, ValueError, "above 0"),
        ({"shape": (64, 64), "center": 3}, TypeError, "two numbers"),
        ({"shape": (64, 64), "center": (1, "2")}, TypeError, "expected a number of pixels"),
        ({"shape": (64, 64), "above": float("nan")}, ValueError, "finite"),
    ],
)
def test_measures_that_are_none_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        xai.outside_ellipse(**arguments)
