"""One place in a network on TensorFlow: the passes that read, replace and differentiate it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.attention import Attention, of_one_input
from xai_widgets.models.cut import Cut
from xai_widgets.models.failures import failing
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.outputs import wrong_values
from xai_widgets.models.rules import Rectified, Rules, check_meaning, no_logits
from xai_widgets.models.tensorflow.attention import AttentionWatch
from xai_widgets.models.tensorflow.entry import pooled
from xai_widgets.models.tensorflow.forward import TensorFlowForward
from xai_widgets.models.tensorflow.graph import Passed, Taps
from xai_widgets.models.tensorflow.objective import fixed_weights, objective_values
from xai_widgets.models.tensorflow.propagation.choice import joined, modified_backward, no_graph, split


class TensorFlowCut(Cut):
    """The input, or the output of a layer, of a network on TensorFlow."""

    model: TensorFlowForward

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model._known_input_shape if self.layer is None else self.model._layer_shape(self.layer)

    def _activations(self, x: Array) -> Array:
        self.model._follow()
        layer = self.layer

        def run(x: Any) -> tuple[Any, ...]:
            taps = Taps(self.model._call(layer))
            self.model._run(x, taps, self.model._edited())
            return (tf.cast(taps.found, self.model.dtype),)

        return self.model._traced(("activations", layer), run, x)[0]

    def _activations_of(self, x: Array, layers: Sequence[str]) -> list[Array]:
        model = self.model
        model._follow()
        numbers = [model._calls[layer] for layer in layers]

        def run(x: Any) -> tuple[Any, ...]:
            passed = Passed()
            model._run(x, passed, model._edited())
            return tuple(tf.cast(passed.outputs[number], model.dtype) for number in numbers)

        return model._traced(("activations of", *layers), run, x)

    def _gradients_by(self, x: Array, objective: Objective, layers: Sequence[str]) -> list[Array | None]:
        model, there = self.model, objective.layer
        numbers = [model._calls[layer] for layer in layers]
        with failing("network", x.shape), tf.GradientTape(watch_accessed_variables=False) as tape:
            passed = Passed(model._call(there), tape.watch)
            scores = model._scores(model._run(tf.constant(x, model.dtype), passed, model._edited()))
            outputs = scores if there is None else tf.cast(passed.found, model.dtype)
            weights = tf.constant(objective.weights, model.dtype)
            values = objective_values(outputs, weights, None, objective.link, objective.function)
        found = tape.gradient(values, [passed.outputs[number] for number in numbers])
        return [None if one is None else np.asarray(tf.convert_to_tensor(one)) for one in found]

    def _attentions(self, x: Array, objective: Objective | None) -> list[Attention]:
        model, asked = self.model, objective or Objective(np.zeros((1, 1)))
        model._follow()
        link, there, function = asked.link, asked.layer, asked.function
        names: dict[int | None, str] = {number: name for name, number in model._calls.items()}

        def run(x: Any, weights: Any, top: Any) -> tuple[Any, ...]:
            watch = AttentionWatch(model._call(there))
            scores = model._scores(model._run(x, watch, model._edited()))
            found = watch.attentions(x)
            layers = tf.constant([names.get(seen.call, "") for seen in found], tf.string)
            seen = [tf.cast(seen.weights, model.dtype) for seen in found]
            gradients: list[Any] = []
            if objective is not None:
                outputs = scores if there is None else tf.cast(watch.found, model.dtype)
                values = objective_values(outputs, weights, top if there is None else None, link, function)
                ways = [one.weights for one in found]
                gradients = tf.gradients(tf.reduce_sum(values), ways, unconnected_gradients="zero") if ways else []
            return (layers, tf.stack([one.changed for one in found]) if found else layers, *seen, *gradients)

        spread, named = asked.weights.shape[1:], None if function is None else id(function)
        key = ("attentions", objective is None, link, there, spread, named)
        layers, changed, *numbers = model._traced(key, run, x, asked.weights, np.array(asked.top), alone=True)
        weights = numbers[: len(layers)]
        gradients: Sequence[Array | None] = numbers[len(layers) :] or [None] * len(layers)
        return [
            of_one_input(layer.decode(), one, gradient, -1, bool(other))
            for layer, one, gradient, other in zip(layers, weights, gradients, changed, strict=True)
        ]

    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation:
        check_meaning(rules, objective)
        model, here = self.model, self.layer
        model._follow()
        if model._ends_in_probabilities and objective.layer is None and not isinstance(rules, Rectified):
            raise no_logits(rules)
        wiring = model._wiring
        if wiring is None:
            raise no_graph(model.network)
        link, there, function = objective.link, objective.layer, objective.function
        kinds, numbers = split(rules)
        other, words = reference, False
        if reference is not None and self._is_words:
            other, words = np.concatenate([self._activations(x), self._activations(reference)]), True

        def run(x: Any, weights: Any, top: Any, numbers: Any, other: Any = None) -> tuple[Any, ...]:
            rows = tf.shape(x)[0]
            both = x if other is None else tf.concat([x, x if words else other], axis=0)
            way = modified_backward(joined(kinds, numbers), model._paths, wiring, model._call(there), model._call(here))
            if words:
                way.latent, way.compares_words = other, True
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                way.watch = tape.watch
                if here is None:
                    tape.watch(both)
                output = model._run(both, way, model._edited())
                scores = way.finish(output, model._scores) if there is None else tf.zeros((rows, 0), model.dtype)
                answers = scores if there is None else tf.cast(way.found, model.dtype)
                outputs = answers[:rows]
            weights = weights if there is not None or function is not None else fixed_weights(weights, top, outputs)
            with tf.GradientTape(watch_accessed_variables=False) as begin:
                begin.watch(outputs)
                values = objective_values(outputs, weights, None, link, function)
            start = begin.gradient(values, outputs)
            point = both if here is None else way.point
            flow = None if start is None else tape.gradient(outputs, point, way.start(outputs, start))
            if flow is None:
                raise way.why_unconnected() or self._unconnected(objective)
            place, flow = (tf.cast(tf.convert_to_tensor(one), model.dtype) for one in (point, flow))
            found = (values, scores[:rows], flow[:rows], place[:rows])
            if other is None:
                return found
            return (*found, objective_values(answers[rows:], weights, None, link, function), place[rows:])

        spread = objective.weights.shape[1:]
        named = None if function is None else id(function)
        key = ("propagate", kinds, here, reference is None, link, there, spread, named)
        arrays = [x, objective.weights, np.array(objective.top), np.array(numbers)]
        arrays += [] if other is None else [other]
        values, scores, flows, place, *compared = model._traced(key, run, *arrays)
        if values.shape != (len(x),):
            raise wrong_values(values, len(x))
        return Evaluation(values, scores, flows, place, *compared)

    def _pass(
        self, x: Array, objective: Objective, latent: Array | None, gradients: bool, pool: Array | None
    ) -> Evaluation:
        model, here = self.model, self.layer
        model._follow()
        if here is None and latent is not None:
            x, latent = latent, None
        if latent is not None and latent.shape != (expected := (len(x), *self.shape)):
            raise InputError(f"The latent has shape {latent.shape}; expected that of the layer, {expected}.")
        link, there, function = objective.link, objective.layer, objective.function
        # Worth it where many rows become few: the backward pass through the first layer then is one for them all.
        pays = pool is not None and here is None and 2 * len(pool) <= len(x) and not model.edits
        entry = model._entry if pays else None
        place = model._call(here) if entry is None else entry

        def enter(x: Any) -> Any:
            taps = Taps(entry)
            model._run(x, taps)  # What comes behind is computed for nobody, so that it is no part of a trace.
            return taps.found

        def run(x: Any, weights: Any, top: Any, more: Any = None) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                # What nobody differentiates is not watched: the tape would keep every activation on the way.
                latent, watch = more if entry is None else None, tape.watch if gradients else None
                taps = Taps(model._call(there), place, latent, watch)
                if place is None and gradients:
                    tape.watch(x)
                output = model._run(x, taps, model._edited())
                scores = model._scores(output) if there is None else tf.zeros((tf.shape(x)[0], 0), model.dtype)
                outputs = scores if there is None else tf.cast(taps.found, model.dtype)
                values = objective_values(outputs, weights, top if there is None else None, link, function)
            point = x if place is None else taps.point
            activations = () if here is None else (tf.cast(point, model.dtype),)
            if not gradients:
                return (values, scores, *activations)
            gradient = tape.gradient(values, point)
            if gradient is None:
                raise self._unconnected(objective)
            gradient = tf.cast(tf.convert_to_tensor(gradient), model.dtype)
            if entry is not None:
                gradient = pooled(gradient, tf.reshape(more, (tf.shape(x)[0], -1)), x.shape[1:], enter)
            return (values, scores, gradient, *activations)

        # What is kept holds the function, so that its id cannot come to mean another one while the key is in use.
        spread = objective.weights.shape[1:]
        named = None if function is None else id(function)
        key = (here, gradients, latent is not None, entry is not None, link, there, spread, named)
        arrays = [x, objective.weights, np.array(objective.top)] + ([] if latent is None else [latent])
        if pool is not None and entry is not None:
            arrays.append(pool.T.reshape(-1))  # One trace is for any number of rows, along the first axis, and of sums.
        values, scores, *derived = model._traced(key, run, *arrays)
        if values.shape != (len(x),):
            raise wrong_values(values, len(x))
        gradient = derived[0] if gradients else None
        found = Evaluation(values, scores, gradient, x if here is None else derived[-1])
        return found if pool is None or entry is not None else found.pooled(pool)
