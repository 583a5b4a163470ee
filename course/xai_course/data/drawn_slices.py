"""Slices of invented brains with a lesion: an outline, two halves with folds, ventricles, and a bright patch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 128


def draw(patient: int, number: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return slice `number` of a patient, (128, 128, 3), and where the lesion is, (128, 128).

    The three channels are one brain seen in three ways; the lesion is bright in the second and hardly to be seen in the
    first, as tumours are in FLAIR and in plain scans. Some brains have a bright patch of another kind, small and
    without a rim, which is no lesion: brightness alone does not tell.
    """
    person, slice_ = np.random.default_rng((7, patient)), np.random.default_rng((8, patient, number))
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    tilt = person.uniform(-0.1, 0.1)
    y, x = y * np.cos(tilt) - x * np.sin(tilt), y * np.sin(tilt) + x * np.cos(tilt)
    size = 1 - 0.05 * abs(number - 2)
    height, width = size * person.uniform(48, 56), size * person.uniform(38, 45)
    radius = np.sqrt((y / height) ** 2 + (x / width) ** 2)
    skull, brain = (radius < 1) & (radius > 0.9), radius < 0.86
    folds = ndimage.gaussian_filter(slice_.standard_normal((SIDE, SIDE)), person.uniform(2, 3))
    folds = folds / np.abs(folds).max()
    grey = 0.45 + 0.12 * folds - 0.06 * (np.abs(x) < 1.2)
    for side in (-1, 1):
        place = ((y + 4) / 14) ** 2 + ((x - side * 6 * (1 + (y + 20) / 60)) / 4) ** 2
        grey = np.where(place < 1, 0.15, grey)
    lesion = _patch(person, slice_, y, x, height, width, person.uniform(7, 15)) & brain
    glow = ndimage.gaussian_filter(lesion.astype(float), 1.2) * person.uniform(0.28, 0.45)
    distraction = np.zeros_like(glow)
    if person.uniform() < 0.5:
        spot = _patch(person, slice_, y, x, height, width, person.uniform(3, 4.5)) & brain & ~lesion
        distraction = ndimage.gaussian_filter(spot.astype(float), 0.6) * 0.4
    noise = ndimage.gaussian_filter(slice_.standard_normal((SIDE, SIDE, 3)), (0.7, 0.7, 0)) * 0.02
    tints = person.uniform(0.8, 1.0, 3)
    seen = np.stack([grey - 0.1 * glow, grey + glow + distraction, grey + 0.15 * glow], axis=-1) * brain[..., None]
    seen += 0.8 * ndimage.gaussian_filter(skull.astype(float), 0.7)[..., None]
    pixels = np.clip(seen * tints + noise * (radius < 1)[..., None], 0, 1)
    return np.round(255 * pixels).astype(np.uint8), lesion


def _patch(
    person: np.random.Generator,
    slice_: np.random.Generator,
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    height: float,
    width: float,
    size: float,
) -> NDArray[np.bool_]:
    """Return a patch with an uneven outline somewhere in the brain, at about the same place in every slice."""
    angle, distance = person.uniform(0, 2 * np.pi), person.uniform(0.25, 0.6)
    middle = distance * height * np.sin(angle), distance * width * np.cos(angle)
    y, x = y - middle[0] - slice_.normal(0, 1), x - middle[1] - slice_.normal(0, 1)
    around = np.arctan2(y, x)
    outline = 1 + sum(person.uniform(0, 0.25) * np.cos(k * around + person.uniform(0, 6)) / k for k in (1, 2, 3, 4))
    patch: NDArray[np.bool_] = np.hypot(y, x) < size * slice_.uniform(0.85, 1.1) * outline
    return patch
