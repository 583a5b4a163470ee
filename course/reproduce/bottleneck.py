"""Train concept bottlenecks on drawn flowers, and measure what comes of telling them the truth about concepts.

    python course/reproduce/bottleneck.py

Some minutes on one core: three seeds in both frameworks; of seed 0 PyTorch's ships for both. What is done already
stays: each row of course/xai_course/results/bottleneck.json is written at once. Delete the file to start anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import numpy as np
from rows import Row, Rows

import xai_course
import xai_widgets as xai
from xai_course.data import Flowers, load_flowers
from xai_course.networks.shipped import FOLDER, ship
from xai_course.self_explaining import bottleneck as own
from xai_course.self_explaining.concepts import CONCEPTS, GROUPS, dimmed, truths

RESULTS = Path(xai_course.__file__).parent / "results" / "bottleneck.json"
BACKENDS, NEW = ("torch", "keras"), 360
TOLD = {"none": (), "petal": ("petal",), "stem": ("stem",), "both": ("petal", "stem"), "pot": ("pot",)}
"""Which groups of concepts are told."""
POLICIES = ("expected_change", "uncertainty", "effect", "chance")


def main() -> None:
    """Train what is not kept, and measure what there is no row of."""
    rows, flowers = Rows(RESULTS), load_flowers("double", own.COUNT)
    fresh = load_flowers("double", NEW, seed=1)
    for taught in get_args(own.Taught):
        name = own.shipped_name(taught)
        if not (FOLDER / f"{name}.safetensors").exists():
            lab = xai_course.backend("torch")
            ship(name, lab.weights_of(own.trained(lab, taught, flowers)), half=True)
    for backend, seed, taught in itertools.product(BACKENDS, own.SEEDS, get_args(own.Taught)):
        key = {"backend": backend, "seed": seed, "taught": taught}
        if rows.find("told", **key) is None:
            lab = xai_course.backend(backend)
            for row in list(corrected(lab, taught, seed, flowers, fresh)):
                rows.add("told", key | row)
            print(rows.tables["told"][-2:], flush=True)
        if taught == "independent" and rows.find("asked", **key) is None:
            for row in list(asked(xai_course.backend(backend), seed, fresh)):
                rows.add("asked", key | row)


def corrected(lab: ModuleType, taught: own.Taught, seed: int, flowers: Flowers, fresh: Flowers) -> Iterator[Row]:
    """Yield how often a network is right where it is told groups of concepts, in good light and in poor."""
    model, true = own.wrapped(lab, own.network(lab, taught, seed), fresh), truths(fresh)
    levels = own.levels(model, lab.layout(flowers.pictures[flowers.train])) if taught == "logits" else None
    for light, pictures in {"clean": fresh.pictures, "dim": dimmed(fresh.pictures)}.items():
        inputs = lab.layout(pictures)
        said = xai.Intervention(own.LAYER, {})(model, inputs).said > (0 if taught == "logits" else 0.5)
        found = {"light": light, "concepts": share(said == (true > 0))}
        for name, groups in TOLD.items():
            known = own.told(true, [concept for group in groups for concept in GROUPS[group]], levels)
            answers = xai.Intervention(own.LAYER, known)(model, inputs).scores.argmax(axis=1)
            found[name] = share(answers == fresh.labels)
        yield found


def asked(lab: ModuleType, seed: int, fresh: Flowers) -> Iterator[Row]:
    """Yield how often a network is right after each group that it asks for, by what it asks, in poor light."""
    model, true = own.wrapped(lab, own.network(lab, "independent", seed), fresh), truths(fresh)
    inputs, names = lab.layout(dimmed(fresh.pictures)), list(GROUPS)
    for policy in POLICIES:
        known, right = np.full(true.shape, np.nan), []
        random = np.random.default_rng(seed)
        for _ in range(len(GROUPS) + 1):
            told = dict(zip(CONCEPTS, known.T, strict=True))
            answers = xai.Intervention(own.LAYER, told)(model, inputs).scores.argmax(axis=1)
            right.append(share(answers == fresh.labels))
            if len(right) > len(GROUPS):
                break
            if policy == "chance":
                left = [[name for name in names if np.isnan(row[members(name)]).all()] for row in known]
                chosen = [group[random.integers(len(group))] for group in left]
            else:
                chosen = xai.NextConcept(own.LAYER, groups=GROUPS, criterion=policy)(model, inputs, told).best
            for row, group in enumerate(chosen):
                known[row, members(group)] = true[row, members(group)]
        yield {"policy": policy, "right": right}


def members(group: str) -> list[int]:
    """Return the numbers of the concepts of a group."""
    return [CONCEPTS.index(concept) for concept in GROUPS[group]]


def share(true: np.ndarray) -> float:
    """Return how many are true, of one."""
    return round(float(np.mean(true)), 4)


if __name__ == "__main__":
    main()
