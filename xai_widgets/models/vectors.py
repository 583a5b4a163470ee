"""Several inputs as the layers of a network read them: numbers as they are, and for each id the vectors of embeddings.

What a gradient goes by where some inputs are ids and others numbers: one path leads through both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.cut import Cut
from xai_widgets.models.inputs.lookups import NOWHERE
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.inputs.unknown import Unknown
from xai_widgets.models.layout import regular
from xai_widgets.models.objective import Array, Objective


class Lookup(NamedTuple):
    """One call of an embedding, which puts out a vector for each of the ids that it reads."""

    layer: str
    elements: Array
    """For each of its vectors the number of the element of the inputs that it stands for, or `NOWHERE`."""
    width: int
    """How long a vector is."""

    @property
    def reads(self) -> bool:
        """Whether some of the vectors stand for elements of the inputs."""
        return bool((self.elements != NOWHERE).any())


@dataclass(frozen=True, eq=False)
class Vectors:
    """The space of several inputs with vectors in the place of ids.

    Attributes
    ----------
    whole : Several
        The inputs themselves.
    lookups : tuple of Lookup
        The calls of embeddings that read them. An id that several read has their vectors behind each other.
    """

    whole: Several
    lookups: tuple[Lookup, ...]

    def __post_init__(self) -> None:
        reached = np.zeros(self.whole.shape[0], bool)
        for one in self.lookups:
            reached[one.elements[one.elements != NOWHERE]] = True
        for part, read in zip(self.whole.parts, self.whole.split(reached[None]), strict=True):
            if part.integral and not read.all():
                raise InputError(
                    f"{part.name!r} holds token ids, which have no slope, and not all of them are read by an embedding "
                    "that can be reached."
                )

    @cached_property
    def space(self) -> Several:
        """The same inputs, of which ids are (ids, width), filled up with zeros where some vectors are shorter."""
        parts = [
            Unknown(
                (*part.shape, width), None, regular((*part.shape, width), ("token", "channel")), "as vectors", part.name
            )
            if part.integral
            else part
            for part, width in zip(self.whole.parts, self._widths, strict=True)
        ]
        return Several.of(parts)

    @cached_property
    def places(self) -> list[Array]:
        """For each lookup, where in a vector of the space its numbers lie, (vectors, width); `NOWHERE` for some."""
        taken, found = np.zeros(self.whole.shape[0], int), []
        for one in self.lookups:
            begins = self._begins[one.elements] + taken[one.elements]
            places = begins[:, None] + np.arange(one.width)
            found.append(np.where(one.elements[:, None] == NOWHERE, NOWHERE, places))
            read = one.elements[one.elements != NOWHERE]
            taken[read] += one.width
        return found

    def packed(self, x: Array, outputs: Sequence[Array]) -> Array:
        """Return rows (rows, size of the space) of inputs `x`, or their gradients, and of what lookups put out."""
        rows = np.zeros((len(x), self.space.shape[0]), x.dtype)
        rows[:, self._numbers_there] = x[:, self._are_numbers]
        for places, output in zip(self.places, outputs, strict=True):
            known = places != NOWHERE
            rows[:, places[known]] = output.reshape(len(x), *places.shape)[:, known]
        return rows

    def unpacked(self, x: Array, rows: Array) -> tuple[Array, list[Array]]:
        """Return the inputs with the numbers of `rows`, and what lookups put out, (rows, vectors, width) each.

        Of vectors that stand for no element it is NaN.
        """
        inputs = x.copy()
        inputs[:, self._are_numbers] = rows[:, self._numbers_there]
        return inputs, [np.where(places == NOWHERE, np.nan, rows[:, places]) for places in self.places]

    @property
    def _are_numbers(self) -> Array:
        return np.flatnonzero(~self.whole.are_ids)

    @cached_property
    def _numbers_there(self) -> Array:
        return self._begins[self._are_numbers]

    @cached_property
    def _element_widths(self) -> Array:
        """How many numbers stand for each element of the inputs."""
        widths = np.where(self.whole.are_ids, 0, 1)
        for one in self.lookups:
            np.add.at(widths, one.elements[one.elements != NOWHERE], one.width)
        return widths

    @property
    def _widths(self) -> list[int]:
        return [int(one.max()) for one in self.whole.split(self._element_widths[None])]

    @cached_property
    def _begins(self) -> Array:
        """Where in the space the numbers of each element of the inputs begin."""
        counts = np.array(self._widths)[self.whole.labels]
        begins: Array = np.cumsum(counts) - counts
        return begins


class VectorsCut(Cut):
    """Where several inputs are read, replaced and differentiated with the vectors of embeddings in the place of ids."""

    def __init__(self, model: Any, vectors: Vectors) -> None:
        super().__init__(model, None)
        self.is_latent = True
        self.vectors = vectors

    @property
    def space(self) -> Several:
        return self.vectors.space

    @property
    def shape(self) -> tuple[int, ...]:
        return self.vectors.space.shape

    def in_model(self, model: Any) -> Cut:
        found: Cut = model.embedded
        return found

    def _activations(self, x: Array) -> Array:
        model: Any = self.model
        weights = np.zeros((1,) * (1 + len(model.output_shape)))
        return np.asarray(self._pass(x, Objective(weights), None, False, None).activations)
