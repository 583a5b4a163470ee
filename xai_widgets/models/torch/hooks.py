"""The student's own hooks: those that change what flows on are part of the network, those that only look are not run.

What a hook does is tried on a copy of it, with a copy of all that it holds, so that a trial leaves no trace: what it
collects stays the student's.
"""

from __future__ import annotations

import copy
import dis
import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from torch import Tensor, nn

from xai_widgets.errors import warn
from xai_widgets.models.held import held_by, names_in

FORWARD = ("_forward_hooks", "_forward_pre_hooks")
BACKWARD = ("_backward_hooks", "_backward_pre_hooks")


class Watched:
    """A copy of a hook, and what it was seen to do.

    Attributes
    ----------
    failed : bool
        Whether it cannot be tried.
    """

    def __init__(self, hook: Callable[..., Any], memo: dict[int, Any]) -> None:
        self.failed = False
        self._hook, self._memo = hook, memo
        self._copy: Callable[..., Any] | None = None
        self._acted = self._handed_on = False

    @property
    def counts(self) -> bool:
        """Whether it changes what flows on: it did, or it has a way to do so that was not taken."""
        return self._acted or (_may_return(self._hook) and not self._handed_on)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors = held_by((args[1:], kwargs), (Tensor,))
        versions = [tensor._version for tensor in tensors]
        try:
            if self._copy is None:
                self._copy = _copied(self._hook, self._memo, _room(self._hook))
            result = self._copy(*args, **kwargs)
        except Exception:  # noqa: BLE001 - runs a student's hook: what it raises must not end the pass; `failed` tells.
            self.failed = True
            return None
        self._handed_on = any(result is tensor for tensor in tensors)
        in_place = [tensor._version for tensor in tensors] != versions
        self._acted = self._acted or in_place or (result is not None and not self._handed_on)
        return result


def is_of_torch(hook: Any) -> bool:
    """Whether PyTorch itself put the hook there, for weight norm or pruning."""
    function = getattr(hook, "__func__", hook)
    module = getattr(function, "__module__", None) or type(function).__module__
    return module == "torch" or module.startswith("torch.")


def watched(network: nn.Module, memo: dict[int, Any]) -> dict[tuple[str, int], Watched]:
    """Let a copy of the network that is made with `memo` have copies of the student's hooks; return them."""
    found: dict[tuple[str, int], Watched] = {}
    for name, module, kind, hooks in _hooks(network):
        mine = {key: Watched(hook, memo) for key, hook in hooks.items() if kind in FORWARD and not is_of_torch(hook)}
        found |= {(name, key): hook for key, hook in mine.items()}
        kept = ((key, mine.get(key, hook)) for key, hook in hooks.items() if key in mine or is_of_torch(hook))
        memo[id(getattr(module, kind))] = OrderedDict(kept)
    return found


def chosen(network: nn.Module, memo: dict[int, Any], keys: frozenset[tuple[str, int]]) -> None:
    """Let a copy of the network that is made with `memo` have those of the student's hooks that count."""
    for name, module, kind, hooks in _hooks(network):
        kept = OrderedDict((key, hook) for key, hook in hooks.items() if is_of_torch(hook) or (name, key) in keys)
        memo[id(getattr(module, kind))] = kept


def warn_of_left_out(network: nn.Module, tried: dict[tuple[str, int], Watched]) -> None:
    """Warn of hooks that may count and are left out: those of the backward pass, and those that cannot be tried."""
    failed = [name for (name, _), hook in tried.items() if hook.failed]
    own = [(name, kind) for name, _, kind, hooks in _hooks(network) if not all(map(is_of_torch, hooks.values()))]
    backward = [name for name, kind in own if kind in BACKWARD]
    if failed or backward:
        warn(
            f"Hooks on {_listed([*failed, *backward])} are left out of explanations: those of the backward pass, which "
            "do not belong to the function that the network computes, and those that cannot be tried on a copy. If "
            "they change outputs, wrap lambda x: network(x) with backend='torch' and input_shape=..., where they run."
        )


def said_of(tried: dict[tuple[str, int], Watched]) -> list[str]:
    """Return in words which hooks are part of the network, and which are not run."""
    said = []
    for counts, words in ((True, "change what flows on, and are part of it"), (False, "only look, and are not run")):
        hooks = [name for (name, _), hook in tried.items() if hook.counts is counts and not hook.failed]
        if hooks:
            said.append(f"the hooks on {_listed(hooks)} {words}")
    return said


def _may_return(hook: Any) -> bool:
    """Whether a function has a return statement with a value, taken or not; of a lambda only a trial tells."""
    while isinstance(hook, functools.partial | MethodType):
        hook = hook.func if isinstance(hook, functools.partial) else hook.__func__
    code = getattr(hook if isinstance(hook, FunctionType) else type(hook).__call__, "__code__", None)
    if not isinstance(code, CodeType) or code.co_name == "<lambda>":
        return False
    before = None
    for instruction in dis.get_instructions(code):
        nothing = before is not None and before.opname == "LOAD_CONST" and before.argval is None
        if instruction.opname == "RETURN_VALUE" and not nothing:
            return True
        if instruction.opname == "RETURN_CONST" and instruction.argval is not None:
            return True
        before = instruction
    return False


def _listed(modules: list[str]) -> str:
    names = list(dict.fromkeys(name or "the network itself" for name in modules))
    return f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"


def _hooks(network: nn.Module) -> Iterator[tuple[str, nn.Module, str, OrderedDict[int, Any]]]:
    for name, module in network.named_modules():
        for kind in (*FORWARD, *BACKWARD):
            yield name, module, kind, getattr(module, kind)


def _copied(thing: Any, memo: dict[int, Any], room: dict[str, Any]) -> Any:
    """Return a copy of a thing, also of a function where it lives in the same module, with what it uses."""
    if id(thing) in memo:
        return memo[id(thing)]
    if isinstance(thing, FunctionType):
        return _copied_function(thing, memo) if thing.__globals__ is room else thing
    if isinstance(thing, MethodType):
        return MethodType(_copied(thing.__func__, memo, room), _copied(thing.__self__, memo, room))
    if isinstance(thing, functools.partial):
        arguments = [_copied(one, memo, room) for one in thing.args]
        named = {name: _copied(one, memo, room) for name, one in thing.keywords.items()}
        return functools.partial(_copied(thing.func, memo, room), *arguments, **named)
    if isinstance(thing, type | ModuleType):
        return thing
    for tensor in held_by(thing, (Tensor,)):
        memo.setdefault(id(tensor), tensor.detach().clone())
    return copy.deepcopy(thing, memo)


def _copied_function(function: FunctionType, memo: dict[int, Any]) -> FunctionType:
    room, cells = function.__globals__, tuple(CellType() for _ in function.__closure__ or ())
    names = dict(room)
    made = FunctionType(function.__code__, names, function.__name__, None, cells)
    memo[id(function)] = made
    for name in set(names_in(function.__code__)) & names.keys():
        names[name] = _copied(room[name], memo, room)
    for mine, its in zip(cells, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # A name that the enclosing function has not bound yet.
            mine.cell_contents = _copied(its.cell_contents, memo, room)
    made.__defaults__ = tuple(_copied(one, memo, room) for one in function.__defaults__ or ()) or None
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _room(hook: Any) -> dict[str, Any]:
    """Return the globals of the module in which a hook is written."""
    while isinstance(hook, functools.partial | MethodType):
        hook = hook.func if isinstance(hook, functools.partial) else hook.__func__
    room: dict[str, Any] = getattr(hook, "__globals__", {})
    return room
