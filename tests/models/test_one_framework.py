"""Either framework can be missing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow

METHODS = """
import numpy as np
import xai_widgets as xai

x = np.random.default_rng(0).random(shape, dtype=np.float32)
model = xai.wrap(net, input_shape=shape)
for method in (
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=4),
    xai.SmoothGrad(samples=3),
    xai.Occlusion(window=4, stride=4),
):
    values = method(model, x).values
    assert values.shape == shape and np.isfinite(values).all() and np.ptp(values) > 0, method

try:
    xai.wrap(lambda x: x, backend=missing, input_shape=shape)
except TypeError as error:
    assert f"pip install 'xai-widgets[{missing}]'" in str(error), error
else:
    raise AssertionError("A network of a framework that is not there was wrapped.")
"""

HIDE = """
import importlib.abc
import sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
"""

TORCH_ALONE = """
import torch

missing, shape = "tensorflow", (3, 8, 8)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 5))
"""

TENSORFLOW_ALONE = """
import keras

missing, shape = "torch", (8, 8, 3)
keras.utils.set_random_seed(0)
layers = keras.layers
net = keras.Sequential([layers.Input(shape), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(5)])
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("hidden", "setting"),
    [(["tensorflow", "keras"], TORCH_ALONE), (["torch"], TENSORFLOW_ALONE)],
    ids=["torch", "tensorflow"],
)
def test_one_framework_is_enough(hidden, setting):
    run(HIDE.format(hidden=hidden) + setting + METHODS)
