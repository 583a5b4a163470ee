"""What the graph of a pass tells of its backward pass, before that is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor


def bytes_kept(output: Tensor, weights: Iterable[Tensor]) -> int:
    """Return how many bytes the backward pass from `output` keeps, but for the weights, which are there anyway.

    Read from the graph itself: hooks on what is saved would forbid networks to use torch.func.
    """
    known = set(map(_place, weights))
    saved = (tensor for node in _nodes(output) for tensor in _saved(node))
    return sum({_place(one): one.untyped_storage().nbytes() for one in saved if _place(one) not in known}.values())


def normalises(output: Tensor) -> bool:
    """Whether there is a batch norm on the way to `output`, which instance norms are too."""
    return any("BatchNorm" in type(node).__name__ for node in _nodes(output))


def _nodes(output: Tensor) -> Iterator[Any]:
    seen, ahead = {None}, [output.grad_fn]
    while ahead:
        node: Any = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead.extend(before for before, _ in node.next_functions)
            yield node


def _saved(node: Any) -> Iterator[Tensor]:
    for name in dir(node):
        if name.startswith("_saved_") or name == "saved_tensors":
            # What was changed in place since cannot be asked for any more: then it is somebody else's.
            with suppress(RuntimeError):
                value = getattr(node, name)
                found = value if isinstance(value, list | tuple) else [value]
                yield from (one for one in found if isinstance(one, Tensor) and one.layout == torch.strided)


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
