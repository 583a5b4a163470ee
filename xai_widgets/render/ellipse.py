"""The ellipse that stands for a face: what lies outside it is background. The front end reckons by the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.errors import InputError, InputTypeError, is_finite, shown

Array = NDArray[Any]

SIDE = 64
"""The measures below are those of a picture of this size; others take them in proportion."""
CENTER = (31.5, 34.0)
RADII = (22.0, 32.0)
ABOVE = 54.0


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse in a picture, and how far down the background goes.

    Attributes
    ----------
    x, y : float
        Its centre, as a column and a row; pixel (row 0, column 0) has its middle at 0, 0.
    radius_x, radius_y : float
        In pixels.
    above : float
        Background are only the rows above this one; below it, beside the neck, are the shoulders.
    """

    x: float
    y: float
    radius_x: float
    radius_y: float
    above: float

    @classmethod
    def of(
        cls,
        shape: Any,
        center: tuple[float, float] | None = None,
        radii: tuple[float, float] | None = None,
        above: float | None = None,
    ) -> Ellipse:
        """Return the ellipse for a picture of `shape`, by default that of a face in the middle of a portrait."""
        height, width = _plane(shape)
        down, across = height / SIDE, width / SIDE
        x, y = _pair("center", center, ((CENTER[0] + 0.5) * across - 0.5, (CENTER[1] + 0.5) * down - 0.5))
        radius_x, radius_y = _pair("radii", radii, (RADII[0] * across, RADII[1] * down))
        if radius_x <= 0 or radius_y <= 0:
            raise InputError(f"radii is {radii!r}; expected two numbers of pixels above 0.")
        return cls(x, y, radius_x, radius_y, ABOVE * down if above is None else _number("above", above))

    def inside(self, shape: Any) -> Array:
        """Return which pixels of a picture lie in the ellipse, bool of shape (height, width)."""
        height, width = _plane(shape)
        rows, columns = np.ogrid[:height, :width]
        return ((columns - self.x) / self.radius_x) ** 2 + ((rows - self.y) / self.radius_y) ** 2 <= 1

    def outside(self, shape: Any) -> Array:
        """Return which pixels of a picture are background, bool of shape (height, width)."""
        height, _ = _plane(shape)
        return ~self.inside(shape) & (np.arange(height)[:, None] < self.above)


def outside_ellipse(
    shape: Any,
    center: tuple[float, float] | None = None,
    radii: tuple[float, float] | None = None,
    above: float | None = None,
) -> Array:
    """Return which pixels of a picture are background: outside an ellipse, and above a row.

    Parameters
    ----------
    shape : (height, width) or longer
        Of the picture, channels last.
    center : (x, y), optional
        As a column and a row; the middle of pixel (row 0, column 0) is at 0, 0. By default (31.5, 34) on 64 rows and 64
        columns, and in proportion on others: where a face is in a portrait.
    radii : (x, y), optional
        In pixels; by default (22, 32) on 64 rows and columns.
    above : float, optional
        Only rows above this one count, because below it are the shoulders; by default 54 of 64. The height of the
        picture, or more, lets all rows count.

    Returns
    -------
    bool array of shape (height, width)
        True in the background.

    Raises
    ------
    ValueError, TypeError
        If a measure is no finite number, or a radius is not above 0.

    Examples
    --------
    >>> picture = np.full((64, 64, 3), 0.5)
    >>> picture[xai.outside_ellipse(picture.shape)] = np.array((205, 5, 150)) / 255
    >>> picture[0, 0].round(2), picture[32, 32]
    (array([0.8 , 0.02, 0.59]), array([0.5, 0.5, 0.5]))
    """
    return Ellipse.of(shape, center, radii, above).outside(shape)


def _plane(shape: Any) -> tuple[int, int]:
    plane = tuple(shape[:2]) if isinstance(shape, tuple | list) else ()
    if len(plane) != 2 or not all(isinstance(side, int | np.integer) and side > 0 for side in plane):
        raise InputError(f"The shape is {shape!r}; expected (height, width), for instance picture.shape.")
    return int(plane[0]), int(plane[1])


def _pair(name: str, value: Any, default: tuple[float, float]) -> tuple[float, float]:
    if value is None:
        return default
    if not isinstance(value, tuple | list | np.ndarray) or getattr(value, "ndim", 1) == 0 or len(value) != 2:
        raise InputTypeError(f"{name} is {shown(value)}; expected two numbers, (x, y) in pixels.")
    return _number(name, value[0]), _number(name, value[1])


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputTypeError(f"{name} is or holds {shown(value)}; expected a number of pixels.")
    if not is_finite(value):
        raise InputError(f"{name} is or holds {shown(value)}; expected a finite number of pixels.")
    return float(value)
