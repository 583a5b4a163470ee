"""What flows back through one call of a function, by each rule: formulas on tensors that know nothing of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Rectified, Rule, ZPlus

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


def pulled(function: Function, inputs: Sequence[Tensor], flow: Tensor) -> list[Tensor]:
    """Return the flow through the derivative of a function: for each input its sum over outputs of slope times flow."""
    with torch.enable_grad():
        leaves = [one.detach().requires_grad_() for one in inputs]
        return list(torch.autograd.grad(function(*leaves), leaves, flow))


def rectified(rules: Rectified, function: Function, x: Tensor, flow: Tensor) -> Tensor:
    """Return what passes a rectifier: the positive part of the flow, for guided backpropagation where it is open."""
    positive = flow.clamp_min(0)
    return pulled(function, [x], positive)[0] if rules.kind == "guided" else positive


def rescaled(function: Function, x: Tensor, reference: Tensor, flow: Tensor, smallest: float) -> Tensor:
    """Return the flow times the slope of a function of single numbers between the reference and x.

    The function is asked in double precision, because the slope is a small difference over a small difference.
    """
    if x.device.type != "mps":  # which has no double precision
        x, reference = x.double(), reference.double()
    across, near = x - reference, (x - reference).abs() < smallest
    slope = (function(x) - function(reference)) / across.masked_fill(near, 1)
    (derivative,) = pulled(function, [x], torch.ones_like(slope))
    return flow * torch.where(near, derivative, slope).to(flow.dtype)


def rescaled_largest(
    function: Function, inputs: Sequence[Tensor], references: Sequence[Tensor], flow: Tensor, smallest: float
) -> list[Tensor]:
    """Return the flow through the largest of several: their contributions, each over its own difference."""
    found, expected = function(*inputs), function(*references)
    larger = torch.maximum(found, expected)
    here = pulled(function, inputs, flow * (larger - expected))
    there = pulled(function, references, flow * (found - larger))
    derivatives = pulled(function, inputs, flow)
    flows = []
    for x, reference, one, other, derivative in zip(inputs, references, here, there, derivatives, strict=True):
        across, near = x - reference, (x - reference).abs() < smallest
        flows.append(torch.where(near, derivative, (one + other) / across.masked_fill(near, 1)))
    return flows


def shared(function: Function, inputs: Sequence[Tensor], z: Tensor, flow: Tensor) -> list[Tensor]:
    """Return the relevance of the parts of a sum, which is a linear function of all its inputs together."""
    return [x * part for x, part in zip(inputs, pulled(function, inputs, per_unit(flow, z)), strict=True)]


def relevance(rule: Rule, linear: Linear, x: Tensor, z: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance of the inputs x of a layer, whose output is z, by its rule."""
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
    total = torch.zeros_like(x)
    for sign in (1, -1):
        agreeing = _signed(linear, x, sign)
        if linear.bias is not None:
            agreeing = agreeing + (sign * linear.bias).clamp_min(0) * sign
        part = per_unit(flow * (sign * z > 0), z + gamma * agreeing)
        total = total + x * _pulled(linear, linear.weight, x, part) + gamma * _signed_back(linear, x, part, sign)
    return total


def z_plus_rule(linear: Linear, x: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance by the positive products of inputs and weights alone."""
    return _signed_back(linear, x, per_unit(flow, _signed(linear, x, 1)), 1)


def flat_rule(linear: Linear, x: Tensor, flow: Tensor) -> Tensor:
    """Return the relevance spread evenly over what each unit looks at."""
    ones = torch.ones_like(linear.weight)
    return _pulled(linear, ones, x, per_unit(flow, linear.run(torch.ones_like(x), ones), 0))


def per_unit(flow: Tensor, z: Tensor, epsilon: float = STABILISER) -> Tensor:
    """Return flow / (z + epsilon sign(z)), and zero where that is a division by zero."""
    denominator = z + torch.where(z < 0, -epsilon, epsilon)
    nothing = denominator == 0
    return (flow / denominator.masked_fill(nothing, 1)).masked_fill(nothing, 0)


def _signed(linear: Linear, x: Tensor, sign: int) -> Tensor:
    """Return the sum of the products x_i w_ij that have this sign, for each unit."""
    positive, negative = (sign * linear.weight).clamp_min(0), (-sign * linear.weight).clamp_min(0)
    return sign * (linear.run(x.clamp_min(0), positive) + linear.run((-x).clamp_min(0), negative))


def _signed_back(linear: Linear, x: Tensor, flow: Tensor, sign: int) -> Tensor:
    """Return the sum over units of flow times the products x_i w_ij that have this sign, for each input."""
    positive, negative = (sign * linear.weight).clamp_min(0), (-sign * linear.weight).clamp_min(0)
    above, below = _pulled(linear, positive, x, flow), _pulled(linear, negative, x, flow)
    return sign * (x.clamp_min(0) * above + (-x).clamp_min(0) * below)


def _pulled(linear: Linear, weight: Tensor, x: Tensor, flow: Tensor) -> Tensor:
    return pulled(lambda one: linear.run(one, weight), [x], flow)[0]
