"""The forward pass of a PyTorch network: from inputs by way of preprocessing and network to scores."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.edit import Edit
from xai_widgets.models.failures import describe, failing
from xai_widgets.models.held import held_by
from xai_widgets.models.inputs.beside import Held
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.layers import no_layer
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import check_output
from xai_widgets.models.results import Leaf, chosen, picked
from xai_widgets.models.torch.graph import Call, Tap
from xai_widgets.models.torch.network import home
from xai_widgets.models.torch.shadow import Shadow, slots_of, tensors_in
from xai_widgets.models.torch.tensors import as_stored, from_numpy, full


class TorchForward(Model):
    """A PyTorch network that can be run, on a shadow of it; `TorchModel`, which is one, finds out what is needed."""

    _roots: list[nn.Module]
    _calls: dict[str, Call] | None
    _shadow: Shadow | None
    _precision: torch.dtype

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if home(self._roots)[1] == torch.float64 else np.float32)

    def _follow(self) -> Shadow:
        """Return the shadow, made anew where the student's network has moved or changed its modules since."""
        shadow = self._shadow
        while shadow is None or shadow.stale():
            if shadow is not None and shadow.settings.differing():
                self._changes += 1
            known, self._shadow = self._output_count, None
            self.build(self._known_input_shape)
            if self._output_count != known:
                found, self._output_count, self._shadow = self._output_count, known, None
                raise InputError(f"The network had {known} scores and has {found} now; expected to wrap it again.")
            shadow = self._shadow
        if shadow.copies.originals:
            shadow.copies.follow()
        return shadow

    def _weights(self) -> tuple[list[str], list[Array]]:
        if self._shadow is not None and isinstance(self.network, nn.Module) and not callable(self.preprocess):
            names, found = tensors_in(self._shadow.slots)
            return names, as_stored(found)
        names, numbers = [], []
        # What functions hold may be something else by now.
        for thing in held_by((self.network, self.preprocess), (nn.Module, Tensor, np.ndarray)):
            named, found = tensors_in(slots_of(thing)) if isinstance(thing, nn.Module) else ([""], [thing])
            names += named
            numbers += as_stored(found)
        return names, numbers

    def _call(self, layer: str) -> Call:
        """Return the call of a module that a layer's name stands for."""
        if self._calls is None:
            raise InputError(
                f"The layer {layer!r} cannot be found before the shape of an input is known; "
                "give wrap(..., input_shape=...)."
            )
        if layer not in self._calls:
            raise no_layer(layer, self.layers, self._refusals)
        return self._calls[layer]

    def _tap(self, layer: str, use: Callable[[Tensor], Tensor | None]) -> tuple[str, Tap]:
        """Return the module and the hook that hands the output of `layer` to a function."""
        call = self._call(layer)
        return call.module, Tap(call.number, use)

    def _edited(self) -> list[tuple[str, Tap]]:
        """Return the hooks that change what layers put out, which come before all others of a pass."""
        return [self._tap(edit.layer, partial(_edited, edit)) for edit in self.edits]

    def _run(self, shadow: Shadow, inputs: Tensor) -> Tensor:
        """Run preprocessing and network; return of its result what is explained."""
        tensors = self.taken.tensors(self._prepared(shadow, inputs), reshaped)
        alone = len(tensors) == 1
        if not alone and self.taken.holds_ids:
            tensors = self._ids_in(tensors, inputs)
        shape: Any = inputs.shape if alone else [len(inputs), *(tuple(tensor.shape[1:]) for tensor in tensors)]
        with failing("network", shape, "an input" if alone else "inputs"):
            result = shadow(*tensors, **(self._given_beside(self.taken, inputs) if self.taken.held else {}))
        return self._taken_of(result, len(inputs))

    def _taken_of(self, result: Any, rows: int) -> Tensor:
        """Return of a network's result the tensor that is explained."""
        if self._pick is None:
            self._pick = chosen(result, self._told_output, rows, leaf_of)
        taken: Tensor = picked(result, self._pick.path) if self._pick.path else result
        return taken

    def _scores(self, output: Any, rows: int) -> Tensor:
        """Return the scores (rows, outputs) that the network's output stands for."""
        scores, kind = full(checked_output(output, rows)), self._head
        if kind == "binary logit":
            return torch.cat([torch.zeros_like(scores), scores], dim=1)
        if kind == "binary probability":
            scores = torch.cat([1 - scores, scores], dim=1)
        if kind in ("probabilities", "binary probability"):
            return scores.clamp_min(torch.finfo(scores.dtype).tiny).log()
        return scores

    def _prepared(self, shadow: Shadow, inputs: Tensor) -> Tensor:
        """Return what the network itself is given."""
        if self.taken.integral:
            return self._as_ids(inputs)
        return self._preprocessed(shadow.laid_out(inputs)).to(shadow.dtype)

    def _ids_in(self, prepared: list[Tensor], inputs: Tensor) -> list[Tensor]:
        """Return the tensors that the network is given, with ids in the type that embeddings take."""
        # Those of the inputs themselves: half precision, which a network may compute in, does not hold them.
        ids = self.taken.tensors(inputs, reshaped)
        return [
            one.round().long() if piece.integral else ready
            for piece, one, ready in zip(self.taken.pieces, ids, prepared, strict=True)
        ]

    def _as_ids(self, x: Tensor) -> Tensor:
        """Return token ids in the type that networks take them in."""
        ids, tokens = x.round().long(), self.taken.tokens
        return ids if tokens is None or not self.taken.held else torch.where(ids < tokens.size, ids, tokens.padding)

    def _given_beside(self, taken: Input, x: Tensor) -> dict[str, Tensor]:
        """Return what the network is given beside the token ids `x`, by name."""
        padding = -1 if taken.tokens is None else taken.tokens.padding
        return {one.name: _beside(one, x, padding, self._as_ids) for one in taken.held}

    def _preprocessed(self, x: Tensor) -> Tensor:
        if self._statistics is not None:
            mean, std = (from_numpy(numbers).to(x) for numbers in self._statistics)
            return (x - mean) / std
        if not callable(self.preprocess):
            return x
        with failing("preprocessing", x.shape):
            prepared = self.preprocess(x)
        if not isinstance(prepared, Tensor):
            raise InputTypeError(f"preprocess returned {describe(prepared)}; expected a tensor (batch, ...).")
        return prepared

    @property
    def _is_exact(self) -> bool:
        """Whether the network computes in single precision or better."""
        return self._precision in (torch.float32, torch.float64)


