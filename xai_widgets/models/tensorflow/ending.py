"""The last operation of a network, read from its graph, or from a trace of a pass."""

from __future__ import annotations

from typing import Any

import keras

from xai_widgets.models.head import DEPTH, Ending, together
from xai_widgets.models.tensorflow.graph import Call

_SAME = (
    "Identity",
    "Cast",
    "Reshape",
    "Squeeze",
    "ExpandDims",
    "Transpose",
    "EnsureShape",
    "StopGradient",
    "Minimum",
    "Maximum",
)
_PARTS = ("StridedSlice", "Slice", "GatherV2", "Split", "SplitV", "Unpack")
_JOINING = ("ConcatV2", "Pack")
_LINEAR = ("MatMul", "BatchMatMulV2", "Einsum", "Conv1D", "Conv2D", "Conv3D", "Conv2DBackpropInput", "BiasAdd")
_SUMS, _SCALINGS = ("AddV2", "Add", "AddN", "Sub"), ("Mul", "RealDiv", "Neg")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_CONSTANT = ("Const", "ReadVariableOp", "Placeholder", "Shape", "Range")

_ACTIVATIONS: dict[str, Ending] = {"Softmax": "softmax", "LogSoftmax": "log-softmax", "Sigmoid": "sigmoid"}

_PLAIN = (keras.layers.Dense.call, keras.layers.Conv2D.call, keras.layers.Conv2DTranspose.call)


def ending_of_calls(calls: list[Call]) -> Ending | None:
    """Return the last operation where the graph of calls tells that it is a layer without an activation."""
    last = [call.node.operation for call in calls if call.final]
    plain = bool(last) and type(last[0]).call in _PLAIN and last[0].activation is keras.activations.linear
    return "linear" if plain else None


def ending_of(traced: Any) -> Ending | None:
    """Return the last operation of a traced pass, looking through those that only change the shape, or None."""
    return _ending(traced.structured_outputs)


def _ending(tensor: Any, depth: int = DEPTH) -> Ending | None:
    operation = tensor.op
    kind = operation.type
    if kind in _CALLS and depth > 0:
        called = operation.graph._get_function(operation.get_attr("f").name)
        return _ending(called.graph.outputs[tensor.value_index], depth - 1)
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    if kind in _LINEAR:
        return None if any(map(_is_softmax, _sources(operation))) else "linear"
    if depth == 0 or kind not in (*_SAME, *_PARTS, *_JOINING, *_SUMS, *_SCALINGS, "Exp"):
        return None
    last = together([_ending(source, depth - 1) for source in _sources(operation)])
    if kind == "Exp":
        return "softmax" if last == "log-softmax" else None
    if kind in _SUMS or kind in _SCALINGS:
        linear = last == "linear" and (kind in _SUMS or len(_sources(operation)) == 1)
        return "linear" if linear else None
    return last


def _is_softmax(tensor: Any) -> bool:
    """Whether what a linear operation works on are probabilities: a mixture of them may be some again."""
    while tensor.op.type in (*_SAME, *_PARTS, "BiasAdd", "MatMul") and _sources(tensor.op):
        tensor = _sources(tensor.op)[0]
    return bool(tensor.op.type == "Softmax")


def _sources(operation: Any) -> list[Any]:
    """Return what an operation works on, without weights, sizes and places."""
    return [tensor for tensor in operation.inputs if tensor.op.type not in _CONSTANT and tensor.dtype.is_floating]
