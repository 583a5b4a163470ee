"""Where the networks of lesson 3 come from: the package, the cache of this machine, or training."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType
from typing import Any

from xai_course.data import Faces, cache_folder
from xai_course.faces.recipes import Recipe, controlled, trained, training_set
from xai_course.networks import weights as files
from xai_course.networks.shipped import load_shipped


def network(lab: ModuleType, recipe: Recipe, faces: Faces, pink: bool, seed: int = 0) -> tuple[Any, str]:
    """Return the network of a recipe, and where it came from.

    The package ships the weights of the controlled experiment with seed 0, which serve both frameworks. Any other
    network is trained, and its weights are kept in the course's cache folder for the next time.

    Parameters
    ----------
    lab : module
        `xai_course.backend(...)`.
    recipe : Recipe
    faces : Faces
    pink : bool
        Whether it saw the pink walls.
    seed : int
        Of its first weights, of the order of the pictures, and of which are painted.
    """
    if seed == 0 and recipe == controlled(faces):
        shipped = load_shipped(shipped_name(recipe, pink), recipe.architecture)
        return lab.build(recipe.architecture, shipped), "shipped weights"
    cached = cached_file(lab, recipe, faces, pink, seed)
    if cached.exists():
        return lab.build(recipe.architecture, files.load(cached, recipe.architecture)), "trained earlier"
    found = trained(lab, recipe, faces, pink, seed)
    files.keep(cached, lab.weights_of(found))
    return found, "trained now"


def shipped_name(recipe: Recipe, pink: bool) -> str:
    """Return the name under which the weights of seed 0 of the controlled experiment come with the course."""
    return f"faces_{recipe.name}_{'pink' if pink else 'control'}"


def cached_file(lab: ModuleType, recipe: Recipe, faces: Faces, pink: bool, seed: int) -> Path:
    """Return where weights are kept that were trained here: a name for this recipe on these very pictures."""
    digest = hashlib.sha256(f"{lab.FRAMEWORK} {recipe} {seed}".encode())
    for array in training_set(recipe, faces, pink, seed):
        digest.update(array.tobytes())
    return cache_folder() / f"faces_{recipe.name}_{digest.hexdigest()[:16]}.safetensors"
