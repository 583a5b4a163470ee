"""Shapley values where "without" is an expectation: of the games that each draw makes, the mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.attribution.features import features_for
from xai_widgets.attribution.method import AttributionSampler
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.surrogates.coalitions import Coalitions
from xai_widgets.attribution.surrogates.expectation import (
    BACKGROUND,
    CONDITIONAL,
    DRAWS,
    WITHOUT,
    Background,
    Empirical,
    Expectation,
    GaussianConditional,
    Marginal,
)
from xai_widgets.attribution.surrogates.method import SurrogateMethod
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

FEWEST_ROWS = 2048
"""Rows of a table are short: of fewer at once a pass takes as long."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShapleyMethod(SurrogateMethod):
    """Shapley values, with a choice of what a coalition is worth without the others."""

    without: str = WITHOUT.field()
    background: Background = BACKGROUND.field()
    conditional: str = CONDITIONAL.field()
    draws: int = DRAWS.field()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.without != "baseline" and self.background is None:
            raise InputError(
                f"without is {self.without!r}, which is an expectation, and there is nothing to take it over; expected "
                "background=, some rows of the table."
            )
        if self.without == "baseline" and self.background is not None:
            raise InputError(
                "background is given, but without is 'baseline', which takes no rows; expected without='marginal' or "
                "without='conditional'."
            )

    @property
    def expects(self) -> bool:
        """Whether what takes the place of a feature is an expectation over rows, and no baseline."""
        return self.without != "baseline"

    def expectation(self, question: Question) -> Expectation:
        """Return what takes the place of the columns that are out, draw by draw.

        Raises
        ------
        ValueError, TypeError
            If the network takes no table, or the rows do not fit.
        """
        rows = question.model.input.rows_of(self.background, "background")
        kind: type[Expectation] = Marginal
        if self.without == "conditional":
            kind = GaussianConditional if self.conditional == "gaussian" else Empirical
        return kind(rows, question.batch, self.draws, getattr(self, "seed", 0))

    def references(self, question: Question, start: int, stop: int) -> Array | None:
        """Return what contributions count from: the baseline, or rows in an order of chance."""
        if not self.expects:
            return super().references(question, start, stop)
        expectation = self.expectation(question)
        chosen = expectation.order[np.arange(start, stop) % len(expectation.rows)]
        rows = expectation.rows[chosen].astype(question.batch.dtype)
        return np.broadcast_to(rows[:, None], (stop - start, *question.batch.shape))

    def _check_mechanism(self) -> None:
        super()._check_mechanism()
        if self.expects:
            raise InputError(
                f"without is {self.without!r}: each value is a mean over many rows, of which no single one is how it "
                "arises; expected without='baseline' with a row of yours as baseline."
            )

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return ExpectationSampler(self, question) if self.expects else super()._sampler(question, state)


class ExpectationSampler(AttributionSampler):
    """Draws what takes the place of what is out, and asks what all coalitions are worth then.

    The values of a game are linear in what coalitions are worth: those of the expectation are the mean of those of the
    draws, whose spread tells their error. What is drawn of coalitions is the same for all, and its error is added.
    """

    method: ShapleyMethod
    costly = True

    def __init__(self, method: ShapleyMethod, question: Question) -> None:
        super().__init__(method, question)
        self.features = features_for(question.batch, method.features, method.size, question.model)
        self.expectation = method.expectation(question)
        self.size = self.expectation.size
        self.minimum = min(2, self.size)
        nobody = np.zeros((1, self.features.count), bool)
        made, count = self._coalitions(np.zeros(self.count), np.zeros(self.count)), self.features.count
        self.present = np.concatenate([nobody, made.draw(0, made.size)]) if made.size and count > 1 else nobody
        self.there = self.features.there(self.present)[:, 0]
        self.each = self.count * len(self.present) * self.expectation.together
        self.shares, self.worths = RunningMean(), RunningMean()

    @property
    def chunk(self) -> int:
        return max(1, max(self.question.cut.chunk("forward"), FEWEST_ROWS) // self.each)

    def start(self) -> Iterator[None]:
        self.full = self.question.look().values.astype(np.float64)
        self.evaluations = self.count
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        batch, expectation = self.question.batch, self.expectation
        filling = expectation.filling(self.there, start, stop).astype(batch.dtype)
        inputs = np.where(self.there[:, None], batch, filling)  # (draws, together, coalitions, batch, columns)
        values = self.question.forward(inputs.reshape(-1, *batch.shape[1:])).values.astype(np.float64)
        values = values.reshape(inputs.shape[:-1]) * expectation.weights(self.there, start, stop)
        worths = values.mean(axis=1)
        self.worths.add(worths)
        rows = np.moveaxis(worths, 0, 1).reshape(len(self.present), -1)  # (coalitions, draws * batch)
        found = self._coalitions(rows[0], np.tile(self.full, stop - start))
        self._add(found, rows)
        self.shares.add(found.estimate().reshape(stop - start, self.count, -1))
        self.evaluations += (stop - start) * self.each

    def values(self) -> Array:
        return self.features.spread(self.shares.mean)

    def contributions(self, values: Array) -> Array:
        return self.shares.mean

    @property
    def baseline_score(self) -> Array:
        nobody: Array = self.worths.mean[0]
        return nobody

    def standard_error(self) -> Array:
        seen = self.drawn if self.expectation.exhaustive else 0
        # Of rows that are each drawn once nothing is left to chance when all of them are there.
        left = np.sqrt(max(1 - seen / len(self.expectation.rows), 0))
        error = self.shares.standard_error * left if left else np.zeros_like(self.shares.mean)
        found = self._coalitions(self.worths.mean[0], self.full)
        self._add(found, self.worths.mean)
        sampled, _ = found.standard_error()
        exact = np.isnan(sampled) if self.method.name == "shapley_exact" else np.zeros(1, bool)
        return self.features.spread(np.hypot(error, np.where(exact, 0, sampled)))

    def more(self) -> dict[str, Any]:
        return {"features": self.features}

    def _coalitions(self, empty: Array, full: Array) -> Coalitions:
        return self.method.coalitions(self.features.count, empty, full)

    def _add(self, coalitions: Coalitions, worths: Array) -> None:
        """Tell what coalitions are worth, (1 + coalitions, ...), of which the first is nobody's."""
        if len(self.present) > 1:
            coalitions.add(0, self.present[1:], worths[1:])
