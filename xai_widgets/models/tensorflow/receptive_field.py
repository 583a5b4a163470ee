"""A Keras network as a list of steps, read from the graph of its calls, and its passes in parts.

The student's own layers run on patches too; those that pad run as twins that share all of their state and do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Array
from xai_widgets.models.tensorflow.graph import Final, Taps, called, replay, twin
from xai_widgets.models.tensorflow.objective import objective_values
from xai_widgets.models.tensorflow.traces import Traces
from xai_widgets.receptive_field.geometry import Local
from xai_widgets.receptive_field.plan import Gather, Plan
from xai_widgets.receptive_field.program import MOVED, Plane, Program, Step
from xai_widgets.receptive_field.recompute import Ground, Recomputation

_POINT = (Local(), Local())

_MERGES = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}
_DROPOUTS = {
    "Dropout",
    "SpatialDropout2D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
    "StochasticDepth",
}
_UNARY = {"Identity", "ReLU", "LeakyReLU", "ELU", "ActivityRegularization", "LayerScale"}
_OPERATIONS = {
    *("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum", "Negative", "Absolute", "Square"),
    *("Sqrt", "Exp", "Log", "Power", "Clip", "Sin", "Cos", "Tanh", "Relu", "Relu6", "Sigmoid", "Softplus", "Softsign"),
    *("Silu", "HardSigmoid", "HardSilu", "HardTanh", "Elu", "Selu", "Gelu", "Celu", "LeakyRelu", "LogSigmoid", "Mish"),
}
"""Operations of keras.ops that are pointwise."""

_ACTIVATIONS = {
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid", "log_sigmoid"),
    *("hard_sigmoid", "hard_silu", "hard_tanh", "tanh", "softplus", "softsign", "exponential", "squareplus"),
}
"""Activations of Keras that are pointwise."""

Run = Callable[[list[Any]], Any]
"""From what a step reads to what it makes."""


class UnrecordedError(Exception):
    """The graph holds something that cannot be run again in parts."""


@dataclass(frozen=True, eq=False)
class Operation:
    """One call of the graph, as it is and without its padding."""

    whole: Run
    patched: Run


class TensorFlowRecomputation(Recomputation):
    """A Keras network that can be run again in parts.

    Parameters
    ----------
    record : Record
    scores : callable
        From the network's output to the scores.
    """

    def __init__(self, record: Record, scores: Callable[[Any], Any]) -> None:
        super().__init__(Program(tuple(record.steps), record.planes, record.output))
        self._record = record
        self._scores = scores
        self._traces = Traces()

    def ground(self, plan: Plan, batch: Array, objective: Any) -> Ground:
        stored = sorted(plan.stored)

        def run(x: Any) -> list[Any]:
            values = {0: x}
            for number, step in enumerate(self.program.steps):
                inputs = [values[value] for value in step.inputs]
                values[step.output] = self._run(number, inputs, True, None)
            return [*(_rows(values[value]) for value in stored), self._scores(values[self.program.output])]

        with failing("network", batch.shape), keras.StatelessScope():
            x = tf.constant(batch)
            *layers, scores = self._traces.run(
                ("ground", *stored), run, [x], [tf.TensorSpec((None, *x.shape[1:]), x.dtype)]
            )
            weights, top = (tf.constant(array, scores.dtype) for array in (objective.weights, objective.top))
            values = objective_values(scores, weights, top, objective.link, objective.function)
        return Ground(plan, len(batch), dict(zip(stored, layers, strict=True)), values.numpy(), scores.numpy())

    def values(self, ground: Ground, patches: Array, cells: Array, inputs: Array, objective: Any) -> Array:
        plan, stored = ground.plan, sorted(ground.layers)
        link, function = objective.link, objective.function

        def run(patches: Any, weights: Any, top: Any, *arrays: Any) -> Any:
            layers = dict(zip(stored, arrays, strict=False))
            output = self._recompute(plan, layers, patches, iter(arrays[len(stored) :]), None)
            return objective_values(self._scores(output), weights, top, link, function)

        indices = [tf.constant(index, tf.int32) for index in plan.indices(cells, inputs, ground.count)]
        layers = [ground.layers[value] for value in stored]
        numbers = [tf.constant(array, patches.dtype) for array in (patches, objective.weights, objective.top)]
        shapes = [(None, None, None, patches.shape[-1]), (None, *objective.weights.shape[1:]), ()]
        shapes += [(None, layer.shape[1]) for layer in layers]
        given = [*numbers, *layers]
        specs = [tf.TensorSpec(shape, patches.dtype) for shape in shapes]
        specs += [tf.TensorSpec((None, *(plane or (None, None))), tf.int32) for plane in plan.shapes]
        # What is kept holds the function, so that its id cannot come to mean another one while the key is in use.
        key = (plan.pattern, *stored, link, objective.weights.shape[1:], None if function is None else id(function))
        with failing("network", patches.shape), keras.StatelessScope():
            values: Array = self._traces.run(key, run, [*given, *indices], specs).numpy()
        return values

    def _run(self, number: int, inputs: list[Any], whole: bool, rows: Any) -> Any:
        operation = self._record.operations[number]
        return operation.whole(inputs) if whole else operation.patched(inputs)

    def _gathered(self, gather: Gather, layer: Any, patch: Any, index: Any, whole: bool) -> Any:
        padding = tf.fill((1, layer.shape[1]), tf.cast(gather.fill, layer.dtype))
        return tf.gather(tf.concat([layer, _rows(patch), padding], axis=0), index)


class Found(NamedTuple):
    """What is known of a call: what it reads along the two axes if it is local, and so on as in `Step`."""

    places: tuple[Local, Local]
    patched: Any = None
    """The operation without its padding, or None where there is none to leave out."""
    fill: float = 0.0
    work: int = 1


class Record(Taps):
    """What a replay of the graph does, step by step.

    Parameters
    ----------
    graph : keras.Function
    final : Final or None
        The activation that is left out at the end.
    preprocessed : callable
        What is done to inputs first, the same at every place.
    x : array
        One input or more, with which the graph is replayed.

    Raises
    ------
    UnrecordedError
        If a step takes something that no step made.
    """

    def __init__(self, graph: Any, final: Final | None, preprocessed: Callable[[Any], Any], x: Array) -> None:
        super().__init__()
        entry = preprocessed(tf.constant(x))
        self.steps = [Step((0,), 1, _POINT)]
        self.operations = [Operation(*[lambda inputs: preprocessed(inputs[0])] * 2)]
        self.planes: dict[int, Plane] = {}
        self._made = {id(entry): (1, entry)}
        """The values by their tensors, which are kept, so that an id stays that of the one tensor."""
        for value in (0, 1):
            self._note_plane(value, entry)
        (output,) = replay(graph, [entry], final, self, count())
        self.output = self._value(output)
        self._leave_out_unused()

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Make a call, and take note of it."""
        tensors = node.arguments.keras_tensors
        inputs = [values[id(tensor)] for tensor in tensors]
        made = keras.tree.flatten(called(node, operation, values))
        found = _local(node, operation, inputs, made)

        def whole(given: list[Any]) -> Any:
            return called(node, operation, dict(zip(map(id, tensors), given, strict=True)))

        patched = whole if found is None or found.patched is None else found.patched
        places, fill, work = (None, 0.0, 1) if found is None else (found.places, found.fill, found.work)
        value = self._add(map(self._value, inputs), Operation(whole, patched), places, fill, work)
        for part, tensor in enumerate(made):
            own = value if len(made) == 1 else self._part(value, part)
            self._made[id(tensor)] = (own, tensor)
            self._note_plane(own, tensor)
        return made

    def _add(self, inputs: Any, operation: Operation, places: Any = None, fill: float = 0.0, work: int = 1) -> int:
        value = self.steps[-1].output + 1
        self.steps.append(Step(tuple(inputs), value, places, fill, work))
        self.operations.append(operation)
        return value

    def _part(self, value: int, part: int) -> int:
        """Return one of the several tensors that a step made, as a value of its own."""
        take: Run = lambda inputs: keras.tree.flatten(inputs[0])[part]  # noqa: E731
        return self._add((value,), Operation(take, take))

    def _value(self, tensor: Any) -> int:
        if id(tensor) not in self._made:
            raise UnrecordedError("a step takes something that no step made")
        return self._made[id(tensor)][0]

    def _note_plane(self, value: int, tensor: Any) -> None:
        if len(tensor.shape) == 4:
            self.planes[value] = (tensor.shape[1], tensor.shape[2])

    def _leave_out_unused(self) -> None:
        """Leave out the steps that the output does not come from."""
        used = {self.output}
        for step in reversed(self.steps):
            if step.output in used:
                used.update(step.inputs)
        kept = [number for number, step in enumerate(self.steps) if step.output in used]
        self.steps = [self.steps[number] for number in kept]
        self.operations = [self.operations[number] for number in kept]
        self._made.clear()


