"""How the value at one place of a map arises: what of a method's work makes it, in numbers, in words and drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.description import Described
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Part, Pictures, diagram_png
from xai_widgets.render.overlay import as_picture

Place = tuple[int, ...]
"""A place of a map: as many numbers as the map has axes."""

CHANNELS = 6
"""So many channels have a bar of their own."""

THUMBNAIL = 96
"""The longer side of a small picture has at most so many pixels."""

MOST_BYTES = 64 * 2**20
"""So much is kept of a method's work, so that all places of a map can be asked about; beyond it of one place alone."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Mechanism(ABC):
    """How the value at one place of a map arises; made by `Method.mechanism` and `Attribution.mechanism`.

    Each family of methods has a kind of its own, with arrays that say what the value is made of: `PathMechanism`,
    `SampleMechanism`, `MaskMechanism`, `OrderMechanism`, `RegressionMechanism`, `ChannelMechanism` and `FlowMechanism`.

    Attributes
    ----------
    method : Method
    question : Question
    at : tuple of int
        The place: row and column of a picture's map.
    value : float
        What the parts make; the value of the map there.

    Examples
    --------
    >>> mechanism = xai.GradCam().mechanism(model, x, layer="relu2", at=(3, 4))
    >>> isinstance(mechanism, xai.Mechanism), mechanism.at
    (True, (3, 4))
    """

    method: Described
    question: Question
    at: Place
    value: float

    @property
    @abstractmethod
    def sentence(self) -> str:
        """How the value arises, in words that go on after "is"."""

    @property
    @abstractmethod
    def parts(self) -> Sequence[Part]:
        """What is drawn: curves, dots, small pictures and bars."""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        cut = self.question.cut
        where = "" if cut.layer is None else f" of {cut.layer}"
        return place_in_words(self.question, self.at) + where

    def __repr__(self) -> str:
        return f"{self.method.title} at {self.place}: {self.value:.4g} is {self.sentence}"

    def _repr_png_(self) -> bytes:
        """Return the drawing that a notebook shows."""
        title = f"{self.method.title}: {self.value:.3g} at {self.place}"
        return diagram_png(title, f"It is {self.sentence}.", self.parts)


@dataclass(eq=False)
class Ledger(ABC):
    """What a method met on its way to a map of one input, kept: of it is read how each value arises."""

    @abstractmethod
    def read(self, found: Any, at: Place) -> Mechanism | None:
        """Return how the value of an attribution at a place arises; None where that was not kept."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return sum(getattr(getattr(self, one.name), "nbytes", 0) for one in fields(self))


def thumbnails(question: Question, inputs: Array, values: Array, label: str) -> list[Pictures]:
    """Return inputs (n, *input shape) as small pictures with a number each; none where they are no pictures."""
    whole = question.model.input
    views = [whole.views(x, np.zeros(whole.layout.grid)) for x in inputs]
    if not views or any(len(one) != 1 or one[0].picture is None for one in views):
        return []
    drawn = [as_picture(np.asarray(one[0].picture), one[0].bounds) for one in views]
    pixels = np.stack([one for one in drawn if one is not None])
    step = -(-max(pixels.shape[1:3]) // THUMBNAIL)
    return [Pictures(pixels[:, ::step, ::step], values.tolist(), label)]


def largest_first(values: Array) -> list[tuple[str, float]]:
    """Return what channels add to a sum as rows of bars, the largest first and what is left as one."""
    order = np.argsort(-np.abs(values), kind="stable")
    rows = [(f"channel {place}", float(values[place])) for place in order[:CHANNELS]]
    rest = order[CHANNELS:]
    return [*rows, (f"the other {len(rest)}", float(values[rest].sum()))] if len(rest) else rows


def in_part(share: float, features: int = 1) -> str:
    """Return what stands before how the value of a feature arises, where a place has a part of it, or has several."""
    if features > 1:
        return f"the sum over its {features} features of "
    return "" if share == 1 else f"its part, {share:.3g} of that of its feature, which is "


def place_in_words(question: Question, at: Place) -> str:
    """Return a place of a map as one reads it: "row 3, column 4"."""
    (layout,) = question.layouts
    if layout.is_vector or not layout.space:
        columns = getattr(question.model.input, "columns", None)
        if question.cut.layer is None and columns:
            return f"column {columns[at[0]]!r}"
        return f"element {', '.join(map(str, at))}"
    names: dict[str, str] = {"height": "row", "width": "column"}
    return ", ".join(f"{names.get(axis, axis)} {number}" for axis, number in zip(layout.coordinates, at, strict=False))


def checked_place(question: Question, at: Any) -> Place:
    """Return a place of the map that answers a question, as plain numbers.

    Raises
    ------
    ValueError, TypeError
        If there is no such place, or the question is about several inputs or input tensors.
    """
    if len(question.batch) > 1:
        raise InputError(
            f"Found a batch of {len(question.batch)} inputs; expected one, since a value of its map is looked at."
        )
    if len(question.layouts) > 1:
        raise InputError("The network takes several input tensors, and a place is of one map; expected one of them.")
    (layout,) = question.layouts
    if question.cut.layer is not None:
        layout.checked(question.cut.layer)
    found = np.atleast_1d(as_array(at))
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise InputTypeError(f"at is {shown(at)}; expected whole numbers, such as (row, column).")
    if len(found) != len(layout.grid) or not ((found >= 0) & (found < layout.grid)).all():
        sizes = " x ".join(map(str, layout.grid))
        raise InputError(f"at is {shown(at)}, and the map is {sizes}; expected a place in it, counted from 0.")
    return tuple(found.tolist())


def no_mechanism(method: Described, having: Sequence[str]) -> InputError:
    """Return the refusal of a method of which it is not known how a single value arises."""
    return InputError(
        f"{method.label} has no mechanism to be looked at: its values arise together, by a search or from all places "
        f"at once. Methods that have one: {', '.join(having)}."
    )


@dataclass(frozen=True, eq=False)
class Elements:
    """Which elements of a place in a network a ledger holds the values of.

    Attributes
    ----------
    numbers : int array (channels, elements), or None
        Those of one place, see `Layout.elements_at`; None holds all.
    """

    numbers: Array | None = None

    KEEPING: ClassVar[int] = MOST_BYTES

    @classmethod
    def fitting(cls, question: Question, at: Place | None, copies: int, itemsize: int = 4) -> Elements:
        """Return all elements where so many copies of them fit, and else those of the place that is asked about."""
        size = int(np.prod(question.cut.shape))
        if at is None or copies * size * itemsize <= cls.KEEPING:
            return cls()
        return cls(question.layouts[0].elements_at(at))

    def of(self, values: Array) -> Array:
        """Return those of values (rows, *shape): (rows, size), or (rows, channels * elements)."""
        flat = values.reshape(len(values), -1)
        return flat if self.numbers is None else flat[:, self.numbers.ravel()]

    def at(self, kept: Array, wanted: Array) -> Array | None:
        """Return the elements `wanted` (channels, elements) of what `of` gave, (rows, channels, elements), or None."""
        if self.numbers is None:
            found: Array = kept[:, wanted]
            return found
        return kept.reshape(-1, *wanted.shape) if np.array_equal(self.numbers, wanted) else None
