"""What every answer of a stream has: its values, the question it answers, and how far it has come."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.question import Question
from xai_widgets.answers.saved import save
from xai_widgets.models.objective import Array, Values

Frame = tuple[dict[str, Any], list[Array]]
"""What a screen is told of an answer beside its progress, as JSON, and the arrays that go with it."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Progress):
    """An answer on its way to its final form, whole, and better than the one before; made by the `stream` of a method.

    Attributes
    ----------
    values : array, or a tuple or dict of arrays
        What is estimated.
    question : Question
        What was asked: the model, the inputs, the quantity with its class fixed, the place in the network.
    evaluations, planned, change, final, state
        See `Progress`.

    Examples
    --------
    >>> estimates = list(xai.SmoothGrad(samples=16).stream(model, x))
    >>> estimates[-1].final, isinstance(estimates[-1], xai.Estimate)
    (True, True)
    """

    values: Values
    question: Question

    @property
    def facts(self) -> list[Fact]:
        """What there is to know of it beside its numbers, in words."""
        return []

    def frame(self, others: Sequence[Any]) -> Frame:
        """Return what a screen is told of it, beside the newest estimates of all views of that screen."""
        return {"facts": [fact._asdict() for fact in self.facts]}, [np.asarray(self.values)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a file what it says of itself: numbers, words and picture, without the network; `load` reads it.

        Parameters
        ----------
        path : str or path
            Where to; "result.npz".

        Raises
        ------
        ValueError, TypeError
            If it is no path, or cannot be written.
        """
        save(self, path)

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep: its values, and in double precision what is needed to go on."""
        arrays = self.values.values() if isinstance(self.values, dict) else self.values
        held = sum(np.asarray(one).nbytes for one in (arrays if isinstance(self.values, tuple | dict) else [arrays]))
        return held * (1 if self.state is None else 5)
