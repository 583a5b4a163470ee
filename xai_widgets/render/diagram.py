"""Small drawings of how a number arises: a curve and its area, dots and their mean, small pictures, bars that sum.

The parts are plain data; a widget's front end draws the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.render.canvas import ACCENT, INK, LINE, MUTED, WARNING, Canvas, shortened, text_width, wrapped
from xai_widgets.render.figure import MARGIN, ROW, short_number

Array = NDArray[Any]

WIDTH = 460.0
CURVE_HEIGHT = 120.0
DOTS_HEIGHT = 34.0
SIDE = 84.0
ACROSS = 3
"""So many small pictures stand beside each other, as on the screen."""
AREA = (203, 222, 250)


@dataclass(frozen=True, eq=False)
class Curve:
    """A function whose area counts.

    Attributes
    ----------
    x, y : array of shape (n,)
        Where it is known, ascending, and its values.
    label : str
        What it is.
    ends : (str, str)
        What lies at 0 and at 1.
    """

    x: Array
    y: Array
    label: str
    ends: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Dots:
    """Rows of numbers on one scale, each with its mean.

    Attributes
    ----------
    rows : sequence of (str, array)
        What each row is, and its numbers.
    label : str
        What the numbers are.
    weights : sequence of array
        How much each number counts in the mean of its row; none where all count alike.
    """

    rows: Sequence[tuple[str, Array]]
    label: str
    weights: Sequence[Array] = ()

    @property
    def means(self) -> list[float]:
        """The mean of each row."""
        weights: Sequence[Array | None] = self.weights or [None] * len(self.rows)
        return [_mean(values, given) for (_, values), given in zip(self.rows, weights, strict=True)]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Small pictures, each with a number.

    Attributes
    ----------
    pixels : uint8 array of shape (n, h, w, 3)
    values : sequence of float
    label : str
        What the numbers are.
    """

    pixels: Array
    values: Sequence[float]
    label: str


@dataclass(frozen=True, eq=False)
class Bars:
    """Numbers that sum to something.

    Attributes
    ----------
    rows : sequence of (str, float)
    label : str
        What they are.
    """

    rows: Sequence[tuple[str, float]]
    label: str = ""


Part = Curve | Dots | Pictures | Bars


def _mean(values: Array, weights: Array | None) -> float:
    if weights is None or not np.any(weights):
        return float(np.mean(values)) if len(values) else 0.0
    return float(np.average(values, weights=weights))


def diagram_png(title: str, sentence: str, parts: Sequence[Part]) -> bytes:
    """Return a PNG file with a title, a sentence, and the parts below each other.

    Parameters
    ----------
    title, sentence : str
    parts : sequence of Part
    """
    room = WIDTH - 2 * MARGIN
    titles, lines = wrapped(title, room, 16), wrapped(sentence, room, 13)
    height = MARGIN + 22 * len(titles) + ROW * len(lines) + sum(_height(part) for part in parts) + 4
    canvas = Canvas(WIDTH, height)
    y = MARGIN
    for text in titles:
        canvas.text(MARGIN, y + 13, text, 16)
        y += 22
    for text in lines:
        canvas.text(MARGIN, y + 12, text, 13, MUTED)
        y += ROW
    for part in parts:
        _draw(canvas, part, y + 8, room)
        y += _height(part)
    return canvas.png()


