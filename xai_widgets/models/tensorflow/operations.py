"""The operations that TensorFlow breaks a pass into, below the layers: of what kind each is, and with which geometry.

There a layer of Keras and one that a student wrote are the same, and attention is a handful of products.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from xai_widgets.models.objective import Array


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


POINTWISE = _named(
    "Identity StopGradient PreventGradient Snapshot CheckNumerics Cast Bitcast Relu Relu6 LeakyRelu Elu Selu "
    "Sigmoid Tanh Softplus Softsign Erf Erfc Exp Expm1 Log Log1p Sqrt Rsqrt Square Pow Reciprocal Inv Abs Neg "
    "Sign Floor Ceil Round Rint Sin Cos Tan Sinh Cosh Asin Acos Atan Atan2 Asinh Acosh Atanh Lgamma Digamma Add "
    "AddV2 AddN Sub Mul MulNoNan Div RealDiv DivNoNan FloorDiv FloorMod Mod TruncateDiv TruncateMod Xdivy Xlogy "
    "Xlog1py Maximum Minimum SquaredDifference BiasAdd BiasAddV1 Select SelectV2 ClipByValue Equal NotEqual "
    "Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot IsNan IsInf IsFinite NextAfter Ndtri "
    "Erfinv Betainc Real Imag Complex"
)
"""Operations of which each number that comes out depends on the numbers at its own place alone."""

NORMALISATIONS = _named("FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Softmax LogSoftmax LRN Cumsum Cumprod")
"""Operations whose every number stays with its own place, whatever else it sees."""

SOFTMAX = _named("Softmax")
"""Those of them that make weights."""

REDUCTIONS = _named("Mean Sum Max Min Prod All Any EuclideanNorm ArgMax ArgMin")

PRODUCTS = _named("MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum")

MOVES = _named(
    "Reshape Transpose Slice StridedSlice Pad PadV2 MirrorPad Roll Tile GatherV2 GatherNd SpaceToDepth DepthToSpace "
    "SpaceToBatchND BatchToSpaceND Split SplitV Unpack Pack ExpandDims Squeeze ReverseV2 BroadcastTo "
    "ExtractImagePatches ExtractVolumePatches MatrixBandPart MatrixDiagPartV3 TensorScatterUpdate InvertPermutation"
)
"""Operations that move numbers and do nothing else."""

CHOOSING = {"GatherV2": 1, "GatherNd": 1, "ResourceGather": 1, "TensorScatterUpdate": 1}
"""Which input says what is moved where."""

CONSTANT = _named("Shape ShapeN Size Rank ZerosLike OnesLike Equal NotEqual")
"""Operations that take no more than its shape from a tensor, or ask where in it a number is, as masks do."""

CALLED = _named("PartitionedCall StatefulPartitionedCall")
"""Operations that call a function, a graph of its own."""

_CHANNELS_FIRST = ("NCHW", "NCDHW")


def attribute(operation: Any, name: str, otherwise: Any = None) -> Any:
    """Return an attribute of an operation."""
    if name not in operation.node_def.attr:
        return otherwise
    found = operation.get_attr(name)
    return found.decode() if isinstance(found, bytes) else found


def run_again(operation: Any, inputs: Sequence[Any]) -> list[Any]:
    """Run an operation of a graph with these numbers, at once."""
    definition, given, rest = operation.op_def, [], list(inputs)
    inferred = set()
    for argument in definition.input_arg:
        inferred |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
        if argument.number_attr:
            count = operation.get_attr(argument.number_attr)
            given.append(rest[:count])
            rest = rest[count:]
        else:
            given.append(rest.pop(0))
    attributes = [operation.get_attr(one.name) for one in definition.attr if one.name not in inferred]
    function = getattr(tf.raw_ops, operation.type)
    # They are called by other names here than in the graph, and stand in the same order.
    names = [name for name in inspect.signature(function).parameters if name != "name"]
    made = function(**dict(zip(names, [*given, *attributes], strict=False)))
    return list(made) if isinstance(made, list | tuple) else [made]


def channel_axis(operation: Any, rank: int) -> int:
    """Return the axis that counts channels for a convolution or a pool."""
    return 1 if attribute(operation, "data_format", "NHWC") in _CHANNELS_FIRST else rank - 1


def window_axes(operation: Any, rank: int) -> list[int]:
    """Return the axes along which the windows of a convolution, a pool or a change of size lie."""
    return [axis for axis in range(1, rank) if axis != channel_axis(operation, rank)]


def window_centres(operation: Any, lengths: Sequence[int], made: Sequence[int]) -> list[Array] | None:
    """Return where the windows of a convolution, a pool or a change of size have their centres, along each axis.

    Parameters
    ----------
    operation : tf.Operation
        None comes back for others.
    lengths, made : sequence of int
        The sizes of the input and of the output along these axes.
    """
    axes, name = window_axes(operation, len(lengths) + 2), operation.type
    sizes = list(zip(made, lengths, strict=True))
    if name in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"):
        return [_resized(operation, *size) for size in sizes]
    if "Conv" in name:
        taps = [int(tap) for tap in operation.inputs[1].shape[: len(lengths)]]
    elif name in ("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"):
        taps = [attribute(operation, "ksize")[axis] for axis in axes]
    else:
        return None
    strides = [attribute(operation, "strides")[axis] for axis in axes]
    spread = attribute(operation, "dilations", [1] * (len(lengths) + 2))
    widths = [(tap - 1) * spread[axis] for tap, axis in zip(taps, axes, strict=True)]
    found = []
    for axis, size, width, stride in zip(axes, sizes, widths, strides, strict=True):
        if "BackpropInput" in name:
            padding = _padding(operation, axis, size[::-1], width, stride)
            found.append((np.arange(size[0]) + padding - width / 2) / stride)
        else:
            padding = _padding(operation, axis, size, width, stride)
            found.append(np.arange(size[0]) * stride - padding + width / 2)
    return found


def _padding(operation: Any, axis: int, size: tuple[int, int], width: int, stride: int) -> int:
    """Return how many elements are put before the first one, for windows that reach so far."""
    kind, (windows, length) = attribute(operation, "padding"), size
    if kind == "EXPLICIT":
        return int(attribute(operation, "explicit_paddings")[2 * axis])
    return max((windows - 1) * stride + width + 1 - length, 0) // 2 if kind == "SAME" else 0


def _resized(operation: Any, count: int, length: int) -> Array:
    if attribute(operation, "align_corners", False):
        return np.arange(count) * ((length - 1) / max(count - 1, 1))
    shift = 0.5 if attribute(operation, "half_pixel_centers", False) else 0.0
    return (np.arange(count) + shift) * length / count - shift
