"""The weights of attention in the graph that one pass of a network leaves.

It is a graph of operations, in which layers are opened up: attention is products, a softmax and sums there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from xai_widgets.models.tensorflow.graph import Taps
from xai_widgets.models.tensorflow.operations import PRODUCTS, SOFTMAX
from xai_widgets.models.tensorflow.places import product_labels

CLOSE = 1e-3
"""By how much sums over weights may be off that should be the same."""


class Seen(NamedTuple):
    """Weights of attention as a pass shows them."""

    call: int | None
    """The number of the call in which they weigh values; None where the network keeps no graph of its calls."""
    weights: Any
    """What the softmax puts out, which sums to one along its last axis."""
    changed: Any
    """Whether other numbers weigh the values in the end, as a tensor."""


class AttentionWatch(Taps):
    """Sees the softmax whose numbers go into a product with what depends on the input: the weights of attention.

    Parameters
    ----------
    read : int, optional
        As in `Taps`.
    """

    def __init__(self, read: int | None = None) -> None:
        super().__init__(read)
        self._calls: dict[Any, int] = {}
        self._known: dict[int, _Softmax] = {}

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Note which operations belong to call `number`."""
        before = len(_operations())
        output = super().compute(number, node, operation, values)
        self._calls |= dict.fromkeys(_operations()[before:], number)
        return output

    def attentions(self, inputs: Any) -> list[Seen]:
        """Return the weights of attention in the graph of the pass, in the order of execution."""
        found: list[Seen] = []
        depending = {id(inputs)}
        for operation in _operations():
            tensors = [one for one in operation.inputs if id(one) in depending]
            if not tensors:
                continue
            depending.update(map(id, operation.outputs))
            seen = self._follow(operation, tensors) if operation.outputs else None
            if seen is not None:
                found.append(seen)
        return found

    def _follow(self, operation: Any, tensors: list[Any]) -> Seen | None:
        """Note what becomes of the output of a softmax."""
        output = operation.outputs[0]
        if operation.type in SOFTMAX:
            if output.shape.rank > 2:
                self._known[id(output)] = _Softmax(len(self._known), output)
            return None
        known = [(self._known[id(one)], one) for one in tensors if id(one) in self._known]
        if not known:
            return None
        softmax, weights = max(known, key=lambda one: one[0].number)
        others = [one for one in tensors if self._known.get(id(one)) is not softmax]
        if not others and output.shape.num_elements() == softmax.output.shape.num_elements():
            self._known[id(output)] = softmax  # A move, dropout, another type, a mixing of heads.
        elif others and operation.type in PRODUCTS and not softmax.used:
            softmax.used = True
            plain = tf.logical_and(_same(weights, softmax.output), _sums_to_one(operation, weights))
            return Seen(self._calls.get(operation), softmax.output, tf.logical_not(plain))
        return None


class _Softmax:
    """One softmax of a pass."""

    def __init__(self, number: int, output: Any) -> None:
        self.number, self.output, self.used = number, output, False


def _operations() -> list[Any]:
    operations: list[Any] = tf.compat.v1.get_default_graph().get_operations()
    return operations


def _same(one: Any, other: Any) -> Any:
    """Whether two tensors hold the same numbers, in whatever order, as their sums and those of their squares tell."""
    sums = [[tf.reduce_sum(tf.cast(tensor, tf.float64) ** power) for power in (1, 2)] for tensor in (one, other)]
    return tf.reduce_all(tf.abs(tf.stack(sums[0]) - sums[1]) <= CLOSE * tf.abs(sums[1]))


def _sums_to_one(operation: Any, weights: Any) -> Any:
    """Whether a product sums over the keys, along which weights sum to one; or zero, of a query that sees nothing."""
    labels, output = product_labels(operation)
    place = next(at for at, one in enumerate(operation.inputs) if one is weights)
    axes = [axis for axis, label in enumerate(labels[place]) if label not in output]
    sums = tf.reduce_sum(tf.cast(weights, tf.float64), axis=axes)
    return tf.reduce_all(tf.logical_or(tf.abs(sums - 1) < CLOSE, sums == 0))
