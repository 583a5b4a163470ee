"""Coalitions of features: streams of them, and the estimators that turn their values into one number per feature.

Features that are present are the players of a game, and the quantity is what a coalition of them is worth (Shapley
1953). The order of visiting coalitions and the estimator belong together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from xai_widgets.answers.refine import Answer, Sampler
from xai_widgets.answers.sampling import FEWEST, RunningMean
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array

MOST_PLAYERS = 16
"""With so many features there are 65,536 coalitions: the most that is ever evaluated one by one."""


class Entries(NamedTuple):
    """A player's entries into coalitions: its share is the mean of what these are then worth more."""

    coalitions: Array
    """Those that it enters, without it, (entries, players)."""
    before: Array
    """What they are worth without the player, (entries,)."""
    after: Array
    """And with it, (entries,)."""
    weights: Array
    """How much each entry counts, (entries,); they sum to one."""


class Fit(NamedTuple):
    """What the samples of a regression make of one of its coefficients: a constant, and a part of each value."""

    coalitions: Array
    """The samples, (samples, players)."""
    values: Array
    """What each is worth more than what the regression counts from, (samples,)."""
    influences: Array
    """By how much the coefficient rises with the value of each, (samples,)."""
    weights: Array
    """How much each sample counts in the regression, (samples,)."""
    constant: float
    """What the coefficient is where all values are zero."""


class Coalitions(ABC):
    """A stream of coalitions, and the estimator that turns their values into the players' shares.

    The values at both ends, of nobody and of all, are known before the stream starts, and no coalition of it is one of
    them unless it says so.

    Parameters
    ----------
    players : int
    empty, full : array of shape (batch,)
        The values of nobody and of all.
    """

    size: int
    """The number of coalitions."""
    minimum: int
    """How many of them a first estimate needs."""
    period: int = 1
    """Estimates are made after multiples of this many coalitions."""

    def __init__(self, players: int, empty: Array, full: Array) -> None:
        self.players = players
        self.empty, self.full = empty.astype(np.float64), full.astype(np.float64)

    @abstractmethod
    def draw(self, start: int, stop: int) -> Array:
        """Return the coalitions with these numbers, (coalitions, players), true where a player is in."""

    @abstractmethod
    def add(self, start: int, present: Array, values: Array) -> None:
        """Take note of the values (coalitions, batch) of the coalitions `present`, which have numbers from `start`."""

    @abstractmethod
    def estimate(self) -> Array:
        """Return the shares so far, (batch, players)."""

    @abstractmethod
    def standard_error(self) -> tuple[Array, int]:
        """Return the standard error of each share, (batch, players), and of how many samples it speaks."""

    @abstractmethod
    def entries(self, player: int, values: Array) -> Entries | Fit | None:
        """Return what a player's share is made of, of the values (coalitions,) of the first input; None where unknown.

        Coalitions of which all is known by now: their values are those of all that were drawn.
        """

    def fidelity(self) -> Array | None:
        """Return how much of the values the shares explain, (batch,); None where that is not what they are for."""
        return None


class CoalitionSampler(Sampler[Answer]):
    """Draws coalitions, asks for their values, and adds these to the estimator that they bring.

    An estimate may take a linear system to solve, so that it is made now and then.
    """

    costly = True
    coalitions: Coalitions
    worths: Array | None = None
    """What they are worth to the first input, (coalitions,), where that is kept."""

    def take(self, coalitions: Coalitions) -> None:
        """Start with these coalitions, once the values of nobody and of all are known."""
        self.coalitions = coalitions
        self.size, self.minimum, self.period = coalitions.size, coalitions.minimum, coalitions.period

    @abstractmethod
    def worth(self, present: Array) -> Array:
        """Return the values (coalitions, batch) of coalitions (coalitions, players)."""

    def draw(self, start: int, stop: int) -> None:
        present = self.coalitions.draw(start, stop)
        worth = self.worth(present).astype(np.float64)
        if self.worths is not None:
            self.worths[start:stop] = worth[:, 0]
        self.coalitions.add(start, present, worth)
        self.evaluations += (stop - start) * self.each

    def values(self) -> Array:
        return self.coalitions.estimate()

    def standard_error(self) -> Array | None:
        return self.coalitions.standard_error()[0]

    @property
    def independent(self) -> int:
        return self.coalitions.standard_error()[1]


