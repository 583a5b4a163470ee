"""The concepts of drawn flowers: the colour of petals, stem and pot, of which the last tells nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_course.data import Flowers
from xai_course.data.flower_drawing import COLORS

PARTS = {"petal": ("petals", 4), "stem": ("stem", 3), "pot": ("pot", 4)}
"""What they are called, by the parts of the drawing, and in how many colours there are such."""

GROUPS = {part: [f"{part}: {color}" for color in list(COLORS)[:count]] for part, (_, count) in PARTS.items()}
"""Of each group exactly one is true."""

CONCEPTS = tuple(concept for group in GROUPS.values() for concept in group)


def truths(flowers: Flowers) -> NDArray[np.float32]:
    """Return which concepts are true of double flowers, (flowers, concepts) of 0 and 1: what the pictures show.

    Raises
    ------
    ValueError
        If the flowers are single ones, whose petals may be white.
    """
    if flowers.kind != "double":
        raise ValueError(f"The flowers are {flowers.kind} ones; expected double ones, whose parts all have colours.")
    found = []
    for part, (drawn, count) in PARTS.items():
        where = flowers.concepts[drawn]
        shown = [(where & flowers.concepts[concept.partition(": ")[2]]).sum(axis=(1, 2)) for concept in GROUPS[part]]
        found.append(np.eye(count, dtype=np.float32)[np.argmax(shown, axis=0)])
    return np.concatenate(found, axis=1)


def dimmed(pictures: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Return pictures as in poor light: darker, and with the noise of a small camera."""
    noise = np.random.default_rng(seed).normal(0, 0.1, pictures.shape)
    return np.clip(0.6 * pictures + noise, 0, 1).astype(np.float32)
