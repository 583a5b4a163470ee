"""Small drawings of how a number arises: what is drawn where."""

import io

import numpy as np
import pytest
from PIL import Image

from xai_widgets.render.canvas import ACCENT, SCALE, WARNING
from xai_widgets.render.diagram import AREA, Bars, Curve, Dots, Pictures, diagram_png


def drawn(part):
    with Image.open(io.BytesIO(diagram_png("title", "what it is.", [part]))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def amount(pixels, color):
    return int((np.abs(pixels - color).sum(axis=-1) < 6).sum())


def test_twice_the_curve_over_half_the_way_has_the_same_area():
    x = np.linspace(0, 1, 101)
    whole = amount(drawn(Curve(x, np.where(x > 0.99, 2.0, 1.0), "g", ("a", "b"))), AREA)
    half = amount(drawn(Curve(x, np.where(x <= 0.5, 2.0, 0.0), "g", ("a", "b"))), AREA)
    assert half == pytest.approx(whole, rel=0.05)


def test_means_count_their_weights():
    dots = Dots([("with", np.array([0.0, 4.0])), ("without", np.array([1.0]))], "q", [np.array([3.0, 1.0]), np.ones(1)])
    assert dots.means == [1.0, 1.0]
    plain = Dots([("", np.array([0.0, 4.0]))], "q")
    assert plain.means == [2.0]
    assert amount(drawn(plain), WARNING) > 20 * SCALE


def test_bars_that_are_negative_lie_on_the_other_side():
    pixels = drawn(Bars([("a", 2.0), ("b", -1.0)]))
    more, less = amount(pixels, ACCENT), amount(pixels, WARNING)
    assert more == pytest.approx(2 * less, rel=0.1)
    left = np.argwhere(np.abs(pixels - WARNING).sum(axis=-1) < 6)[:, 1].max()
    right = np.argwhere(np.abs(pixels - ACCENT).sum(axis=-1) < 6)[:, 1].min()
    assert left < right + 2 * SCALE


def test_each_picture_is_there():
    colors = np.array([[200, 10, 10], [10, 200, 10], [10, 10, 200], [200, 200, 10]])
    pixels = drawn(Pictures(np.broadcast_to(colors[:, None, None], (4, 6, 6, 3)).astype(np.uint8), [1, 2, 3, 4], "q"))
    sizes = [amount(pixels, color) for color in colors]
    assert min(sizes) == pytest.approx(max(sizes), rel=0.05)
    assert min(sizes) > 1000
