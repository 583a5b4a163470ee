"""How soon a stream shows something, and what it costs to go on."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import captum.attr
import numpy as np
import torch

import xai_widgets as xai
from benchmarks.networks import TARGET, face_torch, large_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, milliseconds

FIRST = """\
EfficientNet-lite0 at 224 x 224 in PyTorch on one thread, where a forward pass takes some 30 ms; medians of CPU
milliseconds, all works taking turns. Captum has one result, at the end; its batch size is tuned, its network frozen and
channels_last."""

RESUMED = """\
The small face CNN. A stream that goes on with `resume=` from m to 2m beside one that starts and runs to m; passes are
forward and backward passes of single inputs."""


def tables(size: Size) -> list[Table]:
    """Return the tables of first estimates and of going on."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    return [
        Table("The first picture beside the whole", FIRST, _first(size)),
        Table("Going on from m to 2m", RESUMED, _resumed(size)),
    ]


def _first(size: Size) -> list[Row]:
    network = large_torch()
    x = np.ascontiguousarray(np.moveaxis(picture(size.large_side), -1, 0))
    model = xai.wrap(network, input_shape=x.shape)
    window, stride = size.large_window, size.large_window // 2
    windows = ((size.large_side - window) // stride + 1) ** 2
    methods: dict[str, xai.Method] = {
        f"Integrated gradients, {size.large_steps} steps": xai.IntegratedGradients(steps=size.large_steps),
        f"SmoothGrad, {size.large_samples} samples": xai.SmoothGrad(samples=size.large_samples),
        f"Occlusion, {windows} windows": xai.Occlusion(window=window, stride=stride),
    }
    peers = _captum(network, x, size)
    rows = []
    for (name, method), peer in zip(methods.items(), peers, strict=True):
        rows.extend(_first_rows(name, method, model, x, peer, size))
    return rows


def _first_rows(
    name: str, method: xai.Method, model: xai.Model, x: np.ndarray, peer: Callable[[int], Any], size: Size
) -> list[Row]:
    batch = fastest({batch: lambda batch=batch: peer(batch) for batch in size.batches}, size.large_trials)
    quantity = xai.Logit(TARGET)
    works = {
        "first": lambda: next(method.stream(model, x, quantity)),
        "whole": lambda: method(model, x, quantity),
        "captum": lambda: peer(batch),
    }
    times = milliseconds(works, size.large_repetitions)
    captum_name = f"Captum, batches of {batch}"
    return [
        Row(
            name=f"{name}: first picture",
            ours=times["first"],
            against="the whole stream",
            theirs=times["whole"],
            limit=0.1,
        ),
        Row(name=f"{name}: first picture", ours=times["first"], against=captum_name, theirs=times["captum"]),
        Row(name=f"{name}: whole", ours=times["whole"], against=captum_name, theirs=times["captum"]),
    ]


def _captum(network: torch.nn.Module, x: np.ndarray, size: Size) -> list[Callable[[int], Any]]:
    """Captum's three methods, each from a batch size to its result."""
    network = copy.deepcopy(network).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    tensor = torch.tensor(x)[None].contiguous(memory_format=torch.channels_last)
    stride = size.large_window // 2

    def integrated_gradients(batch: int) -> torch.Tensor:
        return captum.attr.IntegratedGradients(network).attribute(
            tensor,
            target=TARGET,
            n_steps=size.large_steps + 1,
            method="riemann_trapezoid",
            internal_batch_size=batch,
        )

    def smoothgrad(batch: int) -> torch.Tensor:
        return captum.attr.NoiseTunnel(captum.attr.Saliency(network)).attribute(
            tensor,
            target=TARGET,
            nt_type="smoothgrad",
            nt_samples=size.large_samples,
            nt_samples_batch_size=batch,
            stdevs=0.15,
            abs=False,
        )

    def occlusion(batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.Occlusion(network).attribute(
                tensor,
                target=TARGET,
                sliding_window_shapes=(3, size.large_window, size.large_window),
                strides=(3, stride, stride),
                perturbations_per_eval=batch,
            )

    return [integrated_gradients, smoothgrad, occlusion]


def _resumed(size: Size) -> list[Row]:
    x = np.ascontiguousarray(np.moveaxis(picture(size.side), -1, 0))
    model = xai.wrap(face_torch(size.side), input_shape=x.shape)
    pairs = {
        "Integrated gradients": [xai.IntegratedGradients(steps=m) for m in (size.steps, 2 * size.steps)],
        "SmoothGrad": [xai.SmoothGrad(samples=m) for m in (size.samples, 2 * size.samples)],
    }
    rows = []
    for name, (short, long) in pairs.items():
        m = size.steps if name == "Integrated gradients" else size.samples
        *_, half = short.stream(model, x, xai.Logit(TARGET))

        def go_on(long: xai.Method = long, half: xai.Attribution = half) -> xai.Attribution:
            *_, last = long.stream(model, x, xai.Logit(TARGET), resume=half)
            return last

        def start(short: xai.Method = short) -> xai.Attribution:
            return short(model, x, xai.Logit(TARGET))

        times = milliseconds({"on": go_on, "start": start}, size.repetitions)
        label = f"{name}, from {m} to {2 * m}"
        passes = go_on().evaluations - half.evaluations
        rows += [
            Row(name=f"{label}: passes", ours=passes, against="m", theirs=m, unit="passes", limit=1),
            Row(name=f"{label}: time", ours=times["on"], against=f"from 0 to {m}", theirs=times["start"], limit=1.1),
        ]
    return rows
