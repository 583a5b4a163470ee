"""Globally robust networks: training them, and certificates of how far each answer holds.

After Leino, Wang and Fredrikson (2021). What needs no framework is in NumPy: `norms`, `certificate`, `schedules` and
`configurations`. Training is there twice: `gloro.torch` and `gloro.keras` have the same functions in the same order.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from xai_course import networks
from xai_course.gloro.certificate import Bounds, bottom, bounds_of, radii, vra
from xai_course.gloro.configurations import CONFIGURATIONS, MNIST, STANDARD, Configuration, Recipe
from xai_course.gloro.shipped import KINDS, digit_networks, shipped_name, shipped_weights

__all__ = [
    "CONFIGURATIONS",
    "KINDS",
    "MNIST",
    "STANDARD",
    "Bounds",
    "Configuration",
    "Recipe",
    "backend",
    "bottom",
    "bounds_of",
    "digit_networks",
    "radii",
    "shipped_name",
    "shipped_weights",
    "vra",
]


def backend(name: str | None = None) -> ModuleType:
    """Return the training in one framework; only that framework is imported.

    Parameters
    ----------
    name : {"torch", "keras"}, optional
        By default what the environment variable XAI_BACKEND says, else "torch".
    """
    chosen = networks.backend(name).__name__.rpartition(".")[2]
    return importlib.import_module(f"xai_course.gloro.{chosen}")
