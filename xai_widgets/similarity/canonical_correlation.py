"""Canonical correlations (CCA): how well directions of one layer can be told from the other, and means of them."""

from __future__ import annotations

import functools
import itertools
import operator
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xai_widgets.answers.registry import register
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.similarity.centred_kernel_alignment import jackknife_error
from xai_widgets.similarity.columns import Columns
from xai_widgets.similarity.index import PLACES, Index, Tally

AVERAGED = replace(PLACES, default="averaged")
VARIANCE = Option(
    default=0.99,
    kind="number",
    label="Variance kept",
    sentence="How much of its variance the directions of a layer hold that are compared.",
    minimum=0.01,
    maximum=1,
    slider=(0.5, 1),
    step=0.01,
    unit="share",
)
GROUPS = 8
"""Of batches, each of which is left out for the standard error."""


class Basis(NamedTuple):
    """Directions of a layer at right angles, those of largest variance first."""

    vectors: Array
    """(rows, rank)."""
    lengths: Array
    """(rank,)."""
    features: Array
    """(rank, features): vectors * lengths @ features are the layer's centred features."""


def basis(centred: Array, rows: int) -> Basis:
    """Return a basis of what the columns of centred features span, but for what single precision adds.

    Parameters
    ----------
    centred : array of shape (few, features)
    rows : int
        How many inputs they are of.
    """
    vectors, lengths, features = np.linalg.svd(centred, full_matrices=False)
    least = lengths.max(initial=0) * max(rows, centred.shape[1]) * np.finfo(np.float32).eps
    rank = int((lengths > least).sum())
    return Basis(vectors[:, :rank], lengths[:rank], features[:rank])


@dataclass(frozen=True, kw_only=True, eq=False)
class CanonicalCorrelation(Index):
    """A mean of the correlations of those directions of two layers that fit each other best."""

    costly = True

    places: str = AVERAGED.field()

    @abstractmethod
    def mean(self, one: Basis, other: Basis, joint: Array) -> float:
        """Return the mean of two layers of which neither is constant.

        Parameters
        ----------
        one, other : Basis
        joint : array of shape (rank, rank)
            The products of their vectors.
        """

    def kept(self, found: Basis) -> Basis:
        """Return the directions that are compared."""
        return found

    def tally(self, ours: Sequence[int], theirs: Sequence[int]) -> Tally:
        return Correlations(self, ours, theirs)

    def too_few(self, rows: int, batch: int, one: int, other: int) -> str:
        certain = one + other - (rows - 1)
        if certain <= 0:
            return ""
        return (
            f"{rows} rows tell nothing of layers of {one} and {other} features: at least {min(certain, one, other)} of "
            "their canonical correlations are 1 whatever the layers say, and the others large; take more inputs, or "
            '"cka"'
        )


class Correlations(Tally):
    """The products of all columns of both networks, in groups of batches."""

    def __init__(self, index: CanonicalCorrelation, ours: Sequence[int], theirs: Sequence[int]) -> None:
        self.index, self.batches = index, 0
        # Theirs twice: the second time beside the row of another input.
        ends = np.cumsum([0, *ours, *theirs, *theirs])
        slices = [slice(start, stop) for start, stop in itertools.pairwise(ends.tolist())]
        self.ours, rest = slices[: len(ours)], slices[len(ours) :]
        self.theirs, self.rolled = rest[: len(theirs)], rest[len(theirs) :]
        self.groups = [Columns(int(ends[-1])) for _ in range(GROUPS)]

    def add(self, ours: Sequence[Array], theirs: Sequence[Array]) -> None:
        rolled = [np.roll(rows, 1, axis=0) for rows in theirs]
        self.groups[self.batches % GROUPS].add(np.concatenate([*ours, *theirs, *rolled], axis=1))
        self.batches += 1

    def matrix(self) -> Array:
        return self._compared(self._filled, self.theirs)

    def independent(self) -> Array:
        return self._compared(self._filled, self.rolled)

    def standard_error(self) -> Array:
        filled = self._filled
        some = [filled[:place] + filled[place + 1 :] for place in range(len(filled)) if len(filled) > 1]
        return jackknife_error([self._compared(one, self.theirs) for one in some], (len(self.ours), len(self.theirs)))

    @property
    def _filled(self) -> list[Columns]:
        return self.groups[: min(self.batches, GROUPS)]

    def _compared(self, groups: Sequence[Columns], theirs: Sequence[slice]) -> Array:
        whole = functools.reduce(operator.add, groups)
        centred = whole.centred
        sides = [[self.index.kept(basis(centred[:, one], whole.count)) for one in side] for side in (self.ours, theirs)]
        return np.array([[self._mean(one, other) for other in sides[1]] for one in sides[0]])

    def _mean(self, one: Basis, other: Basis) -> float:
        if not len(one.lengths) or not len(other.lengths):
            return float("nan")
        return self.index.mean(one, other, one.vectors.T @ other.vectors)


