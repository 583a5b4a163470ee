"""Perturbation methods: a stream of masks, a score per masked input, one linear estimator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.method import Estimate, Method, Query, register, relative_change
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array
from xai_widgets.models.passes import in_pieces
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


class Masks(ABC):
    """A stream of masks over a plane and the estimator that turns the drops they cause into a map."""

    size: int
    """The number of masks."""
    minimum: int = 1
    """How many masks a first estimate needs."""

    @abstractmethod
    def draw(self, start: int, stop: int) -> Array:
        """Return the masks with these numbers, (masks, *plane), true where the input is covered."""

    @abstractmethod
    def add(self, start: int, drops: Array) -> None:
        """Take note of the drops (masks, batch) of the quantity under the masks from number `start` on."""

    @abstractmethod
    def estimate(self) -> Array:
        """Return the map so far, (batch, *plane)."""


class PerturbationMethod(Method):
    """Cover parts of the input and see how the quantity drops; subclasses choose the masks."""

    family = "perturbation"
    baseline: Baseline

    @abstractmethod
    def masks(self, plane: tuple[int, ...], count: int) -> Masks:
        """Return the masks for `count` inputs whose picture spans `plane`."""

    def _prepare(self, query: Query) -> tuple[Masks, Array]:
        plane = list(query.batch.shape[1:])
        if query.cut.channel_axis is not None:
            del plane[query.cut.channel_axis]
        filling = baseline_for(query.batch, self.baseline, query.model)
        return self.masks(tuple(plane), len(query.batch)), filling

    def _estimates(self, query: Query, prepared: tuple[Masks, Array], state: Any) -> Iterator[Estimate]:
        masks, filling = prepared
        batch, count = query.batch, len(query.batch)
        axis = query.cut.channel_axis
        evaluation = in_pieces(query.cut, "forward", batch, query.objective)
        score, objective = evaluation.values, query.objective.fixed(evaluation.scores)
        drawn, before = 0, None
        while drawn < masks.size:
            stop = min(drawn + max(1, query.cut.chunk("forward") // count), masks.size)
            covered = masks.draw(drawn, stop)[:, None]
            if axis is not None:
                covered = np.expand_dims(covered, axis + 2 if axis >= 0 else axis)
            inputs = np.where(covered, filling, batch).reshape(-1, *batch.shape[1:])
            rows = objective.rows(np.tile(np.arange(count), stop - drawn))
            values = in_pieces(query.cut, "forward", inputs, rows).values.reshape(stop - drawn, count)
            masks.add(drawn, score - values)
            drawn = stop
            if drawn < masks.minimum:
                continue
            values = self._values(query, masks.estimate(), axis)
            yield Estimate(
                values=values,
                score=query.per_input(score),
                gap=query.per_input(np.full(count, np.nan)),
                absolute_gap=query.per_input(np.full(count, np.nan)),
                evaluations=(1 + drawn) * count,
                query=query,
                planned=(1 + masks.size) * count,
                change=relative_change(values, before),
                final=drawn == masks.size,
            )
            before = values

    @staticmethod
    def _values(query: Query, planes: Array, axis: int | None) -> Array:
        """Give every channel of a pixel the pixel's own value."""
        if axis is not None:
            planes = np.expand_dims(planes, axis + 1 if axis >= 0 else axis)
        return query.unbatch(np.broadcast_to(planes, query.batch.shape))


class Windows(Masks):
    """Windows that slide over a plane, visited coarse to fine; overlapping drops are averaged.

    Windows start at multiples of the stride, and the last one is cut off at the border. A window that was not visited
    yet has the drop of the nearest one that was, so every estimate covers the whole plane.
    """

    def __init__(self, plane: tuple[int, ...], count: int, window: int, stride: int) -> None:
        starts = [np.arange(0, length - window + stride, stride)[:, None] for length in plane]
        places = [np.arange(length) for length in plane]
        # Per axis, one row per window: true where it covers the axis. Both masks and averages are products of axes.
        self.covers = [(start <= place) & (place < start + window) for start, place in zip(starts, places, strict=True)]
        self.averages = [covers.T / covers.sum(axis=0)[:, None] for covers in self.covers]
        grid = tuple(map(len, starts))
        self.cells, self.spacings = _coarse_to_fine(grid)
        self.size = len(self.cells)
        self.minimum = int((self.spacings == self.spacings[0]).sum())
        self.drops = np.zeros((*grid, count))

    def draw(self, start: int, stop: int) -> Array:
        cells = self.cells[start:stop]
        masks: Array = self.covers[0][cells[:, 0]]
        for axis in range(1, len(self.covers)):
            masks = masks[..., None] & self.covers[axis][cells[:, axis]].reshape(len(cells), *[1] * axis, -1)
        return masks

    def add(self, start: int, drops: Array) -> None:
        stop = start + len(drops)
        for cell, spacing, drop in zip(self.cells[start:stop], self.spacings[start:stop], drops, strict=True):
            nearest = tuple(_nearest(place, spacing, size) for place, size in zip(cell, self.drops.shape, strict=False))
            self.drops[nearest] = drop

    def estimate(self) -> Array:
        planes = np.moveaxis(self.drops, -1, 0)
        for axis, average in enumerate(self.averages, start=1):
            planes = np.moveaxis(np.tensordot(average, planes, axes=(1, axis)), 0, axis)
        return planes


def _nearest(place: int, spacing: int, size: int) -> slice:
    """The cells of an axis that are nearer to `place` than to the cells `spacing` before and after it."""
    return slice(
        0 if place < spacing else place - spacing // 2,
        size if place + spacing >= size else place + (spacing + 1) // 2,
    )


def _coarse_to_fine(grid: tuple[int, ...]) -> tuple[Array, Array]:
    """Return every cell of `grid`, (cells, axes), and the spacing at which it is visited, largest spacing first.

    The coarsest cells lie centred, so that the first estimate is fair to all sides.
    """
    spacing = 1 << (max(max(grid) - 1, 1).bit_length() - 1)
    offsets = [(size - 1) % spacing // 2 for size in grid]
    spacings = np.zeros(grid, np.int32)
    while spacing:
        visited = spacings[tuple(slice(offset % spacing, None, spacing) for offset in offsets)]
        visited[visited == 0] = spacing
        spacing //= 2
    order = np.argsort(-spacings, axis=None, kind="stable")
    return np.argwhere(spacings)[order].astype(np.int32), spacings.ravel()[order]


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

    def masks(self, plane: tuple[int, ...], count: int) -> Masks:
        if self.window > min(plane):
            raise InputError(f"window is {self.window}, but the input spans {plane}; expected at most {min(plane)}.")
        return Windows(plane, count, self.window, self.stride)
