"""What is on the screen where the layers of networks are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.similarity.index import Index
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Representing


@dataclass(frozen=True)
class RepresentState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which of them is in view.
    similarity : Index
        What says how alike layers are.
    one, other : str
        The names of the networks.
    layer, beside : str
        The layer of each whose clouds are open.
    marked : tuple of int
        The pictures that are marked in both clouds beside the one in view.
    """

    source: Pictures
    index: int
    similarity: Index
    one: str
    other: str
    layer: str
    beside: str
    marked: tuple[int, ...] = ()

    def with_source(self, source: Pictures) -> RepresentState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    def as_dict(self) -> Representing:
        """Return the state as JSON."""
        return {
            "method": self.similarity.name,
            "options": dict(self.options),
            "index": self.index,
            "one": self.one,
            "other": self.other,
            "layer": self.layer,
            "beside": self.beside,
            "marked": list(self.marked),
        }

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options of the index, by name."""
        return {option.name: getattr(self.similarity, option.name) for option in self.similarity.options()}

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
