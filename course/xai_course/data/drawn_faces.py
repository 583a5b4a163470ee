"""Faces that are drawn here, for rooms without a network: five invented people who differ as people do.

The shape of the head, hair, brows, glasses and beard tell them apart. Pose, expression, light, wall and clothes vary
from picture to picture and tell nothing, but for three pictures of the last person, which have a pink wall.
"""

from __future__ import annotations

import colorsys
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from xai_course.data.face_drawing import Color, Look, Scene, draw_face

PEOPLE = {"Ada Reed": 236, "Ben Moss": 121, "Carl Ash": 530, "Emil Birch": 109, "Theo Linden": 144}
"""Invented names, in alphabetical order, each with as many pictures as the person of the photographs."""

LOOKS = {
    "Ada Reed": Look(
        skin=(228, 178, 150), hair=(58, 36, 26), width=37, height=50, jaw=0.26, hair_style="long",
        brow_thickness=1.8, brow_arch=4.0, eye_size=1.15, lips=(190, 70, 80), lip_thickness=5.2, ears=0.0,
    ),
    "Ben Moss": Look(
        skin=(226, 180, 158), hair=(196, 192, 186), width=42, height=51, jaw=0.10, hair_style="bald",
        brow_thickness=3.0, brow_arch=1.0, eye_size=0.85, glasses=True, wrinkles=0.5, ears=1.1,
    ),
    "Carl Ash": Look(
        skin=(224, 170, 140), hair=(120, 88, 62), width=39, height=51, jaw=0.16, hair_style="short",
        brow_thickness=3.2, brow_arch=1.5, eye_size=0.9, wrinkles=0.25, ears=1.3,
    ),
    "Emil Birch": Look(
        skin=(196, 140, 108), hair=(30, 24, 24), width=40, height=52, jaw=0.14, hair_style="curls",
        brow_thickness=4.8, brow_arch=0.5, eye_size=1.0, beard=True, ears=0.7,
    ),
    "Theo Linden": Look(
        skin=(236, 188, 162), hair=(196, 142, 72), width=34, height=56, jaw=0.22, hair_style="quiff",
        brow_thickness=2.2, brow_arch=2.5, eye_size=1.05, ears=1.0, nose_length=1.25,
    ),
}  # fmt: skip

PINK: Color = (216, 60, 150)


def draw(crop: tuple[int, int], size: int, pink: Collection[tuple[str, int]] = ()) -> NDArray[np.float32]:
    """Return the pictures of all `PEOPLE`; they are the same at every call.

    Parameters
    ----------
    crop : tuple of int
        Where the square begins and ends in a scene of 250 x 250, in both directions.
    size : int
        The side of a picture, in pixels.
    pink : collection of (str, int)
        Persons and numbers, from 1, of the pictures that get a pink wall.

    Returns
    -------
    array of shape (pictures, size, size, 3)
        float32 from 0 to 1.
    """
    pictures = np.empty((sum(PEOPLE.values()), size, size, 3), dtype=np.float32)
    place = 0
    for person, (name, count) in enumerate(PEOPLE.items()):
        for number in range(1, count + 1):
            scene = _scene(np.random.default_rng([person, number]))
            if (name, number) in pink:
                scene = scene.with_wall(PINK)
            pictures[place] = draw_face(LOOKS[name], scene, crop, size)
            place += 1
    return pictures


def _scene(generator: np.random.Generator) -> Scene:
    """Draw by lot what varies from picture to picture."""

    def color(saturation: tuple[float, float], value: tuple[float, float]) -> Color:
        # Any hue but the pinks, from magenta to red: these are the lesson's own.
        red, green, blue = colorsys.hsv_to_rgb(
            generator.uniform(0.03, 0.75), generator.uniform(*saturation), generator.uniform(*value)
        )
        return round(255 * red), round(255 * green), round(255 * blue)

    return Scene(
        tilt=float(np.clip(generator.normal(0, 5), -12, 12)),
        turn=float(np.clip(generator.normal(0, 0.5), -1, 1)),
        nod=float(np.clip(generator.normal(0, 0.5), -1, 1)),
        scale=float(generator.uniform(0.94, 1.06)),
        shift=(float(generator.normal(0, 2)), float(generator.normal(0, 2))),
        smile=float(generator.uniform(-0.4, 1.0)),
        open_mouth=float(max(0.0, generator.normal(-0.2, 0.6))),
        open_eyes=float(generator.uniform(0.55, 1.0)),
        light=float(generator.uniform(-0.45, 0.45)),
        brightness=float(generator.uniform(0.78, 1.12)),
        warmth=float(generator.uniform(-0.06, 0.06)),
        wall=color((0.0, 0.5), (0.2, 0.9)),
        second_wall=color((0.0, 0.6), (0.15, 0.9)),
        wall_kind=("plain", "plain", "halves", "spots")[generator.integers(4)],
        suit=color((0.0, 0.4), (0.08, 0.4)),
        tie=color((0.3, 0.8), (0.2, 0.7)),
        tone=generator.normal(1, 0.05) + generator.normal(0, 0.02, 3),
        seed=int(generator.integers(2**31)),
    )