class EveryCoalition(Coalitions):
    """All coalitions, the smallest and the largest first: the Shapley values by their definition.

    A share is the mean, over the sizes a coalition can have before the player enters, of what it brings on average. Per
    size that is the mean value of the coalitions with the player less that of those without, one size smaller. Sizes of
    which nothing is known yet are left out, and what is then missing for the sum is shared equally.
    """

    def __init__(self, players: int, empty: Array, full: Array) -> None:
        super().__init__(players, empty, full)
        if players > MOST_PLAYERS:
            raise InputError(
                f"There are {players} features, so 2^{players} coalitions of them; expected at most {MOST_PLAYERS} "
                "features to evaluate every one. Choose fewer and larger features, or take ShapleySampling or "
                "KernelShap."
            )
        sizes = sorted(range(1, players), key=lambda size: (min(size, players - size), size))
        random = np.random.default_rng(0)  # Within a size any order will do that is fair to all players.
        self.order = np.concatenate(
            [np.zeros((0, players), bool), *(random.permutation(_all(players, k)) for k in sizes)]
        )
        self.size = len(self.order)
        self.minimum = min(2 * players, self.size)
        # By size and player, of coalitions with the player and without: how many, and the sum of their values.
        self.counts = np.zeros((2, players + 1, players))
        self.sums = np.zeros((2, players + 1, players, len(empty)))
        self.add(0, np.repeat([[False], [True]], players, axis=1), np.stack([self.empty, self.full]))

    def draw(self, start: int, stop: int) -> Array:
        return self.order[start:stop]

    def add(self, start: int, present: Array, values: Array) -> None:
        for row, value in zip(present, values, strict=True):
            place = (np.where(row, 0, 1), row.sum(), np.arange(self.players))
            self.counts[place] += 1
            self.sums[place] += value

    def estimate(self) -> Array:
        means = self.sums / np.maximum(self.counts, 1)[..., None]
        brought = means[0, 1:] - means[1, :-1]  # by the size before the player enters: (players, players, batch)
        there_are = np.array([comb(self.players - 1, size) for size in range(self.players)])
        noted = np.minimum(self.counts[0, 1:], self.counts[1, :-1]).min(axis=1)
        known = noted >= np.minimum(there_are, FEWEST)
        shares = brought[known].mean(axis=0).T
        missing = (self.full - self.empty) - shares.sum(axis=1)
        completed: Array = shares + missing[:, None] / self.players
        return shares if (noted == there_are).all() else completed

    def standard_error(self) -> tuple[Array, int]:
        return np.full((len(self.full), self.players), np.nan), 0

    def entries(self, player: int, values: Array) -> Entries | None:
        if len(values) < self.size:
            return None
        ends = np.repeat([[False], [True]], self.players, axis=1)
        every = np.concatenate([ends, self.order])
        worth = np.empty(2**self.players)
        binary = 1 << np.arange(self.players)
        worth[every @ binary] = np.concatenate([self.empty[:1], self.full[:1], values])
        without = every[~every[:, player]]
        numbers, sizes = without @ binary, without.sum(axis=1)
        weights = np.array([1 / (self.players * comb(self.players - 1, size)) for size in range(self.players)])
        return Entries(without, worth[numbers], worth[numbers + binary[player]], weights[sizes])


def _all(players: int, size: int) -> Array:
    """All coalitions of a size, (coalitions, players)."""
    members = np.array(list(combinations(range(players), size)), int).reshape(comb(players, size), size)
    present = np.zeros((len(members), players), bool)
    np.put_along_axis(present, members, True, axis=1)
    return present


class Permutations(Coalitions):
    """Random orders in which the players enter one by one; each brings its own what the value rises by.

    The prefixes of an order share their values: an order costs one evaluation less than there are players. What the
    players bring in one order sums to the whole change exactly, and so does every mean of it (Castro, Gomez, Tejada
    2009). With `antithetic` every second order is the one before backwards: who entered early now enters late, and the
    errors of the two cancel in part (Mitchell, Cooper, Frank, Holmes 2022).

    Parameters
    ----------
    samples : int
        How many orders.
    seed : int
    antithetic : bool
    """

    def __init__(self, players: int, empty: Array, full: Array, samples: int, seed: int, antithetic: bool) -> None:
        super().__init__(players, empty, full)
        self.seed, self.antithetic = seed, antithetic
        self.period = max(players - 1, 1)
        self.size = samples * (players - 1)
        self.minimum = min(self.period, self.size)
        self.mean, self.pairs = RunningMean(), RunningMean()
        self.last = self.empty
        self.brought = np.zeros((len(empty), players))
        self.forward = self.brought
        if players == 1:
            self.mean.add((self.full - self.empty)[None, :, None])

    def order(self, number: int) -> Array:
        """Return the order with this number: which player is first, second and so on."""
        if not self.antithetic:
            return np.random.default_rng([self.seed, number]).permutation(self.players)
        order = np.random.default_rng([self.seed, number // 2]).permutation(self.players)
        return order[::-1] if number % 2 else order

    def draw(self, start: int, stop: int) -> Array:
        present = np.zeros((stop - start, self.players), bool)
        for row, number in enumerate(range(start, stop)):
            present[row, self.order(number // self.period)[: number % self.period + 1]] = True
        return present

    def add(self, start: int, present: Array, values: Array) -> None:
        for number, value in enumerate(values, start):
            order, step = self.order(number // self.period), number % self.period
            self.brought[:, order[step]] = value - self.last
            self.last = value
            if step == self.period - 1:
                self.brought[:, order[-1]] = self.full - value
                self._finish(number // self.period)

    def _finish(self, number: int) -> None:
        """Take note of the order that is complete, and of the pair that it completes."""
        self.mean.add(self.brought[None])
        if number % 2:
            self.pairs.add((self.forward + self.brought)[None] / 2)
        self.forward, self.brought, self.last = self.brought, np.zeros_like(self.brought), self.empty

    def entries(self, player: int, values: Array) -> Entries | None:
        orders = 1 if self.players == 1 else len(values) // self.period
        if not orders:
            return None
        ways = np.stack([self.order(number) for number in range(orders)])
        known = values[: orders * (self.players - 1)].reshape(orders, -1)
        worth = np.column_stack([np.full(orders, self.empty[0]), known, np.full(orders, self.full[0])])
        rows, places = np.nonzero(ways == player)
        present = np.zeros((orders, self.players), bool)
        np.put_along_axis(present, ways, np.arange(self.players) < places[:, None], axis=1)
        return Entries(present, worth[rows, places], worth[rows, places + 1], np.full(orders, 1 / orders))

    def estimate(self) -> Array:
        return self.mean.mean

    def standard_error(self) -> tuple[Array, int]:
        # The two orders of a pair depend on each other, so that only whole pairs tell how far apart samples are.
        samples = self.pairs if self.antithetic else self.mean
        if self.players == 1:
            return np.zeros_like(self.mean.mean), samples.count
        if samples.count < 2:
            return np.full_like(self.mean.mean, np.nan), samples.count
        return samples.standard_error, samples.count
