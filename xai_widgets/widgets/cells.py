"""A method with its options, at a layer: what fills the screen, or one cell of a grid of several."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS, Method
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.widgets.protocol import Cell as CellEntry

logger = logging.getLogger(__name__)

MOST_CELLS = 12
"""More would be too small to see, and would share one processor."""

KEYS = ("method", "options", "layer")

FAVOURITES = ("integrated_gradients", "relevance_propagation", "grad_cam", "occlusion", "kernel_shap")
"""What stands for its family in a grid that nobody chose the methods of."""


@dataclass(frozen=True)
class Cell:
    """A method by name, its options, and its layer."""

    name: str
    options: Mapping[str, Any]
    layer: str | None = None

    @cached_property
    def method(self) -> Method:
        """The method with its options; made once, because that checks all of them."""
        return METHODS[self.name].from_controls(self.options)

    @cached_property
    def title(self) -> str:
        """What stands above its picture; the label where that cannot be told, which the screen is told elsewhere."""
        try:
            return self.method.title
        except Exception:  # whoever wrote the method hears of it where its picture would be
            logger.debug("The title of %s raised.", self.name, exc_info=True)
            return self.method.label

    def as_dict(self) -> CellEntry:
        """Return it as JSON."""
        return {"method": self.name, "options": dict(self.options), "layer": self.layer}


def listed(grid: Any) -> Sequence[Any]:
    """Return the cells as they were given, if they can be some.

    Raises
    ------
    ValueError, TypeError
        If they are no list, or too many.
    """
    if not isinstance(grid, list | tuple):
        raise InputTypeError(f"grid is {shown(grid)}; expected a list of methods, by name or as examples.")
    if len(grid) > MOST_CELLS:
        raise InputError(f"There are {len(grid)} methods; expected at most {MOST_CELLS} in a grid.")
    return grid


def as_changes(cell: Any, layer: str | None = None) -> dict[str, Any]:
    """Return what a cell, given by name, as an example or as a dict, amounts to as changes of a state.

    `layer` is that of a cell that says nothing of it.

    Raises
    ------
    ValueError, TypeError
        If it is none of these.
    """
    if isinstance(cell, Method):
        return {"method": cell.name, "options": cell.as_controls(), "layer": layer}
    if not isinstance(cell, Mapping):
        return {"method": cell, "layer": layer}
    for name in cell:
        if name not in KEYS:
            raise unknown_name("part of a cell", name, KEYS)
    if "method" not in cell:
        raise InputError(f"A cell of the grid is {dict(cell)!r}; expected its method.")
    return {"layer": layer, **cell}


def checked_focus(focus: Any, count: int) -> int:
    """Return the number of the cell whose controls are shown; 0 where there is no grid.

    Raises
    ------
    ValueError, TypeError
        If there is no such cell.
    """
    if isinstance(focus, bool) or not isinstance(focus, int):
        raise InputTypeError(f"focus is {shown(focus)}; expected the number of a cell.")
    if not 0 <= focus < max(count, 1):
        raise InputError(f"There is no cell {focus} in a grid of {count}; expected a number below {max(count, 1)}.")
    return focus


def one_per_family(first: str, supported: Callable[[type[Method]], bool]) -> list[str]:
    """Return a method of each family that has one for the models: `first` for its own."""
    chosen = []
    for family in FAMILIES:
        members = [method for method in METHODS.values() if method.family == family]
        members.sort(key=lambda method: (method.name != first, method.name not in FAVOURITES))
        found = next((method.name for method in members if supported(method)), None)
        if found is not None:
            chosen.append(found)
    return chosen


def titles(cells: Sequence[Cell]) -> list[str]:
    """Return what stands above the cells: where two have the same name, what they differ in, or else a number."""
    plain = [cell.title for cell in cells]
    found: list[str] = []
    for cell, title in zip(cells, plain, strict=True):
        same = [other for other, named in zip(cells, plain, strict=True) if named == title]
        numbered = title = title + (_differing(cell, same) if len(same) > 1 else "")
        count = 2
        while numbered in found:
            numbered, count = f"{title} {count}", count + 1
        found.append(numbered)
    return found


def _differing(cell: Cell, same: Sequence[Cell]) -> str:
    values = cell.method.as_controls()
    options = {option.name: option for option in cell.method.controls()}
    words = [
        f"{options[name].label.lower()} {options[name].labels.get(value, value)}"
        for name, value in values.items()
        if any(other.method.as_controls().get(name) != value for other in same)
    ]
    if any(other.layer != cell.layer for other in same):
        words.append(f"at {cell.layer or ('its own layer' if cell.method.needs_layer else 'input')}")
    return f" ({', '.join(words)})" if words else ""
