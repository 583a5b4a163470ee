"""Keras networks on TensorFlow: a replay of their graph of calls, and the traced passes through it.

Sequential and functional networks keep the graph of their calls. The passes replay it with tensors, nested networks
opened up, so that any layer's output can be read, replaced or differentiated. The student's own layers run, no layer is
cloned, and no call leaves a node behind; a stateless scope keeps away the rest of what a call may leave on a layer.

A subclassed network or a plain callable keeps no such graph: only its input and its output can be explained.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError
from xai_widgets.models.base import Array, Cut, Evaluation, Link, Model, Objective

Head = Literal["scores", "probabilities", "binary logit", "binary probability"]

PROBES = 4
"""How many random inputs tell what a network puts out."""

TRACES = 32
"""How many traced functions a model keeps; each quantity with a function of its own needs one, so there is a bound."""

TOLERANCE = 1e-3
"""How far two passes of one input may differ, relative to the largest output."""

_SIGMOIDS = (keras.activations.sigmoid, keras.ops.sigmoid, tf.sigmoid)
_SOFTMAXES = (
    *(keras.activations.softmax, keras.ops.softmax, tf.nn.softmax),
    *(keras.activations.log_softmax, keras.ops.log_softmax, tf.nn.log_softmax),
)


class TensorFlowCut(Cut):
    """The input, or the output of a layer, of a network on TensorFlow."""

    model: TensorFlowModel

    @property
    def shape(self) -> tuple[int, ...]:
        known = self.model._known_input_shape
        return known if self.layer is None else self.model._layer_shape(self.layer)

    def _activations(self, x: Array) -> Array:
        layer = self.layer

        def run(x: Any) -> tuple[Any, ...]:
            taps = _Taps(self.model._call_number(layer))
            self.model._run(x, taps)
            return (tf.cast(taps.found, self.model.dtype),)

        return self.model._traced(("activations", layer), run, x)[0]

    def _evaluate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, False)

    def _differentiate(self, x: Array, objective: Objective, latent: Array | None) -> Evaluation:
        return self._pass(x, objective, latent, True)

    def _pass(self, x: Array, objective: Objective, latent: Array | None, gradients: bool) -> Evaluation:
        model, here = self.model, self.layer
        if here is None and latent is not None:
            x, latent = latent, None
        link, there, function = objective.link, objective.layer, objective.function

        def run(x: Any, weights: Any, top: Any, latent: Any = None) -> tuple[Any, ...]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                taps = _Taps(model._call_number(there), model._call_number(here), latent, tape.watch)
                if here is None:
                    tape.watch(x)
                output = model._run(x, taps)
                scores = model._scores(output) if there is None else tf.zeros((tf.shape(x)[0], 0), model.dtype)
                outputs = scores if there is None else tf.cast(taps.found, model.dtype)
                with model._stage("function of the quantity" if function is not None else "network"):
                    values = _values(outputs, weights, top if there is None else None, link, function)
            point = x if here is None else taps.point
            place = () if here is None else (tf.cast(point, model.dtype),)
            if not gradients:
                return (values, scores, *place)
            gradient = tape.gradient(values, point)
            if gradient is None:
                raise self._unconnected(there, function)
            gradient = tf.cast(tf.convert_to_tensor(gradient), model.dtype)
            return (values, scores, gradient, *place)

        # What is kept holds the function, so that its id cannot come to mean another one while the key is in use.
        key = (here, gradients, latent is not None, link, there, None if function is None else id(function))
        arrays = [x, objective.weights, np.array(objective.top)] + ([] if latent is None else [latent])
        values, scores, *derived = model._traced(key, run, *arrays)
        if values.shape != (len(x),):
            raise InputError(
                f"The function of the quantity gave shape {values.shape} for {len(x)} inputs; expected ({len(x)},)."
            )
        gradient = derived[0] if gradients else None
        return Evaluation(values, scores, gradient, x if here is None else derived[-1])

    def _unconnected(self, there: str | None, function: object) -> InputError:
        here = "the input" if self.layer is None else f"the layer {self.layer!r}"
        if there is not None:
            return InputError(
                f"The layer {there!r} does not depend on {here}; choose a layer before it, such as the input."
            )
        what = "The scores do" if function is None else "The function's values do"
        return InputError(
            f"{what} not depend differentiably on {here}; expected TensorFlow operations throughout "
            "(no NumPy, rounding, integers or argmax on the way)."
        )


class TensorFlowModel(Model):
    """A Keras network on TensorFlow, or a plain callable of TensorFlow tensors."""

    backend = "tensorflow"
    layer_channel_axis = -1

    def __init__(self, network: Any, **options: Any) -> None:
        if isinstance(network, keras.Layer):
            _check_built(network, options.get("input_shape"))
        self._given_outputs = options.get("outputs")
        self._inspect(network)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._traces: OrderedDict[Any, Any] = OrderedDict()
        self._head: Head = "scores"
        self._running = "network"
        super().__init__(network, **options)

    @property
    def layers(self) -> list[str]:
        return list(self._numbers)

    @property
    def dtype(self) -> np.dtype[Any]:
        if self._graph is not None:
            name = keras.backend.standardize_dtype(self._graph.inputs[0].dtype)
        else:
            name = getattr(self.network, "compute_dtype", "float32")
        return np.dtype(np.float64 if name == "float64" else np.float32)

    def _readable_input_shape(self) -> tuple[int, ...] | None:
        shape = () if self._graph is None else self._graph.inputs[0].shape[1:]
        return tuple(shape) if shape and None not in shape else None

    def _guess_input_rank(self) -> int | None:
        if self._graph is not None:
            return len(self._graph.inputs[0].shape) - 1
        config = self.network.get_build_config() if isinstance(self.network, keras.Layer) else None
        shape = (config or {}).get("input_shape")
        return len(shape) - 1 if isinstance(shape, tuple | list) and shape else None

    def _build(self) -> None:
        self._traces.clear()
        self._shapes.clear()
        self._check_preprocess()
        x = self._probe()
        with self._failing(x.shape), np.errstate(all="ignore"):
            output = self._run(tf.constant(x), _Taps()).numpy()
            alone = self._run(tf.constant(x[:1]), _Taps()).numpy()
            if not self._close(alone, output[:1]):
                self._refuse_mixing(self._close(self._run(tf.constant(x), _Taps()).numpy(), output))
            self._find_head(output)

    def _cut(self, layer: str | None) -> TensorFlowCut:
        return TensorFlowCut(self, layer)

    def _inspect(self, network: Any) -> None:
        """Find the network's graph, the calls in it and their names."""
        self._graph = _graph_of(network)
        if self._graph is not None:
            _check_single(self._graph)
        self._calls = [] if self._graph is None else list(_calls(self._graph))
        self._activation = _final_activation(self._calls)
        self._final = self._activation if self._leaves_out(self._activation) else None
        self._numbers = _named_calls(self._calls, self._final)

    def _no_layer(self, layer: str) -> InputError:
        if self._final is not None and self._final.layer is None and self._calls[self._final.number].path == layer:
            return InputError(
                f"The layer {layer!r} cannot be used: it is left out, so that the scores are logits. "
                "Choose another one."
            )
        return super()._no_layer(layer)

    def _call_number(self, layer: str | None) -> int | None:
        if layer is not None and layer not in self._numbers:
            raise self._no_layer(layer)
        return None if layer is None else self._numbers[layer]

    def _layer_shape(self, layer: str) -> tuple[int, ...]:
        """Return the shape of one input's output of `layer`, from the graph where it tells, else from a pass."""
        if layer not in self._shapes:
            shape = tuple(self._calls[self._numbers[layer]].node.outputs[0].shape[1:])
            self._shapes[layer] = self.at(layer).activations(self._probe()[:1]).shape[1:] if None in shape else shape
        return self._shapes[layer]

    def _leaves_out(self, activation: _Final | None) -> bool:
        """Whether the scores are what comes before a final activation; the labels of several sigmoids are values."""
        if activation is None or self._given_outputs == "values":
            return False
        return activation.kind == "softmax" or activation.outputs == 1 or self._given_outputs == "logits"

    def _traced(self, key: tuple[Any, ...], run: Callable[..., tuple[Any, ...]], *arrays: Array) -> list[Array]:
        """Run a function of tensors, traced from its second call on, and return its results as arrays.

        Tracing a large network takes a second, which the first picture of a new layer or quantity must not wait for.
        """
        if _graph_of(self.network) is not self._graph:
            raise InputError("A layer was added to the network or taken away after wrap(); expected to wrap it again.")
        with self._failing(arrays[0].shape):
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
            warnings.warn(
                f"The {self._running} runs, but TensorFlow cannot trace it, so explaining it takes longer: "
                f"{type(error).__name__}: {_first_lines(error)} Expected TensorFlow operations only, and "
                "tf.shape(x)[0] or -1 for the number of inputs.",
                stacklevel=2,
            )
            return _Traced(run)
        return _Traced(traced)

    def _run(self, x: Any, taps: _Taps) -> Any:
        """Return the network's own output, (rows, outputs), without the final activation that is left out."""
        # In a stateless scope neither losses nor updates reach the student's layers.
        with keras.StatelessScope():
            with self._stage("preprocess function"):
                x = self._preprocessed(x)
            if self._graph is not None:
                self._check_fits(x.shape)
                (output,) = _replay(self._graph, [x], self._final, taps, count())
            elif isinstance(self.network, keras.Layer):
                output = self.network(x, training=False)
            else:
                output = self.network(x)
        return tf.cast(_checked_output(output, x), self.dtype)

    def _scores(self, output: Any) -> Any:
        tiny = np.finfo(self.dtype).tiny
        if self._head == "probabilities":
            return tf.math.log(tf.maximum(output, tiny))
        if self._head == "binary logit":
            return tf.concat([tf.zeros_like(output), output], axis=1)
        if self._head == "binary probability":
            return tf.math.log(tf.maximum(tf.concat([1 - output, output], axis=1), tiny))
        return output

    def _preprocessed(self, x: Any) -> Any:
        if self.preprocess is None:
            return x
        if not isinstance(self.preprocess, Mapping):
            return tf.convert_to_tensor(self.preprocess(x))
        return (x - self._per_channel("mean", 0.0)) / self._per_channel("std", 1.0)

    def _per_channel(self, name: str, default: float) -> Array:
        """Return a value of `preprocess` in a shape that broadcasts over a batch."""
        values = np.asarray(self.preprocess.get(name, default) if isinstance(self.preprocess, Mapping) else default)
        shape = self._known_input_shape
        axis = -1 if self.channel_axis is None else self.channel_axis
        if values.size not in (1, shape[axis]) or values.ndim > 1:
            raise InputError(
                f"preprocess has {values.size} numbers for {name}, but an input of shape {shape} has {shape[axis]} "
                "channels; expected one number per channel."
            )
        return values.astype(self.dtype).reshape(
            [-1 if place == axis % len(shape) else 1 for place in range(len(shape))]
        )

    def _check_preprocess(self) -> None:
        if isinstance(self.preprocess, Mapping):
            self._per_channel("mean", 0.0)
            self._per_channel("std", 1.0)

    def _check_fits(self, shape: Any) -> None:
        expected = self._graph.inputs[0].shape
        if not tf.TensorShape(shape[1:]).is_compatible_with(expected[1:]):
            where = "" if self.preprocess is None else " after preprocess"
            raise InputError(
                f"The network takes inputs of shape {tuple(expected[1:])}, but found {tuple(shape[1:])}{where}; "
                "expected an input_shape, or a preprocess, that fits."
            )

    def _probe(self) -> Array:
        """A few random inputs within the bounds, always the same ones."""
        low, high = self.bounds or (-1, 1)
        random = np.random.default_rng(0)
        return random.uniform(low, high, (PROBES, *self._known_input_shape)).astype(self.dtype)

    def _close(self, found: Array, expected: Array) -> bool:
        tolerance = TOLERANCE if self._is_exact else 5e-2
        finite = np.isfinite(expected)
        difference = np.abs(found - expected)[finite].max(initial=0)
        return bool(difference <= tolerance * np.abs(expected[finite]).max(initial=1e-12))

    @property
    def _is_exact(self) -> bool:
        return getattr(self.network, "compute_dtype", "float32") in ("float32", "float64")

    def _refuse_mixing(self, same_again: bool) -> None:
        if same_again:
            raise UnsupportedModelError(
                "The network mixes the inputs of a batch: one input alone and the same input among others have "
                "different outputs. Expected outputs that depend on their own input; look for a mean or a softmax over "
                "the batch axis."
            )
        raise UnsupportedModelError(
            "The network gives different outputs for the same input, also with training=False. Expected no chance in "
            "it; look for dropout that does not ask for training, for sampling, or for state that is kept from call to "
            "call."
        )

    def _find_head(self, output: Array) -> None:
        """Decide from the outputs (rows, outputs) for the probe what they mean, where it was not given."""
        given, count = self._given_outputs, output.shape[1]
        self._output_count, self._head, self.outputs = count, "scores", given
        if given == "values":
            return
        if count == 1:
            self._find_binary_head(output)
            return
        slack = 1e-3 if self._is_exact else 2e-2
        if self._final is not None or given == "logits":
            self.outputs = "logits"
        elif (output >= 0).all() and (np.abs(output.sum(axis=1) - 1) < slack).all():
            self.outputs, self._head = "probabilities", "probabilities"
        elif (np.abs(np.exp(output).sum(axis=1) - 1) < slack).all():
            self.outputs = "probabilities"  # Their logarithms, rather.
        elif given == "probabilities":
            raise InputError(
                f"outputs is 'probabilities', but the first of {PROBES} random inputs has outputs that sum to "
                f"{float(output[0].sum()):.4g}; expected 1. Give outputs='logits', or 'values' for independent labels."
            )
        else:  # Independent labels: no class is chosen among the others.
            self.outputs = "values" if self._ends_in_sigmoid(output) else "logits"

    def _find_binary_head(self, output: Array) -> None:
        given, from_logits = self._given_outputs, _takes_logits(self.network)
        named = self.classes is not None and len(self.classes) == 2
        within = bool((output >= 0).all() and (output <= 1).all())
        if given == "probabilities" and self._final is None and not within:
            raise InputError(
                f"outputs is 'probabilities', but the network puts out {output.min():.4g} to {output.max():.4g}; "
                "expected numbers from 0 to 1."
            )
        if self._final is not None or given == "logits":
            self.outputs = "logits"
        elif given == "probabilities" or (within and from_logits is False) or self._ends_in_sigmoid(output):
            self.outputs = "probabilities"
        else:
            self.outputs = "logits" if named or from_logits is not None else "values"
        if self.outputs != "values":
            self._output_count = 2
            self._head = "binary logit" if self.outputs == "logits" else "binary probability"

    def _ends_in_sigmoid(self, output: Array) -> bool:
        """Whether the last operation was a sigmoid, looking through those that only change the shape or the type."""
        if self._activation is not None:
            return self._activation.kind == "sigmoid"
        if not ((output >= 0).all() and (output <= 1).all()):
            return False
        with self._failing((PROBES, *self._known_input_shape)):
            probe = tf.TensorSpec((PROBES, *self._known_input_shape), self.dtype)
            traced = tf.function(lambda x: self._run(x, _Taps()), autograph=False).get_concrete_function(probe)
        last = traced.structured_outputs.op
        while last.type in ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "StridedSlice"):
            last = last.inputs[0].op
        return bool(last.type == "Sigmoid")

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """Name what runs, for the message of an error."""
        self._running = name
        yield
        self._running = "network"

    @contextmanager
    def _failing(self, shape: tuple[int, ...]) -> Iterator[None]:
        """Turn what the network, or a function given with it, raises into an error that says so."""
        self._running = "network"
        try:
            yield
        except (InputError, InputTypeError, UnsupportedModelError):
            raise
        except Exception as error:
            raise InputError(
                f"The {self._running} failed on an input of shape {shape}: "
                f"{type(error).__name__}: {_first_lines(error)}"
            ) from error


