"""What is on the screen of an intervener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.concepts.intervention.next_concept import NextConcept
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Intervening


@dataclass(frozen=True)
class InterveneState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which of them.
    asking : NextConcept
        How it is found which concept to ask for next.
    told : tuple of (str, float)
        Concepts in the order of their units, each with what it is told to be: from 0, no, to 1, yes.
    """

    source: Pictures
    index: int
    asking: NextConcept
    told: tuple[tuple[str, float], ...]

    def with_source(self, source: Pictures) -> InterveneState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    def as_dict(self) -> Intervening:
        """Return the state as JSON."""
        return {
            "method": self.asking.name,
            "options": dict(self.options),
            "index": self.index,
            "told": dict(self.told),
        }

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options of asking, by name."""
        return {option.name: getattr(self.asking, option.name) for option in self.asking.options()}

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
