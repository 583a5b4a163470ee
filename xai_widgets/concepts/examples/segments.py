"""Pieces of inputs: connected ones of one colour, coarse and fine, and each as an input of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xai_widgets.attribution.upsampling import interpolated, laid
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

ALIKE = 0.5
"""From which overlap on, the shared places over those of both, a finer piece is the same as a coarser one."""


class Piece(NamedTuple):
    """A piece of an input: which input, in which division of it, and its number there."""

    input: int
    division: int
    number: int


def divided(model: Model, x: Array, counts: tuple[int, ...]) -> Array:
    """Return the numbers of the pieces of one input, divided into about so many, (divisions, *grid)."""
    grid = model.input.layout.grid
    sides = [max(1, round(float(np.prod(grid) / count) ** (1 / len(grid)))) for count in counts]
    return np.stack([model.input.divided(x[None], "superpixels", side).reshape(grid) for side in sides])


def pieces_of(labels: Array, number: int) -> list[Piece]:
    """Return the pieces of the input with this number, those left out that a coarser division has nearly the same."""
    flat = labels.reshape(len(labels), -1)
    found: list[Piece] = []
    for division, here in enumerate(flat):
        count = int(here.max()) + 1
        nearest = np.zeros(count)
        for before in flat[:division]:
            others = int(before.max()) + 1
            shared = np.bincount(here * others + before, minlength=count * others).reshape(count, others)
            either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
            nearest = np.maximum(nearest, (shared / either).max(axis=1))
        found += [Piece(number, division, int(one)) for one in np.flatnonzero(nearest <= ALIKE)]
    return found


def enlarged(model: Model, x: Array, mask: Array, fill: float) -> Array:
    """Return a piece of an input as an input: what lies around it is filled, and its box made as large as the input."""
    there = model.input.layout
    inside = np.nonzero(mask)
    box = tuple(slice(int(line.min()), int(line.max()) + 1) for line in inside)
    planes = there.channels_first(x[None])[0].reshape(there.channels, *there.grid)
    cut = np.where(mask, planes, fill)[(slice(None), *box)]
    whole = interpolated(cut, laid(cut.shape[1:], there.grid, smooth=True))
    found: Array = there.from_channels_first(whole.reshape(1, there.channels, -1))[0].astype(x.dtype)
    return found


def shares(mask: Array, grid: tuple[int, ...]) -> Array:
    """Return which share of a piece lies at each place of a coarser grid, (*grid): they add up to one."""
    places = [at * cells // size for at, cells, size in zip(np.nonzero(mask), grid, mask.shape, strict=True)]
    counts = np.bincount(np.ravel_multi_index(tuple(places), grid), minlength=int(np.prod(grid)))
    found: Array = counts.reshape(grid) / mask.sum()
    return found
