"""From a map of floats to pixels; the front end draws by the same rules, and both are tested on the same cases."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_widgets.render.colormap import colormap
from xai_widgets.render.display import Display

Array = NDArray[Any]

LUMINANCE = (0.299, 0.587, 0.114)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A map as pixels.

    Attributes
    ----------
    pixels : uint8 array of shape (H, W, 4)
        Red, green, blue and opacity; opacity is 0 only in the empty cells of a grid.
    t : array
        The values between -1 and 1, of the shape of the picture, or of the vector.
    limit : float
        The magnitude that gets the full colour.
    """

    pixels: Array
    t: Array
    limit: float


def draw(values: Array, picture: Array | None, display: Display, limit: float | None = None) -> Drawing:
    """Return a map as pixels, over the picture where the layout says so.

    Parameters
    ----------
    values : array of shape (h, w) or (n,)
        A plane is resized to the picture; a vector is laid out on a grid and never lies over a picture.
    picture : uint8 array of shape (H, W, 3), optional
    display : Display
    limit : float, optional
        The magnitude that gets the full colour; by default the one that `display` says for this map alone.
    """
    values = laid(values, picture, display)
    if values.ndim == 1:
        t, limit = normalise(values, display, limit)
        color = colormap(display.colormap).colors(t, display.sign == "both")
        return Drawing(grid(np.dstack([color[None], np.full((1, len(t), 1), 255.0)])[0]), t, limit)
    t, limit = normalise(values, display, limit)
    color = colormap(display.colormap).colors(t, display.sign == "both")
    if picture is not None and display.layout == "blended":
        color = over(color, grey(picture), t, display)
    return Drawing(_to_bytes(np.dstack([color, np.full(t.shape, 255.0)])), t, limit)


def scale(display: Display, picture: Array | None) -> Array:
    """Return the colours of a scale from its lower end to its upper one, (lines, 256, 3), as they are drawn.

    Over a picture in two lines: over its brightest grey, and over its darkest.
    """
    signed = display.sign == "both"
    t = np.linspace(-1 if signed else 0, 1, 256)
    colors = colormap(display.colormap).colors(t, signed)
    if picture is None or display.layout != "blended":
        return colors[None]
    shades = grey(picture)
    return np.stack([over(colors, np.full(256, shade), t, display) for shade in (shades.max(), shades.min())])


def over(color: Array, shades: Array, t: Array, display: Display) -> Array:
    """Return colours mixed with the greys below them: what counts little leaves these clear."""
    # A ramp without a middle would fade to the same at both ends.
    fades = colormap(display.colormap).kind == "diverging"
    weight = display.opacity * (np.abs(t)[..., None] if fades else 1.0)
    mixed: Array = shades[..., None] * (1 - weight) + color * weight
    return mixed


def laid(values: Array, picture: Array | None, display: Display) -> Array:
    """Return the values of a map at the size of the picture that it lies over, smoothed; those of a vector as given."""
    values = np.asarray(values, float)
    if values.ndim == 1:
        return values
    return smooth(values if picture is None else resize(values, picture.shape[:2]), display.smoothing)


def limit_of(values: Array, display: Display) -> float:
    """Return the magnitude at which the colour scale of values ends; 0 where nothing counts."""
    return float(np.percentile(np.abs(values), display.clip))


def normalise(values: Array, display: Display, limit: float | None = None) -> tuple[Array, float]:
    """Return the values divided by their limit, clipped and signed as `display` says, and the limit."""
    limit = (limit_of(values, display) if limit is None else limit) or 1.0
    if display.sign == "absolute":
        return np.clip(np.abs(values) / limit, 0, 1), limit
    return np.clip(values / limit, -1 if display.sign == "both" else 0, 1), limit


def resize(values: Array, shape: tuple[int, ...]) -> Array:
    """Return a plane (h, w), a line or a volume at another size, linearly along each axis between centres."""
    for axis, length in enumerate(shape):
        values = np.moveaxis(np.tensordot(values, bilinear(values.shape[axis], length), axes=(axis, 1)), -1, axis)
    return values


@functools.lru_cache
def bilinear(cells: int, length: int) -> Array:
    """Return the matrix (length, cells) that interpolates linearly from cells to places along one axis.

    The centres of the cells divide the axis evenly, and beyond the outer ones their value goes on. Rows sum to one, so
    what is drawn with a mean keeps it.
    """
    matrix: Array = ndimage.zoom(np.eye(cells), (length / cells, 1), order=1, mode="nearest", grid_mode=True)
    matrix.flags.writeable = False
    return matrix


def smooth(values: Array, sigma: float) -> Array:
    """Return a plane blurred by a Gaussian of `sigma` pixels, with reflected borders."""
    if sigma <= 0:
        return values
    blurred: Array = ndimage.gaussian_filter(values, sigma, mode="reflect", radius=math.ceil(3 * sigma))
    return blurred


def grid(cells: Array) -> Array:
    """Return the colours (n, 4) of a vector row by row on a nearly square grid; empty cells are transparent."""
    columns = math.ceil(math.sqrt(len(cells)))
    rows = math.ceil(len(cells) / columns)
    filled = np.zeros((rows * columns, 4))
    filled[: len(cells)] = cells
    return _to_bytes(filled.reshape(rows, columns, 4))


def grey(picture: Array) -> Array:
    """Return the luminance (H, W), 0 to 255, of a picture (H, W, 3)."""
    luminance: Array = np.asarray(picture, float)[..., :3] @ np.array(LUMINANCE)
    return luminance


def as_picture(x: Array, bounds: tuple[float, float] | None) -> Array | None:
    """Return an input as a picture, uint8 (H, W, 3); None for an input that is none.

    Parameters
    ----------
    x : array of shape (H, W), (H, W, C) or (n,)
        Channels last. One channel is grey, three are colours, any other number is averaged.
    bounds : (low, high), optional
        What is black and what is white; by default the extremes of `x`.
    """
    x = np.asarray(x, float)
    if x.ndim not in (2, 3):
        return None
    low, high = bounds if bounds is not None else (x.min(), x.max())
    shades = np.clip((x - low) / ((high - low) or 1.0), 0, 1) * 255
    if shades.ndim == 3:
        shades = shades if shades.shape[-1] == 3 else shades.mean(axis=-1)
    if shades.ndim == 2:
        shades = np.repeat(shades[..., None], 3, axis=-1)
    return _to_bytes(shades)


def _to_bytes(shades: Array) -> Array:
    return np.floor(np.clip(shades, 0, 255) + 0.5).astype(np.uint8)
