"""A linear head behind a layer: what each of its units adds to each class, found by slopes and then tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Objective, one_hot
from xai_widgets.models.passes import in_chunks

Pooling = Literal["maximum", "mean"]
"""What a unit says of an input, of all that it says at its places."""

TRIALS = 16
"""So many activations that no input brings are given to what lies behind the layer."""

STRENGTHS = (0, 0.2, 1, 5, 25)
"""Each unit is made so much stronger in them: a head of several layers may look linear near what inputs bring."""

ROUNDING = 1e-4
"""A sum may be off by this part of what it sums."""


def pooled(layout: Layout, activations: Array, pooling: Pooling) -> Array:
    """Return what units say of inputs (rows, units), of all that they say at their places, in double precision."""
    found = layout.channels_first(activations).astype(np.float64)
    units: Array = found.max(axis=2) if pooling == "maximum" else found.mean(axis=2)
    return units


@dataclass(frozen=True, eq=False)
class LinearHead:
    """What lies behind a layer: every score is a sum over the units, each with a weight, and a bias.

    Attributes
    ----------
    pooling : {"maximum", "mean"}
        What a unit says of an input: the most that it says at any place, or the mean over them.
    weights : array of shape (classes, units)
    bias : array of shape (classes,)
    """

    pooling: Pooling
    weights: Array
    bias: Array

    def sums(self, units: Array) -> Array:
        """Return the scores (rows, classes) that what units say (rows, units) adds up to."""
        return units @ self.weights.T + self.bias

    def fits(self, units: Array, scores: Array) -> bool:
        """Whether these sums are a network's scores, up to rounding."""
        size = np.abs(units) @ np.abs(self.weights.T) + np.abs(self.bias)
        return bool((np.abs(self.sums(units) - scores) <= ROUNDING * (size + 1e-6)).all())


def linear_head(model: Model, layer: str, batch: Array) -> LinearHead:
    """Return the linear head behind a layer.

    A head that is linear has the same slopes everywhere: those at one input are its weights. That it is, is tried with
    what the layer says of some inputs, shuffled among the places of each unit and made weaker and stronger.

    Parameters
    ----------
    model : Model
    layer : str
    batch : array of shape (batch, *input shape)
        Inputs to try it with.

    Raises
    ------
    ValueError
        If what lies behind is no such sum.
    """
    if model.segmentation:
        raise InputError("The network answers at each place; expected one that answers once for each input.")
    cut = model.at(layer)
    layout = cut.known_layout
    eye = np.arange(model.output_count)
    first, slopes, step = batch[:1], [], 32
    for start in range(0, len(eye), step):
        asked = Objective(model.weights_of(one_hot(eye[start : start + step], len(eye))))
        inputs = np.repeat(first, len(eye[start : start + step]), axis=0)
        found = in_chunks(cut, "backward", inputs, asked)
        slopes.append(layout.by_channel(np.asarray(found.gradients)).sum(axis=2, dtype=np.float64))
    weights = np.concatenate(slopes)
    rows = np.resize(np.arange(min(len(batch), TRIALS)), TRIALS)
    said = cut.activations(batch[rows])
    tried = np.concatenate([said, _shuffled(layout, said)])
    inputs = np.concatenate([batch[rows]] * 2)
    nothing = Objective(model.weights_of(np.zeros((1, model.output_count))))
    scores = in_chunks(cut, "forward", inputs, nothing, tried).scores.astype(np.float64)
    poolings: tuple[Pooling, ...] = ("maximum", "mean")
    for pooling in poolings:
        units = pooled(layout, tried, pooling)
        head = LinearHead(pooling, weights, scores[0] - weights @ units[0])
        if head.fits(units, scores):
            return head
    raise InputError(
        f"What lies behind layer {layer!r} is no sum over its {layout.channels} units, neither over the most that each "
        "says at any place nor over its mean; expected the layer of similarities, behind which come a maximum or a "
        "mean over places and one linear layer."
    )


def layers_with_linear_head(model: Model, batch: Array) -> list[str]:
    """Return the layers behind which there is a linear head, the last one first; not those that say the scores."""
    found: list[str] = []
    for layer in reversed(model.layers):
        try:
            head = linear_head(model, layer, batch)
        except InputError:
            if found:  # What lies further away has more behind it.
                break
            continue
        if head.weights.shape[0] != head.weights.shape[1] or not np.allclose(head.weights, np.eye(len(head.weights))):
            found.append(layer)
    return found


def _shuffled(layout: Layout, activations: Array) -> Array:
    """Return the same with the places of each unit in another order, and each unit weaker or stronger."""
    random = np.random.default_rng(0)
    found = random.permuted(layout.by_channel(activations), axis=2)
    strength = random.choice(STRENGTHS, (*found.shape[:2], 1))
    return layout.from_by_channel((found * strength).astype(activations.dtype))
