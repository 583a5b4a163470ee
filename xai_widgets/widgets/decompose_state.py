"""What is on the screen of a decomposer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.concepts.factors.factors import Factoring
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Decomposing


@dataclass(frozen=True)
class DecomposeState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which is in view, of those at which the feature is largest.
    factoring : Factoring
        How the layer is taken apart.
    layer : str
        Which layer.
    feature : int or None
        Which feature; None is the one that is active most often.
    without : tuple of int
        The features that are switched off.
    """

    source: Pictures
    index: int
    factoring: Factoring[Any]
    layer: str
    feature: int | None
    without: tuple[int, ...]

    def with_source(self, source: Pictures) -> DecomposeState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    def as_dict(self) -> Decomposing:
        """Return the state as JSON."""
        return {
            "method": self.factoring.name,
            "options": dict(self.options),
            "index": self.index,
            "layer": self.layer,
            "feature": self.feature,
            "without": list(self.without),
        }

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options of the method, by name."""
        return {option.name: getattr(self.factoring, option.name) for option in self.factoring.options()}

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
