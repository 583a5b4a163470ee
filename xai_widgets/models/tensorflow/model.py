"""Networks on TensorFlow: what is found out about them before they are explained.

Sequential and functional Keras networks keep the graph of their calls, which the passes replay. A subclassed network or
a plain callable keeps no such graph: only its input and its output can be explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.evidence import Evidence, beginnings, evidence, packed
from xai_widgets.models.failures import failing
from xai_widgets.models.head import Ending, find_head, is_left_out, per_place
from xai_widgets.models.inputs.beside import Argument, Held, held, is_known
from xai_widgets.models.inputs.lookups import LookedUp
from xai_widgets.models.inputs.recognition import Reading
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.inputs.tokens import Embedded
from xai_widgets.models.layers import LEFT_OUT
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import may_agree_by_chance, same_answers, unfaithful
from xai_widgets.models.places import Places
from xai_widgets.models.settings import Settings
from xai_widgets.models.tensorflow.cut import TensorFlowCut
from xai_widgets.models.tensorflow.ending import ending_of, ending_of_calls
from xai_widgets.models.tensorflow.entry import find_entry
from xai_widgets.models.tensorflow.forward import TensorFlowForward, checked_output
from xai_widgets.models.tensorflow.graph import (
    INPUT,
    Passed,
    Taps,
    calls_of,
    final_activation,
    graph_of,
    named_calls,
    one_output,
    replay,
    result_of,
    wiring_of,
)
from xai_widgets.models.tensorflow.memory import Sizes, bytes_of_operations
from xai_widgets.models.tensorflow.network import (
    arguments_beside,
    check_built,
    check_known,
    check_stateless,
    input_rank,
    is_setting,
    layers_of,
    takes_logits,
)
from xai_widgets.models.tensorflow.places import PlaceFollower
from xai_widgets.models.tensorflow.precision import NoTwinError, full_precision, half_of
from xai_widgets.models.tensorflow.reading import first_reading
from xai_widgets.models.tensorflow.receptive_field import TensorFlowRecomputation, recomputation
from xai_widgets.models.tensorflow.resets import TensorFlowResets
from xai_widgets.models.tensorflow.traces import Traces
from xai_widgets.models.tensorflow.vectors import LookupTaps, TensorFlowVectors
from xai_widgets.models.vectors import Vectors


class TensorFlowModel(TensorFlowForward):
    """A Keras network on TensorFlow, or a plain callable of TensorFlow tensors."""

    backend = "tensorflow"
    layer_channel_axis = -1

    @property
    def layers(self) -> list[str]:
        return list(self._calls)

    def _inspect(self) -> None:
        if isinstance(self.network, keras.Layer):
            check_built(self.network, self.input_shape)
        check_stateless(layers_of(self.network))
        self._pick = None
        self._source = graph_of(self.network)
        self._graph = None
        if self._source is not None:
            self._graph = one_output(self._source, self._taken_of(result_of(self._source), None))
            self._read_parts()
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._traces = Traces()
        self._twins: dict[int, Any] = {}
        self._parts: tuple[TensorFlowRecomputation | None] | None = None
        calls = [] if self._graph is None else list(calls_of(self._graph))
        self._nodes = [call.node for call in calls]
        self._paths = [call.path for call in calls]
        self._wiring = None if self._graph is None else wiring_of(self._graph)
        self._entry = None
        if self._wiring is not None and not callable(self.preprocess) and len(self.taken.pieces) == 1:
            self._entry = find_entry(self._nodes, self._wiring)
        self._calls = named_calls(calls)
        self._activation = end = final_activation(calls)
        self._final = end if end and is_left_out(end.activation, end.outputs, self._given_outputs) else None
        if self._final is not None and self._final.layer is None:
            name = next((name for name, number in self._calls.items() if number == self._final.number), None)
            if name is not None:  # It is a layer, and no operation of keras.ops.
                del self._calls[name]
                self._refusals[name] = LEFT_OUT

    def _embedded_ids(self) -> list[Embedded]:
        sources = [] if self._wiring is None else self._wiring.sources
        fed = [node for node, before in zip(self._nodes, sources, strict=False) if INPUT in before]
        if self._graph is not None and len(self._graph.inputs) > 1:  # What stands beside the ids may be embedded too.
            fed = [node for node in fed if any(one is self._ids for one in node.arguments.keras_tensors)] or fed
        embeddings = [node.operation for node in fed if isinstance(node.operation, keras.layers.Embedding)]
        return [Embedded(int(one.input_dim), 0 if one.mask_zero else None) for one in embeddings]

    def _looked_up(self, several: Several, may: Sequence[bool]) -> tuple[Array, list[LookedUp]] | None:
        if self._graph is None or not any(may):
            return None
        embeddings = [node.operation for node in self._nodes if isinstance(node.operation, keras.layers.Embedding)]
        sizes = [int(one.input_dim) for one in embeddings if one.input_dim > 1]
        if not sizes:
            return None
        for size in dict.fromkeys((min(sizes), 2)):  # Columns that share an embedding have but a part of its ids each.
            rows = several.with_random_ids(may, size)
            with suppress(Exception):  # Tries a student's network on ids: it may raise anything, and is refused then.
                return rows, self._trial(several, rows)
        return None

    def _trial(self, several: Several, rows: Array) -> list[LookedUp]:
        """Return what embeddings are asked for in a pass of inputs of which some may be ids."""
        taps = LookupTaps()
        inputs = several.tensors(tf.constant(rows), lambda piece, shape: tf.reshape(piece, (-1, *shape)))
        given = [tf.cast(one, tensor.dtype) for one, tensor in zip(inputs, self._graph.inputs, strict=True)]
        with keras.StatelessScope():
            replay(self._graph, given, None, taps, count())
        return [
            LookedUp(id(one), Embedded(int(one.input_dim), 0 if one.mask_zero else None), np.asarray(ids))
            for one, ids in taps.found.values()
        ]

    def _takes_whole_numbers(self, several: Several) -> list[bool]:
        if self._graph is None:
            return super()._takes_whole_numbers(several)
        return [not keras.backend.is_float_dtype(tensor.dtype) for tensor in self._graph.inputs]

    def _held(self) -> tuple[Held, ...]:
        if self._graph is None:
            return held(arguments_beside(self.network), self.given.beside, "mask")
        pairs = zip(self._input_names, self._graph.inputs, strict=True)
        others = [Argument(name, needed=True) for name, tensor in pairs if tensor is not self._ids]
        return held(others, self.given.beside, "mask")

    def _first_layers(self) -> list[Reading | None]:
        if self._wiring is None or callable(self.preprocess) or len(self.taken.pieces) > 1:
            return super()._first_layers()
        return [first_reading(self._nodes, self._wiring)]

    def _embeddings(self) -> list[str]:
        embeddings = keras.layers.Embedding
        return [name for name, number in self._calls.items() if isinstance(self._nodes[number].operation, embeddings)]

    def _read_parts(self) -> None:
        """Take the inputs of the graph for those of the network, where it has several."""
        graph = self._graph
        self._input_names, self._ids = [tensor.name for tensor in graph.inputs], graph.inputs[0]
        if len(graph.inputs) < 2:
            return
        shapes = [tuple(tensor.shape[1:]) for tensor in graph.inputs]
        told = self.given.beside or {}
        read = [place for place, name in enumerate(self._input_names) if not (is_known(name) or name in told)]
        if len(read) == 1 and len(set(shapes)) == 1 and len(shapes[0]) == 1:
            self._ids = graph.inputs[read[0]]
            self._take_text(self._input_shapes if self._several is not None else [self.input_shape or shapes[0]])
            return
        if self._several is None:
            check_known(graph, shapes)
            self._take_several(shapes, [tensor.name for tensor in graph.inputs])
        elif self.given.names is None:
            self._take_several(self._input_shapes, [tensor.name for tensor in graph.inputs])

    def _readable_input_shape(self) -> tuple[int, ...] | None:
        shape = () if self._graph is None else self._ids.shape[1:]
        return tuple(shape) if shape and None not in shape else None

    def _guess_input_rank(self) -> int | None:
        return input_rank(self.network) if self._graph is None else len(self._ids.shape) - 1

    def _build(self) -> None:
        self._traces.clear()
        self._parts = None
        self._pick = self._pick if self._graph is not None else None
        self._shapes.clear()
        x = self._probe()
        holders = [vars(layer) for layer in layers_of(self.network)]
        before = Settings(holders, is_setting)
        answers = self._tried(x)
        alone = self._answers(x[:1])
        if not same_answers(alone, answers[:1], self._is_exact):
            raise unfaithful(same_answers(self._answers(x), answers, self._is_exact))
        if may_agree_by_chance(answers) and not same_answers(self._answers(x), answers, self._is_exact):
            raise unfaithful(same_again=False)
        traced = cache(lambda: self._traced_once(x))
        if self._graph is None:
            self.row_bytes = self._bytes_of(traced, len(x))
        self._take_head(
            find_head(
                per_place(answers, -1),
                self._given_outputs,
                left_out=None if self._final is None else self._final.activation,
                two_classes=self._two_classes,
                exact=self._is_exact,
                ending=self._known_ending(),
                trace=lambda: ending_of(traced()),
                more=lambda: per_place(self._answers(self._far_probe()), -1),
                takes_logits=takes_logits(self.network),
            )
        )
        # Attributes that a pass writes are none of the network's settings.
        self._settings = Settings(holders, is_setting, before.differing())
        self.output_shape = (*answers.shape[1:-1], self.output_count)

    def _tried(self, x: Array) -> Array:
        """Return what the network puts out for `x`, in full precision where that is possible."""
        self._twins = {}
        half = half_of(layers_of(self.network))
        if half is None:
            return self._answers(x)
        try:
            operations = [self.network] if self._graph is None else [node.operation for node in self._nodes]
            single = [one for one in operations if self._graph is None or graph_of(one) is None]
            self._twins = {id(one): full_precision(one) for one in single}
            answers = self._answers(x)
        except (NoTwinError, InputError):
            self._twins = {}
            self._remarks.append(f"computes in {half}, so that gradients are rough")
            return self._answers(x)
        self._remarks.append(f"layers of type {half}, computed with in float32")
        return answers

    def resets(self) -> TensorFlowResets:
        return TensorFlowResets(self)

    def _cut(self, layer: str | None) -> TensorFlowCut:
        return TensorFlowCut(self, layer)

    def _at_vectors(self, vectors: Vectors) -> TensorFlowVectors:
        return TensorFlowVectors(self, vectors)

    def _lookups(self, rows: Array) -> list[tuple[str, Array, int]]:
        if self._graph is None:
            return []
        taps = LookupTaps()
        with failing("network", rows.shape):
            self._run(tf.constant(rows), taps)
        names = {number: name for name, number in self._calls.items()}
        return [
            (names[number], np.asarray(ids), int(layer.output_dim))
            for number, (layer, ids) in taps.found.items()
            if number in names and len(ids) == len(rows)
        ]

    def _recomputation(self) -> TensorFlowRecomputation | None:
        """Return the steps of the graph, which run the student's own layers."""
        if self._graph is None or not self._is_exact or callable(self.preprocess):
            return None
        if self._parts is None and self.input.layout.roles == ("height", "width", "channel"):

            def scores(output: Any) -> Any:
                return self._scores(tf.cast(checked_output(output, output), self.dtype))

            found = recomputation(self._graph, self._final, self._preprocessed, self._probe()[:1], scores)
            self._parts = (found,)
        return None if self._parts is None else self._parts[0]

    def _follow_places(self) -> tuple[dict[str, Places], Evidence]:
        """Return the places of what the layers put out, as one pass moves them, and what it showed of the input."""
        if self._graph is None:
            return super()._follow_places()
        shapes, passed, follower = self._input_shapes, Passed(), PlaceFollower()
        x = self._probe()[:1]
        with failing("network", x.shape):
            probe = tf.TensorSpec(x.shape, self.dtype)
            traced = tf.function(lambda x: self._run(x, passed), autograph=False).get_concrete_function(probe)
        start = packed(beginnings(shapes)) if len(shapes) > 1 else beginnings(shapes)[0]
        follower.begin(traced.inputs[0], start, passed.outputs)
        found = follower.follow(traced.graph)
        layers = {name: found[number] for name, number in self._calls.items() if number in found}
        return layers, evidence(shapes, follower.table, layers, words=self.taken.integral)

    def _answers(self, x: Array) -> Array:
        """Return what the network puts out for `x`, without tracing it, and note how much flows on the way."""
        with failing("network", x.shape):
            sizes = Sizes()
            answers: Array = self._run(tf.constant(x), sizes).numpy()
            self.row_bytes = sizes.bytes // len(x)
            return answers

    def _known_ending(self) -> Ending | None:
        """Return the last operation where the graph of calls tells it."""
        if self._activation is not None:
            return self._activation.activation
        return None if self._graph is None else ending_of_calls(list(calls_of(self._graph)))

    def _traced_once(self, x: Array) -> Any:
        with failing("network", x.shape):
            traced = tf.function(lambda x: self._run(x, Taps()), autograph=False)
            return traced.get_concrete_function(tf.TensorSpec(x.shape, self.dtype))

    def _bytes_of(self, traced: Callable[[], Any], rows: int) -> int:
        """Return what `row_bytes` is where no graph of calls tells; 0 where the network cannot be traced either."""
        try:
            return bytes_of_operations(traced().graph) // rows
        except InputError:
            return 0
