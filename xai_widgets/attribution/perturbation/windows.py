"""Windows that slide over the input, and the map that they make."""

from __future__ import annotations

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.mechanism import Place
from xai_widgets.attribution.order import nearest
from xai_widgets.attribution.perturbation.engine import PlaneMasks
from xai_widgets.attribution.perturbation.lattice import Lattice
from xai_widgets.attribution.perturbation.mechanism import Reaching
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array


class Windows(PlaneMasks):
    """Windows that slide over an input, visited coarse to fine; overlapping drops are averaged.

    Windows cover all channels, and along each axis of places as many of them: squares of a picture, stretches of time,
    cubes of a volume. They start at multiples of the stride, and the last one is cut off at the border. A window that
    was not visited yet has the drop of the nearest one that was, so every estimate covers the whole input.
    """

    lattice: Lattice

    def __init__(self, question: Question, window: int, stride: int) -> None:
        super().__init__(question)
        if window > min(self.grid):
            raise InputError(f"window is {window}, but the input spans {self.grid}; expected at most {min(self.grid)}.")
        self.lattice = Lattice(self.layout, window, stride)
        # Both masks and averages are products of axes.
        self.averages = [covers.T / covers.sum(axis=0)[:, None] for covers in self.lattice.covers]
        spacings = self.lattice.spacings
        self.size, self.minimum = len(spacings), int((spacings == spacings[0]).sum())
        self.drops = np.zeros((*self.lattice.sizes, len(question.batch)))

    def draw(self, start: int, stop: int) -> Array:
        """Return the windows with these numbers, (masks, *grid), true where they cover the input."""
        cells, covers = self.lattice.cells[start:stop], self.lattice.covers
        masks: Array = covers[0][cells[:, 0]]
        for axis in range(1, len(covers)):
            masks = masks[..., None] & covers[axis][cells[:, axis]].reshape(len(cells), *[1] * axis, -1)
        return masks

    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        return np.where(self.layout.spread(self.draw(start, stop))[:, None], filling, batch)

    def add(self, start: int, values: Array, score: Array) -> None:
        drops = score - values
        visited = slice(start, start + len(drops))
        for cell, spacing, drop in zip(self.lattice.cells[visited], self.lattice.spacings[visited], drops, strict=True):
            cells = tuple(nearest(place, spacing, size) for place, size in zip(cell, self.drops.shape, strict=False))
            self.drops[cells] = drop

    def reaching(self, at: Place) -> Reaching:
        if self.replaceable is not None and not self.layout.map(self.replaceable[0])[at]:
            return Reaching(np.zeros(0, int), np.zeros(0))
        covering = [np.flatnonzero(covers[:, place]) for covers, place in zip(self.lattice.covers, at, strict=True)]
        visits = np.empty(self.lattice.sizes, int)
        visits[tuple(self.lattice.cells.T)] = np.arange(len(self.lattice.cells))
        numbers = visits[np.ix_(*covering)].ravel()
        return Reaching(numbers, np.full(len(numbers), 1 / len(numbers)))

    def planes(self) -> Array:
        planes = np.moveaxis(self.drops, -1, 0)
        for axis, average in enumerate(self.averages, start=1):
            planes = np.moveaxis(np.tensordot(average, planes, axes=(1, axis)), 0, axis)
        return planes
