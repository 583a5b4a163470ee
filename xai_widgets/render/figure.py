"""Pictures of results for where no browser is: a notebook on a web page, a test, a printed page."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai_widgets.render.canvas import ACCENT, INK, MUTED, QUIET, SCALE, WARNING, Canvas, shortened, text_width, wrapped
from xai_widgets.render.colormap import colormap
from xai_widgets.render.curve import curve_pixels
from xai_widgets.render.display import Display
from xai_widgets.render.overlay import Drawing, draw, laid, limit_of, scale

Array = NDArray[Any]

MARGIN = 20.0
GAP = 24.0
SIDE = 300.0
NARROW_SIDE = 208.0
CURVE_SIDE = 560.0
"""How wide signals are, which have no height of their own."""
ROW = 19.0
SPACE = 18.0
SHOWN_COLUMNS = 12
"""Of a table those with the largest values are drawn."""
LEAST_NOTE = 60.0
"""So much is left for the note beside a long name."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One model's part of a figure.

    Attributes
    ----------
    name : str
        The model's name; may be empty.
    note : str
        Stands at the right of the name.
    picture : uint8 array of shape (H, W, 3) or None
    map : array of shape (h, w) or (n,), or None while there is none
    classes : sequence of (name, value, marked)
        The top classes; marked ones are those that are explained.
    shares : bool
        Whether their values are probabilities, which are said in percent.
    message : str
        What went wrong, in place of a map.
    ends : (str, str)
        What the lower and the upper end of the colour scale mean.
    columns : sequence of (name, value)
        What the values of a map (n,) belong to, where these are the columns of a table: it is drawn as bars then.
    segment : bool array of shape (h, w), optional
        What lies over the picture as an outline.
    marks : sequence of bool arrays of shape (h, w)
        The same of what somebody marked on it.
    curve : array of shape (steps, channels), optional
        The signal that a map (n,) lies along.
    unit : str
        What its values measure: where the display says so, the maps of one unit are on one colour scale.
    """

    name: str = ""
    note: str = ""
    picture: Array | None = None
    map: Array | None = None
    classes: Sequence[tuple[str, float, bool]] = ()
    shares: bool = False
    message: str = ""
    ends: tuple[str, str] = ("against", "for")
    columns: Sequence[tuple[str, float | str]] = ()
    segment: Array | None = None
    marks: Sequence[Array] = ()
    curve: Array | None = None
    unit: str = ""

    def limit(self, display: Display) -> float | None:
        """Return where the colour scale of its map ends; None while there is none."""
        return None if self.map is None else limit_of(laid(self.map, self.picture, display), self.shown(display))

    def shown(self, display: Display) -> Display:
        """Return how it is drawn: bars are read one by one, and none of a table's few columns hides the rest."""
        return replace(display, clip=100.0) if self.columns else display


Words = Sequence[tuple[str, bool]]
"""Pieces of a line of text, each with whether it is strong."""


def figure_png(*args: Any, **kwargs: Any) -> bytes:
    """Return a PNG file of a `figure`."""
    return figure(*args, **kwargs).png()


