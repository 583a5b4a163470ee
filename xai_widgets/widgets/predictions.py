"""What the models say of the inputs, remembered until they are trained on."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any, TypeVar

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.outline import explained_class
from xai_widgets.widgets.pictures import Input
from xai_widgets.widgets.protocol import Prediction
from xai_widgets.widgets.state import State

SHOWN_CLASSES = 5

REMEMBERED = 512
"""So many are remembered; a picture that is painted on is another with each stroke."""

REMEMBERED_LABELS = 16
"""So many of those that have a class at each place."""

Key = tuple[str, Hashable]

Known = TypeVar("Known")


class Predictions:
    """What the models make of the inputs, each asked for once.

    Parameters
    ----------
    choices : Choices
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._known: dict[Key, Array] = {}
        self._labels: dict[Key, Array] = {}
        self._told: dict[Any, list[Prediction]] = {}

    def top(self, name: str, state: State, also: Collection[int] = ()) -> list[Prediction]:
        """Return the classes with the largest scores, the largest first, those that are asked about, and more."""
        picture, asked = state.input(name), frozenset((state.target, state.contrast, *also))
        key = (name, picture.key, asked)
        told = self._told.get(key)
        if told is None:
            told = _put(self._told, key, self._rows(name, self.values(name, picture), asked), REMEMBERED)
        return told

    def known(self, name: str, state: State) -> list[Prediction]:
        """Return the same without asking the model, empty where that was not done yet."""
        known = self._known.get((name, state.input(name).key))
        return [] if known is None else self._rows(name, known, {state.target, state.contrast})

    def values(self, name: str, picture: Input) -> Array:
        """Return the probabilities of all classes, or the outputs of a model that has none."""
        key = (name, picture.key)
        values = self._known.get(key)
        if values is None:
            values = _put(self._known, key, self._choices.models[name].shares(picture.value)[0], REMEMBERED)
        return values

    def labels(self, name: str, state: State) -> Array | None:
        """Return the class that a segmentation answers at each place (height, width); None where there is no such."""
        model = self._choices.models[name]
        if not model.segmentation or model.outputs == "values":
            return None
        picture = state.input(name)
        key = (name, picture.key)
        labels = self._labels.get(key)
        if labels is None:
            labels = _put(self._labels, key, model.segments(picture.value)[0], REMEMBERED_LABELS)
        return labels

    def segment(self, name: str, state: State) -> Array | None:
        """Return the places (height, width) of the segment that is explained; None where there is no such."""
        if self._choices.quantities[state.quantity].of_layer:
            return None
        labels = self.labels(name, state)
        which = None if labels is None else explained_class(labels, state.target)
        return None if labels is None or which is None else labels == which

    def forget(self) -> None:
        """Forget all of them, because a model was trained on."""
        self._known, self._labels, self._told = {}, {}, {}

    def _rows(self, name: str, values: Array, asked: Collection[int | None]) -> list[Prediction]:
        outputs = self._choices.models[name].outputs
        order = np.argsort(-values, kind="stable").tolist()
        named = self._choices.named
        return [
            prediction(i, named.class_name(i), values[i], outputs)
            for place, i in enumerate(order)
            if place < SHOWN_CLASSES or i in asked
        ]


def prediction(index: int, name: str, value: float, outputs: str | None) -> Prediction:
    """Return what a network says of a class: a probability, or the value that it puts out."""
    if outputs == "values":
        return {"index": index, "name": name, "value": float(value)}
    return {"index": index, "name": name, "probability": float(value)}


def _put(known: dict[Any, Known], key: Any, value: Known, most: int) -> Known:
    """Remember a value and return it; the oldest is given up where there are too many."""
    known[key] = value
    while len(known) > most:
        known.pop(next(iter(known)), None)
    return value
