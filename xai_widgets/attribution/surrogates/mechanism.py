"""How a value arises from coalitions of features: what each is worth with the feature of the place, and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.attribution.mechanism import Ledger, Mechanism, Place, in_part, thumbnails
from xai_widgets.attribution.surrogates.coalitions import Coalitions, Entries, Fit
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Dots, Part

SHOWN = 3
"""Of so many coalitions the inputs are drawn, each without the feature and with it."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OrderMechanism(Mechanism):
    """A Shapley value: what coalitions are worth more when the feature of the place enters; made by `Method.mechanism`.

    Attributes
    ----------
    ledger : Worths
        What it was read from: what all coalitions are worth.
    coalitions : bool array of shape (entries, features)
        Which features are there before it enters.
    before, after : array of shape (entries,)
        The quantity without the feature and with it.
    brought : array of shape (entries,)
        The difference: the marginal contributions.
    weights : array of shape (entries,)
        How much each counts, for `ShapleySampling` all alike; the value is the sum of weights times what was brought.
    features : int
        To how many features the place belongs, each with entries of its own.
    share : float
        The part of their values that it has: all, but for tokens that go together as a word.

    Examples
    --------
    >>> arises = xai.ShapleySampling(features="squares", size=2, samples=8).mechanism(model, x, at=(3, 4))
    >>> arises.brought.shape, bool(np.isclose(arises.brought.mean(), arises.value))
    ((8,), True)
    """

    ledger: Worths
    coalitions: Array
    before: Array
    after: Array
    weights: Array
    features: int = 1
    share: float = 1.0

    @property
    def brought(self) -> Array:
        """What each coalition is worth more with the feature."""
        brought: Array = self.after - self.before
        return brought

    @property
    def sentence(self) -> str:
        part = in_part(self.share, self.features)
        if len(self.before) == 1:
            return f"{part}what its feature brings when it enters: from {self.before[0]:.3g} to {self.after[0]:.3g}"
        mean = "mean" if np.ptp(self.weights) == 0 else "weighted mean"
        feature = "each" if self.features > 1 else "its feature"
        return (
            f"{part}the {mean} of what {feature} brings when it enters {len(self.before) // self.features} coalitions "
            f"of the others, from {self.brought.min():.3g} to {self.brought.max():.3g}"
        )

    @property
    def parts(self) -> Sequence[Part]:
        entries = np.arange(min(SHOWN, len(self.before)))
        pictures = self.ledger.seen(self.question, self.coalitions[entries], self.at)
        values = np.concatenate([self.before[entries], self.after[entries]])
        label = "the quantity before it enters, and below after"
        brought = Dots([("", self.brought)], "what it brings", [self.weights])
        return [*thumbnails(self.question, pictures, values, label), brought]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RegressionMechanism(Mechanism):
    """A coefficient of a linear model, fitted to coalitions with and without a feature; made by `Method.mechanism`.

    Attributes
    ----------
    ledger : Worths
        What it was read from: what all coalitions are worth.
    present : bool array of shape (samples,)
        Whether the feature is there in each sample.
    coalitions : bool array of shape (samples, features)
        Which features are there.
    scores : array of shape (samples,)
        The quantity of each.
    weights : array of shape (samples,)
        How much each sample counts in the regression.
    influences : array of shape (samples,)
        By how much the coefficient rises with the score of each, positive with the feature and negative without it, as
        a rule.
    constant : float
        What the coefficient is where all scores are `origin`: for `KernelShap` an equal part of the whole change.
    origin : float
        What the scores count from. The value is the constant plus the sum of influences times (scores - origin).
    features : int
        To how many features the place belongs; their coefficients are summed.
    share : float
        The part of the coefficient that it has: all, but for tokens that go together as a word.

    Examples
    --------
    >>> arises = xai.Lime(features="squares", size=2, samples=64).mechanism(model, x, at=(3, 4))
    >>> made = arises.constant + arises.influences @ (arises.scores - arises.origin)
    >>> bool(np.isclose(made, arises.value))
    True
    """

    ledger: Worths
    present: Array
    coalitions: Array
    scores: Array
    weights: Array
    influences: Array
    constant: float
    origin: float
    features: int = 1
    share: float = 1.0

    @property
    def sentence(self) -> str:
        with_it, without = (self._mean(there) for there in (True, False))
        begin = f"{self.constant:.3g}, an equal part of the whole change, and " if self.constant else ""
        return (
            f"{begin}{in_part(self.share, self.features)}the coefficient of its feature in a linear model of "
            f"{len(self.scores)} coalitions: with it the quantity is {with_it}, without it {without}"
        )

    def _mean(self, there: bool) -> str:
        """Return in words what the quantity is where the feature is there, or is not; none of these may count."""
        rows = self.present == there
        weights, count = self.weights[rows], int(rows.sum())
        if not weights.any():
            return f"not known, since none of {count} counts" if count else "not known, since none was drawn"
        return f"{np.average(self.scores[rows], weights=weights):.3g} in the weighted mean of {count}"

    @property
    def parts(self) -> Sequence[Part]:
        said = self.influences * (self.scores - self.origin)
        most = np.concatenate(
            [
                places[np.argsort(-np.abs(said[places]), kind="stable")[:SHOWN]]
                for places in (np.flatnonzero(self.present), np.flatnonzero(~self.present))
            ]
        )
        pictures = self.ledger.inputs(self.question, self.coalitions[most])
        rows, weights = [], []
        for name, there in (("with it", self.present), ("without", ~self.present)):
            if self.weights[there].any():  # The rest has no mean.
                rows.append((name, self.scores[there]))
                weights.append(self.weights[there])
        label = "the quantity of coalitions that say most, with it and without it"
        return [*thumbnails(self.question, pictures, self.scores[most], label), Dots(rows, "the quantity", weights)]


