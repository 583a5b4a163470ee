"""Layer-wise relevance propagation through a PyTorch network: the score is shared out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from xai_widgets.errors import InputError
from xai_widgets.models.rules import COUPLED, STABILISER, Epsilon, Flat, Relevance, not_covered
from xai_widgets.models.torch.propagation.calls import KINDS, FunctionCall
from xai_widgets.models.torch.propagation.coupled import by_derivative, by_linear_norm, divided, of_head, split_evenly
from xai_widgets.models.torch.propagation.flows import Linear, relevance, shared
from xai_widgets.models.torch.propagation.interception import ModifiedBackward, applied, call_with, passed


class RelevanceBackward(ModifiedBackward):
    """Layer-wise relevance propagation."""

    rules: Relevance
    _weighed = ""
    """What was taken for a constant weight."""

    def enter(self, inputs: Tensor) -> None:
        self._attention: dict[int, Tensor] = {}
        super().enter(inputs)

    def begin(self, point: Tensor, *, is_input: bool) -> Tensor:
        self._linear: dict[int, tuple[Tensor, int, FunctionCall, Linear]] = {}
        self._present: dict[int, Tensor] = {}
        self._input = {id(point)} if is_input else set()
        self._weighing: set[int] = set()
        self._signals: dict[int, tuple[Tensor, Tensor, int]] = {}
        self._attention = {}
        self._rows = len(point)
        return super().begin(point, is_input=is_input)

    def why_unconnected(self) -> InputError | None:
        if not self._weighed:
            return None
        why = "which is a constant weight by this rule, and all that depends on the input"
        return not_covered(self.rules, self._weighed, None, why)

    def _is_weight(self, call: FunctionCall) -> bool:
        is_weight = self.rules.softmax == "constant" and call.name in KINDS["softmax"]
        self._weighed = call.name if is_weight else self._weighed
        return is_weight

    def _passed_by(self, call: FunctionCall, output: Any) -> Any:
        return self._still_attention(call, super()._passed_by(call, output))

    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        signal = self._signal(call)
        return self._still_of(signal, self._still_attention(call, self._ruled(call, plain, signal)))

    def _ruled(self, call: FunctionCall, plain: Callable[[], Any], signal: Tensor | None) -> Any:
        kind = call.kind
        if kind not in ("move", "scale"):  # In place or not, what it puts out is the input no longer.
            self._input.discard(id(call.changes))
        if signal is not None and kind in ("product", "quotient"):  # An activation, written out.
            made = call.run(*(one.detach() for one in call.inputs))
            return call_with(lambda _: made, passed, signal)
        if kind in COUPLED:
            return self._coupled(call)
        if kind == "move":
            return self._still_weighing(call, self._still_input(call, self._padded(call, plain())))
        if kind == "largest":
            return plain()
        if kind == "single":
            return self._still_weighing(call, self._padded(call, applied(call, passed)))
        if kind == "sum" or (kind == "scale" and self._has_share(call)):
            return applied(call, lambda inputs, z, flow: shared(call.run, inputs, z, flow, self.rules.stabiliser))
        if kind == "scale":
            return self._still_weighing(call, self._still_input(call, self._padded(call, applied(call, passed))))
        if kind == "normalisation":
            return self._normalised(call)
        linear = call.linear if kind is not None else None
        if linear is None:
            raise self._refused(call)
        if id(linear.weight) in self._attention:
            linear = linear._replace(weight=of_head(linear.weight, self.rules.head, self._rows))
        output = self._layered(linear, call.inputs[0], call.run)
        self._linear[id(output)] = output, output._version, call, linear
        return output

    def _layered(self, linear: Linear, x: Tensor, run: Callable[..., Tensor]) -> Tensor:
        """Return the output of a layer, with the backward pass by the rule for its kind."""
        rule = self.rules.dense if linear.kind == "dense" else self.rules.convolution
        if self.rules.first is not None and id(x) in self._input:
            rule = self.rules.first
        present = self._present.get(id(x))
        if isinstance(rule, Flat) and present is not None:  # Padding has no part, also where a call of its own pads.
            plain = linear.run
            linear = linear._replace(run=lambda x, weight: plain(x * present, weight))

        def back(inputs: list[Tensor], z: Tensor, flow: Tensor) -> list[Tensor]:
            return [relevance(rule, linear, inputs[0], z, flow)]

        output: Tensor = call_with(run, back, x)
        return output

    def _normalised(self, call: FunctionCall) -> Tensor:
        found = call.scale_and_shift
        if found is None:
            raise self._refused(call, "which takes its statistics from the batch")
        (x,) = call.inputs
        scale, shift = found
        before, version, layer, linear = self._linear.get(id(x), (None, 0, call, None))
        along = [-1, *[1] * (x.dim() - 2)]
        if before is None or linear is None or before._version != version:
            alone = Linear("dense", scale.reshape(along), shift.reshape(along), torch.mul)
            return self._layered(alone, x, call.run)
        weight = layer.scaled(linear, scale)
        merged = linear.merged(scale.reshape(along), shift.reshape(along), weight)
        normalise = x.detach()
        return self._layered(merged, layer.inputs[0], lambda _: call.run(normalise))

    def _has_share(self, call: FunctionCall) -> bool:
        """Whether a constant in a sum takes a part of relevance."""
        added = call.name in KINDS["sum"] and id(call.inputs[0]) not in self._input
        return added and self.rules.constants == "share"

    def _coupled(self, call: FunctionCall) -> Any:
        """Return what a function of several numbers together brings, with its backward pass."""
        kind, stabiliser = call.kind, self.rules.stabiliser
        weights = [id(one) in self._weighing for one in call.inputs]
        attention = [id(one) in self._attention for one in call.inputs]
        norm = call.norm if kind == "norm" else None
        if kind == "norm" and norm is None:
            raise self._refused(call, "which takes its statistics from the training")

        def back(inputs: list[Tensor], z: Tensor, flow: Tensor) -> list[Tensor]:
            if norm is not None:
                dense = self.rules.dense
                epsilon = dense.epsilon if isinstance(dense, Epsilon) else STABILISER
                return [by_linear_norm(norm, inputs[0], flow, epsilon)]
            if kind == "softmax":
                return [by_derivative(call.run, inputs[0], z, flow)]
            if kind == "spread":  # Of a variance the derivative times the input is twice itself.
                return [shared(call.run, inputs, z, flow, stabiliser)[0] / (2 if call.name == "var" else 1)]
            if kind == "quotient":
                return split_evenly(inputs, [False, True], flow)
            if call.is_product_by_elements:
                return split_evenly(inputs, weights if not all(weights) else [False] * len(inputs), flow)
            head, rows = self.rules.head, self._rows
            inputs = [of_head(one, head, rows) if is_it else one for one, is_it in zip(inputs, attention, strict=True)]
            return divided(call.run, inputs, z, flow, stabiliser)

        return applied(call, back)

    def _signal(self, call: FunctionCall) -> Tensor | None:
        """Return the signal of whose single numbers a call and all that it is given are functions, if there is one."""
        known = [self._signals.get(id(one), (one, one, one._version)) for one in call.inputs]
        signals = {id(signal): signal for _, signal, version in known if signal._version == version}
        if len(signals) != 1 or not call.is_by_elements or len({one.shape for one in call.inputs}) != 1:
            return None
        return next(iter(signals.values()))

    def _still_of(self, signal: Tensor | None, output: Any) -> Any:
        """Note of which signal's numbers something is a function."""
        if signal is not None and isinstance(output, Tensor) and output.shape == signal.shape:
            self._signals[id(output)] = output, signal, signal._version
        return output

    def _still_weighing(self, call: FunctionCall, output: Any) -> Any:
        """Note what other signals are multiplied with as a constant, also where it is moved or scaled since."""
        gates = self.rules.softmax == "constant" and call.is_gate
        if (
            gates
            or call.is_inverse
            or (call.kind != "single" and any(id(one) in self._weighing for one in call.inputs))
        ):
            self._weighing.add(id(output))
        return output

    def _still_attention(self, call: FunctionCall, output: Any) -> Any:
        """Note the output of a softmax, also where it is moved since and keeps its shape."""
        moved = call.name in KINDS["move"] and any(id(one) in self._attention for one in call.leaves)
        if isinstance(output, Tensor) and (
            call.name in KINDS["softmax"] or (moved and output.shape == call.leaves[0].shape)
        ):
            self._attention[id(output)] = output
        return output

    def _padded(self, call: FunctionCall, output: Any) -> Any:
        """Note where there is no padding in what was padded, moved since, or changed number by number."""
        known = [self._present.get(id(one)) for one in call.inputs]
        if not isinstance(output, Tensor) or (call.name != "pad" and all(one is None for one in known)):
            return output
        if call.kind == "move":
            ones = [torch.ones_like(x) if one is None else one for x, one in zip(call.inputs, known, strict=True)]
            self._present[id(output)] = (call.run(*ones) != call.run(*[0 * one for one in ones])).to(ones[0])
        elif known[0] is not None and known[0].shape == output.shape:
            self._present[id(output)] = known[0]
        return output

    def _still_input(self, call: FunctionCall, output: Any) -> Any:
        """Note that what was only moved or scaled still is the input, if it was."""
        if any(id(one) in self._input for one in call.inputs):
            self._input.update(map(id, output if isinstance(output, tuple | list) else [output]))
        return output
