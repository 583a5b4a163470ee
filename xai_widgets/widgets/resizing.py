"""Pictures of another size than the one that a network takes: how they come to it, where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai_widgets.errors import InputError, shown

Array = NDArray[Any]

WAYS: Mapping[str, str] = {"crop": "edges cut off", "pad": "black borders added", "stretch": "stretched"}
"""How a picture comes to another size, and what was done to it then."""


def checked_way(resize: Any) -> str:
    """Return the name of a way; empty where pictures of another size are refused.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if resize is None or resize is False or (isinstance(resize, str) and not resize):
        return ""
    if not (isinstance(resize, str) and resize in WAYS):
        raise InputError(f"resize is {shown(resize)}; expected {', '.join(map(repr, WAYS))}, or False.")
    return resize


def resized(picture: Array, plane: tuple[int, ...], way: str, black: float = 0) -> Array:
    """Return a picture on another plane, each pixel a weighted mean of those it covers, or lies between.

    Parameters
    ----------
    picture : array of shape (H, W) or (H, W, C)
        8 bits or floats, which they stay.
    plane : (height, width)
    way : {"crop", "pad", "stretch"}
        Cut off what is too long, on both sides alike; put borders there; or let height and width change apart.
    black : float, default 0
        The value of borders.
    """
    (height, width), (rows, columns) = picture.shape[:2], plane
    if way == "pad":
        scale = min(rows / height, columns / width)
        inner = max(1, round(scale * height)), max(1, round(scale * width))
        top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
        padded = np.full((rows, columns, *picture.shape[2:]), black, picture.dtype)
        padded[top : top + inner[0], left : left + inner[1]] = _scaled(picture, (0, 0, width, height), inner)
        return padded
    scale = max(rows / height, columns / width)
    high, wide = (rows / scale, columns / scale) if way == "crop" else (height, width)
    # A side that stays whole is, once divided and multiplied, a trifle longer than it was.
    high, wide = min(high, height), min(wide, width)
    top, left = (height - high) / 2, (width - wide) / 2
    return _scaled(picture, (left, top, min(left + wide, width), min(top + high, height)), (rows, columns))


def _scaled(picture: Array, box: tuple[float, float, float, float], plane: tuple[int, int]) -> Array:
    """Return what lies in a box (left, top, right, bottom) on another plane, channel by channel."""
    rows, columns = plane
    channels = picture[..., None] if picture.ndim == 2 else picture
    exact = channels if channels.dtype == np.uint8 else channels.astype(np.float32)
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(one)).resize((columns, rows), Image.Resampling.BILINEAR, box))
        for one in np.moveaxis(exact, -1, 0)
    ]
    return np.stack(planes, axis=-1).reshape(rows, columns, *picture.shape[2:]).astype(picture.dtype)
