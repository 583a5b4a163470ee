"""What layers of a network say of inputs, as rows of features: all layers by one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.picture import Picture
from xai_widgets.models.objective import Array


class Reading:
    """Some layers of a network over a batch of inputs.

    Attributes
    ----------
    model : Model
    batch : array of shape (inputs, *input shape)
    layers : tuple of str
    features : tuple of int
        How many numbers a layer says of an input.
    """

    def __init__(self, model: Model, x: Any, layers: Sequence[str], places: str) -> None:
        self.model, self.layers = model, tuple(layers)
        self.batch, single = model.prepare(x)
        if single:
            raise InputError("Found a single input; expected a batch of them, one behind the other.")
        cuts = [model.at(layer) for layer in layers]
        self._layouts = [cut.known_layout if places == "averaged" else None for cut in cuts]
        self.features = tuple(
            int(np.prod(cut.shape)) if layout is None else layout.channels
            for cut, layout in zip(cuts, self._layouts, strict=True)
        )
        self.row_bytes = sum(int(np.prod(cut.shape)) for cut in cuts) * model.dtype.itemsize

    @property
    def chunk(self) -> int:
        """How many inputs to read at once."""
        return self.model.at(None).chunk("activations")

    def read(self, rows: Array) -> list[Array]:
        """Return what each layer says of the inputs with these numbers, (rows, features) each."""
        found = self.model.at(None).activations_of(self.batch[rows], self.layers)
        for layer, values in zip(self.layers, found, strict=True):
            if not np.isfinite(values).all():
                raise InputError(f"The output of layer {layer!r} is NaN or infinite; expected numbers.")
        return [
            values.reshape(len(rows), -1)
            if layout is None
            else layout.channels_first(values).mean(axis=2, dtype=np.float64)
            for values, layout in zip(found, self._layouts, strict=True)
        ]


def checked_model(model: Any) -> Model:
    """Return a network that was wrapped."""
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    return model


def inputs_of(model: Model, other: Model, x: Any) -> Any:
    """Return the inputs of a network as another takes them: of pictures the axis of channels may be another."""
    if other.input_shape is None or model.input_shape is None:
        return x
    ours, theirs = model.input, other.input
    if not (isinstance(ours, Picture) and isinstance(theirs, Picture)):
        return x
    here, there = (one.layout.channel_axes for one in (ours, theirs))
    if len(here) != 1 or len(there) != 1 or here == there:
        return x
    return np.moveaxis(model.prepare(x)[0], 1 + here[0], 1 + there[0])


def checked_layers(models: Sequence[Model], layers: Any) -> list[list[str]]:
    """Return the layers of each of two networks that are compared: all of them where none are told.

    Raises
    ------
    ValueError, TypeError
        If these are no names of layers.
    """
    if layers is None:
        return [list(model.layers) for model in models]
    pair = isinstance(layers, list | tuple) and len(layers) == 2 and not any(isinstance(one, str) for one in layers)
    sides = list(layers) if pair else [layers, layers]
    for names in sides:
        if isinstance(names, str) or not isinstance(names, list | tuple) or not names:
            raise InputTypeError(
                f"layers is {shown(layers)}; expected a list of names of layers that both networks have, or a list for "
                f"each of them. They have {', '.join(models[0].layers)}; and {', '.join(models[1].layers)}."
            )
    found = []
    for model, names in zip(models, sides, strict=True):
        for name in names:
            if not isinstance(name, str):
                raise InputTypeError(f"A layer is given by its name, a str; found {shown(name)}.")
            model.at(name)
        found.append(list(dict.fromkeys(names)))
    return found
