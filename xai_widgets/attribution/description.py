"""What a method says of itself: what it is called, what it measures, and what its options offer to a widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from xai_widgets.answers.registry import AnswerKind
from xai_widgets.attribution.ends import PIXEL_ENDS, UNIT_ENDS, Ends, in_terms
from xai_widgets.attribution.family import FamilyName, place
from xai_widgets.models.inputs.input import Terms
from xai_widgets.option import Option, Optioned

Measure = Literal["slope", "contribution", "weight"]
Channels = Literal["summed", "largest", "rectified", "covered"]


class Described(Optioned):
    """A frozen dataclass whose fields are options, keywords that are checked at once, and what it says of itself."""

    answers: ClassVar[AnswerKind] = "attribution"
    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[FamilyName]
    takes_layer: ClassVar[bool] = False
    needs_layer: ClassVar[bool] = False
    """Whether it makes sense at a layer only; without one named it takes the last one with height and width."""
    knows_class: ClassVar[bool] = True
    """Whether another class makes another map."""
    needs_batch: ClassVar[bool] = False
    """Whether it says something of a batch alone; what shows one input at a time has no place for it."""
    needs_plane: ClassVar[bool] = False
    """Whether it looks at places beside each other, which several input tensors do not share."""
    has_mechanism: ClassVar[bool] = False
    """Whether it is known how a single value arises; see `Method.mechanism`."""
    moves_input: ClassVar[bool] = False
    """Whether it changes inputs bit by bit, which token ids do not allow."""

    @property
    def kind(self) -> Measure:
        """What a value measures, and so what can be asked of it.

        "slope": how fast the quantity changes with the element, in units of the quantity by those of the input.
        "contribution": how much of a change of the quantity is owed to the element, in units of the quantity.
        "weight": how much the element counts, in no unit: only their proportions mean something.
        """
        return "contribution"

    @property
    def counts_by_size(self) -> bool:
        """Whether an element matters by the size of its value: the sign of a slope says which way the quantity goes."""
        return self.kind == "slope"

    @property
    def channels(self) -> Channels:
        """How the channels of a value become one pixel of the map.

        "rectified" is their sum where it is positive; "covered" counts what is covered together once.
        """
        return "summed"

    @property
    def ends(self) -> Ends:
        """What the lower and the upper end of the colour scale mean, in words that stand before a value."""
        return "against", "for"

    def ends_at(self, layer: str | None, terms: Terms | None = None) -> Ends:
        """Return the same at a layer, None for the input, in the terms of the input's kind; by default a picture's."""
        if layer is None and terms is not None:
            return in_terms(self.ends, terms)
        return UNIT_ENDS if layer is not None and self.ends == PIXEL_ENDS else self.ends

    @property
    def title(self) -> str:
        """What stands above a picture: the label, unless there is more to say."""
        return self.label

    @property
    def remark(self) -> str:
        """A sentence on what the options amount to; empty where the label says it all."""
        return ""

    @classmethod
    def place(cls) -> tuple[int, int]:
        """Where it stands among all methods, in the order of a course."""
        return place(cls.family, cls.name)

    @classmethod
    def controls(cls) -> tuple[Option, ...]:
        """Return the options as widgets offer them, one control each: numbers and names alone."""
        return cls.options()

    @classmethod
    def from_controls(cls, values: Mapping[str, Any]) -> Self:
        """Return the method that the values of its controls, by name, amount to."""
        return cls(**values)

    def as_controls(self) -> dict[str, Any]:
        """Return the values of the controls that amount to this method."""
        return {option.name: getattr(self, option.name) for option in self.controls()}
