"""Train and measure the networks of lesson 4, robust and standard, in both frameworks and with several seeds.

    python course/reproduce/digits.py              everything; a few hours on one core
    python course/reproduce/digits.py choose       the hyper-parameters, on a validation split
    python course/reproduce/digits.py train        the networks
    python course/reproduce/digits.py attack       the attacks on them, on 1000 pictures each
    python course/reproduce/digits.py exhaust      the attacks on the robust networks of seed 0, on all pictures

What is done already stays: each row of course/xai_course/results/digits.json is written at once. Delete the file to
start anew. The networks are kept in the course's cache folder, and those of seed 0 in PyTorch are the ones that ship.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, Rows

import xai_course
from xai_course import gloro, robust
from xai_course.gloro import KINDS, MNIST, Recipe
from xai_course.networks import weights as weight_files
from xai_course.networks.architecture import Architecture
from xai_course.networks.shipped import ship

PACKAGE = Path(xai_course.__file__).parent
BACKENDS = ("torch", "keras")
SEEDS = (0, 1, 2)
VALIDATION = 10_000
"""The last of the training pictures, for choosing."""

GRID = [
    *(Recipe(epsilon=epsilon, weight=weight, epochs=10) for epsilon in (0.3, 0.45) for weight in (1.0, 2.0, 4.0)),
    *(Recipe(epsilon=0.6, weight=weight, epochs=10) for weight in (1.0, 2.0)),
    Recipe(epsilon=0.45, loss="cross-entropy", epochs=10),
]

STEPS, RESTARTS, PART = 100, 5, 1000
"""Of the attack: on the whole test set for the robust networks of seed 0, on the first 1000 pictures for the others.

