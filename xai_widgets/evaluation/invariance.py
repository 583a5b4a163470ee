"""Input invariance: whether an explanation stays where input and network move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.change import change_from, rows_of
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler, method_of
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

SHIFT = Option(
    default=-1,
    kind="number",
    label="Shift",
    sentence="What is added to every element of the input, and taken away again by the network.",
    slider=(-2, 2),
    step=0.1,
)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class InputInvariance(Metric):
    """By how much an explanation changes where the input is shifted and the network is shifted back, as a part of it.

    Both networks say the same of every input, so that an explanation of what they do should be the same (Kindermans et
    al. 2017). Slopes are; what multiplies by the input is not. A baseline that is an end of the bounds moves with them,
    one that is a number does not.

    Parameters
    ----------
    shift : float, default -1
        In units of the input.

    References
    ----------
    Kindermans, Hooker, Adebayo, Alber, Schütt, Dähne, Erhan, Kim (2017), The (Un)reliability of Saliency Methods.

    Examples
    --------
    >>> xai.InputInvariance()(model, x, method=xai.Saliency()).value < 1e-3
    True
    """

    shift: float = SHIFT.field()

    name = "input_invariance"
    label = "Input invariance"
    sentence = "By how much the explanation changes where input and network are shifted together."
    reference = "Kindermans, Hooker, Adebayo, Alber, Schütt, Dähne, Erhan, Kim 2017"
    better = "lower"

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Shifted(self, judged)


class Shifted(MetricSampler):
    """Explains the shifted input of the shifted network, which is all there is to do."""

    size = chunk = 1
    metric: InputInvariance

    def __init__(self, metric: InputInvariance, judged: Attribution) -> None:
        super().__init__(metric, judged)
        self.method, self.model = method_of(judged), self.question.model.shifted(metric.shift)
        self.each = judged.evaluations

    def draw(self, start: int, stop: int) -> None:
        batch = self.question.batch
        moved = self.question.asked_of(self.model).about((batch + self.metric.shift).astype(batch.dtype))
        there = self.explained(moved, self.method)
        self._values = change_from(*(rows_of(one, self.count) for one in (self.judged, there)))
        self.evaluations += self.each

    def values(self) -> Array:
        return self._values

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return Measurement(**self.known(values), **progress)
