"""What a metric finds of an explanation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from xai_widgets.answers.estimate import Estimate
from xai_widgets.answers.fact import Fact
from xai_widgets.answers.registry import AnswerKind
from xai_widgets.attribution.result import Attribution
from xai_widgets.models.objective import Array, Number
from xai_widgets.option import Option, Optioned


class Judging(Optioned):
    """What a metric says of itself. Options are keywords and are checked at once."""

    answers: ClassVar[AnswerKind] = "evaluation"
    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]
    better: ClassVar[Literal["higher", "lower"]]
    """Which of two values is the better one."""

    @classmethod
    def place(cls) -> str:
        """Where it stands among all metrics."""
        return cls.name

    @classmethod
    def controls(cls) -> tuple[Option, ...]:
        """Return the options as widgets offer them, one control each: numbers and names alone, no masks."""
        return tuple(option for option in cls.options() if option.kind != "choice" or option.choices)

    def as_controls(self) -> dict[str, Any]:
        """Return the values of the controls."""
        return {option.name: getattr(self, option.name) for option in self.controls()}


@dataclass(frozen=True, eq=False, repr=False)
class Measurement(Estimate):
    """A number for each explanation that is judged.

    Attributes
    ----------
    values : array of shape (batch,)
        The number for each input, float64.
    question : Question
        What was explained.
    method : Judging
        The metric, with its options.
    judged : Attribution
        The explanation.
    errors : array of shape (batch,)
        The standard error of each number; nan while too little is known.
    evaluations, planned, change, final, state
        How far it has come, see `Progress`.
    """

    method: Judging
    judged: Attribution
    errors: Array

    @property
    def value(self) -> Number:
        """The number: a float, or an array (batch,)."""
        return self.question.per_input(self.values)

    @property
    def compared(self) -> Array:
        """What can be compared between methods, for each input, (batch,): the number, where its unit is the same."""
        return self.values

    @property
    def standard_error(self) -> Number:
        """The standard error of `value`: a float, or an array (batch,)."""
        return self.question.per_input(self.errors)

    @property
    def facts(self) -> list[Fact]:
        """The number, and what else there is to know of it; of a batch the mean."""
        error = float(np.sqrt((self.errors**2).sum())) / len(self.errors)
        words = f"{self.values.mean():.3g} ± {error:.1g}" if np.isfinite(error) else f"{self.values.mean():.3g}"
        return [Fact(self.method.label.lower(), words, self.method.sentence)]

    def __repr__(self) -> str:
        said = ", ".join(f"{fact.label} {fact.value}" for fact in self.facts)
        return f"{said} ({self.evaluations} evaluations) of {self.judged!r}"

    def _repr_png_(self) -> bytes | None:
        """Return the picture that a notebook shows: what is judged, and what was found; None where that has none."""
        from xai_widgets.render.figure import captioned

        readout = [[(f"{fact.label} ", False), (fact.value, True)] for fact in self.facts]
        picture = self.judged._repr_png_()
        return None if picture is None else captioned(picture, readout)
