"""What pictures, signals and volumes have in common: places beside each other, and channels at each."""

from __future__ import annotations

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.objective import Array

EACH_PLACE = ("pixels", "places")
"""The names of features that are single places, with all of their channels."""


class Spatial(Input):
    """An input with places along one axis or more."""

    neighbours = True

    @property
    def not_on_screen(self) -> str:
        return (
            f"Widgets show pictures, rows of tables and texts, and the model takes a {self.words}. Ask a method "
            "itself, method(model, x): its result has a picture of it."
        )

    def divided(self, batch: Array, name: str, size: int) -> Array:
        if name == "channels":
            return self._by_channel()
        if name == "superpixels":
            return self.layout.spread(self._superpixels(batch, size))
        return self.layout.spread(self._blocks(1 if name in EACH_PLACE else size))

    def places(self, x: Array) -> Array:
        """Return one input as (*grid, channels)."""
        found: Array = self.channels_last(x).reshape(*self.layout.grid, self.layout.channels)
        return found

    def _superpixels(self, batch: Array, size: int) -> Array:
        """Return the numbers of connected pieces of about the size of a block, (batch or 1, *grid)."""
        return self._blocks(size)

    def _blocks(self, side: int) -> Array:
        """Return the numbers of blocks of a side, from the first corner on and cut off at the border, (1, *grid)."""
        grid = self.layout.grid
        blocks = [-(-length // side) for length in grid]
        numbers: Array = np.ravel_multi_index(tuple(np.indices(grid) // side), blocks)[None]
        return numbers

    def _by_channel(self) -> Array:
        axes = self.layout.channel_axes
        if not axes:
            raise InputError(
                f"{self._of('features')} is 'channels', but inputs of shape {self.shape} have none; expected 'places'."
            )
        sizes = [size if axis in axes else 1 for axis, size in enumerate(self.shape)]
        return np.arange(self.layout.channels).reshape(1, *sizes)
