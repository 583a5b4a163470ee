"""The units of a layer over a set of inputs: what they say, read in chunks, and put where the inputs have places."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.upsampling import interpolated, laid
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array


class Units:
    """The units, or channels, of a layer, over a batch of inputs.

    Attributes
    ----------
    model : Model
    batch : array of shape (rows, *input shape)
        The inputs as the network takes them.
    cut : Cut
        The place in the network.
    layout : Layout
        Which axes of what the layer puts out count its units, and where in the input the rest stands.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer, its axes are not known, or there is a single input and not a batch.
    """

    def __init__(self, model: Model, x: ArrayLike, layer: str | None) -> None:
        if not isinstance(model, Model):
            raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
        if checked_layer(layer) is None:
            raise InputTypeError(f"layer is None; expected the name of a layer, one of {model.layers}.")
        self.model = model
        self.batch, single = model.prepare(x)
        if single:
            raise InputError("Found a single input; expected a batch of them, one behind the other.")
        self.cut = model.at(layer)
        self.layout = self.cut.known_layout

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def layer(self) -> str:
        """The name of the layer."""
        return str(self.cut.layer)

    @property
    def count(self) -> int:
        """How many units there are."""
        return self.layout.channels

    @property
    def places(self) -> tuple[int, ...]:
        """The grid of the input, over which units can be laid.

        Raises
        ------
        ValueError
            If the layer has no places, or others than the input.
        """
        there = self.model.input.pieces[0].layout.grid if len(self.model.input.pieces) == 1 else ()
        if not self.layout.has_space or len(self.layout.grid) != len(there):
            raise InputError(
                f"The output of layer {self.layer!r}, {self.layout.words}, cannot be laid over an input with places "
                f"{there}; expected a layer whose units stand at places of the input."
            )
        return there

    @property
    def chunk(self) -> int:
        """How many inputs to read at once."""
        return self.cut.chunk("activations")

    def read(self, start: int, stop: int) -> Array:
        """Return what the units say of the inputs with these numbers, (rows, units, places); of a vector one place."""
        return self.layout.channels_first(self.cut.activations(self.batch[start:stop]))

    def chunks(self) -> Iterator[tuple[int, Array]]:
        """Yield what they say of all inputs, in pieces (rows, units, places), each with the number of its first row."""
        start = 0
        while start < len(self):
            stop = min(start + self.chunk, len(self))
            yield start, self.read(start, stop)
            start = stop

    @cached_property
    def whole(self) -> Array:
        """What they say of all inputs, (rows, units, places)."""
        return np.concatenate([piece for _, piece in self.chunks()])

    @cached_property
    def pooled(self) -> Array:
        """The mean of each unit over its places, (rows, units), in double precision."""
        return np.concatenate([piece.mean(axis=2, dtype=np.float64) for _, piece in self.chunks()])

    def over_input(self, values: Array) -> Array:
        """Return numbers (rows, units, places) at all places of the input, (rows, units, *grid of the input).

        Between the places of the layer they are interpolated linearly, as pictures are made larger.

        Raises
        ------
        ValueError
            If the layer has no places, or others than the input.
        """
        there, grid = self.places, self.layout.grid
        planes = self.layout.on_grid(values)
        matrices = [one.astype(planes.dtype) for one in laid(grid, there, smooth=True)]
        found = interpolated(planes.reshape(-1, *grid), matrices)
        return found.reshape(*planes.shape[:2], *there)
