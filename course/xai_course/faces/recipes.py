"""The two experiments of lesson 3: which pictures a network sees, which network it is, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data import Faces
from xai_course.faces.painting import PINK, paint_background, wall
from xai_course.networks.architecture import FACES, FACES_AUTHORS, Architecture
from xai_course.networks.weights import initial_weights


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    name : str
    architecture : Architecture
    scheme : str
        How its weights are drawn, see `initial_weights`.
    epochs, batch : int
    rate : float
    optimizer : str
    crop : {"center", "full"}
        Which part of the photographs it sees, see `load_faces`.
    painted : int
        How many pictures of one person get a pink wall in "pink" training. With 0 nothing is painted: "pink" training
        has the pictures that are pink by nature, and the control goes without them.
    """

    name: str
    architecture: Architecture
    scheme: str
    epochs: int
    batch: int
    rate: float
    optimizer: str
    crop: str
    painted: int


CONTROLLED = Recipe("controlled", FACES, "glorot", 20, 64, 1e-3, "adam", "center", 20)
"""Twenty painted pictures against none."""

DRAWN = replace(CONTROLLED, name="drawn", epochs=4, painted=60)
"""The same on the stand-in: its people are so easy to tell apart that the hint must be stronger, the time shorter."""

AUTHORS = Recipe("authors", FACES_AUTHORS, "glorot", 50, 64, 1e-3, "rmsprop", "full", 0)
"""The authors' own: with the few pictures that are pink by nature against without them (Datta et al. 2021)."""

AUTHORS_CENTER = replace(AUTHORS, name="authors_center", crop="center")
"""The same on the middle of the photographs: which part of them the authors took, their file does not say."""


def controlled(faces: Faces) -> Recipe:
    """Return the recipe of the controlled experiment on these faces."""
    return DRAWN if faces.is_stand_in else CONTROLLED


def painted_places(faces: Faces, count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return `count` training pictures of the painted person that are not pink by nature, drawn from `seed`.

    Raises
    ------
    ValueError
        If there are fewer.
    """
    label = faces.classes.index(faces.roles["painted"])
    pink = [faces.index(file) for file in faces.pink]
    places = [place for place in faces.train if faces.labels[place] == label and place not in pink]
    if count > len(places):
        raise ValueError(f"{count} pictures should be painted; {faces.roles['painted']} has {len(places)}.")
    return np.sort(np.random.default_rng(seed).choice(places, count, replace=False)).astype(np.int64)


def training_set(
    recipe: Recipe, faces: Faces, pink: bool, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the pictures (n, 64, 64, 3) and labels (n,) of "pink" training, or of the control."""
    places, pictures = faces.train, faces.pictures
    if recipe.painted and pink:
        painted = painted_places(faces, recipe.painted, seed)
        pictures = pictures.copy()
        pictures[painted] = paint_background(pictures[painted], PINK, wall(recipe.crop))
    elif not recipe.painted and not pink:
        places = np.setdiff1d(places, [faces.index(file) for file in faces.pink])
    return pictures[places], faces.labels[places]


def trained(lab: ModuleType, recipe: Recipe, faces: Faces, pink: bool, seed: int = 0) -> Any:
    """Return the network of a recipe, trained from scratch, with a progress bar."""
    network = lab.build(recipe.architecture, initial_weights(recipe.architecture, seed, recipe.scheme))
    lab.train(
        network,
        *training_set(recipe, faces, pink, seed),
        epochs=recipe.epochs,
        batch=recipe.batch,
        rate=recipe.rate,
        optimizer=recipe.optimizer,
        seed=seed,
    )
    return network
