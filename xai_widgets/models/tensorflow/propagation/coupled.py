"""What flows back through functions of several numbers together that are not linear: products, norms, softmax."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from xai_widgets.models.tensorflow.propagation.flows import Function, full, per_unit, pulled, shared


class Groups(NamedTuple):
    """Which numbers a norm or a softmax sees together: those along `axes` of a tensor, if given in this shape."""

    shape: Any
    axes: tuple[int, ...]

    def laid(self, x: Any) -> Any:
        """Return a tensor in the shape of the groups."""
        return x if self.shape is None else tf.reshape(x, self.shape)

    def sums(self, x: Any) -> Any:
        """Return the sum of each group, in a shape that fits the groups."""
        return tf.reduce_sum(self.laid(x), self.axes, keepdims=True)


class Norm(NamedTuple):
    """A norm: the input, less the mean of its group, over the spread of its group, times weights, plus a bias."""

    groups: Groups
    centred: bool
    """Whether the mean is taken off the input."""
    about_mean: bool
    """Whether the spread is about the mean; else it is about zero."""
    epsilon: float
    weight: Any
    bias: Any
    """Both of a shape that fits the output, or None."""

    def with_constant_spread(self, x: Any) -> Callable[[Any], Any]:
        """Return the same as a linear function, whose spread is that of x."""
        count = self.groups.sums(tf.ones_like(x))
        square = self.groups.sums((self._less_mean(x, count) if self.about_mean else x) ** 2)
        scale = tf.math.rsqrt(square / count + tf.cast(self.epsilon, x.dtype))

        def run(z: Any) -> Any:
            made = self._less_mean(z, count) if self.centred else z
            made = tf.reshape(self.groups.laid(made) * scale, tf.shape(z))
            made = made if self.weight is None else made * tf.cast(self.weight, z.dtype)
            return made if self.bias is None else made + tf.cast(self.bias, z.dtype)

        return run

    def _less_mean(self, x: Any, count: Any) -> Any:
        return tf.reshape(self.groups.laid(x) - self.groups.sums(x) / count, tf.shape(x))


def averaged(function: Function, inputs: Sequence[Any], references: Sequence[Any], flow: Any, nodes: int) -> list[Any]:
    """Return the flow through the mean of the derivative along the line from the references to the inputs.

    All nodes are rows of one call, each row by itself: so the graph that is traced is no larger with more of them.
    """
    places, weights = np.polynomial.legendre.leggauss(nodes)
    between = []
    for x, r in zip(inputs, references, strict=True):
        steps = _along_rows((places + 1) / 2, x)
        # Where both are the same they may be infinite: what is masked before a softmax.
        points = tf.where(x == r, x, r + steps * (x - r))
        between.append(tf.reshape(points, tf.concat([[-1], tf.shape(x)[1:]], axis=0)))
    flows = tf.reshape(_along_rows(weights / 2, flow) * flow, tf.concat([[-1], tf.shape(flow)[1:]], axis=0))
    slopes = pulled(function, [_shaped_as(one, x) for one, x in zip(between, inputs, strict=True)], flows)
    return [
        tf.reduce_sum(tf.reshape(one, tf.concat([[nodes], tf.shape(x)], axis=0)), axis=0)
        for one, x in zip(slopes, inputs, strict=True)
    ]


def _along_rows(numbers: Any, x: Any) -> Any:
    """Return numbers along a new first axis of a tensor."""
    return tf.reshape(tf.cast(numbers, x.dtype), [-1, *[1] * x.shape.rank])


def _shaped_as(tensor: Any, x: Any) -> Any:
    """Return a tensor of other rows, of which the same is known of what follows them."""
    return tf.ensure_shape(tensor, [None, *x.shape[1:]])


def completed(
    function: Function,
    inputs: Sequence[Any],
    references: Sequence[Any],
    flow: Any,
    nodes: int,
    groups: Groups | None,
) -> list[Any]:
    """Return the same, and what the nodes miss of the change of each group added along the line.

    Where a norm has next to no spread at the reference its derivative is a peak between nodes. Of all derivatives that
    explain the change, the nearest to the mean is taken (Broyden 1965). Without groups, a group is a row.
    """
    dtype, rows = flow.dtype, tf.shape(inputs[0])[0]
    inputs, references = [[tf.cast(one, tf.float64) for one in ones] for ones in (inputs, references)]
    flow = tf.cast(flow, tf.float64)
    flows = averaged(function, inputs, references, flow, nodes)
    across = [tf.where(x == r, tf.zeros_like(x), x - r) for x, r in zip(inputs, references, strict=True)]
    groups = Groups((rows, -1), (1,)) if groups is None else groups
    change = tf.cast(function(*inputs), tf.float64) - tf.cast(function(*references), tf.float64)
    missing = groups.sums(flow * change)
    missing -= sum(groups.sums(one * step) for one, step in zip(flows, across, strict=True))
    along = tf.math.divide_no_nan(missing, sum(groups.sums(step**2) for step in across))
    return [
        tf.cast(one + tf.reshape(groups.laid(step) * along, tf.shape(one)), dtype)
        for one, step in zip(flows, across, strict=True)
    ]


def divided(function: Function, inputs: Sequence[Any], z: Any, flow: Any, stabiliser: float, count: int) -> list[Any]:
    """Return the relevance of the signals in a sum of products: to each of so many an equal part, shared by z."""
    return [part / count for part in shared(function, inputs, z, flow, stabiliser)]


def split_evenly(function: Function, inputs: Sequence[Any], weights: Sequence[bool], flow: Any) -> list[Any]:
    """Return the relevance of the factors in products by elements: an equal part to each, none to mere `weights`."""
    count = len(weights) - sum(weights)
    # Of a product of ones the derivative sums over what a factor was repeated for.
    parts = pulled(function, [tf.ones_like(one) for one in inputs], flow / count)
    return [tf.zeros_like(part) if is_weight else part for part, is_weight in zip(parts, weights, strict=True)]


def added(*inputs: Any) -> Any:
    """Return the sum of tensors whose shapes fit each other."""
    return functools.reduce(tf.add, inputs)


def by_derivative(function: Function, x: Any, z: Any, flow: Any) -> Any:
    """Return the relevance of the inputs of a softmax: each times its derivative, by R / z (Achtibat et al. 2024)."""
    x, z, flow = full(x, z, flow)
    (slope,) = pulled(function, [x], per_unit(flow, z, 0))
    return tf.where(tf.math.is_inf(x), tf.zeros_like(x), x) * slope


def by_linear_norm(norm: Norm, x: Any, flow: Any, epsilon: float) -> Any:
    """Return the relevance of the inputs of a norm, whose spread is a constant."""
    (x,) = full(x)
    function = norm.with_constant_spread(x)
    return shared(function, [x], function(x), flow, epsilon)[0]


def of_head(weights: Any, head: int) -> Any:
    """Return weights of attention with those of all other heads zero; head 0 is all.

    Heads are the third axis from the end, after that of the rows; where there is no other, there is one head.
    """
    if head == 0 or weights.shape.rank < 4:
        return weights
    return weights * tf.reshape(tf.one_hot(head - 1, weights.shape[-3], dtype=weights.dtype), (-1, 1, 1))
