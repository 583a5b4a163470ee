"""The channel with most influence, looked for once for each input and class."""

from __future__ import annotations

from collections.abc import Hashable

from xai_widgets.answers.quantity import Quantity
from xai_widgets.attribution.gradients.channel import influential_channel
from xai_widgets.models.base import Model
from xai_widgets.widgets.pictures import Input

REMEMBERED = 256
"""So many answers are kept."""


class Channels:
    """Which channel of a layer has most influence on a class, remembered."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def most_influential(self, model: Model, picture: Input, layer: str, on: Quantity) -> int:
        """Return the channel of `layer` with most influence on a quantity at a picture."""
        key = (id(model), picture.key, layer, on)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = influential_channel(model, picture.value, layer, on)
        return self._known[key]

    def forget(self) -> None:
        """Forget all of them, because a model was trained on."""
        self._known.clear()
