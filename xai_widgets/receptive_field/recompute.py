"""Running a network again for windows, where they reach; an adapter brings the tensors."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xai_widgets.receptive_field.geometry import Array
from xai_widgets.receptive_field.plan import Gather, Patch, Plan
from xai_widgets.receptive_field.program import Program

PLANS = 16
"""How many plans are remembered."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What the unchanged inputs bring.

    Attributes
    ----------
    plan : Plan
    count : int
        How many inputs there are.
    layers : mapping from value to tensor
        Their layers, as far as the plan needs them: one row for each place.
    values, scores : arrays of shape (inputs,) and (inputs, ...)
        The objective there, and what it is a function of.
    """

    plan: Plan
    count: int
    layers: Mapping[int, Any]
    values: Array
    scores: Array


class Recomputation(ABC):
    """A network that can be run again in parts. Made by a model's adapter, and kept as long as it is the same network.

    Attributes
    ----------
    program : Program
    refuted : bool
        Whether it was seen to bring something else than whole passes.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.refuted = False
        self._plans: OrderedDict[Any, Plan] = OrderedDict()
        self._lock = threading.Lock()

    def plan(self, windows: Patch) -> Plan:
        """Return the plan for these windows; those of the last few are remembered."""
        key = tuple((span.size, span.starts.tobytes()) for span in windows)
        with self._lock:  # Several screens may show one model.
            plan = self._plans.pop(key, None) or Plan(self.program, windows)
            self._plans[key] = plan
            if len(self._plans) > PLANS:
                self._plans.popitem(last=False)
        return plan

    @abstractmethod
    def ground(self, plan: Plan, batch: Array, objective: Any) -> Ground:
        """Run the unchanged inputs, and return what the windows of `plan` are computed from, with the objective."""

    @abstractmethod
    def values(self, ground: Ground, patches: Array, cells: Array, inputs: Array, objective: Any) -> Array:
        """Return the objective, (rows,), where windows hold something else.

        Parameters
        ----------
        ground : Ground
        patches : array of shape (rows, ...)
            What the input holds under the windows, in the layout of an input.
        cells : integers of shape (rows, 2)
            The window of each row, by its numbers along the two axes.
        inputs : integers of shape (rows,)
            The input of each row.
        objective : Objective
            With one weight per row, or one for all.
        """

    @abstractmethod
    def _run(self, number: int, inputs: list[Any], whole: bool, rows: Any) -> Any:
        """Run a step on whole values, or without its padding on patches that hold all it reads."""

    @abstractmethod
    def _gathered(self, gather: Gather, layer: Any, patch: Any, index: Any, whole: bool) -> Any:
        """Return what a step reads of a value, for a step on whole values or on patches.

        Its places are taken by `index` from the rows of the value's layer, from the patches and from padding.
        """

    def _recompute(self, plan: Plan, layers: Mapping[int, Any], patch: Any, indices: Iterator[Any], rows: Any) -> Any:
        """Run the network from a patch of its input on, and return its output."""
        values = {0: patch}
        for number, (step, move) in enumerate(zip(plan.program.steps, plan.moves, strict=True)):
            inputs = [
                values[value]
                if gather is None
                else self._gathered(gather, layers[value], values[value], next(indices), move.whole)
                for value, gather in zip(step.inputs, move.gathers, strict=True)
            ]
            values[step.output] = self._run(number, inputs, move.whole, rows)
            for value in step.inputs:
                if plan.last[value] == number:
                    values.pop(value, None)
        return values[plan.program.output]
