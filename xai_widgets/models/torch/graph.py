"""The calls of a network's modules, as a pass shows them: what serves as a layer, and how the network ends."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, NamedTuple

from torch import Tensor, nn

from xai_widgets.models.failures import describe
from xai_widgets.models.head import Activation
from xai_widgets.models.layers import numbered
from xai_widgets.models.outputs import PROBES

_ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.Softmax: "softmax",
    nn.LogSoftmax: "softmax",
    nn.Softmax2d: "softmax",
    nn.Sigmoid: "sigmoid",
}


class Call(NamedTuple):
    """One call of a module during a pass: the place that a layer's name stands for."""

    module: str
    number: int
    """How many calls of this module come before it."""
    shape: tuple[int, ...]
    """The shape of one input's output."""


class Record(NamedTuple):
    """What was seen of one call of a module."""

    module: str
    activation: Activation | None
    """What it does, where it may be left out at the end."""
    shape: tuple[int, ...] | None
    """The shape of the output with the batch axis; None where it is no tensor of floating-point numbers."""
    found: str
    """The output in words."""
    output: Tensor | None
    """The output itself, of activations alone."""


class Tap:
    """Uses the output of one call of a module during one pass."""

    def __init__(self, number: int, use: Callable[[Tensor], Tensor | None]) -> None:
        self._remaining = number
        self._use = use

    def __call__(self, _module: nn.Module, _inputs: Any, output: Tensor) -> Tensor | None:
        self._remaining -= 1
        return self._use(output) if self._remaining == -1 else None


def layer_running(names: Mapping[nn.Module, str]) -> str | None:
    """Return the name of the layer that is running, read off the stack; None where none of the named ones is."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_locals.get("self")
        if isinstance(module, nn.Module) and module in names:
            return names[module]
        frame = frame.f_back
    return None


def recorder(records: list[Record], name: str) -> Callable[[nn.Module, Any, Any], None]:
    """Return a hook that records the calls of the module `name`, in the order in which they end."""

    def record(module: nn.Module, _inputs: Any, output: Any) -> None:
        plain = isinstance(output, Tensor) and output.is_floating_point() and not output.is_nested
        shape = tuple(output.shape) if plain else None
        over_classes = shape is not None and getattr(module, "dim", None) in (None, 1, 1 - len(shape))
        activation = _ACTIVATIONS.get(type(module)) if over_classes else None
        records.append(Record(name, activation, shape, describe(output), output if activation else None))

    return record


def final_activation(records: list[Record], output: Tensor) -> Record | None:
    """Return the softmax or sigmoid that makes the network's output, if it is a module that does nothing else."""
    times = Counter(record.module for record in records)
    return next((record for record in records if record.output is output and times[record.module] == 1), None)


def named_calls(several: list[Record], one: list[Record], modules: list[str]) -> tuple[dict[str, Call], dict[str, str]]:
    """Return the calls that can serve as layers, by name in the order of execution, and why the others cannot.

    Calls are seen with `PROBES` inputs and with one: the first axis of a layer's output has to follow their number.
    """
    calls: dict[str, Call] = {}
    refusals = dict.fromkeys(modules, "it is not run on the way to the output")
    alone = {name: record.shape for name, _, record in _named(one)}
    for name, number, record in _named(several):
        refusals.pop(record.module, None)
        if record.shape is None:
            refusals[name] = f"it puts out {record.found}; expected one tensor of floating-point numbers"
        elif record.shape[:1] != (PROBES,) or alone.get(name) != (1, *record.shape[1:]):
            refusals[name] = f"it puts out {record.found} for {PROBES} inputs; expected the inputs along the first axis"
        else:
            calls[name] = Call(record.module, number, record.shape[1:])
    return calls, refusals


def _named(records: list[Record]) -> Iterator[tuple[str, int, Record]]:
    names = numbered([record.module for record in records])
    yield from ((name, number, record) for (name, number), record in zip(names, records, strict=True))
