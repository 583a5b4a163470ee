"""What a recorded operation reads of a picture: its own place, some around it, or all of it.

Pictures lie with their channels first, as convolutions take them, or last, as layers of tokens do, where products with
a matrix have their places flattened into rows; in passes of patches these are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from xai_widgets.models.torch.operations import is_pointwise
from xai_widgets.models.torch.recording import Call
from xai_widgets.receptive_field.geometry import Local
from xai_widgets.receptive_field.program import MOVED, Plane

Order = Literal["first", "last", "flat"]
"""How axes lie: (rows, channels, height, width), (rows, height, width, channels) or (places, channels)."""

_POINT = (Local(), Local())


class Ref(NamedTuple):
    """Stands for a value in the arguments of an operation, or for one of the tensors that make it up."""

    value: int
    part: int | None


def first_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what brings the first of a function's results."""
    return lambda *args, **kwargs: function(*args, **kwargs)[0]


class Found(NamedTuple):
    """What is known of an operation: what it reads along the two axes if it is local, and so on as in `Step`."""

    places: tuple[Local, Local]
    patched: Callable[..., Any] | None = None
    """None where patches are worked on as whole pictures are."""
    fill: float = 0.0
    work: int = 1
    order: Order = "first"
    """How what it makes lies."""
    plane: Plane = (0, 0)


def local(
    call: Call, leaves: Sequence[Any], refs: Sequence[Ref], orders: Mapping[int, Order], planes: Mapping[int, Plane]
) -> Found | None:
    """Return what is known of a local operation, None for one that needs its input whole.

    Parameters
    ----------
    call : Call
    leaves : sequence
        Its arguments, in which `refs` stand for the values that it reads.
    orders, planes : mappings from value to Order and to (height, width)
        Of the values that are pictures.
    """
    name = call.function._schema.name
    result = call.result[0] if isinstance(call.result, tuple | list) else call.result
    if not isinstance(result, Tensor) or any(ref.part is not None or ref.value not in planes for ref in refs):
        return None
    order, plane = orders[refs[0].value], planes[refs[0].value]
    if name in _LOCAL:
        fits = len(refs) == 1 and isinstance(leaves[0], Ref) and order == "first" and result.dim() == 4
        found = _LOCAL[name](*call.args) if fits else None
        return None if found is None else found._replace(plane=(result.shape[2], result.shape[3]))
    if any((orders[ref.value], planes[ref.value]) != (order, plane) for ref in refs):
        return None
    if name in _CHANNELS_LAST:
        found = _CHANNELS_LAST[name](call, result, order, plane) if len(refs) == 1 else None
    else:  # Broadcast, what it makes may have got another plane.
        fits = result.dim() == 2 if order == "flat" else _plane(result, order) == plane
        found = _pointwise(call, leaves, refs, result, order) if fits else None
    return None if found is None else found._replace(plane=plane)


def _plane(picture: Tensor, order: Order) -> Plane | None:
    """Return height and width of a picture; None of what is none."""
    if picture.dim() != 4:
        return None
    return (picture.shape[2], picture.shape[3]) if order == "first" else (picture.shape[1], picture.shape[2])


def _pointwise(call: Call, leaves: Sequence[Any], refs: Sequence[Ref], result: Tensor, order: Order) -> Found | None:
    name, channels = call.function._schema.name, result.shape[1 if order == "first" else -1]
    if name in ("aten::native_batch_norm", "aten::_native_batch_norm_legit_no_training"):
        frozen = name.endswith("no_training") or call.args[5] is False
        even = frozen and len(refs) == 1 and order == "first"
        return Found(_POINT, first_of(call.function), work=MOVED * channels) if even else None
    if name == "aten::cat":
        along = (1, -3) if order == "first" else (result.dim() - 1, -1)
        everything = len(refs) == len(call.args[0]) and call.args[1:] in [(axis,) for axis in along]
        return Found(_POINT, work=MOVED * channels, order=order) if everything else None
    tensors = tree_flatten((call.args, call.kwargs))[0]
    constants = [t for t, leaf in zip(tensors, leaves, strict=True) if isinstance(t, Tensor) and leaf not in refs]
    even = is_pointwise(call.function) and all(_is_even(constant, order) for constant in constants)
    return Found(_POINT, work=MOVED * channels, order=order) if even else None


def _is_even(constant: Tensor, order: Order) -> bool:
    """Whether a constant is the same at every place of a plane, and for every input."""
    shape = (1,) * (4 - constant.dim()) + tuple(constant.shape)
    along = [0, 2, 3] if order == "first" else [0, 1, 2]
    return len(shape) == 4 and all(shape[axis] == 1 for axis in along)


