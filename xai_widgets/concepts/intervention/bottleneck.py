"""A layer as a bottleneck: what its units say of inputs, and what the network answers if they say something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks

Known = Mapping[str | int, ArrayLike]
"""By the name or number of a unit, what it is set to: a number, or one for each input, nan where it is left alone."""


class Bottleneck:
    """A layer of a network, read once for a batch of inputs; what lies behind it can be run with other values in it.

    Attributes
    ----------
    model : Model
    batch : array of shape (batch, *input shape)
    single : bool
        Whether one input was given without a batch axis.
    layer : str
    names : tuple of str
        Of the units.
    said : array of shape (batch, units)
        What they say, the means over places; known once `read` has come to its end.
    evaluations : int
        Passes of single inputs so far.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer, its axes are not known, or the network answers at each place.
    """

    _alone: Array | None = None
    _known: bool = False

    def __init__(self, model: Model, x: ArrayLike, layer: str) -> None:
        if not isinstance(model, Model):
            raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
        if checked_layer(layer) is None:
            raise InputTypeError(f"layer is None; expected the name of a layer, one of {model.layers}.")
        self.model, self.layer = model, layer
        self.batch, self.single = model.prepare(x)
        if model.segmentation:
            raise InputError("The network answers at each place; expected one that answers once for each input.")
        self.cut = model.at(layer)
        self.layout = self.cut.known_layout
        self.names = model.unit_names(layer)
        self.objective = Objective(model.weights_of(np.zeros((1, model.output_count))))
        self.evaluations = 0

    def values(self, known: Known) -> Array:
        """Return what units are set to, (batch, units); nan where they are left alone.

        Raises
        ------
        ValueError, TypeError
            If there is no such unit, it is named twice, or what it is set to is no number.
        """
        if not isinstance(known, Mapping):
            raise InputTypeError(
                f"The values are {shown(known)}; expected a dict from the name or number of a unit to what it is set "
                f"to, such as {{{self.names[0]!r}: 1}}."
            )
        found = np.full((len(self.batch), len(self.names)), np.nan)
        for unit, value in known.items():
            number, given = self.model.unit(self.layer, unit), as_array(value)
            if not np.isnan(found[:, number]).all():
                raise InputError(f"The unit {self.names[number]!r} is given twice, by name and by number.")
            if given.dtype.kind not in "fiub" or given.shape not in ((), (len(self.batch),)):
                raise InputTypeError(
                    f"The unit {unit!r} is set to {shown(value)}; expected a number, or {len(self.batch)} numbers, one "
                    "for each input, nan where it is left alone."
                )
            if not (np.isfinite(given) | (np.isnan(given) & bool(given.ndim))).all():
                raise InputError(f"The unit {unit!r} is set to {shown(value)}; expected a finite number.")
            found[:, number] = given
        return found

    def read(self) -> Iterator[None]:
        """Read the layer in chunks, once."""
        if self._known:
            return
        pieces, start = [], 0
        while start < len(self.batch):
            pieces.append(self.cut.activations(self.batch[start : start + self.cut.chunk("activations")]))
            start += len(pieces[-1])
            yield
        self.evaluations += start
        self.activations = np.concatenate(pieces)
        self.by_unit = self.layout.by_channel(self.activations)
        self.said = self.by_unit.mean(axis=2, dtype=np.float64)
        self._known = True

    def scores_alone(self) -> Array:
        """Return the scores where nothing is set, found once."""
        if self._alone is None:
            self._alone = self.scores(np.full((len(self.batch), len(self.names)), np.nan))
        return self._alone

    def scores(self, values: Array) -> Array:
        """Return the scores where units are set to these values (batch, units), at all places; nan leaves them."""
        left = np.isnan(values)[..., None]
        latents = np.where(left, self.by_unit, values[..., None]).astype(self.activations.dtype)
        self.evaluations += len(self.batch)
        behind = self.layout.from_by_channel(latents)
        return in_chunks(self.cut, "forward", self.batch, self.objective, behind).scores
