"""The methods on PyTorch beside Captum at its best."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import captum.attr
import numpy as np
import torch

import xai_widgets as xai
from benchmarks.networks import TARGET, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds
from xai_widgets.attribution.distribution import gaussian_noise

SIGMA = 0.15
WINDOW = 8

SENTENCE = """\
A small face CNN (two 5x5 convolutions, 0.5 M parameters at 64 x 64 x 3) in PyTorch on one thread; medians of CPU
milliseconds, ours and theirs taking turns. Both do the same passes. "Captum" has its batch size tuned
(`internal_batch_size`, `nt_samples_batch_size`, `perturbations_per_eval`). "Captum by hand" has, beside that, a network
whose user froze the parameters and converted it and its input to channels_last, which ours does unasked. SmoothGrad's
results are compared on the same noise; what differs there is a ReLU or a maximum that rounding decides."""


@dataclass(frozen=True)
class Comparison:
    """One of our methods, the same from Captum, and what the results are compared by."""

    name: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[int], Any]
    """From a batch size to what Captum returns."""
    expected: Callable[[], np.ndarray]
    """Captum's result for the same samples."""
    limit: float


class Peer:
    """Captum on one network and one input.

    Parameters
    ----------
    by_hand : bool
        Whether the user prepared the network and the input for speed.
    """

    def __init__(self, network: torch.nn.Module, x: np.ndarray, size: Size, by_hand: bool) -> None:
        self.size = size
        self.network = copy.deepcopy(network).eval()
        self.x = torch.tensor(x)[None]
        if by_hand:
            self.network = self.network.requires_grad_(False).to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.saliency = captum.attr.Saliency(self.network)

    def integrated_gradients(self, batch: int) -> torch.Tensor:
        """Captum's trapezoid rule on the same nodes as ours; its step is that of one node more, which is undone."""
        nodes = self.size.steps + 1
        values = captum.attr.IntegratedGradients(self.network).attribute(
            self.x, target=TARGET, n_steps=nodes, method="riemann_trapezoid", internal_batch_size=batch
        )
        return values * (nodes / self.size.steps)

    def smoothgrad(self, batch: int) -> torch.Tensor:
        return captum.attr.NoiseTunnel(self.saliency).attribute(
            self.x,
            target=TARGET,
            nt_type="smoothgrad",
            nt_samples=self.size.samples,
            nt_samples_batch_size=batch,
            stdevs=SIGMA,
            abs=False,
        )

    def smoothgrad_with_our_noise(self) -> torch.Tensor:
        """The mean of Captum's saliency at our noisy inputs, because its own noise cannot be given."""
        noise = [gaussian_noise(0, index, tuple(self.x.shape[1:]), 0) for index in range(self.size.samples)]
        return self.saliency.attribute(self.x + SIGMA * torch.tensor(np.stack(noise)), target=TARGET, abs=False).mean(0)

    def occlusion(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.Occlusion(self.network).attribute(
                self.x,
                target=TARGET,
                sliding_window_shapes=(3, WINDOW, WINDOW),
                strides=(3, self.size.stride, self.size.stride),
                perturbations_per_eval=batch,
            )


def tables(size: Size) -> list[Table]:
    """Return the table of the methods on PyTorch."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    network = face_torch(size.side)
    x = np.ascontiguousarray(np.moveaxis(picture(size.side), -1, 0))
    model = xai.wrap(network, input_shape=x.shape)
    table = Table("PyTorch: the methods beside Captum", SENTENCE)
    for by_hand in (False, True):
        peer = Peer(network, x, size, by_hand)
        whom = "Captum by hand" if by_hand else "Captum"
        table.rows.extend(_row(comparison, whom, size) for comparison in _comparisons(model, x, peer))
    return [table]


def _comparisons(model: xai.Model, x: np.ndarray, peer: Peer) -> list[Comparison]:
    size = peer.size
    windows = ((size.side - WINDOW) // size.stride + 1) ** 2

    def run(method: xai.Method) -> Callable[[], np.ndarray]:
        return lambda: method(model, x, xai.Logit(TARGET)).values

    return [
        Comparison(
            f"Integrated gradients, {size.steps} steps",
            run(xai.IntegratedGradients(steps=size.steps)),
            peer.integrated_gradients,
            lambda: _array(peer.integrated_gradients(size.batches[0])),
            limit=0.85,
        ),
        Comparison(
            f"SmoothGrad, {size.samples} samples",
            run(xai.SmoothGrad(sigma=SIGMA, samples=size.samples)),
            peer.smoothgrad,
            lambda: _array(peer.smoothgrad_with_our_noise()),
            limit=0.85,
        ),
        Comparison(
            f"Occlusion, {windows} windows",
            run(xai.Occlusion(window=WINDOW, stride=size.stride)),
            peer.occlusion,
            lambda: _array(peer.occlusion(size.batches[0])),
            limit=0.65,
        ),
    ]


def _row(comparison: Comparison, whom: str, size: Size) -> Row:
    batch = fastest({batch: lambda batch=batch: comparison.theirs(batch) for batch in size.batches}, size.trials)
    times = milliseconds({"ours": comparison.ours, "theirs": lambda: comparison.theirs(batch)}, size.repetitions)
    return Row(
        name=comparison.name,
        ours=times["ours"],
        against=f"{whom}, batches of {batch}",
        theirs=times["theirs"],
        limit=comparison.limit,
        difference=largest_difference(comparison.ours(), comparison.expected()),
    )


def _array(values: torch.Tensor) -> np.ndarray:
    return values.detach().numpy().reshape(values.shape[-3:])
