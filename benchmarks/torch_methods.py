"""The methods on PyTorch beside Captum at its best: one entry per method that both have."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

import xai_widgets as xai
from benchmarks.captum_peer import EPSILON, SIGMA, UNIT, WINDOW, Peer, squares
from benchmarks.networks import LAST_LAYER, LAYER, TARGET, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds

PERTURBING = 0.65
"""The limit of the methods that change the input."""

SENTENCE = """\
A small face CNN (two 5x5 convolutions, 0.5 M parameters at 64 x 64 x 3) in PyTorch on one thread; medians of CPU
milliseconds, ours and theirs taking turns. Both do the same passes. "Captum" has its batch size tuned wherever it has
one (`internal_batch_size`, `nt_samples_batch_size`, `perturbations_per_eval`). "Captum by hand" has, beside that, a
network whose user froze the parameters and converted it and its input to channels_last, which ours does unasked.
Features are squares of 8 pixels. Results are compared where both take the same samples: SmoothGrad and what is made of
its squares on our noise, where what differs is a ReLU or a maximum that rounding decides. Those of DeepLIFT are not:
where a maximum moves to another place Captum's do not sum to the change of the score, and ours do."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One of our methods and the same from Captum."""

    name: str
    method: xai.Method
    theirs: Callable[..., Any]
    """From a peer, and a batch size if `tuned`, to what Captum returns."""
    tuned: bool = True
    limit: float = 1.0
    by_hand: float | None = None
    """The limit beside a network that was prepared by hand, where that is measured too."""
    expected: Callable[[Peer], Any] | None = None
    """Captum's result for the samples that ours draws, where Captum draws others."""
    compared: bool = True
    """Whether the results are; not where both draw samples of their own, or mean different things."""
    quantity: xai.Quantity = xai.Logit(TARGET)
    layer: str | None = None
    found: Callable[[xai.Attribution], np.ndarray] = lambda result: result.values
    several: bool = False
    """Whether a few inputs are explained, in place of the one."""


