"""How a face is drawn: shapes in a scene of 250 x 250, the head in its middle, painted from the back to the front."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Points = NDArray[np.float64]

FINER = 3
"""How many times finer than the picture it is drawn, in both directions."""
CENTER = (125.0, 128.0)
"""Where the middle of a head is, in the scene."""
DARK: Color = (40, 28, 26)
ANGLES = np.linspace(0, 2 * np.pi, 28, endpoint=False)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
UPPER = np.linspace(np.pi, 2 * np.pi, 25)
CROWN = np.stack([np.cos(UPPER), np.sin(UPPER)], axis=1)
ACROSS = np.linspace(-1, 1, 13)
ARCH = 1 - ACROSS**2


@dataclass(frozen=True, kw_only=True)
class Look:
    """What makes a person: lengths in the units of the scene, factors about 1, colours from 0 to 255."""

    skin: Color
    hair: Color
    width: float
    height: float
    jaw: float
    hair_style: Literal["long", "bald", "short", "curls", "quiff"]
    brow_thickness: float
    brow_arch: float
    eye_size: float
    ears: float
    lips: Color = (176, 96, 88)
    lip_thickness: float = 3.4
    nose_length: float = 1.0
    wrinkles: float = 0.0
    glasses: bool = False
    beard: bool = False


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What varies from picture to picture: pose, expression, light, wall and clothes."""

    tilt: float
    turn: float
    nod: float
    scale: float
    shift: tuple[float, float]
    smile: float
    open_mouth: float
    open_eyes: float
    light: float
    brightness: float
    warmth: float
    wall: Color
    second_wall: Color
    wall_kind: Literal["plain", "halves", "spots"]
    suit: Color
    tie: Color
    tone: NDArray[np.float64]
    seed: int

    def with_wall(self, color: Color) -> Scene:
        """Return the same scene before a plain wall of this colour."""
        return dataclasses.replace(self, wall=color, wall_kind="plain")


def draw_face(look: Look, scene: Scene, crop: tuple[int, int], size: int) -> NDArray[np.float32]:
    """Return the part of the scene between the two ends of `crop`, (size, size, 3), from 0 to 1."""
    generator = np.random.default_rng(scene.seed)
    sheet = _Sheet(scene, crop, size * FINER)
    _wall(sheet, scene, np.random.default_rng([scene.seed, 1]))  # its own, so that it decides nothing else
    skin = _mixed(look.skin, scene.tone)
    hair = _mixed(look.hair, scene.tone)
    if look.hair_style == "long":
        sheet.fill(_oval(0, 14, 56, 66), hair)
        sheet.fill(_box(-53, 10, 53, 72), hair)
    _body(sheet, scene, skin)
    _head(sheet, look, skin)
    _hair(sheet, look, hair, generator)
    _features(sheet, look, scene, skin, hair)
    return _photographed(sheet.image, scene, generator, size)


class _Sheet:
    """A sheet to draw on in the units of the head, whose middle is (0, 0), with x to the right and y downwards."""

    def __init__(self, scene: Scene, crop: tuple[int, int], side: int) -> None:
        self.crop, self.factor = crop, side / (crop[1] - crop[0])
        self.image = Image.new("RGB", (side, side), scene.wall)
        self.pencil = ImageDraw.Draw(self.image)
        angle = np.deg2rad(scene.tilt)
        self.turned = scene.scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self.middle = np.array(CENTER) + scene.shift

    def fill(self, points: Points, color: Color, *, upright: bool = False) -> None:
        """Fill a polygon; one that is `upright` does not tilt with the head."""
        turned = points if upright else points @ self.turned
        pixels = (turned + self.middle - self.crop[0]) * self.factor
        self.pencil.polygon(pixels.ravel().tolist(), fill=color)

    def stroke(self, points: Points, color: Color, width: float) -> None:
        """Draw a line of this width."""
        pixels = (points @ self.turned + self.middle - self.crop[0]) * self.factor
        thick = max(1, round(width * self.factor))
        self.pencil.line(pixels.ravel().tolist(), fill=color, width=thick, joint="curve")


def _wall(sheet: _Sheet, scene: Scene, generator: np.random.Generator) -> None:
    if scene.wall_kind == "plain":
        return
    if scene.wall_kind == "halves":
        edge = generator.uniform(-110, 110)
        sheet.fill(_box(edge, -200, 250, 200), scene.second_wall, upright=True)
    else:
        for _ in range(5):
            x, y = generator.uniform(-120, 120, 2)
            width, height = generator.uniform(15, 50, 2)
            sheet.fill(_oval(x, y, width, height), scene.second_wall, upright=True)
    sheet.image.paste(sheet.image.filter(ImageFilter.BoxBlur(3 * sheet.factor)))


