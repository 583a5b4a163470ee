"""Follows the places of the input through the graph that one pass of a Keras network leaves.

It is a graph of operations, in which layers are opened up. What it knows of shapes is enough, no number is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from xai_widgets.models.objective import Array
from xai_widgets.models.places import CHOSEN, Places, PlaceTable
from xai_widgets.models.tensorflow.operations import (
    CALLED,
    CHOOSING,
    CONSTANT,
    MOVES,
    NORMALISATIONS,
    POINTWISE,
    PRODUCTS,
    REDUCTIONS,
    SOFTMAX,
    attribute,
    channel_axis,
    run_again,
    window_axes,
    window_centres,
)


class PlaceFollower:
    """Goes through a graph, and moves the places of what each operation works on.

    Attributes
    ----------
    table : PlaceTable
        What each kind of call does, and what was seen of the input.
    """

    def __init__(self) -> None:
        self.table = PlaceTable()
        self._known: dict[int, Places] = {}
        self._outside: dict[int, Any] = {}
        self._layers: dict[int, list[int]] = {}
        self._passed: dict[int, Places] = {}

    def begin(self, tensor: Any, places: Places, layers: Mapping[int, Any]) -> None:
        """Note the places of the input, and what layers put out, by their numbers."""
        for number, output in layers.items():
            self._layers.setdefault(id(output), []).append(number)
        self._note(tensor, places)

    def follow(self, graph: Any) -> dict[int, Places]:
        """Go through a graph, and return the places of what layers put out."""
        for raw in graph.get_operations():
            known = {id(one): places for one in raw.inputs if (places := self._known.get(id(one))) is not None}
            if not known or raw.type in CONSTANT:
                continue
            if raw.type in CALLED:
                self._enter(raw)
                continue
            operation = Operation(raw, known, self._value)
            through = self.table.course.joined(operation.known)
            for output, places in zip(raw.outputs, self._found(operation), strict=False):
                self._note(output, replace(places, through=through))
        return self._passed

    def _note(self, tensor: Any, places: Places) -> None:
        for number in self._layers.get(id(tensor), ()):
            places = self._passed[number] = self.table.course.pass_through(places)
        self._known[id(tensor)] = places

    def _enter(self, operation: Any) -> None:
        """Follow a graph that is called by an operation."""
        graph = operation.graph._get_function(attribute(operation, "f").name).graph
        for inner, outer in zip(graph.inputs, operation.inputs, strict=True):
            self._outside[id(inner)] = outer
            self._hand_on(outer, inner)
        self.follow(graph)
        for inner, outer in zip(graph.outputs, operation.outputs, strict=True):
            self._hand_on(inner, outer)

    def _hand_on(self, one: Any, other: Any) -> None:
        """Let a tensor have the places of another one; a function may be called again with what has none."""
        self._known.pop(id(other), None)
        if id(one) in self._known:
            self._note(other, self._known[id(one)])

    def _value(self, tensor: Any) -> Array:
        """Return the numbers of what does not depend on the input."""
        found = tf.get_static_value(tensor)
        if found is None and id(tensor) in self._outside:
            return self._value(self._outside[id(tensor)])
        if found is None:
            inputs = [self._value(one) for one in tensor.op.inputs]
            found = run_again(tensor.op, inputs)[tensor.value_index].numpy()
        return np.asarray(found)

    def _found(self, operation: Operation) -> list[Places]:
        """Return the places of the outputs of an operation."""
        shapes = [_shape(output) for output in operation.outputs]
        try:
            found = None if None in shapes else _followed(self.table, operation, [shape or () for shape in shapes])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, tf.errors.OpError):
            found = None  # What is done with numbers in place of these tensors may fail in any way.
        why = f"the operation {operation.name} before it is not followed"
        return found or [Places(shape or (), why=why) for shape in shapes]


class Operation:
    """One operation of a graph, and the places of what it works on.

    Attributes
    ----------
    name : str
    inputs, outputs : list of tensors
    """

    def __init__(self, operation: Any, known: Mapping[int, Places], value: Callable[[Any], Array]) -> None:
        self.operation, self.name = operation, str(operation.type)
        self.inputs, self.outputs = list(operation.inputs), list(operation.outputs)
        self._known, self._value = known, value

    @property
    def known(self) -> list[Places]:
        """The places of all that depends on the input, in the order of the arguments."""
        return [self._known[id(one)] for one in self.inputs if id(one) in self._known]

    def of(self, tensor: Any) -> Places | None:
        """Return the places of a tensor among the arguments; None for what does not depend on the input."""
        return self._known.get(id(tensor))

    def value(self, number: int) -> Array:
        """Return the numbers of an input that does not depend on that of the network."""
        return self._value(self.inputs[number])

    def run(self, numbers: list[Array]) -> list[Array]:
        """Return what the operation makes of other numbers in the tensors that have places."""
        rest = iter(numbers)
        inputs = [tf.constant(next(rest)) if id(one) in self._known else self._number(one) for one in self.inputs]
        return [one.numpy() for one in run_again(self.operation, inputs)]

    def _number(self, tensor: Any) -> Any:
        """Return an input that does not depend on that of the network; weights are as good as zeros."""
        return tf.zeros(tensor.shape, tf.float64) if tensor.dtype.is_floating else tf.constant(self._value(tensor))


def _followed(table: PlaceTable, operation: Operation, shapes: list[tuple[int, ...]]) -> list[Places] | None:
    """Say of which kind an operation is; None for one of no known kind."""
    name, known = operation.name, operation.known
    if name == "IdentityN":
        return [operation.of(one) or Places(shape) for one, shape in zip(operation.inputs, shapes, strict=True)]
    if name in SOFTMAX:
        table.softmax(len(shapes[0]))
    if name in NORMALISATIONS:
        return [table.same(known[0], shapes[0]), *(Places(shape) for shape in shapes[1:])]
    if name in POINTWISE:
        return [table.merged(known, shape) for shape in shapes]
    if name in PRODUCTS:
        return [_product(table, operation, shapes[0])]
    if name in REDUCTIONS:
        axes = np.atleast_1d(operation.value(1)).tolist()
        return [table.reduced(known[0], axes, bool(attribute(operation.operation, "keep_dims", False)))]
    if name == "ResourceGather":
        return [table.looked_up(known[0], shapes[0])]
    if name in MOVES or name == "ConcatV2":
        return _moved(table, operation, shapes)
    places = operation.of(operation.inputs[2 if "BackpropInput" in name else 0])
    return None if places is None else _windows(table, operation, places, shapes)


def _windows(
    table: PlaceTable, operation: Operation, places: Places, shapes: list[tuple[int, ...]]
) -> list[Places] | None:
    raw, rank, made = operation.operation, len(places.shape), shapes[0]
    axes = window_axes(raw, rank)
    centres = window_centres(raw, [places.shape[axis] for axis in axes], [made[axis] for axis in axes])
    if centres is None:
        return None
    channels = None
    if "Conv" in operation.name:
        axis = channel_axis(raw, rank)
        taken = int(operation.inputs[1].shape[-1 if "BackpropInput" in operation.name else -2])
        groups = places.shape[axis] // (1 if operation.name.startswith("Depthwise") else taken)
        channels = (axis, groups, made[axis])
    return [table.windows(places, dict(zip(axes, centres, strict=True)), channels)]


def _product(table: PlaceTable, operation: Operation, shape: tuple[int, ...]) -> Places:
    labels, output = product_labels(operation.operation)
    operands = [(operation.of(one), label) for one, label in zip(operation.inputs, labels, strict=True)]
    return table.product(operands, output, shape)


def product_labels(raw: Any) -> tuple[list[list[Any]], list[Any]]:
    """Return labels for the axes of what an operation multiplies, and of what it makes of them."""
    ranks = [len(one.shape) for one in raw.inputs]
    return _labels(attribute(raw, "equation"), ranks) if raw.type == "Einsum" else _matrix_labels(raw, ranks)


def _matrix_labels(raw: Any, ranks: Sequence[int]) -> tuple[list[list[Any]], list[Any]]:
    """Return labels for the axes of a product of matrices, which are counted from the back."""
    turned = [
        attribute(raw, one, attribute(raw, other, False))
        for one, other in (("adj_x", "transpose_a"), ("adj_y", "transpose_b"))
    ]
    labels = []
    for rank, letters, turn in zip(ranks, (("i", "k"), ("k", "j")), turned, strict=True):
        labels.append([*range(2 - rank, 0), *(letters[::-1] if turn else letters)])
    return labels, [*range(2 - max(ranks), 0), "i", "j"]


def _labels(equation: str, ranks: Sequence[int]) -> tuple[list[list[Any]], list[Any]]:
    """Return labels for the axes of an einsum, numbers where the equation leaves them open."""
    inputs, output = equation.split("->")
    terms = inputs.split(",")
    wide = max(
        [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True) if "..." in term],
        default=0,
    )
    found = []
    for term, rank in zip(terms, ranks, strict=True):
        found.append(_spelt(term, rank - len(term.replace("...", ""))))
    return found, _spelt(output, wide)


def _spelt(term: str, open_axes: int) -> list[Any]:
    before, dots, after = term.partition("...")
    return [*before, *(range(-open_axes, 0) if dots else ()), *after]


def _moved(table: PlaceTable, operation: Operation, shapes: list[tuple[int, ...]]) -> list[Places]:
    chosen = operation.inputs[CHOOSING[operation.name]] if operation.name in CHOOSING else None
    by_data = None if chosen is None else operation.of(chosen)
    if by_data is not None:
        # A table of constants is looked up; what depends on the input itself is moved nobody knows where.
        if len(operation.known) == 1 and operation.name == "GatherV2" and operation.value(2) == 0:
            return [table.looked_up(by_data, shapes[0])]
        return [Places(shape, why=CHOSEN) for shape in shapes]
    if operation.name == "ConcatV2":
        axis = int(operation.value(len(operation.inputs) - 1))
        return [table.stacked(operation.known, axis, operation.run, shapes[0])]
    return table.moved(operation.known, operation.run)


def _shape(tensor: Any) -> tuple[int, ...] | None:
    shape = tensor.shape
    return tuple(shape) if shape.rank is not None and None not in tuple(shape) else None
