"""What is on the screen of a widget that explains."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.widgets import cells, quantities


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes
    ----------
    method : str
        The name in the registry.
    target, contrast : int or None
        Which class is explained, None for the top class; and rather than which, None for no other.
    layer : str or None
    index : int
        Which picture.
    options : dict
        All options of the method.
    quantity : str
        What is explained of the class, or "channel".
    channel_layer : str or None
        Whose channel is explained, where it is one.
    channel : int or None
        Which one; None for the one with most influence on the class.
    grid : tuple of dict
        Several methods at once, each with its options and its layer; empty for one alone.
    focus : int
        Which of them the method, the options and the layer above are.
    """

    method: str
    target: int | None
    contrast: int | None
    layer: str | None
    index: int
    options: dict[str, Any]
    quantity: str = quantities.SCORE
    channel_layer: str | None = None
    channel: int | None = None
    grid: tuple[cells.Cell, ...] = ()
    focus: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        grid = [{**cell, "options": dict(cell["options"])} for cell in self.grid]
        return {**own, "options": dict(self.options), "grid": grid}

    def cells(self) -> list[State]:
        """Return what is on the screen as single questions: one, or one for each method of the grid."""
        if not self.grid:
            return [self]
        return [replace(self, **cell, grid=(), focus=0) for cell in self.grid]

    def titles(self) -> list[str]:
        """Return what stands above each of these."""
        states = self.cells()
        return cells.titles([state.make_method() for state in states], [state.layer for state in states])

    def make_method(self) -> Method:
        """Return the method with its options."""
        return METHODS[self.method].from_controls(self.options)
