"""What the models say of the pictures: remembered, and asked for again once in a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable
from typing import Any

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.outline import explained_class
from xai_widgets.widgets.pictures import Input
from xai_widgets.widgets.state import State

SHOWN_CLASSES = 5

FRESH_SECONDS = 1.0
"""So long a prediction is believed without asking again whether the model still says the same."""

KNOWN_PREDICTIONS = 512
"""So many are remembered; a picture that is painted on is another with each stroke."""


class Predictions:
    """What the models make of the pictures, remembered, and asked for again once in a while.

    Parameters
    ----------
    choices : Choices
    changed : callable
        Called when a model no longer says what it said of a picture: it was trained on.
    """

    def __init__(self, choices: Choices, changed: Callable[[], None]) -> None:
        self._choices = choices
        self._changed = changed
        self._known: dict[tuple[str, Hashable], tuple[float, Array]] = {}
        self._labels: dict[tuple[str, Hashable], Array] = {}

    def top(self, name: str, state: State, picture: Input, also: Collection[int] = ()) -> list[dict[str, Any]]:
        """Return the classes with the largest scores, the largest first, those that are asked about, and more."""
        return self._rows(name, state, self.values(name, picture), also)

    def known(self, name: str, state: State) -> list[dict[str, Any]]:
        """Return the same without asking the model, empty where that was not done yet."""
        known = self._known.get((name, self._choices.pictures.input(name, state.index).key))
        return [] if known is None else self._rows(name, state, known[1])

    def _rows(self, name: str, state: State, values: Array, also: Collection[int] = ()) -> list[dict[str, Any]]:
        kind = "value" if self._choices.models[name].outputs == "values" else "probability"
        order = np.argsort(-values, kind="stable").tolist()
        asked = {state.target, state.contrast, *also}
        order = [i for place, i in enumerate(order) if place < SHOWN_CLASSES or i in asked]
        named = self._choices.named
        return [{"index": i, "name": named.class_name(i), kind: float(values[i])} for i in order]

    def values(self, name: str, picture: Input) -> Array:
        """Return the probabilities of all classes, or the outputs of a model that has none."""
        known = self._known.get((name, picture.key))
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        model = self._choices.models[name]
        values: Array = model.shares(picture.value)[0]
        if known is not None and not np.allclose(values, known[1], rtol=1e-4, atol=1e-6):
            self._known = {key: value for key, value in self._known.items() if key[0] != name}
            self._changed()
        self._known[name, picture.key] = (time.monotonic(), values)
        self._labels.clear()
        if len(self._known) > KNOWN_PREDICTIONS:
            self._known.pop(next(iter(self._known)))
        return values

    def labels(self, name: str, picture: Input) -> Array | None:
        """Return the class that a segmentation answers at each place (height, width); None where there is no such."""
        model = self._choices.models[name]
        if not model.segmentation or model.outputs == "values":
            return None
        self.values(name, picture)  # finds out whether what is known is still so
        key = (name, picture.key)
        if key not in self._labels:
            self._labels[key] = model.segments(picture.value)[0]
        return self._labels[key]

    def segment(self, name: str, state: State) -> Array | None:
        """Return the places (height, width) of the segment that is explained; None where there is no such."""
        if self._choices.quantities[state.quantity].of_layer:
            return None
        labels = self.labels(name, self._choices.pictures.input(name, state.index))
        which = None if labels is None else explained_class(labels, state.target)
        return None if labels is None or which is None else labels == which
