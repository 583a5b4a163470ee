"""Superpixels: connected pieces of one colour (SLIC, Achanta et al. 2012)."""

from __future__ import annotations

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

COMPACTNESS = 10.0
"""How much superpixels of a colour picture prefer being square to being of one colour, as in SLIC's paper."""
GREY_COMPACTNESS = 0.1
"""The same for pictures without colours, whose distances are not those of the Lab space but of grey values."""
STIFFEST = 1e4
"""With this compactness superpixels are squares, whatever is in the picture."""


def superpixels(picture: Array, bounds: tuple[float, float] | None, size: int) -> Array:
    """Return the number of the piece of each place, from 0 on, (*sides).

    Parameters
    ----------
    picture : array of shape (*sides, channels)
        Three channels of a picture with two sides are colours; the mean is taken of any others.
    bounds : (low, high) or None
        The range of values; by default that of the picture.
    size : int
        The side of a square, or cube, of about the size of a piece.

    Raises
    ------
    ValueError
        If scikit-image is not installed.
    """
    try:
        from skimage.segmentation import slic
    except ModuleNotFoundError as error:
        raise InputError(
            "features is 'superpixels', which scikit-image finds, and that is not installed; expected 'squares', or "
            "pip install 'xai-widgets[superpixels]'."
        ) from error
    low, high = (picture.min(), picture.max()) if bounds is None else bounds
    shades = np.ascontiguousarray((picture - low) / max(high - low, np.finfo(picture.dtype).tiny), np.float64)
    *sides, channels = shades.shape
    colours = channels == 3 and len(sides) == 2
    wanted = max(1, round(np.prod(sides) / size ** len(sides)))
    compactness = COMPACTNESS if colours else GREY_COMPACTNESS
    while True:
        segments: Array = slic(
            shades if colours else shades.mean(axis=-1),
            n_segments=wanted,
            compactness=compactness,
            start_label=0,
            channel_axis=-1 if colours else None,
        )
        numbers = np.unique(segments, return_inverse=True)[1].reshape(segments.shape)
        # A picture of noise falls into crumbs, which are swept together until next to nothing is left to tell apart.
        if 2 * (int(numbers.max()) + 1) >= wanted or compactness > STIFFEST:
            return numbers
        compactness *= 4
