"""The pictures of a concept tester: those of a class, the examples of concepts, their counterparts, and added ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.models.base import Model
from xai_widgets.widgets.added import AddedPictures
from xai_widgets.widgets.given import Written, check_count, listed, one_by_one
from xai_widgets.widgets.pictures import Array

Numbers = tuple[int, ...]
"""Pictures, by their numbers."""


class ConceptPictures(AddedPictures):
    """All pictures of a concept tester in a row, so that each has a number. None is ever changed.

    Parameters
    ----------
    images, models
        As `Pictures` takes them: what the class is looked at.
    concepts : sequence of Concept
        With counterparts; their pictures like `images`, or as a model takes them. What is the same object in several
        of them is there once.

    Attributes
    ----------
    images : int
        So many of the pictures, the first ones, are what the class is looked at.
    given : tuple of (tuple of int, tuple of int)
        The examples and the counterpart of each concept, as they were given.
    brought : tuple of str
        The concept that each picture which was added is an example of.
    """

    origin = "what concepts() was given"
    returned = "tester"

    def __init__(self, images: Any, concepts: Sequence[Concept], models: Mapping[str, Model]) -> None:
        super().__init__(images, models)
        self.images = len(self)
        self.names = tuple(concept.name for concept in concepts)
        self.brought: tuple[str, ...] = ()
        known: dict[int, Numbers] = {}
        sides = [tuple(self._joined(side, known) for side in concept.sides) for concept in concepts]
        self.given = tuple((examples, counterpart) for examples, counterpart in sides)
        self._given = len(self)

    def _joined(self, side: Any, known: dict[int, Numbers]) -> Numbers:
        """Put the pictures of one side at the end, unless they are there, and return their numbers."""
        if id(side) not in known:
            start, forms = len(self), list(self._forms.values())
            found = one_by_one(listed(self._channels_last(side)), forms)
            check_count(start + len(found))
            numbers = range(start, start + len(found))
            self._raw += [
                Written(one.value, f"tester.pictures[{number}]") for one, number in zip(found, numbers, strict=True)
            ]
            self.shown += [self._check(number) for number in numbers]
            known[id(side)] = tuple(numbers)
        return known[id(side)]

    def _channels_last(self, side: Any) -> Any:
        """Return pictures as widgets take them; those that have a network's own layout fit in no other way."""
        shape = tuple(getattr(side, "shape", ()))[1:]
        for form in self._forms.values():
            if form.axis == 0 and shape == (form.channels, *form.plane) and not form.fits(shape):
                array: Array = np.moveaxis(np.asarray(side), 1, -1)
                return array
        return side

    @property
    def given_count(self) -> int:
        """How many pictures were not added in the page."""
        return self._given

    def owned(self, concept: str) -> ConceptPictures:
        """Return the same, where those that were added last, and belong to no concept yet, are examples of this one."""
        left = len(self.added) - len(self.brought)
        if left == 0:
            return self
        changed = copy(self)
        changed.brought = (*self.brought, *[concept] * left)
        return changed

    def sides(self, concept: str) -> tuple[Numbers, Numbers]:
        """Return the examples and the counterpart of a concept, with those that were added and not taken away."""
        examples, counterpart = self.given[self.names.index(concept)]
        added = [self._given + place for place, owner in enumerate(self.brought) if owner == concept]
        return (*examples, *(number for number in added if not self._is_away(number))), counterpart

    def again(self, index: int) -> str:
        """Return the Python that gives the images once more: what was added is no one of them."""
        return "images"

    def batch(self, name: str, numbers: Sequence[int]) -> Array:
        """Return pictures as the model called `name` takes them, one behind the other."""
        found: Array = np.stack([np.asarray(self.input(name, number).value) for number in numbers])
        return found

    def traits(self, index: int) -> dict[str, Any]:
        """Return the pictures that were added, and to what."""
        return {**super().traits(index), "_brought": list(self.brought)}
