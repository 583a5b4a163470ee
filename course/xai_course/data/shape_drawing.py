"""How a scene of coloured shapes is drawn, and which pixels each of them covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xai_course.data.flower_drawing import COLORS as FLOWER_COLORS
from xai_course.data.flower_drawing import jittered

SIDE = 48
CELL = SIDE // 2
"""A thing stands in one quarter of the picture."""
SCALE = 2
"""They are drawn so many times as large, so that edges are smooth."""
COLORS = {
    "red": FLOWER_COLORS["red"],
    "green": (75, 140, 65),
    "blue": FLOWER_COLORS["blue"],
    "yellow": FLOWER_COLORS["yellow"],
}
SHAPES = ("circle", "square", "triangle")
SIDES = ("left", "right")
NOISE = 0.02


@dataclass(frozen=True)
class Thing:
    """A shape of a colour in a quarter of the picture, 0 (upper left), 1 (upper right), 2 or 3."""

    color: str
    shape: str
    cell: int

    @property
    def side(self) -> str:
        """Whether it is on the left or on the right."""
        return SIDES[self.cell % 2]


def draw_things(
    things: tuple[Thing, ...], generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a picture (48, 48, 3) of some things, and for each the pixels that it covers, (things, 48, 48)."""
    grey = generator.uniform(110, 200) + generator.uniform(-10, 10, 3)
    picture = Image.new("RGB", (SCALE * SIDE, SCALE * SIDE), tuple(map(int, grey)))
    masks = np.zeros((len(things), SIDE, SIDE), np.bool_)
    for mask, thing in zip(masks, things, strict=True):
        radius = generator.uniform(6, 9)
        row, column = divmod(thing.cell, 2)
        x, y = (CELL * place + generator.uniform(radius + 1, CELL - radius - 1) for place in (column, row))
        outline = [(SCALE * (x + radius * across), SCALE * (y + radius * down)) for across, down in _outline(thing)]
        ImageDraw.Draw(picture).polygon(outline, fill=jittered(COLORS[thing.color], generator))
        own = Image.new("L", picture.size)
        ImageDraw.Draw(own).polygon(outline, fill=255)
        mask[:] = _shrunk(np.asarray(own, np.float64)) > 127.5
    light = generator.uniform(0.8, 1.1)
    found = light * _shrunk(np.asarray(picture, np.float64)) / 255 + generator.normal(0, NOISE, (SIDE, SIDE, 3))
    return np.clip(found, 0, 1).astype(np.float32), masks


def _outline(thing: Thing) -> NDArray[np.float64]:
    """Return the corners of a shape around (0, 0), of about the same area for each."""
    if thing.shape == "square":
        return 0.9 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    if thing.shape == "triangle":
        return np.array([(0, -1), (1, 0.9), (-1, 0.9)])
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _shrunk(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the pixels that become one."""
    return plane.reshape(SIDE, SCALE, SIDE, SCALE, *plane.shape[2:]).mean(axis=(1, 3))