class _Call(NamedTuple):
    """One call in a network's graph."""

    path: str
    """The names of the layers that lead to it, for instance "encoder/conv"."""
    node: Any
    final: bool
    """Whether its output is the network's."""


class _Final(NamedTuple):
    """The activation at the end of a network."""

    number: int
    """Which call of the graph it is part of."""
    layer: Any
    """The layer that can go on without it, or None where it is the whole call."""
    kind: Literal["softmax", "sigmoid"]
    outputs: int
    """How many outputs it has."""


class _Traced(NamedTuple):
    """A function of tensors, traced where that is possible."""

    run: Callable[..., tuple[Any, ...]]

    def __call__(self, *tensors: Any) -> tuple[Any, ...]:
        return self.run(*tensors)


class _Taps:
    """Where a replay is read, and where it is cut: there a new tensor, or `latent`, goes on and is watched."""

    def __init__(
        self,
        read: int | None = None,
        cut: int | None = None,
        latent: Any = None,
        watch: Callable[[Any], None] | None = None,
    ) -> None:
        self.read, self.cut, self.latent, self.watch = read, cut, latent, watch
        self.found: Any = None
        self.point: Any = None

    def pass_on(self, number: int, output: Any) -> Any:
        """Return what flows on from call `number`."""
        if number == self.cut:
            # Not the output itself: it may be the very input of the layer (dropout), which others read as well.
            self.point = tf.identity(output) if self.latent is None else self.latent
            if self.watch is not None:
                self.watch(self.point)
            output = tf.cast(self.point, output.dtype)
        if number == self.read:
            self.found = output
        return output


