"""Pictures in rows and columns, as one PNG that suits a light page and a dark one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GREY = (118, 118, 118, 255)
"""Text that can be read on white and on black."""
GAP = 6
TEXT = 14
"""The size of letters, in pixels."""


class Gallery:
    """Pictures in rows; shown as a PNG in a notebook, and as a sentence elsewhere."""

    def __init__(self, image: Image.Image, sentence: str) -> None:
        self.image, self.sentence = image, sentence

    def __repr__(self) -> str:
        return self.sentence

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()


def gallery(
    pictures: Sequence[Sequence[Any]],
    *,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    side: int = 112,
    sentence: str = "",
) -> Gallery:
    """Return pictures in rows, with words above the columns and before the rows.

    Parameters
    ----------
    pictures : sequence of rows
        Each a sequence of pictures: arrays (height, width, 1 or 3) or (height, width), from 0 to 1, or uint8, or PIL
        pictures. None leaves a place free.
    columns, rows : sequence of str
        The words; a line break in them begins another line.
    side : int, default 112
        The height and width of a place, in pixels; small pictures are enlarged without smoothing.
    sentence : str
        What stands for it where no picture can be shown.
    """
    font = ImageFont.load_default(TEXT)
    measure = ImageDraw.Draw(Image.new("RGBA", (1, 1)))
    boxes = [measure.multiline_textbbox((0, 0), text, font=font) for text in rows]
    left = int(max((box[2] for box in boxes), default=-GAP)) + GAP
    top = max((text.count("\n") + 1 for text in columns), default=0) * (TEXT + 5)
    across = max(map(len, pictures))
    sheet = Image.new("RGBA", (left + across * (side + GAP), top + len(pictures) * (side + GAP)), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(sheet)
    for number, text in enumerate(columns):
        pencil.multiline_text((left + number * (side + GAP), 0), text, fill=GREY, font=font)
    for down, line in enumerate(pictures):
        y = top + down * (side + GAP)
        if down < len(rows):
            pencil.multiline_text((0, y + side / 2), rows[down], fill=GREY, font=font, anchor="lm")
        for number, picture in enumerate(line):
            if picture is not None:
                sheet.paste(
                    as_image(picture).resize((side, side), Image.Resampling.NEAREST), (left + number * (side + GAP), y)
                )
    return Gallery(sheet, sentence or f"{sum(map(len, pictures))} pictures.")


def as_image(picture: Any) -> Image.Image:
    """Return an array, from 0 to 1 or uint8, grey or in colours, as a picture in RGB."""
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        pixels = np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return Image.fromarray(pixels).convert("RGB")