@dataclass(eq=False)
class Worths(Ledger):
    """What each coalition of a stream is worth.

    Attributes
    ----------
    coalitions : Coalitions
    players : Players
    values : float array (coalitions,)
    """

    coalitions: Coalitions
    players: Any
    values: Array

    def inputs(self, question: Any, present: Array) -> Array:
        """Return the input with some of its features, (rows, *input shape)."""
        batch = question.batch
        switched: Array = self.players.features.switch(batch, self.players.filling, present)[:, 0]
        return switched

    def seen(self, question: Any, present: Array, at: Place) -> Array:
        """Return the input without the feature of a place, then with it, (2 * rows, *input shape)."""
        found, _ = self.players.features.at(question.layouts[0], at)
        after = present.copy()
        after[:, found[:1]] = True
        return self.inputs(question, np.concatenate([present, after]))

    def read(self, found: Any, at: Place) -> Mechanism | None:
        question = found.question
        numbers, share = self.players.features.at(question.layouts[0], at)
        read = [self.coalitions.entries(int(number), self.values.astype(np.float64)) for number in numbers]
        about = {"method": found.method, "question": question, "at": at, "ledger": self}
        about |= {"features": len(numbers), "share": share}
        entries = [one for one in read if isinstance(one, Entries)]
        if entries and len(entries) == len(read):
            coalitions, before, after, weights = (np.concatenate(one) for one in zip(*entries, strict=True))
            weights = share * weights
            value = float(weights @ (after - before))
            of = {"coalitions": coalitions, "before": before, "after": after, "weights": weights}
            return OrderMechanism(value=value, **of, **about)
        fits = [one for one in read if isinstance(one, Fit)]
        if not fits or len(fits) < len(read):
            return None
        first, influences = fits[0], share * np.sum([one.influences for one in fits], axis=0)
        constant = share * sum(one.constant for one in fits)
        return RegressionMechanism(
            present=np.asarray(first.coalitions[:, numbers].all(axis=1)),
            coalitions=first.coalitions,
            scores=self.values.astype(np.float64),
            weights=first.weights,
            influences=influences,
            constant=constant,
            origin=float(self.values[0] - first.values[0]),
            value=float(constant + influences @ first.values),
            **about,
        )
