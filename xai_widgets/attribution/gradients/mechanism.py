"""How a value arises from gradients: along a path, over samples, or at the input alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.attribution.gradients.moments import Statistic
from xai_widgets.attribution.mechanism import Elements, Ledger, Mechanism, Place
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Bars, Curve, Dots, Part

FACTORS = {"displacement": "the way", "change": "how fast it changes", "activation": "what is there"}
"""What gradients are multiplied by, in words, by the multiplier of the method."""

NOTHING = "it gets nothing, whatever its gradients"
"""What is said where that is 0: of the value alone one would think that the gradients were."""

TIMES_NOTHING = "gradient, here times 0"
"""What is drawn there."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PathMechanism(Mechanism):
    """A value that is the area under gradients along a path; made by `Method.mechanism`.

    Attributes
    ----------
    nodes : array of shape (nodes,)
        Where on the path the gradients are taken, 0 its start and 1 the input, ascending.
    gradients : array of shape (nodes, channels)
        The gradients by the channels of the place, those that the map counts.
    ways : array of shape (nodes, channels)
        What each is multiplied by: how far the channel goes along the path, or one.
    heights : array of shape (nodes,)
        What is under the integral: the products, summed over the channels.
    weights : array of shape (nodes,)
        The part of the path that each node stands for; they sum to one, and the value is the sum of weights times
        heights.
    begins : str
        Where the path starts, in words.

    Examples
    --------
    >>> arises = xai.IntegratedGradients(steps=16).mechanism(model, x, at=(3, 4))
    >>> arises.heights.shape, bool(np.isclose(arises.weights @ arises.heights, arises.value))
    ((17,), True)
    """

    nodes: Array
    gradients: Array
    ways: Array
    heights: Array
    weights: Array
    begins: str = "the start"

    @property
    def sentence(self) -> str:
        if _is_plain(self):
            return f"the mean of {len(self.nodes)} gradients on the way from {self.begins} to the {self._end}"
        factor, ways = _factor(self), self.ways
        path = f"at {len(self.nodes)} points from {self.begins} to the {self._end}"
        if ways.shape[1] == 1 and np.ptp(ways) == 0:
            mean, nothing = self.weights @ self.gradients[:, 0], "" if ways.any() else f": {NOTHING}"
            return f"the mean gradient {mean:.3g} {path}, times {factor} {ways[0, 0]:.3g}{nothing}"
        over = "" if ways.shape[1] == 1 else f", over {ways.shape[1]} channels"
        return f"the area under gradient × {factor.removeprefix('the ')}{over}, {path}{_nothing(ways)}"

    @property
    def _end(self) -> str:
        return self.question.model.input.terms.one.removeprefix("a ")

    @property
    def parts(self) -> Sequence[Part]:
        ends = (self.begins, self._end)
        if not self.ways.any():
            return [Curve(self.nodes, self.gradients.sum(axis=1), TIMES_NOTHING, ends)]
        return [Curve(self.nodes, self.heights, "gradient" if _is_plain(self) else "gradient × way", ends)]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SampleMechanism(Mechanism):
    """A value that is a statistic of samples, such as the gradients at noisy copies; made by `Method.mechanism`.

    Attributes
    ----------
    samples : array of shape (samples, channels)
        What each sample says of the channels of the place, those that the map counts, in the order in which they are
        drawn: gradients times ways.
    gradients, ways : array of shape (samples, channels)
        The gradients, and what each is multiplied by, or one.
    statistic : {"mean", "mean_square", "variance"}
        What of them is the value, summed over the channels.
    mean, spread : float
        The mean and the standard deviation of the samples, summed over the channels.
    what : str
        What the samples are, in words.

    Examples
    --------
    >>> arises = xai.SmoothGrad(samples=16).mechanism(model, x, at=(3, 4))
    >>> arises.samples.shape, bool(np.isclose(arises.mean, arises.value))
    ((16, 1), True)
    """

    samples: Array
    gradients: Array
    ways: Array
    statistic: Statistic = "mean"
    what: str = "samples"

    @property
    def mean(self) -> float:
        """The mean of the samples, summed over the channels."""
        return float(self.samples.sum(axis=1).mean())

    @property
    def spread(self) -> float:
        """The standard deviation of the samples, summed over the channels."""
        return float(self.samples.sum(axis=1).std())

    @property
    def sentence(self) -> str:
        named = {"mean": "the mean", "mean_square": "the mean square", "variance": "the variance"}
        about = "" if self.statistic == "mean" else f" whose mean is {self.mean:.3g} and"
        spread = f",{about} which spread by {self.spread:.3g}" if self.ways.any() else _nothing(self.ways)
        return f"{named[self.statistic]} of {len(self.samples)} {self.what}{spread}"

    @property
    def parts(self) -> Sequence[Part]:
        if not self.ways.any():
            return [Dots([("", self.gradients.sum(axis=1))], TIMES_NOTHING)]
        return [Dots([("", self.samples.sum(axis=1))], self.what)]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ProductMechanism(Mechanism):
    """A value that is a gradient at one point, or a product with one, channel by channel; made by `Method.mechanism`.

    Attributes
    ----------
    gradients, ways : array of shape (channels,)
        The gradient by each channel of the place, those that the map counts, and what it is multiplied by, such as the
        input's own value, or one.
    products : array of shape (channels,)
        Of both; the value is their sum.

    Examples
    --------
    >>> arises = xai.InputXGradient().mechanism(model, x, at=(3, 4))
    >>> bool(np.isclose(arises.products.sum(), arises.value))
    True
    """

    gradients: Array
    ways: Array
    products: Array

    @property
    def sentence(self) -> str:
        if _is_plain(self):
            return "the gradient at a single point"
        factor, ways = _factor(self), self.ways
        if len(ways) > 1:
            return f"the sum over {len(ways)} channels of the gradient times {factor}{_nothing(ways)}"
        nothing = "" if ways.any() else f": {NOTHING}"
        return f"the gradient {self.gradients[0]:.3g} times {factor} {ways[0]:.3g}{nothing}"

    @property
    def parts(self) -> Sequence[Part]:
        nothing = not self.ways.any()
        drawn, names = self.gradients if nothing else self.products, ["gradient"]
        if len(drawn) > 1:
            names = [f"channel {place}" for place in range(len(drawn))]
        rows = list(zip(names, drawn.tolist(), strict=True))
        return [Bars(rows, TIMES_NOTHING if nothing else "")]


