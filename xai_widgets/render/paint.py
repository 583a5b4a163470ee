"""Paint over a picture: a layer of colours with an opacity for each pixel, and how it is written down."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from xai_widgets.errors import InputError, InputTypeError

Array = NDArray[Any]

LUMINANCE = (299, 587, 114)
"""In thousandths, so that a grey stays exactly the grey it is."""


def no_paint(shape: tuple[int, ...]) -> Array:
    """Return a layer without paint for a picture of this shape, channels last."""
    return np.zeros((*shape[:2], 4), np.uint8)


def composite(picture: Array, paint: Array, bounds: tuple[float, float]) -> Array:
    """Return a picture under its paint: picture * (1 - opacity) + colour * opacity; without paint it stays as it is.

    Parameters
    ----------
    picture : array of shape (H, W) or (H, W, C)
        One channel is grey, three are colours.
    paint : uint8 array of shape (H, W, 4)
        Red, green, blue and opacity. On a grey picture the luminance of the colour is painted.
    bounds : (low, high)
        What black and white are in the picture.
    """
    values = picture if picture.dtype.kind == "f" else picture.astype(np.float32)
    if not paint[..., 3].any():
        return values
    low, high = bounds
    shade = paint[..., :3].astype(float)
    if picture.ndim == 2 or picture.shape[-1] == 1:
        shade = (shade @ np.array(LUMINANCE, float) / 1000).reshape(picture.shape)
    opacity = (paint[..., 3] / 255).reshape(*paint.shape[:2], *[1] * (picture.ndim - 2))
    mixed = values * (1 - opacity) + (low + (high - low) * shade / 255) * opacity
    return np.where(opacity > 0, mixed, values).astype(values.dtype)


def over(paint: Array, where: Array, color: tuple[int, int, int]) -> Array:
    """Return a layer with pixels painted in one colour that covers; the layer itself is left as it is."""
    painted = paint.copy()
    painted[where] = (*color, 255)
    return painted


def checked_paint(value: Any, shape: tuple[int, ...]) -> Array:
    """Return a layer that a user gave, as a copy that nobody can write to; where it is clear it is black.

    Raises
    ------
    ValueError, TypeError
        If it is no uint8 array of shape (H, W, 4) for the picture.
    """
    array = np.asarray(value)
    expected = (*shape[:2], 4)
    if array.dtype != np.uint8:
        raise InputTypeError(
            f"The paint is {_kind(value, array)}; expected an array of numpy.uint8: red, green, blue and opacity."
        )
    if array.shape != expected:
        hint = (
            " The fourth channel is the opacity, 255 where the paint covers." if array.shape == (*shape[:2], 3) else ""
        )
        raise InputError(f"The paint has shape {array.shape}; expected {expected}.{hint}")
    array = np.where(array[..., 3:] > 0, array, np.uint8(0))
    array.flags.writeable = False
    return array


def checked_color(value: Any) -> tuple[int, int, int]:
    """Return a colour as red, green and blue, 0 to 255.

    Parameters
    ----------
    value : (red, green, blue), a number for a grey, or a name or a code such as "magenta" or "#cd0596"

    Raises
    ------
    ValueError, TypeError
        If it is none of these.
    """
    if isinstance(value, str):
        try:
            red, green, blue = ImageColor.getrgb(value)[:3]
        except ValueError as error:
            raise InputError(f"There is no colour {value!r}; expected a name, or a code such as '#cd0596'.") from error
        return red, green, blue
    parts = list(value) if isinstance(value, tuple | list | np.ndarray) else [value] * 3
    if len(parts) != 3 or any(isinstance(part, bool) or not isinstance(part, int | np.integer) for part in parts):
        raise InputTypeError(f"The colour is {value!r}; expected red, green and blue as integers from 0 to 255.")
    if not all(0 <= part <= 255 for part in parts):
        raise InputError(f"The colour is {value!r}; expected red, green and blue from 0 to 255.")
    return int(parts[0]), int(parts[1]), int(parts[2])


def to_runs(paint: Array) -> list[int]:
    """Return a layer as JSON: how many pixels in reading order are alike, their colour as one number, and so on.

    The number is ((red * 256 + green) * 256 + blue) * 256 + opacity.
    """
    colors = np.ascontiguousarray(paint).view(">u4").reshape(-1).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], colors[1:] != colors[:-1]]))
    lengths = np.diff(np.append(starts, colors.size))
    runs: list[int] = np.column_stack([lengths, colors[starts]]).reshape(-1).tolist()
    return runs


def _kind(value: Any, array: Array) -> str:
    return f"an array of {array.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
