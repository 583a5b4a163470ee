"""Non-negative factors: activations as sums, without differences, of parts that are never negative themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.gradients.noise import SEED as ANY_SEED
from xai_widgets.attribution.perturbation.meaningful import STEPS as DESCENT_STEPS
from xai_widgets.concepts.factors.factors import Factoring, Factors, Rows
from xai_widgets.concepts.factors.principal_components import COUNT as DIRECTIONS
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

SETTLED = 1e-6
"""Codes have settled where a sweep changes them by less than this part of the largest one."""
MOST_SWEEPS = 1000
"""So often codes are swept over at most."""
SMALLEST = 1e-12
"""A part below this is none, and is left alone."""

COUNT = replace(DIRECTIONS, default=8, label="Parts", sentence="How many parts there are.", unit="parts")
STEPS = replace(DESCENT_STEPS, default=100, slider=(16, 512), sentence="How often all parts and codes are improved.")
SEED = replace(ANY_SEED, sentence="Which parts it starts with.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NonNegativeParts(Factors):
    """Activations as sums of parts, neither of which is negative; made by `NonNegativeFactors`.

    Attributes
    ----------
    steps : int
        How often all parts and codes were improved by now.

    Examples
    --------
    >>> found = xai.NonNegativeFactors(count=3)(model, batch, layer="relu2")
    >>> bool((found.dictionary >= 0).all() and (found.codes >= 0).all())
    True
    """

    steps: int

    def _codes(self, rows: Array) -> Array:
        """Return the codes that are closest to the rows, by least squares that are not negative."""
        codes = np.zeros((len(self.dictionary), len(rows)))
        products, overlaps = self.dictionary @ rows.T, self.dictionary @ self.dictionary.T
        for _ in range(MOST_SWEEPS):
            before = codes.copy()
            sweep(codes, products, overlaps)
            if np.abs(codes - before).max(initial=0) <= SETTLED * codes.max(initial=0):
                break
        return codes.T


def sweep(codes: Array, products: Array, overlaps: Array) -> None:
    """Improve the codes of one part after the other, in place, each as far as it goes while the others stay.

    Parameters
    ----------
    codes : array of shape (parts, rows)
    products : array of shape (parts, rows)
        Of the parts with the rows.
    overlaps : array of shape (parts, parts)
        Of the parts with each other.
    """
    for part in np.flatnonzero(np.diag(overlaps) > SMALLEST):
        step = (products[part] - overlaps[part] @ codes) / overlaps[part, part]
        codes[part] = np.maximum(codes[part] + step, 0)


class Descent(Sampler[NonNegativeParts]):
    """Improves codes and parts in turn (hierarchical alternating least squares)."""

    chunk = 4

    def __init__(self, options: NonNegativeFactors, rows: Rows, known: NonNegativeParts | None) -> None:
        self.options, self.rows, self.known = options, rows, known
        self.size = options.steps

    def start(self) -> Iterator[None]:
        yield from self.rows.read()
        self.evaluations = self.rows.evaluations
        self.matrix = self.rows.matrix
        if self.matrix.min() < 0:
            where = "the matrix" if self.rows.units is None else f"the output of layer {self.rows.units.layer!r}"
            raise InputError(
                f"The smallest number in {where} is {self.matrix.min():.3g}; expected none below zero: choose a layer "
                "behind a rectifier, or PrincipalComponents."
            )
        size = np.sqrt(self.matrix.mean() / self.options.count)
        random = np.random.default_rng(self.options.seed)
        self.parts = size * np.abs(random.normal(size=(self.options.count, self.matrix.shape[1])))
        self.codes = size * np.abs(random.normal(size=(self.options.count, len(self.matrix))))
        if self.known is not None:
            kept = min(self.options.count, len(self.known.dictionary))
            self.parts[:kept], self.codes[:kept] = self.known.dictionary[:kept], self.known.state[:kept]
        self.squares = float((self.matrix**2).sum())
        self.about_mean = float(((self.matrix - self.rows.mean) ** 2).sum())

    def draw(self, start: int, stop: int) -> None:
        for _ in range(start, stop):
            sweep(self.codes, self.parts @ self.matrix.T, self.parts @ self.parts.T)
            products, overlaps = self.codes @ self.matrix, self.codes @ self.codes.T
            sweep(self.parts, products, overlaps)
        self.distance = (
            self.squares - 2 * (products * self.parts).sum() + (overlaps * (self.parts @ self.parts.T)).sum()
        )

    def values(self) -> Array:
        lengths = np.linalg.norm(self.parts, axis=1, keepdims=True)
        found: Array = self.parts / np.where(lengths > 0, lengths, 1)
        return found

    def answer(self, values: Array, **progress: Any) -> NonNegativeParts:
        return NonNegativeParts(
            dictionary=values,
            centre=np.zeros(values.shape[1]),
            unexplained=max(float(self.distance), 0.0) / self.about_mean,
            steps=self.drawn,
            rows=self.rows,
            **progress,
        )

    @property
    def left(self) -> int:
        return 0

    def state(self) -> Array:
        found: Array = self.codes * np.linalg.norm(self.parts, axis=1)[:, None]
        return found


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class NonNegativeFactors(Factoring[NonNegativeParts]):
    """The activations of a layer as sums of parts, of which neither parts nor codes are negative.

    Nothing is taken off again, so that a part is something that is there. Half the squared distance of the rows, the
    activations at each place of each input, from their sums of parts is minimised, one part after the other (Cichocki,
    Zdunek, Amari 2007). Which parts are found depends on the start.

    Parameters
    ----------
    count : int, default 8
        How many parts there are.
    steps : int, default 100
        How often all parts and codes are improved.
    seed : int, default 0
        Which parts it starts with.

    References
    ----------
    Lee, Seung (1999), Learning the Parts of Objects by Non-Negative Matrix Factorization.

    Examples
    --------
    >>> found = xai.NonNegativeFactors(count=3)(model, batch, layer="relu2")
    >>> found.dictionary.shape, found.maps.shape
    ((3, 8), (6, 3, 8, 8))
    """

    count: int = COUNT.field()
    steps: int = STEPS.field()
    seed: int = SEED.field()

    name = "nonnegative_factors"
    label = "Non-negative factors"
    sentence = "The activations of a layer as sums of parts, neither of which is negative."
    reference = "Lee, Seung 1999"

    def _sampler(self, rows: Rows, resume: Any) -> Descent:
        return Descent(self, rows, resume if isinstance(resume, NonNegativeParts) else None)
