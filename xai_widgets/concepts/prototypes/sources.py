"""Where the prototypes of a layer come from: the places in training inputs at which its units say most."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from xai_widgets.concepts.sight import Sighting, cut_out, seen_from_each
from xai_widgets.models.base import Model
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array

SAME = 0.01
"""What units reach at most is the same, up to this part of it."""


def strongest(layout: Layout, activations: Array) -> tuple[Array, Array]:
    """Return the most that each unit says at any place, (rows, units), and at which, (rows, units, axes of places).

    Of a layer without places there are no axes.
    """
    found = layout.channels_first(activations)
    if not layout.space:
        return found.max(axis=2), np.zeros((*found.shape[:2], 0), int)
    maps = layout.on_grid(found)
    flat = maps.reshape(*maps.shape[:2], -1)
    best = flat.argmax(axis=2)
    places = np.stack(np.unravel_index(best, maps.shape[2:]), axis=-1)
    return np.take_along_axis(flat, best[..., None], 2)[..., 0], places


def sighting(model: Model, layer: str, batch: Array, row: int, place: Array, value: float) -> Sighting:
    """Return what is seen from a place of a layer in one of the inputs."""
    at = tuple(map(int, place))
    (window,) = seen_from_each(model, layer, [at])
    return Sighting(row, at, value, window, cut_out(model.input.layout, batch[row], window))


class Sources:
    """The place at which each unit of a layer says most, among the training inputs that were looked at.

    Attributes
    ----------
    model : Model
    layer : str
    batch : array of shape (inputs, *input shape)
        The training inputs.
    looked : int
        So many of them were looked at.
    values : array of shape (units,)
        The most that each unit said; minus infinity before any was looked at.
    rows : array of int of shape (units,)
        Of which input.
    places : array of int of shape (units, axes of places)
        And where.
    """

    def __init__(self, model: Model, layer: str, batch: Array) -> None:
        self.model, self.layer, self.batch = model, layer, batch
        self.cut = model.at(layer)
        self.layout = self.cut.known_layout
        count = self.layout.channels
        self.looked = 0
        self.values = np.full(count, -np.inf)
        self.least = np.inf
        self.rows = np.zeros(count, int)
        self.places = np.zeros((count, len(self.layout.space)), int)

    @property
    def chunk(self) -> int:
        """How many inputs to look at at once."""
        return self.cut.chunk("activations")

    def look(self, start: int, stop: int) -> None:
        """Look at the training inputs with these numbers."""
        values, places = strongest(self.layout, self.cut.activations(self.batch[start:stop]))
        best, units = values.argmax(axis=0), np.arange(len(self.values))
        better = values[best, units] > self.values
        self.values = np.where(better, values[best, units], self.values)
        self.rows = np.where(better, start + best, self.rows)
        self.places = np.where(better[:, None], places[best, units], self.places)
        self.least = min(self.least, float(values.min()))
        self.looked = stop

    @property
    def pushed(self) -> bool:
        """Whether all units reach one and the same value, and say nothing negative.

        So do similarities whose prototypes each are a place in a training input: nothing is more like it than itself.
        """
        top = self.values.max()
        return bool(self.least >= 0 and top > 0 and (self.values >= (1 - SAME) * top).all())

    @cached_property
    def _known(self) -> dict[tuple[int, int], Sighting]:
        return {}

    def of(self, unit: int) -> Sighting:
        """Return what is seen in training where a unit says most."""
        key = unit, int(self.rows[unit])
        if key not in self._known:
            value = float(self.values[unit])
            found = sighting(self.model, self.layer, self.batch, key[1], self.places[unit], value)
            self._known[key] = found
        return self._known[key]
