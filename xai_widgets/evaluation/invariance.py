"""Input invariance: whether an explanation stays where input and network move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.sensitivity import flat
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


class Shifted(Sampler[Measurement]):
    """Explains the shifted input of the shifted network, which is all there is to do."""

    size = chunk = 1

    def __init__(self, metric: InputInvariance, judged: Attribution) -> None:
        if not isinstance(judged.method, Method):
            raise InputError(f"{judged.method.title} is no method here that could explain another network.")
        self.metric, self.judged, self.method, self.question = metric, judged, judged.method, judged.question
        self.model = self.question.model.shifted(metric.shift)
        self.each = judged.evaluations

    def draw(self, start: int, stop: int) -> None:
        moved = (self.question.batch + self.metric.shift).astype(self.question.batch.dtype)
        *_, found = self.method.steps_to(self.question.asked_of(self.model).about(moved))
        if found is None:
            raise RuntimeError(f"{self.method!r} ended without an answer.")
        here, there = (flat(one, len(moved)) for one in (self.judged, found))
        with np.errstate(divide="ignore", invalid="ignore"):
            self._values: Array = np.linalg.norm(there - here, axis=1) / np.linalg.norm(here, axis=1)
        self.evaluations += self.each

    def values(self) -> Array:
        return self._values

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return Measurement(
            values=values,
            question=self.question,
            method=self.metric,
            judged=self.judged,
            errors=np.full(len(values), np.nan),
            **progress,
        )
