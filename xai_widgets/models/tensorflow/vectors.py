"""Several inputs of a network on TensorFlow, of which ids are read, replaced and differentiated at their embeddings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.outputs import wrong_values
from xai_widgets.models.tensorflow.cut import TensorFlowCut
from xai_widgets.models.tensorflow.graph import Taps, masked_as
from xai_widgets.models.tensorflow.objective import objective_values
from xai_widgets.models.vectors import VectorsCut


class TensorFlowVectors(VectorsCut, TensorFlowCut):
    """The inputs, with the vectors of embeddings in the place of ids."""

    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None
    ) -> Evaluation:
        model = self.model
        model._follow()
        put: list[Array] = []
        if latent is not None:
            x, put = self.vectors.unpacked(x, latent)
        link, there, function = objective.link, objective.layer, objective.function
        calls = [model._calls[one.layer] for one in self.vectors.lookups]

        def run(x: Any, weights: Any, top: Any, *put: Any) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                watch = tape.watch if gradients else None
                taps = VectorTaps(model._call(there), dict(zip(calls, put or [None] * len(calls), strict=True)), watch)
                if gradients:
                    tape.watch(x)
                output = model._run(x, taps, model._edited())
                scores = model._scores(output) if there is None else tf.zeros((tf.shape(x)[0], 0), model.dtype)
                outputs = scores if there is None else tf.cast(taps.found, model.dtype)
                values = objective_values(outputs, weights, top if there is None else None, link, function)
            points = [taps.points[call] for call in calls]
            vectors = [tf.cast(one, model.dtype) for one in points]
            if not gradients:
                return (values, scores, *vectors)
            found = tape.gradient(values, [x, *points])
            if all(one is None for one in found):
                raise self._unconnected(objective)
            derived = [
                tf.zeros_like(point, model.dtype) if one is None else tf.cast(tf.convert_to_tensor(one), model.dtype)
                for one, point in zip(found, [x, *points], strict=True)
            ]
            return (values, scores, *vectors, *derived)

        spread = objective.weights.shape[1:]
        key = ("vectors", gradients, bool(put), link, there, spread, None if function is None else id(function))
        values, scores, *rest = model._traced(key, run, x, objective.weights, np.array(objective.top), *put)
        if values.shape != (len(x),):
            raise wrong_values(values, len(x))
        outputs, derived = rest[: len(calls)], rest[len(calls) :]
        gradient = self.vectors.packed(derived[0], derived[1:]) if gradients else None
        found = Evaluation(values, scores, gradient, self.vectors.packed(x, outputs))
        return found if pool is None else found.pooled(pool)


class VectorTaps(Taps):
    """Where a replay is cut at several calls at once: there new tensors, or other vectors, go on and are watched.

    Parameters
    ----------
    read : int or None
        The call whose output is what is asked about.
    put : dict
        By the number of a call what takes the place of its output, (rows, vectors, width), None to leave it, NaN where
        it is left.
    watch : callable, optional
    """

    def __init__(self, read: int | None, put: Mapping[int, Any], watch: Callable[[Any], None] | None) -> None:
        super().__init__(read)
        self.put, self.watch_points = put, watch
        self.points: dict[int, Any] = {}

    def pass_on(self, number: int, output: Any) -> Any:
        """Return what flows on from call `number`."""
        if number in self.put:
            self.points[number] = point = _replaced(output, self.put[number])
            if self.watch_points is not None:
                self.watch_points(point)
            output = masked_as(tf.cast(point, output.dtype), output)
        return super().pass_on(number, output)


def _replaced(output: Any, put: Any) -> Any:
    """Return what takes the place of an embedding's output: other vectors, but those that stand for no element."""
    if put is None:
        return tf.identity(output)
    other = tf.cast(tf.reshape(put, tf.shape(output)), output.dtype)
    return tf.where(tf.math.is_nan(other), output, other)


class LookupTaps(Taps):
    """A replay that notes what embeddings are asked for, by the numbers of their calls."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[int, tuple[Any, Any]] = {}

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Return what call `number` puts out."""
        if isinstance(operation, keras.layers.Embedding):
            args, kwargs = node.arguments.fill_in(values)
            self.found[number] = operation, (args or tuple(kwargs.values()))[0]
        return super().compute(number, node, operation, values)
