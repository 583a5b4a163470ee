"""What is on the screen of a concept tester."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from xai_widgets.concepts.examples.tcav import TCAV
from xai_widgets.widgets.concept_pictures import ConceptPictures, Numbers
from xai_widgets.widgets.protocol import ConceptTesting


@dataclass(frozen=True)
class ConceptState:
    """What is on the screen.

    Attributes
    ----------
    source : ConceptPictures
        All pictures.
    index : int
        Which of them is steered.
    values : tuple of (str, value)
        The options of the test.
    layer : str
        Where concepts are looked for, and where is steered.
    target : int
        The class that they add to.
    concept : str
        Whose pictures are in view, and along which is steered.
    step : float
        How many times it is added.
    count : int or None
        So many pictures of each side are taken, the first ones; None is all.
    without : tuple of int
        The pictures that are taken out of their concepts.
    """

    source: ConceptPictures
    index: int
    values: tuple[tuple[str, Any], ...]
    layer: str
    target: int
    concept: str
    step: float
    count: int | None
    without: Numbers

    def with_source(self, source: ConceptPictures) -> ConceptState:
        """Return the same of other pictures; those that were added are examples of the concept in view."""
        return replace(self, source=source.owned(self.concept))

    def taken(self, concept: str) -> tuple[Numbers, Numbers]:
        """Return the examples and the counterpart that a concept is told by, without those that are out."""
        examples, counterpart = self.source.sides(concept)
        return self._left(examples), self._left(counterpart)

    def _left(self, side: Numbers) -> Numbers:
        given = [number for number in side if number < self.source.given_count]
        first = side if self.count is None else (*given[: self.count], *side[len(given) :])
        return tuple(number for number in first if number not in self.without)

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the test that can be chosen, by name."""
        return dict(self.values)

    def as_dict(self) -> ConceptTesting:
        """Return the state as JSON."""
        return {
            "method": TCAV.name,
            "options": dict(self.values),
            "index": self.index,
            "layer": self.layer,
            "target": self.target,
            "concept": self.concept,
            "step": self.step,
            "count": self.count,
            "without": list(self.without),
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict(), **self.source.traits(self.index)}
