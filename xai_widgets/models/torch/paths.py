"""How PyTorch runs what it has several ways for: the same way in every pass of ours, whatever is asked of it.

These modes hold for the present thread and for as long as they are entered; PyTorch's global flags are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class SlowAttention(TorchFunctionMode):
    """Keeps transformers from their fast path, which they take without gradients alone.

    It answers differently where there is padding: with zeros at these places, and nested tensors between the layers.
    Passes with gradients never take it, so the methods without would explain another network.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
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


def has_fast_path(modules: Iterable[nn.Module]) -> bool:
    """Whether some of the modules choose between two ways."""
    kinds = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)
    return any(isinstance(module, kinds) for module in modules)
