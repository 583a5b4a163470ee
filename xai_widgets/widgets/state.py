"""What is on the screen of a widget that explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from xai_widgets.widgets import cells, quantities
from xai_widgets.widgets.cells import Cell
from xai_widgets.widgets.pictures import Input, Pictures
from xai_widgets.widgets.protocol import Compared, Question


@dataclass(frozen=True)
class State:
    """What is on the screen: of which inputs, explained how.

    Attributes
    ----------
    source : Pictures
        The inputs as they are now: with the paint that is on them, as they were typed.
    cell : Cell
        The method, its options and its layer.
    target, contrast : int or None
        Which class is explained, None for the top class; and rather than which, None for no other.
    index : int
        Which input.
    quantity : str
        What is explained of the class, or "channel".
    channel_layer : str or None
        Whose channel is explained, where it is one.
    channel : int or None
        Which one; None for the one with most influence on the class.
    grid : tuple of Cell
        Several methods at once; empty for one alone.
    focus : int
        Which of them the cell above is.
    """

    source: Pictures
    cell: Cell
    target: int | None = None
    contrast: int | None = None
    index: int = 0
    quantity: str = quantities.SCORE
    channel_layer: str | None = None
    channel: int | None = None
    grid: tuple[Cell, ...] = ()
    focus: int = 0

    def input(self, name: str) -> Input:
        """Return the input in view as the model called `name` takes it."""
        return self.source.input(name, self.index)

    def with_source(self, source: Pictures) -> State:
        """Return the same of other inputs."""
        return replace(self, source=source)

    def as_dict(self) -> Question:
        """Return the state as JSON."""
        return {
            **self.cell.as_dict(),
            "target": self.target,
            "contrast": self.contrast,
            "index": self.index,
            "quantity": self.quantity,
            "channel_layer": self.channel_layer,
            "channel": self.channel,
            "grid": [cell.as_dict() for cell in self.grid],
            "focus": self.focus,
        }

    @cached_property
    def known(self) -> Question:
        """The same, made once for all who compare it or write it down, and keep nothing of it."""
        return self.as_dict()

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to: the same, and what was done to the inputs."""
        return {**self.as_dict(), **self.source.traits(self.index)}

    @cached_property
    def singles(self) -> tuple[State, ...]:
        """What is on the screen as single questions: one, or one for each method of the grid."""
        return tuple([replace(self, cell=cell, grid=(), focus=0) for cell in self.grid]) if self.grid else (self,)

    @cached_property
    def titles(self) -> list[str]:
        """What stands above each of these."""
        return cells.titles(self.grid or (self.cell,))


@dataclass(frozen=True)
class WithQuestion:
    """What is on a screen that asks more than an explorer does.

    Attributes
    ----------
    question : State
        The picture, and the methods of explanation with their options.
    """

    question: State

    @property
    def index(self) -> int:
        """Which picture."""
        return self.question.index

    @property
    def source(self) -> Pictures:
        """The pictures."""
        return self.question.source

    def with_source(self, source: Pictures) -> Self:
        """Return the same of other pictures."""
        return replace(self, question=self.question.with_source(source))

    @property
    def compared(self) -> Compared:
        """What it asks as all such screens do, as JSON."""
        asked = self.question.known
        return {
            "method": asked["method"],
            "options": asked["options"],
            "layer": asked["layer"],
            "index": asked["index"],
            "target": asked["target"],
            "grid": asked["grid"],
            "focus": asked["focus"],
        }