def _values(outputs: Any, weights: Any, top: Any, link: Link, function: Callable[[Any], Any] | None) -> Any:
    """Return the objective, (rows,); `top` is None where the outputs are those of a layer."""
    if function is not None:
        values = tf.convert_to_tensor(function(outputs))
        if values.shape.rank not in (None, 1):
            raise InputError(
                f"The function of the quantity gave a tensor of shape {tuple(values.shape)} for scores of shape "
                f"{tuple(outputs.shape)}; expected one value per row, (rows,)."
            )
        return tf.cast(values, outputs.dtype)
    if top is not None:
        weights += top * tf.one_hot(tf.argmax(outputs, axis=1), outputs.shape[1], dtype=outputs.dtype)
    if link == "softmax":
        outputs = tf.nn.softmax(outputs)
    elif link == "log_softmax":
        outputs = tf.nn.log_softmax(outputs)
    return tf.reduce_sum(weights * outputs, axis=list(range(1, outputs.shape.rank)))


def _graph_of(network: Any) -> Any:
    """Return the graph of calls of a sequential or functional network, None for one that only its code describes."""
    if not isinstance(network, keras.Model) or not type(network).call.__module__.startswith("keras."):
        return None
    graph = network._functional if isinstance(network, keras.Sequential) else network
    return graph if isinstance(graph, keras.Function) else None


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield the calls of a graph in the order in which Keras computes them."""
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from (node for node in graph._nodes_by_depth[depth] if not node.is_input)


def _inner_graph(node: Any) -> Any:
    """Return the graph of a nested network that can be opened up."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    plain = len(args) == 1 and set(kwargs) <= {"training", "mask"} and kwargs.get("mask") is None
    return _graph_of(node.operation) if plain else None


