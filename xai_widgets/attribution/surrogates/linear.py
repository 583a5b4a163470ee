"""Surrogates: a simple model of the network around one input, from what it makes of coalitions of features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice, Features, features_for
from xai_widgets.attribution.method import Estimate, Method, Query, completeness, register, relative_change
from xai_widgets.attribution.quantity import Quantity
from xai_widgets.attribution.sampling import TOLERANCE
from xai_widgets.attribution.surrogates.coalitions import Coalitions, estimates
from xai_widgets.attribution.surrogates.regression import KernelSamples, LocalSamples
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_pieces
from xai_widgets.option import Option

SAMPLES = Option(
    default=512,
    kind="integer",
    label="Samples",
    sentence="How many coalitions of features are evaluated.",
    minimum=1,
    slider=(16, 4096),
    scale="doublings",
    unit="samples",
)
SEED = Option(default=0, kind="integer", label="Seed", sentence="Which samples are drawn.", minimum=0, shown=False)
DISTANCE = Option(
    default="l2",
    kind="choice",
    label="Distance",
    sentence="How far a sample is from the picture, by the features that it lacks.",
    choices=("l2", "cosine"),
    labels={"l2": "Euclidean"},
)
WIDTH = Option(
    default=0.75,
    kind="number",
    label="Locality",
    sentence="The width of the kernel: samples farther away count little.",
    minimum=1e-3,
    slider=(0.1, 2),
    step=0.05,
    unit="of the distance to nothing",
)
RIDGE = Option(
    default=1,
    kind="number",
    label="Ridge",
    sentence="How much large coefficients are held down.",
    minimum=0,
    slider=(0, 10),
    step=0.5,
    aside=True,
)
PAIRING = Option(
    default="paired",
    kind="choice",
    label="Sampling",
    sentence="Whether every second sample is the complement of the one before, so that errors cancel in part.",
    choices=("paired", "independent"),
    aside=True,
)


class Players(NamedTuple):
    """The features of a batch, as players that come and go."""

    features: Features
    filling: Array

    def values(self, query: Query, objective: Objective, present: Array) -> Array:
        """Return what the coalitions `present` (rows, players) are worth to each input, (rows, batch)."""
        inputs = self.features.switch(query.batch, self.filling, present)
        rows = objective.rows(np.tile(np.arange(len(query.batch)), len(present)))
        flat = inputs.reshape(-1, *query.batch.shape[1:])
        return in_pieces(query.cut, "forward", flat, rows).values.reshape(present.shape[0], -1)


class SurrogateMethod(Method):
    """Evaluate coalitions of features and estimate one number for each; subclasses choose the coalitions.

    Each element of the input has the number of its feature, so the values sum to the change of the quantity when each
    feature is counted once, and that is what the gap is taken of.
    """

    family = "surrogate"
    channels = "largest"  # All channels of a feature have its own value, and that is what a pixel of the map has.
    ends = ("its presence lowers", "its presence raises")
    features: FeatureChoice
    size: int
    baseline: Baseline
    tolerance: float = 0
    complete: bool = True
    """Whether the numbers sum to the change of the quantity."""

    @abstractmethod
    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        """Return the coalitions of this many players, whose values are known for nobody and for all, (batch,)."""

    def _prepare(self, query: Query) -> Players:
        features = features_for(query.batch, self.features, self.size, query.model)
        nothing = np.zeros(len(query.batch))
        self.coalitions(features.count, nothing, nothing)  # So that too many features are refused before the start.
        return Players(features, np.asarray(baseline_for(query.batch, self.baseline, query.model), query.batch.dtype))

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None) -> tuple[Query, Players, Objective]:
        """Return a question with its players, and the quantity with the top class at `x` fixed."""
        query = self._query(model, x, quantity, None)
        scores = in_pieces(query.cut, "forward", query.batch, query.objective).scores
        return query, self._prepare(query), query.objective.fixed(scores)

    def _estimates(self, query: Query, prepared: Players, state: Any) -> Iterator[Estimate | None]:
        count = len(query.batch)
        ends = in_pieces(query.cut, "forward", query.batch, query.objective)
        objective = query.objective.fixed(ends.scores)
        empty = in_pieces(query.cut, "forward", prepared.filling, objective).values
        coalitions = self.coalitions(prepared.features.count, empty, ends.values)
        before: Array | None = None
        for step in estimates(
            coalitions,
            lambda present: prepared.values(query, objective, present),
            lambda: max(1, query.cut.chunk("forward") // count),
            self.tolerance,
        ):
            if step is None:
                yield None
                continue
            estimate = self._estimate(query, prepared.features, coalitions, *step, before)
            yield estimate
            before = estimate.values

    def _estimate(
        self, query: Query, features: Features, coalitions: Coalitions, drawn: int, final: bool, before: Array | None
    ) -> Estimate:
        count = len(query.batch)
        shares, (error, _) = coalitions.estimate(), coalitions.standard_error()
        values, fidelity = query.unbatch(features.spread(shares)), coalitions.fidelity()
        gap, absolute_gap = completeness(shares, coalitions.full, coalitions.empty)
        if not self.complete:
            gap, absolute_gap = np.full(count, np.nan), np.full(count, np.nan)
        return Estimate(
            values=values,
            score=query.per_input(coalitions.full),
            gap=query.per_input(gap),
            absolute_gap=query.per_input(absolute_gap),
            evaluations=(2 + drawn) * count,
            query=query,
            planned=(2 + (drawn if final else coalitions.size)) * count,
            change=relative_change(values, before),
            final=final,
            standard_error=None if np.isnan(error).all() else query.unbatch(features.spread(error)),
            fidelity=None if fidelity is None else query.per_input(fidelity),
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Lime(SurrogateMethod):
    """A linear model of the network around the input, fitted to samples without some features (Ribeiro et al. 2016).

    A sample has each feature with probability 1/2. With the fraction p of the features present its distance D is
    sqrt(1 - p) ("l2": the Euclidean distance of the indicators, whose distance to nothing is 1, the paper's choice for
    pictures) or 1 - sqrt(p) ("cosine"), and it weighs exp(-D^2 / width^2). The model is a weighted ridge regression
    with an intercept; the result's `fidelity` is its weighted R2 on the samples.

    Parameters
    ----------
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is switched off together; on vectors every element.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 512
    seed : int, default 0
        Sample i depends on (seed, i) alone.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.
    distance : {"l2", "cosine"}, default "l2"
    width : float, default 0.75
        The width of the kernel, as the authors' code has it for "l2"; for "cosine" it takes 0.25.
    ridge : float, default 1
        The penalty on the squared coefficients, in units of the weights, as the authors' code has it.
    tolerance : float, default 0
        Stop when the largest standard error (a jackknife over 16 groups of samples) is this part of the largest value.
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()
    baseline: Baseline = BASELINE.field()
    distance: str = DISTANCE.field()
    width: float = WIDTH.field()
    ridge: float = RIDGE.field()
    tolerance: float = TOLERANCE.field()

    name = "lime"
    label = "LIME"
    sentence = "The coefficients of a linear model that does what the network does near this picture."
    reference = "Ribeiro, Singh, Guestrin 2016"
    complete = False

    def locality(self, present: Array) -> Array:
        """Return the weight of samples in which this fraction of the features is present."""
        distance = np.sqrt(1 - present) if self.distance == "l2" else 1 - np.sqrt(present)
        weight: Array = np.exp(-(distance**2) / self.width**2)
        return weight

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return LocalSamples(players, empty, full, self.samples, self.seed, self.locality, self.ridge)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class KernelShap(SurrogateMethod):
    """Shapley values as the solution of a weighted least squares problem (Lundberg and Lee 2017).

    The samples are weighted by the Shapley kernel, and both ends are constraints: the values sum to the change of the
    quantity exactly. The smallest and the largest coalitions are evaluated in full while the samples suffice; with
    2^n - 2 samples of n features the result is exact.

    Parameters
    ----------
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is switched off together; on vectors every element.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 512
        At least two per feature.
    seed : int, default 0
    sampling : {"paired", "independent"}, default "paired"
        Whether each sample that is drawn at random is followed by its complement (Covert and Lee 2021).
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.
    tolerance : float, default 0
        Stop when the largest standard error (a jackknife over 16 groups of samples) is this part of the largest value.
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()
    sampling: str = PAIRING.field()
    baseline: Baseline = BASELINE.field()
    tolerance: float = TOLERANCE.field()

    name = "kernel_shap"
    label = "KernelSHAP"
    sentence = "Shapley values, from the linear model that fits coalitions of features best."
    reference = "Lundberg, Lee 2017"

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return KernelSamples(players, empty, full, self.samples, self.seed, self.sampling == "paired")
