"""A signal as a curve, on ground in the colours of a map along it."""

from __future__ import annotations

import numpy as np

from xai_widgets.render.canvas import INK, MUTED
from xai_widgets.render.colormap import colormap
from xai_widgets.render.display import Display
from xai_widgets.render.overlay import Array, resize

WIDTH, HEIGHT = 1120, 360
"""In pixels of the picture, which is drawn at half its size."""

MARGIN = 18
LINE = 3
"""How thick a curve is."""

GROUND = 0.6
"""How strong the colours of the map are behind the curves."""


def curve_pixels(curve: Array, t: Array, display: Display) -> Array:
    """Return the curves of a signal over the colours of its map, uint8 (HEIGHT, WIDTH, 3).

    Parameters
    ----------
    curve : array of shape (n, channels)
        All channels have one scale; the first one is drawn darkest, and last.
    t : array of shape (m,)
        The map between -1 and 1; another number of places than the signal has steps is interpolated.
    display : Display
    """
    colors = colormap(display.colormap).colors(resize(t, (WIDTH,)), display.sign == "both")
    pixels = np.repeat(255 - GROUND * (255 - colors)[None], HEIGHT, axis=0)
    low, high = float(curve.min()), float(curve.max())
    shares = (curve - low) / ((high - low) or 1.0)
    rows = HEIGHT - 1 - MARGIN - shares * (HEIGHT - 1 - 2 * MARGIN)
    for number in reversed(range(curve.shape[1])):
        _trace(pixels, rows[:, number], INK if number == 0 else MUTED)
    return np.round(pixels).astype(np.uint8)


def _trace(pixels: Array, rows: Array, color: tuple[int, int, int]) -> None:
    """Draw a line through rows at even distances over the whole width; all that a column spans is drawn."""
    steps = np.linspace(0, len(rows) - 1, WIDTH + 1)
    ends = np.interp(steps, np.arange(len(rows)), rows)
    for column in range(WIDTH):
        within = rows[int(np.ceil(steps[column])) : int(steps[column + 1]) + 1]
        spanned = np.array([*ends[column : column + 2], *within])
        top, bottom = spanned.min() - LINE / 2, spanned.max() + LINE / 2
        pixels[max(int(np.floor(top + 0.5)), 0) : int(np.floor(bottom + 0.5)), column] = color
