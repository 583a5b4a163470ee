"""What layers say of an input in one row of numbers: how much each of their channels responds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model


class Descriptors:
    """The length of each channel's map in several layers, each layer's row brought to length one.

    Attributes
    ----------
    layers : list of Units
    features : list of (str, int)
        The layer and the number of the channel that each column is of.
    rows : array of shape (inputs, features)
        Filled by `read`.
    """

    def __init__(self, model: Model, x: ArrayLike, layers: Sequence[str]) -> None:
        self.layers = [Units(model, x, layer) for layer in layers]
        self.features = [(units.layer, number) for units in self.layers for number in range(units.count)]
        self.rows = np.zeros((len(self.layers[0]), len(self.features)))

    def read(self) -> Iterator[int]:
        """Read all layers of all inputs, and yield how many inputs were read after each piece."""
        column = 0
        for units in self.layers:
            columns = slice(column, column + units.count)
            for start, piece in units.chunks():
                lengths = np.sqrt(np.square(piece, dtype=np.float64).sum(axis=2))
                whole = np.linalg.norm(lengths, axis=1, keepdims=True)
                self.rows[start : start + len(piece), columns] = lengths / np.where(whole > 0, whole, 1)
                yield len(piece)
            column = columns.stop


def checked_layers(model: Model, layers: Any) -> list[str]:
    """Return the layers whose channels are meant: by default those whose channels stand at places.

    A single channel is left out: beside no other it has always length one. A network that has none gives what its
    layers say before the last one, which says the classes themselves.

    Raises
    ------
    ValueError, TypeError
        If these are no names of layers, or there is none.
    """
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    if layers is None:
        known = {layer: model.layout_of(layer) for layer in model.layers}
        several = [layer for layer, layout in known.items() if layout.known and layout.channels > 1]
        found = [layer for layer in several if known[layer].has_space] or several[:-1]
        if not found:
            raise InputError("No layer is known to have channels; expected layers=[...], or wrap(..., layouts=...).")
        return found
    if isinstance(layers, str) or not isinstance(layers, list | tuple) or not layers:
        raise InputTypeError(f"layers is {shown(layers)}; expected a list of names, some of {model.layers}.")
    for layer in layers:
        model.at(layer).layout.checked(str(layer))
    return list(dict.fromkeys(layers))