def correlations(joint: Array) -> Array:
    """Return the canonical correlations, of the products (rank, rank) of two bases."""
    found: Array = np.clip(np.linalg.svd(joint, compute_uv=False), 0, 1)
    return found


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class CCA(CanonicalCorrelation):
    """The mean of the canonical correlations of two layers, as many as the narrower one has directions.

    It stays the same under every invertible map of either. Directions that hardly vary count as much as all others.
    More inputs are needed than both layers have features: see `Comparison.warning`.

    Parameters
    ----------
    places : {"flattened", "averaged"}, default "averaged"
        Whether each place of a layer counts as features of its own, or each unit by its mean over places.

    References
    ----------
    Hotelling (1936), Relations Between Two Sets of Variates.

    Examples
    --------
    >>> pictures = np.random.default_rng(0).uniform(size=(40, 1, 8, 8)).astype("float32")
    >>> found = xai.compare(model, model, pictures, index=xai.CCA(), layers=["conv", "dense"])
    >>> np.allclose(np.diag(found.matrix), 1)
    True
    """

    name = "cca"
    label = "CCA"
    sentence = "How well the directions of one layer can be told from the other, all alike."
    reference = "Hotelling 1936"
    position = 2

    def mean(self, one: Basis, other: Basis, joint: Array) -> float:
        return float(correlations(joint).mean())


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SVCCA(CanonicalCorrelation):
    """The mean of the canonical correlations of those directions of each layer that hold most of its variance.

    Parameters
    ----------
    places : {"flattened", "averaged"}, default "averaged"
        Whether each place of a layer counts as features of its own, or each unit by its mean over places.
    variance : float, default 0.99
        How much of its variance they hold.

    References
    ----------
    Raghu, Gilmer, Yosinski, Sohl-Dickstein (2017), SVCCA: Singular Vector Canonical Correlation Analysis for Deep
    Learning Dynamics and Interpretability.

    Examples
    --------
    >>> pictures = np.random.default_rng(0).uniform(size=(40, 1, 8, 8)).astype("float32")
    >>> found = xai.compare(model, model, pictures, index=xai.SVCCA(variance=0.9), layers=["conv", "dense"])
    >>> np.allclose(np.diag(found.matrix), 1)
    True
    """

    variance: float = VARIANCE.field()

    name = "svcca"
    label = "SVCCA"
    sentence = "How well the directions of one layer that vary most can be told from those of the other."
    reference = "Raghu, Gilmer, Yosinski, Sohl-Dickstein 2017"
    position = 3

    def kept(self, found: Basis) -> Basis:
        shares = np.cumsum(found.lengths**2)
        rounding = shares[-1:].sum() * 1e-12
        count = int(np.searchsorted(shares, self.variance * shares[-1:].sum() - rounding)) + 1
        return Basis(found.vectors[:, :count], found.lengths[:count], found.features[:count])

    def mean(self, one: Basis, other: Basis, joint: Array) -> float:
        return float(correlations(joint).mean())


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class PWCCA(CanonicalCorrelation):
    """The mean of the canonical correlations of two layers, each weighted by how much of the first layer it is of.

    A correlation's weight is the sum over the first layer's features of the magnitude of their product with its
    direction. That of a layer with another is not that of the other with it, and where several correlations are the
    same, as where layers have units in common, it is open how they share their weights.

    Parameters
    ----------
    places : {"flattened", "averaged"}, default "averaged"
        Whether each place of a layer counts as features of its own, or each unit by its mean over places.

    References
    ----------
    Morcos, Raghu, Bengio (2018), Insights on Representational Similarity in Neural Networks with Canonical Correlation.

    Examples
    --------
    >>> pictures = np.random.default_rng(0).uniform(size=(40, 1, 8, 8)).astype("float32")
    >>> found = xai.compare(model, model, pictures, index=xai.PWCCA(), layers=["conv", "dense"])
    >>> np.allclose(np.diag(found.matrix), 1)
    True
    """

    name = "pwcca"
    label = "PWCCA"
    sentence = "How well the directions that make up most of the first layer can be told from the other."
    reference = "Morcos, Raghu, Bengio 2018"
    position = 4

    def mean(self, one: Basis, other: Basis, joint: Array) -> float:
        turned, found, _ = np.linalg.svd(joint, full_matrices=False)
        weights = np.abs((turned.T * one.lengths) @ one.features).sum(axis=1)
        return float(weights @ np.clip(found, 0, 1) / weights.sum())
