"""Train and measure the networks of the lesson on vision transformers, with several seeds.

    python course/reproduce/scenes.py              everything; about an hour on one core
    python course/reproduce/scenes.py train        the transformers, on scenes with a digit
    python course/reproduce/scenes.py find         how well each method finds the digit
    python course/reproduce/scenes.py tell         whether it tells two digits of one scene apart
    python course/reproduce/scenes.py forget       how alike its maps stay when the network forgets what it learnt

They are trained in PyTorch, and measured in both frameworks. What is done already stays: each row of
course/xai_course/results/scenes.json is written at once. Delete the file to start anew. The networks are kept in the
course's cache folder; that of seed 0 is the one that ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rows import Rows

import xai_course
from xai_course import scenes as lesson
from xai_course.data import Digits, draw_scenes, load_digits, stand_in_digits
from xai_course.networks import weights as weight_files
from xai_course.networks.architecture import SCENES
from xai_course.networks.shipped import ship

RESULTS = Path(xai_course.__file__).parent / "results" / "scenes.json"
SEEDS = (0, 1, 2)
STEPS, BATCH, RATE, WARM_UP = 2000, 64, 1e-3, 200
STAND_IN_SHARE = 0.2
"""Of the scenes of a training, those made of scikit-learn's digits: without MNIST the course takes these."""
AT_ONCE = 50
"""Batches drawn at a time."""
TESTED = 2000
BACKENDS = ("torch", "keras")
FOUND, TOLD, FORGOTTEN = 150, 100, 12
"""How many scenes are explained for each question."""
DRAWS = 2
"""How often weights are drawn at random."""


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks of the lesson on transformers.")
    stages = {"train": train, "find": find, "tell": tell, "forget": forget}
    parser.add_argument("stages", nargs="*", help=f"{', '.join(stages)}; all of them by default")
    asked = parser.parse_args().stages or list(stages)
    if unknown := [name for name in asked if name not in stages]:
        parser.error(f"{unknown[0]} is no stage; expected some of {', '.join(stages)}.")
    digits = load_digits(60_000)
    if digits.is_stand_in:
        parser.error(f"these results are for MNIST; found {digits}.")
    torch.set_num_threads(1)
    rows = Rows(RESULTS)
    for name in asked:
        stages[name](rows, digits)


def train(rows: Rows, digits: Digits) -> None:
    """Train a transformer with each seed, and measure how often it names the digit."""
    lab, stand_ins = xai_course.backend("torch"), stand_in_digits()
    for seed in SEEDS:
        if rows.find("networks", seed=seed) and kept(seed).exists():
            continue
        network = lab.build(SCENES, seed=seed)
        follow(network, training_scenes(digits, stand_ins, seed))
        weights = halved(lab.weights_of(network))
        weight_files.save(kept(seed), weights, half=True)
        if seed == 0:
            ship(lesson.NAME, weights, half=True)
        found = {
            name: right(lab, lab.build(SCENES, weights), each)
            for name, each in (("accuracy", digits), ("on stand-ins", stand_ins))
        }
        if not rows.find("networks", seed=seed):
            rows.add("networks", {"seed": seed, **found})
        print({"seed": seed, **found}, flush=True)


def find(rows: Rows, digits: Digits) -> None:
    """Measure how well each method finds the digit, beside the ink itself and chance."""
    scenes = draw_scenes(digits, 200, seed=5)
    for whose, lab, network, model in networks():
        few = scenes.chosen(np.flatnonzero(lesson.right(lab, network, scenes))[:FOUND])
        inputs, labels, masks = lab.layout(few.pictures), few.labels[:, 0], few.masks[:, 0]
        maps = {
            "chance": np.random.default_rng(0).random(masks.shape),
            "ink": lesson.on_patches(few.pictures[..., 0]),
            "last attention": lesson.last_attention(model, inputs),
            "the digit itself": masks * 1.0,
        }
        before = lesson.share(model, inputs, labels)
        for name in (*maps, *lesson.methods()):
            key = whose | {"method": name}
            if rows.find("found", **key) is None:
                found = maps[name] if name in maps else lesson.maps(lesson.methods()[name], model, inputs, labels)
                covered = lab.layout(lesson.covered(few.pictures, found, masks))
                measured = rounded(
                    pointing=lesson.pointed(found, masks),
                    overlap=lesson.overlap(found, masks),
                    inside=lesson.inside(found, masks),
                    lost=before - lesson.share(model, covered, labels),
                )
                rows.add("found", key | {"scenes": len(few)} | measured)
                print(rows.tables["found"][-1], flush=True)