def figure(
    title: str,
    panels: Sequence[Panel],
    display: Display,
    readout: Sequence[Words] = (),
    across: int | None = None,
) -> Canvas:
    """Return a sheet with a title, a column per model, and a line of figures below.

    Parameters
    ----------
    title : str
    panels : sequence of Panel
    display : Display
    readout : sequence of words
        The bottom line; it is broken between two of these where it is too long.
    across : int, optional
        How many columns stand beside each other before the next row begins; by default all.
    """
    across = max(1, min(across or len(panels), len(panels)))
    beside = display.layout == "beside"
    side = SIDE if len(panels) * (2 if beside else 1) <= 2 else NARROW_SIDE
    columns = [
        _Column(panel, display, side, limit) for panel, limit in zip(panels, _limits(panels, display), strict=True)
    ]
    rows = [columns[start : start + across] for start in range(0, len(columns), across)]
    width = 2 * MARGIN + max(sum(column.width for column in row) + GAP * (len(row) - 1) for row in rows)
    titles = wrapped(title, width - 2 * MARGIN, 16, lines=3)
    top = MARGIN + 22 * len(titles)
    lines = _lines(readout, width - 2 * MARGIN)
    bottom = top + sum(max(column.height for column in row) for row in rows)
    height = bottom + (16 + 20 * len(lines) if lines else MARGIN - 6)
    canvas = Canvas(width, height)
    for line, text in enumerate(titles):
        canvas.text(MARGIN, MARGIN + 13 + 22 * line, text, 16)
    y = top
    for row in rows:
        x = MARGIN
        for column in row:
            column.draw(canvas, x, y)
            x += column.width + GAP
        y += max(column.height for column in row)
    if lines:
        canvas.line(MARGIN, bottom + 2, width - MARGIN)
    for line, groups in enumerate(lines):
        _draw_readout(canvas, bottom + 23 + 20 * line, groups)
    return canvas


def _limits(panels: Sequence[Panel], display: Display) -> list[float | None]:
    """Return where the colour scales of panels end: for those of one unit at the same value, or each at its own."""
    own = [panel.limit(display) for panel in panels]
    if display.scale == "own":
        return own
    largest: dict[str, float] = {}
    for panel, limit in zip(panels, own, strict=True):
        largest[panel.unit] = max(largest.get(panel.unit, 0.0), limit or 0.0)
    return [largest[panel.unit] for panel in panels]


def captioned(png: bytes, readout: Sequence[Words]) -> bytes:
    """Return a PNG file with a line of figures below the picture of another one."""
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[0] / SCALE, pixels.shape[1] / SCALE
    lines = _lines(readout, width - 2 * MARGIN)
    canvas = Canvas(width, height + 16 + 20 * len(lines))
    canvas.picture(0, 0, width, height, pixels)
    canvas.line(MARGIN, height + 2, width - MARGIN)
    for line, groups in enumerate(lines):
        _draw_readout(canvas, height + 23 + 20 * line, groups)
    return canvas.png()


