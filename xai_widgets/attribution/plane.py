"""The plane of a picture: where masks are, whatever the channels and their place in the layout."""

from __future__ import annotations

import numpy as np

from xai_widgets.attribution.upsampling import bilinear
from xai_widgets.models.objective import Array


class Plane:
    """What of an input's shape spans the picture; on vectors the vector itself.

    Attributes
    ----------
    shape : tuple of int
        Of one input.
    channel_axis : int or None
        The axis of `shape` that counts channels, 0 or -1.
    plane : tuple of int
        `shape` without the channels.
    """

    def __init__(self, shape: tuple[int, ...], channel_axis: int | None) -> None:
        self.shape = shape
        self.channel_axis = channel_axis
        self.plane = tuple(np.delete(shape, [] if channel_axis is None else channel_axis).tolist())

    def spread(self, planes: Array) -> Array:
        """Give every channel of a pixel the pixel's own value: (rows, *plane) becomes (rows, *input shape)."""
        return np.broadcast_to(self.over_channels(planes), (len(planes), *self.shape))

    def over_channels(self, planes: Array) -> Array:
        """Return (rows, *plane) with an axis of size one for the channels, where there are any."""
        if self.channel_axis is None:
            return planes
        return np.expand_dims(planes, self.channel_axis + 1 if self.channel_axis >= 0 else self.channel_axis)

    def summed(self, values: Array) -> Array:
        """Return the sum over channels of (rows, *input shape), (rows, *plane)."""
        if self.channel_axis is None:
            return values
        total: Array = values.sum(axis=self.channel_axis + 1 if self.channel_axis >= 0 else self.channel_axis)
        return total

    def grid(self, cells: int) -> tuple[int, ...]:
        """Return how many cells a coarse grid has along each axis: at most `cells`; on vectors one for each element."""
        return self.plane if len(self.plane) == 1 else tuple(min(cells, length) for length in self.plane)

    def matrices(self, grid: tuple[int, ...], places: tuple[int, ...]) -> list[Array]:
        """Return what lays a grid over so many places, one matrix (places, cells) per axis; see `interpolated`.

        The elements of a vector are no neighbours, so that nothing is interpolated there.
        """
        if len(grid) == 1:
            return [np.eye(grid[0])]
        return [bilinear(cells, length) for cells, length in zip(grid, places, strict=True)]