def _calls(graph: Any, path: str = "", final: bool = True) -> Iterator[_Call]:
    """Yield all calls, those inside a nested network before the call of that network itself."""
    for node in _nodes(graph):
        here = path + node.operation.name
        last = final and len(graph.outputs) == 1 and any(output is graph.outputs[0] for output in node.outputs)
        inner = _inner_graph(node)
        if inner is not None:
            yield from _calls(inner, f"{here}/", last)
        yield _Call(here, node, last and inner is None)


def _replay(graph: Any, inputs: list[Any], final: _Final | None, taps: _Taps, numbers: Iterator[int]) -> list[Any]:
    """Compute a graph's outputs with the student's own layers, numbering the calls as `_calls` does."""
    values = dict(zip(map(id, graph.inputs), inputs, strict=True))
    for node in _nodes(graph):
        args, kwargs = node.arguments.fill_in(values)
        inner = _inner_graph(node)
        if inner is not None:
            outputs = _replay(inner, inner._standardize_inputs(args[0]), final, taps, numbers)
        number = next(numbers)
        if inner is None:
            layer = node.operation
            if final is not None and number == final.number:
                layer = _without_activation(layer) if final.layer is not None else None
            if isinstance(layer, keras.Layer):
                kwargs["training"] = False
            outputs = keras.tree.flatten(args[0] if layer is None else layer(*args, **kwargs))
        outputs = [taps.pass_on(number, output) for output in outputs]
        values.update(zip(map(id, node.outputs), outputs, strict=True))
    return [values[id(output)] for output in graph.outputs]


