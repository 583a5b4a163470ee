"""Pictures: height and width, and the channels of each pixel."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.inputs.input import Terms
from xai_widgets.models.inputs.spatial import Spatial
from xai_widgets.models.inputs.superpixels import superpixels
from xai_widgets.models.inputs.view import View
from xai_widgets.models.objective import Array


class Picture(Spatial):
    """A picture, with its channels first, last, or none."""

    terms = Terms("picture", "pixel", "brighter", ("darker", "brighter"))

    @property
    def not_on_screen(self) -> str:
        return ""

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        return [View(plane, picture=self.places(x), bounds=self.bounds)]

    def _superpixels(self, batch: Array, size: int) -> Array:
        return np.stack([superpixels(self.places(x), self.bounds, size) for x in batch])
