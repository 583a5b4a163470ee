"""Scenes with digits somewhere in them, among digits that are cut into pieces: where each digit stands is known."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_course.data.digits import Digits

SIDE, PATCH = 64, 8
GRID = SIDE // PATCH
ROOM = 4
"""A digit stands in the middle of a square of so many patches."""
CLASSES = ("0", "1", "2", "3", "4")
THINGS = 3
"""In each scene: digits, and what is left of digits whose pieces were shuffled."""
PIECE = 4
"""The side of a piece, in pixels."""


@dataclass(frozen=True, repr=False)
class Scenes:
    """Pictures with one digit, or two, among digits in pieces.

    Attributes
    ----------
    pictures : array of shape (scenes, 64, 64, 1)
        float32 from 0 (background) to 1 (ink).
    labels : array of shape (scenes, digits)
        Which digits each scene shows, from 0 to 4; those of one scene are different ones.
    masks : array of bool, shape (scenes, digits, 8, 8)
        The patches, of 8 x 8 pixels, on which each digit has ink.
    classes : tuple of str
        ("0", "1", "2", "3", "4").
    """

    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]
    masks: NDArray[np.bool_]

    classes = CLASSES

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        digits = self.labels.shape[1]
        return (
            f"{len(self)} scenes of {SIDE} x {SIDE} pixels, each with {digits} digit{'s' * (digits > 1)} and "
            f"{THINGS - digits} in pieces"
        )

    def chosen(self, index: NDArray[np.generic]) -> Scenes:
        """Return some of the scenes, by number or by truth."""
        return Scenes(self.pictures[index], self.labels[index], self.masks[index])


def draw_scenes(digits: Digits, count: int, *, shown: int = 1, train: bool = False, seed: int = 0) -> Scenes:
    """Return scenes made of handwritten digits, the same ones for the same seed.

    Parameters
    ----------
    digits : Digits
        Those of 0 to 4 are used.
    count : int
        How many scenes.
    shown : int, default 1
        How many whole digits are in each, 1 to 3; the others of the three things in it are in pieces.
    train : bool, default False
        Whether they are made of the training digits, instead of the test digits.
    seed : int, default 0

    Returns
    -------
    Scenes

    Raises
    ------
    ValueError
        If there cannot be so many digits in a scene.
    """
    if not 1 <= shown <= THINGS:
        raise ValueError(f"A scene of {THINGS} things shows {shown} digits; expected 1 to {THINGS}.")
    generator = np.random.default_rng(seed)
    x, y = (digits.x_train, digits.y_train) if train else (digits.x_test, digits.y_test)
    of_class = [np.flatnonzero(y == number) for number in range(len(CLASSES))]
    pictures = np.zeros((count, SIDE, SIDE, 1), np.float32)
    labels = np.zeros((count, shown), np.int64)
    masks = np.zeros((count, shown, GRID, GRID), np.bool_)
    for scene in range(count):
        different = generator.permutation(len(CLASSES))
        for thing, (row, column) in enumerate(generator.choice(_corners())):
            label = different[thing]
            digit = x[generator.choice(of_class[label])]
            whole = thing < shown
            margin = (ROOM * PATCH - len(digit)) // 2
            framed = np.pad(
                digit if whole else in_pieces(digit, generator), ((margin, margin), (margin, margin), (0, 0))
            )
            top, left = row * PATCH, column * PATCH
            pictures[scene, top : top + len(framed), left : left + len(framed)] = framed
            if whole:
                labels[scene, thing] = label
                masks[scene, thing, row : row + ROOM, column : column + ROOM] = inked(framed)
    return Scenes(pictures, labels, masks)


def inked(picture: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return on which patches of a picture (height, width, 1) there is ink: a pixel that is more than half white."""
    height, width, _ = picture.shape
    ink: NDArray[np.bool_] = (picture > 0.5).reshape(height // PATCH, PATCH, width // PATCH, PATCH).any(axis=(1, 3))
    return ink


def in_pieces(digit: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a digit (28, 28, 1) cut into squares of 4 x 4 pixels, in another order."""
    across = len(digit) // PIECE
    pieces = digit.reshape(across, PIECE, across, PIECE).transpose(0, 2, 1, 3).reshape(-1, PIECE, PIECE)
    shuffled = pieces[generator.permutation(len(pieces))]
    return shuffled.reshape(across, across, PIECE, PIECE).transpose(0, 2, 1, 3).reshape(digit.shape)


@functools.cache
def _corners() -> NDArray[np.int64]:
    """Return every way to place the things so that none covers another: the row and column of their upper left patch.

    Of shape (ways, things, 2).
    """
    steps = range(GRID - ROOM + 1)
    ways = np.array(list(itertools.product(itertools.product(steps, steps), repeat=THINGS)))
    apart = np.abs(ways[:, :, None] - ways[:, None]).max(axis=-1) >= ROOM
    first, second = np.triu_indices(THINGS, 1)
    return ways[apart[:, first, second].all(axis=1)]
