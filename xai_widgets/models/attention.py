"""The weights of attention that a pass computes, and what of them can be followed from token to token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xai_widgets.errors import FailedPassError, InputError
from xai_widgets.models.layers import numbered
from xai_widgets.models.objective import Array


class Attention(NamedTuple):
    """What one layer attends to.

    Attributes
    ----------
    layer : str
        The layer in which the weights are put to use, "name:0", "name:1" ... where that happens several times; empty
        where it has no name.
    weights : array of shape (rows, heads, queries, keys)
        By how much each query looks at each key, along which they sum to one. Where heads are not all that attention
        is divided into there are more axes before the queries, as for windows: (rows, windows, heads, queries, keys).
    gradients : array of the shape of `weights`, or None
        The derivative of the objective by them, where one was asked for.
    changed : bool
        Whether other numbers than these weigh the values in the end, such as mixtures of several heads.
    """

    layer: str
    weights: Array
    gradients: Array | None = None
    changed: bool = False

    @property
    def heads(self) -> int:
        """How many heads there are; 0 where that cannot be told, as among windows."""
        return int(self.weights.shape[1]) if self.weights.ndim == 4 else 0

    @property
    def among_itself(self) -> bool:
        """Whether there is a query for each key: whether tokens look at each other."""
        return bool(self.weights.shape[-2] == self.weights.shape[-1])

    @property
    def refusal(self) -> str:
        """Why the weights do not say what a token looks at among all tokens, as a clause; empty where they do."""
        shape = self.weights.shape[1:]
        if len(shape) > 3:
            return f"attends within groups of tokens, as in windows: its weights have shape {shape}"
        if not self.among_itself:
            return f"attends from {shape[-2]} queries to {shape[-1]} other elements, and not from tokens to tokens"
        return self.refusal_of_numbers

    @property
    def refusal_of_numbers(self) -> str:
        """Why the weights are not what weighs the values, as a clause; empty where they are."""
        return "changes its weights before they weigh the values, as heads that are mixed do" if self.changed else ""


def of_one_input(layer: str, weights: Array, gradients: Array | None, keys: int, changed: bool) -> Attention:
    """Return the attention that a pass of a single input shows: axes of size one before the queries count nothing.

    Parameters
    ----------
    layer : str
    weights, gradients : array, or None
        As they were computed, with whatever axes.
    keys : int
        The axis along which the weights sum to one.
    changed : bool
    """
    turned = [None if one is None else np.moveaxis(one, keys, -1) for one in (weights, gradients)]
    before = [size for size in np.moveaxis(weights, keys, -1).shape[:-2] if size > 1]
    shape = (1, *(before or [1]), *np.moveaxis(weights, keys, -1).shape[-2:])
    found, derived = (None if one is None else one.reshape(shape).astype(np.float32) for one in turned)
    return Attention(layer, np.asarray(found), derived, changed)


def together(rows: Sequence[Sequence[Attention]]) -> list[Attention]:
    """Return what several inputs showed, each in a pass of its own, as one.

    Raises
    ------
    ValueError
        If the network attends in another way for another input, or there is NaN in it.
    """
    shapes = [[(one.layer, one.weights.shape) for one in row] for row in rows]
    if any(other != shapes[0] for other in shapes):
        raise InputError(
            "The network attends in other layers, or to other numbers of tokens, for one of the inputs than for "
            "another; expected them one by one."
        )
    names = [name for name, _ in numbered([one.layer for one in rows[0]])]
    return [_stacked(name, [row[at] for row in rows]) for at, name in enumerate(names)]


def _stacked(name: str, several: Sequence[Attention]) -> Attention:
    weights = np.concatenate([one.weights for one in several])
    gradients = [one.gradients for one in several if one.gradients is not None]
    derived = np.concatenate(gradients) if gradients else None
    if not (np.isfinite(weights).all() and (derived is None or np.isfinite(derived).all())):
        raise FailedPassError(
            f"The weights of attention in layer {name!r}, or their gradients, are NaN or infinite for this input; "
            "expected finite numbers. Check the weights, the preprocessing and the mask."
        )
    return Attention(name, weights, derived, any(one.changed for one in several))
