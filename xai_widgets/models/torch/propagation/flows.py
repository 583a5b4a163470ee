"""What flows back through one call of a function, by each rule: formulas on tensors that know nothing of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Rule, ZPlus
from xai_widgets.models.torch.tensors import full

Function = Callable[..., Tensor]


class Linear(NamedTuple):
    """A function that is linear in its input and in its weight: ``run(x, weight) + bias``."""

    kind: Literal["dense", "convolution"]
    weight: Tensor
    bias: Tensor | None
    """Of a shape that adds to the output."""
    run: Function

    def merged(self, scale: Tensor, shift: Tensor, scaled_weight: Tensor) -> Linear:
        """Return this followed by a scale and a shift per output, which have a shape that fits the output."""
        bias = shift if self.bias is None else self.bias * scale + shift
        return self._replace(weight=scaled_weight, bias=bias)

    def full(self) -> Linear:
        """Return it with half-precision numbers as float32, in which ratios do not overflow."""
        return self._replace(weight=full(self.weight), bias=None if self.bias is None else full(self.bias))


def pulled(function: Function, inputs: Sequence[Tensor], flow: Tensor) -> list[Tensor]:
    """Return the flow through the derivative of a function: for each input its sum over outputs of slope times flow."""
    with torch.enable_grad():
        leaves = [one.detach().requires_grad_() for one in inputs]
        return list(torch.autograd.grad(function(*leaves), leaves, flow))


def rectified(flow: Tensor) -> Tensor:
    """Return what passes a rectifier in the backward pass: the positive part of the flow."""
    return flow.clamp_min(0)


def rescaled(
    function: Function, x: Tensor, reference: Tensor, flow: Tensor, smallest: float, smooth: bool = True
) -> Tensor:
    """Return the flow times the slope of a function of single numbers between the reference and x.

    A `smooth` function is asked in double precision, because the slope is a small difference over a small difference;
    one made of lines is exact without.
    """
    if smooth and x.device.type != "mps":  # which has no double precision
        x, reference = x.double(), reference.double()
    across = x - reference
    near = across.abs() < smallest
    slope = (function(x) - function(reference)) / across.masked_fill(near, 1)
    if near.any():
        (derivative,) = pulled(function, [x], torch.ones_like(slope))
        slope = torch.where(near, derivative, slope)
    return flow * slope.to(flow.dtype)


def rescaled_largest(
    function: Function,
    inputs: Sequence[Tensor],
    references: Sequence[Tensor],
    flow: Tensor,
    smallest: float,
    extreme: Function = torch.maximum,
) -> list[Tensor]:
    """Return the flow through the largest of several: their contributions, each over its own difference.

    The other `extreme`, torch.minimum, goes with the smallest of several.
    """
    found, expected = function(*inputs), function(*references)
    between = extreme(found, expected)
    here = pulled(function, inputs, flow * (between - expected))
    there = pulled(function, references, flow * (found - between))
    derivatives = pulled(function, inputs, flow)
    flows = []
    for x, reference, one, other, derivative in zip(inputs, references, here, there, derivatives, strict=True):
        across, near = x - reference, (x - reference).abs() < smallest
        flows.append(torch.where(near, derivative, (one + other) / across.masked_fill(near, 1)))
    return flows


def shared(
    function: Function, inputs: Sequence[Tensor], z: Tensor, flow: Tensor, stabiliser: float = STABILISER
) -> list[Tensor]:
    """Return the relevance of the parts of a sum, which is a linear function of all its inputs together."""
    inputs = [full(one) for one in inputs]
    parts = pulled(function, inputs, per_unit(full(flow), full(z), stabiliser))
    return [x * part for x, part in zip(inputs, parts, strict=True)]


def relevance(rule: Rule, linear: Linear, x: Tensor, z: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance of the inputs x of a layer, whose output is z, by its rule."""
    linear, x, z, flow = linear.full(), full(x), full(z), full(flow)
    match rule:
        case Epsilon(epsilon):
            return epsilon_rule(linear, x, z, flow, epsilon)
        case Gamma(gamma):
            return gamma_rule(linear, x, z, flow, gamma)
        case ZPlus():
            return z_plus_rule(linear, x, flow)
        case Flat():
            return flat_rule(linear, x, flow)


def epsilon_rule(linear: Linear, x: Tensor, z: Tensor, flow: Tensor, epsilon: float) -> Tensor:
    """Return R_i = sum over j of x_i w_ij R_j / (z_j + epsilon sign(z_j))."""
    return x * _pulled(linear, linear.weight, x, per_unit(flow, z, epsilon))


def gamma_rule(linear: Linear, x: Tensor, z: Tensor, flow: Tensor, gamma: float) -> Tensor:
    """Return the relevance where what agrees with the sign of z counts 1 + gamma times."""
    total, parts = torch.zeros_like(x), torch.zeros_like(z)
    for sign in (1, -1):
        part = flow * (sign * z > 0)
        if not part.any():
            continue
        agreeing, back = _agreeing(linear, x, sign)
        if linear.bias is not None:
            agreeing = agreeing + sign * (sign * linear.bias).clamp_min(0)
        part = per_unit(part, z + gamma * agreeing)
        total, parts = total + gamma * back(part), parts + part
    return total + x * _pulled(linear, linear.weight, x, parts)


def z_plus_rule(linear: Linear, x: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance by the positive products of inputs and weights alone."""
    agreeing, back = _agreeing(linear, x, 1)
    return back(per_unit(flow, agreeing))


def flat_rule(linear: Linear, x: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance spread evenly over what each unit looks at."""
    ones = torch.ones_like(linear.weight)
    return _pulled(linear, ones, x, per_unit(flow, linear.run(torch.ones_like(x), ones), 0))


def per_unit(flow: Tensor, z: Tensor, epsilon: float = STABILISER) -> Tensor:
    """Return flow / (z + epsilon sign(z)), and zero where that is a division by zero."""
    denominator = z + torch.where(z < 0, -epsilon, epsilon)
    nothing = denominator == 0
    return (flow / denominator.masked_fill(nothing, 1)).masked_fill(nothing, 0)


def _agreeing(linear: Linear, x: Tensor, sign: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Return the sum of the products x_i w_ij that have this sign, for each unit, and what takes a flow back to x_i."""
    halves = [(x.clamp_min(0), (sign * linear.weight).clamp_min(0))]
    if (x < 0).any():  # After a rectifier, where this takes half of the time, it is not.
        halves.append(((-x).clamp_min(0), (-sign * linear.weight).clamp_min(0)))
    with torch.enable_grad():
        leaves = [half.detach().requires_grad_() for half, _ in halves]
        sizes = [linear.run(leaf, weight) for leaf, (_, weight) in zip(leaves, halves, strict=True)]
        size = sizes[0] if len(sizes) == 1 else sizes[0] + sizes[1]

    def back(flow: Tensor) -> Tensor:
        slopes = torch.autograd.grad(size, leaves, flow)
        parts = [half * slope for (half, _), slope in zip(halves, slopes, strict=True)]
        return sign * (parts[0] if len(parts) == 1 else parts[0] + parts[1])

    return sign * size.detach(), back


def _pulled(linear: Linear, weight: Tensor, x: Tensor, flow: Tensor) -> Tensor:
    return pulled(lambda one: linear.run(one, weight), [x], flow)[0]
