"""What the layers of a Keras network can be reset to: what their initializers draw."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.models.resets import Resets


class TensorFlowResets(Resets):
    """A copy of a Keras network."""

    def _found(self) -> dict[str, list[tuple[str, Any]]]:
        holders: dict[str, list[tuple[str, Any]]] = {}
        seen: set[int] = set()
        for name in self.model.layers:
            own = {id(one): (one.path, one) for one in self._parts(name) if variables_of(one)}
            if own.keys() - seen:
                holders[name] = [own[one] for one in own if one not in seen]
            seen |= own.keys()
        return holders

    def _within(self, layer: str) -> list[str]:
        parts = set(map(id, self._parts(layer))) if layer in self.model.layers else set()
        return [name for name, held in self._holders.items() if not parts.isdisjoint(id(one) for _, one in held)]

    def _parts(self, layer: str) -> list[Any]:
        """Return a layer and those that it contains; none where it is an operation."""
        operation = self.model._nodes[self.model._calls[layer]].operation
        return list(operation._flatten_layers()) if isinstance(operation, keras.Layer) else []

    def _numbers(self) -> list[Array]:
        return [one.numpy() for one in self.model.network.weights]

    def _put_back(self, numbers: list[Array]) -> None:
        for variable, learnt in zip(self.model.network.weights, numbers, strict=True):
            variable.assign(learnt)

    def _draw(self, holder: Any, seed: int) -> None:
        for number, variable in enumerate(variables_of(holder)):
            initial = initializer_of(holder, variable.name)
            if initial is None:
                learnt = variable.numpy()
                random = np.random.default_rng((seed, number)).standard_normal(learnt.shape)
                variable.assign(learnt.mean() + (learnt.std() or np.abs(learnt).mean()) * random)
                continue
            settings = initial.get_config()
            if "seed" in settings:  # Those of a layer have the same seed each time, or none.
                settings["seed"] = (seed + number) % 2**31
            variable.assign(type(initial).from_config(settings)(variable.shape, dtype=variable.dtype))


def variables_of(layer: Any) -> list[Any]:
    """Return the weights that a layer holds itself, statistics of the training among them."""
    held = [*layer._trainable_variables, *layer._non_trainable_variables]
    return [one for one in held if keras.backend.is_float_dtype(one.dtype)]


def initializer_of(layer: Any, weight: str) -> Any:
    """Return what a layer draws a weight from, by its name; None where it does not say."""
    for name in (weight, weight.removesuffix("_kernel")):
        if hasattr(layer, f"{name}_initializer"):
            return getattr(layer, f"{name}_initializer")
    return None
