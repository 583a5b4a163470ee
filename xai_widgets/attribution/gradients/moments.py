"""What is kept of a stream of gradients: sums in float64 that do not depend on how the stream was cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from xai_widgets.answers.sampling import RunningMean
from xai_widgets.attribution.gradients.nodes import coarse_edges, walked_nodes
from xai_widgets.models.objective import Array

Statistic = Literal["mean", "mean_square", "variance"]

GROUP = 4
"""So many samples in a row are one draw of the standard error where only the sums of gradients are known."""


@dataclass
class Moments:
    """Weighted sums of a stream of arrays (batch, ...), and the standard error of their mean.

    Attributes
    ----------
    statistic : {"mean", "mean_square", "variance"}
    group : int
        How many samples in a row are one draw of the standard error; 0 where samples are no draws at all.
    """

    statistic: Statistic
    group: int = 0
    weight: float = 0.0
    total: Any = 0.0
    squares: Any = 0.0
    draws: RunningMean = field(default_factory=RunningMean)
    open_weight: float = 0.0
    open_total: Any = 0.0

    def add(self, weights: Array, products: Array) -> None:
        """Add the arrays `products` (samples, batch, ...) with their weights (samples,)."""
        for weight, product in zip(weights.tolist(), products.astype(np.float64), strict=True):
            self.add_sum(weight, weight * product)
            if self.statistic != "mean":
                self.squares = self.squares + weight * product**2

    def add_sum(self, weight: float, total: Array) -> None:
        """Add what is a weighted sum already, (batch, ...), with the sum of its weights: at most one group's."""
        total = total.astype(np.float64)
        self.weight += weight
        self.total = self.total + total
        if not self.group or self.statistic != "mean":
            return
        self.open_weight, self.open_total = self.open_weight + weight, self.open_total + total
        if self.open_weight == self.group:
            self.draws.add((self.open_total / self.group)[None])
            self.open_weight, self.open_total = 0.0, 0.0

    def value(self) -> Array:
        """Return the statistic of what was added so far."""
        mean: Array = self.total / self.weight
        if self.statistic == "mean":
            return mean
        mean_square: Array = self.squares / self.weight
        return mean_square if self.statistic == "mean_square" else np.maximum(mean_square - mean**2, 0)

    def standard_error(self) -> Array | None:
        """Return the standard error of the mean, None where it has none or is not known yet."""
        if self.draws.count < 2:
            return None
        error: Array = np.sqrt(self.draws.variance * (self.group / self.weight))
        return error


class Panels:
    """The integral of gradients over activations along a path: sum of mean gradient times change, panel by panel.

    Of the nodes, which come in the order of `walked_nodes`, only those of the coarse panels and the last one are kept.
    """

    def __init__(self, steps: int) -> None:
        self.order = walked_nodes(steps)
        self.edges = len(coarse_edges(steps))
        self.drawn = 0
        self.known: dict[int, tuple[Array, Array]] = {}
        self.walked: Any = 0.0
        self.last = 0

    def add(self, gradients: Array, activations: Array) -> None:
        """Add the nodes that come next, their gradients and activations (nodes, batch, ...)."""
        for gradient, activation in zip(gradients, activations, strict=True):
            node = int(self.order[self.drawn])
            self.drawn += 1
            self.known[node] = np.array(gradient, np.float64), np.array(activation, np.float64)
            if self.drawn > self.edges:
                self._walk_to(node)

    def value(self) -> Array:
        """Return the integral as far as it is known: fine panels where they were walked, coarse ones from there on."""
        ahead = sorted(node for node in self.known if node >= self.last)
        total = self.walked
        for start, stop in pairwise(ahead):
            total = total + self._panel(start, stop)
        return np.asarray(total)

    def standard_error(self) -> None:
        """Return None: the nodes of a path are no random draws."""

    def _walk_to(self, node: int) -> None:
        for stop in sorted(other for other in self.known if self.last < other <= node):
            self.walked = self.walked + self._panel(self.last, stop)
            del self.known[self.last]
            self.last = stop

    def _panel(self, start: int, stop: int) -> Array:
        (gradient, activation), (next_gradient, next_activation) = self.known[start], self.known[stop]
        panel: Array = (gradient + next_gradient) / 2 * (next_activation - activation)
        return panel
