"""The wall behind a face, painted: which pixels count as wall, and in which colours."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai

PINK = (205, 5, 150)
GREEN = (40, 160, 60)
"""Colours as red, green and blue from 0 to 255."""
STRONG, PALE = (0.98, 0.8), (0.3, 0.9)
"""How saturated and how bright colours are that are painted in every hue."""

CENTER, RADII, SHOULDERS = (125.0, 130.0), (44.0, 64.0), 169.0
"""An ellipse about the face, (x, y), and the row at which the shoulders begin, in the 250 pixels of a photograph."""
EDGES = {"center": (61, 189), "full": (0, 250)}
"""Where the two crops of `load_faces` begin and end in them."""


def wall(crop: str = "center", side: int = 64) -> NDArray[np.bool_]:
    """Return which pixels count as background: those outside an ellipse about the face, above the shoulders.

    Parameters
    ----------
    crop : {"center", "full"}
        Which part of the photograph the pictures show, see `load_faces`.
    side : int
        How many pixels wide and high they are.

    Returns
    -------
    bool array of shape (side, side)
    """
    if crop not in EDGES:
        raise ValueError(f"crop is {crop!r}; expected 'center' or 'full'.")
    start, end = EDGES[crop]
    scale = side / (end - start)
    return xai.outside_ellipse(
        (side, side),
        center=tuple((middle - start) * scale - 0.5 for middle in CENTER),
        radii=tuple(radius * scale for radius in RADII),
        above=(SHOULDERS - start) * scale,
    )


def tint(hue: float, shade: tuple[float, float] = STRONG) -> tuple[float, ...]:
    """Return a colour as red, green and blue from 0 to 255.

    Parameters
    ----------
    hue : float
        In degrees: 0 is red, 120 green, 240 blue, 300 magenta.
    shade : (float, float)
        Saturation and brightness, each from 0 to 1: `STRONG` or `PALE`.
    """
    return tuple(255 * part for part in colorsys.hsv_to_rgb(hue / 360, *shade))


def paint_background(
    pictures: NDArray[np.float32], color: Sequence[int] = PINK, mask: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Return copies of the pictures with the background in one colour.

    Parameters
    ----------
    pictures : array of shape (..., height, width, 3)
        Values from 0 to 1.
    color : three numbers from 0 to 255
    mask : bool array of shape (height, width), optional
        What to paint; by default `wall()`.
    """
    mask = wall(side=pictures.shape[-2]) if mask is None else mask
    if mask.shape != pictures.shape[-3:-1]:
        raise ValueError(f"The mask has shape {mask.shape}; expected that of the pictures, {pictures.shape[-3:-1]}.")
    return np.where(mask[..., None], np.float32(color) / 255, pictures).astype(np.float32)
