"""A map of a layer over the picture: the file that `tests/render` and the browser read is PyTorch's interpolation."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.render.overlay import resize

CASES = json.loads((Path(__file__).parents[1] / "fixtures/interpolation.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_the_fixture_is_what_pytorch_interpolates(case):
    tensor = torch.tensor(case["plane"], dtype=torch.float64)[None, None]
    shape = (case["height"], case["width"])
    theirs = nn.functional.interpolate(tensor, shape, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(theirs, case["expected"], atol=1e-8)


def test_on_input_is_what_the_picture_shows():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    model = xai.wrap(network, input_shape=(1, 13, 13))
    found = xai.GradCam()(model, np.random.default_rng(0).random((1, 13, 13), np.float32))
    assert found.map.shape == (4, 4)
    np.testing.assert_allclose(found.on_input, resize(found.map.astype(float), (13, 13)), atol=1e-6)
