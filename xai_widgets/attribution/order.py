"""Orders in which places are visited, so that few visits give a whole picture, and more a finer one."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array


def nearest(place: int, spacing: int, size: int) -> slice:
    """The cells of an axis that are nearer to `place` than to the cells `spacing` before and after it."""
    return slice(
        0 if place < spacing else place - spacing // 2,
        size if place + spacing >= size else place + (spacing + 1) // 2,
    )


def coarse_to_fine(grid: tuple[int, ...]) -> tuple[Array, Array]:
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
