"""The small network that reads digits in lessons 1 and 9: where it comes from, and how it was trained."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from xai_course.data import Digits
from xai_course.networks.architecture import DIGITS
from xai_course.networks.shipped import load_shipped

NAME = "digits_small"
"""Under which the weights for MNIST come with the course: those of seed 0, trained in PyTorch."""
STEPS = 500


def network(lab: ModuleType, digits: Digits) -> Any:
    """Return a network that reads these digits.

    For MNIST its weights come with the course: a training ends elsewhere on another processor, which rounds otherwise,
    and what is said of the network would be true of another one. For the stand-in it is trained here, in some seconds.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    digits : Digits
    """
    return trained(lab, digits) if digits.is_stand_in else lab.build(DIGITS, load_shipped(NAME, DIGITS))


def trained(lab: ModuleType, digits: Digits, seed: int = 0) -> Any:
    """Return a network that was trained on the training digits: some seconds."""
    fresh = lab.build(DIGITS, seed=seed)
    lab.train(fresh, digits.x_train, digits.y_train, steps=STEPS, seed=seed)
    return fresh
