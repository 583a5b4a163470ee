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
from xai_widgets.models.rules import Rectified, no_rectifier, not_covered
from xai_widgets.models.torch.graph import layer_running
from xai_widgets.models.torch.propagation.calls import ASKED, CONSTANT, FunctionCall, function_call
from xai_widgets.models.torch.propagation.flows import rectified
from xai_widgets.models.torch.propagation.parts import PARTS

Back = Callable[[list[Tensor], Tensor, Tensor], list[Tensor]]
"""From the inputs of a call, its output, and what arrives there, to what it sends back to each of its inputs."""


class ModifiedBackward(TorchFunctionMode):
    """While it is active, calls of functions on what depends on a point are followed, or refused.

    Parameters
    ----------
    rules, names
        As in `choice.modified_backward`.

    Attributes
    ----------
    works_in_place : bool
        Whether the network has changed a tensor that depends on the point.
    compares_words : bool
        Whether the point is the embedding of a text, and all around it the same for the input and a reference.
    """

    compares_words = False

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
        if self._is_weight(call):
            with torch.no_grad():
                return self._passed_by(call, function(*args, **kwargs))
        self._check_gradient(call)
        self.works_in_place |= call.changes is not None
        if call.name in PARTS:
            with self:  # While it is asked, a mode is off.
                output = PARTS[call.name](*args, **kwargs)
        else:
            output = self._through(call, lambda: function(*args, **kwargs))
        if call.changes is not None and output is not call.changes:
            output = call.changes.copy_(output)
        self._note(output if isinstance(output, tuple | list) else [output])
        return output

    @abstractmethod
    def _through(self, call: FunctionCall, plain: Callable[[], Any]) -> Any:
        """Return what a call brings, its backward pass by the rules; `plain` makes it as the network asked for it."""

    def why_unconnected(self) -> InputError | None:
        """Return why nothing leads back to the point, where the rules know."""
        return None

    def _is_weight(self, call: FunctionCall) -> bool:
        """Whether what a call brings is a constant by the rules, whatever it is made of."""
        return False

    def _depends(self, tensor: Tensor) -> bool:
        return id(tensor) in self._known

    def _passed_by(self, call: FunctionCall, output: Any) -> Any:
        """Note what depends on the input and not on the point."""
        if any(map(self._is_beside, call.leaves)) and not self._is_weight(call):
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


call_with: Callable[..., Any] = _Call.apply
_open_call: Callable[..., Any] = _OpenCall.apply


def applied(call: FunctionCall, back: Back) -> Any:
    """Return what a call brings, with its backward pass; where it brings places beside the largest numbers, both."""
    kept: list[Any] = []

    def run(*inputs: Tensor) -> Tensor:
        output = call.run(*inputs)
        if isinstance(output, Tensor):
            return output
        kept.append(output)
        first: Tensor = output[0]
        return first

    output = call_with(run, back, *call.inputs)
    if not kept:
        return output
    kind = type(kept[0])
    return (output, *kept[0][1:]) if kind is tuple else kind((output, *kept[0][1:]))


def first_of(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return the function without what it brings beside its numbers."""

    def run(*inputs: Tensor) -> Tensor:
        output = function(*inputs)
        first: Tensor = output if isinstance(output, Tensor) else output[0]
        return first

    return run


def passed(inputs: list[Tensor], _output: Tensor, flow: Tensor) -> list[Tensor]:
    """Pass relevance on as it is; where a number became several, their sum."""
    return [flow.sum_to_size(inputs[0].shape)]