def _final_activation(calls: list[_Call]) -> _Final | None:
    """Find the softmax or sigmoid at the end of a network."""
    for number, call in enumerate(calls):
        operation = call.node.operation
        if not call.final or len(call.node.outputs[0].shape) != 2:
            continue
        softmax, sigmoid, layer = False, False, None
        if isinstance(operation, keras.layers.Softmax):
            softmax = operation.axis in (-1, 1)
        elif isinstance(operation, keras.layers.Activation) or type(operation).call is keras.layers.Dense.call:
            softmax, sigmoid = operation.activation in _SOFTMAXES, operation.activation in _SIGMOIDS
            layer = None if isinstance(operation, keras.layers.Activation) else operation
        elif type(operation).__module__.startswith("keras.") and not isinstance(operation, keras.Layer):
            # keras.ops.softmax(x) and its like, written straight into a functional network.
            softmax = type(operation).__name__ in ("Softmax", "LogSoftmax") and operation.axis in (-1, 1)
            sigmoid = type(operation).__name__ == "Sigmoid"
        outputs = call.node.outputs[0].shape[-1]
        if softmax and outputs == 1:
            raise UnsupportedModelError(
                f"The network ends in a softmax over a single output ({operation.name!r}), which is 1 for every input; "
                "expected two outputs, or a sigmoid."
            )
        if softmax or sigmoid:
            return _Final(number, layer, "softmax" if softmax else "sigmoid", outputs)
    return None


