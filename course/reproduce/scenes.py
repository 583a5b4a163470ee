"""Train and measure the networks of the lesson on vision transformers, with several seeds.

    python course/reproduce/scenes.py              everything; about an hour on one core
    python course/reproduce/scenes.py train        the transformers, on scenes with a digit

They are trained in PyTorch. What is done already stays: each row of course/xai_course/results/scenes.json is written at
once. Delete the file to start anew. The networks are kept in the course's cache folder; that of seed 0 is the one that
ships.
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


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks of the lesson on transformers.")
    stages = {"train": train}
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
