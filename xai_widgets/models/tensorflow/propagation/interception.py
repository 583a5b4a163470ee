"""Stands between a network and the functions that it calls, and gives them another backward pass.

Functions and not layers are what has a derivative: so a ReLU that is the activation of a layer, used three times or
written as an operation is one like any other. The replay of the graph asks for each call here; nothing is put on the
network, and nothing stays behind.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.rules import Rectified, no_rectifier, not_covered
from xai_widgets.models.tensorflow.graph import INPUT, NOWHERE, Taps, Wiring, called, masked_as, replay, wiring_of
from xai_widgets.models.tensorflow.propagation.calls import FunctionCall, function_calls
from xai_widgets.models.tensorflow.propagation.flows import rectified
from xai_widgets.models.tensorflow.propagation.opening import opened, rearranges

Back = Callable[[list[Any], Any, Any], list[Any]]
"""From the inputs of a call, its output, and what arrives there, to what it sends back to each of its inputs."""


NOT_FOLLOWED = (
    "which is not followed in Keras (preprocess={'mean': ..., 'std': ...} is, and so are layers that do the same)"
)
"""Why a preprocessing function is refused, and what will do instead."""


class ModifiedBackward(Taps):
    """A replay in which the calls between two places are followed, or refused.

    Parameters
    ----------
    rules, names, wiring, read, cut
        As in `choice.modified_backward`.
    """

    opens = True
    """Whether layers are opened that are no known kind of function."""
    compares_words = False
    """Whether the point is the embedding of a text, and all around it the same for the input and a reference."""

    def __init__(self, rules: Any, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None) -> None:
        super().__init__(read, cut)
        self.rules = rules
        self._names = names
        self._wiring = wiring
        self._start = INPUT if cut is None else wiring.openings.get(cut, cut)
        self._followed = wiring.between(cut, read)

    def begin(self, x: Any, prepared: Any, scaled: bool) -> Any:
        """Make `x` the place where the backward pass ends, and return what the network is given.

        Parameters
        ----------
        x, prepared : tensor
            The input, and the same as it is prepared for the network.
        scaled : bool
            Whether the one is the other on another scale.
        """
        if self.cut is None and prepared is not x and not scaled and not isinstance(self.rules, Rectified):
            raise not_covered(self.rules, "the function preprocess", None, NOT_FOLLOWED)
        return prepared

    def finish(self, output: Any, scores: Callable[[Any], Any]) -> Any:
        """Return the scores of the network's output, and say what can be said only when the whole network has run."""
        return scores(output)

    def start(self, outputs: Any, gradient: Any) -> Any:
        """Return what the backward pass starts with, from the gradient of the objective by what it is about."""
        return gradient

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Return what call `number` puts out, with a backward pass by the rules where these have a say."""
        if number not in self._followed:
            return super().compute(number, node, operation, values)
        first, *others = function_calls(operation, node)
        inputs = [values[tensor] for tensor in dict.fromkeys(map(id, node.arguments.keras_tensors))]
        if self.opens and first.kind is None and not first.is_masked:
            if (graph := opened(operation, node)) is not None:
                return self._within(number, node, graph, values)
            if rearranges(operation, node):
                return self._rearranged(number, first, inputs, called(node, operation, values))
        output = self._through(number, first, inputs, lambda: called(node, first.function, values))
        for call in others:
            output = self._through(number, call, [output], functools.partial(call.run, output))
        return output

    def _within(self, number: int, node: Any, graph: Any, values: dict[int, Any]) -> Any:
        """Return what a call puts out that is a graph of calls itself."""
        makers = dict(zip(map(id, node.arguments.keras_tensors), self._wiring.sources[number], strict=True))
        entering = [INPUT if maker in self._followed | {self._start} else NOWHERE for maker in makers.values()]
        wiring = wiring_of(graph, entering)
        inside = type(self)(self.rules, [self._names[number]] * len(wiring.sources), wiring, None, None)
        inside.continue_from(self, number)
        (output,) = replay(graph, [values[tensor] for tensor in makers], None, inside, count())
        mask = getattr(node.outputs[0], "_keras_mask", None)
        if id(mask) in values:
            output._keras_mask = values[id(mask)]
        return output

    def _rearranged(self, number: int, call: FunctionCall, inputs: list[Any], output: Any) -> Any:
        """Return what a call puts out that moves its input and adds constants, with its backward pass."""
        return output

    def continue_from(self, outside: Any, number: int) -> None:
        """Take over what is known of the inputs of call `number` of the way around this one."""

    @abstractmethod
    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        """Return what a call brings, its backward pass by the rules; `plain` makes it as the network asked for it."""

    def why_unconnected(self) -> InputError | None:
        """Return why nothing leads back to the point, where the rules know."""
        return None

    def _refused(self, number: int, call: FunctionCall, why: str = "") -> InputError:
        if not why and call.is_quantised:
            why = "which is quantised"
        elif not why and call.is_masked:
            why = "which is given a mask that follows from the input (mask_zero)"
        elif not why and len(call.inputs) > 1:
            why = "of which several arguments depend on the input"
        return not_covered(self.rules, call.title, self._names[number], why)


class RectifiedBackward(ModifiedBackward):
    """Guided backpropagation and deconvolution: rectifiers have another backward pass, all else its derivative."""

    rules: Rectified
    opens = False
    _seen = 0

    def finish(self, output: Any, scores: Callable[[Any], Any]) -> Any:
        if not self._seen:
            raise no_rectifier()
        return super().finish(output, scores)

    def compute(self, number: int, node: Any, operation: Any, values: dict[int, Any]) -> Any:
        """Count the rectifiers before the point as well: that there are some is asked of the whole network."""
        self._seen += sum(call.is_rectifier for call in function_calls(operation, node))
        return super().compute(number, node, operation, values)

    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        if call.is_rectifier:
            output = plain()
            # Guided backpropagation goes on by the derivative of the rectifier itself.
            entering = inputs if self.rules.kind == "deconvolution" else [output]
            return call_with(output, lambda _inputs, _output, flow: [rectified(flow)], entering)
        if call.hides:
            raise InputError(
                f"The layer {self._names[number]!r} ({call.title}) does not show whether there is a rectifier (ReLU) "
                "in it, whose backward pass would have to change; expected layers and operations of Keras. Use a "
                "method that needs gradients alone, such as IntegratedGradients."
            )
        return plain()


def call_with(output: Any, back: Back, inputs: list[Any]) -> Any:
    """Return the output of a call, with a backward pass of its own to its inputs."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no py.typed; `made` itself is annotated.
    def made(*tensors: Any) -> tuple[Any, Callable[[Any], list[Any]]]:
        *inputs, output = tensors

        def send(flow: Any) -> list[Any]:
            flows = back(inputs, output, flow)
            return [*(tf.cast(one, x.dtype) for one, x in zip(flows, inputs, strict=True)), tf.zeros_like(output)]

        return tf.identity(output), send

    return masked_as(made(*inputs, tf.stop_gradient(output)), output)


def passed(_inputs: list[Any], _output: Any, flow: Any) -> list[Any]:
    """Pass relevance on as it is."""
    return [flow]
