"""How PyTorch runs what it has several ways for: the same way in every pass of ours, whatever is asked of it.

These modes hold for the present thread and for as long as they are entered; PyTorch's global flags are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

BATCH_NORMS = (nn.functional.batch_norm, torch.batch_norm)
INSTANCE_NORMS = (nn.functional.instance_norm, torch.instance_norm)
FLATTENING = (torch.flatten, Tensor.flatten, torch.reshape, Tensor.reshape, Tensor.view)


class SlowAttention(TorchFunctionMode):
    """Keeps transformers from their fast path, which they take without gradients alone.

    It answers differently where there is padding: with zeros at these places, and nested tensors between the layers.
    Passes with gradients never take it, so the methods without would explain another network.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return function(*args, **(kwargs or {}))


class OrderedGradients(TorchFunctionMode):
    """Hands gradients to batch norms in the order in memory of what these were given.

    On a processor their gradient by a single input is wrong (PyTorch 2.13) where that lies contiguously and what
    arrives lies channels last, as behind a transpose to tokens; that of an instance norm in either order.

    Attributes
    ----------
    needed : bool
        Whether some did not arrive in that order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.needed = False

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        if function in BATCH_NORMS + INSTANCE_NORMS and output.requires_grad:
            given = args[0] if args else (kwargs or {})["input"]
            if function in INSTANCE_NORMS or given.is_contiguous():
                output.register_hook(self._in_order)
        return output

    def _in_order(self, gradient: Tensor) -> Tensor:
        self.needed = self.needed or not gradient.is_contiguous()
        return gradient.contiguous()


class GradientsChannelsLast(TorchFunctionMode):
    """Hands gradients on channels last where a network flattens pictures that lie so in memory.

    From what is flat they come back contiguously, and a maximum or a rectifier before it takes up to sixteen times as
    long over two orders as over one.

    Attributes
    ----------
    needed : bool
        Whether some picture that was flattened lay so, with a gradient or without.
    """

    def __init__(self) -> None:
        super().__init__()
        self.needed = False

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function in FLATTENING and args and _lies_channels_last(args[0]):
            self.needed = True
            if args[0].requires_grad:
                args[0].register_hook(_channels_last)
        return function(*args, **(kwargs or {}))


class ViewsAsReshapes(TorchFunctionMode):
    """Lets networks that flatten by `view` run on pictures that lie channels last in memory."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function is Tensor.view:
            try:
                return function(*args, **(kwargs or {}))
            except RuntimeError:
                return Tensor.reshape(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {}))


def _lies_channels_last(tensor: Tensor) -> bool:
    # By its strides: inside of torch.vmap a tensor does not tell the order itself.
    if tensor.dim() != 4 or tensor.is_contiguous():
        return False
    _, channels, _, width = tensor.shape
    return tensor.stride()[1:] == (1, width * channels, channels)


def _channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)


def has_fast_path(modules: Iterable[nn.Module]) -> bool:
    """Whether some of the modules choose between two ways."""
    kinds = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)
    return any(isinstance(module, kinds) for module in modules)
