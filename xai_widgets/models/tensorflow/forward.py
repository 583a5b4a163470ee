"""The forward pass of a network on TensorFlow: from inputs by way of preprocessing and network to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.edit import Edit
from xai_widgets.models.failures import describe, failing
from xai_widgets.models.held import held_by
from xai_widgets.models.inputs.beside import Held
from xai_widgets.models.layers import no_layer
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import check_output
from xai_widgets.models.results import Leaf, chosen, picked
from xai_widgets.models.settings import Settings
from xai_widgets.models.tensorflow.graph import Final, Taps, Wiring, graph_of, replay
from xai_widgets.models.tensorflow.network import layers_of
from xai_widgets.models.tensorflow.precision import half_of
from xai_widgets.models.tensorflow.traces import Traces


class TensorFlowForward(Model):
    """A network on TensorFlow that can be run; `TensorFlowModel`, which is one, finds out what is needed for that."""

    _source: Any
    """The graph of calls that Keras keeps of the network."""
    _graph: Any
    """The part of it that leads to the output that is explained."""
    _nodes: list[Any]
    _paths: list[str]
    _input_names: list[str]
    """What the inputs of the graph are called."""
    _ids: Any
    """Which of them takes the token ids, where inputs are some."""
    _wiring: Wiring | None
    _entry: int | None
    """The number of the linear call through which passes all that the network knows of its input."""
    _calls: dict[str, int]
    _final: Final | None
    _shapes: dict[str, tuple[int, ...]]
    _traces: Traces
    _twins: dict[int, Any]
    """What runs in the place of layers that compute in half precision, by the identity of these."""
    _settings: Settings

    @property
    def dtype(self) -> np.dtype[Any]:
        if self._graph is not None:
            name = keras.backend.standardize_dtype(self._ids.dtype)
        else:
            name = getattr(self.network, "compute_dtype", "float32")
        return np.dtype(np.float64 if name == "float64" else np.float32)

    def _follow(self) -> None:
        if graph_of(self.network) is not self._source:
            raise InputError("A layer was added to the network or taken away after wrap(); expected to wrap it again.")
        if self._settings.differing():
            self._changes += 1
            known = self._output_count
            self._inspect()
            self.build(self._known_input_shape)
            if self._output_count != known:
                found, self._output_count = self._output_count, known
                raise InputError(f"The network had {known} scores and has {found} now; expected to wrap it again.")

    def _weights(self) -> tuple[list[str], list[Array]]:
        kinds = (keras.Layer, tf.Module, keras.Variable, tf.Variable, tf.Tensor, np.ndarray)
        names: list[str] = []
        numbers: list[Array] = []
        # What functions hold may be something else by now.
        for thing in held_by((self.network, self.preprocess), kinds):
            if isinstance(thing, keras.Layer | tf.Module):
                found = thing.weights if isinstance(thing, keras.Layer) else thing.variables
                names += [variable.name for variable in found]
            else:
                found = [thing]
                names.append("")
            numbers += as_stored(found)
        return names, numbers

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

    def _edited(self) -> dict[int, list[Edit]]:
        """Return what is changed of what layers put out, by the numbers of their calls."""
        numbers = {self._calls[edit.layer] for edit in self.edits}
        return {number: [one for one in self.edits if self._calls[one.layer] == number] for number in numbers}

    def _run(self, x: Any, taps: Taps, edits: Mapping[int, list[Edit]] = MappingProxyType({})) -> Any:
        """Run preprocessing and network; return (rows, outputs), without the final activation that is left out."""
        # In a stateless scope neither losses nor updates reach the student's layers.
        with keras.StatelessScope():
            beside = self._given_beside(x)
            if self.taken.integral:
                x = self._as_ids(x)
            else:
                x = taps.begin(x, self._preprocessed(x), self._statistics is not None)
            inputs = self._pieces(x)
            if self._graph is not None:
                inputs = [beside.get(name, inputs[0]) for name in self._input_names] if beside else inputs
                self._check_fits(inputs)
                (output,) = replay(self._graph, inputs, self._final, taps, count(), self._twins, edits)
            elif isinstance(self.network, keras.Layer):
                network = self._twins.get(id(self.network), self.network)
                result = network(inputs[0] if len(inputs) == 1 else inputs, training=False, **beside)
                output = self._taken_of(result, x.shape[0])
            else:
                output = self._taken_of(self.network(*inputs, **beside), x.shape[0])
        return tf.cast(checked_output(output, x), self.dtype)

    def _taken_of(self, result: Any, rows: int | None) -> Any:
        """Return of a network's result the tensor that is explained."""
        if self._pick is None:
            self._pick = chosen(result, self._told_output, rows, leaf_of)
        return picked(result, self._pick.path)

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
        """Return the input tensors that the network is given: what was preprocessed, or several that `x` holds."""
        pieces = self.taken.tensors(x, lambda piece, shape: tf.reshape(piece, (-1, *shape)))
        if len(pieces) == 1 or not self.taken.holds_ids:
            return pieces
        kinds = ["int32"] * len(pieces)
        if self._graph is not None:
            kinds = [keras.backend.standardize_dtype(tensor.dtype) for tensor in self._graph.inputs]
        return [
            tf.cast(tf.round(piece), kind) if one.integral else piece
            for piece, one, kind in zip(pieces, self.taken.pieces, kinds, strict=True)
        ]

    def _as_ids(self, x: Any) -> Any:
        """Return token ids in the type that the network takes them in."""
        kind = "int32" if self._graph is None else keras.backend.standardize_dtype(self._ids.dtype)
        ids, tokens = tf.cast(tf.round(x), kind), self.taken.tokens
        if tokens is None or not self.taken.held:
            return ids
        return tf.where(ids < tokens.size, ids, tf.cast(tokens.padding, kind))

    def _given_beside(self, x: Any) -> dict[str, Any]:
        """Return what the network is given beside the token ids `x`, by name."""
        taken, kinds = self.taken, {}
        if self._graph is not None:
            kinds = dict(zip(self._input_names, (tensor.dtype for tensor in self._graph.inputs), strict=True))
        padding = -1 if taken.tokens is None else taken.tokens.padding
        return {one.name: _beside(one, x, padding, self._as_ids, kinds.get(one.name)) for one in taken.held}

    def _preprocessed(self, x: Any) -> Any:
        if self._statistics is not None:
            mean, std = self._statistics
            return (x - mean) / std
        if not callable(self.preprocess):
            return x
        with failing("preprocessing", x.shape):
            return tf.convert_to_tensor(self.preprocess(x))

    def _check_fits(self, inputs: list[Any]) -> None:
        for tensor, taken in zip(inputs, self._graph.inputs, strict=True):
            expected, found = taken.shape[1:], tensor.shape[1:]
            if not tf.TensorShape(found).is_compatible_with(expected):
                where = "" if self.preprocess is None else " after preprocess"
                raise InputError(
                    f"The network takes inputs of shape {tuple(expected)}, but found {tuple(found)}{where}; expected "
                    "an input_shape, or a preprocess, that fits."
                )

    @property
    def _is_exact(self) -> bool:
        """Whether the network computes in single precision or better."""
        return bool(self._twins) or half_of(layers_of(self.network)) is None

    def _traced(
        self, key: tuple[Any, ...], run: Callable[..., tuple[Any, ...]], *arrays: Array, alone: bool = False
    ) -> list[Array]:
        """Run a function of tensors, traced from its second call on, and return its results as arrays.

        Of what looks at the trace itself there is one at once, for `alone` so many rows as these.
        """
        with failing("network", arrays[0].shape):
            tensors = [tf.constant(array, self.dtype) for array in arrays]
            rows = [
                (None, *tensor.shape[1:]) if tensor.shape.rank and not alone else tensor.shape for tensor in tensors
            ]
            specs = [tf.TensorSpec(shape, self.dtype) for shape in rows]
            return [result.numpy() for result in self._traces.run(key, run, tensors, specs, alone)]


