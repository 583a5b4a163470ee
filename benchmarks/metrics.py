"""The metrics beside Captum's: as many passes, on the same draws, of the same explanation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import captum.metrics
import numpy as np
import torch

import xai_widgets as xai
from benchmarks.large_networks import resnet_torch
from benchmarks.networks import TARGET, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds
from xai_widgets.evaluation.perturbation import perturbed

LIMIT = 0.7

SENTENCE = """\
Infidelity of a saliency map, and its largest change among neighbours, in PyTorch on one thread: medians of CPU
milliseconds, taking turns. Both draw their perturbations, Captum's functions by `torch.randn` and `torch.rand`; the
difference is that on the same ones. Captum has its `max_examples_per_batch` tuned, and the parameters of its network
frozen."""


def tables(size: Size, only: str = "") -> list[Table]:
    """Return the table of the metrics; of those whose names hold `only`."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    table = Table("PyTorch: the metrics beside Captum", SENTENCE)
    for name, make, side, samples, batches in (
        ("face CNN", lambda: face_torch(size.side), size.side, size.samples, size.batches),
        ("ResNet-18", resnet_torch, size.large_side, size.large_samples, size.large_batches),
    ):
        if only.lower() in name.lower():
            table.rows.extend(_rows(name, make(), side, samples, batches, size))
    return [table]


def _rows(name: str, network: Any, side: int, samples: int, batches: tuple[int, ...], size: Size) -> list[Row]:
    network = network.eval().requires_grad_(False)
    x = np.ascontiguousarray(np.moveaxis(picture(side), -1, 0))
    model = xai.wrap(network, input_shape=x.shape)
    judged = xai.Saliency()(model, x, xai.Logit(TARGET))
    infidelity, sensitivity = xai.Infidelity(samples=samples), xai.SensitivityMax(samples=samples)
    inputs, values = torch.from_numpy(x)[None], torch.from_numpy(judged.values)[None]
    draws = perturbed(judged, infidelity.sigma, infidelity.seed, 0, samples)
    noise, left = (torch.from_numpy(np.ascontiguousarray(one[:, 0])).float() for one in (draws.taken, draws.left))
    near = torch.from_numpy(np.ascontiguousarray(sensitivity.neighbours(judged, 0, samples)[:, 0]))

    def disturbed(given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        drawn = infidelity.sigma * torch.randn_like(given)
        return drawn, given - drawn

    def moved(given: torch.Tensor) -> torch.Tensor:
        return given + sensitivity.radius * (2 * torch.rand_like(given) - 1)

    def slopes(given: Any) -> Any:
        point = _alone(given).detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(network(point)[:, TARGET].sum(), point)

    def their_infidelity(draw: Callable[..., Any], batch: int) -> Any:
        most = {"n_perturb_samples": samples, "max_examples_per_batch": batch}
        return captum.metrics.infidelity(network, draw, inputs, values, target=TARGET, **most)

    def their_sensitivity(draw: Callable[..., Any], batch: int) -> Any:
        most = {"n_perturb_samples": samples, "max_examples_per_batch": batch}
        return captum.metrics.sensitivity_max(slopes, inputs, lambda given: draw(_alone(given)), **most)

    rows = []
    for label, ours, peer, draw, same in (
        ("infidelity", lambda: infidelity(judged).value, their_infidelity, disturbed, lambda: _in_turn(noise, left)),
        ("sensitivity", lambda: sensitivity(judged).value, their_sensitivity, moved, lambda: _in_turn(near)),
    ):
        theirs = partial(peer, draw)
        batch = fastest({one: partial(theirs, one) for one in batches}, size.trials)
        times = milliseconds({"ours": ours, "theirs": partial(theirs, batch)}, size.repetitions)
        rows.append(
            Row(
                name=f"{label} of {samples} draws, {name}",
                ours=times["ours"],
                against=f"Captum, {batch} at once",
                theirs=times["theirs"],
                limit=LIMIT,
                difference=largest_difference(np.array([ours()]), np.array([peer(same(), batch).item()])),
            )
        )
    return rows


def _in_turn(*drawn: torch.Tensor) -> Callable[[torch.Tensor], Any]:
    """Return what gives the next of some tensors, or of one, as many as it is given inputs."""
    place = 0

    def next_ones(given: torch.Tensor) -> Any:
        nonlocal place
        start, place = place, place + len(given)
        found = [one[start:place] for one in drawn]
        return found if len(found) > 1 else found[0]

    return next_ones


def _alone(given: Any) -> Any:
    """Return the one tensor that Captum gives, at times in a tuple."""
    return given[0] if isinstance(given, tuple) else given
