"""Centred kernel alignment (CKA): whether the inputs that are alike to one layer are alike to the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist, squareform

from xai_widgets.answers.registry import register
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.similarity.centring import centred
from xai_widgets.similarity.index import PLACES, Index, Tally
from xai_widgets.similarity.kernel import Kernel, biased_hsic, unbiased_hsic

ESTIMATOR = Option(
    default="unbiased",
    kind="choice",
    label="Estimator",
    sentence="Whether independent layers are 0 on average, or far above where there are more features than inputs.",
    choices=("unbiased", "biased"),
)
SIGMA = Option(
    default=0.5,
    kind="number",
    label="Width",
    sentence="How far inputs may lie apart and still be alike, as a part of the median distance.",
    minimum=0.01,
    maximum=100,
    slider=(0.1, 2),
    step=0.1,
    unit="of the median distance",
)
ROUNDING = 1e-10
"""What a layer says of all inputs varies by no more than this part of its squares where it does not vary."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelAlignment(Index):
    """HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)), each a sum over batches."""

    places: str = PLACES.field()
    estimator: str = ESTIMATOR.field()

    @abstractmethod
    def kernels(self) -> Callable[[Array], Kernel]:
        """Return what makes the kernel of each batch of a layer."""

    def tally(self, ours: Sequence[int], theirs: Sequence[int]) -> Tally:
        return Alignments(self, len(ours), len(theirs))

    def too_few(self, rows: int, batch: int, one: int, other: int) -> str:
        if self.estimator == "unbiased" or batch > min(one, other):
            return ""
        return (
            f"biased CKA of batches of {batch} rows is far above zero for layers of {one} and {other} features that "
            'have nothing in common: compare with `independent`, or take estimator="unbiased"'
        )


class Alignments(Tally):
    """The terms of the ratio, batch by batch."""

    def __init__(self, index: KernelAlignment, ours: int, theirs: int) -> None:
        self.hsic = unbiased_hsic if index.estimator == "unbiased" else biased_hsic
        self.kernels = [index.kernels() for _ in range(ours)], [index.kernels() for _ in range(theirs)]
        self.terms: list[tuple[Array, Array, Array, Array]] = []

    def add(self, ours: Sequence[Array], theirs: Sequence[Array]) -> None:
        ones = [kernel(rows) for kernel, rows in zip(self.kernels[0], ours, strict=True)]
        same = theirs is ours
        others = ones if same else [kernel(rows) for kernel, rows in zip(self.kernels[1], theirs, strict=True)]
        rolled = [one.rolled() for one in others]
        own = np.array([self._own(one) for one in ones])
        self.terms.append(
            (
                np.array([[self.hsic(one, other) for other in others] for one in ones]),
                np.array([[self.hsic(one, other) for other in rolled] for one in ones]),
                own,
                own if same else np.array([self._own(other) for other in others]),
            )
        )

    def matrix(self) -> Array:
        joint, _, ones, others = self._sums()
        return _ratio(joint, ones, others)

    def independent(self) -> Array:
        _, joint, ones, others = self._sums()
        return _ratio(joint, ones, others)

    def standard_error(self) -> Array:
        joint, _, ones, others = self._sums()
        left = [_ratio(joint - one[0], ones - one[2], others - one[3]) for one in self.terms if len(self.terms) > 1]
        return jackknife_error(left, joint.shape)

    def _own(self, one: Kernel) -> float:
        """Return the HSIC of a kernel with itself; 0 where it does not vary but by rounding."""
        found = self.hsic(one, one)
        size = float(np.abs(one.diagonal).sum()) ** 2 / len(one) ** 2
        return found if abs(found) > ROUNDING * size else 0.0

    def _sums(self) -> tuple[Array, Array, Array, Array]:
        joint, rolled, ones, others = (sum(parts) for parts in zip(*self.terms, strict=True))
        return np.asarray(joint), np.asarray(rolled), np.asarray(ones), np.asarray(others)


def _ratio(joint: Array, ones: Array, others: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.sqrt(np.maximum(ones, 0))[:, None] * np.sqrt(np.maximum(others, 0))
        return np.where(sizes > 0, joint / sizes, np.nan)


def jackknife_error(left: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Return the standard error that values (groups, ...) tell from each of which another group was left out."""
    if len(left) < 2:
        return np.full(shape, np.nan)
    values = np.stack(left)
    error: Array = np.sqrt((len(left) - 1) * values.var(axis=0))
    return error


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class LinearCKA(KernelAlignment):
    """How far the inputs that are alike to one layer are alike to the other, by products of their features.

    HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) of K = X X' and L = Y Y'; on centred features |Y'X|^2 / (|X'X| |Y'Y|). It
    stays the same when features are rotated or scaled alike, and not under every invertible map. Sums over batches of
    the unbiased estimates of HSIC have the same mean as all inputs at once.

    Parameters
    ----------
    places : {"flattened", "averaged"}, default "flattened"
        Whether each place of a layer counts as features of its own, or each unit by its mean over places.
    estimator : {"unbiased", "biased"}, default "unbiased"
        Whether independent layers are 0 on average, or far above where there are more features than inputs.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton (2019), Similarity of Neural Network Representations Revisited. The estimate by
    batches: Nguyen, Raghu, Kornblith (2021), Do Wide and Deep Networks Learn the Same Things?

    Examples
    --------
    >>> found = xai.compare(model, model, batch, index=xai.LinearCKA(), layers=["conv", "dense"])
    >>> np.allclose(np.diag(found.matrix), 1)
    True
    """

    name = "cka"
    label = "CKA"
    sentence = "Whether the inputs that are alike to one layer are alike to the other."
    reference = "Kornblith, Norouzi, Lee, Hinton 2019"
    position = 0

    def kernels(self) -> Callable[[Array], Kernel]:
        return Kernel


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class RbfCKA(KernelAlignment):
    """The same as `LinearCKA` with a kernel that looks at near neighbours, exp(-|x - x'|^2 / (2 s^2)).

    Parameters
    ----------
    places : {"flattened", "averaged"}, default "flattened"
        Whether each place of a layer counts as features of its own, or each unit by its mean over places.
    estimator : {"unbiased", "biased"}, default "unbiased"
        Whether independent layers are 0 on average, or far above where there are more features than inputs.
    sigma : float, default 0.5
        The width s of the kernel, as a part of the median distance of the inputs of the first batch.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton (2019), Similarity of Neural Network Representations Revisited.

    Examples
    --------
    >>> found = xai.compare(model, model, batch, index=xai.RbfCKA(sigma=0.8), layers=["conv", "dense"])
    >>> np.allclose(np.diag(found.matrix), 1)
    True
    """

    sigma: float = SIGMA.field()

    name = "rbf_cka"
    label = "CKA, near neighbours"
    sentence = "Whether the inputs that are near to each other in one layer are so in the other."
    reference = "Kornblith, Norouzi, Lee, Hinton 2019"
    position = 1

    def kernels(self) -> Callable[[Array], Kernel]:
        return Bells(self.sigma)


class Bells:
    """Makes the kernels of a layer, all as wide as the median distance in the first batch says."""

    def __init__(self, sigma: float) -> None:
        self.sigma, self.width = sigma, 0.0

    def __call__(self, rows: Array) -> Kernel:
        distances = pdist(centred(rows))
        self.width = self.width or self.sigma * float(np.median(distances))
        if not self.width:
            return Kernel(gram=np.ones((len(rows), len(rows))))
        return Kernel(gram=np.exp(-(squareform(distances) ** 2) / (2 * self.width**2)))
