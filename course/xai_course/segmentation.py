"""The U-Nets of the lesson on segmentation: where they come from, how they were trained, how good they are."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.slices import Slices
from xai_course.networks.architecture import SLICES
from xai_course.networks.shipped import load_shipped

EPOCHS = {False: 15, True: 12}
"""Of training, by whether the slices are the drawn ones."""
BATCH, RATE = 8, 2e-3


def network(lab: ModuleType, slices: Slices) -> Any:
    """Return the U-Net that was trained on these slices; its weights come with the course and serve both frameworks.

    It puts out two logits for each pixel: tissue, and tumour.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    slices : Slices
    """
    return lab.build(SLICES, load_shipped(shipped_name(slices), SLICES))


def trained(lab: ModuleType, slices: Slices, seed: int = 0, epochs: float | None = None) -> Any:
    """Return a U-Net trained on the training slices: minutes on one core."""
    fresh = lab.build(SLICES, seed=seed)
    x, y = slices.pictures(slices.train), slices.masks(slices.train).astype(np.int64)
    lab.train(
        fresh,
        x,
        y,
        epochs=EPOCHS[slices.is_stand_in] if epochs is None else epochs,
        batch=BATCH,
        rate=RATE,
        seed=seed,
        schedule=lambda done: float(0.5 * (1 + np.cos(np.pi * done))),
    )
    return fresh


def shipped_name(slices: Slices) -> str:
    """Return the name under which the weights of seed 0 come with the course."""
    return f"slices_{'drawn' if slices.is_stand_in else 'scans'}"


def dice(found: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Return how well two areas agree: twice what they share, divided by the sum of both (Dice 1945); 1 if both are
    empty."""
    total = int(found.sum() + mask.sum())
    return 2 * int((found & mask).sum()) / total if total else 1.0
