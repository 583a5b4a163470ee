"""On how many places of each atom units are on: all that can be said of formulas of concepts follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_widgets.answers.progress import Progress
from xai_widgets.concepts.dissection.atoms import Atoms
from xai_widgets.models.objective import Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Counts(Progress):
    """Where the units of a layer are on, counted over atoms.

    Attributes
    ----------
    layer : str
    atoms : Atoms
    hits : array of int, shape (inputs, units, atoms)
        On how many places of each atom each unit is on, in the inputs that were seen so far.
    """

    layer: str
    atoms: Atoms
    hits: Array

    @cached_property
    def total_hits(self) -> Array:
        """The sum over inputs, (units, atoms)."""
        total: Array = self.hits.sum(axis=0, dtype=np.float64)
        return total

    @cached_property
    def pixels(self) -> Array:
        """How many places of each input belong to each atom, (inputs, atoms)."""
        return self.atoms.pixels[: len(self.hits)]

    @cached_property
    def total_pixels(self) -> Array:
        """The sum over inputs, (atoms,)."""
        total: Array = self.pixels.sum(axis=0, dtype=np.float64)
        return total

    def overlap(self, true: Array) -> Array:
        """Return the intersection over union of units with sets of atoms (sets, atoms): (units, sets).

        Intersections and unions are summed over all inputs first. It is 0 where both are empty.
        """
        sets = true.astype(np.float64).T
        return _ratio(self.total_hits @ sets, self.total_hits.sum(axis=1, keepdims=True), self.total_pixels @ sets)

    def overlap_error(self, true: Array) -> Array:
        """Return its standard error, (units, sets): what it is without each of the inputs in turn (the jackknife)."""
        sets, count = true.astype(np.float64).T, len(self.hits)
        if count < 2:
            return np.full((self.hits.shape[1], len(true)), np.nan)
        found, area = [], (self.total_pixels - self.pixels) @ sets
        for unit, total in enumerate(self.total_hits):
            hits = total - self.hits[:, unit]
            found.append(_ratio(hits @ sets, hits.sum(axis=1, keepdims=True), area).var(axis=0) * (count - 1))
        return np.sqrt(found)


def _ratio(both: Array, on: Array, area: Array) -> Array:
    """Return the intersection over union, from how large the intersection is, and both sets are."""
    ratio: Array = both / np.maximum(on + area - both, 1)
    return ratio
