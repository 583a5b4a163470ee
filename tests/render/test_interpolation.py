"""A map of a layer over the picture: Python and the browser, which reads the same file, interpolate alike."""

import json
from pathlib import Path

import numpy as np
import pytest

from xai_widgets.render.overlay import resize

CASES = json.loads((Path(__file__).parents[1] / "fixtures/interpolation.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_planes_are_interpolated_between_pixel_centres(case):
    shape = (case["height"], case["width"])
    np.testing.assert_allclose(resize(np.array(case["plane"]), shape), case["expected"], atol=1e-8)
