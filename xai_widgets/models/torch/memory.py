"""How much memory a pass takes."""

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
    sizes: dict[int, int] = {}
    seen, ahead = {None}, [output.grad_fn]
    while ahead:
        node: Any = ahead.pop()
        if node in seen:
            continue
        seen.add(node)
        ahead.extend(before for before, _ in node.next_functions)
        for tensor in _saved(node):
            if (place := _place(tensor)) not in known:
                sizes[place] = tensor.untyped_storage().nbytes()
    return sum(sizes.values())


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
