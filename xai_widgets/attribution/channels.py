"""How a value of an activation map arises: what each channel of the layer adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.attribution.mechanism import Ledger, Mechanism, Place, largest_first
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Bars, Part


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ChannelMechanism(Mechanism):
    """A value that is a sum over the channels of a layer, where it is positive; made by `Method.mechanism`.

    Attributes
    ----------
    weights, activations : array of shape (channels,)
        The weight of each channel and its activation at the place; where several elements stand there, their sum.
    contributions : array of shape (channels,)
        What each channel adds: weight times activation.
    total : float
        The sum of the contributions; the value is this where it is positive, and else zero.

    Examples
    --------
    >>> arises = xai.GradCam().mechanism(model, x, layer="relu2", at=(3, 4))
    >>> arises.contributions.shape, bool(np.isclose(max(arises.contributions.sum(), 0), arises.value))
    ((8,), True)
    """

    weights: Array
    activations: Array
    contributions: Array
    total: float

    @property
    def sentence(self) -> str:
        against, count = int((self.contributions < 0).sum()), len(self.contributions)
        signs = f"{int((self.contributions > 0).sum())} for, {against} against"
        below = "" if self.total >= 0 else f" of {self.total:.3g}, below zero"
        return f"the positive part of the sum{below} over {count} channels, weight times activation: {signs}"

    @property
    def parts(self) -> Sequence[Part]:
        return [Bars(largest_first(self.contributions), "weight × activation")]


@dataclass(eq=False)
class Activations(Ledger):
    """What a layer puts out, and what it is weighted by.

    Attributes
    ----------
    activations : float array (batch, channels, places)
    weights : float array (batch, channels or 1, places or 1)
    """

    activations: Array
    weights: Array

    @property
    def products(self) -> Array:
        """What each channel adds to the map, (batch, channels, places)."""
        products: Array = self.weights * self.activations
        return products

    def read(self, found: Any, at: Place) -> Mechanism | None:
        (layout,) = found.question.layouts
        here = layout.placed_at(at)
        activations = self.activations[0][:, here]
        weights = np.broadcast_to(self.weights[0], self.activations[0].shape)[:, here]
        products = weights * activations
        return ChannelMechanism(
            method=found.method,
            question=found.question,
            at=at,
            value=float(layout.at(products, found.method.channels)),
            weights=weights.mean(axis=1),
            activations=activations.sum(axis=1),
            contributions=products.sum(axis=1),
            total=float(products.sum()),
        )
