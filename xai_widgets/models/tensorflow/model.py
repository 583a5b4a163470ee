"""Networks on TensorFlow: what a pass through them does, and what is found out about them beforehand.

Sequential and functional Keras networks keep the graph of their calls, which the passes replay. A subclassed network or
a plain callable keeps no such graph: only its input and its output can be explained.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.errors import InputError, warn
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.failures import failing, told
from xai_widgets.models.layers import LEFT_OUT, no_layer
from xai_widgets.models.objective import Array, Evaluation, Link, Objective
from xai_widgets.models.outputs import (
    check_output,
    find_head,
    is_left_out,
    not_one_tensor,
    per_place,
    same_answers,
    unfaithful,
    wrong_values,
)
from xai_widgets.models.rules import Rectified, Rules, check_meaning, no_logits
from xai_widgets.models.tensorflow.graph import (
    INPUT,
    Taps,
    calls_of,
    final_activation,
    graph_of,
    named_calls,
    replay,
    wiring_of,
)
from xai_widgets.models.tensorflow.network import (
    check_built,
    check_floats,
    check_known,
    check_single,
    input_rank,
    takes_logits,
)
from xai_widgets.models.tensorflow.propagation.interception import joined, no_graph, split, way_back
from xai_widgets.models.tensorflow.reach import TensorFlowRecomputation, recomputation
from xai_widgets.models.tensorflow.segments import segmented

TRACES = 32
"""How many traced functions a model keeps; each quantity with a function of its own needs one, so there is a bound."""


class TensorFlowCut(Cut):
    """The input, or the output of a layer, of a network on TensorFlow."""

    model: TensorFlowModel

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model._known_input_shape if self.layer is None else self.model._layer_shape(self.layer)

    def _activations(self, x: Array) -> Array:
        layer = self.layer

        def run(x: Any) -> tuple[Any, ...]:
            taps = Taps(self.model._call(layer))
            self.model._run(x, taps)
            return (tf.cast(taps.found, self.model.dtype),)

        return self.model._traced(("activations", layer), run, x)[0]

    def _evaluate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, False)

    def _differentiate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, True)

    def _propagate(self, x: Array, objective: Objective, rules: Rules, reference: Array | None) -> Evaluation:
        check_meaning(rules, objective)
        model, here = self.model, self.layer
        if model._ends_in_probabilities and objective.layer is None and not isinstance(rules, Rectified):
            raise no_logits(rules)
        wiring = model._wiring
        if wiring is None:
            raise no_graph(model.network)
        link, there, function = objective.link, objective.layer, objective.function
        kinds, numbers = split(rules)

        def run(x: Any, weights: Any, top: Any, numbers: Any, reference: Any = None) -> tuple[Any, ...]:
            rows = tf.shape(x)[0]
            both = x if reference is None else tf.concat([x, reference], axis=0)
            way = way_back(joined(kinds, numbers), model._paths, wiring, model._call(there), model._call(here))
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                way.watch = tape.watch
                if here is None:
                    tape.watch(both)
                output = model._run(both, way)
                scores = way.finish(output, model._scores) if there is None else tf.zeros((rows, 0), model.dtype)
                answers = scores if there is None else tf.cast(way.found, model.dtype)
                outputs = answers[:rows]
            weights = weights if there is not None or function is not None else _fixed(weights, top, outputs)
            with tf.GradientTape(watch_accessed_variables=False) as begin:
                begin.watch(outputs)
                values = _values(outputs, weights, None, link, function)
            start = begin.gradient(values, outputs)
            point = both if here is None else way.point
            flow = None if start is None else tape.gradient(outputs, point, way.start(outputs, start))
            if flow is None:
                raise self._unconnected(objective)
            place, flow = (tf.cast(tf.convert_to_tensor(one), model.dtype) for one in (point, flow))
            found = (values, scores[:rows], flow[:rows], place[:rows])
            if reference is None:
                return found
            return (*found, _values(answers[rows:], weights, None, link, function), place[rows:])

        spread = objective.weights.shape[1:]
        key = ("propagate", kinds, here, link, there, spread, None if function is None else id(function))
        arrays = [x, objective.weights, np.array(objective.top), np.array(numbers)]
        arrays += [] if reference is None else [reference]
        values, scores, flows, place, *compared = model._traced(key, run, *arrays)
        if values.shape != (len(x),):
            raise wrong_values(values, len(x))
        return Evaluation(values, scores, flows, place, *compared)

    def _pass(self, x: Array, objective: Objective, latent: Array | None, gradients: bool) -> Evaluation:
        model, here = self.model, self.layer
        if here is None and latent is not None:
            x, latent = latent, None
        link, there, function = objective.link, objective.layer, objective.function

        def run(x: Any, weights: Any, top: Any, latent: Any = None) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                taps = Taps(model._call(there), model._call(here), latent, tape.watch)
                if here is None:
                    tape.watch(x)
                output = model._run(x, taps)
                scores = model._scores(output) if there is None else tf.zeros((tf.shape(x)[0], 0), model.dtype)
                outputs = scores if there is None else tf.cast(taps.found, model.dtype)
                values = _values(outputs, weights, top if there is None else None, link, function)
            point = x if here is None else taps.point
            place = () if here is None else (tf.cast(point, model.dtype),)
            if not gradients:
                return (values, scores, *place)
            gradient = tape.gradient(values, point)
            if gradient is None:
                raise self._unconnected(objective)
            gradient = tf.cast(tf.convert_to_tensor(gradient), model.dtype)
            return (values, scores, gradient, *place)

        # What is kept holds the function, so that its id cannot come to mean another one while the key is in use.
        spread = objective.weights.shape[1:]
        key = (here, gradients, latent is not None, link, there, spread, None if function is None else id(function))
        arrays = [x, objective.weights, np.array(objective.top)] + ([] if latent is None else [latent])
        values, scores, *derived = model._traced(key, run, *arrays)
        if values.shape != (len(x),):
            raise wrong_values(values, len(x))
        gradient = derived[0] if gradients else None
        return Evaluation(values, scores, gradient, x if here is None else derived[-1])


class TensorFlowModel(Model):
    """A Keras network on TensorFlow, or a plain callable of TensorFlow tensors."""

    backend = "tensorflow"
    layer_channel_axis = -1

    @property
    def layers(self) -> list[str]:
        return list(self._calls)

    @property
    def dtype(self) -> np.dtype[Any]:
        if self._graph is not None:
            name = keras.backend.standardize_dtype(self._graph.inputs[0].dtype)
        else:
            name = getattr(self.network, "compute_dtype", "float32")
        return np.dtype(np.float64 if name == "float64" else np.float32)

    def _inspect(self) -> None:
        if isinstance(self.network, keras.Layer):
            check_built(self.network, self.input_shape)
        self._graph = graph_of(self.network)
        if self._graph is not None:
            check_single(self._graph)
            self._read_parts()
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._traces: OrderedDict[Any, Any] = OrderedDict()
        self._parts: TensorFlowRecomputation | None = None
        calls = [] if self._graph is None else list(calls_of(self._graph))
        self._nodes = [call.node for call in calls]
        self._paths = [call.path for call in calls]
        self._wiring = None if self._graph is None else wiring_of(self._graph)
        self._calls = named_calls(calls)
        self._activation = end = final_activation(calls)
        self._final = end if end and is_left_out(end.activation, end.outputs, self._given_outputs) else None
        if self._final is not None and self._final.layer is None:
            name = next((name for name, number in self._calls.items() if number == self._final.number), None)
            if name is not None:  # It is a layer, and no operation of keras.ops.
                del self._calls[name]
                self._refusals[name] = LEFT_OUT

    def _embedded_ids(self) -> list[int]:
        operations = [node.operation for node in self._nodes]
        if not any(isinstance(operation, keras.layers.Embedding) for operation in operations):
            return []
        fed = [INPUT in sources for sources in wiring_of(self._graph).sources]
        embeddings = [one for one, at_input in zip(operations, fed, strict=True) if at_input]
        return [int(one.input_dim) for one in embeddings if isinstance(one, keras.layers.Embedding)]

    def _embeddings(self) -> list[str]:
        embeddings = keras.layers.Embedding
        return [name for name, number in self._calls.items() if isinstance(self._nodes[number].operation, embeddings)]

    def _read_parts(self) -> None:
        """Take the inputs of the graph for those of the network, where it has several."""
        graph = self._graph
        if len(graph.inputs) < 2:
            return
        shapes = [tuple(tensor.shape[1:]) for tensor in graph.inputs]
        if self.parts is None:
            check_known(graph, shapes)
            self._take_parts(shapes, self._given_names or [tensor.name for tensor in graph.inputs])
        check_floats(graph)

    def _readable_input_shape(self) -> tuple[int, ...] | None:
        shape = () if self._graph is None else self._graph.inputs[0].shape[1:]
        return tuple(shape) if shape and None not in shape else None

    def _guess_input_rank(self) -> int | None:
        return input_rank(self.network) if self._graph is None else len(self._graph.inputs[0].shape) - 1

    def _build(self) -> None:
        self._traces.clear()
        self._parts = None
        self._shapes.clear()
        x = self._probe()
        answers, alone = self._answers(x), self._answers(x[:1])
        if not same_answers(alone, answers[:1], self._is_exact):
            raise unfaithful(same_answers(self._answers(x), answers, self._is_exact))
        self._head, self._output_count, self.outputs = find_head(
            per_place(answers, -1),
            self._given_outputs,
            left_out=self._final is not None,
            two_classes=self._two_classes,
            exact=self._is_exact,
            ends_in_sigmoid=lambda: self._ends_in_sigmoid(x),
            takes_logits=takes_logits(self.network),
        )
        self.output_shape = (*answers.shape[1:-1], self._output_count)

    def _cut(self, layer: str | None) -> TensorFlowCut:
        return TensorFlowCut(self, layer)

    def _recomputation(self) -> TensorFlowRecomputation | None:
        """Return the steps of the graph, which run the student's own layers."""
        pictures = self._is_exact and self.channel_axis == -1 and not callable(self.preprocess)
        if self._parts is None and self._graph is not None and pictures:

            def finish(output: Any, weights: Any, top: Any, link: Link, function: Callable[[Any], Any] | None) -> Any:
                scores = self._scores(tf.cast(_checked_output(output, output), self.dtype))
                return _values(scores, weights, top, link, function)

            self._parts = recomputation(self._graph, self._final, self._preprocessed, self._probe()[:1], finish)
        return self._parts

    def _call(self, layer: str | None) -> int | None:
        """Return the number of the call that a layer's name stands for."""
        if layer is not None and layer not in self._calls:
            raise no_layer(layer, self.layers, self._refusals)
        return None if layer is None else self._calls[layer]

    def _layer_shape(self, layer: str) -> tuple[int, ...]:
        """Return the shape of one input's output of `layer`, from the graph where it tells, else from a pass."""
        if layer not in self._shapes:
            shape = tuple(self._nodes[self._calls[layer]].outputs[0].shape[1:])
            self._shapes[layer] = self.at(layer).activations(self._probe()[:1]).shape[1:] if None in shape else shape
        return self._shapes[layer]

    def _run(self, x: Any, taps: Taps) -> Any:
        """Run preprocessing and network; return (rows, outputs), without the final activation that is left out."""
        # In a stateless scope neither losses nor updates reach the student's layers.
        with keras.StatelessScope():
            if self.tokens is None:
                x = taps.begin(x, self._preprocessed(x), self._statistics is not None)
            else:
                x = self._as_ids(x)
            inputs = [x] if self.parts is None else self._pieces(x)
            if self._graph is not None:
                if self.parts is None:
                    self._check_fits(x.shape)
                (output,) = replay(self._graph, inputs, self._final, taps, count())
            elif isinstance(self.network, keras.Layer):
                output = self.network(x if self.parts is None else inputs, training=False)
            else:
                output = self.network(*inputs)
        return tf.cast(_checked_output(output, x), self.dtype)

    def _scores(self, output: Any) -> Any:
        """Return the scores (rows, outputs) that the network's output stands for."""
        scores, kind = output, self._head
        if kind == "binary logit":
            return tf.concat([tf.zeros_like(scores), scores], axis=-1)
        if kind == "binary probability":
            scores = tf.concat([1 - scores, scores], axis=-1)
        if kind in ("probabilities", "binary probability"):
            return tf.math.log(tf.maximum(scores, np.finfo(self.dtype).tiny))
        return scores

    def _pieces(self, x: Any) -> list[Any]:
        """Return the input tensors that lie behind each other in `x` (rows, size)."""
        if self.parts is None:
            return [x]
        pieces = zip(self.parts.split(x), self.parts, strict=True)
        return [tf.reshape(piece, (-1, *part.input_shape)) for piece, part in pieces]

    def _as_ids(self, x: Any) -> Any:
        """Return token ids in the type that the network takes them in."""
        kind = "int32" if self._graph is None else keras.backend.standardize_dtype(self._graph.inputs[0].dtype)
        return tf.cast(tf.round(x), kind)

    def _preprocessed(self, x: Any) -> Any:
        if self._statistics is not None:
            mean, std = self._statistics
            return (x - mean) / std
        if not callable(self.preprocess):
            return x
        with failing("preprocessing", x.shape):
            return tf.convert_to_tensor(self.preprocess(x))

    def _check_fits(self, shape: Any) -> None:
        expected = self._graph.inputs[0].shape
        if not tf.TensorShape(shape[1:]).is_compatible_with(expected[1:]):
            where = "" if self.preprocess is None else " after preprocess"
            raise InputError(
                f"The network takes inputs of shape {tuple(expected[1:])}, but found {tuple(shape[1:])}{where}; "
                "expected an input_shape, or a preprocess, that fits."
            )

    def _answers(self, x: Array) -> Array:
        """Return what the network puts out for `x`, without tracing it."""
        with failing("network", x.shape):
            answers: Array = self._run(tf.constant(x), Taps()).numpy()
            return answers

    @property
    def _is_exact(self) -> bool:
        return getattr(self.network, "compute_dtype", "float32") in ("float32", "float64")

    def _ends_in_sigmoid(self, x: Array) -> bool:
        """Whether the last operation was a sigmoid, looking through those that only change the shape or the type."""
        if self._activation is not None:
            return self._activation.activation == "sigmoid"
        with failing("network", x.shape):
            probe = tf.TensorSpec(x.shape, self.dtype)
            traced = tf.function(lambda x: self._run(x, Taps()), autograph=False).get_concrete_function(probe)
        last = traced.structured_outputs.op
        while last.type in ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "StridedSlice"):
            last = last.inputs[0].op
        return bool(last.type == "Sigmoid")

    def _traced(self, key: tuple[Any, ...], run: Callable[..., tuple[Any, ...]], *arrays: Array) -> list[Array]:
        """Run a function of tensors, traced from its second call on, and return its results as arrays.

        Tracing a large network takes a second, which the first picture of a new layer or quantity must not wait for.
        """
        if graph_of(self.network) is not self._graph:
            raise InputError("A layer was added to the network or taken away after wrap(); expected to wrap it again.")
        with failing("network", arrays[0].shape):
            tensors = [tf.constant(array, self.dtype) for array in arrays]
            kept = self._traces.get(key, run)
            if key in self._traces and not isinstance(kept, _Traced):
                kept = self._trace(run, tensors)
            results = kept(*tensors)
            self._traces[key] = kept
            self._traces.move_to_end(key)
            if len(self._traces) > TRACES:
                self._traces.popitem(last=False)
            return [result.numpy() for result in results]

    def _trace(self, run: Callable[..., tuple[Any, ...]], tensors: list[Any]) -> _Traced:
        """Trace for any number of rows: as fast as a trace for each number, and there is only one to wait for."""
        rows = [tf.TensorSpec((None, *tensor.shape[1:]) if tensor.shape.rank else (), self.dtype) for tensor in tensors]
        traced = tf.function(run, input_signature=rows, autograph=False)
        try:
            traced.get_concrete_function()
        except Exception as error:  # noqa: BLE001 - it ran before, so only the tracing fails, whatever that raises.
            warn(
                f"The network runs, but TensorFlow cannot trace it, so explaining it takes longer: {told(error)} "
                "Expected TensorFlow operations only, and tf.shape(x)[0] or -1 for the number of inputs."
            )
            return _Traced(run)
        return _Traced(traced)


