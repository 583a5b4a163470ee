"""What a pass computes, and what it brings: plain data between the methods and the adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from xai_widgets.errors import InputError

Array = NDArray[Any]

Number = float | Array
"""One number for a single input, one per input (batch,) for a batch: the type cannot tell which was given."""

Values = Array | Any
"""An array of the shape of the input; of several input tensors a tuple or a dict of arrays.

The second is `Any`, so that a checker of types knows of arrays and lets whoever has several inputs take them apart.
"""

Link = Literal["identity", "softmax", "log_softmax"]


def one_hot(places: Array, count: int, dtype: DTypeLike = np.float64) -> Array:
    """Return rows (rows, count) of zeros with a one at their places.

    Not rows of the identity: of the words that a language model may say next that has billions of numbers.
    """
    rows = np.zeros((len(places), count), dtype)
    rows[np.arange(len(rows)), places] = 1
    return rows


@dataclass(frozen=True)
class Objective:
    """The scalar, one per input, that a pass computes: the sum of ``weights * link(outputs)``.

    Attributes
    ----------
    weights : array of shape (rows, ...) or (1, ...)
        The weight of each output; ``...`` is the shape of the outputs. Being data and not code, they let one traced
        function serve every class.
    link : {"identity", "softmax", "log_softmax"}
        What is done to the scores first.
    top : bool
        Whether to add one to the weight of the largest score of each row.
    layer : str, optional
        The layer whose output takes the place of the scores.
    function : callable, optional
        Takes the place of all of the above: from the framework's scores (rows, outputs) to (rows,).
    class_axis : int
        The axis of one row's scores that counts classes.

    Notes
    -----
    For the scores of a segmentation, which have one class axis and two of places, `top` restricts what was left open:
    weights with one entry for all places count where the model's answer is their class, weights with one entry for all
    classes are those of the class that is the answer at most places, the background (class 0) left out.
    """

    weights: Array
    link: Link = "identity"
    top: bool = False
    layer: str | None = None
    function: Callable[[Any], Any] | None = None
    class_axis: int = 0

    def fixed(self, scores: Array) -> Objective:
        """Return the objective with the top class of `scores` (rows, outputs) written into the weights.

        Raises
        ------
        ValueError
            If that takes all weight away: the top class of an input would be compared with itself, or the class is the
            answer nowhere.
        """
        if not self.top:
            return self
        if scores.ndim == 4:
            return replace(self, weights=self._segmented(scores), top=False)
        weights = self.weights + one_hot(scores.argmax(axis=1), scores.shape[1], scores.dtype)
        if not weights.any(axis=1).all():
            raise InputError(
                "The top class of the input is the very class that it is compared with; expected two classes. Compare "
                "with another one, or say which class to explain."
            )
        return replace(self, weights=weights, top=False)

    def _segmented(self, scores: Array) -> Array:
        """Return the weights for each place and class of `scores`, with what was left open written into them."""
        axis = 1 if self.class_axis == 0 else -1
        scores, asked = np.moveaxis(scores, axis, 1), np.moveaxis(self.weights, axis, 1)
        answers = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])[:, None, None]
        if asked.shape[1] == 1:
            places = answers.sum(axis=(2, 3))
            asked = asked * one_hot(1 + places[:, 1:].argmax(axis=1), scores.shape[1])[:, :, None, None]
        if asked.shape[2:] == (1, 1):
            asked = asked * answers
        weights = np.broadcast_to(asked, scores.shape).astype(scores.dtype)
        empty = np.flatnonzero(~weights.any(axis=(1, 2, 3)))
        if len(empty):
            raise InputError(
                f"The model's answer for input {empty[0]} has no place with the class that is asked about, so there is "
                "no segment to explain; expected another class, or Segment(target, mask=...) with the places."
            )
        return np.moveaxis(weights, 1, axis)

    def rows(self, index: Array) -> Objective:
        """Return the objective for the rows `index`; weights shared by all rows stay shared."""
        return self if len(self.weights) == 1 else replace(self, weights=self.weights[index])


class Evaluation(NamedTuple):
    """What one chunk of passes brought, one row per input."""

    values: Array
    """The objective, (rows,)."""
    scores: Array
    """The scores, (rows, outputs); of shape (rows, 0) where a pass stops at the objective's own layer."""
    gradients: Array | None = None
    """The derivative of each value by its row of the cut, (rows, *shape of the cut)."""
    activations: Array | None = None
    """The output of the cut at which the derivative was taken, (rows, *shape of the cut)."""
    reference_values: Array | None = None
    """The objective at what each row was compared with, (rows,)."""
    reference_activations: Array | None = None
    """The output of the cut there, (rows, *shape of the cut)."""

    def pooled(self, pool: Array) -> Evaluation:
        """Return the same with sums of the gradients, (groups, *shape), with the weights `pool` (groups, rows)."""
        gradients = np.asarray(self.gradients)
        return self._replace(gradients=np.tensordot(pool.astype(gradients.dtype), gradients, 1))
