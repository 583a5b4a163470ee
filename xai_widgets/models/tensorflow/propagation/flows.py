"""What flows back through one call of a function, by each rule: formulas on tensors that know nothing of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import keras
import tensorflow as tf

from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Rule, ZPlus

Function = Callable[..., Any]


class Linear(NamedTuple):
    """A function that is linear in its input and in its weight: ``run(x, weight) + bias``."""

    kind: Literal["dense", "convolution"]
    weight: Any
    bias: Any
    """Of a shape that adds to the output, or None."""
    run: Function

    def merged(self, scale: Any, shift: Any, scaled_weight: Any) -> Linear:
        """Return this followed by a scale and a shift per output, which have a shape that fits the output."""
        bias = shift if self.bias is None else self.bias * scale + shift
        return self._replace(weight=scaled_weight, bias=bias)

    def full(self) -> Linear:
        """Return it with half-precision numbers as float32, in which ratios do not overflow."""
        weight, bias = full(self.weight)[0], None if self.bias is None else full(self.bias)[0]
        return self._replace(weight=weight, bias=bias)


def full(*tensors: Any) -> list[Any]:
    """Return tensors, those of half-precision numbers in single precision."""
    return [tf.cast(one, tf.float32) if one.dtype.size < 4 else one for one in tensors]


def pulled(function: Function, inputs: Sequence[Any], flow: Any) -> list[Any]:
    """Return the flow through the derivative of a function: for each input its sum over outputs of slope times flow."""
    # A layer that runs once more must not add to its losses.
    with keras.StatelessScope(), tf.GradientTape(watch_accessed_variables=False) as tape:
        leaves = [tf.stop_gradient(one) for one in inputs]
        tape.watch(leaves)
        output = function(*leaves)
    found = tape.gradient(output, leaves, tf.cast(flow, output.dtype), tf.UnconnectedGradients.ZERO)
    return [tf.convert_to_tensor(one) for one in found]


def rectified(flow: Any) -> Any:
    """Return what passes a rectifier in the backward pass: the positive part of the flow."""
    return tf.nn.relu(flow)


def rescaled(function: Function, x: Any, reference: Any, flow: Any, smallest: float) -> Any:
    """Return the flow times the slope of a function of single numbers between the reference and x.

    The function is asked in double precision, because the slope is a small difference over a small difference.
    """
    x, reference = tf.cast(x, tf.float64), tf.cast(reference, tf.float64)
    across, near = x - reference, tf.abs(x - reference) < smallest
    slope = (function(x) - function(reference)) / tf.where(near, tf.ones_like(across), across)
    (derivative,) = pulled(function, [x], tf.ones_like(slope))
    return flow * tf.cast(tf.where(near, derivative, slope), flow.dtype)


def rescaled_largest(
    function: Function,
    inputs: Sequence[Any],
    references: Sequence[Any],
    flow: Any,
    smallest: float,
    extreme: Function = tf.maximum,
) -> list[Any]:
    """Return the flow through the largest of several: their contributions, each over its own difference.

    The other `extreme`, tf.minimum, goes with the smallest of several.
    """
    found, expected = function(*inputs), function(*references)
    between = extreme(found, expected)
    here = pulled(function, inputs, flow * (between - expected))
    there = pulled(function, references, flow * (found - between))
    derivatives = pulled(function, inputs, flow)
    flows = []
    for x, reference, one, other, derivative in zip(inputs, references, here, there, derivatives, strict=True):
        across, near = x - reference, tf.abs(x - reference) < smallest
        flows.append(tf.where(near, derivative, (one + other) / tf.where(near, tf.ones_like(across), across)))
    return flows


def shared(function: Function, inputs: Sequence[Any], z: Any, flow: Any, stabiliser: float = STABILISER) -> list[Any]:
    """Return the relevance of the parts of a sum, which is a linear function of all its inputs together."""
    inputs, (z, flow) = full(*inputs), full(z, flow)
    return [x * part for x, part in zip(inputs, pulled(function, inputs, per_unit(flow, z, stabiliser)), strict=True)]


def relevance(rule: Rule, linear: Linear, x: Any, z: Any, flow: Any) -> Any:
    """Return the relevance of the inputs x of a layer, whose output is z, by its rule."""
    # As the layer does, which may compute in another precision than its input has.
    linear, (x, z, flow) = linear.full(), full(tf.cast(x, z.dtype), z, flow)
    match rule:
        case Epsilon(epsilon):
            return epsilon_rule(linear, x, z, flow, epsilon)
        case Gamma(gamma):
            return gamma_rule(linear, x, z, flow, gamma)
        case ZPlus():
            return z_plus_rule(linear, x, flow)
        case Flat():
            return flat_rule(linear, x, flow)


def epsilon_rule(linear: Linear, x: Any, z: Any, flow: Any, epsilon: float) -> Any:
    """Return R_i = sum over j of x_i w_ij R_j / (z_j + epsilon sign(z_j))."""
    return x * _pulled(linear, linear.weight, x, per_unit(flow, z, epsilon))


def gamma_rule(linear: Linear, x: Any, z: Any, flow: Any, gamma: float) -> Any:
    """Return the relevance where what agrees with the sign of z counts 1 + gamma times."""
    total, parts, gamma = tf.zeros_like(x), tf.zeros_like(z), tf.cast(gamma, z.dtype)
    for sign in (1, -1):
        part = flow * tf.cast(sign * z > 0, flow.dtype)
        agreeing, back = _agreeing(linear, x, sign)
        if linear.bias is not None:
            agreeing = agreeing + sign * tf.nn.relu(sign * linear.bias)
        part = per_unit(part, z + gamma * agreeing)
        total, parts = total + gamma * back(part), parts + part
    return total + x * _pulled(linear, linear.weight, x, parts)


def z_plus_rule(linear: Linear, x: Any, flow: Any) -> Any:
    """Return the relevance by the positive products of inputs and weights alone."""
    agreeing, back = _agreeing(linear, x, 1)
    return back(per_unit(flow, agreeing))


def flat_rule(linear: Linear, x: Any, flow: Any) -> Any:
    """Return the relevance spread evenly over what each unit looks at."""
    ones = tf.ones_like(linear.weight)
    return _pulled(linear, ones, x, per_unit(flow, linear.run(tf.ones_like(x), ones), 0))


def per_unit(flow: Any, z: Any, epsilon: float = STABILISER) -> Any:
    """Return flow / (z + epsilon sign(z)), and zero where that is a division by zero."""
    denominator = z + tf.where(z < 0, tf.cast(-epsilon, z.dtype), tf.cast(epsilon, z.dtype))
    return tf.math.divide_no_nan(flow, denominator)


def _agreeing(linear: Linear, x: Any, sign: int) -> tuple[Any, Callable[[Any], Any]]:
    """Return the sum of the products x_i w_ij that have this sign, for each unit, and what takes a flow back to x_i."""
    halves = [tf.nn.relu(x), tf.nn.relu(-x)]
    weights = [tf.nn.relu(sign * linear.weight), tf.nn.relu(-sign * linear.weight)]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(halves)
        size = linear.run(halves[0], weights[0]) + linear.run(halves[1], weights[1])

    def back(flow: Any) -> Any:
        slopes = tape.gradient(size, halves, flow)
        return sign * (halves[0] * slopes[0] + halves[1] * slopes[1])

    return sign * size, back


def _pulled(linear: Linear, weight: Any, x: Any, flow: Any) -> Any:
    return pulled(lambda one: linear.run(one, weight), [x], flow)[0]
