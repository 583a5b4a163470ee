"""Feature ablation: each feature is taken to its baseline once, and the quantity drops by what it was worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice, Features, features_for
from xai_widgets.attribution.mechanism import Place
from xai_widgets.attribution.order import along_curve, coarse_to_fine, nearest
from xai_widgets.attribution.perturbation.engine import Batches, Masks, PerturbationMethod, Scorer
from xai_widgets.attribution.perturbation.lattice import lattice_of
from xai_widgets.attribution.perturbation.mechanism import Reaching
from xai_widgets.attribution.perturbation.recomputed import recomputed
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Evaluation, Objective

Loss = Callable[[Array], ArrayLike]
"""From the scores of a batch, (batch, outputs), to a number for each input, (batch,), or one for the whole batch."""


class Groups(Masks):
    """Features that are taken away one by one, in an order that shows the whole input early.

    Features that were not visited yet have the drop of the nearest one that was.

    Parameters
    ----------
    features : Features
    count : int
        How many inputs there are.
    layout : Layout
        Of an input; where features are squares side by side on it, each may be a window.
    windows : bool
        Whether it is.
    """

    features: Features

    def __init__(self, features: Features, count: int, layout: Layout, windows: bool = True) -> None:
        self.features, self.layout = features, layout
        self.order = along_curve(features.plane, features.count)
        cells, self.spacings = coarse_to_fine((features.count,))
        self.places = cells[:, 0]
        self.size = features.count
        self.minimum = int((self.spacings == self.spacings[0]).sum())
        self.drops = np.zeros((count, features.count))
        if windows:
            self.lattice = lattice_of(features, layout, self.order[self.places])

    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        absent = self.order[self.places[start:stop]]
        return self.features.switch(batch, filling, absent[:, None] != np.arange(self.features.count))

    def add(self, start: int, values: Array, score: Array) -> None:
        for number, drop in enumerate(np.asarray(score, np.float64) - values, start):
            near = nearest(int(self.places[number]), int(self.spacings[number]), self.features.count)
            self.drops[:, self.order[near]] = drop[:, None]

    def reaching(self, at: Place) -> Reaching:
        found, share = self.features.at(self.layout, at)
        visits = np.argsort(self.order[self.places])[found]
        return Reaching(visits, np.full(len(visits), share))

    def estimate(self) -> Array:
        return self.features.spread(self.drops)


@dataclass(frozen=True)
class Measured(Quantity):
    """A loss or metric in NumPy, which need not be differentiable, in the place of a quantity."""

    loss: Loss

    def objective(self, model: Model, count: int) -> Objective:
        return Objective(model.weights_of(np.zeros((1, model.output_count))))

    def describe(self, model: Model) -> str:
        return getattr(self.loss, "__name__", "a function of the scores")


class FeatureMethod(PerturbationMethod):
    """Take features away one by one; what is measured may be a loss in place of the quantity."""

    features: FeatureChoice
    size: int
    loss: Loss | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.loss is not None and not callable(self.loss):
            raise InputTypeError(f"loss is {self.loss!r}; expected a function of the scores, (batch, outputs).")

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        if self.loss is None:
            return super().ask(model, x, quantity, layer)
        if quantity is not None:
            raise InputError(f"Both loss and quantity={quantity!r} are given; expected one of them to be explained.")
        return super().ask(model, x, Measured(self.loss), layer)

    def measured(self, evaluation: Evaluation, count: int) -> Array:
        if self.loss is None:
            return super().measured(evaluation, count)
        return np.stack(
            [self._loss_of(scores) for scores in np.split(evaluation.scores, len(evaluation.scores) // count)]
        )

    def _loss_of(self, scores: Array) -> Array:
        try:
            found: Any = self.loss(scores) if self.loss is not None else None
        except Exception as error:
            raise InputError(f"loss raised {type(error).__name__} for scores {scores.shape}: {error}") from error
        try:
            loss = np.asarray(found, np.float64)
        except (TypeError, ValueError):
            loss = np.full(0, np.nan)
        if loss.shape not in ((), (len(scores),)) or not np.isfinite(loss).all():
            raise InputError(
                f"loss gave {shown(found)} for scores of shape {scores.shape}; expected a finite number for each "
                f"input, ({len(scores)},), or one for the batch."
            )
        return np.broadcast_to(loss, len(scores))


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureAblation(FeatureMethod):
    """How much the quantity drops when a feature is taken to its baseline, for each feature by itself.

    A value is F(x) - F(x with the feature at its baseline), the same for all elements of a feature; nothing is divided
    by its size. With squares it is an occlusion without overlaps, with an array of integers Captum's feature ablation.

    Parameters
    ----------
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is taken away together; the elements of an array with the same number are one feature.
        "patches" are those to which a vision transformer attends.
        Of several input tensors a dict by their names with one of these for each; what is left out is one feature.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature.
    loss : callable, optional
        What is measured in place of the quantity: from the scores in NumPy, (batch, outputs), to a number for each
        input, (batch,), or one for the whole batch, say a cross-entropy or an accuracy; it need not be differentiable.
        A value is then again that at the input minus that without the feature, so that what the model needs has a
        negative value for a loss.

    References
    ----------
    Robnik-Šikonja, Kononenko (2008), Explaining Classifications for Individual Instances.

    Examples
    --------
    >>> result = xai.FeatureAblation(features="squares", size=4)(model, x)
    >>> result.features.count, result.evaluations
    (4, 5)
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    baseline: Baseline = BASELINE.field()
    loss: Loss | None = None

    name = "feature_ablation"
    label = "Feature ablation"
    sentence = "How much the quantity drops when one feature is taken away."
    reference = "Robnik-Šikonja, Kononenko 2008"
    ends = ("removing raises", "removing lowers")

    def masks(self, question: Question) -> Groups:
        divided = features_for(question.batch, self.features, self.size, question.model)
        return Groups(divided, len(question.batch), question.model.input.layout)

    def scorer(self, batches: Batches) -> Scorer:
        return (None if self.loss is not None else recomputed(batches)) or batches
