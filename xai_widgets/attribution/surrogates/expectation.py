"""What "without" means where rows of a table say what the others are like: an expectation over what may stand there.

A coalition S is worth E f(x_S, Z), where Z takes the place of the columns that are out. What Z is distributed like is
the choice: like all rows, whatever x_S is (marginal, or interventional), or like the rows that have x_S (conditional,
or observational).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.models.arrays import as_array
from xai_widgets.models.inputs.columns import columns_of, numbers_of
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

Background = ArrayLike | None

WITHOUT = Option(
    default="baseline",
    kind="choice",
    label="Without",
    sentence="What stands for a column that is absent: a baseline, any row, or rows that are like this one.",
    choices=("baseline", "marginal", "conditional"),
    shown=False,
)
CONDITIONAL = Option(
    default="gaussian",
    kind="choice",
    label="Conditional",
    sentence="What rows like this one are known by: a normal distribution, or those that are near it.",
    choices=("gaussian", "empirical"),
    when=("without", ("conditional",)),
    shown=False,
)
DRAWS = Option(
    default=256,
    kind="integer",
    label="Draws",
    sentence="How many rows take the place of what is absent.",
    minimum=1,
    when=("without", ("marginal", "conditional")),
    shown=False,
)

NEARNESS = 0.1
"""The bandwidth of the weights of near rows, as Aas, Jullum and Løland take it where none is fitted."""
SINGULAR = 1e-9
"""Directions along which standardised columns vary by less say nothing of the others."""


def _check_background(value: Any) -> Any:
    if value is None:
        return None
    names = columns_of(value)
    if names is None:
        return as_array(value)
    return dict(zip(names, np.moveaxis(numbers_of(value), -1, 0), strict=True))


BACKGROUND = Option(
    default=None,
    kind="choice",
    label="Background",
    sentence="Rows of the table, which say what columns are like.",
    other=_check_background,
    shown=False,
)


class Expectation(ABC):
    """What takes the place of the columns that are out, draw by draw; each draw depends on its number alone.

    Parameters
    ----------
    rows : array of shape (rows, columns)
        What says how columns are distributed.
    batch : array of shape (batch, columns)
        The inputs.
    draws, seed : int
    """

    together: int = 1
    """So many rows make one draw."""
    exhaustive: bool = True
    """Whether each draw is another one of the rows, so that there is nothing to know beyond them all."""

    def __init__(self, rows: Array, batch: Array, draws: int, seed: int) -> None:
        self.rows, self.batch, self.seed = rows.astype(np.float64), batch.astype(np.float64), seed
        self.size = min(draws, len(rows)) if self.exhaustive else max(draws // self.together, 1)
        self.order = np.random.default_rng(seed).permutation(len(rows))

    @abstractmethod
    def filling(self, there: Array, start: int, stop: int) -> Array:
        """Return what stands in each place, which broadcasts to (draws, together, coalitions, batch, columns).

        Where a column is there, (coalitions, columns), nobody looks at it.
        """

    def weights(self, there: Array, start: int, stop: int) -> Array | float:
        """Return how much each draw counts, which broadcasts to (draws, together, coalitions, batch): 1 on average."""
        return 1.0


class Marginal(Expectation):
    """Columns that are out are those of any row, whatever the others are: what intervening on x_S amounts to.

    Janzing, Minorics, Blöbaum (2020); the values of f at such rows may be far from any that occur.
    """

    def filling(self, there: Array, start: int, stop: int) -> Array:
        return self.rows[self.order[start:stop]][:, None, None, None, :]


class Empirical(Marginal):
    """Rows count by how near their columns x_S are to those of the input (Aas, Jullum, Løland 2021).

    The distance is Mahalanobis' by the columns in S, over their number; the weight is that of a normal kernel.
    """

    def __init__(self, rows: Array, batch: Array, draws: int, seed: int) -> None:
        # Weights are relative to those of all rows: a part of these would say of rows nearby that they are far.
        super().__init__(rows, batch, len(rows), seed)
        self.known = Standardised(self.rows)
        self._seen: dict[bytes, Array] = {}

    def weights(self, there: Array, start: int, stop: int) -> Array:
        chosen = self.order[start:stop]
        found = np.stack([self._nearness(row)[:, chosen] for row in there])  # (coalitions, batch, draws)
        return np.moveaxis(found, -1, 0)[:, None]

    def _nearness(self, there: Array) -> Array:
        """Return how much each row counts with these columns given, (batch, rows): 1 on average."""
        if there.tobytes() not in self._seen:
            within = self.known.covariance[np.ix_(there, there)]
            apart = (self.known.of(self.batch)[:, None] - self.known.of(self.rows))[..., there]
            inverse = np.linalg.pinv(within, SINGULAR, hermitian=True)
            squares = np.einsum("brs,st,brt->br", apart, inverse, apart) / max(int(there.sum()), 1)
            nearness = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * NEARNESS**2))
            self._seen[there.tobytes()] = nearness / nearness.mean(axis=1, keepdims=True)
        return self._seen[there.tobytes()]


class GaussianConditional(Expectation):
    """Columns that are out are drawn from a normal distribution, given x_S (Aas, Jullum, Løland 2021).

    Mean and covariance are those of the rows. Each draw is followed by its mirror image about the conditional mean, so
    that of a linear network nothing is left to chance.
    """

    together = 2
    exhaustive = False

    def __init__(self, rows: Array, batch: Array, draws: int, seed: int) -> None:
        super().__init__(rows, batch, draws, seed)
        self.known = Standardised(self.rows)
        self._seen: dict[bytes, tuple[Array, Array]] = {}

    def filling(self, there: Array, start: int, stop: int) -> Array:
        found = [self._given(row) for row in there]
        means, roots = np.stack([mean for mean, _ in found]), np.stack([root for _, root in found])
        columns = self.rows.shape[1]
        normal = np.stack(
            [np.random.default_rng((self.seed, number)).standard_normal(columns) for number in range(start, stop)]
        )
        apart = np.einsum("cij,kj->kci", roots, normal)[:, None, :, None] * np.array([1, -1])[:, None, None, None]
        return self.known.back(means + apart)

    def _given(self, there: Array) -> tuple[Array, Array]:
        """Return the mean of all columns given these ones, (batch, columns), and a root of their covariance."""
        if there.tobytes() not in self._seen:
            covariance = self.known.covariance
            onto = covariance[:, there] @ np.linalg.pinv(covariance[np.ix_(there, there)], SINGULAR, hermitian=True)
            mean = self.known.of(self.batch)[:, there] @ onto.T
            left = covariance - onto @ covariance[there]
            sizes, axes = np.linalg.eigh((left + left.T) / 2)
            self._seen[there.tobytes()] = mean, axes * np.sqrt(np.maximum(sizes, 0))
        return self._seen[there.tobytes()]


class Standardised:
    """The columns of rows, of mean 0 and variance 1; one that does not vary stays where it is."""

    def __init__(self, rows: Array) -> None:
        self.mean, spread = rows.mean(axis=0), rows.std(axis=0)
        self.spread = np.where(spread > 0, spread, 1)
        self.covariance = self.of(rows).T @ self.of(rows) / len(rows)

    def of(self, rows: Array) -> Array:
        """Return rows standardised."""
        found: Array = (rows - self.mean) / self.spread
        return found

    def back(self, standardised: Array) -> Array:
        """Return rows as they were before."""
        found: Array = self.mean + standardised * self.spread
        return found
