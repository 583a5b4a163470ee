"""The last operation of a network, read from the backward pass that autograd keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from xai_widgets.models.head import DEPTH, Ending, together

_SAME = (
    "View",
    "UnsafeView",
    "ReshapeAlias",
    "Alias",
    "Clone",
    "ToCopy",
    "Clamp",
    "ClampMin",
    "ClampMax",
    "Squeeze",
    "Unsqueeze",
    "Expand",
    "Permute",
)
_PARTS = ("Transpose", "T", "Slice", "Select", "Index", "Unbind", "Split", "SplitWithSizes")
_JOINING = ("Cat", "Stack")
_LINEAR = ("Addmm", "Mm", "Bmm", "Baddbmm", "Linear", "Convolution")
_SUMS, _SCALINGS = ("Add", "Sub", "Rsub"), ("Mul", "Div", "Neg")

_ACTIVATIONS: dict[str, Ending] = {
    "Softmax": "softmax",
    "LogSoftmax": "log-softmax",
    "Sigmoid": "sigmoid",
    "Hardsigmoid": "sigmoid",
}


def ending_of(output: Tensor) -> Ending | None:
    """Return the last operation, looking through those that only change the shape; None where it is another one."""
    return _ending(output.grad_fn)


def _ending(node: Any, depth: int = DEPTH) -> Ending | None:
    kind = _kind(node)
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    if kind in _LINEAR:
        return None if any(map(_is_softmax, _sources(node))) else "linear"
    if depth == 0 or kind not in (*_SAME, *_PARTS, *_JOINING, *_SUMS, *_SCALINGS, "Exp"):
        return None
    last = together([_ending(source, depth - 1) for source in _sources(node)])
    if kind == "Exp":
        return "softmax" if last == "log-softmax" else None
    if kind in _SUMS or kind in _SCALINGS:
        linear = last == "linear" and (kind in _SUMS or len(list(_sources(node))) == 1)
        return "linear" if linear else None
    return last


def _is_softmax(node: Any) -> bool:
    """Whether what a linear operation works on are probabilities: a mixture of them may be some again."""
    while _kind(node) in (*_SAME, *_PARTS):
        node = next(_sources(node), None)
    return _kind(node) == "Softmax"


def _sources(node: Any) -> Iterator[Any]:
    yield from (source for source, _ in node.next_functions if source is not None)


def _kind(node: Any) -> str:
    """Return the name of an operation without what autograd adds to it."""
    return "" if node is None else str(node.name()).partition("Backward")[0]
