"""Layer-wise relevance propagation through a Keras network: the score is shared out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.rules import COUPLED, STABILISER, Epsilon, Flat, Relevance, not_covered
from xai_widgets.models.tensorflow.graph import INPUT, Wiring
from xai_widgets.models.tensorflow.propagation.calls import KINDS, FunctionCall
from xai_widgets.models.tensorflow.propagation.coupled import (
    added,
    by_derivative,
    by_linear_norm,
    divided,
    of_head,
    split_evenly,
)
from xai_widgets.models.tensorflow.propagation.flows import Linear, relevance, shared
from xai_widgets.models.tensorflow.propagation.interception import ModifiedBackward, call_with, passed


class RelevanceBackward(ModifiedBackward):
    """Layer-wise relevance propagation."""

    rules: Relevance

    def __init__(self, rules: Any, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None) -> None:
        super().__init__(rules, names, wiring, read, cut)
        self._linear: dict[int, tuple[FunctionCall, list[Linear], Any]] = {}
        self._input = {INPUT} if cut is None else set()
        self._present: dict[int, Any] = {}
        self._weighing: set[int] = set()
        self._signals: dict[int, tuple[int, Any]] = {}
        self._weights: set[int] = set()
        self._attention: set[int] = set()
        self._weighed = ""

    def begin(self, x: Any, prepared: Any, scaled: bool) -> Any:
        prepared = super().begin(x, prepared, scaled)
        return prepared if prepared is x or not scaled else call_with(prepared, passed, [x])

    def continue_from(self, outside: Any, number: int) -> None:
        if outside._input.isdisjoint(outside._wiring.sources[number]):
            self._input = set()

    def why_unconnected(self) -> InputError | None:
        if not self._weighed:
            return None
        why = "which is a constant weight by this rule, and all that depends on the input"
        return not_covered(self.rules, self._weighed, None, why)

    def start(self, outputs: Any, gradient: Any) -> Any:
        return outputs * gradient

    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        kind, sources = call.kind, self._sources(number, call)
        self._linear.pop(number, None)
        if kind == "softmax" or (kind == "move" and self._attention.issuperset(sources)):
            self._attention.add(number)
        if (kind == "softmax" and self.rules.softmax == "constant") or self._weights.issuperset(sources):
            self._weights.add(number)
            self._weighed = self._weighed or call.title  # The softmax, and not what its output is given to.
            return tf.stop_gradient(plain())
        signal = self._signal(number, call, inputs)
        if signal is not None and kind in ("product", "quotient"):  # An activation, written out.
            return call_with(plain(), passed, [signal])
        if kind in COUPLED:
            return self._coupled(number, call, inputs, plain())
        self._still_weighing(number, call, sources)
        if kind in ("move", "single", "scale"):
            self._padded(number, call, inputs)
        if kind in ("move", "largest"):
            return self._still_input(number, plain()) if kind == "move" else plain()
        if kind == "single":
            return call_with(plain(), passed, inputs)
        biased = self._linear.get(sources[0]) if kind == "scale" else None
        if biased is not None and (bias := biased[0].bias_by(call)) is not None:
            _, linear, entering = biased
            return self._layered(sources[0], [*linear[:-1], linear[-1]._replace(bias=bias)], entering, plain())
        if kind == "scale" and not self._has_share(number, call):
            return self._still_input(number, call_with(plain(), passed, inputs))
        if kind == "sum" and self.rules.constants == "none" and not self._weights.isdisjoint(sources):
            constant = [source in self._weights for source in sources]
            return call_with(plain(), lambda inputs, _z, flow: split_evenly(added, inputs, constant, flow), inputs)
        if kind in ("sum", "scale"):
            return self._shared(call, inputs, plain())
        if kind == "normalisation":
            return self._normalised(number, call, inputs[0], plain())
        linear = call.linear if kind is not None else []
        if not linear:
            raise self._refused(number, call)
        self._linear[number] = call, linear, inputs[0]
        return self._layered(number, linear, inputs[0], plain())

    def _layered(self, number: int, linear: list[Linear], x: Any, output: Any) -> Any:
        """Return the output of a layer, with the backward pass by the rule for its kind."""
        rule = self.rules.dense if linear[0].kind == "dense" else self.rules.convolution
        if self.rules.first is not None and not self._input.isdisjoint(self._wiring.sources[number]):
            rule = self.rules.first

        present = self._present.get(self._wiring.sources[number][0])
        if isinstance(rule, Flat) and present is not None:  # Padding has no part, also where a layer of its own pads.
            run = linear[0].run
            linear = [linear[0]._replace(run=lambda x, weight: run(x * present, weight)), *linear[1:]]

        def back(inputs: list[Any], z: Any, flow: Any) -> list[Any]:
            reached = [inputs[0]]
            for one in linear[:-1]:
                reached.append(one.run(reached[-1], one.weight))
            for one, x, made in zip(linear[::-1], reached[::-1], [z, *reached[:0:-1]], strict=True):
                flow = relevance(rule, one, x, made, flow)
            return [flow]

        return call_with(output, back, [x])

    def _normalised(self, number: int, call: FunctionCall, x: Any, output: Any) -> Any:
        (source,) = self._wiring.sources[number]
        scale, shift = call.scale_and_shift
        layer, linear, entering = self._linear.get(source, (call, [], x))
        along = call.along_channels
        if not linear or layer.name == "einsumdense" or layer.channel_axis != call.channel_axis:
            alone = Linear("dense", along(scale), along(shift), tf.multiply)
            return self._layered(number, [alone], x, output)
        merged = linear[-1].merged(along(scale), along(shift), layer.scaled(linear[-1], scale))
        return self._layered(source, [*linear[:-1], merged], entering, output)

    def _shared(self, call: FunctionCall, inputs: list[Any], output: Any) -> Any:
        """Return the output of a sum, which shares by its parts."""
        return call_with(
            output, lambda inputs, z, flow: shared(call.run, inputs, z, flow, self.rules.stabiliser), inputs
        )

    def _has_share(self, number: int, call: FunctionCall) -> bool:
        """Whether a constant in a sum takes a part of relevance."""
        added = call.name in KINDS["sum"] | {"rescaling", "normalization"}
        return added and self.rules.constants == "share" and self._input.isdisjoint(self._wiring.sources[number])

    def _rearranged(self, number: int, call: FunctionCall, inputs: list[Any], output: Any) -> Any:
        if self.rules.constants == "share" and self._input.isdisjoint(self._wiring.sources[number]):
            return self._shared(call, inputs, output)
        return self._still_input(number, output)

    def _coupled(self, number: int, call: FunctionCall, inputs: list[Any], output: Any) -> Any:
        """Return what a function of several numbers together brings, with its backward pass."""
        kind, stabiliser, sources = call.kind, self.rules.stabiliser, self._sources(number, call)
        norm = call.norm if kind == "norm" else None
        if kind == "norm" and norm is None:
            raise self._refused(number, call)
        constant = [source in self._weights for source in sources]
        attention = [source in self._attention for source in sources]
        if kind == "product" and len(inputs) == 2 and any(constant) and not call.is_product_by_elements:
            place = constant.index(False)
            weights = of_head(inputs[1 - place], self.rules.head) if attention[1 - place] else inputs[1 - place]
            return self._layered(number, [call.linear_in(place, weights)], inputs[place], output)
        mere = constant if any(constant) else [source in self._weighing for source in sources]

        def back(inputs: list[Any], z: Any, flow: Any) -> list[Any]:
            if norm is not None:
                dense = self.rules.dense
                epsilon = dense.epsilon if isinstance(dense, Epsilon) else STABILISER
                return [by_linear_norm(norm, inputs[0], flow, epsilon)]
            if kind == "softmax":
                return [by_derivative(call.run, inputs[0], z, flow)]
            if kind == "spread":  # Of a variance the derivative times the input is twice itself.
                return [shared(call.run, inputs, z, flow, stabiliser)[0] / (2 if call.name == "var" else 1)]
            if kind == "quotient":
                return split_evenly(call.run, inputs, [False, True], flow)
            if call.is_product_by_elements:
                return split_evenly(call.run, inputs, mere if not all(mere) else [False] * len(inputs), flow)
            head = self.rules.head
            inputs = [of_head(one, head) if is_it else one for one, is_it in zip(inputs, attention, strict=True)]
            return divided(call.run, inputs, z, flow, stabiliser, call.signals)

        return call_with(output, back, inputs)

    def _signal(self, number: int, call: FunctionCall, inputs: list[Any]) -> Any:
        """Return the signal of whose single numbers a call and all that it is given are functions; None if none is."""
        shapes = {tuple(one.shape) for one in (*call.inputs, *call.node.outputs)} if call.node is not None else set()
        if not call.is_by_elements or len(shapes) != 1:
            return None
        found = [self._signals.get(one, (one, x)) for one, x in zip(self._sources(number, call), inputs, strict=True)]
        if len({source for source, _ in found}) != 1:
            return None
        self._signals[number] = found[0]
        return found[0][1]

    def _still_weighing(self, number: int, call: FunctionCall, sources: list[int]) -> None:
        """Note what other signals are multiplied with as a constant, also where it is moved or scaled since."""
        gates = self.rules.softmax == "constant" and call.is_gate
        since = call.kind in ("move", "scale") and not self._weighing.isdisjoint(sources)
        if gates or call.is_inverse or since:
            self._weighing.add(number)

    def _sources(self, number: int, call: FunctionCall) -> list[int]:
        """Return which calls make the inputs of one, in their order."""
        if call.node is None:
            return [number]
        makers = dict(zip(map(id, call.node.arguments.keras_tensors), self._wiring.sources[number], strict=True))
        return [makers[id(one)] for one in call.inputs]

    def _padded(self, number: int, call: FunctionCall, inputs: list[Any]) -> None:
        """Note where there is no padding in what was padded, moved since, or changed number by number."""
        sources = list(dict.fromkeys(self._wiring.sources[number]))
        known = [self._present.get(source) for source in sources]
        pads = call.name == "pad" or call.name.startswith("zeropadding")
        if len(sources) != len(inputs) or (not pads and all(one is None for one in known)):
            return
        if call.kind != "move":
            self._present[number] = known[0]
            return
        ones = [tf.ones_like(x) if one is None else one for x, one in zip(inputs, known, strict=True)]
        here, nothing = call.run(*ones), call.run(*[0 * one for one in ones])
        if tf.is_tensor(here):
            self._present[number] = tf.cast(here != nothing, ones[0].dtype)

    def _still_input(self, number: int, output: Any) -> Any:
        """Note that what was only moved or scaled still is the input, if it was."""
        if not self._input.isdisjoint(self._wiring.sources[number]):
            self._input.add(number)
        return output
