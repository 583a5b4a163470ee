"""How alike the inputs of a batch are to a layer, and how far two layers agree on that (HSIC)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.similarity.centring import centred

FEWEST = 4
"""The unbiased estimate divides by n - 3."""


class Kernel:
    """How alike the inputs of a batch are to a layer: its features where these are fewer, else the Gram matrix.

    Parameters
    ----------
    rows : array of shape (n, features), optional
        What a linear kernel is of.
    gram : array of shape (n, n), optional
        Any other.
    """

    def __init__(self, rows: Array | None = None, gram: Array | None = None) -> None:
        self.features = None if rows is None else centred(rows)
        if gram is not None:
            self.gram = gram
        elif self.features is not None and self.features.shape[1] >= len(self.features):
            self.gram, self.features = self.features @ self.features.T, None

    def __len__(self) -> int:
        return len(self.gram if self.features is None else self.features)

    @cached_property
    def gram(self) -> Array:
        """The Gram matrix, (n, n)."""
        found: Array = self.features @ self.features.T if self.features is not None else np.zeros((0, 0))
        return found

    @cached_property
    def diagonal(self) -> Array:
        """The diagonal of the Gram matrix, (n,)."""
        return np.diagonal(self.gram) if self.features is None else np.square(self.features).sum(axis=1)

    @cached_property
    def sums(self) -> Array:
        """The sum of each line of the Gram matrix without its diagonal, (n,)."""
        if self.features is None:
            return np.asarray(self.gram.sum(axis=1) - self.diagonal)
        return np.asarray(self.features @ self.features.sum(axis=0) - self.diagonal)

    @cached_property
    def about_mean(self) -> Kernel:
        """The same with the mean of the features taken off."""
        if self.features is not None:
            return self
        means = self.gram.mean(axis=0)
        return Kernel(gram=self.gram - means - means[:, None] + means.mean())

    def times(self, other: Kernel) -> float:
        """Return the sum of the products of the entries of both Gram matrices."""
        if self.features is not None and other.features is not None:
            return float(np.square(self.features.T @ other.features).sum())
        return float(np.vdot(self.gram, other.gram))

    def rolled(self) -> Kernel:
        """Return the same of the inputs in another order, each in the place of the one before."""
        if self.features is not None:
            return Kernel(rows=np.roll(self.features, 1, axis=0))
        return Kernel(gram=np.roll(self.gram, (1, 1), (0, 1)))


def biased_hsic(one: Kernel, other: Kernel) -> float:
    """Return tr(K H L H) / (n - 1)^2, the Hilbert-Schmidt independence criterion (Gretton et al. 2005)."""
    return one.about_mean.times(other.about_mean) / (len(one) - 1) ** 2


def unbiased_hsic(one: Kernel, other: Kernel) -> float:
    """Return the estimate of the same whose mean over batches is that of all inputs (Song et al. 2012).

    With the diagonals of K and L at zero: (tr(K L) + 1'K1 1'L1 / ((n - 1)(n - 2)) - 2 / (n - 2) 1'K L1) / (n (n - 3)).
    """
    n = len(one)
    product = one.times(other) - one.diagonal @ other.diagonal
    apart = one.sums.sum() * other.sums.sum() / ((n - 1) * (n - 2))
    return float((product + apart - 2 / (n - 2) * (one.sums @ other.sums)) / (n * (n - 3)))