def _permuted(call: Call, _result: Tensor, order: Order, _plane: Plane) -> Found | None:
    if order == "first" and list(call.args[1]) == [0, 2, 3, 1]:
        return Found(_POINT, order="last")
    return Found(_POINT) if order == "last" and list(call.args[1]) == [0, 3, 1, 2] else None


def _flattened(call: Call, result: Tensor, order: Order, plane: Plane) -> Found | None:
    """Return what is known where places are flattened into rows, or rows laid out again."""
    given = call.args[0]
    if result.shape[-1] != given.shape[-1]:
        return None
    if order == "last" and result.dim() == 2:
        return Found(_POINT, lambda x, *_: x, order="flat")
    rows_again = order == "flat" and result.dim() == 4 and tuple(result.shape[1:3]) == plane
    return Found(_POINT, lambda x, *_: x, order="last") if rows_again else None


def _product(call: Call, _result: Tensor, order: Order, _plane: Plane) -> Found | None:
    """Return what is known of a product with a matrix, plus a bias."""
    given, matrix = call.args[-2:]
    if order != "flat" or call.kwargs or given.dim() != 2 or given.shape[1] != matrix.shape[0]:
        return None

    def patched(*args: Tensor) -> Tensor:
        *bias, x, matrix = args
        return nn.functional.linear(x, matrix.t(), *bias)

    return Found(_POINT, patched, work=matrix.numel(), order="flat")


def _layer_norm(call: Call, result: Tensor, order: Order, _plane: Plane) -> Found | None:
    if order == "first" or list(call.args[1]) != [result.shape[-1]]:
        return None
    return Found(_POINT, first_of(call.function), work=MOVED * result.shape[-1], order=order)


_CHANNELS_LAST: dict[str, Callable[[Call, Tensor, Order, Plane], Found | None]] = {
    "aten::permute": _permuted,
    "aten::view": _flattened,
    "aten::_unsafe_view": _flattened,
    "aten::mm": _product,
    "aten::addmm": _product,
    "aten::native_layer_norm": _layer_norm,
}
"""The operations that bring channels to the end, and work on what lies so."""


def _convolution(
    _: Tensor, weight: Tensor, _bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, *_rest: Any
) -> Found | None:
    def patched(x: Tensor, weight: Tensor, bias: Any, stride: Any, _padding: Any, *rest: Any) -> Any:
        return torch.ops.aten.convolution.default(x, weight, bias, stride, [0, 0], *rest)

    if transposed or weight.dim() != 4:
        return None
    return Found(_along(weight.shape[2:], stride, padding, dilation), patched, work=weight.numel())


def _max_pool(
    x: Tensor, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, _ceil: bool = False
) -> Found | None:
    def patched(x: Tensor, *_: Any) -> Tensor:
        return nn.functional.max_pool2d(x, kernel, stride or kernel, 0, dilation)

    return Found(_along(kernel, stride or kernel, padding, dilation), patched, -math.inf, MOVED * x.shape[1])


def _average_pool(
    x: Tensor,
    kernel: Any,
    stride: Any = (),
    padding: Any = 0,
    ceil: bool = False,
    padding_counts: bool = True,
    divisor: int | None = None,
) -> Found | None:
    def patched(x: Tensor, *_: Any) -> Tensor:
        return nn.functional.avg_pool2d(x, kernel, stride or kernel, divisor_override=divisor)

    along = _along(kernel, stride or kernel, padding, 1)
    if ceil or (any(local.padding for local in along) and not padding_counts):
        return None  # At the border it divides by other numbers than inside.
    return Found(along, patched, work=MOVED * x.shape[1])


def _pad(x: Tensor, padding: Sequence[int], fill: float = 0.0) -> Found | None:
    left, _, top, _ = (*padding, 0, 0)[:4]
    if len(padding) > 4 or min(padding) < 0:
        return None
    return Found((Local(padding=top), Local(padding=left)), lambda x, *_: x, fill, MOVED * x.shape[1])


def _along(kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Local, Local]:
    """Return what is read along both axes, where one number stands for both."""
    both = [[one, one] if isinstance(one, int) else (one[0], one[-1]) for one in (kernel, stride, padding, dilation)]
    rows, columns = (Local(*numbers) for numbers in zip(*both, strict=True))
    return rows, columns


_LOCAL: dict[str, Callable[..., Found | None]] = {
    "aten::convolution": _convolution,
    "aten::max_pool2d_with_indices": _max_pool,
    "aten::avg_pool2d": _average_pool,
    "aten::constant_pad_nd": _pad,
}
"""The operations that read more than one place of one input, by what tells where."""
