"""Adversarial training: a network learns from the worst pictures that an attack finds near those it is given.

`recipe` says what is trained how. Training is there twice: `adversarial.torch` and `adversarial.keras` have the same
functions in the same order. No certificate comes of it; for these there is `xai_course.gloro`.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from xai_course import networks
from xai_course.adversarial.recipe import RECIPES, AdversarialRecipe

__all__ = ["RECIPES", "AdversarialRecipe", "backend"]


def backend(name: str | None = None) -> ModuleType:
    """Return the training in one framework; only that framework is imported.

    Parameters
    ----------
    name : {"torch", "keras"}, optional
        By default what the environment variable XAI_BACKEND says, else "torch".
    """
    chosen = networks.backend(name).__name__.rpartition(".")[2]
    return importlib.import_module(f"xai_course.adversarial.{chosen}")