def _body(sheet: _Sheet, scene: Scene, skin: Color) -> None:
    shoulders = np.array(
        [(-22, 52), (-52, 66), (-92, 80), (-105, 140), (105, 140), (92, 80), (52, 66), (22, 52)], float
    )
    sheet.fill(shoulders, scene.suit, upright=True)
    sheet.fill(np.array([(-20, 54), (0, 92), (20, 54)], float), (232, 232, 232), upright=True)
    sheet.fill(np.array([(-5, 70), (5, 70), (8, 130), (-8, 130)], float), scene.tie, upright=True)
    sheet.fill(_box(-18, 20, 18, 60), _shaded(skin, 0.78))
    sheet.fill(_oval(0, 58, 18, 9), _shaded(skin, 0.78))


def _head(sheet: _Sheet, look: Look, skin: Color) -> None:
    for side in (-1, 1) if look.ears else ():
        sheet.fill(_oval(side * look.width, 2, 6 * look.ears, 11 * look.ears), _shaded(skin, 0.9))
        sheet.fill(_oval(side * look.width, 2, 3 * look.ears, 7 * look.ears), _shaded(skin, 0.72))
    sheet.fill(_outline(look), skin)


def _hair(sheet: _Sheet, look: Look, hair: Color, generator: np.random.Generator) -> None:
    w, h = look.width, look.height
    if look.hair_style == "bald":
        for side in (-1, 1):
            sheet.fill(_oval(side * (w - 2), -14, 4.5, 14), hair)
        return
    crown = CROWN * (w + 4, h + 6)
    if look.hair_style == "short":
        front = [
            (w + 1, -4),
            (w - 4, -22),
            (w - 12, -34),
            (-w * 0.35, -36),
            (-w * 0.55, -28),
            (-w + 4, -22),
            (-w - 1, -4),
        ]
    elif look.hair_style == "long":
        front = [(w + 6, 44), (w - 4, 20), (w - 6, -12), (w * 0.1, -40), (-w + 6, -12), (-w + 4, 20), (-w - 6, 44)]
    elif look.hair_style == "curls":
        front = [(w, 4), (w - 5, -20), (w * 0.5, -28), (0, -26), (-w * 0.5, -28), (-w + 5, -20), (-w, 4)]
        for angle in np.linspace(np.pi * 0.97, np.pi * 2.03, 15):
            radius = generator.uniform(9, 12)
            sheet.fill(_oval((w + 4) * np.cos(angle), (h + 2) * np.sin(angle), radius, radius), hair)
    else:
        front = [(w, -10), (w - 4, -28), (w * 0.4, -40), (-w * 0.5, -38), (-w + 4, -28), (-w, -10)]
        sheet.fill(_oval(w * 0.12, -h - 1, w * 0.8, 13), hair)
        sheet.fill(_oval(w * 0.5, -h + 4, w * 0.42, 12), _shaded(hair, 1.12))
    sheet.fill(np.concatenate([crown, np.array(front, float)]), hair)
    for x in generator.uniform(-w * 0.8, w * 0.8, 8):
        strand = np.array([(x, -h - 3 + abs(x) / 4), (x * 0.9, -h + 8 + abs(x) / 3)])
        sheet.stroke(strand, _shaded(hair, float(generator.uniform(0.75, 1.3))), 1.4)


def _features(sheet: _Sheet, look: Look, scene: Scene, skin: Color, hair: Color) -> None:
    """Draw brows, eyes, nose, mouth, beard and glasses; turning and nodding moves them on the head."""
    x, y = 8 * scene.turn, 4 * scene.nod
    shadow = _shaded(skin, 0.72)
    if look.beard:
        _beard(sheet, look, hair, x, y)
    mouth = y + 29
    for side in (-1, 1):
        eye, brow = (x + side * 16.0 - 0.1 * side * x, y - 4.0), y - 16.0
        sheet.fill(_oval(*eye, 9.5, 6.5), _shaded(skin, 0.88))
        size = look.eye_size
        sheet.fill(_oval(*eye, 6.8 * size, 3.9 * size * scene.open_eyes), (238, 236, 232))
        iris = min(3.0, 3.6 * scene.open_eyes) * size
        sheet.fill(_oval(eye[0] + 0.2 * x, eye[1], iris, iris), (70, 60, 58))
        sheet.fill(_oval(eye[0] + 0.2 * x, eye[1], iris * 0.5, iris * 0.5), (12, 10, 10))
        lid = _bow(eye[0] - 7.5 * size, eye[0] + 7.5 * size, eye[1] - 0.6, -3.9 * size * scene.open_eyes)
        sheet.stroke(lid, DARK, 1.3)
        sheet.stroke(_bow(eye[0] - 10, eye[0] + 10, brow, -look.brow_arch), _shaded(hair, 0.8), look.brow_thickness)
        if look.wrinkles:
            sheet.stroke(
                np.array([(x + side * 11, y + 15), (x + side * 19, y + 30)]),
                _shaded(skin, 1 - 0.4 * look.wrinkles),
                1.6,
            )
    tip = y + 6 + 9 * look.nose_length
    sheet.fill(np.array([(x - 4, y - 2), (x + 4, y - 2), (1.4 * x + 8, tip), (1.4 * x - 8, tip)]), _shaded(skin, 0.95))
    sheet.stroke(np.array([(x + 4, y - 2), (1.4 * x + 7, tip)]), shadow, 1.4)
    sheet.fill(_oval(1.4 * x, tip, 8, 4.2), _shaded(skin, 0.9))
    for side in (-1, 1):
        sheet.fill(_oval(1.4 * x + side * 4, tip + 1.8, 2, 1.2), _shaded(skin, 0.45))
    _mouth(sheet, look, scene, x, mouth)
    if look.glasses:
        for side in (-1, 1):
            ring = _oval(x + side * 16.5, y - 3, 12.5, 10)
            sheet.stroke(np.concatenate([ring, ring[:2]]), DARK, 2.2)
            sheet.stroke(np.array([(x + side * 29, y - 5), (side * look.width, y - 6)]), DARK, 2.0)
        sheet.stroke(_bow(x - 4.5, x + 4.5, y - 4, -2), DARK, 2.0)


