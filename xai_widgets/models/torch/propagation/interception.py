"""Stands between a network and the functions that it calls, and gives them another backward pass.

Functions and not modules are what has a derivative: so a ReLU that is called as a function, used three times or works
in place is one like any other, and additions and concatenations are seen at all. Nothing is put on the network, and
nothing stays behind.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xai_widgets.errors import InputError
from xai_widgets.models.rules import Flat, Rectified, Relevance, Rescaled, Rules, no_rectifier, not_covered
from xai_widgets.models.torch.graph import layer_running
from xai_widgets.models.torch.propagation.calls import ASKED, CONSTANT, LINES, FunctionCall, function_call
from xai_widgets.models.torch.propagation.flows import (
    Linear,
    rectified,
    relevance,
    rescaled,
    rescaled_largest,
    shared,
)

Back = Callable[[list[Tensor], Tensor, Tensor], list[Tensor]]
"""From the inputs of a call, its output, and what arrives there, to what it sends back to each of its inputs."""


def modified_backward(rules: Rules, names: Mapping[nn.Module, str]) -> ModifiedBackward:
    """Return what gives the functions that run inside it the backward pass that the rules say.

    Parameters
    ----------
    rules : Rectified, Rescaled or Relevance
    names : dict of module to str
        The layers by which what is not covered is named.
    """
    match rules:
        case Rectified():
            return RectifiedBackward(rules, names)
        case Rescaled():
            return RescaledBackward(rules, names)
        case Relevance():
            return RelevanceBackward(rules, names)


class ModifiedBackward(TorchFunctionMode):
    """While it is active, calls of functions on what depends on a point are followed, or refused.

    Parameters
    ----------
    rules, names
        As in `modified_backward`.

    Attributes
    ----------
    works_in_place : bool
        Whether the network has changed a tensor that depends on the point.
    """

    def __init__(self, rules: Any, names: Mapping[nn.Module, str]) -> None:
        super().__init__()
        self.rules = rules
        self._names = names
        self.works_in_place = False
        self._known: dict[int, tuple[Tensor, Any]] = {}
        self._beside: dict[int, Tensor] = {}
        self._gradients = False

    def enter(self, inputs: Tensor) -> None:
        """Note the network's input, where the pass ends further on: other branches may lead around that point."""
        self._beside = {id(inputs): inputs}

    def begin(self, point: Tensor, *, is_input: bool) -> Tensor:
        """Make `point` the place where the backward pass ends, and return it."""
        self._known.clear()
        self._gradients = torch.is_grad_enabled()
        self._note([point.requires_grad_(self._gradients)])
        return point

    def check(self, tensor: Any) -> None:
        """Refuse a tensor that was made from the point by something that could not be followed."""
        unfollowed = self._unfollowed(tensor)
        if unfollowed:
            raise not_covered(self.rules, unfollowed, self._layer())

    def _unfollowed(self, tensor: Any) -> str:
        """Return what made a tensor from the point and could not be followed; empty where nothing did."""
        if not isinstance(tensor, Tensor) or tensor.grad_fn is None:
            return ""
        _, node = self._known.get(id(tensor), (None, None))
        if node is tensor.grad_fn or not self._comes_from_the_point(tensor):
            return ""
        return f"a function that cannot be followed ({type(tensor.grad_fn).__name__})"

    def finish(self) -> None:
        """Say what can be said only when the whole network has run."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        call = function_call(function, args, kwargs, self._depends, self._is_beside)
        for leaf in call.leaves:
            self.check(leaf)
        if call.name in ASKED or call.name in CONSTANT:
            return function(*args, **kwargs)
        if not call.places:
            return self._passed_by(call, function(*args, **kwargs))
        self._check_gradient(call)
        self.works_in_place |= call.changes is not None
        output = self._through(call, lambda: function(*args, **kwargs))
        if call.changes is not None and output is not call.changes:
            output = call.changes.copy_(output)
        self._note(output if isinstance(output, tuple | list) else [output])
        return output

    @abstractmethod
    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        """Return what a call brings, its backward pass by the rules; `plain` makes it as the network asked for it."""

    def _depends(self, tensor: Tensor) -> bool:
        return id(tensor) in self._known

    def _passed_by(self, call: FunctionCall, output: Any) -> Any:
        """Note what depends on the input and not on the point."""
        if any(map(self._is_beside, call.leaves)):
            made = output if isinstance(output, tuple | list) else [output]
            self._beside.update((id(one), one) for one in made if isinstance(one, Tensor))
        return output

    def _is_beside(self, tensor: Any) -> bool:
        return id(tensor) in self._beside

    def _check_gradient(self, call: FunctionCall) -> None:
        if self._gradients and not torch.is_grad_enabled():
            raise self._refused(call, "from which the network lets no gradient pass (torch.no_grad(), or a checkpoint)")

    def _note(self, tensors: Iterable[Any]) -> None:
        # The tensors themselves are kept, or else another one could come to the same address.
        self._known.update((id(one), (one, one.grad_fn)) for one in tensors if isinstance(one, Tensor))

    def _comes_from_the_point(self, tensor: Tensor) -> bool:
        nodes = {node for _, node in self._known.values() if node is not None}
        leaves = {id(one) for one, node in self._known.values() if node is None and one.requires_grad}
        seen, ahead = set(), [tensor.grad_fn]
        while ahead:
            node = ahead.pop()
            if node is None or node in seen:
                continue
            if node in nodes or id(getattr(node, "variable", None)) in leaves:
                return True
            seen.add(node)
            ahead.extend(before for before, _ in node.next_functions)
        return False

    def _refused(self, call: FunctionCall, why: str = "") -> InputError:
        if not why and len(call.places) > 1:
            why = "of which several arguments depend on the input"
        return not_covered(self.rules, call.name, self._layer(), why)

    def _layer(self) -> str | None:
        """The name of the layer that is running: asked once, when something is refused."""
        return layer_running(self._names)


class RectifiedBackward(ModifiedBackward):
    """Guided backpropagation and deconvolution: rectifiers have another backward pass, all else its derivative."""

    rules: Rectified
    _seen = 0
    _hidden = ""
    """What could not be followed before any rectifier was seen."""

    def check(self, tensor: Any) -> None:
        """Take every tensor: what cannot be followed keeps its derivative; where that is all, nothing is left to do."""
        if not self._seen:
            self._hidden = self._hidden or self._unfollowed(tensor)

    def _check_gradient(self, call: FunctionCall) -> None:
        """Let a network stop its gradients."""

    def finish(self) -> None:
        if not self._seen:
            raise not_covered(self.rules, self._hidden, self._layer()) if self._hidden else no_rectifier()

    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        if not call.is_rectifier:
            return plain()
        self._seen += 1
        if self.rules.kind == "deconvolution":
            return _open_call(call.run, *call.inputs)
        # A hook on what was changed in place would not be reached where that is a part of another tensor.
        output = plain() if call.changes is None else call.run(*call.inputs)
        if output.requires_grad:
            output.register_hook(rectified)
        return output

    def _depends(self, tensor: Tensor) -> bool:
        # Before the point is reached every tensor counts: that there are rectifiers is asked of the whole network.
        return super()._depends(tensor) if self._known else tensor.is_floating_point()


class RescaledBackward(ModifiedBackward):
    """DeepLIFT: the first pass, without gradients, is that of the references; the second compares with it."""

    rules: Rescaled

    def __init__(self, rules: Rescaled, names: Mapping[nn.Module, str]) -> None:
        super().__init__(rules, names)
        self._references: list[tuple[str, list[Tensor]]] = []
        self._next = 0

    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        kind = call.kind
        if kind is None or (kind == "normalisation" and call.scale_and_shift is None):
            raise self._refused(call)
        if kind not in ("single", "largest"):
            return plain()
        if not self._gradients:
            # Copies, because the network may go on to work on them in place.
            self._references.append((call.name, [one.clone() for one in call.inputs]))
            return plain()
        references = self._reference(call)
        function, smallest = _first(call.run), self.rules.smallest
        extreme = torch.minimum if "min" in call.name else torch.maximum

        def back(inputs: list[Tensor], _output: Tensor, flow: Tensor) -> list[Tensor]:
            if kind == "single":
                return [rescaled(function, inputs[0], references[0], flow, smallest, call.name not in LINES)]
            return rescaled_largest(function, inputs, references, flow, smallest, extreme)

        return _applied(call, back)

    def _reference(self, call: FunctionCall) -> list[Tensor]:
        """Return the inputs of the same call in the pass of the references."""
        name, tensors = self._references[self._next] if self._next < len(self._references) else ("", [])
        if name != call.name or [one.shape for one in tensors] != [one.shape for one in call.inputs]:
            raise self._refused(call, "which is called for the input and not for the reference")
        self._next += 1
        return tensors


class RelevanceBackward(ModifiedBackward):
    """Layer-wise relevance propagation."""

    rules: Relevance

    def begin(self, point: Tensor, *, is_input: bool) -> Tensor:
        self._linear: dict[int, tuple[Tensor, int, FunctionCall, Linear]] = {}
        self._present: dict[int, Tensor] = {}
        self._input = {id(point)} if is_input else set()
        return super().begin(point, is_input=is_input)

    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        kind = call.kind
        if kind not in ("move", "scale"):  # In place or not, what it puts out is the input no longer.
            self._input.discard(id(call.changes))
        if kind == "move":
            return self._still_input(call, self._padded(call, plain()))
        if kind == "largest":
            return plain()
        if kind == "single":
            return self._padded(call, _applied(call, _passed))
        if kind == "scale":
            return self._still_input(call, self._padded(call, _applied(call, _passed)))
        if kind == "sum":
            return _applied(call, lambda inputs, z, flow: shared(call.run, inputs, z, flow))
        if kind == "normalisation":
            return self._normalised(call)
        linear = call.linear if kind is not None else None
        if linear is None:
            raise self._refused(call)
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

        output: Tensor = _call(run, back, x)
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


class _Call(torch.autograd.Function):
    """One call of a function with a backward pass of its own."""

    @staticmethod
    def forward(ctx: Any, run: Callable[..., Tensor], back: Back, *inputs: Tensor) -> Tensor:
        """Call it."""
        output = run(*inputs)
        ctx.back = back
        ctx.save_for_backward(*inputs, output)
        return output

    @staticmethod
    def backward(ctx: Any, flow: Tensor) -> Any:
        """Send back what the rule says."""
        *inputs, output = ctx.saved_tensors
        return None, None, *ctx.back(inputs, output, flow)


class _OpenCall(torch.autograd.Function):
    """A call of a rectifier that is one in the backward pass alone, whatever it was given."""

    @staticmethod
    def forward(ctx: Any, run: Callable[..., Tensor], x: Tensor) -> Tensor:  # noqa: ARG004
        """Call it."""
        return run(x)

    @staticmethod
    def backward(ctx: Any, flow: Tensor) -> Any:  # noqa: ARG004
        """Send back the positive part."""
        return None, rectified(flow)


_call: Callable[..., Any] = _Call.apply
_open_call: Callable[..., Any] = _OpenCall.apply


def _applied(call: FunctionCall, back: Back) -> Any:
    """Return what a call brings, with its backward pass; where it brings places beside the largest numbers, both."""
    kept: list[Any] = []

    def run(*inputs: Tensor) -> Tensor:
        output = call.run(*inputs)
        if isinstance(output, Tensor):
            return output
        kept.append(output)
        first: Tensor = output[0]
        return first

    output = _call(run, back, *call.inputs)
    if not kept:
        return output
    kind = type(kept[0])
    return (output, *kept[0][1:]) if kind is tuple else kind((output, *kept[0][1:]))


def _first(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return the function without what it brings beside its numbers."""

    def run(*inputs: Tensor) -> Tensor:
        output = function(*inputs)
        first: Tensor = output if isinstance(output, Tensor) else output[0]
        return first

    return run


def _passed(inputs: list[Tensor], _output: Tensor, flow: Tensor) -> list[Tensor]:
    """Pass relevance on as it is; where a number became several, their sum."""
    return [flow.sum_to_size(inputs[0].shape)]
