"""What is on the screen of a prototype viewer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from xai_widgets.concepts.prototypes.prototypes import Prototypes
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Prototyping


@dataclass(frozen=True)
class PrototypeState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which is in view.
    network : str
        The name of the network that is asked.
    layer : str
        Whose units are the prototypes.
    target : int or None
        The class whose score is read; None is the answer.
    contrast : int or None
        The class beside it; None is the one with the next largest score.
    without : tuple of int
        The prototypes that are struck out.
    """

    source: Pictures
    index: int
    network: str
    layer: str
    target: int | None
    contrast: int | None
    without: tuple[int, ...]

    def with_source(self, source: Pictures) -> PrototypeState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    def as_dict(self) -> Prototyping:
        """Return the state as JSON."""
        return {
            "method": Prototypes.name,
            "options": {},
            "index": self.index,
            "network": self.network,
            "layer": self.layer,
            "target": self.target,
            "contrast": self.contrast,
            "without": list(self.without),
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