def comparisons(size: Size, others: np.ndarray) -> list[Comparison]:
    """Return all entries; a new method is one more."""
    steps, samples, coalitions = (
        f"{count} {what}"
        for count, what in [(size.steps, "steps"), (size.samples, "samples"), (size.coalitions, "coalitions")]
    )
    windows = ((size.side - WINDOW) // size.stride + 1) ** 2
    count = (size.side // WINDOW) ** 2
    noise: dict[str, Any] = {"sigma": SIGMA, "samples": size.samples}
    grid: dict[str, Any] = {"features": np.broadcast_to(squares(size.side), (3, size.side, size.side))}
    line: dict[str, Any] = {"steps": size.steps}
    return [
        Comparison(
            name=f"Integrated gradients, {steps}",
            method=xai.IntegratedGradients(**line),
            theirs=Peer.integrated_gradients,
            limit=0.85,
            by_hand=0.85,
        ),
        Comparison(
            name=f"SmoothGrad, {samples}",
            method=xai.SmoothGrad(**noise),
            theirs=partial(Peer.tunnel, kind="smoothgrad"),
            expected=lambda peer: peer.gradients_with_our_noise().mean(0),
            limit=0.85,
            by_hand=0.85,
        ),
        Comparison(
            name=f"Occlusion, {windows} windows",
            method=xai.Occlusion(window=WINDOW, stride=size.stride),
            theirs=Peer.occlusion,
            limit=0.2,
            by_hand=PERTURBING,
        ),
        Comparison(
            name=f"SmoothGrad squared, {samples}",
            method=xai.SmoothGradSquared(**noise),
            theirs=partial(Peer.tunnel, kind="smoothgrad_sq"),
            expected=lambda peer: (peer.gradients_with_our_noise() ** 2).mean(0),
        ),
        Comparison(
            name=f"VarGrad, {samples}",
            method=xai.VarGrad(**noise),
            theirs=partial(Peer.tunnel, kind="vargrad"),
            expected=lambda peer: peer.gradients_with_our_noise().var(0, correction=0),
        ),
        Comparison(
            name=f"Expected gradients (GradientSHAP), {samples}",
            method=xai.ExpectedGradients(samples=size.samples, baselines=others),
            theirs=Peer.gradient_shap,
            tuned=False,
            compared=False,
        ),
        Comparison(
            name=f"Layer integrated gradients, {steps}",
            method=xai.IntegratedGradients(**line),
            theirs=Peer.layer_integrated_gradients,
            layer=LAYER,
        ),
        Comparison(
            name=f"Layer conductance, {steps}",
            method=xai.Conductance(**line),
            theirs=Peer.conductance,
            expected=Peer.conductance_from_both_ends,
            layer=LAYER,
        ),
        Comparison(
            name=f"Internal influence, {steps}",
            method=xai.InternalInfluence(**line),
            theirs=Peer.internal_influence,
            layer=LAYER,
        ),
        Comparison(
            name="Neuron gradient",
            method=xai.Saliency(),
            theirs=Peer.neuron_gradient,
            tuned=False,
            quantity=xai.Unit(LAYER, UNIT),
        ),
        Comparison(
            name="Layer gradient x activation",
            method=xai.InputXGradient(),
            theirs=Peer.layer_gradient_x_activation,
            tuned=False,
            layer=LAYER,
        ),
        Comparison(
            name="Layer activation",
            method=xai.LayerActivation(),
            theirs=Peer.layer_activation,
            tuned=False,
            layer=LAYER,
        ),
        Comparison(
            name="Grad-CAM",
            method=xai.GradCam(),
            theirs=Peer.grad_cam,
            tuned=False,
            layer=LAST_LAYER,
            found=lambda result: result.on_input,
        ),
        Comparison(
            name="Guided Grad-CAM",
            method=xai.GuidedGradCam(layer=LAST_LAYER),
            theirs=Peer.guided_grad_cam,
            tuned=False,
        ),
        Comparison(
            name="Guided backpropagation",
            method=xai.GuidedBackpropagation(),
            theirs=Peer.guided_backpropagation,
            tuned=False,
        ),
        Comparison(name="Deconvolution", method=xai.Deconvolution(), theirs=Peer.deconvolution, tuned=False),
        Comparison(name="DeepLIFT", method=xai.DeepLift(), theirs=Peer.deeplift, tuned=False, compared=False),
        Comparison(
            name=f"DeepLIFT SHAP, {size.baselines} baselines",
            method=xai.DeepLiftShap(samples=size.baselines, baselines=others),
            theirs=Peer.deeplift_shap,
            tuned=False,
            compared=False,
        ),
        Comparison(
            name="Relevance propagation, epsilon",
            method=xai.RelevancePropagation(composite="epsilon", epsilon=EPSILON),
            theirs=Peer.relevance_propagation,
            tuned=False,
        ),
        Comparison(
            name=f"Feature ablation, {count} squares",
            method=xai.FeatureAblation(**grid),
            theirs=Peer.feature_ablation,
            limit=PERTURBING,
        ),
        Comparison(
            name=f"Feature permutation, {count} squares of {size.baselines} inputs",
            method=xai.FeaturePermutation(samples=1, **grid),
            theirs=Peer.feature_permutation,
            limit=PERTURBING,
            compared=False,
            several=True,
        ),
        Comparison(
            name=f"LIME, {coalitions}",
            method=xai.Lime(samples=size.coalitions, **grid),
            theirs=Peer.lime,
            limit=PERTURBING,
            compared=False,
        ),
        Comparison(
            name=f"KernelSHAP, {coalitions}",
            method=xai.KernelShap(samples=size.coalitions, **grid),
            theirs=Peer.kernel_shap,
            limit=PERTURBING,
            compared=False,
        ),
        Comparison(
            name=f"Shapley sampling, {size.orders} orders of {count} squares",
            method=xai.ShapleySampling(samples=size.orders, **grid),
            theirs=Peer.shapley_sampling,
            limit=PERTURBING,
            compared=False,
        ),
    ]


def tables(size: Size, only: str = "") -> list[Table]:
    """Return the table of the methods on PyTorch; of those whose names hold `only`."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    network = face_torch(size.side)
    x = np.ascontiguousarray(np.moveaxis(picture(size.side), -1, 0))
    model = xai.wrap(network, input_shape=x.shape)
    table = Table("PyTorch: the methods beside Captum", SENTENCE)
    for by_hand in (False, True):
        peer = Peer(network, x, size, by_hand)
        for comparison in comparisons(size, peer.others.numpy()):
            wanted = only.lower() in comparison.name.lower()
            if wanted and (comparison.by_hand is not None or not by_hand):
                table.rows.append(_row(comparison, model, peer, by_hand))
    return [table]


def _row(comparison: Comparison, model: xai.Model, peer: Peer, by_hand: bool) -> Row:
    size, whom = peer.size, "Captum by hand" if by_hand else "Captum"
    inputs = peer.others.numpy() if comparison.several else peer.x[0].numpy().copy()

    def ours() -> np.ndarray:
        return comparison.found(comparison.method(model, inputs, comparison.quantity, comparison.layer))

    def theirs(batch: int | None = None) -> Any:
        return comparison.theirs(peer) if batch is None else comparison.theirs(peer, batch=batch)

    batch = None
    if comparison.tuned:
        batch = fastest({batch: partial(theirs, batch) for batch in size.batches}, size.trials)
        whom += f", batches of {batch}"
    times = milliseconds({"ours": ours, "theirs": partial(theirs, batch)}, size.repetitions)
    difference = None
    if comparison.compared:
        expected = theirs(batch) if comparison.expected is None else comparison.expected(peer)
        found = ours()
        difference = largest_difference(found, expected.detach().numpy().reshape(found.shape))
    return Row(
        name=comparison.name,
        ours=times["ours"],
        against=whom,
        theirs=times["theirs"],
        limit=comparison.by_hand if by_hand else comparison.limit,
        difference=difference,
    )
