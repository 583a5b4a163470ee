"""Lines over a share, drawn without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.render.canvas import INK, LINE, MUTED, QUIET, Canvas
from xai_widgets.render.figure import short_number

Array = NDArray[Any]

COLORS = ((9, 88, 214), (194, 68, 0), (10, 125, 87), (142, 60, 168), (122, 92, 0))
"""Of lines, in their order."""

GREYS = {"random": (168, 175, 184), "blob": QUIET, "mask": INK}
"""Of maps that are compared with: the true mask stands out."""

DASH = 7.0
"""Points of a piece of a dashed line, and of what lies between two."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a plot.

    Attributes
    ----------
    x, y : array of shape (n,)
        In rising order of `x`, from 0 to 1.
    color : (int, int, int)
    dashed : bool
    """

    x: Array
    y: Array
    color: tuple[int, ...]
    dashed: bool = False


def colors_of(controls: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the colours of lines: one each, and for controls, which have a name, a grey."""
    return [GREYS.get(control, COLORS[place % len(COLORS)]) for place, control in enumerate(controls)]


def draw_plot(
    canvas: Canvas,
    box: tuple[float, float, float, float],
    lines: Sequence[Line],
    ends: tuple[str, str],
    label: str,
    at: float | None = None,
) -> None:
    """Draw lines into a box (left, top, width, height), with what lies at 0 and at 1 below, and where somebody looks.

    Parameters
    ----------
    canvas : Canvas
    box : (float, float, float, float)
    lines : sequence of Line
    ends : (str, str)
    label : str
        What the lines are of.
    at : float, optional
        The share where somebody looks.
    """
    left, top, width, height = box
    known = np.concatenate([line.y for line in lines] or [np.zeros(0)])
    low, high = min(0.0, float(known.min(initial=0.0))), max(1e-9, float(known.max(initial=0.0)))
    if 0.5 < high <= 1:
        high = 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x * width, top + height * (high - y) / (high - low)

    for value in (low, high):
        _, y = place(0, value)
        canvas.line(left, y, left + width)
        canvas.text(left - 6, y + 4, short_number(value), 11, MUTED, anchor="rs")
    canvas.text(left, top - 6, label, 11, MUTED)
    if at is not None:
        canvas.path([(left + at * width, top), (left + at * width, top + height)], LINE, 2)
    for line in lines:
        points = [place(float(x), float(y)) for x, y in zip(line.x, line.y, strict=True)]
        for piece in _dashes(points) if line.dashed else [points]:
            if len(piece) > 1:
                canvas.path(piece, line.color, 1.2 if line.dashed else 2.2)
        if at is not None and not line.dashed and len(line.x):
            nearest = int(np.abs(line.x - at).argmin())
            canvas.dot(*points[nearest], 4, line.color)
    canvas.text(left, top + height + 15, ends[0], 11, INK)
    canvas.text(left + width, top + height + 15, ends[1], 11, INK, anchor="rs")


def _dashes(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the pieces of a dashed line."""
    if len(points) < 2:
        return []
    along = np.array(points)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(along, axis=0).T))])
    starts = np.arange(0, run[-1], 2 * DASH)
    found = []
    for start in starts:
        stops = np.array([start, *run[(run > start) & (run < start + DASH)], min(start + DASH, run[-1])])
        found.append([(float(np.interp(s, run, along[:, 0])), float(np.interp(s, run, along[:, 1]))) for s in stops])
    return found
