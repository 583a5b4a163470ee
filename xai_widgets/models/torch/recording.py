"""Every operation of a pass, below autograd, with the very tensors that it took and brought.

There a ReLU is a ReLU, be it a module, a function, or in place.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten


@dataclass(frozen=True, eq=False)
class Call:
    """One operation of a pass, with what it took and what it brought."""

    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch's __init_subclass__ is unannotated.
    """Keeps every operation of a pass, and all of its tensors, so that each is known by its identity."""

    input: Tensor
    output: Any

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch's __init__ of a mode is unannotated.

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep PyTorch from importing its compiler for this mode, which takes seconds and 80 MB."""
        return False

    def start(self, inputs: Tensor) -> None:
        self.calls: list[Call] = []
        self.input = inputs
        self.shared = False

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function._schema.is_mutable:
            self.shared = self.shared or self._is_shared(args[0])
        result = function(*args, **kwargs)
        self.calls.append(Call(function, args, kwargs, result))
        return result

    def _is_shared(self, written: Tensor) -> bool:
        """Whether another tensor would see work in place: only one name for it is followed."""
        place = written.untyped_storage().data_ptr()
        seen = itertools.chain.from_iterable(tree_flatten((c.args, c.kwargs, c.result))[0] for c in self.calls)
        others = (tensor for tensor in seen if isinstance(tensor, Tensor) and tensor is not written)
        return any(tensor.numel() and tensor.untyped_storage().data_ptr() == place for tensor in others)
