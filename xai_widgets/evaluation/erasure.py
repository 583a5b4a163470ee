"""What is left of an input when a share of its parts is erased, the most or the least relevant first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.features import Features
from xai_widgets.attribution.result import Attribution
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

ORDERS = ("morf", "lerf")
"""The most relevant first, and the least relevant first (Samek et al. 2017)."""

FILL = replace(
    BASELINE,
    default="mean",
    label="Fill",
    sentence="What takes the place of what is erased; which map is best may depend on it.",
    choices=("mean", "black", "blur", "noise"),
    unlisted=("white", "padding", "mask", "zero"),
)


class Erasure:
    """Inputs of which more and more is erased, in the order that their explanation gives its parts.

    Parts that the explanation holds equal stand in a random order, and there may be several of these: whatever order
    they happen to be stored in would be an advantage or a fault of nobody's making.

    Parameters
    ----------
    judged : Attribution
    features : Features
        The parts.
    fill : str, number or array
        What takes their place: "noise" is uniform within the bounds, all else a baseline.
    orders : int
        How many random orders there are of parts that are equal; one where none are.
    seed : int

    Attributes
    ----------
    counts : array of shape (batch,)
        How many parts each input has.
    orders : int
    """

    def __init__(self, judged: Attribution, features: Features, fill: Baseline, orders: int, seed: int) -> None:
        question, self._judged = judged.question, judged
        self.batch, self.filling = question.batch, filling_for(question.model, question.batch, fill, seed)
        self._layout = question.model.input.pieces[0].layout
        labels = np.broadcast_to(features.labels, self.batch.shape).reshape(len(self.batch), -1)
        scores = [_scores(*pair, features) for pair in zip(relevance(judged), labels, strict=True)]
        self.counts = np.array([np.isfinite(one).sum() for one in scores])
        equal = [len(np.unique(one[np.isfinite(one)])) < count for one, count in zip(scores, self.counts, strict=True)]
        self.orders = orders if any(equal) else 1
        # What belongs to no part is never erased: it has no rank, -1.
        ranks = [np.stack([_ranks(one, seed, number) for one in scores]) for number in range(self.orders)]
        rows = np.arange(len(labels))[:, None]
        self._ranks = np.stack([one[rows, labels] for one in ranks]).reshape(self.orders, *self.batch.shape)

    def left(self, shares: Sequence[float] | Array, order: str) -> Array:
        """Return what is left when these shares of the parts are erased, (shares, orders, batch, *input shape)."""
        found = []
        for share in shares:
            gone = np.round(share * self.counts).reshape(-1, *[1] * (self.batch.ndim - 1)).astype(int)
            rank = self._ranks if order == "morf" else self._from_the_end
            found.append(np.where((rank >= 0) & (rank < gone), self.filling, self.batch))
        return np.stack(found).astype(self.batch.dtype)

    @cached_property
    def map(self) -> Array:
        """The explanation on the places of the input, (batch, *places); of several input tensors of the first."""
        return laid(self._judged)[0]

    @cached_property
    def planes(self) -> Array:
        """Where each place of the input stands when the most relevant go first, 0 first and -1 never, (batch, *grid).

        Of several random orders it is the first; of a place whose channels are parts by themselves, the first channel.
        """
        first: Array = self._layout.channels_first(self._ranks[0])[:, 0]
        return first.reshape(len(first), *self._layout.grid)

    @property
    def _from_the_end(self) -> Array:
        last = self.counts.reshape(-1, *[1] * (self.batch.ndim - 1)) - 1
        return np.where(self._ranks < 0, -1, last - self._ranks)


def filling_for(model: Model, batch: Array, fill: Baseline, seed: int) -> Array:
    """Return what takes the place of what is erased of inputs, of their shape; of texts their padding."""
    taken = model.input
    if isinstance(fill, str) and fill == "noise" and not taken.integral:
        drawn = taken.any_input("uniform", np.random.default_rng((seed, 2)))
        return np.broadcast_to(drawn, batch.shape).astype(batch.dtype)
    return baseline_for(batch, fill_of(model, fill), model)


def fill_of(model: Model, fill: Baseline) -> Baseline:
    """Return what is meant by a fill: of texts, which have no mean, it is their padding; of several inputs for each."""
    if not (model.input.holds_ids and isinstance(fill, str) and fill == FILL.default):
        return fill
    each = ["padding" if piece.integral else fill for piece in model.input.pieces]
    return each[0] if len(each) == 1 else each


def laid(judged: Attribution) -> list[Array]:
    """Return the maps of an explanation on the places of the input, (batch, *places), of each input tensor.

    Raises
    ------
    ValueError
        If the map is of a layer that has no places of the input.
    """
    question, pieces = judged.question, judged.question.model.input.pieces
    planes = judged.maps
    if question.cut.layer is not None and planes[0].shape[-len(pieces[0].layout.grid) :] != pieces[0].layout.grid:
        planes = [judged.on_input]
    return [one[None] if question.single else one for one in planes]


def planes_of(judged: Attribution) -> list[Array]:
    """Return how relevant an explanation holds each place of the input: as `laid` has it, slopes by their size.

    A value against the quantity is less relevant than none; but the sign of a slope, by whatever rules, says which way
    the quantity goes, and not whether it does.
    """
    return [np.abs(one) if judged.method.counts_by_size else one for one in laid(judged)]


def relevance(judged: Attribution) -> Array:
    """Return how relevant an explanation holds each element of the input, (batch, elements): what its place is."""
    whole = judged.question.model.input
    spread = [
        np.broadcast_to(piece.layout.spread(plane), (len(plane), *piece.layout.shape))
        for piece, plane in zip(whole.pieces, planes_of(judged), strict=True)
    ]
    return whole.packed(spread).reshape(len(judged.question.batch), -1).astype(np.float64)


def _scores(values: Array, labels: Array, features: Features) -> Array:
    """Return how relevant each part of an input is: the mean over its elements, of the tokens of a word their sum.

    It is nan for parts that the input has not got: of a batch some have more superpixels than others.
    """
    sizes = np.bincount(labels, minlength=features.count + 1)[: features.count]
    sums = np.bincount(labels, weights=values, minlength=features.count + 1)[: features.count]
    found: Array = np.where(sizes > 0, sums if features.shared else sums / np.maximum(sizes, 1), np.nan)
    return found


def _ranks(scores: Array, seed: int, number: int) -> Array:
    """Return the rank of each part, 0 for the most relevant, and -1 for what is none, (count + 1,)."""
    parts = np.random.default_rng((seed, number, 3)).permutation(np.flatnonzero(np.isfinite(scores)))
    ranks = np.full(len(scores) + 1, -1)
    ranks[parts[np.argsort(-scores[parts], kind="stable")]] = np.arange(len(parts))
    return ranks
