"""Sensitivity: how far an explanation moves where its input hardly does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.evaluation.change import change_from, rows_of
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler, method_of
from xai_widgets.models.objective import Array, Number
from xai_widgets.option import Option

DRAWS = replace(SAMPLES, default=50, slider=(8, 512), sentence="How many neighbours are explained.")
RADIUS = Option(
    default=0.02,
    kind="number",
    label="Radius",
    sentence="How far a neighbour may be away in each element.",
    minimum=0,
    slider=(0, 0.2),
    step=0.01,
    unit="of the range",
)
FROM = Option(
    default="uniform",
    kind="choice",
    label="Neighbours",
    sentence="Where they are: anywhere in the box around the input, or at its corners, which are farther away.",
    choices=("uniform", "corners"),
)


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityEstimate(Measurement):
    """The largest change of an explanation that was found, as a part of it; made by `SensitivityMax`.

    It is the largest of a sample, so the true maximum is at least as large, and in many dimensions much larger.

    Attributes
    ----------
    means, mean_errors : array of shape (batch,)
        The mean change, and its standard error; nan while too little is known.
    norms : array of shape (batch,)
        The l2 norm of the explanation itself; where it is 0 there is no change as a part of it, nan.
    floors : array of shape (batch,)
        The change by another seed at the input itself: what a method that draws at random moves by without any reason.
        0 where it does not draw.

    Examples
    --------
    >>> found = xai.SensitivityMax(samples=8)(model, x, method=xai.Saliency())
    >>> found.value >= found.mean
    True
    """

    means: Array
    mean_errors: Array
    norms: Array
    floors: Array

    @property
    def mean(self) -> Number:
        """The mean change: a float, or an array (batch,)."""
        return self.question.per_input(self.means)

    @property
    def mean_error(self) -> Number:
        """The standard error of the mean change: a float, or an array (batch,)."""
        return self.question.per_input(self.mean_errors)

    @property
    def norm(self) -> Number:
        """The l2 norm of the explanation: a float, or an array (batch,)."""
        return self.question.per_input(self.norms)

    @property
    def floor(self) -> Number:
        """The change by another seed alone: a float, or an array (batch,)."""
        return self.question.per_input(self.floors)

    @property
    def facts(self) -> list[Fact]:
        """The largest change found, the mean, the norm, and what another seed alone does."""
        largest, *_ = super().facts
        drawn = f", another seed alone {self.floors.mean():.3g}" if self.floors.any() else ""
        return [
            largest._replace(value=f"at least {self.values.mean():.3g}"),
            Fact("mean change", f"{self.means.mean():.3g}{drawn}", "The mean change among the neighbours."),
            Fact("norm", f"{self.norms.mean():.3g}", "The l2 norm of the explanation, of which these are parts."),
        ]


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SensitivityMax(Metric):
    """By how much an explanation changes at most where the input moves a little, as a part of it (Yeh et al. 2019).

    With Phi the explanation, it is the largest |Phi(y) - Phi(x)| / |Phi(x)|, in l2 norms, of the y with each element
    within `radius` of that of x. Class and seed of the method are those at x for all y. It is found by sampling: "at
    least".

    Parameters
    ----------
    radius : float, default 0.02
        As a fraction of the width of the model's bounds.
    samples : int, default 50
        How many neighbours are explained; number i depends on (seed, i) alone.
    draws : {"uniform", "corners"}, default "uniform"
        Uniform in the box, or at its corners, which find more of the maximum at the same cost.
    seed : int, default 0

    References
    ----------
    Yeh, Hsieh, Suggala, Inouye, Ravikumar (2019), On the (In)fidelity and Sensitivity of Explanations.

    Examples
    --------
    >>> found = xai.SensitivityMax(samples=8)(model, x, method=xai.Saliency())
    >>> repr(found).partition(",")[0].startswith("sensitivity at least")
    True
    """

    radius: float = RADIUS.field()
    samples: int = DRAWS.field()
    draws: str = FROM.field()
    seed: int = SEED.field()

    name = "sensitivity_max"
    label = "Sensitivity"
    sentence = "The largest change of the explanation, as a part of it, among neighbours of the input."
    reference = "Yeh, Hsieh, Suggala, Inouye, Ravikumar 2019"
    better = "lower"

    def extends(self, other: Any) -> bool:
        same = isinstance(other, SensitivityMax) and self.same_options(other, ("samples",))
        return same and self.samples >= other.samples

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Neighbours(self, judged, state)

    def neighbours(self, judged: Attribution, start: int, stop: int) -> Array:
        """Return the neighbours with these numbers, (neighbours, batch, *input shape)."""
        batch, taken = judged.question.batch, judged.question.model.input
        found, width = np.empty((stop - start, *batch.shape), batch.dtype), self.radius * taken.width
        for number, near in zip(range(start, stop), found, strict=True):
            near[:] = batch + width * taken.drawn(partial(self._box, number))
        return found

    def _box(self, number: int, shape: tuple[int, ...]) -> Array:
        box = np.random.default_rng((self.seed, number)).uniform(-1, 1, shape)
        return np.sign(box) if self.draws == "corners" else box


class Seen(NamedTuple):
    """What a stream needs to go on with more neighbours."""

    largest: Array
    mean: RunningMean
    floors: Array
    evaluations: int


class Neighbours(MetricSampler):
    """Explains one neighbour after the other."""

    metric: SensitivityMax

    def __init__(self, metric: SensitivityMax, judged: Attribution, state: Seen | None) -> None:
        super().__init__(metric, judged)
        taken = self.question.model.input
        if taken.integral or taken.no_range:
            raise InputError(f"The radius is a part of the range of values, {taken.no_range}.")
        self.method, self.here = method_of(judged), rows_of(judged, self.count)
        self.size, self.each = metric.samples, judged.evaluations
        nothing = np.zeros(self.count)
        self.largest, self.mean, self.floors, self.evaluations = state or Seen(nothing, RunningMean(), nothing, 0)
        self.drawn = self.mean.count

    def start(self) -> Iterator[None]:
        """See by how much the explanation of the input itself changes with another seed, where there is one."""
        controls = {option.name: getattr(self.method, option.name) for option in self.method.options()}
        if "seed" in controls:
            other = type(self.method)(**controls | {"seed": controls["seed"] + 1})
            self.floors = self._changes(other, self.question.batch)
            self.evaluations += self.each
            yield

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("backward") // max(1, self.each))

    def draw(self, start: int, stop: int) -> None:
        rows = self.metric.neighbours(self.judged, start, stop).reshape(-1, *self.question.batch.shape[1:])
        changes = self._changes(self.method, rows).reshape(stop - start, self.count)
        self.largest = np.maximum(self.largest, changes.max(axis=0))
        self.mean.add(changes)
        self.evaluations += (stop - start) * self.each

    def values(self) -> Array:
        return self.largest

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return SensitivityEstimate(
            **self.known(values),
            means=self.mean.mean,
            mean_errors=self.mean.standard_error,
            norms=np.linalg.norm(self.here, axis=1),
            floors=self.floors,
            **progress,
        )

    def state(self) -> Seen:
        return Seen(self.largest, self.mean, self.floors, self.evaluations)

    def _changes(self, method: Method, rows: Array) -> Array:
        """Return how far the explanations of some inputs are from that of the input, (rows,)."""
        return change_from(self.here, rows_of(self.explained(self.question.about(rows), method), len(rows)))