def recomputation(
    graph: Any, final: Final | None, preprocessed: Callable[[Any], Any], x: Array, scores: Callable[[Any], Any]
) -> TensorFlowRecomputation | None:
    """Return what runs a network in parts, seen on the inputs `x`; None where its graph does not tell how."""
    with failing("network", x.shape), keras.StatelessScope():
        try:
            return TensorFlowRecomputation(Record(graph, final, preprocessed, x), scores)
        except UnrecordedError:
            return None


def _rows(pictures: Any) -> Any:
    """Return pictures (rows, height, width, channels) as (places, channels)."""
    return tf.reshape(pictures, (-1, pictures.shape[-1]))


def _local(node: Any, operation: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> Found | None:
    """Return what is known of a local call, None for one that needs its inputs whole."""
    shapes = [tuple(tensor.shape[1:]) for tensor in (*inputs, *outputs)]
    if len(outputs) != 1 or any(len(shape) != 3 for shape in shapes):
        return None
    kind, own = type(operation).__name__, type(operation).__module__.startswith("keras.")
    if not own or getattr(operation, "data_format", None) == "channels_first":
        return None
    if kind in _WINDOWED and isinstance(operation, keras.Layer):
        return _WINDOWED[kind](operation, shapes[0], shapes[1])
    even = all(shape[:2] == shapes[0][:2] for shape in shapes)
    known = _is_pointwise(operation, kind) if isinstance(operation, keras.Layer) else _is_operation(node, kind)
    return Found(_POINT, work=MOVED * shapes[-1][-1]) if even and known else None


def _is_pointwise(layer: Any, kind: str) -> bool:
    if kind in ("Concatenate", "BatchNormalization", "Softmax", "LayerNormalization"):
        return layer.axis in (-1, 3, [-1], [3], (-1,), (3,))
    if kind == "Normalization":
        return tuple(np.atleast_1d(layer.axis)) in ((-1,), (3,))
    if kind == "Activation":
        return _is_plain(layer.activation)
    if kind == "PReLU":
        return tuple(layer.shared_axes or ()) == (1, 2)
    if kind == "Rescaling":
        return np.ndim(layer.scale) <= 1 and np.ndim(layer.offset) <= 1
    return kind in _MERGES | _DROPOUTS | _UNARY


def _is_operation(node: Any, kind: str) -> bool:
    """Whether a call of keras.ops is pointwise, and what else it takes is the same everywhere."""
    others = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    plain = all(isinstance(other, keras.KerasTensor | int | float | str | None) for other in others)
    return plain and kind in _OPERATIONS


def _is_plain(activation: Any) -> bool:
    name = getattr(activation, "__name__", "")
    return name in _ACTIVATIONS and getattr(keras.activations, name, None) is activation


def _convolution(layer: Any, shape: tuple[int, ...], made: tuple[int, ...]) -> Found | None:
    if not _is_plain(layer.activation):
        return None
    along = _along(shape, layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)
    work = math.prod(layer.kernel_size) * shape[-1] * made[-1] // getattr(layer, "groups", 1)
    if type(layer).__name__ == "DepthwiseConv2D":
        work //= shape[-1]
    return Found(along, _calls(twin(layer, padding="valid")), work=work)


def _dense(layer: Any, shape: tuple[int, ...], made: tuple[int, ...]) -> Found | None:
    return Found(_POINT, work=shape[-1] * made[-1]) if _is_plain(layer.activation) else None


def _max_pool(layer: Any, shape: tuple[int, ...], made: tuple[int, ...]) -> Found:
    along = _along(shape, layer.pool_size, layer.strides, layer.padding, 1)
    return Found(along, _calls(twin(layer, padding="valid")), -math.inf, MOVED * made[-1])


def _average_pool(layer: Any, shape: tuple[int, ...], made: tuple[int, ...]) -> Found | None:
    along = _along(shape, layer.pool_size, layer.strides, layer.padding, 1)
    reach = [(count - 1) * local.stride + local.width for local, count in zip(along, made, strict=False)]
    if any(needed > length for needed, length in zip(reach, shape, strict=False)):
        return None  # At the border it divides by other numbers than inside.
    return Found(along, _calls(twin(layer, padding="valid")), work=MOVED * made[-1])


def _pad(layer: Any, _shape: tuple[int, ...], made: tuple[int, ...]) -> Found:
    (top, _), (left, _) = layer.padding
    return Found((Local(padding=top), Local(padding=left)), lambda inputs: inputs[0], work=MOVED * made[-1])


_WINDOWED: dict[str, Callable[[Any, tuple[int, ...], tuple[int, ...]], Found | None]] = {
    **dict.fromkeys(("Conv2D", "DepthwiseConv2D", "SeparableConv2D"), _convolution),
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _average_pool,
    "ZeroPadding2D": _pad,
    "Dense": _dense,
}
"""The layers that read more than one place of one input, by what tells where."""


def _calls(layer: Any) -> Run:
    return lambda inputs: layer(inputs[0])


def _along(shape: tuple[int, ...], kernel: Any, stride: Any, padding: str, dilation: Any) -> tuple[Local, Local]:
    """Return what is read along both axes; "same" pads as much as it takes, at the end one more."""
    found = []
    for axis, length in enumerate(shape[:2]):
        width, step, spread = (one if isinstance(one, int) else one[axis] for one in (kernel, stride, dilation))
        local = Local(width, step, 0, spread)
        missing = (-(-length // step) - 1) * step + local.width - length if padding == "same" else 0
        found.append(Local(width, step, max(missing, 0) // 2, spread))
    return found[0], found[1]
