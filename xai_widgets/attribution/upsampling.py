"""Coarse grids made smooth: masks that are drawn or learned on a few cells and laid over a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.render.overlay import bilinear


def coarse(grid: tuple[int, ...], cells: int, smooth: bool) -> tuple[int, ...]:
    """Return how many cells a mask has along each axis: at most `cells`; one for each place where none is smooth."""
    return tuple(min(cells, length) for length in grid) if smooth else grid


def laid(cells: tuple[int, ...], places: Sequence[int], smooth: bool) -> list[Array]:
    """Return what lays cells over so many places, one matrix (places, cells) per axis; see `interpolated`.

    Where places are no neighbours, nothing is interpolated.
    """
    if not smooth:
        return [np.eye(count) for count in cells]
    return [bilinear(count, length) for count, length in zip(cells, places, strict=True)]


def interpolated(grids: Array, matrices: list[Array]) -> Array:
    """Return grids (rows, *cells) at all places, (rows, *plane), with one matrix (places, cells) per axis."""
    for axis, matrix in enumerate(matrices, start=1):
        grids = np.moveaxis(np.tensordot(grids, matrix, axes=(axis, 1)), -1, axis)
    return grids


def gathered(planes: Array, matrices: list[Array]) -> Array:
    """Return what a derivative by all places, (rows, *plane), is by the cells: the transpose of `interpolated`."""
    return interpolated(planes, [matrix.T for matrix in matrices])