def _edited(edit: Edit, output: Tensor) -> Tensor:
    factor, offset = (from_numpy(numbers).to(output) for numbers in (edit.factor, edit.offset))
    return output * factor + offset


def reshaped(rows: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return rows with each in a shape."""
    return rows.reshape(len(rows), *shape)


def _beside(one: Held, x: Tensor, padding: int, as_ids: Callable[[Tensor], Tensor]) -> Tensor:
    # By way of NumPy: nothing follows it back to the ids, for it is fixed.
    numbers = one.of(x.detach().cpu().numpy(), padding)
    if numbers is not None:
        found = torch.from_numpy(numbers).to(x.device)
        return found if one.meaning == "padding" else found.long()
    with failing(f"function of {one.name!r}", x.shape):
        made = one.meaning(as_ids(x)) if callable(one.meaning) else None
    if not isinstance(made, Tensor) or made.shape[:1] != x.shape[:1]:
        raise InputError(f"beside[{one.name!r}] returned {describe(made)}; expected a tensor ({len(x)}, ...).")
    return made


def leaf_of(thing: Any) -> Leaf | None:
    """Return what is known of a tensor, None of whatever is none."""
    if not isinstance(thing, Tensor):
        return None
    return Leaf(() if thing.is_nested else tuple(thing.shape), thing.is_floating_point() and not thing.is_nested)


def checked_output(output: Tensor, rows: int) -> Tensor:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    check_output(output.shape, None if output.is_floating_point() else str(output.dtype), rows, "torch")
    return output.unsqueeze(1) if output.dim() == 1 else output
