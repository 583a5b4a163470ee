"""RISE: random smooth masks, each weighted by what the model says of the input under it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE, RunningMean
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.attribution.mechanism import Place
from xai_widgets.attribution.perturbation.engine import PerturbationMethod, PlaneMasks
from xai_widgets.attribution.perturbation.mechanism import Reaching
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.upsampling import coarse, interpolated, laid
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

SAMPLES = Option(
    default=512,
    kind="integer",
    label="Samples",
    sentence="How many random masks are tried.",
    minimum=1,
    slider=(16, 8192),
    scale="doublings",
    unit="masks",
)
CELLS = Option(
    default=7,
    kind="integer",
    label="Cells",
    sentence="How many cells a mask has along each side.",
    minimum=1,
    slider=(2, 16),
    step=1,
    unit="cells",
)
PROBABILITY = Option(
    default=0.5,
    kind="number",
    label="Visible",
    sentence="The probability that a cell is left visible.",
    minimum=0.01,
    maximum=1,
    slider=(0.1, 0.9),
    step=0.05,
    unit="of the cells",
)
PAIRS = Option(
    default="opposite",
    kind="choice",
    label="Pairs",
    sentence="Whether each mask is followed by its opposite, which lowers the error at equal cost.",
    choices=("opposite", "independent"),
    aside=True,
)


class RandomMasks(PlaneMasks):
    """Smooth random masks, and the sum of them weighted by the values under them, over N E[M].

    Cells are visible with a probability, interpolated linearly to a grid that is one cell larger than the picture, and
    shifted by up to a cell. Of a table or a text each element is a cell of its own. In pairs the second mask is drawn
    from one minus the random numbers of the first, so that each of the two has the same law as before.
    """

    def __init__(self, question: Question, method: Rise) -> None:
        super().__init__(question)
        self.size = method.samples
        self.seed, self.probability = method.seed, method.probability
        self.period = 2 if method.pairs == "opposite" else 1
        self.minimum = min(self.period, self.size)
        smooth = question.model.input.neighbours
        self.cells = coarse(self.grid, method.cells, smooth)
        self.sides = [-(-length // cells) for length, cells in zip(self.grid, self.cells, strict=True)]
        places = [(cells + 1) * side for cells, side in zip(self.cells, self.sides, strict=True)]
        self.laid = laid(self.cells, places, smooth)
        self.samples = RunningMean()
        self.half: Array | None = None
        """The first of a pair whose second is still to come."""

    counts = "scores"

    def draw(self, start: int, stop: int) -> Array:
        masks = [self._mask(*divmod(number, self.period)) for number in range(start, stop)]
        return np.stack(masks)

    def reaching(self, at: Place) -> Reaching:
        """Return all masks; the map counts from its mean, and so does what is visible of a place in each of them."""
        visible, shifts = self._every
        here, mean = visible, visible
        for matrix, place, length, shift in zip(self.laid, at, self.grid, shifts.T, strict=True):
            means = np.stack([matrix[start : start + length].mean(axis=0) for start in range(shift.max() + 1)])
            here = np.einsum("nc...,nc->n...", here, matrix[shift + place])
            mean = np.einsum("nc...,nc->n...", mean, means[shift])
        return Reaching(np.arange(self.size), (here - mean) / (self.probability * self.size))

    @cached_property
    def _every(self) -> tuple[Array, Array]:
        """Which cells of all masks are visible, (masks, *cells), and by how much each is shifted, (masks, axes)."""
        drawn = [self._cells(*divmod(number, self.period)) for number in range(self.size)]
        visible, shifts = zip(*drawn, strict=True)
        return np.stack(visible).astype(np.float32), np.array(shifts)

    def _mask(self, index: int, second: int) -> Array:
        visible, shifts = self._cells(index, second)
        rows = [
            matrix[shift : shift + length] for matrix, shift, length in zip(self.laid, shifts, self.grid, strict=True)
        ]
        mask: Array = interpolated(visible[None].astype(np.float64), rows)[0]
        return mask

    def _cells(self, index: int, second: int) -> tuple[Array, list[int]]:
        """Return which cells of a mask are visible, and by how much it is shifted along each axis."""
        generator = np.random.default_rng((self.seed, index))
        drawn = generator.random(self.cells)
        shifts = [int(generator.integers(side)) for side in self.sides]
        return (1 - drawn if second else drawn) < self.probability, shifts

    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        masks = self.layout.spread(self.draw(start, stop).astype(batch.dtype))[:, None]
        mixed: Array = filling + masks * (batch - filling)
        return mixed

    def add(self, start: int, values: Array, score: Array) -> None:
        masks = self.draw(start, start + len(values)) / self.probability
        for mask, value in zip(masks, values.astype(np.float64), strict=True):
            product = np.multiply.outer(value, mask)
            if self.period == 1:
                self.samples.add(product[None])
            elif self.half is None:
                self.half = product
            else:
                self.samples.add((self.half + product)[None] / 2)
                self.half = None

    def planes(self) -> Array:
        if self.half is None:
            return self.samples.mean
        total: Array = 2 * self.samples.total + self.half
        return total / (2 * self.samples.count + 1)

    def standard_error(self) -> Array | None:
        return self.spread(self.samples.standard_error) if self.samples.count > 1 else None

    @property
    def independent(self) -> int:
        return self.samples.count


class RiseAttribution(Attribution):
    """An attribution whose picture shows where the values are above and below their mean over the picture."""

    @property
    def map(self) -> Array:
        """The values of the pixels, (H, W), minus their mean, which is about that of the quantity over all masks."""
        planes = super().map
        axes = tuple(range(0 if self.question.single else 1, planes.ndim))
        centred: Array = planes - planes.mean(axis=axes, keepdims=True)
        return centred


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Rise(PerturbationMethod):
    """The mean of the quantity over random masks that leave the place visible (RISE, Petsiuk, Das, Saenko 2018).

    A value is the sum of F(x under M) M over the masks, divided by N E[M], as in the paper; E[M] is the probability
    that a cell is visible, everywhere, because interpolation keeps the mean. So a value is not zero where the place
    means nothing, but the mean of the quantity over all masks: what tells is where it is higher, and the picture shows
    the difference to the mean of the values. The paper explains probabilities (`Probability`).

    Parameters
    ----------
    samples : int, default 512
        The number N of masks; mask i depends on (seed, i) alone.
    cells : int, default 7
        How many cells a mask has along each side; at most as many as there are pixels.
    probability : float, default 0.5
        That a cell is left visible.
    pairs : {"opposite", "independent"}, default "opposite"
        Whether masks come in antithetic pairs, with p = 0.5 a mask and what it hides. The expected value is the same.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What is there where a mask hides the input; in the paper black.
    tolerance : float, default 0
        Stop when the largest standard error is this part of the largest value; 0 takes all samples.
    seed : int, default 0
        Another one draws other masks.

    References
    ----------
    Petsiuk, Das, Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models.

    Examples
    --------
    >>> result = xai.Rise(samples=64, cells=4)(model, x, xai.Probability("cross"))
    >>> result.map.shape, abs(float(result.map.mean())) < 1e-6
    ((8, 8), True)
    """

    samples: int = SAMPLES.field()
    cells: int = CELLS.field()
    probability: float = PROBABILITY.field()
    pairs: str = PAIRS.field()
    baseline: Baseline = BASELINE.field()
    tolerance: float = TOLERANCE.field()
    seed: int = SEED.field()

    needs_plane = True
    name = "rise"
    label = "RISE"
    sentence = "The mean of the quantity over random masks that leave the place visible."
    reference = "Petsiuk, Das, Saenko 2018"
    ends = ("lower when visible", "higher when visible")
    kind = "weight"
    result = RiseAttribution

    def masks(self, question: Question) -> RandomMasks:
        return RandomMasks(question, self)