def _height(part: Part) -> float:
    match part:
        case Curve():
            return CURVE_HEIGHT + 44
        case Dots(rows=rows):
            return DOTS_HEIGHT * len(rows) + 44
        case Pictures(pixels=pixels):
            return 30 + (18 + SIDE * float(pixels.shape[1] / max(pixels.shape[1:3]))) * -(-len(pixels) // ACROSS)
        case Bars(rows=rows):
            return ROW * (len(rows) + bool(part.label)) + 16


def _draw(canvas: Canvas, part: Part, y: float, room: float) -> None:
    match part:
        case Curve():
            _draw_curve(canvas, part, y, room)
        case Dots():
            _draw_dots(canvas, part, y, room)
        case Pictures():
            _draw_pictures(canvas, part, y)
        case Bars():
            _draw_bars(canvas, part, y, room)


@dataclass(frozen=True)
class Scale:
    """From numbers to points of the sheet, zero among them."""

    low: float
    high: float
    start: float
    stop: float

    @classmethod
    def of(cls, values: Array, start: float, stop: float) -> Scale:
        low, high = float(values.min(initial=0)), float(values.max(initial=0))
        return cls(low, high if high > low else low + 1, start, stop)

    def at(self, value: float) -> float:
        """Return where a number lies."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def _draw_curve(canvas: Canvas, part: Curve, y: float, room: float) -> None:
    canvas.text(MARGIN, y + 11, part.label, 11, MUTED)
    top, bottom = y + 18, y + 18 + CURVE_HEIGHT
    scale = Scale.of(part.y, bottom, top)
    points = [(MARGIN + float(x) * room, scale.at(float(one))) for x, one in zip(part.x, part.y, strict=True)]
    zero = scale.at(0)
    canvas.area([(points[0][0], zero), *points, (points[-1][0], zero)], AREA)
    canvas.line(MARGIN, zero, MARGIN + room)
    canvas.path(points, ACCENT)
    canvas.text(MARGIN, bottom + 14, part.ends[0], 11, MUTED)
    canvas.text(MARGIN + room, bottom + 14, part.ends[1], 11, MUTED, anchor="rs")
    # Above, where no end of the axis stands.
    spans = f"{short_number(scale.low)} to {short_number(scale.high)}"
    canvas.text(MARGIN + room, y + 11, spans, 11, MUTED, anchor="rs")


def _draw_dots(canvas: Canvas, part: Dots, y: float, room: float) -> None:
    canvas.text(MARGIN, y + 11, part.label, 11, MUTED)
    names = max((text_width(name, 11) for name, _ in part.rows), default=0) + 8
    every = np.concatenate([np.ravel(values) for _, values in part.rows])
    scale = Scale.of(every, MARGIN + names + 4, MARGIN + room - 4)
    bottom = y + 18 + DOTS_HEIGHT * len(part.rows)
    for place, ((name, values), mean) in enumerate(zip(part.rows, part.means, strict=True)):
        middle = y + 18 + DOTS_HEIGHT * (place + 0.5)
        canvas.text(MARGIN, middle + 4, name, 11)
        canvas.line(scale.start, middle, scale.stop)
        # Beside each other, in the order of the draws: what lies on top of each other could not be counted.
        for number, value in enumerate(np.ravel(values)):
            canvas.dot(scale.at(float(value)), middle + 9 * ((number * 0.618) % 1 - 0.5), 2, ACCENT)
        canvas.path([(scale.at(mean), middle - 14), (scale.at(mean), middle + 14)], WARNING)
    canvas.path([(scale.at(0), y + 18), (scale.at(0), bottom)], LINE)
    canvas.text(scale.at(0), bottom + 12, "0", 11, MUTED, anchor="ms")
    for value in {scale.low, scale.high} - {0.0}:
        canvas.text(scale.at(value), bottom + 12, short_number(value), 11, MUTED, anchor="rs" if value > 0 else "ls")


def _draw_pictures(canvas: Canvas, part: Pictures, y: float) -> None:
    canvas.text(MARGIN, y + 11, part.label, 11, MUTED)
    height, width = part.pixels.shape[1:3]
    size = (SIDE * width / max(height, width), SIDE * height / max(height, width))
    for place, (pixels, value) in enumerate(zip(part.pixels, part.values, strict=True)):
        row, column = divmod(place, ACROSS)
        x, top = MARGIN + column * (SIDE + 8), y + 18 + row * (size[1] + 18)
        canvas.picture(x, top, *size, pixels)
        canvas.frame(x, top, *size)
        canvas.text(x, top + size[1] + 13, short_number(value), 11)


def _draw_bars(canvas: Canvas, part: Bars, y: float, room: float) -> None:
    if part.label:
        canvas.text(MARGIN, y + 11, part.label, 11, MUTED)
        y += ROW
    values = np.array([value for _, value in part.rows] or [0.0])
    scale = Scale.of(values, MARGIN + 0.5 * room, MARGIN + room)
    for name, value in part.rows:
        words = short_number(value)
        canvas.text(MARGIN, y + 11, shortened(name, 0.5 * room - text_width(words) - 20), 13)
        canvas.text(MARGIN + 0.5 * room - 8, y + 11, words, 13, MUTED, anchor="rs")
        left, right = sorted((scale.at(0), scale.at(value)))
        if right - left >= 1:
            color = ACCENT if value > 0 else WARNING
            canvas.picture(left, y + 1, right - left, 10, np.full((1, 1, 3), color, np.uint8))
        y += ROW
    canvas.path([(scale.at(0), y - ROW * len(part.rows)), (scale.at(0), y - 4)], INK)