class _Traced(NamedTuple):
    """A function of tensors, traced where that is possible."""

    run: Callable[..., tuple[Any, ...]]

    def __call__(self, *tensors: Any) -> tuple[Any, ...]:
        return self.run(*tensors)


def _values(outputs: Any, weights: Any, top: Any, link: Link, function: Callable[[Any], Any] | None) -> Any:
    """Return the objective, (rows,), of the scores or of a layer's output; for the latter `top` is None."""
    if function is not None:
        with failing("function of the scores", outputs.shape, "scores"):
            return tf.cast(tf.convert_to_tensor(function(outputs)), outputs.dtype)
    if top is not None:
        weights = _fixed(weights, top, outputs)
    if link == "softmax":
        outputs = tf.nn.softmax(outputs)
    elif link == "log_softmax":
        outputs = tf.nn.log_softmax(outputs)
    return tf.reduce_sum(weights * outputs, axis=list(range(1, outputs.shape.rank)))


def _fixed(weights: Any, top: Any, outputs: Any) -> Any:
    """Return the weights of the scores with what `top` leaves open written into them."""
    if outputs.shape.rank == 4:
        return tf.where(top > 0, segmented(outputs, weights), weights)
    return weights + top * tf.one_hot(tf.argmax(outputs, axis=1), outputs.shape[1], dtype=outputs.dtype)


def _checked_output(output: Any, x: Any) -> Any:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    if output is None or isinstance(output, Mapping | list | tuple):
        raise not_one_tensor(output, "tensorflow")
    output = tf.convert_to_tensor(output)
    if output.shape.rank is None:  # Behind a tf.numpy_function a traced shape is not known; the probe's was.
        return output
    check_output(output.shape, None if output.dtype.is_floating else output.dtype.name, x.shape[0], "tensorflow")
    return output[:, None] if output.shape.rank == 1 else output