def _named_calls(calls: list[_Call], final: _Final | None) -> dict[str, int]:
    """Name the calls that can be cut; return their numbers by name, in the order of computation.

    A layer has its plain name where no other layer in the nested networks has the same, else its path. The calls of a
    layer that is called several times are "name:0", "name:1" ...
    """
    paths = {
        number: call.path
        for number, call in enumerate(calls)
        if isinstance(call.node.operation, keras.Layer)
        and len(call.node.outputs) == 1
        and len(call.node.outputs[0].shape) > 1
        and keras.backend.is_float_dtype(call.node.outputs[0].dtype)
        and not (final is not None and final.layer is None and number == final.number)
    }
    times = Counter(paths.values())
    ends = Counter(path.rpartition("/")[2] for path in times)
    seen: Counter[str] = Counter()
    numbers: dict[str, int] = {}
    for number, path in paths.items():
        end = path.rpartition("/")[2]
        name = end if ends[end] == 1 else path
        numbers[name if times[path] == 1 else f"{name}:{seen[path]}"] = number
        seen[path] += 1
    return numbers


def _without_activation(layer: Any) -> Any:
    """Return a twin of a dense layer that shares all of its state and stops before the activation."""
    twin = object.__new__(type(layer))
    twin.__dict__.update(layer.__dict__, activation=keras.activations.linear)
    return twin


