"""Drawn flowers in pots, of which one part is coloured: the class is told by that part, and where it is, is known.

After an8Flower (Oramas, Wang, Tuytelaars 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 64
SCALE = 2
"""They are drawn so many times as large, so that edges are smooth."""
COLORS = {"red": (205, 45, 45), "yellow": (230, 200, 50), "blue": (55, 85, 205)}
PARTS = ("petals", "stem")
CLASSES = tuple(f"{color} {part}" for part in PARTS for color in COLORS)
NEUTRAL = {"petals": (235, 230, 235), "stem": (75, 140, 65), "leaves": (85, 150, 75), "centre": (110, 80, 60)}
JITTER = 12
"""Of each channel of a colour, from 0 to 255."""
NOISE = 0.02

Point = tuple[float, float]


@dataclass(frozen=True, repr=False)
class Flowers:
    """Pictures of flowers whose petals or stem are coloured.

    The pot has one of the same three colours, at random: so a colour alone does not tell the class.

    Attributes
    ----------
    pictures : array of shape (flowers, 64, 64, 3)
        float32 from 0 to 1.
    labels : array of shape (flowers,)
        The numbers of their classes.
    masks : array of bool, shape (flowers, 64, 64)
        Where the part is that tells the class.
    pots : array of bool, shape (flowers, 64, 64)
        Where the pot is, which does not.
    classes : tuple of str
        Which colour on which part: "red petals", ..., "blue stem".
    """

    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]
    masks: NDArray[np.bool_]
    pots: NDArray[np.bool_]

    classes = CLASSES

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"{len(self)} drawn flowers of {SIDE} x {SIDE} pixels, {len(CLASSES)} classes"


def draw_flowers(count: int, seed: int = 0) -> Flowers:
    """Return drawn flowers, the same ones for the same seed.

    Parameters
    ----------
    count : int
        How many.
    seed : int, default 0

    Returns
    -------
    Flowers
    """
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, len(CLASSES), count)
    drawn = [_draw(CLASSES[label], generator) for label in labels]
    names = [CLASSES[label].split()[1] for label in labels]
    return Flowers(
        np.array([picture for picture, _ in drawn], np.float32).reshape(-1, SIDE, SIDE, 3),
        labels,
        np.array([areas[part] for (_, areas), part in zip(drawn, names, strict=True)], bool).reshape(-1, SIDE, SIDE),
        np.array([areas["pot"] for _, areas in drawn], bool).reshape(-1, SIDE, SIDE),
    )


class _Sheet:
    """A picture, and beside it which part each of its pixels belongs to."""

    def __init__(self, background: NDArray[np.uint8]) -> None:
        self.picture = Image.fromarray(background)
        self.numbers = Image.new("L", self.picture.size)
        self.names = ["background"]

    def paint(self, name: str, color: tuple[int, ...], outline: list[Point]) -> None:
        """Fill an outline, given in pixels of the picture as it will be."""
        if name not in self.names:
            self.names.append(name)
        points = [(SCALE * x, SCALE * y) for x, y in outline]
        ImageDraw.Draw(self.picture).polygon(points, fill=color)
        ImageDraw.Draw(self.numbers).polygon(points, fill=self.names.index(name))

    def areas(self) -> dict[str, NDArray[np.bool_]]:
        """Return for each part the pixels of which it covers more than half."""
        numbers = np.asarray(self.numbers)
        share = {name: _shrunk((numbers == number).astype(float)) for number, name in enumerate(self.names)}
        return {name: part > 0.5 for name, part in share.items()}


def _draw(label: str, generator: np.random.Generator) -> tuple[NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
    """Return a picture and the area of each of its parts."""
    chosen, part = label.split()
    jittered = {
        name: tuple(int(value) for value in np.clip(generator.integers(-JITTER, JITTER + 1, 3) + color, 0, 255))
        for name, color in (
            NEUTRAL | {part: COLORS[chosen], "pot": list(COLORS.values())[generator.integers(3)]}
        ).items()
    }
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
        sheet.paint("leaves", jittered["leaves"], _leaf((xs[place], ys[place]), angle, generator.uniform(8, 11), 2.4))
    sheet.paint("stem", jittered["stem"], stem)
    wide, narrow = generator.uniform(7, 9), generator.uniform(5, 6.5)
    pot = [(foot - wide, top), (foot + wide, top), (foot + narrow, 62), (foot - narrow, 62)]
    sheet.paint("pot", jittered["pot"], pot)
    petals, turn = generator.integers(5, 9), generator.uniform(0, 2 * np.pi)
    length = generator.uniform(8, 10.5)
    for number in range(petals):
        sheet.paint("petals", jittered["petals"], _leaf(flower, turn + 2 * np.pi * number / petals, length, 2.8))
    sheet.paint("centre", jittered["centre"], _leaf((flower[0] - 2.5, flower[1]), 0, 5, 2.5))
    light = generator.uniform(0.8, 1.1)
    picture = light * _shrunk(np.asarray(sheet.picture) / 255) + generator.normal(0, NOISE, (SIDE, SIDE, 3))
    return np.clip(picture, 0, 1), sheet.areas()


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


def _shrunk(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of the pixels that become one."""
    split = plane.reshape(SIDE, SCALE, SIDE, SCALE, *plane.shape[2:])
    return split.mean(axis=(1, 3))
