"""Linear models fitted to coalitions: running normal equations, so that memory does not grow with the samples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from math import comb
from typing import NamedTuple

import numpy as np

from xai_widgets.attribution.surrogates.coalitions import Coalitions, Entries, Fit
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

GROUPS = 16
"""Into how many parts the samples are dealt, to see how much the result depends on each of them."""
MOST_UNKNOWNS = 512
"""The sums of products of that many features take 40 MB."""


class Sums:
    """Weighted sums of products of what coalitions hold and of their values: X'WX, X'Wy and y'Wy, in float64."""

    def __init__(self, unknowns: int, batch: int) -> None:
        self.weight = 0.0
        self.products = np.zeros((unknowns, unknowns))
        self.values = np.zeros((batch, unknowns))
        self.squares = np.zeros(batch)

    def add(self, rows: Array, weights: Array, values: Array) -> None:
        """Add rows (rows, unknowns) with weights (rows,) and values (rows, batch)."""
        weighted = rows * weights[:, None]
        self.weight += float(weights.sum())
        self.products += rows.T @ weighted
        self.values += values.T @ weighted
        self.squares += weights @ values**2

    def plus(self, other: Sums, times: float = 1.0) -> Sums:
        """Return these sums and the other's, taken so many times."""
        sums = Sums(len(self.products), len(self.values))
        sums.weight = self.weight + times * other.weight
        sums.products = self.products + times * other.products
        sums.values = self.values + times * other.values
        sums.squares = self.squares + times * other.squares
        return sums


def least_squares(sums: Sums, penalty: Array) -> Array:
    """Return the coefficients (batch, unknowns) of least loss, with `penalty` (unknowns,) times each one's square.

    A trace of a penalty stands in for what the samples leave open.
    """
    found: Array = np.linalg.solve(stabilised(sums, penalty), sums.values.T).T
    return found


def stabilised(sums: Sums, penalty: Array) -> Array:
    """Return the matrix of the normal equations, (unknowns, unknowns), with the penalty and what stands in for more."""
    trace = 1e-11 * max(float(np.trace(sums.products)) / len(penalty), 1e-300)
    return sums.products + np.diag(penalty + trace)