def _mouth(sheet: _Sheet, look: Look, scene: Scene, x: float, y: float) -> None:
    half, curve = 12 + 3 * max(scene.smile, 0), 5 * scene.smile
    gap = min(5 * scene.open_mouth, 6.0)
    upper = _bow(x - half, x + half, y - 0.3 * curve, curve - look.lip_thickness * 0.5)
    lower = _bow(x - half, x + half, y - 0.3 * curve, curve + gap + look.lip_thickness)
    sheet.fill(np.concatenate([upper, lower[::-1]]), look.lips)
    if gap > 1:
        inner = _bow(x - half * 0.85, x + half * 0.85, y - 0.3 * curve, curve)
        under = _bow(x - half * 0.85, x + half * 0.85, y - 0.3 * curve, curve + gap)
        sheet.fill(np.concatenate([inner, under[::-1]]), (226, 220, 212))
    else:
        sheet.stroke(_bow(x - half, x + half, y - 0.3 * curve, curve), _shaded(look.lips, 0.55), 1.2)


def _beard(sheet: _Sheet, look: Look, hair: Color, x: float, y: float) -> None:
    outline = _outline(look)
    low = outline[outline[:, 1] > 6] * 1.02
    order = np.argsort(np.arctan2(low[:, 1], low[:, 0]))  # from right to left along the chin
    cheeks = np.array([(-look.width + 8, 12), (x - 20, y + 21), (x, y + 19), (x + 20, y + 21), (look.width - 8, 12)])
    sheet.fill(np.concatenate([low[order], cheeks]), hair)


@functools.cache
def _outline(look: Look) -> Points:
    """Return the outline of a head, narrower towards the chin."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    y = np.sin(angles)
    x = np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** 0.85
    return np.stack([look.width * x * (1 - look.jaw * np.clip(y, 0, 1)), look.height * y], axis=1)


def _oval(x: float, y: float, half_width: float, half_height: float) -> Points:
    return CIRCLE * (half_width, half_height) + (x, y)


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


def _bow(left: float, right: float, y: float, height: float) -> Points:
    """Return a parabola from left to right whose middle is `height` below its ends."""
    points = np.empty((len(ACROSS), 2))
    points[:, 0] = (left + right) / 2 + ACROSS * (right - left) / 2
    points[:, 1] = y + height * ARCH
    return points


def _shaded(color: Color, factor: float) -> Color:
    red, green, blue = (min(255, round(part * factor)) for part in color)
    return red, green, blue


def _mixed(color: Color, tone: NDArray[np.float64]) -> Color:
    red, green, blue = (min(255, round(part * factor)) for part, factor in zip(color, tone, strict=True))
    return red, green, blue


def _photographed(image: Image.Image, scene: Scene, generator: np.random.Generator, size: int) -> NDArray[np.float32]:
    """Return the drawing as a camera sees it: soft, lit from one side, warm or cold, with a little noise."""
    soft = image.reduce(FINER).filter(ImageFilter.GaussianBlur(0.5))
    pixels = np.asarray(soft, dtype=np.float64) / 255
    across = np.linspace(-1, 1, size)
    down = across[:, None]
    pixels *= (scene.brightness * (1 + scene.light * across - 0.1 * down))[..., None]
    pixels *= 1 + scene.warmth * np.array([1.0, 0.0, -1.0])
    pixels += generator.normal(0, 0.012, pixels.shape)
    return np.clip(pixels, 0, 1).astype(np.float32)
