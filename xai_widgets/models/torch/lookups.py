"""Which embeddings read the input itself: told by the calls that a pass makes, not by the order of definition.

Positions, months, or single columns of a table are looked up too, and their networks take no token ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xai_widgets.models.inputs.lookups import LookedUp
from xai_widgets.models.inputs.tokens import Embedded
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import PROBES
from xai_widgets.models.torch.shadow import Shadow
from xai_widgets.models.torch.tensors import from_numpy, mode

KINDS = (nn.Embedding, nn.EmbeddingBag)


def embeddings_of(modules: Iterable[nn.Module]) -> list[Embedded]:
    """Return what is known of all embeddings, in the order of definition."""
    return [Embedded(module.num_embeddings, module.padding_idx) for module in modules if isinstance(module, KINDS)]


def begins_with_embedding(modules: Iterable[nn.Module]) -> bool:
    """Whether the first module with weights of its own is an embedding."""
    weighted = (module for module in modules if not list(module.children()) and list(module.parameters()))
    return isinstance(next(weighted, None), KINDS)


def embeddings_of_input(
    shadow: Shadow,
    shape: tuple[int, ...],
    sizes: Iterable[int],
    beside: Callable[[Tensor], dict[str, Tensor]],
) -> list[Embedded]:
    """Return those embeddings that read whole inputs, in a pass of random ids that all embeddings of `sizes` have.

    `beside` gives what the network takes beside the ids.

    Raises
    ------
    Exception
        Whatever the network raises on ids.
    """
    ids = np.random.default_rng(0).integers(0, min(size for size in (*sizes, 2**15) if size > 1), (PROBES, *shape))
    with mode(False, shadow.device), _Lookups() as lookups:
        given = from_numpy(ids).to(shadow.device)
        shadow(given, **beside(given))
    return [embedding for embedding, looked_up in lookups.found if _reads(looked_up, ids)]


def looked_up(shadow: Shadow, tensors: Iterable[Tensor]) -> list[LookedUp]:
    """Return what embeddings are asked for in a pass of several tensors, of which some hold ids, as floats or not.

    Raises
    ------
    Exception
        Whatever the network raises on these.
    """
    with mode(False, shadow.device), _Lookups() as lookups:
        shadow(*(tensor.to(shadow.device) for tensor in tensors))
    return [LookedUp(table, known, ids) for (known, ids), table in zip(lookups.found, lookups.tables, strict=True)]


class _Lookups(TorchFunctionMode):
    """Notes what embeddings are asked for, and lets them take whole numbers that are floats."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Embedded, Array]] = []
        self.tables: list[int] = []

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        if function in (nn.functional.embedding, nn.functional.embedding_bag):
            ids, weight = (*args, *(named[name] for name in ("input", "weight") if name in named))[:2]
            padding = args[2] if len(args) > 2 and function is nn.functional.embedding else named.get("padding_idx")
            if ids.is_floating_point():
                ids = ids.round().long()
                args, named = ((ids, *args[1:]), named) if args else (args, {**named, "input": ids})
            self.found.append((Embedded(len(weight), padding), ids.cpu().numpy()))
            self.tables.append(id(weight))
        return function(*args, **named)


def _reads(looked_up: Array, ids: Array) -> bool:
    """Whether what was looked up are the ids: as they are, shifted, turned round, or with others before or behind."""
    if looked_up.ndim != ids.ndim and looked_up.size % len(ids) == 0:
        looked_up = looked_up.reshape(len(ids), -1)
    return any(
        np.ptp(form[:, start : start + ids.shape[1]] - ids) == 0
        for form in (looked_up, looked_up.T)
        if form.ndim == ids.ndim and len(form) == len(ids) and form.shape[2:] == ids.shape[2:]
        for start in range(form.shape[1] - ids.shape[1] + 1)
    )
