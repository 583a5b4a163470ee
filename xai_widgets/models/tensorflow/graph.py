"""The graph of calls that Keras keeps of sequential and functional networks, and the replay of it with tensors.

Nested networks are opened up, so that any layer's output can be read, replaced or differentiated. The student's own
layers run, no layer is cloned, and no call leaves a node behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from xai_widgets.models.edit import Edit
from xai_widgets.models.head import Activation
from xai_widgets.models.layers import numbered

_SIGMOIDS = (keras.activations.sigmoid, keras.ops.sigmoid, tf.sigmoid)
_SOFTMAXES = (
    *(keras.activations.softmax, keras.ops.softmax, tf.nn.softmax),
    *(keras.activations.log_softmax, keras.ops.log_softmax, tf.nn.log_softmax),
)

_WITH_ACTIVATION = (keras.layers.Dense.call, keras.layers.Conv2D.call, keras.layers.Conv2DTranspose.call)
"""How layers run that end in an activation of their own, which they can go on without."""


INPUT = -1
"""What stands for the network's input among the numbers of its calls."""

NOWHERE = -2
"""What stands there for what does not depend on it."""


class Call(NamedTuple):
    """One call in a network's graph."""

    path: str
    """The names of the layers that lead to it, for instance "encoder/conv"."""
    node: Any
    final: bool
    """Whether its output is the network's."""


class Final(NamedTuple):
    """The activation at the end of a network."""

    number: int
    """Which call of the graph it is part of."""
    layer: Any
    """The layer that can go on without it, or None where it is the whole call."""
    activation: Activation
    outputs: int
    """How many outputs it has."""


class Taps:
    """Where a replay is read, and where it is cut: there a new tensor, or `latent`, goes on and is watched."""

    def __init__(
        self,
        read: int | None = None,
        cut: int | None = None,
        latent: Any = None,
        watch: Callable[[Any], None] | None = None,
    ) -> None:
        self.read, self.cut, self.latent, self.watch = read, cut, latent, watch
        self.found: Any = None
        self.point: Any = None

    def begin(self, x: Any, prepared: Any, scaled: bool) -> Any:
        """Return what the network is given for the input `x`, which was `prepared`, perhaps only `scaled`."""
        return prepared

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Return what call `number` puts out; `values` are the tensors that stand for those of the graph, by id."""
        return called(node, operation, values)

    def pass_on(self, number: int, output: Any) -> Any:
        """Return what flows on from call `number`."""
        if number == self.cut:
            # Not the output itself: it may be the very input of the layer (dropout), which others read as well.
            self.point = tf.identity(output) if self.latent is None else self.latent
            if self.watch is not None:
                self.watch(self.point)
            output = masked_as(tf.cast(self.point, output.dtype), output)
        if number == self.read:
            self.found = output
        return output


class Passed(Taps):
    """A replay that keeps what each call puts out."""

    def __init__(self, read: int | None = None, watch: Callable[[Any], None] | None = None) -> None:
        super().__init__(read, watch=watch)
        self.outputs: dict[int, Any] = {}

    def pass_on(self, number: int, output: Any) -> Any:
        """Keep the output of call `number`; where the replay is watched, from here on."""
        if self.watch is not None and output.dtype.is_floating:
            self.watch(output)
        self.outputs[number] = output
        return super().pass_on(number, output)


def graph_of(network: Any) -> Any:
    """Return the graph of calls of a sequential or functional network, None for one that only its code describes."""
    if not isinstance(network, keras.Model) or not type(network).call.__module__.startswith("keras."):
        return None
    graph = network._functional if isinstance(network, keras.Sequential) else network
    return graph if isinstance(graph, keras.Function) else None


class ListOfOutputs(dict[str, Any]):
    """The several outputs of a graph, by the names of the layers that make them."""


def result_of(graph: Any) -> Any:
    """Return what a graph puts out, in symbols: a list by the names of the layers that make its entries."""
    result = graph._outputs_struct
    if isinstance(result, list | tuple) and len(result) > 1 and all(map(keras.utils.is_keras_tensor, result)):
        named = ListOfOutputs((tensor._keras_history.operation.name, tensor) for tensor in result)
        return named if len(named) == len(result) else result
    return result[0] if isinstance(result, list | tuple) and len(result) == 1 else result


def one_output(graph: Any, output: Any) -> Any:
    """Return the part of a graph that leads to one of its outputs; the graph itself where it has no other."""
    return graph if len(graph.outputs) == 1 else keras.Function(graph.inputs, [output])


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield the calls of a graph in the order in which Keras computes them."""
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from (node for node in graph._nodes_by_depth[depth] if not node.is_input)


