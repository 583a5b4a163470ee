"""What is on the screen of an eraser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xai_widgets.evaluation.curves import Erasing
from xai_widgets.evaluation.deletion import Deletion, Insertion
from xai_widgets.widgets.protocol import EraserQuestion, Way
from xai_widgets.widgets.state import WithQuestion

WAYS: dict[Way, type[Erasing]] = {"erase": Deletion, "reveal": Insertion}


@dataclass(frozen=True)
class EraserState(WithQuestion):
    """What is on the screen.

    Attributes
    ----------
    question : State
        The picture, and the methods.
    way : {"erase", "reveal"}
        Whether the most relevant is erased first, or revealed first.
    share : float
        How much is, where somebody looks.
    fill : str or float
    features : str
    size, steps : int
        As in `Deletion`.
    controls : bool
        Whether maps that know nothing of the network are judged as well.
    """

    way: Way
    share: float
    fill: str | float
    features: str
    size: int
    steps: int
    controls: bool

    def as_dict(self) -> EraserQuestion:
        """Return the state as JSON."""
        return {
            **self.compared,
            "way": self.way,
            "share": self.share,
            "fill": self.fill,
            "features": self.features,
            "size": self.size,
            "steps": self.steps,
            "controls": self.controls,
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}

    @cached_property
    def metric(self) -> Erasing:
        """What measures the curves; made once, because that checks its options."""
        return WAYS[self.way](steps=self.steps, fill=self.fill, features=self.features, size=self.size)
