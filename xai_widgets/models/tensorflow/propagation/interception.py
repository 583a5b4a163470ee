"""Stands between a network and the functions that it calls, and gives them another backward pass.

Functions and not layers are what has a derivative: so a ReLU that is the activation of a layer, used three times or
written as an operation is one like any other. The replay of the graph asks for each call here; nothing is put on the
network, and nothing stays behind.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from xai_widgets.errors import InputError
from xai_widgets.models.rules import (
    Epsilon,
    Flat,
    Gamma,
    Rectified,
    Relevance,
    Rescaled,
    Rule,
    Rules,
    no_rectifier,
    not_covered,
)
from xai_widgets.models.tensorflow.graph import INPUT, Taps, Wiring, called, masked_as
from xai_widgets.models.tensorflow.propagation.calls import FunctionCall, function_calls
from xai_widgets.models.tensorflow.propagation.flows import (
    Linear,
    rectified,
    relevance,
    rescaled,
    rescaled_largest,
    shared,
)

Back = Callable[[list[Any], Any, Any], list[Any]]
"""From the inputs of a call, its output, and what arrives there, to what it sends back to each of its inputs."""


def split(rules: Rules) -> tuple[Rules, list[float]]:
    """Return the rules without the numbers in them, and these, which may change without another trace."""
    if not isinstance(rules, Relevance):
        return rules, []
    return _with_numbers(rules, [0, 0, 0]), [
        getattr(rule, "epsilon", getattr(rule, "gamma", 0)) for rule in (rules.dense, rules.convolution, rules.first)
    ]


def joined(rules: Rules, numbers: Any) -> Rules:
    """Return the rules with numbers in them."""
    return _with_numbers(rules, numbers) if isinstance(rules, Relevance) else rules


def modified_backward(
    rules: Rules, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None
) -> ModifiedBackward:
    """Return the replay that gives the calls of a graph the backward pass that the rules say.

    Parameters
    ----------
    rules : Rectified, Rescaled or Relevance
    names : sequence of str
        The layers by which what is not covered is named, for each call.
    wiring : Wiring
        How the calls are connected.
    read, cut : int or None
        The call whose output the objective is about, and the one where the backward pass ends.
    """
    match rules:
        case Rectified():
            return RectifiedBackward(rules, names, wiring, read, cut)
        case Rescaled():
            return RescaledBackward(rules, names, wiring, read, cut)
        case Relevance():
            return RelevanceBackward(rules, names, wiring, read, cut)


NOT_FOLLOWED = (
    "which is not followed in Keras (preprocess={'mean': ..., 'std': ...} is, and so are layers that do the same)"
)
"""Why a preprocessing function is refused, and what will do instead."""


class ModifiedBackward(Taps):
    """A replay in which the calls between two places are followed, or refused.

    Parameters
    ----------
    rules, names, wiring, read, cut
        As in `modified_backward`.
    """

    def __init__(self, rules: Any, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None) -> None:
        super().__init__(read, cut)
        self.rules = rules
        self._names = names
        self._wiring = wiring
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
        output = self._through(number, first, inputs, lambda: called(node, first.function, values))
        for call in others:
            output = self._through(number, call, [output], functools.partial(call.run, output))
        return output

    @abstractmethod
    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        """Return what a call brings, its backward pass by the rules; `plain` makes it as the network asked for it."""

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
            return _call(output, lambda _inputs, _output, flow: [rectified(flow)], entering)
        if call.hides:
            raise InputError(
                f"The layer {self._names[number]!r} ({call.title}) does not show whether there is a rectifier (ReLU) "
                "in it, whose backward pass would have to change; expected layers and operations of Keras. Use a "
                "method that needs gradients alone, such as IntegratedGradients."
            )
        return plain()


class RescaledBackward(ModifiedBackward):
    """DeepLIFT: the second half of the rows are the references, with which the first is compared."""

    rules: Rescaled

    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        kind = call.kind
        if kind is None:
            raise self._refused(number, call)
        if kind not in ("single", "largest"):
            return plain()
        smallest = self.rules.smallest
        extreme = tf.minimum if "min" in call.name else tf.maximum

        def back(inputs: list[Any], _output: Any, flow: Any) -> list[Any]:
            halves, (flow, _) = [tf.split(one, 2) for one in inputs], tf.split(flow, 2)
            x, references = [one for one, _ in halves], [one for _, one in halves]
            if kind == "single":
                flows = [rescaled(call.run, x[0], references[0], flow, smallest)]
            else:
                flows = rescaled_largest(call.run, x, references, flow, smallest, extreme)
            return [tf.concat([one, tf.zeros_like(one)], axis=0) for one in flows]

        return _call(plain(), back, inputs)


class RelevanceBackward(ModifiedBackward):
    """Layer-wise relevance propagation."""

    rules: Relevance

    def __init__(self, rules: Any, names: Sequence[str], wiring: Wiring, read: int | None, cut: int | None) -> None:
        super().__init__(rules, names, wiring, read, cut)
        self._linear: dict[int, tuple[FunctionCall, list[Linear], Any]] = {}
        self._input = {INPUT} if cut is None else set()
        self._present: dict[int, Any] = {}

    def begin(self, x: Any, prepared: Any, scaled: bool) -> Any:
        prepared = super().begin(x, prepared, scaled)
        return prepared if prepared is x or not scaled else _call(prepared, _passed, [x])

    def start(self, outputs: Any, gradient: Any) -> Any:
        return outputs * gradient

    def _through(self, number: int, call: FunctionCall, inputs: list[Any], plain: Callable[[], Any]) -> Any:
        kind = call.kind
        self._linear.pop(number, None)
        if kind in ("move", "single", "scale"):
            self._padded(number, call, inputs)
        if kind in ("move", "largest"):
            return self._still_input(number, plain()) if kind == "move" else plain()
        if kind == "single":
            return _call(plain(), _passed, inputs)
        if kind == "scale":
            return self._still_input(number, _call(plain(), _passed, inputs))
        if kind == "sum":
            return _call(plain(), lambda inputs, z, flow: shared(call.run, inputs, z, flow), inputs)
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

        return _call(output, back, [x])

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


def _with_numbers(rules: Relevance, numbers: Any) -> Relevance:
    places: list[tuple[Rule | None, Any]] = [
        (rules.dense, numbers[0]),
        (rules.convolution, numbers[1]),
        (rules.first, numbers[2]),
    ]
    made = [
        Epsilon(number) if isinstance(rule, Epsilon) else Gamma(number) if isinstance(rule, Gamma) else rule
        for rule, number in places
    ]
    return Relevance(made[0] or rules.dense, made[1] or rules.convolution, made[2])


def _call(output: Any, back: Back, inputs: list[Any]) -> Any:
    """Return the output of a call, with a backward pass of its own to its inputs."""

    # TensorFlow ships no types, so the checker knows nothing of its decorator.
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def made(*tensors: Any) -> tuple[Any, Callable[[Any], list[Any]]]:
        *inputs, output = tensors

        def send(flow: Any) -> list[Any]:
            flows = back(inputs, output, flow)
            return [*(tf.cast(one, x.dtype) for one, x in zip(flows, inputs, strict=True)), tf.zeros_like(output)]

        return tf.identity(output), send

    return masked_as(made(*inputs, tf.stop_gradient(output)), output)


def _passed(_inputs: list[Any], _output: Any, flow: Any) -> list[Any]:
    """Pass relevance on as it is."""
    return [flow]


def no_graph(network: Any) -> InputError:
    """Return the refusal of a network that only its code describes."""
    return InputError(
        f"The network ({type(network).__name__}) keeps no graph of its calls, which have to be followed one by one; "
        "expected a sequential or functional Keras network. Use a method that needs gradients alone, such as "
        "IntegratedGradients."
    )
