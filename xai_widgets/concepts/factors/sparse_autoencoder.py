"""A sparse autoencoder: activations as sums of few directions out of more than there are units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.gradients.noise import SEED as ANY_SEED
from xai_widgets.attribution.perturbation.meaningful import STEPS as DESCENT_STEPS
from xai_widgets.attribution.perturbation.meaningful import Adam
from xai_widgets.concepts.factors.factors import Factoring, Factors, Rows, unexplained
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

RATE = 0.03
"""The step size of Adam, for directions whose elements are about one."""
BATCH = 128
"""So many rows are looked at in each step."""
WATCHED = 50
"""So many steps are made from one answer to the next."""
HELD_OUT = 5
"""One in so many inputs is kept aside, to measure on."""
MOST_HELD_OUT = 4096
"""So many rows of these are measured on at most."""

FEATURES = Option(
    default=72,
    kind="integer",
    label="Features",
    sentence="How many directions there are: more than units, if features share them.",
    minimum=1,
    maximum=65536,
    slider=(8, 512),
    scale="doublings",
    unit="features",
)
SPARSITY = Option(
    default=0.01,
    kind="number",
    label="Sparsity",
    sentence="What it costs that a feature is active.",
    minimum=0,
    maximum=1000,
    slider=(0.000625, 0.08),
    scale="doublings",
    step=0.5,
)
STEPS = replace(DESCENT_STEPS, default=500, slider=(64, 4096), sentence="How many steps of training are made.")
SEED = replace(ANY_SEED, sentence="Which directions it starts with, which inputs are held out, which rows it sees.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SparseFactors(Factors):
    """Activations as sums of few out of many directions; made by `SparseAutoencoder`.

    What is measured is measured on inputs that were not trained on: the held-out ones.

    Attributes
    ----------
    bias : array of shape (features,)
        What is added to the product with a direction before it is cut off at zero; in the units of the activations.
    sparsity : float
        What it cost that a feature is active.
    density : array of shape (features,)
        The share of held-out rows at which each feature is active.
    held_out : array of int
        The numbers of the inputs that were held out, one in five; of their rows 4096 at most are measured on.
    steps : int
        How many steps of training it took by now.

    Examples
    --------
    >>> found = xai.SparseAutoencoder(features=12)(model, batch, layer="relu2")
    >>> found.dictionary.shape, found.codes.shape, len(found.density)
    ((12, 8), (384, 12), 12)
    """

    bias: Array
    sparsity: float
    density: Array
    held_out: Array = field(repr=False)
    steps: int

    @property
    def active(self) -> float:
        """How many features are active at once, the mean over held-out rows (L0)."""
        return float(self.density.sum())

    @property
    def dead(self) -> int:
        """How many features are active at none of the held-out rows."""
        return int((self.density == 0).sum())

    def _codes(self, rows: Array) -> Array:
        codes: Array = np.maximum(rows @ self.dictionary.T + self.bias, 0)
        return codes

    def __repr__(self) -> str:
        return f"{super().__repr__()}, {self.active:.1f} active at once, {self.dead} dead"


@dataclass
class Weights:
    """What is trained: directions of any length, and biases in units of the root of the mean squared row."""

    directions: Array
    bias: Array

    @property
    def dictionary(self) -> Array:
        """The directions, of length one."""
        found: Array = self.directions / np.linalg.norm(self.directions, axis=1, keepdims=True)
        return found

    def gradients(self, rows: Array, sparsity: float) -> tuple[Array, Array]:
        """Return the derivatives of the loss at rows (n, units) by directions and biases.

        The loss is the mean over rows of |x - c M|^2 / units + sparsity |c|_1, with c = max(x M' + bias, 0) and M the
        directions at length one.
        """
        lengths, dictionary = np.linalg.norm(self.directions, axis=1, keepdims=True), self.dictionary
        codes = np.maximum(rows @ dictionary.T + self.bias, 0)
        wrong = 2 / rows.shape[1] * (codes @ dictionary - rows)
        by_code = (wrong @ dictionary.T + sparsity) * (codes > 0)
        by_dictionary = (codes.T @ wrong + by_code.T @ rows) / len(rows)
        # What points along a direction only makes it longer.
        along = (by_dictionary * dictionary).sum(axis=1, keepdims=True)
        return (by_dictionary - along * dictionary) / lengths, by_code.mean(axis=0)


class Training(Sampler[SparseFactors]):
    """Trains on random rows, step after step, and measures on held-out ones."""

    chunk = WATCHED

    def __init__(self, options: SparseAutoencoder, rows: Rows, known: SparseFactors | None) -> None:
        self.options, self.rows, self.known = options, rows, known
        self.size = options.steps

    def start(self) -> Iterator[None]:
        yield from self.rows.read()
        self.evaluations = self.rows.evaluations
        random = np.random.default_rng(self.options.seed)
        self.matrix = self.rows.matrix
        self.scale = float(np.sqrt((self.matrix**2).sum(axis=1).mean()))
        inputs, _, places = self.rows.maps.shape
        self.held_out = np.sort(random.permutation(inputs)[: -(-inputs // HELD_OUT)])
        kept = np.setdiff1d(np.arange(inputs), self.held_out) if inputs > 1 else self.held_out
        self.trained = (kept[:, None] * places + np.arange(places)).ravel()
        aside = (self.held_out[:, None] * places + np.arange(places)).ravel()
        self.aside = self.matrix[random.permutation(aside)[:MOST_HELD_OUT]]
        size = self.options.features, self.matrix.shape[1]
        self.weights = Weights(random.normal(size=size), np.zeros(size[0]))
        if self.known is not None:
            self._begin_with(self.known)
        self.descents = Adam(RATE), Adam(RATE)

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            random = np.random.default_rng((self.options.seed, number))
            seen = self.matrix[self.trained[random.integers(0, len(self.trained), BATCH)]]
            gradients = self.weights.gradients(seen / self.scale, self.options.sparsity)
            parts = self.weights.directions, self.weights.bias
            steps = (descent.step(one) for descent, one in zip(self.descents, gradients, strict=True))
            self.weights = Weights(*(part - step for part, step in zip(parts, steps, strict=True)))

    def values(self) -> Array:
        return self.weights.dictionary

    def answer(self, values: Array, **progress: Any) -> SparseFactors:
        bias = self.weights.bias * self.scale
        codes = np.maximum(self.aside @ values.T + bias, 0)
        return SparseFactors(
            dictionary=values,
            centre=np.zeros(values.shape[1]),
            bias=bias,
            sparsity=self.options.sparsity,
            unexplained=unexplained(self.aside, codes @ values, self.rows.mean),
            density=(codes > 0).mean(axis=0),
            held_out=self.held_out,
            steps=self.drawn,
            rows=self.rows,
            **progress,
        )

    @property
    def left(self) -> int:
        return 0

    def state(self) -> Weights:
        return self.weights

    def _begin_with(self, known: SparseFactors) -> None:
        """Take the features of an answer over, but for those that are dead: these begin anew."""
        alive = np.flatnonzero(known.density)[: self.options.features]
        self.weights.directions[: len(alive)] = known.dictionary[alive] * np.sqrt(known.dictionary.shape[1])
        self.weights.bias[: len(alive)] = known.bias[alive] / self.scale


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SparseAutoencoder(Factoring[SparseFactors]):
    """The activations of a layer as sums of few directions, out of more than the layer has units.

    A row x, the activations at a place of an input, has the codes c = max(M x + bias, 0) and is decoded as M' c; the
    rows of M, the dictionary, have length one. Minimised is abs(x - M' c)^2 / units + sparsity sum(c), with x in units
    of the root of the mean squared length of rows, by Adam on random rows. One input in five is held out and measured
    on. A sparsity that is too large makes all codes zero; one that is too small lets every feature take part.

    Parameters
    ----------
    features : int, default 72
        How many directions there are: more than units, if features share them.
    sparsity : float, default 0.01
        What it costs that a feature is active.
    steps : int, default 500
        How many steps of training are made, each on 128 rows.
    seed : int, default 0
        Which directions it starts with, which inputs are held out, which rows it sees.

    References
    ----------
    Cunningham, Ewart, Riggs, Huben, Sharkey (2024), Sparse Autoencoders Find Highly Interpretable Features in Language
    Models.

    Examples
    --------
    >>> found = xai.SparseAutoencoder(features=12, sparsity=0.005).fit(model, batch, layer="relu2")
    >>> sparser = list(xai.SparseAutoencoder(features=12, sparsity=0.05, steps=100).stream(
    ...     model, batch, layer="relu2", resume=found))
    >>> sparser[-1].active < found.active
    True
    """

    features: int = FEATURES.field()
    sparsity: float = SPARSITY.field()
    steps: int = STEPS.field()
    seed: int = SEED.field()

    name = "sparse_autoencoder"
    label = "Sparse autoencoder"
    sentence = "The activations of a layer as sums of few directions, out of more than the layer has units."
    reference = "Cunningham, Ewart, Riggs, Huben, Sharkey 2024"

    def _sampler(self, rows: Rows, resume: Any) -> Training:
        return Training(self, rows, resume if isinstance(resume, SparseFactors) else None)
