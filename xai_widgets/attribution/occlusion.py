"""Occlusion: a window slides over the input, and the quantity drops where it covers what counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.method import Query, register
from xai_widgets.attribution.order import coarse_to_fine, nearest
from xai_widgets.attribution.perturbation import PerturbationMethod, PlaneMasks
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

WINDOW = Option(
    default=8,
    kind="integer",
    label="Window",
    sentence="The side of the square that is covered; on a table, how many features.",
    minimum=1,
    slider=(1, None),
    step=1,
    unit="pixels",
)
STRIDE = Option(
    default=4,
    kind="integer",
    label="Stride",
    sentence="How far the square moves from one pass to the next.",
    minimum=1,
    slider=(1, None),
    step=1,
    unit="pixels",
    at_most="window",
)


class Windows(PlaneMasks):
    """Windows that slide over a plane, visited coarse to fine; overlapping drops are averaged.

    Windows start at multiples of the stride, and the last one is cut off at the border. A window that was not visited
    yet has the drop of the nearest one that was, so every estimate covers the whole plane.
    """

    def __init__(self, query: Query, window: int, stride: int) -> None:
        super().__init__(query.batch.shape[1:], query.cut.channel_axis)
        if window > min(self.plane):
            raise InputError(
                f"window is {window}, but the input spans {self.plane}; expected at most {min(self.plane)}."
            )
        starts = [np.arange(0, length - window + stride, stride)[:, None] for length in self.plane]
        places = [np.arange(length) for length in self.plane]
        # Per axis, one row per window: true where it covers the axis. Both masks and averages are products of axes.
        self.covers = [(start <= place) & (place < start + window) for start, place in zip(starts, places, strict=True)]
        self.averages = [covers.T / covers.sum(axis=0)[:, None] for covers in self.covers]
        grid = tuple(map(len, starts))
        self.cells, self.spacings = coarse_to_fine(grid)
        self.size = len(self.cells)
        self.minimum = int((self.spacings == self.spacings[0]).sum())
        self.drops = np.zeros((*grid, len(query.batch)))

    def draw(self, start: int, stop: int) -> Array:
        """Return the windows with these numbers, (masks, *plane), true where they cover the input."""
        cells = self.cells[start:stop]
        masks: Array = self.covers[0][cells[:, 0]]
        for axis in range(1, len(self.covers)):
            masks = masks[..., None] & self.covers[axis][cells[:, axis]].reshape(len(cells), *[1] * axis, -1)
        return masks

    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        return np.where(self.over_channels(self.draw(start, stop))[:, None], filling, batch)

    def add(self, start: int, values: Array, score: Array) -> None:
        drops = score - values
        stop = start + len(drops)
        for cell, spacing, drop in zip(self.cells[start:stop], self.spacings[start:stop], drops, strict=True):
            cells = tuple(nearest(place, spacing, size) for place, size in zip(cell, self.drops.shape, strict=False))
            self.drops[cells] = drop

    def planes(self) -> Array:
        planes = np.moveaxis(self.drops, -1, 0)
        for axis, average in enumerate(self.averages, start=1):
            planes = np.moveaxis(np.tensordot(average, planes, axes=(1, axis)), 0, axis)
        return planes


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Occlusion(PerturbationMethod):
    """How much the quantity drops when a window covers each place (Zeiler and Fergus 2014).

    The window fills all channels; where windows overlap, their drops are averaged. On vectors it counts features.

    Parameters
    ----------
    window : int, default 8
        The side of the window.
    stride : int, default 4
        The distance of two windows, at most `window`; the last one is cut off at the border.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What the window is filled with.
    """

    window: int = WINDOW.field()
    stride: int = STRIDE.field()
    baseline: Baseline = BASELINE.field()

    name = "occlusion"
    label = "Occlusion"
    sentence = "How much the quantity drops when a square covers the place."
    reference = "Zeiler, Fergus 2014"
    ends = ("covering raises", "covering lowers")

    def masks(self, query: Query) -> Windows:
        return Windows(query, self.window, self.stride)
