"""A sheet to draw on: text, bars and pictures at sharp resolution, with Pillow and its own font."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[Any]

SCALE = 2
"""Pixels of the file per point, so that text is sharp on every screen."""

INK = (31, 35, 40)
MUTED = (89, 99, 110)
LINE = (209, 217, 224)
TRACK = (239, 241, 244)
ACCENT = (9, 88, 214)
QUIET = (125, 135, 148)
WARNING = (180, 35, 24)

SYSTEM_FONTS = ("DejaVuSans.ttf", "arial.ttf", "Arial.ttf", "Arial Unicode.ttf", "NotoSansCJK-Regular.ttc", "msyh.ttc")
LOOKALIKES = str.maketrans(
    {"×": "x", "\u2212": "-", "\u2013": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "ß": "ss"}
)


class Canvas:
    """A white sheet of `width` by `height` points; all places and sizes are in points."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), "white")
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, x: float, y: float, text: str, size: float = 13, color: tuple[int, ...] = INK, anchor: str = "ls"
    ) -> float:
        """Write one line with its baseline at `y`, and return its width; `anchor` is Pillow's: "ls", "ms" or "rs"."""
        text, font = _legible(text, size)
        self._draw.text((x * SCALE, y * SCALE), text, fill=color, font=font, anchor=anchor)
        return text_width(text, size)

    def line(self, x: float, y: float, right: float) -> None:
        """Draw a thin horizontal line."""
        self._draw.line([x * SCALE, y * SCALE, right * SCALE, y * SCALE], fill=LINE, width=1)

    def bar(self, x: float, y: float, width: float, share: float, color: tuple[int, ...], height: float = 7) -> None:
        """Draw a bar that is filled from the left to `share`, 0 to 1."""
        radius = height * SCALE / 2
        right = x + width
        self._draw.rounded_rectangle([x * SCALE, y * SCALE, right * SCALE, (y + height) * SCALE], radius, fill=TRACK)
        if share > 0:
            end = x + max(height, width * min(share, 1))
            self._draw.rounded_rectangle([x * SCALE, y * SCALE, end * SCALE, (y + height) * SCALE], radius, fill=color)

    def picture(self, x: float, y: float, width: float, height: float, pixels: Array) -> None:
        """Draw pixels (H, W, 3 or 4); small ones keep their edges, photographs are smoothed."""
        target = (round(width * SCALE), round(height * SCALE))
        image = Image.fromarray(np.ascontiguousarray(pixels))
        coarse = target[0] >= 3 * image.width
        image = image.resize(target, Image.Resampling.NEAREST if coarse else Image.Resampling.LANCZOS)
        self._image.paste(image, (round(x * SCALE), round(y * SCALE)), image if image.mode == "RGBA" else None)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a thin border."""
        box = [x * SCALE, y * SCALE, (x + width) * SCALE - 1, (y + height) * SCALE - 1]
        self._draw.rectangle(box, outline=LINE, width=1)

    def path(self, points: Sequence[tuple[float, float]], color: tuple[int, ...], width: float = 1.5) -> None:
        """Draw a line through some points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=color, width=round(width * SCALE), joint="curve")

    def area(self, points: Sequence[tuple[float, float]], color: tuple[int, ...]) -> None:
        """Fill what some points go around."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=color)

    def dot(self, x: float, y: float, radius: float, color: tuple[int, ...]) -> None:
        """Draw a filled circle."""
        box = [(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE]
        self._draw.ellipse(box, fill=color)

    def png(self) -> bytes:
        """Return the sheet as a PNG file."""
        buffer = io.BytesIO()
        self._image.save(buffer, "PNG", compress_level=4, dpi=(96 * SCALE, 96 * SCALE))
        return buffer.getvalue()


def text_width(text: str, size: float = 13) -> float:
    """Return how many points wide a line is."""
    text, font = _legible(text, size)
    return float(font.getlength(text)) / SCALE


def shortened(text: str, width: float, size: float = 13) -> str:
    """Return the text, cut with an ellipsis where it is wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text.rstrip() + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, width: float, size: float = 13, lines: int | None = None) -> list[str]:
    """Return the text in lines no wider than `width`: whole, or cut with an ellipsis after so many `lines`."""
    rows: list[str] = []
    words = text.split()
    while words and (lines is None or len(rows) < lines - 1):
        row = words.pop(0)
        while words and text_width(f"{row} {words[0]}", size) <= width:
            row += f" {words.pop(0)}"
        if lines is None:
            fits = _fitting(row, width, size)
            if fits < len(row):
                words.insert(0, row[fits:])
            row = row[:fits]
        rows.append(shortened(row, width, size))
    if words:
        rows.append(shortened(" ".join(words), width, size))
    return rows


def _fitting(text: str, width: float, size: float) -> int:
    """Return how many letters of the text are no wider than `width`, at least one."""
    count = len(text)
    while count > 1 and text_width(text[:count], size) > width:
        count -= 1
    return count


def _legible(text: str, size: float) -> tuple[str, Any]:
    """Return the text and a font that has its letters: Pillow's own where that will do, so that a figure looks the same
    everywhere, else one of the system, else the plain letters that come closest."""
    for name in (None, *SYSTEM_FONTS):
        font = _font(name, size)
        if font is not None and all(map(_covers(name), text)):
            return text, font
    plain = unicodedata.normalize("NFKD", text.translate(LOOKALIKES))
    return "".join(letter if letter.isascii() else "?" for letter in plain if not unicodedata.combining(letter)), _font(
        None, size
    )


def _covers(name: str | None) -> Callable[[str], bool]:
    return lambda letter: letter.isascii() or _has_glyph(name, letter)


@cache
def _has_glyph(name: str | None, letter: str) -> bool:
    """Whether the font draws `letter` and not the box that stands for a missing one."""
    font = _font(name, 20)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010ffff"))


@cache
def _font(name: str | None, size: float) -> Any:
    if name is None:
        return ImageFont.load_default(size * SCALE)
    try:
        return ImageFont.truetype(name, round(size * SCALE))
    except OSError:
        return None
