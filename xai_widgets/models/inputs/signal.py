"""Signals: steps of time, and the channels of each step."""

from __future__ import annotations

from xai_widgets.models.inputs.input import Terms
from xai_widgets.models.inputs.spatial import Spatial
from xai_widgets.models.inputs.view import View
from xai_widgets.models.objective import Array


class Signal(Spatial):
    """A signal; windows are stretches of time over all channels, and so are its superpixels."""

    terms = Terms("signal", "step", "higher", ("lower", "higher"))

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        return [View(plane, curve=self.places(x), bounds=self.bounds)]