def _checked_output(output: Any, x: Any) -> Any:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    if output is None or isinstance(output, Mapping | list | tuple):
        pick = f"[{next(iter(output))!r}]" if isinstance(output, Mapping) and output else "[0]"
        raise UnsupportedModelError(
            f"The network puts out {_describe(output)}; expected one tensor (batch, outputs). Wrap what picks it, "
            f"for instance lambda x: network(x){pick}, with backend='tensorflow' and input_shape=...; a functional "
            "model with that one output keeps the layers."
        )
    output = tf.convert_to_tensor(output)
    if not output.dtype.is_floating:
        raise UnsupportedModelError(
            f"The network puts out {output.dtype.name} numbers of shape {tuple(output.shape)}; expected floating-point "
            "scores. Leave out the argmax or the rounding at its end."
        )
    if output.shape.rank is None:  # Behind a tf.numpy_function a traced shape is not known; the probe's was.
        return output
    if output.shape.rank == 0 or not output.shape[:1].is_compatible_with(x.shape[:1]):
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {tuple(output.shape)} for {x.shape[0]} inputs; expected "
            f"({x.shape[0]}, outputs). A squeeze without an axis, or a reshape of the batch axis, does this."
        )
    if output.shape.rank == 1:
        return output[:, None]
    if output.shape.rank != 2:
        raise UnsupportedModelError(
            f"The network puts out a tensor of shape {tuple(output.shape)}; expected (batch, outputs), one score per "
            f"output. Wrap what reduces it to that, for instance lambda x: tf.reduce_sum(network(x), "
            f"axis={tuple(range(1, output.shape.rank - 1))}) for the sum over all places, with backend='tensorflow' "
            "and input_shape=...."
        )
    return output


def _describe(thing: Any) -> str:
    if isinstance(thing, tuple | list):
        return f"a {type(thing).__name__} of {len(thing)}"
    if isinstance(thing, Mapping):
        return f"a {type(thing).__name__} with the keys {', '.join(map(repr, thing))}"
    return "None" if thing is None else f"a {type(thing).__name__}"


def _check_built(network: Any, input_shape: Any) -> None:
    if network.built:
        return
    shape = "(None, *input_shape)" if input_shape is None else f"(None, {', '.join(map(str, input_shape))})"
    raise UnsupportedModelError(
        f"The network {network.name!r} has no weights yet, because it does not know the shape of its input; expected a "
        f"network that was trained or called. Call it on a batch, or network.build({shape}), before wrap(network)."
    )


def _check_single(graph: Any) -> None:
    for kind, tensors in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if len(tensors) > 1:
            names = ", ".join(repr(tensor.name) for tensor in tensors)
            way = (
                "wrap a function that fixes the others: wrap(lambda x: network([x, other]), backend='tensorflow', "
                "input_shape=...)"
                if kind == "inputs"
                else "wrap one of them: wrap(keras.Model(network.inputs, network.outputs[0]))"
            )
            raise UnsupportedModelError(
                f"The network has {len(tensors)} {kind} ({names}); expected one. To explain one, {way}."
            )


def _takes_logits(network: Any) -> bool | None:
    """Tell whether the binary cross-entropy that a network was compiled with takes logits; None for other losses."""
    loss = getattr(network, "loss", None) if isinstance(network, keras.Model) else None
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None
    if isinstance(loss, keras.losses.BinaryCrossentropy | keras.losses.BinaryFocalCrossentropy):
        return bool(loss.get_config().get("from_logits", False))
    return False if loss in (keras.losses.binary_crossentropy, keras.losses.binary_focal_crossentropy) else None


def _first_lines(error: Exception) -> str:
    """Return the lines of a message that say what went wrong, without the frameworks' traces around them."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    plain = re.sub(r"\{\{.*?\}\} ?|\[Op:\w+\]( name:)?", "", plain.partition("Arguments received by")[0])
    noise = (
        "Graph execution error",
        "Detected at node",
        "Exception encountered when calling",
        "<stack traces",
        "File ",
    )
    lines = [line.strip() for line in plain.splitlines() if line.strip() and not line.startswith((" ", "\t", *noise))]
    return " ".join(lines[:2])[:500] or plain.strip()[:500]
