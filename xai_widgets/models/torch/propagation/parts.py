"""Functions of PyTorch that stand for several calls, as these calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor


def glu(input: Tensor, dim: int = -1) -> Tensor:  # noqa: A002
    """Return what `torch.nn.functional.glu` does: one half of the channels, gated by the other."""
    half, gate = input.chunk(2, dim)
    return half * gate.sigmoid()


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:  # noqa: A002
    """Return what `torch.addcmul` does: a sum with a product."""
    return input + value * (tensor1 * tensor2)


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:  # noqa: A002
    """Return what `torch.baddbmm` does: a sum with a product of matrices, of which zero times counts for nothing."""
    product = batch1 @ batch2 if alpha == 1 else alpha * (batch1 @ batch2)
    return product if beta == 0 else product + (input if beta == 1 else beta * input)


PARTS: dict[str, Callable[..., Any]] = {"glu": glu, "addcmul": addcmul, "baddbmm": baddbmm}
"""By what they are called, without the underscores around."""
