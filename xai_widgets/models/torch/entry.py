"""The first layer of a network where it is linear: sums of gradients go back through it once for many inputs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container
from typing import Any

import torch
from torch import Tensor, nn

from xai_widgets.models.objective import Array
from xai_widgets.models.torch.shadow import Shadow
from xai_widgets.models.torch.tensors import from_numpy


def find_entry(
    shadow: Shadow, prepared: Tensor, layers: Container[str], scores_in: Callable[[Any], Tensor]
) -> str | None:
    """Return which of `layers` is linear, and all that a network knows of its input passes through it, if one is.

    `scores_in` gives the tensor of a network's result that is explained.
    """
    nodes: dict[str, Any] = {}
    start, version = prepared.grad_fn, prepared._version

    def note(name: str, _module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        # The version tells whether the network has worked on it in place before.
        if len(args) == 1 and args[0] is prepared and prepared._version == version:
            nodes[name] = output.grad_fn

    linear = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    with shadow.hooked((name, functools.partial(note, name)) for name in shadow.names(*linear) if name in layers):
        output = scores_in(shadow(prepared))
    return next((name for name, node in nodes.items() if not _reaches(output.grad_fn, start, node)), None)


def pooled(gradient: Tensor, pool: Array, shape: tuple[int, ...], enter: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the gradients at inputs of `shape`, summed by `pool`, from those at the output of the entry.

    What is linear may come after the sums: `enter` goes from inputs to the output of the entry.
    """
    # Summed as it lies in memory, channels last, or all of it would be copied first.
    sums = torch.tensordot(from_numpy(pool).to(gradient), gradient.movedim(1, -1), 1).movedim(-1, 1)
    x = torch.zeros((len(sums), *shape), dtype=sums.dtype, device=sums.device, requires_grad=True)
    (found,) = torch.autograd.grad(enter(x), x, sums)
    return found


def _reaches(start: Any, end: Any, around: Any) -> bool:
    """Whether a backward pass leads from one node of the graph to another without passing through a third."""
    seen, ahead = {around}, [start]
    while ahead:
        node = ahead.pop()
        if node is end:
            return True
        if node is not None and node not in seen:
            seen.add(node)
            ahead.extend(before for before, _ in node.next_functions)
    return False
