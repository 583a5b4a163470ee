"""Atoms: the distinct combinations of concepts at the places of inputs, of which all formulas of concepts speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xai_widgets.concepts.dissection.boolean import Found, formulas
from xai_widgets.models.objective import Array

AT_ONCE = 16
"""So many concepts are joined to one number at a time: the numbers of all places stay small."""


@dataclass(frozen=True, eq=False)
class Atoms:
    """The parts into which concepts divide all places of a set of inputs.

    A place belongs to the atom that holds the same concepts. Where a formula of concepts is true follows from the
    atoms, of which there are few however many places there are.

    Attributes
    ----------
    concepts : tuple of str
    held : array of bool, shape (atoms, concepts)
        Which concepts each atom holds.
    where : array of int, shape (inputs, places)
        The atom of each place.
    """

    concepts: tuple[str, ...]
    held: Array
    where: Array
    _formulas: dict[int, Found] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, masks: Mapping[str, Array]) -> Atoms:
        """Return the atoms of masks (inputs, *places)."""
        each = list(masks.values())
        flat = [mask.reshape(len(mask), -1) for mask in each]
        numbers = np.zeros(flat[0].shape, np.int64)
        for start in range(0, len(flat), AT_ONCE):
            for mask in flat[start : start + AT_ONCE]:
                numbers = 2 * numbers + mask
            _, first, numbers = np.unique(numbers, return_index=True, return_inverse=True)
            numbers = numbers.reshape(flat[0].shape)
        held = np.stack([mask.ravel()[first] for mask in flat], axis=1)
        return cls(tuple(masks), held, numbers.astype(np.int32))

    def __len__(self) -> int:
        return len(self.held)

    @cached_property
    def pixels(self) -> Array:
        """How many places of each input belong to each atom, (inputs, atoms)."""
        return np.stack([np.bincount(row, minlength=len(self)) for row in self.where])

    def counted(self, row: int, hot: Array) -> Array:
        """Return on how many places of each atom units (units, places) are on in an input, (units, atoms)."""
        units, places = np.nonzero(hot)
        numbers = units * len(self) + self.where[row][places]
        return np.bincount(numbers, minlength=len(hot) * len(self)).reshape(len(hot), len(self))

    def formulas(self, leaves: int) -> Found:
        """Return what formulas with at most so many leaves can say; they are found once."""
        if leaves not in self._formulas:
            self._formulas[leaves] = formulas(self.concepts, self.held, leaves)
        return self._formulas[leaves]
