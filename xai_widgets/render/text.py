"""Words on coloured ground, as a picture for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_widgets.render.canvas import ACCENT, INK, MUTED, QUIET, WARNING, Canvas, shortened, text_width, wrapped
from xai_widgets.render.colormap import colormap
from xai_widgets.render.display import Display
from xai_widgets.render.figure import MARGIN, ROW, short_number

WIDTH = 640.0
SIZE = 15.0
PADDING = 5.0
LINE_HEIGHT = 30.0
LIGHT = (255, 255, 255)


@dataclass(frozen=True, eq=False)
class Passage:
    """What one model makes of a text.

    Attributes
    ----------
    name : str
        The model's name; may be empty.
    words : sequence of str
    values : array of shape (words,) or None while there are none
    classes : sequence of (name, value, marked)
        The top classes; marked ones are those that are explained.
    message : str
        What went wrong, in place of values.
    ends : (str, str)
        What the lower and the upper end of the colour scale mean.
    """

    name: str = ""
    words: Sequence[str] = ()
    values: np.ndarray | None = None
    classes: Sequence[tuple[str, float, bool]] = ()
    message: str = ""
    ends: tuple[str, str] = ("against", "for")


def ink_on(color: Sequence[float]) -> tuple[int, int, int]:
    """Return black or white, whichever is told apart better from a colour (WCAG's relative luminance)."""
    share = np.asarray(color, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return INK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else LIGHT


def text_png(title: str, passages: Sequence[Passage], display: Display, readout: str = "") -> bytes:
    """Return a PNG file with a title, and for each model the text in the colours of its values and its top classes."""
    width = WIDTH - 2 * MARGIN
    titles = wrapped(title, width, 16, lines=3)
    placed = [_places(passage.words, width) for passage in passages]
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
    return canvas.png()


def _places(words: Sequence[str], width: float) -> list[tuple[float, float, float]]:
    """Return the left side, the line's top and the width of each word, wrapped to `width`."""
    places, x, y = [], 0.0, 0.0
    for word in words:
        size = min(text_width(word, SIZE) + 2 * PADDING, width)
        if x and x + size > width:
            x, y = 0.0, y + LINE_HEIGHT
        places.append((x, y, size))
        x += size + 3
    return places


def _height(passage: Passage, places: Sequence[tuple[float, float, float]], width: float) -> float:
    lines = places[-1][1] + LINE_HEIGHT if places else 0.0
    messages = len(wrapped(passage.message, width, 13))
    return 22 * bool(passage.name) + lines + 34 + ROW * (messages + len(passage.classes)) + 12


def _draw(
    canvas: Canvas, y: float, passage: Passage, places: Sequence[tuple[float, float, float]], display: Display
) -> None:
    width = canvas.width - 2 * MARGIN
    if passage.name:
        canvas.text(MARGIN, y + 14, shortened(passage.name, width, 14), 14)
        y += 22
    values = np.zeros(len(passage.words)) if passage.values is None else np.asarray(passage.values, float)
    limit, signed = float(np.abs(values).max(initial=0)), display.sign == "both"
    shares = (np.abs(values) if display.sign == "absolute" else values) / (limit or 1)
    colors = colormap(display.colormap).colors(np.clip(shares, -1 if signed else 0, 1), signed)
    for (x, down, size), word, color in zip(places, passage.words, colors, strict=True):
        pixel = np.round(color).astype(np.uint8)[None, None]
        canvas.picture(MARGIN + x, y + down, size, LINE_HEIGHT - 5, pixel)
        text = shortened(word, size - 2 * PADDING + 1, SIZE)
        canvas.text(MARGIN + x + PADDING, y + down + 17, text, SIZE, ink_on(pixel[0, 0]))
    y += (places[-1][1] + LINE_HEIGHT if places else 0.0) + 2
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