The standard networks promise next to nothing that could be broken: for them one start is enough.
"""


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks of lesson 4.")
    stages = {"choose": choose, "train": train, "attack": attack, "exhaust": exhaust}
    parser.add_argument("stages", nargs="*", help="choose, train, attack, exhaust; all of them by default")
    asked = parser.parse_args().stages or list(stages)
    if unknown := [name for name in asked if name not in stages]:
        parser.error(f"{unknown[0]} is no stage; expected some of {', '.join(stages)}.")
    digits = xai_course.load_digits(train=60_000)
    if digits.is_stand_in:
        parser.error(f"these results are for MNIST; found {digits}.")
    rows = Rows(PACKAGE / "results" / "digits.json")
    for name in asked:
        stages[name](rows, digits)


def choose(rows: Rows, digits: Any) -> None:
    """Train each recipe of the grid without the validation pictures, and measure it on them alone."""
    lab, training = xai_course.backend("torch"), gloro.backend("torch")
    x, y = digits.x_train[:-VALIDATION], digits.y_train[:-VALIDATION]
    held_x, held_y = digits.x_train[-VALIDATION:], digits.y_train[-VALIDATION:]
    for recipe in GRID:
        key = {"epsilon": recipe.epsilon, "loss": recipe.loss, "weight": recipe.weight, "epochs": recipe.epochs}
        if rows.find("choice", **key):
            continue
        network = _fresh(lab, MNIST.architecture, seed=0)
        training.train(network, x, y, recipe)
        rows.add("choice", {**key, **_accuracy(lab, network, MNIST.architecture, held_x, held_y)})
        _report("choice", rows.tables["choice"][-1])


def train(rows: Rows, digits: Any) -> None:
    """Train every network; measure its accuracy, its verified robust accuracy and its crispness on the test set."""
    for backend in BACKENDS:
        for seed in SEEDS:
            for kind, (architecture, recipe) in KINDS.items():
                key = {"backend": backend, "seed": seed, "kind": kind}
                if rows.find("networks", **key) and _path(**key).exists():
                    continue
                lab, training = xai_course.backend(backend), gloro.backend(backend)
                network = _fresh(lab, architecture, seed)
                began = time.monotonic()
                training.train(network, digits.x_train, digits.y_train, recipe, seed=seed)
                seconds = time.monotonic() - began
                weights = lab.weights_of(network)
                weight_files.save(_path(**key), weights)
                if backend == "torch" and seed == 0:
                    ship(gloro.shipped_name(kind), weights, half=kind != "robust")
                gradients = training.Gradients(network).top(digits.x_test)
                measured = _accuracy(lab, network, architecture, digits.x_test, digits.y_test)
                crisp = {
                    name: round(v, 4)
                    for name, v in dataclasses.asdict(robust.crispness(digits.x_test, gradients)).items()
                }
                row = {**key, "epochs": recipe.epochs, "seconds": round(seconds), **measured, **crisp}
                if not rows.find("networks", **key):
                    rows.add("networks", row)
                _report("network", row)


def attack(rows: Rows, digits: Any) -> None:
    """Attack what has been trained on the first 1000 test pictures, and count what breaks of what was certified."""
    for backend in BACKENDS:
        for seed in SEEDS:
            for kind in KINDS:
                _attack_part(rows, digits, 0, backend=backend, seed=seed, kind=kind)


def exhaust(rows: Rows, digits: Any) -> None:
    """Attack the robust networks of seed 0 on the rest of the test set."""
    for backend in BACKENDS:
        for first in range(PART, len(digits.x_test), PART):
            _attack_part(rows, digits, first, backend=backend, seed=0, kind="robust")


def _attack_part(rows: Rows, digits: Any, first: int, **network: Any) -> None:
    if _path(**network).exists() and not rows.find("attacks", **network, first=first):
        part = slice(first, first + PART)
        rows.add(
            "attacks", {**network, "first": first, **_attacked(digits.x_test[part], digits.y_test[part], **network)}
        )
        _report("attack", rows.tables["attacks"][-1])


def _attacked(x: Any, y: Any, backend: str, seed: int, kind: str) -> Row:
    lab, architecture, restarts = xai_course.backend(backend), KINDS[kind][0], RESTARTS if kind == "robust" else 1
    weights = weight_files.load(_path(backend, seed, kind), architecture)
    network = lab.build(architecture, weights)
    logits = lab.predict(network, x)
    answers = logits.argmax(axis=1)
    certified = gloro.radii(logits, gloro.bounds_of(architecture, weights)) > MNIST.epsilon
    margin = gloro.backend(backend).Gradients(network).margin
    found = robust.attack(margin, x, answers, epsilon=MNIST.epsilon, steps=STEPS, restarts=restarts, seed=seed)
    broken = ~np.isnan(found).any(axis=(1, 2, 3))
    correct = answers == y
    return {
        "pictures": len(x),
        "steps": STEPS,
        "restarts": restarts,
        "accuracy": round(float(correct.mean()), 4),
        "pgd_accuracy": round(float((correct & ~broken).mean()), 4),
        "vra": round(float((correct & certified).mean()), 4),
        "certified": int(certified.sum()),
        "certified_and_broken": int((certified & broken).sum()),
    }


def _fresh(lab: Any, architecture: Architecture, seed: int) -> Any:
    return lab.build(architecture, weight_files.initial_weights(architecture, seed, "orthogonal"))


def _accuracy(lab: Any, network: Any, architecture: Architecture, x: Any, y: Any) -> Row:
    logits = lab.predict(network, x)
    bounds = gloro.bounds_of(architecture, lab.weights_of(network))
    radii = gloro.radii(logits, bounds)
    return {
        "accuracy": round(float((logits.argmax(axis=1) == y).mean()), 4),
        "vra": round(gloro.vra(logits, y, bounds, MNIST.epsilon), 4),
        "median_radius": round(float(np.median(radii)), 4),
        "norms": {name: round(norm, 4) for name, norm in bounds.norms.items()},
    }


def _path(backend: str, seed: int, kind: str) -> Path:
    return xai_course.cache_folder() / "reproduce" / f"digits_{kind.lower()}_{backend}_{seed}.safetensors"


def _report(what: str, row: Row) -> None:
    print(time.strftime("%H:%M:%S"), what, *(f"{name}={value}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
