"""The read-out below the picture that stands for a widget where no browser is."""

import numpy as np
import pytest
import torch

import xai_widgets as xai
from xai_widgets.render import Canvas
from xai_widgets.widgets import static_image


class Power(torch.nn.Module):
    """Two scores: the mean of a picture to some power, and zero."""

    def __init__(self, power):
        super().__init__()
        self.power = power

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3))
        return torch.stack([mean**self.power, 0 * mean], dim=1)


@pytest.mark.parametrize(
    ("power", "gap"),
    [
        (4, "100 %"),  # one panel has the mean slope (0 + 4) / 2, and the change is 1
        (2, "< 0.001 %"),  # (0 + 2) / 2 is exact up to rounding
    ],
)
def test_a_gap_is_written_as_the_browser_writes_it(power, gap, monkeypatch):
    written = []

    def drawn(title, panels, display, words, _):
        written.extend(words)
        return Canvas(1, 1)

    monkeypatch.setattr(static_image, "figure", drawn)
    picture = np.full((4, 4, 1), 0.7 if power == 2 else 1, np.float32)
    widget = xai.explore(xai.wrap(Power(power), input_shape=(1, 4, 4)), picture, target=0, steps=1)
    assert widget.result.method.steps == 1
    widget._repr_png_()
    widget.close()
    assert f"gap {gap}" in ["".join(text for text, _ in group) for group in written]
