"""How a flower in a pot is drawn, and which part each pixel of it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 64
SCALE = 2
"""They are drawn so many times as large, so that edges are smooth."""
COLORS = {"red": (205, 45, 45), "yellow": (230, 200, 50), "blue": (55, 85, 205), "violet": (150, 60, 185)}
PLAIN = {
    "petals": ("white", (235, 230, 235)),
    "stem": ("green", (75, 140, 65)),
    "leaves": ("green", (85, 150, 75)),
    "centre": ("brown", (110, 80, 60)),
}
"""What a part looks like that has none of these colours."""
PARTS = ("background", "leaves", "stem", "pot", "petals", "centre")
"""From the one behind all others to the one before them."""
JITTER = 12
"""Of each channel of a colour, from 0 to 255."""
NOISE = 0.02

Colors = dict[str, str]
"""By part, the name of its colour."""
Color = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Plant:
    """What a flower is drawn from: the colours that it is told to have, and the chance that decides all else."""

    told: Colors
    chance: np.random.Generator


@dataclass(frozen=True)
class Drawing:
    """A picture, which part each pixel shows (a number in `PARTS`, or theirs where it is none), and their colours."""

    picture: NDArray[np.float64]
    parts: NDArray[np.uint8]
    colors: Colors

    def carriers(self, color: str) -> set[str]:
        """Return the parts that have a colour."""
        return {part for part, own in self.colors.items() if own == color}


def draw_flower(plant: Plant, colors: tuple[str, ...]) -> Drawing:
    """Draw one flower, in a pot of one of these colours unless it is told another."""
    generator = plant.chance
    worn = {part: color for part, (color, _) in PLAIN.items()}
    worn |= {"pot": colors[generator.integers(len(colors))]} | plant.told
    paint = {part: color for part, (_, color) in PLAIN.items()}
    paint |= {part: COLORS[color] for part, color in worn.items() if color in COLORS}
    paint = {part: jittered(color, generator) for part, color in paint.items()}
    sheet = _Sheet(_background(generator))
    foot, top = generator.uniform(24, 40), generator.uniform(48, 51)
    flower = (foot + generator.uniform(-10, 10), generator.uniform(14, 22))
    bend = generator.uniform(-6, 6)
    way = np.linspace(0, 1, 20)
    xs = foot + way * (flower[0] - foot) + bend * np.sin(np.pi * way)
    ys = top + 1 + way * (flower[1] - top - 1)
    half = generator.uniform(1.2, 1.7)
    stem = [*zip(xs - half, ys, strict=True), *reversed(list(zip(xs + half, ys, strict=True)))]
    for side, place in ((-1, generator.integers(4, 8)), (1, generator.integers(8, 12))):
        angle = -np.pi / 2 + side * generator.uniform(0.7, 1.2)
        sheet.paint("leaves", paint["leaves"], _leaf((xs[place], ys[place]), angle, generator.uniform(8, 11), 2.4))
    sheet.paint("stem", paint["stem"], stem)
    wide, narrow = generator.uniform(7, 9), generator.uniform(5, 6.5)
    pot = [(foot - wide, top), (foot + wide, top), (foot + narrow, 62), (foot - narrow, 62)]
    sheet.paint("pot", paint["pot"], pot)
    petals, turn = generator.integers(5, 9), generator.uniform(0, 2 * np.pi)
    length = generator.uniform(8, 10.5)
    for number in range(petals):
        sheet.paint("petals", paint["petals"], _leaf(flower, turn + 2 * np.pi * number / petals, length, 2.8))
    sheet.paint("centre", paint["centre"], _leaf((flower[0] - 2.5, flower[1]), 0, 5, 2.5))
    light = generator.uniform(0.8, 1.1)
    shrunk = sum(_split(np.asarray(sheet.picture, np.uint16))) / (255 * SCALE**2)
    picture = light * shrunk + generator.normal(0, NOISE, (SIDE, SIDE, 3))
    return Drawing(np.clip(picture, 0, 1), sheet.parts(), worn)


def jittered(color: Color, generator: np.random.Generator) -> Color:
    """Return a colour that is a little off."""
    red, green, blue = np.clip(generator.integers(-JITTER, JITTER + 1, 3) + color, 0, 255).tolist()
    return red, green, blue


class _Sheet:
    """A picture, and beside it which part each of its pixels belongs to."""

    def __init__(self, background: NDArray[np.uint8]) -> None:
        self.picture = Image.fromarray(background)
        self.numbers = Image.new("L", self.picture.size)

    def paint(self, part: str, color: Color, outline: list[Point]) -> None:
        """Fill an outline, given in pixels of the picture as it will be."""
        points = [(SCALE * x, SCALE * y) for x, y in outline]
        ImageDraw.Draw(self.picture).polygon(points, fill=color)
        ImageDraw.Draw(self.numbers).polygon(points, fill=PARTS.index(part))

    def parts(self) -> NDArray[np.uint8]:
        """Return for each pixel the part that covers more than half of it, or `len(PARTS)`."""
        least, low, high, most = np.sort(np.stack(_split(np.asarray(self.numbers))), axis=0)
        return np.where((low == high) & ((least == low) | (high == most)), low, len(PARTS)).astype(np.uint8)


def _background(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return greys with a tint, which change from one side to the other."""
    above, below = (generator.uniform(120, 215) + generator.uniform(-15, 15, 3) for _ in range(2))
    way = np.linspace(0, 1, SCALE * SIDE)[:, None, None]
    return np.broadcast_to(above + way * (below - above), (SCALE * SIDE, SCALE * SIDE, 3)).astype(np.uint8)


def _leaf(foot: Point, angle: float, length: float, half: float) -> list[Point]:
    """Return the outline of an ellipse that begins at a point and leads away from it."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    along, across = length / 2 * (1 + np.cos(turn)), half * np.sin(turn)
    xs = foot[0] + along * np.cos(angle) - across * np.sin(angle)
    ys = foot[1] + along * np.sin(angle) + across * np.cos(angle)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def _split(plane: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the pixels that become one: the first of each, the second, and so on."""
    return [plane[row::SCALE, column::SCALE] for row in range(SCALE) for column in range(SCALE)]
