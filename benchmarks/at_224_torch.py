"""Pictures of 224 x 224 in PyTorch beside Captum at its best: the networks people have."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import captum.attr
import numpy as np
import torch

import xai_widgets as xai
from benchmarks.large_networks import convnext_torch, resnet_torch, vit_torch
from benchmarks.networks import TARGET, large_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from benchmarks.timing import fastest, largest_difference, milliseconds

SENTENCE = """\
Pictures of 224 x 224 in PyTorch on one thread, plain calls; medians of CPU milliseconds, ours and theirs taking turns.
Captum's networks are frozen, and both its batch size and the order of its input in memory are tuned. Captum takes the
tokens of a transformer for channels, so that it has no Grad-CAM there."""

GRADIENTS, WINDOWS, TOKENS, MAPS = 0.9, 0.5, 0.9, 1.0
"""The limits: of integrated gradients; of occlusion, which runs only what a window reaches, and of a transformer, where
that is all of it; and of Grad-CAM."""


def networks(size: Size) -> dict[str, tuple[Any, str | None]]:
    """Return the networks by name, each with the layer of its Grad-CAM."""
    made: list[tuple[str, Callable[[], Any], str | None]] = [
        ("ResNet-18", resnet_torch, "11"),
        ("ViT-Tiny", partial(vit_torch, size.large_side), None),
        ("ConvNeXt-Atto", convnext_torch, "19"),
        ("EfficientNet-Lite0", large_torch, "_conv_head"),
    ]
    return {name: (make(), layer) for name, make, layer in made[: size.large_networks]}


class Peer:
    """Captum on one network and one picture, from a batch size and an order in memory to what it returns."""

    def __init__(self, network: torch.nn.Module, x: np.ndarray, layer: str | None, size: Size) -> None:
        self.network, self.size, contiguous = network, size, torch.tensor(x)[None]
        self.inputs = {
            "contiguous": contiguous,
            "channels_last": contiguous.contiguous(memory_format=torch.channels_last),
        }
        self.layer = None if layer is None else network.get_submodule(layer)

    def integrated_gradients(self, batch: int, order: str, steps: int | None = None) -> torch.Tensor:
        steps = steps or self.size.steps
        found: torch.Tensor = captum.attr.IntegratedGradients(self.network).attribute(
            self.inputs[order],
            target=TARGET,
            n_steps=steps + 1,
            method="riemann_trapezoid",
            internal_batch_size=batch,
        )
        return (steps + 1) / steps * found

    def occlusion(self, batch: int, order: str) -> torch.Tensor:
        window, stride = self.size.large_side // 4, self.size.large_side // 8
        with torch.inference_mode():
            return captum.attr.Occlusion(self.network).attribute(
                self.inputs[order],
                target=TARGET,
                sliding_window_shapes=(3, window, window),
                strides=(3, stride, stride),
                perturbations_per_eval=batch,
            )

    def grad_cam(self, order: str) -> torch.Tensor:
        found = captum.attr.LayerGradCam(self.network, self.layer).attribute(
            self.inputs[order], TARGET, relu_attributions=True
        )
        side = self.size.large_side
        return captum.attr.LayerAttribution.interpolate(found, (side, side), "bilinear")


def tables(size: Size, only: str = "") -> list[Table]:
    """Return the table of the large networks on PyTorch; of those whose names hold `only`."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    table = Table("PyTorch at 224 x 224: the methods beside Captum", SENTENCE)
    for name, (network, layer) in networks(size).items():
        if only.lower() in name.lower():
            table.rows.extend(_rows(name, network.eval().requires_grad_(False), layer, size))
    return [table]


def _rows(name: str, network: torch.nn.Module, layer: str | None, size: Size) -> list[Row]:
    x = np.ascontiguousarray(np.moveaxis(picture(size.large_side), -1, 0))
    model, peer, quantity = xai.wrap(network, input_shape=x.shape), Peer(network, x, layer, size), xai.Logit(TARGET)
    choices = [(batch, order) for batch in size.large_batches for order in peer.inputs]
    few = max(size.large_batches)
    batch, order = fastest(
        {one: partial(peer.integrated_gradients, *one, steps=few) for one in choices}, size.large_trials
    )
    line = xai.IntegratedGradients(steps=size.steps)
    rows = [
        _row(
            f"{name}: integrated gradients, {size.steps} steps",
            lambda: line(model, x, quantity).values,
            partial(peer.integrated_gradients, batch, order),
            f"batches of {batch}, {order}",
            GRADIENTS,
            size,
        )
    ]
    batch, order = fastest({one: partial(peer.occlusion, *one) for one in choices}, size.large_trials)
    occlusion = xai.Occlusion(window=size.large_side // 4, stride=size.large_side // 8)
    rows.append(
        _row(
            f"{name}: occlusion, 49 windows",
            lambda: occlusion(model, x, quantity).values,
            partial(peer.occlusion, batch, order),
            f"batches of {batch}, {order}",
            TOKENS if layer is None else WINDOWS,
            size,
        )
    )
    if layer is not None:
        order = fastest({one: partial(peer.grad_cam, one) for one in peer.inputs}, size.repetitions)
        rows.append(
            _row(
                f"{name}: Grad-CAM",
                lambda: xai.GradCam()(model, x, quantity, layer=layer).on_input,
                partial(peer.grad_cam, order),
                order,
                MAPS,
                size,
                size.repetitions,
            )
        )
    return rows


def _row(
    name: str,
    ours: Callable[[], np.ndarray],
    theirs: Callable[[], torch.Tensor],
    settings: str,
    limit: float,
    size: Size,
    repetitions: int | None = None,
) -> Row:
    times = milliseconds({"ours": ours, "theirs": theirs}, repetitions or size.large_repetitions)
    found, expected = ours(), theirs().detach().numpy()
    return Row(
        name=name,
        ours=times["ours"],
        against=f"Captum, {settings}",
        theirs=times["theirs"],
        limit=limit,
        difference=largest_difference(found, expected.reshape(found.shape)),
    )
