"""What is on the screen of a randomiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xai_widgets.evaluation.descent import Descent
from xai_widgets.evaluation.randomisation import ParameterRandomisation
from xai_widgets.widgets.protocol import Randomise
from xai_widgets.widgets.state import WithQuestion


@dataclass(frozen=True)
class RandomiseState(WithQuestion):
    """What is on the screen.

    Attributes
    ----------
    question : State
        The picture, the class, and the methods with their options, as a grid.
    order : {"cascading", "independent"}
        As in `ParameterRandomisation`.
    depth : int
        How many groups of layers are reset in cascade, or which one alone; 0 is the trained network.
    draws : int
        As in `ParameterRandomisation`.
    measure : str
        By which measure of `Similarity` maps are compared.
    """

    order: str
    depth: int
    draws: int
    measure: str

    def as_dict(self) -> Randomise:
        """Return the state as JSON."""
        return {
            **self.compared,
            "order": self.order,
            "depth": self.depth,
            "draws": self.draws,
            "measure": self.measure,
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}

    @property
    def titles(self) -> Sequence[str]:
        """What stands above each method."""
        return self.question.titles

    @cached_property
    def metric(self) -> ParameterRandomisation:
        """How the network is reset; made once, because that checks all of it."""
        return ParameterRandomisation(order=self.order, draws=self.draws)

    @cached_property
    def descents(self) -> list[Descent]:
        """What explains the network at this depth and at all others, by each method."""
        return [Descent(self.metric, cell.method, self.depth) for cell in self.question.grid]
