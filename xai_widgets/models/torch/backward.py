"""What the graph of a pass tells of its backward pass, before that is run."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Backward(NamedTuple):
    """What is seen of a backward pass."""

    bytes_kept: int
    """How much memory it keeps, but for the weights, which are there anyway."""
    normalises: bool
    """Whether there is a batch norm on the way, which instance norms are too."""


def backward_of(output: Tensor, weights: Iterable[Tensor]) -> Backward:
    """Return what the graph of a pass that puts out `output` tells.

    Hooks on what is saved would tell as much, and forbid networks to use torch.func.
    """
    known = {weight.untyped_storage().data_ptr() for weight in weights}
    sizes: dict[int, int] = {}
    normalises = False
    seen, ahead = {None}, [output.grad_fn]
    while ahead:
        node: Any = ahead.pop()
        if node in seen:
            continue
        seen.add(node)
        ahead += [before for before, _ in node.next_functions]
        normalises = normalises or "BatchNorm" in type(node).__name__
        for name in dir(node):
            if not name.startswith("_saved_") and name != "saved_tensors":
                continue
            saved: Any = None
            with suppress(RuntimeError):  # What was changed in place since is somebody else's.
                saved = getattr(node, name)
            for tensor in saved if isinstance(saved, list | tuple) else [saved]:
                if isinstance(tensor, Tensor) and tensor.layout == torch.strided:
                    storage = tensor.untyped_storage()
                    sizes[storage.data_ptr()] = storage.nbytes()
    return Backward(sum(size for place, size in sizes.items() if place not in known), normalises)
