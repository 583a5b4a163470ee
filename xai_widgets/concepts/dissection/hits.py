"""Where the units of a layer say more than they mostly do: their maps, cut at a quantile and laid over the input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xai_widgets.concepts.dissection.quantile import UpperQuantile
from xai_widgets.concepts.units import Units
from xai_widgets.models.objective import Array

MOST_HELD = 2**28
"""So many bytes of what units say are kept from the first pass to the second; the rest is read twice."""


class Hits:
    """Where units lie above what they exceed at a small share of all places of all inputs.

    Attributes
    ----------
    units : Units
    thresholds : array of shape (units,)
    peaks : array of shape (inputs, units)
        The largest value of each unit in each input.
    evaluations : int
        How many inputs were read.
    """

    def __init__(self, units: Units, quantile: float) -> None:
        self.units, self.quantile = units, quantile
        self.evaluations = 0
        self.peaks = np.empty((len(units), units.count), np.float32)
        self._held = np.empty((0, units.count, 0), np.float32)

    def find_thresholds(self) -> Iterator[None]:
        """Read all inputs, and yield after each piece."""
        kept, quantile = [], None
        for start, piece in self.units.chunks():
            if quantile is None:
                quantile = UpperQuantile(self.units.count, len(self.units) * piece.shape[2], self.quantile)
                fitting = max(1, MOST_HELD // max(piece[0].nbytes, 1))
            if start < fitting:
                kept.append(piece[: fitting - start])
            quantile.add(piece.transpose(1, 0, 2).reshape(self.units.count, -1))
            self.peaks[start : start + len(piece)] = piece.max(axis=2)
            self.evaluations += len(piece)
            yield
        self._held = np.concatenate(kept)
        self.thresholds = np.asarray(quantile and quantile.value)

    @property
    def held(self) -> int:
        """How many inputs, the first ones, need not be read again."""
        return len(self._held)

    def over(self, start: int, stop: int) -> Array:
        """Return where the units are above their thresholds in the inputs with these numbers, (rows, units, places).

        What is laid over the input is by how much they exceed it: so a unit that is the same everywhere never does,
        however its values are rounded.
        """
        values = self._held[start:stop]
        if stop > self.held:
            missing = self.units.read(max(start, self.held), stop)
            self.evaluations += len(missing)
            values = np.concatenate([values, missing])
        return self.above(values, self.thresholds)

    def above(self, values: Array, thresholds: Array) -> Array:
        """Return where values (rows, units, places of the layer) exceed thresholds, at the places of the input."""
        excess = values - thresholds[:, None]  # in double precision, so that its sign is right
        found: Array = self.units.over_input(excess.astype(values.dtype)) > 0
        return found.reshape(*found.shape[:2], -1)
