"""The smallest change of an input with which a claim comes true: an elastic net, and steps within a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.quantity import Margin
from xai_widgets.answers.question import Question
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array, Objective, one_hot
from xai_widgets.models.passes import in_chunks

RATE = 0.1
"""The first step, as a part of the range of values; later ones are smaller."""


@dataclass(frozen=True)
class Room:
    """Where a change may lie, and what it is a change of; all of the shape of the batch."""

    anchor: Array
    low: Array
    high: Array


class Claim:
    """That a class loses its lead, or keeps it, for each input of a batch."""

    def __init__(self, question: Question, wanted: int, confidence: float, scores: Array) -> None:
        weights = np.broadcast_to(question.objective.weights, scores.shape)
        self.wanted, self.confidence = wanted, confidence
        self.rows = np.arange(len(scores))
        self.target = weights.argmax(axis=1)
        self.other: Array | None = weights.argmin(axis=1) if isinstance(question.quantity, Margin) else None
        behind = np.flatnonzero(self.lead(scores) <= 0)
        if len(behind):
            names = sorted({question.model.class_name(int(index)) for index in self.target[behind]})
            raise InputError(
                f"The model does not answer {' or '.join(names)} there, or not rather than what it is compared with; "
                "expected the class that it answers. Leave the class open, or ask why this one and not that."
            )

    def rival(self, scores: Array) -> Array:
        """Return which class each one's lead is over, (batch,): the strongest other where none is named."""
        if self.other is not None:
            return self.other
        others = np.array(scores)
        others[self.rows, self.target] = -np.inf
        strongest: Array = others.argmax(axis=1)
        return strongest

    def lead(self, scores: Array) -> Array:
        """Return by how much the class is ahead of its rival, (batch,)."""
        lead: Array = scores[self.rows, self.target] - scores[self.rows, self.rival(scores)]
        return lead

    def true(self, scores: Array) -> Array:
        """Whether the model answers as claimed, (batch,), ahead by more than nothing."""
        ahead = self.wanted * self.lead(scores)
        return (ahead > 0) & (ahead >= self.confidence)

    def objective(self, scores: Array) -> Objective:
        """Return the lead over the rivals that there were at `scores`, as a pass computes it."""
        own, rival = (one_hot(row, scores.shape[1], scores.dtype) for row in (self.target, self.rival(scores)))
        return Objective(own - rival)


class Descent:
    """The search for the smallest change, for each input of a batch by itself (Dhurandhar et al. 2018, algorithm 1).

    It minimises c max(confidence - lead, 0) + sparsity sum(abs(change)) + sum(change^2) in units of the range of values
    by proximal steps (soft thresholding) with projections into the room of a change; `lead` is that of the class if it
    is to stay ahead, of its rival if it is to lose. The paper's steps have momentum besides (FISTA), which only leads
    away from the edge of the first term, where the solution lies. As long as the claim does not come true c grows
    tenfold, else it is halved between the least that did and the largest that did not. The smallest change with which
    it did is kept.

    Parameters
    ----------
    question : Question
    room : Room
    wanted : {1, -1}
        Whether the class is to stay ahead or to lose.
    confidence, sparsity : float
    steps : int
        For each c.
    """

    def __init__(
        self, question: Question, room: Room, wanted: int, confidence: float, sparsity: float, steps: int
    ) -> None:
        self.question, self.room, self.wanted, self.sparsity, self.steps = question, room, wanted, sparsity, steps
        low, high = question.model.bounds or (0.0, 1.0)
        self.width = high - low
        start = question.look()
        self.claim = Claim(question, wanted, confidence, start.scores)
        self.scores = start.scores
        count = len(question.batch)
        self.axes = tuple(range(1, question.batch.ndim))
        self.weight: Array | None = None
        self.slope = np.ones(count)
        self.failed, self.worked = np.zeros(count), np.full(count, np.inf)
        self.smallest = np.full(count, np.inf)
        self.kept = room.anchor.copy()
        self.label = start.scores.argmax(axis=1)
        self.done = 0
        self._begin()

    def step(self) -> None:
        """Try one change, and go on to the next, with another weight of the claim after `steps` of them."""
        altered = (self.room.anchor + self.width * self.change).astype(self.question.batch.dtype)
        objective = self.claim.objective(self.scores)  # with the rivals of the step before
        evaluation = in_chunks(self.question.cut, "backward", altered, objective)
        if evaluation.gradients is None:
            raise RuntimeError("A pass backward brought no gradients.")
        self.scores = evaluation.scores
        self._note(altered)
        gradient = evaluation.gradients.astype(np.float64) * (-self.wanted * self.width)
        if self.weight is None:
            self._first_weight(gradient)
        self._descend(gradient)
        self.done += 1
        if self.done % self.steps == 0:
            self._reweigh()
            self._begin()

    def best(self) -> tuple[Array, Array, Array]:
        """Return the altered inputs by now, whether they are answered as claimed, and what is answered."""
        return self.kept.copy(), np.isfinite(self.smallest), self.label.copy()

    def _begin(self) -> None:
        self.change = np.zeros(self.question.batch.shape)
        self.came_true = np.zeros(len(self.change), bool)

    def _note(self, altered: Array) -> None:
        true = self.claim.true(self.scores)
        self.came_true |= true
        size = self.sparsity * np.abs(self.change).sum(axis=self.axes) + (self.change**2).sum(axis=self.axes)
        better = (true & (size < self.smallest)) | np.isinf(self.smallest) & ~true
        self.smallest = np.where(true & better, size, self.smallest)
        self.kept[better] = altered[better]
        self.label[better] = self.scores.argmax(axis=1)[better]

    def _first_weight(self, gradient: Array) -> None:
        """Start where the claim weighs about as much as the change itself."""
        steepest = np.abs(gradient).max(axis=self.axes)
        self.slope = np.where(steepest > 0, steepest, 1.0)
        self.weight = (1 + self.sparsity) / self.slope

    def _descend(self, gradient: Array) -> None:
        number = self.done % self.steps
        weight = self._column(self.weight)
        rate = RATE * (1 - number / self.steps) / np.maximum(1, weight * self._column(self.slope))
        missed = ~self.claim.true(self.scores)
        pull = weight * self._column(missed) * gradient
        change = self.change - rate * (pull + 2 * self.change)
        change = np.sign(change) * np.maximum(np.abs(change) - rate * self.sparsity, 0)
        self.change = np.clip(change, self.room.low / self.width, self.room.high / self.width)

    def _reweigh(self) -> None:
        """Take a smaller weight where the claim came true and a larger one elsewhere."""
        weight = np.asarray(self.weight)
        self.worked = np.where(self.came_true, np.minimum(self.worked, weight), self.worked)
        self.failed = np.where(self.came_true, self.failed, np.maximum(self.failed, weight))
        with np.errstate(invalid="ignore"):
            self.weight = np.where(np.isfinite(self.worked), (self.failed + self.worked) / 2, 10 * weight)

    def _column(self, numbers: Any) -> Array:
        """One number per input, to be multiplied with a batch."""
        return np.asarray(numbers).reshape(-1, *[1] * len(self.axes))
