"""A sheet as SVG: its words and lines as such, its pictures pixel by pixel."""

from __future__ import annotations

import base64
import io
from xml.sax.saxutils import escape, quoteattr

from xai_widgets.render.canvas import Canvas, Shape

FONT = "Aileron, 'Helvetica Neue', Arial, sans-serif"
"""That of the pictures first, which most readers do not have."""

ANCHORS = {"l": "start", "m": "middle", "r": "end"}


def svg(canvas: Canvas, title: str, said: str = "") -> bytes:
    """Return the sheet as an SVG file.

    Parameters
    ----------
    canvas : Canvas
    title : str
        What a screen reader says of it.
    said : str
        What stands in its metadata.
    """
    width, height = _short(canvas.width), _short(canvas.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family={quoteattr(FONT)}>',
        f"<title>{escape(_legal(title))}</title>",
        *([f"<metadata>{escape(_legal(said))}</metadata>"] if said else []),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *(_element(shape) for shape in canvas.shapes),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _element(shape: Shape) -> str:
    color, places = "#" + "".join(f"{part:02x}" for part in shape.color), [_short(place) for place in shape.places]
    if shape.kind == "text":
        x, y, size = places
        anchor = ANCHORS[shape.anchor[0]]
        words = escape(_legal(shape.text))
        return f'<text x="{x}" y="{y}" font-size="{size}" fill="{color}" text-anchor="{anchor}">{words}</text>'
    if shape.kind in ("path", "area"):
        points = " ".join(f"{x},{y}" for x, y in zip(places[::2], places[1::2], strict=True))
        if shape.kind == "area":
            return f'<polygon points="{points}" fill="{color}"/>'
        return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{_short(shape.width)}"/>'
    if shape.kind == "dot":
        x, y, radius = places
        return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{color}"/>'
    x, y, width, height = places
    box = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    if shape.kind == "bar":
        return f'<rect {box} rx="{_short(shape.places[3] / 2)}" fill="{color}"/>'
    if shape.kind == "frame":
        return f'<rect {box} fill="none" stroke="{color}" stroke-width="{_short(shape.width)}"/>'
    buffer = io.BytesIO()
    shape.pixels.save(buffer, "PNG")
    edges = ' style="image-rendering:pixelated"' if shape.coarse else ""
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<image {box} preserveAspectRatio="none"{edges} href="data:image/png;base64,{data}"/>'


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _legal(text: str) -> str:
    """Return a text without the letters that XML does not have."""
    return "".join(
        letter for letter in text if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff")
    )
