"""Attention as its parts: products, a softmax and sums, whatever a network calls for it; and the weights it computes.

PyTorch has functions that attend in one step and show no weights. While these modes are entered they run as the steps
that they stand for. Nothing is put on the network, and PyTorch itself is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from xai_widgets.models.torch.graph import layer_running

CLOSE = 1e-3
"""By how much sums over weights may be off that should be the same."""

_SOFTMAX = ("softmax", "safe_softmax", "special_softmax")
_PRODUCTS = ("matmul", "rmatmul", "bmm", "baddbmm", "einsum")


def attention_in_parts(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return what `scaled_dot_product_attention` returns, step by step: products, mask, softmax, sums of values.

    Parameters are those of the function. A query that may look at nothing finds zeros, as there.
    """
    if enable_gqa:
        key = key.repeat_interleave(query.size(-3) // key.size(-3), -3)
        value = value.repeat_interleave(query.size(-3) // value.size(-3), -3)
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.size(-1)) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).tril()
    softmax: Callable[..., Tensor] = torch.softmax
    if attn_mask is not None:
        hidden = attn_mask.logical_not() if attn_mask.dtype == torch.bool else attn_mask == -math.inf
        if attn_mask.dtype != torch.bool:
            scores = scores + attn_mask.masked_fill(hidden, 0)
        if hidden.any():
            scores = scores.masked_fill(hidden, -math.inf)
        if hidden.all(dim=-1).any():  # Of nothing but -inf a plain softmax makes NaN, also in gradients.
            softmax = torch._safe_softmax
    weights = softmax(scores, dim=-1)
    if dropout_p > 0:
        weights = functional.dropout(weights, dropout_p)
    return weights @ value


def _opened(function: Any) -> Callable[..., Any]:
    """Return a copy of a function that asks no mode to take it over as a whole, so that modes see what it calls.

    As it is, it would hand itself to the mode that calls it, for ever.
    """
    room = {**function.__globals__, "has_torch_function": lambda _tensors: False}
    made = FunctionType(function.__code__, room, function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


_IN_PARTS: dict[Any, Callable[..., Any]] = {
    functional.scaled_dot_product_attention: attention_in_parts,
    functional.multi_head_attention_forward: _opened(functional.multi_head_attention_forward),
}


class AttentionInParts(TorchFunctionMode):
    """While it is active, attention runs as its parts, which arrive at the modes around it as calls of their own."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        parts = _IN_PARTS.get(function)
        if parts is None:
            return function(*args, **(kwargs or {}))
        with self:  # While it is asked, a mode is off.
            return parts(*args, **(kwargs or {}))


class Seen(NamedTuple):
    """Weights of attention as a pass shows them."""

    layer: str
    """The layer in which they weigh values; empty where no layer has a name."""
    weights: Tensor
    """What the softmax puts out."""
    keys: int
    """The axis over which it sums to one."""
    changed: bool
    """Whether other numbers weigh the values in the end."""


class AttentionWatch(AttentionInParts):
    """Sees the softmax whose numbers go into a product with what depends on the input: the weights of attention.

    What depends on the input is seen by whether it asks for a gradient, so the input has to.

    Parameters
    ----------
    names : dict of module to str

    Attributes
    ----------
    found : list of Seen
        In the order of execution.
    """

    def __init__(self, names: Mapping[nn.Module, str]) -> None:
        super().__init__()
        self.found: list[Seen] = []
        self._names = names
        self._known: dict[int, tuple[Tensor, _Softmax]] = {}

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        output = super().__torch_function__(function, types, args, kwargs)
        if function is functional.embedding and torch.is_grad_enabled():
            output.requires_grad_()  # Token ids ask for none, and what comes of them depends on the input.
        if function not in _IN_PARTS and isinstance(output, Tensor) and output.requires_grad:
            self._follow(str(getattr(function, "__name__", "")).strip("_"), args, kwargs or {}, output)
        return output

    def _follow(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Tensor) -> None:
        """Note what becomes of the output of a softmax."""
        if name in _SOFTMAX:
            axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
            if isinstance(axis, int) and output.dim() > 2 and axis % output.dim():
                self._note(output, _Softmax(len(self._known), output, axis % output.dim()))
            return
        tensors = [one for one in tree_leaves((args, dict(kwargs))) if isinstance(one, Tensor) and one.requires_grad]
        known = [(self._known[id(one)][1], one) for one in tensors if id(one) in self._known]
        if not known:
            return
        softmax, weights = max(known, key=lambda one: one[0].number)
        others = [one for one in tensors if self._known.get(id(one), (None, None))[1] is not softmax]
        if not others and output.numel() == softmax.output.numel():  # A move, dropout, another type, a mixing of heads.
            self._note(output, softmax)
        elif others and name in _PRODUCTS and not softmax.used:
            softmax.used = True
            changed = not (_same(weights, softmax.output) and _sums_to_one(name, args, weights))
            self.found.append(Seen(layer_running(self._names) or "", softmax.output, softmax.axis, changed))

    def _note(self, tensor: Tensor, softmax: _Softmax) -> None:
        # The tensors themselves are kept, or else another one could come to the same address.
        self._known[id(tensor)] = tensor, softmax


class _Softmax:
    """One softmax of a pass."""

    def __init__(self, number: int, output: Tensor, axis: int) -> None:
        self.number, self.output, self.axis, self.used = number, output, axis, False


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors hold the same numbers, in whatever order, as their sums and those of their squares tell."""
    with torch.no_grad():
        pairs = [
            (a.sum(dtype=torch.float64), b.sum(dtype=torch.float64)) for a, b in ((one, other), (one**2, other**2))
        ]
        return all(bool((a - b).abs() <= CLOSE * b.abs()) for a, b in pairs)


def _sums_to_one(name: str, args: tuple[Any, ...], weights: Tensor) -> bool:
    """Whether a product sums over the keys, along which weights sum to one; or zero, of a query that sees nothing."""
    if name == "einsum":
        terms, _, output = str(args[0]).replace(" ", "").partition("->")
        operands = args[1] if isinstance(args[1], list | tuple) else args[1:]
        places = [term for term, one in zip(terms.split(","), operands, strict=False) if one is weights]
        axes = (
            [axis - len(places[0]) for axis, letter in enumerate(places[0]) if letter not in output] if places else []
        )
    else:
        first = args[1] if name == "baddbmm" else args[0]
        axes = [-1 if (first is weights) != (name == "rmatmul") else -2]
    with torch.no_grad():
        sums = weights.sum(dim=axes, dtype=torch.float64) if axes else weights.double()
        return bool(((sums - 1).abs() < CLOSE).logical_or(sums == 0).all())
