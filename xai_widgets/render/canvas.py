"""A sheet to draw on: text, bars and pictures at sharp resolution, with Pillow and its own font."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

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


class Shape(NamedTuple):
    """Something that was drawn, in points.

    Attributes
    ----------
    kind : str
        "text", "path", "bar", "picture", "frame", "area" or "dot".
    places : tuple of float
        Where: of a text its start and its size, of a dot its middle and radius, of a path or an area its points, else
        left, top, width and height.
    color : (int, int, int)
    text, anchor : str
        Of a text.
    pixels : PIL picture
        Of a picture.
    coarse : bool
        Whether it keeps its edges.
    width : float
        Of a line.
    """

    kind: str
    places: tuple[float, ...]
    color: tuple[int, ...]
    text: str = ""
    anchor: str = "ls"
    pixels: Any = None
    coarse: bool = False
    width: float = 0.0

    def moved(self, down: float) -> Shape:
        """Return it further down."""
        points = self.kind in ("path", "area")
        along = [place % 2 == 1 if points else place == 1 for place in range(len(self.places))]
        return self._replace(places=tuple(one + down * each for one, each in zip(self.places, along, strict=True)))


_detail: ContextVar[int] = ContextVar("detail", default=SCALE)


@contextmanager
def detail(scale: int) -> Iterator[None]:
    """Let the sheets that are made inside have so many pixels per point."""
    token = _detail.set(scale)
    try:
        yield
    finally:
        _detail.reset(token)


class Canvas:
    """A white sheet of `width` by `height` points; all places and sizes are in points."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height, self.scale = width, height, _detail.get()
        self._image = Image.new("RGB", (round(width * self.scale), round(height * self.scale)), "white")
        self._draw = ImageDraw.Draw(self._image)
        self.shapes: list[Shape] = []
        """What was drawn, for files that are no pixels."""

    def text(
        self, x: float, y: float, text: str, size: float = 13, color: tuple[int, ...] = INK, anchor: str = "ls"
    ) -> float:
        """Write one line with its baseline at `y`, and return its width; `anchor` is Pillow's: "ls", "ms" or "rs"."""
        text, font = _legible(text, size, self.scale)
        self._draw.text((x * self.scale, y * self.scale), text, fill=color, font=font, anchor=anchor)
        self.shapes.append(Shape("text", (x, y, size), color, text=text, anchor=anchor))
        return text_width(text, size)

    def line(self, x: float, y: float, right: float) -> None:
        """Draw a thin horizontal line."""
        self._draw.line([x * self.scale, y * self.scale, right * self.scale, y * self.scale], fill=LINE, width=1)
        self.shapes.append(Shape("path", (x, y, right, y), LINE, width=1 / SCALE))

    def bar(self, x: float, y: float, width: float, share: float, color: tuple[int, ...], height: float = 7) -> None:
        """Draw a bar that is filled from the left to `share`, 0 to 1."""
        radius = height * self.scale / 2
        right = x + width
        self._draw.rounded_rectangle(
            [x * self.scale, y * self.scale, right * self.scale, (y + height) * self.scale], radius, fill=TRACK
        )
        self.shapes.append(Shape("bar", (x, y, width, height), TRACK))
        if share > 0:
            end = x + max(height, width * min(share, 1))
            self._draw.rounded_rectangle(
                [x * self.scale, y * self.scale, end * self.scale, (y + height) * self.scale], radius, fill=color
            )
            self.shapes.append(Shape("bar", (x, y, end - x, height), color))

    def picture(self, x: float, y: float, width: float, height: float, pixels: Array) -> None:
        """Draw pixels (H, W, 3 or 4); small ones keep their edges, photographs are smoothed."""
        target = (round(width * self.scale), round(height * self.scale))
        image = Image.fromarray(np.ascontiguousarray(pixels))
        coarse = target[0] >= 3 * image.width
        self.shapes.append(Shape("picture", (x, y, width, height), INK, pixels=image, coarse=coarse))
        image = image.resize(target, Image.Resampling.NEAREST if coarse else Image.Resampling.LANCZOS)
        self._image.paste(
            image, (round(x * self.scale), round(y * self.scale)), image if image.mode == "RGBA" else None
        )

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a thin border."""
        box = [x * self.scale, y * self.scale, (x + width) * self.scale - 1, (y + height) * self.scale - 1]
        self._draw.rectangle(box, outline=LINE, width=1)
        self.shapes.append(Shape("frame", (x, y, width, height), LINE, width=1 / SCALE))

    def path(self, points: Sequence[tuple[float, float]], color: tuple[int, ...], width: float = 1.5) -> None:
        """Draw a line through some points."""
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self._draw.line(scaled, fill=color, width=round(width * self.scale), joint="curve")
        self.shapes.append(Shape("path", tuple(place for point in points for place in point), color, width=width))

    def area(self, points: Sequence[tuple[float, float]], color: tuple[int, ...]) -> None:
        """Fill what some points go around."""
        self._draw.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=color)
        self.shapes.append(Shape("area", tuple(place for point in points for place in point), color))

    def dot(self, x: float, y: float, radius: float, color: tuple[int, ...]) -> None:
        """Draw a filled circle."""
        box = [
            (x - radius) * self.scale,
            (y - radius) * self.scale,
            (x + radius) * self.scale,
            (y + radius) * self.scale,
        ]
        self._draw.ellipse(box, fill=color)
        self.shapes.append(Shape("dot", (x, y, radius), color))

    def paste(self, other: Canvas, y: float = 0.0) -> None:
        """Draw another sheet at the left, from `y` on."""
        self._image.paste(other._image, (0, round(y * self.scale)))
        self.shapes.extend(shape.moved(y) for shape in other.shapes)

    def png(self, **said: str) -> bytes:
        """Return the sheet as a PNG file, with texts in it by their names."""
        buffer, texts = io.BytesIO(), PngInfo()
        for name, words in said.items():
            texts.add_text(name, words)
        self._image.save(buffer, "PNG", compress_level=4, dpi=(96 * self.scale, 96 * self.scale), pnginfo=texts)
        return buffer.getvalue()


def below(*sheets: Canvas) -> Canvas:
    """Return a sheet with others below each other."""
    found, y = Canvas(max(one.width for one in sheets), sum(one.height for one in sheets)), 0.0
    for one in sheets:
        found.paste(one, y)
        y += one.height
    return found


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


def _legible(text: str, size: float, scale: int = SCALE) -> tuple[str, Any]:
    """Return the text and a font that has its letters: Pillow's own where that will do, so that a figure looks the same
    everywhere, else one of the system, else the plain letters that come closest."""
    for name in (None, *SYSTEM_FONTS):
        font = _font(name, size, scale)
        if font is not None and all(map(_covers(name), text)):
            return text, font
    plain = unicodedata.normalize("NFKD", text.translate(LOOKALIKES))
    return "".join(letter if letter.isascii() else "?" for letter in plain if not unicodedata.combining(letter)), _font(
        None, size, scale
    )


def _covers(name: str | None) -> Callable[[str], bool]:
    return lambda letter: letter.isascii() or _has_glyph(name, letter)


@cache
def _has_glyph(name: str | None, letter: str) -> bool:
    """Whether the font draws `letter` and not the box that stands for a missing one."""
    font = _font(name, 20)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010ffff"))


@cache
def _font(name: str | None, size: float, scale: int = SCALE) -> Any:
    if name is None:
        return ImageFont.load_default(size * scale)
    try:
        return ImageFont.truetype(name, round(size * scale))
    except OSError:
        return None
