"""Photographs to try the network on; they come with scikit-image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_course.imagenet.architecture import SIZE

PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "astronaut")
"""The photographs, by the names that scikit-image gives them."""


def load_photograph(name: str) -> NDArray[np.float32]:
    """Return the largest square in the middle of a photograph, (224, 224, 3), from 0 to 1.

    Raises
    ------
    ValueError
        If the name is none of `PHOTOGRAPHS`.
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"There is no photograph {name!r}; expected one of {', '.join(PHOTOGRAPHS)}.")
    from skimage import data, transform

    picture = getattr(data, name)()
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return transform.resize(square, (SIZE, SIZE), anti_aliasing=True).astype(np.float32)
