"""Measure how methods find the part of a drawn flower that tells its class, and train networks that tell flowers apart.

    python course/reproduce/flowers.py             everything; an hour on one core
    python course/reproduce/flowers.py find        what methods find in a transformer and in a convolutional network
    python course/reproduce/flowers.py recolor     what networks make of flowers of which a part is recoloured

For the first, networks are trained in PyTorch with three seeds, kept in the course's cache folder, and measured in both
frameworks. For the second, each trains its own with five seeds, but for seed 0: PyTorch's ships for both.
What is done already stays: each row of course/xai_course/results/flowers.json is written at once. Delete the file to
start anew.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rows import Rows
from scenes import follow

import xai_course
import xai_widgets as xai
from xai_course import flowers as own
from xai_course import scenes as lesson
from xai_course.data import Flowers, draw_flowers
from xai_course.networks import weights as weight_files
from xai_course.networks.architecture import FLOWERS_CONVOLUTIONAL, FLOWERS_TRANSFORMER, Architecture
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "flowers.json"
NETWORKS = {
    "transformer": (FLOWERS_TRANSFORMER, 600, 1e-3),
    "convolutional": (FLOWERS_CONVOLUTIONAL, 900, 5e-3),
}
"""What they are, for how many batches they are trained, and at which rate."""
SEEDS, BACKENDS = (0, 1, 2), ("torch", "keras")
FURTHER = {"LRP, epsilon and z+": xai.RelevancePropagation(), "DeepLIFT": xai.DeepLift(baseline="blur")}
"""What is asked beside the methods of the lesson."""
TRAINED, TESTED, EXPLAINED, BATCH = 3000, 500, 60, 32
COVERED = 8
"""A patch belongs to a part that covers so many of its 64 pixels."""
NEW, RECOLORED = 500, ("petals", "stem", "pot", "leaves", "centre")


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks for drawn flowers.")
    stages = {"find": find, "recolor": recolor}
    parser.add_argument("stages", nargs="*", help=f"{', '.join(stages)}; all of them by default")
    asked = parser.parse_args().stages or list(stages)
    if unknown := [name for name in asked if name not in stages]:
        parser.error(f"{unknown[0]} is no stage; expected some of {', '.join(stages)}.")
    torch.set_num_threads(1)
    for name in asked:
        stages[name](Rows(RESULTS))


def find(rows: Rows) -> None:
    """Train every network of lesson 14 that is not kept, and measure what there is no row of."""
    flowers, tested = draw_flowers(TRAINED, seed=1), draw_flowers(TESTED, seed=2)
    for name, (architecture, steps, rate) in NETWORKS.items():
        for seed in SEEDS:
            if not kept(name, seed).exists():
                network = xai_course.backend("torch").build(architecture, seed=seed)
                follow(network, batches(flowers, seed), steps, rate)
                weight_files.save(kept(name, seed), xai_course.backend("torch").weights_of(network))
            for backend in BACKENDS:
                measure(rows, {"network": name, "backend": backend, "seed": seed}, architecture, tested)


def recolor(rows: Rows) -> None:
    """Train networks for single and double flowers, and measure what they make of new ones, and of parts recoloured."""
    for kind in own.ARCHITECTURES:
        if rows.find("accuracy", kind=kind) is None:
            lab = xai_course.backend("torch")
            network = own.trained(lab, xai_course.load_flowers(kind, own.TRAINED))
            ship(own.shipped_name(kind), lab.weights_of(network))
        flowers = xai_course.load_flowers(kind, NEW, seed=1)
        pairs = {part: own.recolorings(flowers, part) for part in RECOLORED}
        for backend, seed in itertools.product(BACKENDS, own.SEEDS):
            lab, key = xai_course.backend(backend), {"kind": kind, "backend": backend, "seed": seed}
            network = own.network(lab, kind, seed)
            if rows.find("accuracy", **key) is None:
                correct = lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels
                rows.add("accuracy", key | {"flowers": NEW, "accuracy": float(correct.mean())})
            for part in RECOLORED:
                if rows.find("recolored", **key, part=part) is None:
                    found = own.answers(lab, network, pairs[part])
                    rows.add(
                        "recolored", key | {"part": part} | {name: round(value, 4) for name, value in found.items()}
                    )
                    print(rows.tables["recolored"][-1], flush=True)


def measure(rows: Rows, key: dict[str, Any], architecture: Architecture, flowers: Flowers) -> None:
    """Measure one network: how often it is right, and how well each method finds petals and stems."""
    lab = xai_course.backend(key["backend"])
    network = lab.build(architecture, weight_files.load(kept(key["network"], key["seed"]), architecture))
    model = xai.wrap(
        network, classes=flowers.classes, bounds=(0, 1), input_shape=lab.layout(flowers.pictures[:1]).shape[1:]
    )
    correct = lab.predict(network, flowers.pictures).argmax(axis=1) == flowers.labels
    if rows.find("networks", **key) is None:
        rows.add("networks", key | {"accuracy": float(correct.mean())})
    pots = lesson.on_patches(flowers.concepts["pot"].astype(float)) >= COVERED
    for part, of_it in (("petals", flowers.labels < 3), ("stem", flowers.labels >= 3)):
        index = np.flatnonzero(correct & of_it)[:EXPLAINED]
        inputs, labels = lab.layout(flowers.pictures[index]), flowers.labels[index]
        masks = lesson.on_patches(flowers.masks[index].astype(float)) >= COVERED
        for name, method in {"chance": None, **lesson.methods("blur"), **FURTHER}.items():
            mine = key | {"part": part, "method": name}
            if rows.find("found", **mine) is not None or (method is not None and method.refusal(model)):
                continue
            if method is None:
                maps = np.random.default_rng(0).random(masks.shape)
            else:
                maps = lesson.maps(method, model, inputs, labels)
            found = {
                "pointing": lesson.pointed(maps, masks),
                "overlap": lesson.overlap(maps, masks),
                "inside": lesson.inside(maps, masks),
                "on the pot": lesson.inside(maps, pots[index]),
            }
            means = {measure: round(float(np.nanmean(values)), 4) for measure, values in found.items()}
            rows.add("found", mine | {"flowers": len(index)} | means)
            print(rows.tables["found"][-1], flush=True)


def batches(flowers: Flowers, seed: int) -> Iterator[tuple[Any, Any]]:
    """Yield the batches of a training."""
    for index in weight_files.batches(len(flowers), BATCH, 10_000, seed):
        yield flowers.pictures[index], flowers.labels[index]


def kept(name: str, seed: int) -> Path:
    """Return where the weights of a network are kept."""
    return xai_course.cache_folder() / "reproduce" / f"flowers_{name}_{seed}.safetensors"


if __name__ == "__main__":
    main()
