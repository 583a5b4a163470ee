"""Quantus's metrics, in a Python of their own: what it pins this project does not.

``python -m benchmarks.quantus_peer FOLDER`` takes pictures, maps, masks and weights from ``given.npz`` in a folder. For
each name of a metric on a line of its input it measures that once, and answers with a line of JSON: the CPU
milliseconds that it took, and what it found for each picture. The first line tells the versions.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import quantus
import torch

from benchmarks.networks import TARGET, face_torch

PATCH = 8
"""The side of what is erased at once where that is a square."""

RADIUS = 0.02
"""Of the box around a picture in which neighbours are drawn."""

QUIET = {"disable_warnings": True, "display_progressbar": False}


def metrics(side: int, passes: int) -> dict[str, Any]:
    """Return the metrics by name; those that erase or draw take about so many passes for each picture.

    Pixel flipping takes three quarters of that: how much it flips at once has to divide the places of a picture.
    """
    return {
        "pixel flipping": quantus.PixelFlipping(features_in_step=4 * side * side // passes, **QUIET),
        "region perturbation": quantus.RegionPerturbation(PATCH, regions_evaluation=passes, **QUIET),
        "infidelity": quantus.Infidelity(perturb_patch_sizes=[PATCH], n_perturb_samples=1, **QUIET),
        "sensitivity": quantus.MaxSensitivity(nr_samples=passes, lower_bound=RADIUS, **QUIET),
        "parameter randomisation": quantus.MPRT(layer_order="top_down", **QUIET),
        "pointing game": quantus.PointingGame(**QUIET),
        "relevance mass": quantus.RelevanceMassAccuracy(**QUIET),
        "relevance rank": quantus.RelevanceRankAccuracy(**QUIET),
    }


def slopes(model: Any, inputs: np.ndarray, targets: np.ndarray, **_: Any) -> np.ndarray:
    """Return the gradients of the targets, as lean as they can be had."""
    point = torch.as_tensor(np.asarray(inputs, np.float32)).requires_grad_()
    scores = model(point)[range(len(point)), torch.as_tensor(targets)]
    (found,) = torch.autograd.grad(scores.sum(), point)
    return found.numpy()


def measured(metric: Any, network: Any, given: Mapping[str, np.ndarray]) -> Any:
    """Return what a metric finds for each picture."""
    places = isinstance(metric, quantus.PointingGame | quantus.RelevanceMassAccuracy | quantus.RelevanceRankAccuracy)
    return metric(
        model=network,
        x_batch=given["x"],
        y_batch=np.full(len(given["x"]), TARGET),
        a_batch=given["places"] if places else given["values"],
        s_batch=given["masks"],
        explain_func=slopes,
        device="cpu",
    )


def main(folder: str) -> None:
    """Answer line by line, with whatever is printed meanwhile out of the way."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    given = dict(np.load(Path(folder, "given.npz")))
    side = given["x"].shape[-1]
    network = face_torch(side).eval().requires_grad_(False)
    network.load_state_dict({name: torch.from_numpy(given[f"weights.{name}"]) for name in network.state_dict()})
    known, answers = metrics(side, int(given["passes"])), sys.stdout
    versions = {"quantus": quantus.__version__, "torch": torch.__version__, "numpy": np.__version__}
    print(json.dumps(versions), file=answers, flush=True)
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            start = time.process_time()
            found = measured(known[line.strip()], network, given)
            milliseconds = 1000 * (time.process_time() - start)
        values = np.asarray(found, float).ravel().tolist() if isinstance(found, list) else []
        print(json.dumps({"milliseconds": milliseconds, "found": values}), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
