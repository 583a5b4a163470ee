"""A dictionary of a layer as somebody looks at it: how good it is, and where each of its features is largest."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from xai_widgets.concepts.factors.factors import Factors, recovered
from xai_widgets.concepts.factors.sparse_autoencoder import SparseFactors
from xai_widgets.concepts.sight import seen_from_each
from xai_widgets.models.objective import Array
from xai_widgets.widgets.protocol import FeatureTile, Fit

MOST_TILES = 96
"""So many features are shown, those that are active most often."""

SIGHTS = 4
"""So many places stand in the tile of a feature, of as many pictures."""


class Fitted:
    """A dictionary, and what is shown of it, found when it is asked for.

    Parameters
    ----------
    factors : Factors
        Of a network's layer.
    at : float
        The option that the curves run along.
    truth : array of shape (directions, units), optional
        Directions that are known to be there.
    """

    def __init__(self, factors: Factors, at: float, truth: Array | None) -> None:
        self.factors, self.at, self._truth = factors, at, truth

    @cached_property
    def density(self) -> Array:
        """The share of places at which each feature is active: of those that were held out, where some were."""
        factors = self.factors
        return factors.density if isinstance(factors, SparseFactors) else (factors.codes != 0).mean(axis=0)

    @cached_property
    def order(self) -> Array:
        """The features, those that are active most often first."""
        return np.argsort(-self.density, kind="stable")

    @cached_property
    def fit(self) -> Fit:
        """How well it says what the layer says."""
        truth, factors = self._truth, self.factors
        known = truth is not None and truth.shape[1] == factors.dictionary.shape[1]
        return {
            "at": self.at,
            "unexplained": factors.unexplained,
            "active": float(self.density.sum()),
            "dead": int((self.density == 0).sum()),
            "found": recovered(factors.dictionary, truth)[0] if known and truth is not None else None,
        }

    @cached_property
    def tiles(self) -> list[FeatureTile]:
        """The features that are active most often, each with where it is largest."""
        features = self.order[:MOST_TILES]
        # (inputs, features, places), of which each input brings its largest.
        codes = self._by_input[:, :, features]
        best = codes.argmax(axis=1)
        largest = np.take_along_axis(codes, best[:, None], axis=1)[:, 0]
        top = np.argsort(-largest, axis=0, kind="stable")[:SIGHTS]
        windows = self._windows
        return [
            {
                "feature": int(feature),
                "density": float(self.density[feature]),
                "sights": [[int(row), *windows[best[row, place]]] for row in top[:, place] if largest[row, place] > 0],
            }
            for place, feature in enumerate(features)
        ]

    def top(self, feature: int, count: int) -> list[int]:
        """Return the inputs at which a feature is largest, that one first."""
        found: list[int] = np.argsort(-self._by_input[:, :, feature].max(axis=1), kind="stable")[:count].tolist()
        return found

    def maps(self, feature: int, rows: list[int]) -> Array:
        """Return how much of a feature there is in some inputs, (rows, height, width); of a vector one place."""
        values, layout = self._by_input[rows, :, feature], self.factors.units.layout
        placed = layout.has_space and len(layout.grid) == len(self.grid)
        planes = layout.on_grid(values[:, None])[:, 0] if placed else values.max(axis=1)[:, None, None]
        return planes.astype(np.float32)

    @property
    def grid(self) -> tuple[int, int]:
        """Height and width of the input."""
        height, width = self.factors.units.model.input.layout.grid
        return height, width

    @cached_property
    def _by_input(self) -> Array:
        """The codes, (inputs, places, features)."""
        inputs, _, places = self.factors.rows.maps.shape
        found: Array = self.factors.codes.reshape(inputs, places, -1)
        return found

    @cached_property
    def _windows(self) -> list[tuple[int, int, int, int]]:
        """What is seen from each place that is counted: top, bottom, left, right."""
        units, layout = self.factors.units, self.factors.units.layout
        count = self._by_input.shape[1]
        placed = layout.has_space and len(layout.grid) == len(self.grid)
        places = list(np.ndindex(layout.grid)) if placed else [()]
        found = [(0, self.grid[0], 0, self.grid[1])] * count
        for place, (rows, columns) in zip(places, seen_from_each(units.model, units.layer, places), strict=True):
            for element in layout.placed_at(place) if placed else range(count):
                found[int(element)] = (rows.start, rows.stop, columns.start, columns.stop)
        return found
