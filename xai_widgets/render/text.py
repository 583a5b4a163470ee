"""Words on coloured ground, as a picture for where no browser is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.models.inputs.reading import Passage as Cut
from xai_widgets.render.canvas import ACCENT, INK, MUTED, QUIET, WARNING, Canvas, shortened, text_width, wrapped
from xai_widgets.render.colormap import colormap
from xai_widgets.render.display import Display
from xai_widgets.render.figure import MARGIN, ROW, short_number

WIDTH = 640.0
SIZE = 15.0
PADDING = 2.0
LINE_HEIGHT = 30.0
LIGHT, DARK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, eq=False)
class Passage:
    """What one model makes of a text.

    Attributes
    ----------
    name : str
        The model's name; may be empty.
    text : Passage
        What it reads, cut into what is coloured and what lies between.
    values : array of shape (units,) or None while there are none
    beside : float
        The value of what stands around the text.
    classes : sequence of (name, value, marked)
        The top classes; marked ones are those that are explained.
    message : str
        What went wrong, in place of values.
    ends : (str, str)
        What the lower and the upper end of the colour scale mean.
    """

    name: str = ""
    text: Cut = Cut((), "", "", (), "")
    values: np.ndarray | None = None
    beside: float = 0.0
    classes: Sequence[tuple[str, float, bool]] = ()
    message: str = ""
    ends: tuple[str, str] = ("against", "for")

    @classmethod
    def of(cls, text: Cut, plane: np.ndarray, **rest: Any) -> Passage:
        """Return a passage with the values of its tokens, (tokens,)."""
        return cls(text=text, values=text.values(plane), beside=text.value_beside(plane), **rest)

    @property
    def note(self) -> str:
        """What is said of what stands around the text, and of what is not read."""
        notes = []
        if self.values is not None and (self.text.label or self.beside):
            notes.append(f"{self.text.label or 'padding'}: {short_number(self.beside)}")
        if self.text.unread:
            notes.append("what is struck through is not read")
        return "; ".join(notes)


class Piece(NamedTuple):
    """A stretch of a line."""

    x: float
    y: float
    width: float
    text: str
    unit: int
    """The number of the unit that it belongs to; `BETWEEN` and `UNREAD` of what is not coloured."""


BETWEEN, UNREAD = -1, -2


def ink_on(color: Sequence[float]) -> tuple[int, int, int]:
    """Return black or white, whichever is told apart better from a colour (WCAG's relative luminance)."""
    share = np.asarray(color, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return DARK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else LIGHT


def text_png(title: str, passages: Sequence[Passage], display: Display, readout: str = "") -> bytes:
    """Return a PNG file of a `text_figure`."""
    return text_figure(title, passages, display, readout).png()


def text_figure(title: str, passages: Sequence[Passage], display: Display, readout: str = "") -> Canvas:
    """Return a sheet with a title, and for each model the text in the colours of its values and its top classes."""
    width = WIDTH - 2 * MARGIN
    titles = wrapped(title, width, 16, lines=3)
    placed = [_places(passage.text, width) for passage in passages]
    heights = [_height(passage, places, width) for passage, places in zip(passages, placed, strict=True)]
    top = MARGIN + 22 * len(titles) + 6
    canvas = Canvas(WIDTH, top + sum(heights) + (24 if readout else 0) + 6)
    for line, text in enumerate(titles):
        canvas.text(MARGIN, MARGIN + 13 + 22 * line, text, 16)
    for passage, places, height in zip(passages, placed, heights, strict=True):
        _draw(canvas, top, passage, places, display.fitting(passage.ends))
        top += height
    if readout:
        canvas.line(MARGIN, top, WIDTH - MARGIN)
        canvas.text(MARGIN, top + 19, shortened(readout, width), 13, MUTED)
    return canvas


def _places(text: Cut, width: float) -> list[Piece]:
    """Return the pieces of a text as it was written, wrapped to `width`."""
    parts = [part for number, unit in enumerate(text.units) for part in ((unit.before, BETWEEN), (unit.text, number))]
    pieces, x, y = list[Piece](), 0.0, 0.0
    for written, unit in (*parts, (text.after, BETWEEN), (text.unread, UNREAD)):
        for one in re.findall(r"\n|[^\S\n]+|\S+" if unit < 0 else r"\n|[^\n]+", written):
            if one == "\n":
                x, y = 0.0, y + LINE_HEIGHT
                continue
            for part in _parts(one, width):
                size = text_width(part, SIZE) + (2 * PADDING if unit >= 0 else 0)
                if x and x + size > width:
                    x, y = 0.0, y + LINE_HEIGHT
                if x or part.strip():  # No line begins with spaces.
                    pieces.append(Piece(x, y, size, part, unit))
                    x += size
    return pieces


def _parts(word: str, width: float) -> Iterator[str]:
    """Yield a word in parts that fit into a line."""
    while text_width(word, SIZE) + 2 * PADDING > width and len(word) > 1:
        most = max(1, int(len(word) * (width - 2 * PADDING) / text_width(word, SIZE)))
        yield word[:most]
        word = word[most:]
    yield word


def _height(passage: Passage, places: Sequence[Piece], width: float) -> float:
    lines = places[-1].y + LINE_HEIGHT if places else 0.0
    messages = len(wrapped(passage.message, width, 13))
    return 22 * bool(passage.name) + 18 * bool(passage.note) + lines + 34 + ROW * (messages + len(passage.classes)) + 12


def _draw(canvas: Canvas, y: float, passage: Passage, places: Sequence[Piece], display: Display) -> None:
    width = canvas.width - 2 * MARGIN
    if passage.name:
        canvas.text(MARGIN, y + 14, shortened(passage.name, width, 14), 14)
        y += 22
    values = np.zeros(len(passage.text.units)) if passage.values is None else np.asarray(passage.values, float)
    limit, signed = float(np.abs(values).max(initial=0)), display.sign == "both"
    shares = (np.abs(values) if display.sign == "absolute" else values) / (limit or 1)
    colors = colormap(display.colormap).colors(np.clip(shares, -1 if signed else 0, 1), signed)
    for piece in places:
        if piece.unit >= 0:
            pixel = np.round(colors[piece.unit]).astype(np.uint8)[None, None]
            canvas.picture(MARGIN + piece.x, y + piece.y, piece.width, LINE_HEIGHT - 5, pixel)
            ink, inside = ink_on(pixel[0, 0]), PADDING
        else:
            ink, inside = (QUIET if piece.unit == UNREAD else INK), 0.0
        canvas.text(MARGIN + piece.x + inside, y + piece.y + 17, piece.text, SIZE, ink)
        if piece.unit == UNREAD:
            canvas.line(MARGIN + piece.x, y + piece.y + 12, MARGIN + piece.x + piece.width)
    y += (places[-1].y + LINE_HEIGHT if places else 0.0) + 2
    if passage.note:
        canvas.text(MARGIN, y + 10, shortened(passage.note, width, 12), 12, MUTED)
        y += 18
    if passage.values is not None:
        lower, upper = passage.ends
        scale = colormap(display.colormap).colors(np.linspace(-1 if signed else 0, 1, 256), signed)
        canvas.picture(MARGIN, y, width, 7, np.round(scale)[None].astype(np.uint8))
        number = short_number(limit)
        canvas.text(MARGIN, y + 21, f"{lower} -{number}" if signed else "0", 11, MUTED)
        high = f"{'size' if display.sign == 'absolute' else upper} {number}"
        canvas.text(MARGIN + width, y + 21, high, 11, MUTED, anchor="rs")
    y += 32
    for message in wrapped(passage.message, width, 13):
        canvas.text(MARGIN, y + 14, message, 13, WARNING)
        y += ROW
    span = max(1.0, *(abs(value) for _, value, _ in passage.classes)) if passage.classes else 1.0
    for name, value, marked in passage.classes:
        canvas.text(MARGIN, y + 11, shortened(name, 150), 13, INK if marked else MUTED)
        canvas.bar(MARGIN + 160, y + 3, width - 210, abs(value) / span, ACCENT if marked else QUIET)
        canvas.text(MARGIN + width, y + 11, f"{value:.2f}", 13, INK if marked else MUTED, anchor="rs")
        y += ROW
