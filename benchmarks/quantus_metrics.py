"""The metrics beside Quantus's: as many passes for the same maps of the same pictures.

Quantus pins what this project does not, so it has an environment of its own, whose Python `QUANTUS_PYTHON` names; where
it names none these rows are left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

import xai_widgets as xai
from benchmarks.browser import ROOT
from benchmarks.networks import TARGET, face_torch
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import largest_difference, milliseconds

PYTHON = "QUANTUS_PYTHON"
LIMIT = 0.2
PICTURES = 4
PASSES = 64

SENTENCE = """\
Saliency of the small face CNN for four pictures at once, in PyTorch on one thread: medians of CPU milliseconds, taking
turns. Quantus {quantus} runs with torch {torch} and numpy {numpy} in a process of its own, on the same weights, maps
and masks. What erases or draws takes as many passes for each picture; of erasing half of ours go into the other order.
A parameter randomisation resets the same four layers once; ours compares by more measures, and with chance. What says
how well a map finds a mask needs no pass: ours says all of it at once, Quantus in three calls. Where the
definitions are the same there is a difference. Of our pixel flipping nine tenths are the network's own passes."""


def tables(size: Size) -> list[Table]:
    """Return the table; nothing, and a sentence on the screen, where there is no Quantus."""
    python = os.environ.get(PYTHON)
    if not python:
        print(f"Quantus is left out: {PYTHON} names no Python that has it.")
        return []
    torch.set_num_threads(1)
    x = np.random.default_rng(0).uniform(size=(PICTURES, 3, size.side, size.side)).astype(np.float32)
    network = face_torch(size.side).eval()
    judged = xai.Saliency()(xai.wrap(network, input_shape=x.shape[1:]), x, xai.Logit(TARGET))
    masks = np.zeros((PICTURES, size.side, size.side), bool)
    masks[:, size.side // 4 : size.side // 2, size.side // 3 : size.side // 2] = True
    given = {
        "x": x,
        "values": judged.values,
        "places": np.abs(judged.map)[:, None],
        "masks": masks[:, None].astype(float),
        "passes": np.array(PASSES),
        **{f"weights.{name}": weight.numpy() for name, weight in network.state_dict().items()},
    }
    with peer(python, given) as (versions, ask):
        rows = [_row(name, ours, theirs, ask, size) for name, ours, theirs in _pairs(judged, masks)]
    return [Table("PyTorch: the metrics beside Quantus", SENTENCE.format(**versions), rows)]


@contextmanager
def peer(python: str, given: dict[str, np.ndarray]) -> Iterator[tuple[dict[str, str], Callable[[str], dict[str, Any]]]]:
    """Start what measures Quantus; give the versions it runs with, and what measures one of its metrics once."""
    with TemporaryDirectory() as folder:
        np.savez(Path(folder, "given.npz"), **given)
        command = [python, "-m", "benchmarks.quantus_peer", folder]
        alone = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=alone,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            questions, answers = process.stdin, process.stdout

            def read() -> dict[str, Any]:
                line = answers.readline()
                if not line:
                    raise RuntimeError(f"{' '.join(command)} ended without an answer; expected Quantus to be there.")
                answer: dict[str, Any] = json.loads(line)
                return answer

            def ask(name: str) -> dict[str, Any]:
                print(name, file=questions, flush=True)
                return read()

            yield read(), ask


def _pairs(judged: xai.Attribution, masks: np.ndarray) -> list[tuple[str, Callable[[], Any], tuple[str, ...]]]:
    """Return what is compared: its name, ours, and which of Quantus's calls are the same."""
    # Of its three quarters of the passes each of both orders gets half.
    pixels = xai.Deletion(steps=3 * PASSES // 8, fill="black", ties=1)
    squares = xai.Deletion(steps=PASSES // 2, fill="black", features="squares", size=8, ties=1)
    infidelity, sensitivity = xai.Infidelity(samples=PASSES), xai.SensitivityMax(samples=PASSES)
    resets, places = xai.ParameterRandomisation(draws=1), xai.Localisation(masks)

    def found() -> np.ndarray:
        localised = places(judged)
        rank = 2 * localised.values / (1 + localised.values)
        return np.concatenate([localised.hits, localised.energies, rank])

    return [
        ("pixel flipping", lambda: pixels(judged), ("pixel flipping",)),
        ("region perturbation", lambda: squares(judged), ("region perturbation",)),
        ("infidelity", lambda: infidelity(judged), ("infidelity",)),
        ("sensitivity", lambda: sensitivity(judged), ("sensitivity",)),
        ("parameter randomisation", lambda: resets(judged), ("parameter randomisation",)),
        ("pointing game, relevance mass and rank", found, ("pointing game", "relevance mass", "relevance rank")),
    ]


def _row(
    name: str, ours: Callable[[], Any], theirs: tuple[str, ...], ask: Callable[[str], dict[str, Any]], size: Size
) -> Row:
    answers = [[ask(one) for one in theirs]]
    times = milliseconds(
        {"ours": ours, "theirs": lambda: answers.append([ask(one) for one in theirs])}, size.large_repetitions
    )
    # The first two turns, in which memory is touched, do not count.
    spent = statistics.median(sum(one["milliseconds"] for one in answer) for answer in answers[2:])
    found, expected = ours(), np.concatenate([one["found"] for one in answers[-1]])
    same = isinstance(found, np.ndarray)
    return Row(
        name=name,
        ours=times["ours"],
        against="Quantus",
        theirs=spent,
        limit=LIMIT,
        difference=largest_difference(found, expected) if same else None,
    )
