"""What a pass computes, and what it brings: plain data between the methods and the adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai_widgets.errors import InputError

Array = NDArray[Any]
Link = Literal["identity", "softmax", "log_softmax"]


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
    """

    weights: Array
    link: Link = "identity"
    top: bool = False
    layer: str | None = None
    function: Callable[[Any], Any] | None = None

    def fixed(self, scores: Array) -> Objective:
        """Return the objective with the top class of `scores` (rows, outputs) written into the weights.

        Raises
        ------
        ValueError
            If that takes all weight away: the top class of an input would be compared with itself.
        """
        if not self.top:
            return self
        weights = self.weights + np.eye(scores.shape[1], dtype=scores.dtype)[scores.argmax(axis=1)]
        if not weights.any(axis=1).all():
            raise InputError(
                "The top class of the input is the very class that it is compared with; expected two classes. Compare "
                "with another one, or say which class to explain."
            )
        return replace(self, weights=weights, top=False)

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
