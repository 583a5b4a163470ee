"""What is on the screen where columns of a table are left out in three ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.attribution.surrogates.expectation import CONDITIONAL, DRAWS
from xai_widgets.option import Optioned
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Withholding


@dataclass(frozen=True, kw_only=True, eq=False)
class ThreeWays(Optioned):
    """Shapley values by a baseline, by marginal and by conditional expectation.

    Parameters
    ----------
    conditional : {"gaussian", "empirical"}, default "gaussian"
        What is likely beside what is known.
    draws : int, default 256
        How many rows take the place of what is absent.
    """

    conditional: str = replace(CONDITIONAL, shown=True, when=None).field()
    draws: int = replace(DRAWS, default=256, shown=True, when=None, slider=(16, 1024), scale="doublings").field()

    name = "shapley"
    label = "Shapley values"
    sentence = "What each column brings, where those that are out are at a baseline, any, or likely beside the rest."
    reference = "Lundberg, Lee 2017; Janzing, Minorics, Blöbaum 2020; Aas, Jullum, Løland 2021"


@dataclass(frozen=True)
class WithoutState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The rows that are explained.
    index : int
        Which of them.
    network : str
        Whose answer is explained.
    target : int or None
        Its class; None is the top class.
    first, second : int
        The columns that go together.
    correlation : float
    ways : ThreeWays
    """

    source: Pictures
    index: int
    network: str
    target: int | None
    first: int
    second: int
    correlation: float
    ways: ThreeWays

    def with_source(self, source: Pictures) -> WithoutState:
        """Return the same of other rows."""
        return replace(self, source=source)

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options of the values, by name."""
        return {option.name: getattr(self.ways, option.name) for option in self.ways.options()}

    def as_dict(self) -> Withholding:
        """Return the state as JSON."""
        return {
            "method": self.ways.name,
            "options": dict(self.options),
            "index": self.index,
            "network": self.network,
            "target": self.target,
            "first": self.first,
            "second": self.second,
            "correlation": self.correlation,
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