def _inner_graph(node: Any) -> Any:
    """Return the graph of a nested network that can be opened up."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    plain = len(args) == 1 and set(kwargs) <= {"training", "mask"} and kwargs.get("mask") is None
    return graph_of(node.operation) if plain else None


def calls_of(graph: Any, path: str = "", final: bool = True) -> Iterator[Call]:
    """Yield all calls, those inside a nested network before the call of that network itself."""
    for node in _nodes(graph):
        here = path + node.operation.name
        last = final and len(graph.outputs) == 1 and any(output is graph.outputs[0] for output in node.outputs)
        inner = _inner_graph(node)
        if inner is not None:
            yield from calls_of(inner, f"{here}/", last)
        yield Call(here, node, last and inner is None)


def replay(
    graph: Any,
    inputs: list[Any],
    final: Final | None,
    taps: Taps,
    numbers: Iterator[int],
    twins: Mapping[int, Any] = MappingProxyType({}),
    edits: Mapping[int, Sequence[Edit]] = MappingProxyType({}),
) -> list[Any]:
    """Compute a graph's outputs with the student's own layers, numbering the calls as `calls_of` does.

    `twins` are what runs in the place of single layers, by their identity; `edits` what is changed of what calls put
    out, by their number.
    """
    values = dict(zip(map(id, graph.inputs), inputs, strict=True))
    for node, spent in zip(_nodes(graph), _spent(graph), strict=True):
        args, _ = node.arguments.fill_in(values)
        inner = _inner_graph(node)
        if inner is not None:
            outputs = replay(inner, inner._standardize_inputs(args[0]), final, taps, numbers, twins, edits)
        number = next(numbers)
        if inner is None:
            layer = twins.get(id(node.operation), node.operation)
            if final is not None and number == final.number:
                layer = twin(layer, activation=keras.activations.linear) if final.layer is not None else None
            outputs = keras.tree.flatten(args[0] if layer is None else taps.compute(number, node, layer, values))
        for edit in edits.get(number, ()):
            outputs = [edited(edit, output) for output in outputs]
        outputs = [taps.pass_on(number, output) for output in outputs]
        values.update(zip(map(id, node.outputs), outputs, strict=True))
        for tensor in spent:
            del values[tensor]
    return [values[id(output)] for output in graph.outputs]


def _spent(graph: Any) -> list[set[int]]:
    """Return for each call of a graph which tensors none after it reads: memory is to hold what is needed, no more."""
    needed, spent = set(map(id, graph.outputs)), []
    for node in reversed(list(_nodes(graph))):
        concerned = set(map(id, [*node.arguments.keras_tensors, *node.outputs]))
        spent.append(concerned - needed)
        needed |= concerned
    return spent[::-1]


class Wiring(NamedTuple):
    """From which calls each call of a graph takes its inputs."""

    sources: list[list[int]]
    """For each call, by number; `INPUT` is the network's own. That of an opened network has none."""
    openings: dict[int, int]
    """For the call of an opened network, the call inside that makes its output."""
    ends: list[int]
    """The calls that make the outputs."""

    def between(self, start: int | None, end: int | None) -> set[int]:
        """Return the calls after `start`, None for the input, on which `end`, None for the outputs, depends."""
        first = INPUT if start is None else self.openings.get(start, start)
        after, needed = {first}, {self.openings.get(end, end)} if end is not None else set(self.ends)
        for number, sources in enumerate(self.sources):
            if (start is None or number > start) and not after.isdisjoint(sources):
                after.add(number)
        for number in reversed(range(len(self.sources))):
            if number in needed:
                needed.update(self.sources[number])
        return (after - {first}) & needed


