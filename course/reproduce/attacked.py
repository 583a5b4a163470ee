"""Train networks against attacks, beside those of lesson 4, and others on nothing but what an attack has left behind.

    python course/reproduce/attacked.py            everything; an hour and a half on one core
    python course/reproduce/attacked.py train      adversarial training and TRADES, measured as digits.py measures
    python course/reproduce/attacked.py features   networks that learn from attacked pictures with the wrong labels

What is done already stays: each row of course/xai_course/results/attacked.json is written at once. Delete the file to
start anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from rows import Row, Rows

import xai_course
from xai_course import adversarial, gloro, robust
from xai_course.gloro import MNIST, STANDARD
from xai_course.networks.weights import initial_weights

RESULTS = Path(xai_course.__file__).parent / "results" / "attacked.json"
BACKENDS, SEEDS = ("torch", "keras"), (0, 1, 2)
STEPS, RESTARTS, ATTACKED = 100, 5, 1000
"""Of the attack, the one that the robust networks of `digits.py` get."""
FEATURES, FAR = 10_000, 2.0
"""So many pictures are moved so far (l2) to a random class, and learnt with it as their label."""
OTHER = 100
"""Added to the seed, that of the first weights of a network that learns from what another has left."""


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train networks against attacks, and on what attacks leave behind.")
    stages = {"train": train, "features": features}
    parser.add_argument("stages", nargs="*", help=f"{', '.join(stages)}; all of them by default")
    asked = parser.parse_args().stages or list(stages)
    if unknown := [name for name in asked if name not in stages]:
        parser.error(f"{unknown[0]} is no stage; expected some of {', '.join(stages)}.")
    digits = xai_course.load_digits(train=60_000)
    if digits.is_stand_in:
        parser.error(f"these results are for MNIST; found {digits}.")
    rows = Rows(RESULTS)
    for (backend, seed), name in itertools.product(itertools.product(BACKENDS, SEEDS), asked):
        key = {"backend": backend, "seed": seed}
        for row in stages[name](rows, digits, **key):
            rows.add(name, key | row)
            print(name, rows.tables[name][-1], flush=True)


def train(rows: Rows, digits: Any, **key: Any) -> Iterator[Row]:
    """Yield, of each way to train against attacks, how often it is right, under attack too, and what is certified."""
    lab, against, seed = xai_course.backend(key["backend"]), adversarial.backend(key["backend"]), key["seed"]
    for kind, recipe in adversarial.RECIPES.items():
        if rows.find("train", **key, kind=kind):
            continue
        network = fresh(lab, seed)
        against.train(network, digits.x_train, digits.y_train, recipe, seed=seed)
        slopes = gloro.backend(key["backend"]).Gradients(network)
        logits = lab.predict(network, digits.x_test)
        correct = logits.argmax(axis=1) == digits.y_test
        bounds = gloro.bounds_of(MNIST.architecture, lab.weights_of(network))
        few, answers = digits.x_test[:ATTACKED], logits[:ATTACKED].argmax(axis=1)
        found = robust.attack(
            slopes.margin, few, answers, epsilon=MNIST.epsilon, steps=STEPS, restarts=RESTARTS, seed=seed
        )
        unbroken = np.isnan(found).any(axis=(1, 2, 3))
        yield {
            "kind": kind,
            "epochs": recipe.epochs,
            "accuracy": share(correct),
            "pgd_accuracy": share(correct[:ATTACKED] & unbroken),
            "vra": round(gloro.vra(logits, digits.y_test, bounds, MNIST.epsilon), 4),
        } | {
            name: round(value, 4)
            for name, value in dataclasses.asdict(robust.crispness(digits.x_test, slopes.top(digits.x_test))).items()
        }


def features(rows: Rows, digits: Any, **key: Any) -> Iterator[Row]:
    """Yield how often a network is right that has seen wrong labels alone, those that an attack aimed at.

    After Ilyas and others (2019): each picture is moved until some network takes it for a random class, and another
    learns it as that. Where what attacks leave is nothing but noise it learns nothing that holds for new digits. The
    attacked network is trained in the standard way, or against attacks; or there is none, and the pictures stay.
    """
    if rows.find("features", **key):
        return
    lab, slopes, seed = xai_course.backend(key["backend"]), gloro.backend(key["backend"]), key["seed"]
    few, labels = digits.x_train[:FEATURES], digits.y_train[:FEATURES]
    targets = np.random.default_rng(seed).integers(0, 10, FEATURES)
    for kind in ("none", "standard", "adversarial"):
        moved, fooled = few, float("nan")
        if kind != "none":
            source = fresh(lab, seed)
            if kind == "standard":
                slopes.train(source, digits.x_train, digits.y_train, dataclasses.replace(STANDARD, epochs=4), seed=seed)
            else:
                recipe = adversarial.RECIPES["adversarial"]
                adversarial.backend(key["backend"]).train(source, digits.x_train, digits.y_train, recipe, seed=seed)
            moved = robust.towards(slopes.Gradients(source).margin, few, targets, epsilon=FAR)
            fooled = share(lab.predict(source, moved).argmax(axis=1) == targets)
        learner = fresh(lab, seed + OTHER)
        slopes.train(learner, moved, targets, STANDARD, seed=seed)
        right = lab.predict(learner, digits.x_test).argmax(axis=1) == digits.y_test
        yield {
            "attacked": kind,
            "fooled": None if kind == "none" else fooled,
            "labels right": share(labels == targets),
            "seen": share(lab.predict(learner, moved).argmax(axis=1) == targets),
            "new": share(right),
        }


def fresh(lab: ModuleType, seed: int) -> Any:
    """Return a network that has learnt nothing, the one that the robust network of lesson 4 begins as."""
    return lab.build(MNIST.architecture, initial_weights(MNIST.architecture, seed, "orthogonal"))


def share(true: Any) -> float:
    """Return how many are true, of one."""
    return round(float(np.mean(true)), 4)


if __name__ == "__main__":
    main()
