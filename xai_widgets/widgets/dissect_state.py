"""What is on the screen of a dissector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.concepts.dissection.network_dissection import NetworkDissection
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Dissecting

Formula = tuple[tuple[str, str], ...]
"""Concepts, each with what joins it to those before it; nothing joins the first."""


@dataclass(frozen=True)
class DissectState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which is in view, of those at which the unit says most.
    dissection : NetworkDissection
        How units are compared with concepts.
    layer : str
        Whose units.
    unit : int or None
        Which of them; None is the one that a single concept fits best.
    formula : tuple of (str, str)
        Concepts, each with what joins it to those before it; none is the concept that fits best.
    without : tuple of int
        The units that are taken out of the network.
    """

    source: Pictures
    index: int
    dissection: NetworkDissection
    layer: str
    unit: int | None
    formula: Formula
    without: tuple[int, ...]

    def with_source(self, source: Pictures) -> DissectState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    def as_dict(self) -> Dissecting:
        """Return the state as JSON."""
        return {
            "method": self.dissection.name,
            "options": dict(self.options),
            "index": self.index,
            "layer": self.layer,
            "unit": self.unit,
            "formula": [list(step) for step in self.formula],  # type: ignore[misc]  # JSON has lists in place of pairs
            "without": list(self.without),
        }

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options of the comparison that can be chosen, by name."""
        shown = [option.name for option in self.dissection.options() if option.shown]
        return {name: getattr(self.dissection, name) for name in shown}

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