def wiring_of(graph: Any, entering: Sequence[int] | None = None) -> Wiring:
    """Return how the calls of a graph are connected, numbered as `calls_of` does.

    `entering` is what makes each of its inputs, by default the network's own input.
    """
    sources: list[list[int]] = []
    openings: dict[int, int] = {}

    def follow(graph: Any, entering: list[int]) -> list[int]:
        makers = dict(zip(map(id, graph.inputs), entering, strict=True))
        for node in _nodes(graph):
            before = [makers[id(tensor)] for tensor in node.arguments.keras_tensors]
            inner = _inner_graph(node)
            made = follow(inner, before) if inner is not None else [len(sources)] * len(node.outputs)
            if inner is not None:
                openings[len(sources)] = made[0]
            sources.append(before if inner is None else [])
            makers.update(zip(map(id, node.outputs), made, strict=True))
        return [makers[id(output)] for output in graph.outputs]

    ends = follow(graph, [INPUT] * len(graph.inputs) if entering is None else list(entering))
    return Wiring(sources, openings, ends)


def final_activation(calls: list[Call]) -> Final | None:
    """Find the softmax or sigmoid at the end of a network."""
    for number, call in enumerate(calls):
        operation = call.node.operation
        rank = len(call.node.outputs[0].shape)
        if not call.final or rank not in (2, 4):
            continue
        softmax, sigmoid, layer = False, False, None
        if isinstance(operation, keras.layers.Softmax):
            softmax = operation.axis in (-1, rank - 1)
        elif isinstance(operation, keras.layers.Activation) or type(operation).call in _WITH_ACTIVATION:
            softmax, sigmoid = operation.activation in _SOFTMAXES, operation.activation in _SIGMOIDS
            layer = None if isinstance(operation, keras.layers.Activation) else operation
        elif type(operation).__module__.startswith("keras.") and not isinstance(operation, keras.Layer):
            # keras.ops.softmax(x) and its like, written straight into a functional network.
            softmax = type(operation).__name__ in ("Softmax", "LogSoftmax") and operation.axis in (-1, rank - 1)
            sigmoid = type(operation).__name__ == "Sigmoid"
        if softmax or sigmoid:
            return Final(number, layer, "softmax" if softmax else "sigmoid", call.node.outputs[0].shape[-1])
    return None


def named_calls(calls: list[Call]) -> dict[str, int]:
    """Return the numbers of the calls that can serve as layers, by name in the order of execution.

    A layer goes by its plain name where no other layer in the nested networks has the same, else by its path.
    """
    usable = [
        number
        for number, call in enumerate(calls)
        if isinstance(call.node.operation, keras.Layer)
        and len(call.node.outputs) == 1
        and len(call.node.outputs[0].shape) > 1
        and keras.backend.is_float_dtype(call.node.outputs[0].dtype)
    ]
    paths = [calls[number].path for number in usable]
    ends = Counter(path.rpartition("/")[2] for path in set(paths))
    plain = [end if ends[end := path.rpartition("/")[2]] == 1 else path for path in paths]
    return {name: number for (name, _), number in zip(numbered(plain), usable, strict=True)}


def called(node: Any, operation: Any, values: dict[int, Any]) -> Any:
    """Return what an operation puts out in the place of a node, with the tensors that stand for the graph's own."""
    args, kwargs = node.arguments.fill_in(values)
    if isinstance(operation, keras.Layer):
        kwargs["training"] = False
    return operation(*args, **kwargs)


def edited(edit: Edit, output: Any) -> Any:
    """Return what a call puts out, changed."""
    factor, offset = (tf.cast(numbers, output.dtype) for numbers in (edit.factor, edit.offset))
    return masked_as(output * factor + offset, output)


def masked_as(tensor: Any, output: Any) -> Any:
    """Return a tensor that takes the place of an output, with the mask that some layers read from it."""
    if tensor is not output and getattr(output, "_keras_mask", None) is not None:
        tensor._keras_mask = output._keras_mask
    return tensor


def twin(layer: Any, **changes: Any) -> Any:
    """Return a twin of a layer that shares all of its state but for the changes."""
    made = object.__new__(type(layer))
    made.__dict__.update(layer.__dict__, **changes)
    return made
