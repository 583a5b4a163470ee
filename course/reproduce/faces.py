"""Train and measure the networks of lesson 3: the controlled experiment and the authors' own, with several seeds.

    python course/reproduce/faces.py                          everything; two to three hours on one core
    python course/reproduce/faces.py controlled               20 painted pictures against none
    python course/reproduce/faces.py hues                     the first of these, asked about walls of every hue
    python course/reproduce/faces.py authors                  the authors' network and recipe, natural pink pictures
    python course/reproduce/faces.py authors_center           the same on the middle of the photographs
    python course/reproduce/faces.py drawn                    the controlled experiment on the stand-in, one seed
    python course/reproduce/faces.py controlled --backend keras

What is done already stays: each row of course/xai_course/results/faces.json is written at once. Delete the file to
start anew. The networks of the controlled experiment with seed 0 in PyTorch, on photographs and on drawn faces, are
those that ship.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path
from typing import Any

from rows import Rows

import xai_course
from xai_course import faces as lesson
from xai_course.data import Faces, draw_faces, load_faces
from xai_course.faces import AUTHORS, AUTHORS_CENTER, CONTROLLED, DRAWN
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "faces.json"
BACKENDS = ("torch", "keras")
RECIPES = {
    "controlled": CONTROLLED,
    "hues": CONTROLLED,
    "authors": AUTHORS,
    "authors_center": AUTHORS_CENTER,
    "drawn": DRAWN,
}
SEEDS = {"controlled": range(8), "hues": range(3), "authors": range(5), "authors_center": range(3), "drawn": range(1)}
PACKAGES = {"torch": ("numpy", "torch"), "keras": ("numpy", "keras", "tensorflow")}


def main() -> None:
    """Run the experiments that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks of lesson 3.")
    parser.add_argument("experiments", nargs="*", help=f"{', '.join(RECIPES)}; all by default")
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="both by default")
    asked = parser.parse_args()
    if unknown := [name for name in asked.experiments if name not in RECIPES]:
        parser.error(f"{unknown[0]} is no experiment; expected some of {', '.join(RECIPES)}.")
    rows = Rows(RESULTS)
    for backend in asked.backend or BACKENDS:
        for experiment in asked.experiments or RECIPES:
            faces = draw_faces() if experiment == "drawn" else load_faces(RECIPES[experiment].crop)
            if faces.is_stand_in and experiment != "drawn":
                parser.error(f"these results are for Labeled Faces in the Wild; found {faces}.")
            for seed in SEEDS[experiment]:
                for pink in (True, False):
                    key = {"backend": backend, "seed": seed, "pink": pink}
                    if rows.find(experiment, **key) is None:
                        print(f"{experiment}, {key}", flush=True)
                        rows.add(experiment, key | measured(experiment, faces, **key))


def measured(experiment: str, faces: Faces, backend: str, seed: int, pink: bool) -> dict[str, Any]:
    """Train a network and return what is measured on it, and with which packages; save it where it is to ship."""
    lab, recipe = xai_course.backend(backend), RECIPES[experiment]
    network = lesson.trained(lab, recipe, faces, pink, seed)
    if experiment in ("controlled", "drawn") and (backend, seed) == ("torch", 0):
        ship(lesson.shipped_name(recipe, pink), lab.weights_of(network), half=True)
    by_hue = experiment == "hues"
    found = lesson.measured_by_hue(lab, network, faces) if by_hue else lesson.measured(lab, network, faces, recipe.crop)
    return {
        "architecture": recipe.architecture.name,
        **found,
        "versions": {name: version(name) for name in PACKAGES[backend]},
    }


def version(package: str) -> str:
    """Return the version of a package that is installed; TensorFlow has two names."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.version(f"{package}-cpu")


if __name__ == "__main__":
    main()