def _beside(one: Held, x: Any, padding: int, as_ids: Callable[[Any], Any], kind: Any) -> Any:
    if callable(one.meaning):
        with failing(f"function of {one.name!r}", x.shape):
            found = tf.convert_to_tensor(one.meaning(as_ids(x)))
        if found.shape.rank == 0 or not tf.TensorShape(found.shape[:1]).is_compatible_with(x.shape[:1]):
            raise InputError(f"beside[{one.name!r}] returned {describe(found)}; expected a tensor (batch, ...).")
    elif one.meaning == "types":
        found = tf.zeros_like(x)
    else:
        found = tf.equal(x, padding) if one.meaning == "padding" else tf.not_equal(x, padding)
    plain = "bool" if one.meaning == "padding" else "int32"
    return tf.cast(found, found.dtype if callable(one.meaning) and kind is None else kind or plain)


def as_stored(tensors: Iterable[Any]) -> list[Array]:
    """Return the numbers of tensors and variables as arrays."""
    stored: list[Array] = []
    for tensor in tensors:
        value = tensor.value if isinstance(tensor, keras.Variable) else tensor
        if isinstance(value, tf.Variable):
            # The operation itself: a network has hundreds of variables, and value() and numpy() take thrice as long.
            value = tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype)
        try:
            stored.append(np.asarray(memoryview(value)))  # Without a copy, which numpy() makes.
        except (BufferError, ValueError, TypeError):  # NumPy knows no bfloat16 by itself.
            stored.append(value if isinstance(value, np.ndarray) else value.numpy())
    return stored


def leaf_of(thing: Any) -> Leaf | None:
    """Return what is known of a tensor, or of what stands for one in a graph; None of whatever is none."""
    if isinstance(thing, np.ndarray):
        return Leaf(thing.shape, np.issubdtype(thing.dtype, np.floating))
    if not (keras.ops.is_tensor(thing) or keras.utils.is_keras_tensor(thing)):
        return None
    shape = () if thing.shape is None or getattr(thing.shape, "rank", 0) is None else tuple(thing.shape)
    return Leaf(shape, keras.backend.is_float_dtype(keras.backend.standardize_dtype(thing.dtype)))


def checked_output(output: Any, x: Any) -> Any:
    """Return the network's output as (rows, outputs), or refuse it with what could be wrapped instead."""
    output = tf.convert_to_tensor(output)
    if output.shape.rank is None:  # Behind a tf.numpy_function a traced shape is not known; the probe's was.
        return output
    check_output(output.shape, None if output.dtype.is_floating else output.dtype.name, x.shape[0], "tensorflow")
    return output[:, None] if output.shape.rank == 1 else output
