"""What is on the screen of a ranker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xai_widgets.evaluation.metric import Metric
from xai_widgets.widgets.protocol import Ranking
from xai_widgets.widgets.state import WithQuestion


@dataclass(frozen=True)
class RankState(WithQuestion):
    """What is on the screen.

    Attributes
    ----------
    question : State
        The picture that is open, and the methods.
    metrics : tuple of Metric
        The columns.
    row : int
        Whose map is open: a method, or one of the controls, which come after them.
    column : int
        By which metric its pictures are in order.
    """

    metrics: tuple[Metric, ...]
    row: int
    column: int

    def as_dict(self) -> Ranking:
        """Return the state as JSON."""
        return {
            **self.compared,
            "metrics": [{"metric": metric.name, "options": metric.as_controls()} for metric in self.metrics],
            "row": self.row,
            "column": self.column,
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}
