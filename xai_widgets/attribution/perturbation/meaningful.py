"""Meaningful perturbation: the smallest mask that takes away what the model sees, found by descent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.attribution.result import negligible
from xai_widgets.attribution.upsampling import coarse, gathered, interpolated, laid
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

START = 0.0
"""What all of the mask is at first: deleted. At the input itself a quantity may be saturated, without a gradient."""
RATE = 0.1
"""The step size of Adam."""
EXPONENT = 3
"""That of the total variation, as in the paper's experiments."""

STEPS = Option(
    default=128,
    kind="integer",
    label="Steps",
    sentence="How many steps of descent are made.",
    minimum=1,
    slider=(16, 512),
    scale="doublings",
    unit="steps",
)
CELLS = Option(
    default=14,
    kind="integer",
    label="Cells",
    sentence="How many cells the mask has along each side.",
    minimum=1,
    slider=(4, 28),
    step=1,
    unit="cells",
)
AREA = Option(
    default=1,
    kind="number",
    label="Price of area",
    sentence="What it costs to delete all, in units of what that takes from the quantity.",
    minimum=0,
    slider=(0, 6),
    step=0.1,
)
SMOOTHNESS = Option(
    default=0.5,
    kind="number",
    label="Price of edges",
    sentence="What the total variation of the mask costs: more makes it smoother.",
    minimum=0,
    slider=(0, 5),
    step=0.1,
)


BLURRED = replace(BASELINE, default="blur")


class Adam:
    """Steps along running means of the gradient, each element in units of its own size (Kingma, Ba 2015)."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.steps = 0
        self.mean: Any = 0.0
        self.square: Any = 0.0

    def step(self, gradient: Array) -> Array:
        """Return what is to be taken off the variables."""
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * gradient
        self.square = 0.999 * self.square + 0.001 * gradient**2
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.999**self.steps)
        change: Array = self.rate * mean / (np.sqrt(square) + 1e-8)
        return change


def total_variation(grids: Array) -> Array:
    """Return the derivative by the cells of the mean of abs(differences of neighbours) ** EXPONENT, (rows, *cells)."""
    gradient = np.zeros_like(grids)
    for axis in range(1, grids.ndim):
        differences = np.diff(grids, axis=axis)
        slopes = EXPONENT * np.sign(differences) * np.abs(differences) ** (EXPONENT - 1)
        ends = [(0, 0)] * grids.ndim
        ends[axis] = (1, 1)
        gradient -= np.diff(np.pad(slopes, ends), axis=axis)
    mean: Array = gradient / grids[0].size
    return mean


class Deletion(AttributionSampler):
    """A mask on its way down: a coarse grid between 0 (deleted) and 1 (kept) for each input of a batch."""

    method: MeaningfulPerturbation
    chunk = 1

    def __init__(self, method: MeaningfulPerturbation, question: Question) -> None:
        super().__init__(method, question)
        self.size = method.steps
        self.filling = baseline_for(question.batch, method.baseline, question.model)
        self.layout, self.smooth = question.model.input.layout, question.model.input.neighbours
        cells = coarse(self.layout.grid, method.cells, self.smooth)
        self.matrices = laid(cells, self.layout.grid, self.smooth)
        self.mask = np.full((self.count, *cells), START)
        self.descent = Adam(RATE)

    def start(self) -> Iterator[None]:
        score, at_baseline = self.question.look().values, self.question.forward(self.filling).values
        self.evaluations = 2 * self.count
        self.scale = _what_there_is_to_lose(score, at_baseline).reshape(-1, *[1] * (self.mask.ndim - 1))
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        """Go down by one gradient."""
        away = self.question.batch - self.filling
        there = self.layout.spread(interpolated(self.mask, self.matrices)).astype(away.dtype)
        gradients = np.asarray(self.question.backward(self.filling + there * away).gradients)
        by_place = self.layout.map((gradients * away).astype(np.float64))
        gradient = gathered(by_place, self.matrices) / self.scale - self.method.area / self.mask[0].size
        if self.smooth:
            gradient += self.method.smoothness * total_variation(self.mask)
        self.mask = np.clip(self.mask - self.descent.step(gradient), 0, 1)
        self.evaluations += self.count

    def values(self) -> Array:
        """Return how much of each place is deleted, (batch, *input shape)."""
        deleted = self.layout.spread(1 - interpolated(self.mask, self.matrices))
        return np.broadcast_to(deleted, self.question.batch.shape)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class MeaningfulPerturbation(Method):
    """The smallest smooth mask that takes away what the quantity comes from (Fong and Vedaldi 2017).

    The mask m, between 0 (deleted) and 1 (kept), minimises F(m x + (1 - m) baseline) / abs(F(x) - F(baseline)) +
    area mean(1 - m) + smoothness TV(m), by Adam on a coarse grid that is interpolated to the picture. A value is 1 - m:
    how much of the place is deleted; all of it is at the start. With the probability of a class of which the model is
    sure, and a blurred baseline, the first term is the paper's; for other quantities it is in units of what there is to
    lose; where that is next to nothing, rounding grows on the way down. The paper jitters the picture besides, which is
    left out.

    Parameters
    ----------
    steps : int, default 128
        How many steps of descent are made, each one gradient.
    cells : int, default 14
        How many cells the mask has along each side; at most as many as there are pixels.
    area : float, default 1
        The weight of the deleted area, a part of the picture.
    smoothness : float, default 0.5
        The weight of the total variation: the sum of the cubed differences of neighbouring cells over their number.
    baseline : {"blur", "black", "white", "mean"}, number or array, default "blur"
        What takes the place of what is deleted.

    References
    ----------
    Fong, Vedaldi (2017), Interpretable Explanations of Black Boxes by Meaningful Perturbation.

    Examples
    --------
    >>> result = xai.MeaningfulPerturbation(steps=16, cells=4)(model, x, xai.Probability("cross"))
    >>> bool((result.values >= 0).all() and (result.values <= 1).all())
    True
    """

    steps: int = STEPS.field()
    cells: int = CELLS.field()
    area: float = AREA.field()
    smoothness: float = SMOOTHNESS.field()
    baseline: Baseline = BLURRED.field()

    needs_plane = True
    name = "meaningful_perturbation"
    label = "Meaningful perturbation"
    sentence = "The smallest mask that takes away what the quantity comes from."
    reference = "Fong, Vedaldi 2017"
    family = "perturbation"
    moves_input = True
    kind = "weight"
    channels = "covered"
    ends = ("", "deleted")

    def _sampler(self, question: Question, state: Any) -> Deletion:
        return Deletion(self, question)


def _what_there_is_to_lose(score: Array, baseline: Array) -> Array:
    """The size of the change from the baseline to the input, (batch,); 1 where it is next to nothing."""
    return np.where(negligible(score, baseline), 1.0, np.abs(score.astype(np.float64) - baseline))