def tell(rows: Rows, digits: Digits) -> None:
    """Measure in how many scenes with two digits the maps of the two tell them apart."""
    scenes = draw_scenes(digits, 200, shown=2, seed=6)
    for whose, lab, network, model in networks():
        two = scenes.chosen(np.flatnonzero(lesson.both_seen(lab, network, scenes))[:TOLD])
        inputs = lab.layout(two.pictures)
        for name, method in lesson.methods().items():
            key = whose | {"method": name}
            if rows.find("told", **key) is None:
                one, other = (lesson.maps(method, model, inputs, two.labels[:, which]) for which in (0, 1))
                difference = float(np.abs(one - other).max() / np.abs(one).max())
                told = rounded(told=lesson.told_apart(one, other, two.masks))
                rows.add("told", key | {"scenes": len(two)} | told | {"difference": float(f"{difference:.2g}")})
                print(rows.tables["told"][-1], flush=True)


def forget(rows: Rows, digits: Digits) -> None:
    """Measure how alike maps stay when the weights become random from the head down, and how alike random ones are.

    One network takes all weights in turn, so that in Keras each method is traced once.
    """
    few = draw_scenes(digits, FORGOTTEN, seed=7)
    for whose, lab, network, model in networks():
        inputs, labels = lab.layout(few.pictures), few.labels[:, 0]
        learnt = lab.weights_of(network)
        for name, method in lesson.methods().items():
            key = whose | {"method": name}
            if rows.find("forgotten", **key) is not None:
                continue
            lab.fill(network, learnt)
            trained = lesson.maps(method, model, inputs, labels)
            found: dict[str, list[float]] = {}
            random: list[lesson.Map] = []
            for draw in range(DRAWS):
                for part, weights in lesson.forgetful(learnt, 100 + draw):
                    if part != "nothing":
                        lab.fill(network, weights)
                        now = lesson.maps(method, model, inputs, labels)
                        found.setdefault(part, []).append(lesson.alike(trained, now))
                random.append(now)
            found["two random ones"] = [lesson.alike(*random)]
            rows.add("forgotten", key | rounded(**found))
            print(rows.tables["forgotten"][-1], flush=True)


def networks() -> Iterator[tuple[dict[str, Any], Any, Any, Any]]:
    """Yield the trained networks in each framework: which it is, the framework's networks, it, and the model of it."""
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        for seed in SEEDS:
            network = lab.build(SCENES, weight_files.load(kept(seed), SCENES))
            yield {"backend": backend, "seed": seed}, lab, network, lesson.wrapped(lab, network)


def rounded(**values: Any) -> dict[str, float]:
    """Return the means of some values; what is not a number in them counts nothing."""
    return {name: round(float(np.nanmean(each)), 4) for name, each in values.items()}


def training_scenes(digits: Digits, stand_ins: Digits, seed: int) -> Iterator[tuple[Any, Any]]:
    """Yield the batches of a training: no scene comes twice."""
    seeds, count = np.random.default_rng(seed), AT_ONCE * BATCH
    few = int(STAND_IN_SHARE * count)
    while True:
        parts = [
            draw_scenes(kind, number, train=True, seed=int(seeds.integers(2**31)))
            for kind, number in ((digits, count - few), (stand_ins, few))
        ]
        x, y = (np.concatenate(arrays) for arrays in ([p.pictures for p in parts], [p.labels[:, 0] for p in parts]))
        for index in seeds.permutation(count).reshape(AT_ONCE, BATCH):
            yield x[index], y[index]


def follow(
    network: torch.nn.Module, batches: Iterator[tuple[Any, Any]], steps: int = STEPS, rate: float = RATE
) -> None:
    """Train a network on batches: AdamW, whose rate rises, then falls as a cosine, on gradients of a limited length."""
    network.train()
    descent = torch.optim.AdamW(network.parameters(), lr=rate)
    for step in range(steps):
        descent.param_groups[0]["lr"] = rate * min(1, (step + 1) / WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / steps))
        x, y = next(batches)
        scores = network(torch.from_numpy(np.moveaxis(x, -1, 1)))
        loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(y))
        descent.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        descent.step()
        if step % 250 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    network.eval()


def halved(weights: weight_files.Weights) -> weight_files.Weights:
    """Return weights as they are when they have been stored in half precision: those that ship are those measured."""
    return {name: value.astype(np.float16).astype(np.float32) for name, value in weights.items()}


def right(lab: Any, network: Any, digits: Digits) -> float:
    """Return the share of scenes, of digits that were not trained on, in which a network names the digit."""
    return round(float(lesson.right(lab, network, draw_scenes(digits, TESTED, seed=1)).mean()), 4)


def kept(seed: int) -> Path:
    """Return where the weights of a seed are kept."""
    return xai_course.cache_folder() / "reproduce" / f"scenes_{seed}.safetensors"


if __name__ == "__main__":
    main()
