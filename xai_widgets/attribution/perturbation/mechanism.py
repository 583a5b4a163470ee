"""How a value arises from inputs under masks: which of them reach the place, and what the quantity is under each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.attribution.mechanism import Ledger, Mechanism, Place, in_part, thumbnails
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Dots, Part

SHOWN = 6
"""So many masked inputs are drawn."""


class Reaching(NamedTuple):
    """The masks that take part in the value of a place."""

    numbers: Array
    """Their numbers, in the order in which they are visited, (masks,)."""
    shares: Array
    """How much of what each brings is in the value, (masks,)."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MaskMechanism(Mechanism):
    """A value that comes from masks that cover the place, or leave it visible; made by `Method.mechanism`.

    Attributes
    ----------
    ledger : Scores
        What it was read from: the masks, and the quantity under all of them.
    numbers : int array of shape (masks,)
        Which masks take part, as they are visited.
    pictures : array of shape (masks, *input shape)
        The input under each of the masks that take part, as the network saw it.
    scores : array of shape (masks,)
        The quantity under each.
    score : float
        The quantity at the input itself.
    terms : array of shape (masks,)
        What each brings: the drop from the input's own score; or for masks that leave visible the score itself.
    shares : array of shape (masks,)
        How much of it is in the value, which is the sum of shares times terms.

    Examples
    --------
    >>> arises = xai.Occlusion(window=2, stride=1).mechanism(model, x, at=(3, 4))
    >>> arises.pictures.shape, bool(np.isclose(arises.terms.mean(), arises.value))
    ((4, 1, 8, 8), True)
    """

    ledger: Scores
    numbers: Array
    scores: Array
    score: float
    terms: Array
    shares: Array

    @property
    def pictures(self) -> Array:
        """The input under each of the masks that take part, (masks, *input shape)."""
        return self.ledger.masked(self.question.batch, self.numbers)

    @property
    def sentence(self) -> str:
        count = len(self.numbers)
        if not count:
            return "nothing: it is never covered"
        if self.ledger.masks.counts == "scores":
            masks = f"{count} masks, each as often as it leaves the place visible more than others"
            return f"the mean of the quantity under {masks}"
        drops = f"from {self.score:.3g} to {self.scores.mean():.3g}"
        if count == 1:
            return f"{in_part(self.shares[0])}the drop of the quantity {drops} when it is covered"
        if (self.shares == 1).all():
            return f"the sum of what the {count} features that it belongs to take away"
        return f"the mean drop of the quantity under the {count} windows that cover it, {drops}"

    @property
    def parts(self) -> Sequence[Part]:
        found: list[Part] = []
        # Those that say most first, and of those that say the same the ones in their order.
        most = np.argsort(-np.abs(self.shares * self.terms), kind="stable")[:SHOWN]
        if len(most):
            found += thumbnails(
                self.question,
                self.ledger.masked(self.question.batch, self.numbers[most]),
                self.terms[most],
                f"the {self._what} under {'each' if len(self.numbers) <= SHOWN else 'those that say most'}",
            )
        if len(self.numbers) > SHOWN or not found:
            found.append(Dots([("", self.terms)], f"the {self._what} under each"))
        return found

    @property
    def _what(self) -> str:
        return "quantity" if self.ledger.masks.counts == "scores" else "drop of the quantity"


@dataclass(eq=False)
class Scores(Ledger):
    """The quantity under each mask of a stream.

    Attributes
    ----------
    masks : Masks
    filling : array
        What is there in place of what is covered.
    scores : float array (masks,)
    """

    masks: Any
    filling: Array
    scores: Array

    def masked(self, batch: Array, numbers: Array) -> Array:
        """Return the input under the masks with these numbers, (masks, *input shape)."""
        rows = [self.masks.apply(batch, self.filling, number, number + 1)[0, 0] for number in numbers.tolist()]
        return np.stack(rows) if rows else np.zeros((0, *batch.shape[1:]), batch.dtype)

    def read(self, found: Any, at: Place) -> Mechanism | None:
        if len(self.scores) < self.masks.size:  # What was not visited yet has the value of a neighbour.
            return None
        reaching = self.masks.reaching(at)
        scores = self.scores[reaching.numbers].astype(np.float64)
        score = float(np.ravel(found.score)[0])
        terms = scores if self.masks.counts == "scores" else score - scores
        return MaskMechanism(
            method=found.method,
            question=found.question,
            at=at,
            value=float(reaching.shares @ terms),
            ledger=self,
            numbers=reaching.numbers,
            scores=scores,
            score=score,
            terms=terms,
            shares=reaching.shares,
        )