class Regression(Coalitions):
    """A linear model of the values of sampled coalitions, by weighted least squares.

    The standard error of its coefficients is a jackknife (Quenouille 1949; Tukey 1958): samples are dealt into groups
    in turn, the model is fitted again without each of them, and how far the fits lie apart is how uncertain they are.
    """

    def __init__(self, players: int, empty: Array, full: Array, unknowns: int, seed: int) -> None:
        super().__init__(players, empty, full)
        if players > MOST_UNKNOWNS:
            raise InputError(
                f"There are {players} features, and one unknown for each of them; expected at most {MOST_UNKNOWNS}. "
                "Choose fewer and larger features."
            )
        self.seed = seed
        self.groups = [Sums(unknowns, len(empty)) for _ in range(GROUPS)]
        self.sampled = 0
        self._drawn = np.zeros((0, players), bool)

    @abstractmethod
    def solve(self, sums: Sums) -> Array:
        """Return the shares (batch, players) that fit the sums of the samples best."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self._drawn.nbytes + sum(one.products.nbytes for one in self.groups)

    def drawn(self, count: int) -> Array:
        """Return the first coalitions, (count, players), remembered for when the next player is asked about."""
        if len(self._drawn) != count:
            self._drawn = self.draw(0, count)
        return self._drawn

    def deal(self, numbers: Array, rows: Array, weights: Array, values: Array) -> None:
        """Add samples to the groups that their numbers fall into."""
        for group in np.unique(numbers % GROUPS):
            dealt = numbers % GROUPS == group
            self.groups[group].add(rows[dealt], weights[dealt], values[dealt])
        self.sampled += len(rows)

    def together(self) -> Sums:
        """Return the sums of all samples."""
        first, *others = self.groups
        for other in others:
            first = first.plus(other)
        return first

    def estimate(self) -> Array:
        return self.solve(self.together())

    def standard_error(self) -> tuple[Array, int]:
        if self.sampled < 2 * GROUPS:
            return np.full((len(self.full), self.players), np.nan), 0
        everything = self.together()
        fits = np.stack([self.solve(everything.plus(group, -1.0)) for group in self.groups])
        error: Array = np.sqrt((GROUPS - 1) / GROUPS * ((fits - fits.mean(axis=0)) ** 2).sum(axis=0))
        return error, self.sampled


class LocalSamples(Regression):
    """LIME's samples: each feature there or not by the toss of a coin, weighted by how near they are to the input.

    Sample 0 is the input itself. The model has an intercept, which the penalty leaves alone.

    Parameters
    ----------
    samples, seed : int
    locality : callable
        From what share of the features is there, (rows,), to the weight, (rows,).
    ridge : float
        What the squared coefficients are multiplied by in the loss.
    """

    def __init__(
        self,
        players: int,
        empty: Array,
        full: Array,
        samples: int,
        seed: int,
        locality: Callable[[Array], Array],
        ridge: float,
    ) -> None:
        super().__init__(players, empty, full, players + 1, seed)
        self.size = samples
        self.minimum = min(max(16, players), samples)
        self.locality = locality
        self.penalty = ridge * np.append(np.ones(players), 0)

    def draw(self, start: int, stop: int) -> Array:
        coins = [np.random.default_rng([self.seed, number]).random(self.players) for number in range(start, stop)]
        present: Array = (np.stack(coins) < 0.5) | (np.arange(start, stop) == 0)[:, None]
        return present

    def add(self, start: int, present: Array, values: Array) -> None:
        rows = np.column_stack([present.astype(np.float64), np.ones(len(present))])
        # Values are taken from the input's own, so that squares of a large offset do not swallow what varies.
        self.deal(np.arange(start, start + len(rows)), rows, self.locality(present.mean(axis=1)), values - self.full)

    def solve(self, sums: Sums) -> Array:
        return least_squares(sums, self.penalty)[:, :-1]

    def entries(self, player: int, values: Array) -> Fit:
        present = self.drawn(len(values))
        weights = self.locality(present.mean(axis=1))
        rows = np.column_stack([present, np.ones(len(present))])
        column = np.linalg.solve(stabilised(self.together(), self.penalty), np.eye(self.players + 1)[player])
        return Fit(present, values - self.full[0], weights * (rows @ column), weights, 0.0)

    def fidelity(self) -> Array:
        """Return the weighted coefficient of determination, (batch,): 1 where the surrogate does what the model does.

        It is nan where the values do not vary.
        """
        sums = self.together()
        found = least_squares(sums, self.penalty)
        residual = sums.squares - 2 * (found * sums.values).sum(axis=1) + ((found @ sums.products) * found).sum(axis=1)
        spread = sums.squares - sums.values[:, -1] ** 2 / sums.weight
        varies = spread > 1e-12 * sums.squares
        fidelity: Array = np.where(varies, 1 - residual / np.where(varies, spread, 1), np.nan)
        return fidelity


class KernelSamples(Regression):
    """KernelSHAP: least squares under the Shapley kernel, with both ends as constraints (Lundberg and Lee 2017).

    The values of nobody and of all are met exactly: the intercept is the one, and the last share is what the others
    leave of the change, which takes one unknown out. Of n players, the coalitions of k together weigh
    (n - 1) / (k (n - k)). The smallest and the largest sizes are taken in full while the samples suffice for it, and
    the rest is drawn at random from the sizes in between; `paired`, every second one is the complement of the one
    before, and their errors cancel in part (Covert and Lee 2021).

    Parameters
    ----------
    samples, seed : int
        Beyond 2^n - 2 samples there is nothing more to know: that many are taken.
    paired : bool
    """

    def __init__(self, players: int, empty: Array, full: Array, samples: int, seed: int, paired: bool) -> None:
        super().__init__(players, empty, full, max(players - 1, 1), seed)
        self.together_drawn = 2 if paired else 1
        self.change = self.full - self.empty
        self.size = min(samples, 2**players - 2)
        if self.size < min(2 * players, 2**players - 2):
            raise InputError(
                f"samples is {samples}, but there are {players} features; expected at least {2 * players} samples, or "
                "fewer and larger features."
            )
        self.minimum = min(2 * players, self.size)
        self.shells = _shells(players, self.size)
        self.enumerated = sum(shell.number for shell in self.shells)
        self.open_sizes = np.arange(len(self.shells) + 1, players - len(self.shells))
        masses = _mass(players, self.open_sizes)
        self.open_mass = float(masses.sum())
        self.chances = np.cumsum(masses) / max(self.open_mass, 1e-300)
        self.whole = [Sums(max(players - 1, 1), len(empty)) for _ in self.shells]

    def draw(self, start: int, stop: int) -> Array:
        return np.stack([self._coalition(number) for number in range(start, stop)])

    def _coalition(self, number: int) -> Array:
        present = np.zeros(self.players, bool)
        for shell in self.shells:
            if number < shell.number:
                rank, complement = divmod(number, 2) if shell.mirrored else (number, 0)
                present[_combination(self.players, shell.size, rank)] = True
                return ~present if complement else present
            number -= shell.number
        random = np.random.default_rng([self.seed, number // self.together_drawn])
        # The last chance may be less than 1 by rounding.
        place = min(int(np.searchsorted(self.chances, random.random(), "right")), len(self.open_sizes) - 1)
        present[random.permutation(self.players)[: self.open_sizes[place]]] = True
        return ~present if number % self.together_drawn else present

    def add(self, start: int, present: Array, values: Array) -> None:
        inside = present.astype(np.float64)
        rows = inside[:, :-1] - inside[:, -1:] if self.players > 1 else inside
        values = values - self.empty - inside[:, -1:] * self.change
        numbers, first, weights = np.arange(start, start + len(rows)), 0, np.ones(len(rows))
        for shell, sums in zip(self.shells, self.whole, strict=True):
            here = (first <= numbers) & (numbers < first + shell.number)
            sums.add(rows[here], weights[here], values[here])
            first += shell.number
        here = numbers >= first
        self.deal((numbers[here] - first) // self.together_drawn, rows[here], weights[here], values[here])

    def entries(self, player: int, values: Array) -> Entries | Fit:
        """Return the same with all unknowns alike: an equal part of the change, and what the samples add to it.

        By Lagrange's multiplier the least squares under the sum of the shares are those without, all moved by what
        makes up for it. Of a single player all is known without a sample.
        """
        if self.players == 1:
            return Entries(np.zeros((1, 1), bool), self.empty[:1], self.full[:1], np.ones(1))
        present = self.drawn(len(values))
        weights, first = np.full(len(values), self.open_mass), 0
        for shell in self.shells:
            taken = slice(first, first + shell.number)
            weights[taken] = shell.mass / max(len(weights[taken]), 1)
            first += shell.number
        weights[first:] /= max(len(values) - first, 1)
        rows = present.astype(np.float64)
        free, ones = rows.T @ (rows * weights[:, None]), np.ones(self.players)
        free += 1e-11 * max(float(np.trace(free)) / self.players, 1e-300) * np.eye(self.players)
        own, moved = np.linalg.solve(free, np.column_stack([np.eye(self.players)[player], ones])).T
        part = moved[player] / moved.sum()
        influences = weights * (rows @ (own - part * moved))
        return Fit(present, values - self.empty[0], influences, weights, float(part * self.change[0]))

    def solve(self, sums: Sums) -> Array:
        if self.players == 1:
            return self.change[:, None]
        total = Sums(self.players - 1, len(self.change))
        for shell, whole in zip(self.shells, self.whole, strict=True):
            total = total.plus(whole, shell.mass / max(whole.weight, 1))
        total = total.plus(sums, self.open_mass / max(sums.weight, 1))
        shares = least_squares(total, np.zeros(self.players - 1))
        return np.column_stack([shares, self.change - shares.sum(axis=1)])

    def standard_error(self) -> tuple[Array, int]:
        if self.enumerated == self.size == int(sum(sums.weight for sums in self.whole)):
            return np.zeros((len(self.full), self.players)), self.size
        return super().standard_error()


class Shell(NamedTuple):
    """The coalitions of one size and those of its mirror, as many as are then out."""

    size: int
    mirrored: bool
    """Whether the two sizes differ; each coalition is then followed by its complement."""
    number: int
    mass: float


def _mass(players: int, sizes: Array) -> Array:
    """What the Shapley kernel weighs all coalitions of each size together."""
    mass: Array = (players - 1) / (sizes * (players - sizes))
    return mass


def _shells(players: int, samples: int) -> list[Shell]:
    """The shells to take in full, from outside: while samples drawn by mass would not be fewer than they have."""
    shells, left = [], samples
    for size in range(1, players // 2 + 1):
        mirrored = size != players - size
        number = comb(players, size) * (1 + mirrored)
        mass = float(_mass(players, np.array([size])).item() * (1 + mirrored))
        open_mass = float(_mass(players, np.arange(size, players - size + 1)).sum())
        if left * mass < number * open_mass * (1 - 1e-9):
            break
        shells.append(Shell(size, mirrored, number, mass))
        left -= number
    return shells


def _combination(players: int, size: int, rank: int) -> list[int]:
    """The members of the coalition of this size with this rank, in lexicographic order."""
    members = []
    for player in range(players):
        if size == 0:
            break
        with_player = comb(players - player - 1, size - 1)
        if rank < with_player:
            members.append(player)
            size -= 1
        else:
            rank -= with_player
    return members
