"""Several inputs of a PyTorch network, of which ids are read, replaced and differentiated at their embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xai_widgets.errors import InputError
from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.torch.cut import TorchCut
from xai_widgets.models.torch.network import plain_checkpoints
from xai_widgets.models.torch.objective import objective_values
from xai_widgets.models.torch.stop import Stop
from xai_widgets.models.torch.tensors import from_numpy, full, mode, to_numpy
from xai_widgets.models.vectors import VectorsCut


class TorchVectors(VectorsCut, TorchCut):
    """The inputs, with the vectors of embeddings in the place of ids."""

    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None
    ) -> Evaluation:
        model, shadow, lookups = self.model, self.model._follow(), self.vectors.lookups
        put: list[Array | None] = [None] * len(lookups)
        if latent is not None:
            x, put[:] = self.vectors.unpacked(x, latent)
        points: list[Tensor | None] = [None] * len(lookups)

        def cut(place: int) -> Callable[[Tensor], Tensor]:
            def replace(output: Tensor) -> Tensor:
                # A leaf of its own, and a copy of it to go on with, because the next operation may work in place.
                points[place] = point = _replaced(output, put[place]).requires_grad_(gradients)
                return point.clone()

            return replace

        def stop(output: Tensor) -> None:
            raise Stop(output)

        hooks = [model._tap(one.layer, cut(place)) for place, one in enumerate(lookups)]
        if objective.layer is not None:
            hooks.append(model._tap(objective.layer, stop))
        with mode(gradients, shadow.device), shadow.hooked([*model._edited(), *hooks]):
            inputs = shadow.tensor(x).requires_grad_(gradients)
            try:
                scores = model._scores(model._run(shadow, inputs), len(x))
                if objective.layer is not None:
                    raise InputError(f"The layer {objective.layer!r} is not reached for this input.")
                values = objective_values(objective, scores)
            except Stop as stop_here:
                scores, values = None, objective_values(objective, full(stop_here.output))
            found = self._gradients(values, inputs, points, objective) if gradients else None
        reached = [np.zeros(0) if one is None else to_numpy(one) for one in points]
        evaluation = Evaluation(
            to_numpy(values),
            np.zeros((len(x), 0), np.float32) if scores is None else to_numpy(scores),
            found,
            self.vectors.packed(x, self._whole(len(x), reached)),
        )
        return evaluation if pool is None else evaluation.pooled(pool)

    def _gradients(self, values: Tensor, inputs: Tensor, points: list[Tensor | None], objective: Objective) -> Array:
        reached = [one for one in points if one is not None]
        if not values.requires_grad:
            raise self._unconnected(objective)
        with failing("backward pass through the network", tuple(inputs.shape)), plain_checkpoints():
            by_inputs, *others = torch.autograd.grad(values.sum(), [inputs, *reached], allow_unused=True)
        found: list[Tensor | None] = [by_inputs, *others]
        if all(one is None for one in found):
            raise self._unconnected(objective)
        by_numbers = np.zeros(tuple(inputs.shape), self.model.dtype) if found[0] is None else to_numpy(found[0])
        following = iter(found[1:])
        by_vectors = [None if one is None else next(following) for one in points]
        arrays = [np.zeros(0) if one is None else to_numpy(one) for one in by_vectors]
        return self.vectors.packed(by_numbers, self._whole(len(inputs), arrays))

    def _whole(self, rows: int, arrays: list[Array]) -> list[Array]:
        """Return arrays with zeros in the place of those that a pass did not reach."""
        return [
            one if one.size else np.zeros((rows, *places.shape), self.model.dtype)
            for one, places in zip(arrays, self.vectors.places, strict=True)
        ]


def _replaced(output: Tensor, put: Array | None) -> Tensor:
    """Return what takes the place of an embedding's output: other vectors, but those that stand for no element."""
    if put is None:
        return output.detach().clone()
    other = from_numpy(put.reshape(tuple(output.shape))).to(output)
    return torch.where(torch.isnan(other), output.detach(), other)


class LookupWatch:
    """Notes what one call of an embedding is asked for during one pass, and how long its vectors are."""

    def __init__(self, number: int) -> None:
        self._remaining = number
        self.found: tuple[Array, int] | None = None

    def __call__(self, _module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        self._remaining -= 1
        if self._remaining == -1 and inputs and isinstance(inputs[0], Tensor):
            self.found = to_numpy(inputs[0]), int(output.shape[-1])
