"""Volumes: depth, height and width, and the channels of each voxel."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.inputs.input import Terms
from xai_widgets.models.inputs.spatial import Spatial
from xai_widgets.models.inputs.superpixels import superpixels
from xai_widgets.models.inputs.view import View
from xai_widgets.models.objective import Array


class Volume(Spatial):
    """A volume; its superpixels are pieces in space."""

    terms = Terms("volume", "voxel", "brighter", ("darker", "brighter"))

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        """Return what is seen along each axis: the sum of the map, and the mean of the volume behind it."""
        solid = self.places(x)
        return [
            View(plane.sum(axis=axis), f"along {along}", solid.mean(axis=axis), self.bounds)
            for axis, along in enumerate(self.layout.coordinates)
        ]

    def _superpixels(self, batch: Array, size: int) -> Array:
        return np.stack([superpixels(self.places(x), self.bounds, size) for x in batch])