def _is_plain(mechanism: Mechanism) -> bool:
    """Whether the gradients are multiplied by nothing; a way that is one is a way."""
    return getattr(mechanism.method, "multiplier", "one") == "one"


def _factor(mechanism: Mechanism) -> str:
    """Return what the gradients are multiplied by, in words."""
    return FACTORS[getattr(mechanism.method, "multiplier", "displacement")]


def _nothing(ways: Array) -> str:
    """Return what is to be said where all is multiplied by 0."""
    return "" if ways.any() else f", which is 0: {NOTHING}"


@dataclass(eq=False)
class Gradients(Ledger):
    """The gradients of a stream at each sample, and what each is multiplied by.

    Attributes
    ----------
    elements : Elements
    gradients : float array (samples, elements)
    ways : float array (samples or 1, elements), or None where they are multiplied by nothing
    weights : float array (samples,)
    nodes : float array (samples,), or None
        Where on a path they are taken, as a part of it.
    what : str
        What the samples are, in words.
    begins : str
        Where a path starts, in words.
    """

    elements: Elements
    gradients: Array
    ways: Array | None
    weights: Array
    nodes: Array | None
    what: str
    begins: str = ""

    def read(self, found: Any, at: Place) -> Mechanism | None:
        method, (layout,) = found.method, found.question.layouts
        wanted = layout.elements_at(at)
        gradients = self.elements.at(self.gradients, wanted)
        if gradients is None:
            return None
        ways = None if self.ways is None else self.elements.at(self.ways, wanted)
        ways = np.broadcast_to(np.float32(1) if ways is None else ways, gradients.shape)
        statistic: Statistic = getattr(method, "statistic", "mean")
        nodes, weights = self.nodes, self.weights / self.weights.sum()
        if nodes is not None and method.multiplier == "change":
            nodes, gradients, ways, weights = _panels(nodes, gradients, ways)
        products = (gradients * ways).astype(np.float64)
        means = _statistic(statistic, weights, products)
        counted = layout.counted(means, method.channels)
        value = float(means[counted].sum())
        gradients, ways, products = (one[:, *counted].reshape(len(products), -1) for one in (gradients, ways, products))
        about: dict[str, Any] = {"method": method, "question": found.question, "at": at, "value": value}
        if len(products) == 1 and statistic == "mean":
            return ProductMechanism(gradients=gradients[0], ways=ways[0], products=products[0], **about)
        if nodes is None or statistic != "mean":
            about |= {"gradients": gradients, "ways": ways, "what": self.what}
            return SampleMechanism(samples=products, statistic=statistic, **about)
        order = np.argsort(nodes)
        return PathMechanism(
            nodes=nodes[order],
            gradients=gradients[order],
            ways=ways[order],
            heights=products.sum(axis=1)[order],
            weights=weights[order],
            begins=self.begins,
            **about,
        )


def _statistic(statistic: Statistic, weights: Array, products: Array) -> Array:
    """Return a statistic of products (samples, channels, elements) with weights that sum to one."""
    mean: Array = np.tensordot(weights, products, 1)
    if statistic == "mean":
        return mean
    mean_square: Array = np.tensordot(weights, products**2, 1)
    return mean_square if statistic == "mean_square" else np.maximum(mean_square - mean**2, 0)


def _panels(nodes: Array, gradients: Array, activations: Array) -> tuple[Array, Array, Array, Array]:
    """Return the panels of a path: their middles, mean gradients, how fast the activations change, and the widths."""
    order = np.argsort(nodes)
    nodes, gradients, activations = nodes[order], gradients.astype(float)[order], activations.astype(float)[order]
    widths = np.diff(nodes)
    rates = np.diff(activations, axis=0) / widths.reshape(-1, *[1] * (activations.ndim - 1))
    return (nodes[1:] + nodes[:-1]) / 2, (gradients[1:] + gradients[:-1]) / 2, rates, widths