class _Column:
    """Where the parts of one panel go."""

    def __init__(self, panel: Panel, display: Display, side: float, limit: float | None) -> None:
        shown = panel.shown(display)
        self.panel, self.display, self.side = panel, shown.fitting(panel.ends), side
        self.drawing: Drawing | None = None
        if panel.map is not None:
            self.drawing = draw(panel.map, panel.picture, self.display, limit)
        self.tiles: list[tuple[Array, bool]] = []
        """Pixels, and whether they are cells of a grid."""
        overlaid = self.drawing is not None and panel.picture is not None and display.layout == "blended"
        if panel.picture is not None and not overlaid:
            self.tiles.append((panel.picture, False))
        if self.drawing is not None and panel.curve is not None:
            self.side = CURVE_SIDE
            self.tiles.append((curve_pixels(panel.curve, self.drawing.t, self.display), False))
        elif self.drawing is not None:
            self.tiles.append((self.drawing.pixels, self.drawing.t.ndim == 1))
        if panel.marks:  # As thin as the screen draws them, however few pixels there are.
            self.tiles = [(_magnified(pixels, self.side), cells) for pixels, cells in self.tiles]
        for segment in [*panel.marks, *([] if panel.segment is None else [panel.segment])]:
            self.tiles = [(pixels if cells else outlined(pixels, segment), cells) for pixels, cells in self.tiles]
        self.bars = self._bars()
        if self.bars:
            self.tiles = []
        else:
            self.tiles = self.tiles or [(np.full((2, 2, 3), 246, np.uint8), False)]
        self.sizes = [self._fit(pixels) for pixels, _ in self.tiles]
        self.tile_height = max((height for _, height in self.sizes), default=ROW * len(self.bars))
        self.width = max(self.side, sum(width for width, _ in self.sizes) + 12 * (len(self.sizes) - 1))
        self.head = 26.0 if panel.name or panel.note else 4.0
        self.messages = wrapped(panel.message, self.width, 13)
        legend = 40.0 if self.drawing is not None else 8.0
        rows = len(panel.classes) + len(self.messages)
        self.height = self.head + self.tile_height + legend + ROW * rows + (10 if rows else 0)

    def _bars(self) -> list[tuple[str, float | str, float]]:
        """Return name, value and length, from -1 to 1, of the columns of a table that count most, in their order."""
        if self.drawing is None or not self.panel.columns or self.drawing.t.ndim != 1:
            return []
        t = self.drawing.t
        largest = sorted(np.argsort(-np.abs(t), kind="stable")[:SHOWN_COLUMNS].tolist())
        return [(*self.panel.columns[place], float(t[place])) for place in largest]

    def _draw_bars(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw the bars of a table from the middle, or where the scale has one side from the left."""
        signed = self.display.sign == "both"
        ends = colormap(self.display.colormap).colors(np.array([-1.0 if signed else 0.0, 1.0]), signed)
        lower, upper = (tuple(int(shade) for shade in color) for color in ends)
        left, width = x + 0.5 * self.width, 0.5 * self.width
        zero = left + (width / 2 if signed else 0)
        for name, value, t in self.bars:
            words = value if isinstance(value, str) else short_number(value)
            canvas.text(x, y + 11, shortened(name, 0.5 * self.width - text_width(words) - 16), 13)
            canvas.text(left - 8, y + 11, words, 13, MUTED, anchor="rs")
            length = abs(t) * (width / 2 if signed else width)
            if length >= 1:
                color = upper if t > 0 else lower
                pixels = np.full((1, 1, 3), color, np.uint8)
                canvas.picture(zero if t > 0 else zero - length, y + 1, length, 10, pixels)
            y += ROW

    def _fit(self, pixels: Array) -> tuple[float, float]:
        """Return the width and height that fill the side, never absurdly thin."""
        height, width = pixels.shape[:2]
        factor = self.side / max(height, width)
        return max(width * factor, 24.0), max(height * factor, 24.0)

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        panel = self.panel
        if panel.name or panel.note:
            note_width = text_width(panel.note, 13)
            # The note gives way: of two models nothing but the name tells which is which.
            name = shortened(panel.name, self.width - 12 - min(note_width, LEAST_NOTE), 14)
            left = self.width - 12 - text_width(name, 14)
            canvas.text(x, y + 16, name, 14)
            canvas.text(x + self.width, y + 16, shortened(panel.note, left), 13, MUTED, anchor="rs")
        y += self.head
        left = x
        for (pixels, cells), (width, height) in zip(self.tiles, self.sizes, strict=True):
            canvas.picture(left, y, width, height, _with_seams(pixels) if cells else pixels)
            if not cells:
                canvas.frame(left, y, width, height)
            left += width + 12
        self._draw_bars(canvas, x, y)
        y += self.tile_height
        if self.drawing is not None:
            self._draw_legend(canvas, x, y + 10, self.drawing.limit)
            y += 40
        else:
            y += 8
        for message in self.messages:
            canvas.text(x, y + 14, message, 13, WARNING)
            y += ROW
        self._draw_classes(canvas, x, y)

    def _draw_legend(self, canvas: Canvas, x: float, y: float, limit: float) -> None:
        signed = self.display.sign == "both"
        under = self.panel.picture if self.drawing is not None and self.drawing.t.ndim == 2 else None
        colors = scale(self.display, under)
        # High enough that the lines of a scale over a picture do not run into one another.
        canvas.picture(x, y, self.width, 7, np.round(colors).astype(np.uint8).repeat(16, axis=0))
        lower, upper = self.panel.ends
        size = short_number(limit)
        low = f"{lower} -{size}" if signed else "0"
        high = f"{'size' if self.display.sign == 'absolute' else upper} {size}"
        longest = max(text_width(low, 11), text_width(high, 11))
        points = 11 if 2 * longest + 24 <= self.width else 9
        canvas.text(x, y + 21, low, points, MUTED)
        if signed and points == 11:  # where the words need all the room, the middle goes without its zero
            canvas.text(x + self.width / 2, y + 21, "0", 11, MUTED, anchor="ms")
        canvas.text(x + self.width, y + 21, high, points, MUTED, anchor="rs")

    def _draw_classes(self, canvas: Canvas, x: float, y: float) -> None:
        if not self.panel.classes:
            return
        y += 4
        label = min(0.45 * self.width, max(text_width(name) for name, _, _ in self.panel.classes)) + 2
        words = chance if self.panel.shares else "{:.2f}".format
        figures = max(text_width(words(value)) for _, value, _ in self.panel.classes)
        start = x + label + 10
        track = self.width - label - figures - 22
        span = max(1.0, *(abs(value) for _, value, _ in self.panel.classes))
        for name, value, marked in self.panel.classes:
            canvas.text(x, y + 11, shortened(name, label), 13, INK if marked else MUTED)
            canvas.bar(start, y + 3, track, abs(value) / span, ACCENT if marked else QUIET)
            canvas.text(x + self.width, y + 11, words(value), 13, INK if marked else MUTED, anchor="rs")
            y += ROW


def _lines(groups: Sequence[Words], width: float) -> list[list[Words]]:
    """Break the groups into lines no wider than `width`."""
    lines: list[list[Words]] = []
    room = 0.0
    for group in groups:
        needed = sum(text_width(text) for text, _ in group)
        if not lines or needed > room:
            lines.append([])
            room = width
        lines[-1].append(group)
        room -= needed + SPACE
    return lines


def _draw_readout(canvas: Canvas, y: float, groups: Sequence[Words]) -> None:
    x = MARGIN
    for group in groups:
        for text, strong in group:
            x += canvas.text(x, y, shortened(text, canvas.width - MARGIN - x), 13, INK if strong else MUTED)
        x += SPACE


def outlined(pixels: Array, segment: Array) -> Array:
    """Return pixels (H, W, 3 or 4) with the outline of a segment (h, w): white within it, black around it."""
    rows, columns = (np.arange(size) * segment.shape[axis] // size for axis, size in enumerate(pixels.shape[:2]))
    inside = np.pad(segment[np.ix_(rows, columns)], 1, mode="edge")
    beside = np.stack([inside[:-2, 1:-1], inside[2:, 1:-1], inside[1:-1, :-2], inside[1:-1, 2:]])
    own, drawn = inside[1:-1, 1:-1], pixels.copy()
    drawn[own & ~beside.all(axis=0), :3] = 255
    drawn[~own & beside.any(axis=0), :3] = 0
    return drawn


def _magnified(pixels: Array, side: float) -> Array:
    """Return pixels in whole squares, so that the longer side has about `side` of them, or as they are."""
    times = max(1, int(side) // max(pixels.shape[:2]))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def _with_seams(pixels: Array, cell: int = 16) -> Array:
    """Return the cells of a grid enlarged, with white seams between them."""
    cell = max(2, min(cell, 1024 // max(pixels.shape[:2])))
    large = pixels.repeat(cell, axis=0).repeat(cell, axis=1)
    if cell >= 8:
        large[::cell] = large[:, ::cell] = (255, 255, 255, 0)
        large = large[1:, 1:]
    return large


def chance(probability: float) -> str:
    """Return a probability as one says it: "93 %", "0.4 %"; what is not quite all is not called all."""
    value = 100 * probability
    if 0 < value < 0.1:
        return "< 0.1 %"
    if 99 < value < 99.95:
        return "> 99 %"
    return f"{value:.1f} %".replace(".0 %", " %") if value < 10 else f"{value:.0f} %"


def short_number(value: float) -> str:
    """Return a number with two significant digits: 0.021, 3.1, 1.2e-06."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e5:
        digits = max(0, 1 - math.floor(math.log10(abs(value))))
        return f"{value:.{digits}f}"
    return f"{value:.1e}"
