"""What flows back through functions of several numbers together that are not linear: products, norms, softmax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from xai_widgets.models.torch.propagation.flows import Function, per_unit, pulled, shared
from xai_widgets.models.torch.tensors import full


class Groups(NamedTuple):
    """Which numbers a norm or a softmax sees together: those along `axes` of a tensor in this shape."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]

    def sums(self, x: Tensor) -> Tensor:
        """Return the sum of each group, in a shape that fits the groups."""
        return x.reshape(self.shape).sum(self.axes, keepdim=True)


class Norm(NamedTuple):
    """A norm: the input, less the mean of its group, over the spread of its group, times weights, plus a bias."""

    groups: Groups
    centred: bool
    epsilon: float
    weight: Tensor | None
    bias: Tensor | None
    """Both of a shape that fits the output."""

    def with_constant_spread(self, x: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the same as a linear function, whose spread is that of x."""
        count = self.groups.sums(torch.ones_like(x))
        scale = torch.rsqrt(self.groups.sums(self._less_mean(x, count) ** 2) / count + self.epsilon)

        def run(z: Tensor) -> Tensor:
            made = (self._less_mean(z, count).reshape(self.groups.shape) * scale).reshape(z.shape)
            made = made if self.weight is None else made * self.weight
            return made if self.bias is None else made + self.bias

        return run

    def _less_mean(self, x: Tensor, count: Tensor) -> Tensor:
        if not self.centred:
            return x
        return (x.reshape(self.groups.shape) - self.groups.sums(x) / count).reshape(x.shape)


def averaged(
    function: Function, inputs: Sequence[Tensor], references: Sequence[Tensor], flow: Tensor, nodes: int
) -> list[Tensor]:
    """Return the flow through the mean of the derivative along the line from the references to the inputs."""
    found = [torch.zeros_like(one) for one in inputs]
    pairs = list(zip(inputs, references, strict=True))
    for place, weight in zip(*np.polynomial.legendre.leggauss(nodes), strict=True):
        # Where both are the same they may be infinite: what is masked before a softmax.
        between = [torch.where(x == r, x, r + (float(place) + 1) / 2 * (x - r)) for x, r in pairs]
        slopes = pulled(function, between, flow)
        found = [one + float(weight) / 2 * slope for one, slope in zip(found, slopes, strict=True)]
    return found


def completed(
    function: Function,
    inputs: Sequence[Tensor],
    references: Sequence[Tensor],
    flow: Tensor,
    nodes: int,
    groups: Groups | None,
) -> list[Tensor]:
    """Return the same, and what the nodes miss of the change of each group added along the line.

    Where a norm has next to no spread at the reference its derivative is a peak between nodes. Of all derivatives that
    explain the change, the nearest to the mean is taken (Broyden 1965). Without groups, a group is a row.
    """
    dtype, rows = flow.dtype, len(inputs[0])
    if flow.device.type != "mps":  # which has no double precision
        inputs, references, flow = [one.double() for one in inputs], [one.double() for one in references], flow.double()
    flows = averaged(function, inputs, references, flow, nodes)
    if groups is None and any(len(one) != rows for one in (*inputs, flow)):
        return [one.to(dtype) for one in flows]
    across = [torch.where(x == r, 0, x - r) for x, r in zip(inputs, references, strict=True)]
    sums = groups.sums if groups is not None else lambda one: one.reshape(rows, -1).sum(1, keepdim=True)
    with torch.no_grad():
        missing = sums(flow * (function(*inputs) - function(*references)))
        missing = missing - sum(sums(one * step) for one, step in zip(flows, across, strict=True))
        length = torch.stack([sums(step**2) for step in across]).sum(0)
    along = missing / length.masked_fill(length == 0, 1)
    shapes = [(rows, -1) if groups is None else groups.shape] * len(inputs)
    return [
        (one + (step.reshape(shape) * along).reshape(one.shape)).to(dtype)
        for one, step, shape in zip(flows, across, shapes, strict=True)
    ]


def divided(function: Function, inputs: Sequence[Tensor], z: Tensor, flow: Tensor, stabiliser: float) -> list[Tensor]:
    """Return the relevance of the signals in a sum of products: to each an equal part, shared by z."""
    return [part / len(inputs) for part in shared(function, inputs, z, flow, stabiliser)]


def split_evenly(inputs: Sequence[Tensor], weights: Sequence[bool], flow: Tensor) -> list[Tensor]:
    """Return the relevance of the factors in products by elements: an equal part to each, none to mere `weights`."""
    count = len(weights) - sum(weights)
    return [
        torch.zeros_like(one) if is_weight else (flow / count).sum_to_size(one.shape)
        for one, is_weight in zip(inputs, weights, strict=True)
    ]


def by_derivative(function: Function, x: Tensor, z: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance of the inputs of a softmax: each times its derivative, by R / z (Achtibat et al. 2024)."""
    x, z, flow = full(x), full(z), full(flow)
    (slope,) = pulled(function, [x], per_unit(flow, z, 0))
    return torch.where(x.isinf(), 0, x) * slope


def by_linear_norm(norm: Norm, x: Tensor, flow: Tensor, epsilon: float) -> Tensor:
    """Return the relevance of the inputs of a norm, whose spread is a constant."""
    x = full(x)
    function = norm.with_constant_spread(x)
    return shared(function, [x], function(x), flow, epsilon)[0]


def of_head(weights: Tensor, head: int, rows: int) -> Tensor:
    """Return weights of attention with those of all other heads zero; head 0 is all.

    Heads are the third axis from the end; where there are but three, they follow each other in each of the `rows`.
    """
    if head == 0:
        return weights
    count = weights.size(-3) if weights.dim() > 3 else max(1, len(weights) // rows)
    numbers = torch.arange(weights.size(-3), device=weights.device) % count
    return weights * (numbers == head - 1).reshape(-1, 1, 1)
