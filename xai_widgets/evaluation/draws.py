"""Metrics that are means over random draws: each draw brings some numbers, whose means amount to the measurement."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any

import numpy as np

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler
from xai_widgets.models.objective import Array


class OverDraws(Metric):
    """A metric that says what is measured in each draw, and what the means of that amount to."""

    samples: int

    def extends(self, other: Any) -> bool:
        return isinstance(other, OverDraws) and self.same_options(other, ("samples",)) and self.samples >= other.samples

    @abstractmethod
    def measured(self, judged: Attribution, start: int, stop: int) -> Array:
        """Return what the draws with these numbers bring, (draws, batch, terms); each depends on its number alone."""

    @abstractmethod
    def found(self, terms: RunningMean, **rest: Any) -> Measurement:
        """Return what the means of the terms, (batch, terms), amount to."""

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Draws(self, judged, RunningMean() if state is None else state)


class Draws(MetricSampler):
    """Measures one draw after the other, and keeps the mean of what it brings."""

    metric: OverDraws

    def __init__(self, metric: OverDraws, judged: Attribution, terms: RunningMean) -> None:
        super().__init__(metric, judged)
        self.terms, self.size, self.minimum = terms, metric.samples, min(2, metric.samples)
        self.drawn, self.evaluations = terms.count, terms.count * self.each

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("forward") // self.each)

    def draw(self, start: int, stop: int) -> None:
        self.terms.add(self.metric.measured(self.judged, start, stop))
        self.evaluations += (stop - start) * self.each

    def values(self) -> Array:
        return np.asarray(self.terms.mean[:, 0])

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return self.metric.found(self.terms, question=self.question, method=self.metric, judged=self.judged, **progress)

    def state(self) -> RunningMean:
        return copy.deepcopy(self.terms)
