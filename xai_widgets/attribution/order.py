"""Orders in which places are visited, so that few visits give a whole picture, and more a finer one."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array


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


def nearest(place: int, spacing: int, size: int) -> slice:
    """Return the cells of an axis that are nearer to `place` than to the cells `spacing` before and after it."""
    return slice(
        0 if place < spacing else place - spacing // 2,
        size if place + spacing >= size else place + (spacing + 1) // 2,
    )


def along_curve(labels: Array, count: int) -> Array:
    """Return the numbers 0 to `count` - 1 of pieces of a space, neighbours after each other as far as that goes.

    The centres of the pieces are passed in Morton order (Morton 1966), in which a stretch of the way is compact.

    Parameters
    ----------
    labels : array of int, (batch or 1, *shape)
        The number of the piece at each place, `count` where there is none; for several inputs the centres are those
        over all of them.
    count : int
    """
    numbers = labels.ravel()
    sizes = np.maximum(np.bincount(numbers, minlength=count)[:count], 1)
    axes = [axis for axis in range(1, labels.ndim) if labels.shape[axis] > 1]
    codes = np.zeros(count, np.int64)
    bits = max((labels.shape[axis] - 1).bit_length() for axis in axes) if axes else 0
    for place, axis in enumerate(axes):
        along = np.arange(labels.shape[axis]).reshape(-1, *[1] * (labels.ndim - 1 - axis))
        sums = np.bincount(numbers, weights=np.broadcast_to(along, labels.shape).ravel(), minlength=count)[:count]
        centres = np.rint(sums / sizes).astype(np.int64)
        for bit in range(bits):
            codes |= (centres >> bit & 1) << (bit * len(axes) + place)
    return np.argsort(codes, kind="stable")
