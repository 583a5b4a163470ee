"""Train and measure the networks of the lesson on pictures and words, with several seeds.

    python course/reproduce/answering.py           everything; a quarter of an hour on one core
    python course/reproduce/answering.py train     the networks, on even questions and on telling ones
    python course/reproduce/answering.py measure   what they answer, also without a word, and what each input brings

They are trained in PyTorch, and measured in both frameworks. What is done already stays: each row of
course/xai_course/results/answering.json is written at once. Delete the file to start anew. All of the networks ship.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from rows import Row, Rows

import xai_course
from xai_course.answering import networks as own
from xai_course.answering.deletion import deletions
from xai_course.answering.modalities import coalitions, margins, shapley
from xai_course.data.asked_scenes import KINDS, USUAL, AskedScenes, Language, draw_asked_scenes
from xai_course.networks.shipped import FOLDER, ship

RESULTS = Path(xai_course.__file__).parent / "results" / "answering.json"
LANGUAGES: tuple[Language, ...] = get_args(Language)
BACKENDS = ("torch", "keras")
TESTED = 600


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Train and measure the networks of the lesson on pictures and words.")
    stages = {"train": train, "measure": measure}
    parser.add_argument("stages", nargs="*", help=f"{', '.join(stages)}; all of them by default")
    asked = parser.parse_args().stages or list(stages)
    if unknown := [name for name in asked if name not in stages]:
        parser.error(f"{unknown[0]} is no stage; expected some of {', '.join(stages)}.")
    torch.set_num_threads(1)
    for name in asked:
        stages[name]()


def train() -> None:
    """Train every network that is not there; it ships in half precision."""
    lab = xai_course.backend("torch")
    for seed in own.SEEDS:
        for language in LANGUAGES:
            name = own.shipped_name(language, seed)
            if not (FOLDER / f"{name}.safetensors").exists():
                network = own.trained(lab, own.training_scenes(language, seed), seed)
                ship(name, lab.weights_of(network), half=True)
                print(name, flush=True)


def measure() -> None:
    """Measure every network on the same scenes, whose questions are even ones, that no network learnt from."""
    rows, scenes = Rows(RESULTS), draw_asked_scenes(TESTED, seed=1)
    for backend in BACKENDS:
        lab = xai_course.backend(backend)
        for seed in own.SEEDS:
            for language in LANGUAGES:
                key = {"backend": backend, "seed": seed, "language": language}
                if rows.find("deleted", **key) is None:
                    network = own.network(lab, language, seed)
                    for table, row in measured(lab, network, scenes).items():
                        rows.add(table, key | row)
                        print(table, key | row, flush=True)


def measured(lab: Any, network: Any, scenes: AskedScenes) -> dict[str, Row]:
    """Return how often a network is right, how often its answer stays, and what the picture brings, by kind."""
    found, kinds = own.answered(lab, network, scenes), scenes.kinds
    usual = usual_answers(scenes)
    colour, unusual = kinds == "colour", scenes.answers != usual
    gone = deletions(lab, network, scenes)
    picture, question = shapley(margins(coalitions(lab, network, scenes)))
    return {
        "right": rounded(own.by_kind(found == scenes.answers, scenes))
        | rounded(
            {
                "unusual": (found == scenes.answers)[colour & unusual].mean(),
                "says the usual": (found == usual)[colour & unusual].mean(),
            }
        ),
        "picture": rounded({kind: picture[kinds == kind].mean() for kind in KINDS}),
        "question": rounded({kind: question[kinds == kind].mean() for kind in KINDS}),
        "deleted": rounded(
            {
                f"{kind}, {name}": gone.stays[(kinds[gone.scene] == kind) & (gone.matters == matters)].mean()
                for kind in KINDS
                for name, matters in (("matters", True), ("rest", False))
            }
        ),
    }


def usual_answers(scenes: AskedScenes) -> np.ndarray:
    """Return what telling questions for a colour are usually answered with; -1 for other questions."""
    return np.array(
        [
            scenes.classes.index(USUAL[words[0]]) if kind == "colour" else -1
            for kind, words in zip(scenes.kinds, scenes.matter, strict=True)
        ]
    )


def rounded(values: dict[str, Any]) -> Row:
    """Return numbers with four digits."""
    return {name: round(float(value), 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
