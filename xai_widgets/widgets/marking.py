"""What an audience marks on a picture before it sees the map: where it expects the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.objective import Array
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check
from xai_widgets.widgets.outline import as_runs
from xai_widgets.widgets.overlap import disc
from xai_widgets.widgets.pictures import Pictures

MARKING_TRAITS = ("predict_first", "marks")
"""What can be set of it, by name."""

MOST_SPOTS = 26
"""They are called A to Z."""

MOST_HANDS = 9999


@dataclass(frozen=True)
class Mark:
    """What is marked on one picture.

    Attributes
    ----------
    height, width : int
        Of the picture.
    area : tuple of int
        What was painted: how many places in reading order are outside, then inside, and so on; empty is nothing.
    spots : tuple of dict
        Places with a show of hands.
    revealed : bool
        Whether the map has been shown.
    """

    height: int
    width: int
    area: tuple[int, ...] = ()
    spots: tuple[protocol.Spot, ...] = ()
    revealed: bool = False

    @cached_property
    def mask(self) -> Array:
        """What was painted, as a bool array (height, width)."""
        inside = np.arange(len(self.area)) % 2 == 1
        flat = np.repeat(inside, self.area) if self.area else np.zeros(self.height * self.width, bool)
        return flat.reshape(self.height, self.width)

    @property
    def named(self) -> list[tuple[str, Array]]:
        """What each spot is called, with its hands, and what it covers; those with most hands first."""
        lettered = [(chr(ord("A") + place), spot) for place, spot in enumerate(self.spots)]
        return [
            (
                f"{letter} ({spot['hands']} hand{'s' * (spot['hands'] != 1)})",
                disc(spot["x"], spot["y"], self.height, self.width),
            )
            for letter, spot in sorted(lettered, key=lambda one: -one[1]["hands"])
        ]

    def as_dict(self) -> protocol.Mark:
        """Return it as JSON."""
        return {"area": list(self.area), "spots": [*self.spots], "revealed": self.revealed}


@dataclass(frozen=True)
class Marking:
    """Whether maps are hidden until they are revealed, and what is marked on the pictures meanwhile.

    Attributes
    ----------
    refusal : str
        Why nothing can be marked on these inputs, in a sentence; empty where it can.
    first : bool
        Whether one marks first, and sees the map then.
    marks : mapping of int to Mark
        By picture.
    """

    refusal: str = field(default="", compare=False)
    first: bool = False
    marks: Mapping[int, Mark] = field(default_factory=dict)

    def hides(self, index: int) -> bool:
        """Whether the map of a picture is not to be seen."""
        return self.first and not (index in self.marks and self.marks[index].revealed)

    def mark(self, index: int) -> Mark | None:
        """Return what is marked on a picture while one marks first; None where nothing is."""
        return self.marks.get(index) if self.first else None

    def traits(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "predict_first": self.first,
            "marks": {str(index): mark.as_dict() for index, mark in self.marks.items()},
        }

    def changed(self, changes: Mapping[str, Any], source: Pictures) -> Marking:
        """Return this with some of its traits changed; who begins to predict anew sees no map.

        Raises
        ------
        ValueError, TypeError
            If it is no such thing, or nothing can be marked here.
        """
        first = changes.get("predict_first", self.first)
        if not isinstance(first, bool | np.bool_):
            raise InputTypeError(f"predict_first is {shown(first)}; expected True or False.")
        marks = dict(self.marks)
        if "marks" in changes:
            marks = _read(changes["marks"], source, self)
        elif first and not self.first:
            marks = {index: replace(mark, revealed=False) for index, mark in marks.items()}
        if self.refusal and (first or marks):
            raise InputError(self.refusal)
        return replace(self, first=bool(first), marks=marks)


def refusal_of(source: Pictures, reason: str) -> str:
    """Return why nothing can be marked on some inputs, in a sentence; empty where it can.

    Parameters
    ----------
    source : Pictures
    reason : str
        Why not in this widget, whatever the inputs.
    """
    if reason:
        return reason
    if source.columns is not None or source.seen(0) is None:
        return (
            "predict_first hides a map over a picture, where one can mark; these inputs are no pictures. Leave it out."
        )
    return ""


def picture_number(key: Any) -> Any:
    """Return the number of a picture by which marks are kept, as JSON has it too; what is none as it is."""
    return int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 9 else key


def _read(given: Any, source: Pictures, before: Marking) -> dict[int, Mark]:
    """Return marks by picture, from JSON."""
    if not isinstance(given, Mapping):
        raise InputTypeError(f"marks is {shown(given)}; expected a dict of marks by the number of their picture.")
    marks = {}
    for key, one in given.items():
        index = picture_number(key)
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(source):
            raise InputError(f"marks has picture {shown(key)}; expected a number from 0 to {len(source) - 1}.")
        made = _mark(one, index, source.seen(index))
        known = before.marks.get(index, made)
        marks[index] = known if known == made else made  # Of one that is known the mask is there already.
    return marks


def _mark(given: Any, index: int, picture: Array | None) -> Mark:
    height, width = (0, 0) if picture is None else picture.shape[:2]
    if isinstance(given, Mapping):
        given = {"area": [], "spots": [], "revealed": False, **given}
        if isinstance(given["area"], np.ndarray):
            given["area"] = _runs(given["area"], index, (height, width))
    check(given, protocol.Mark, f"marks[{index}]")
    mark = cast("protocol.Mark", given)
    area, spots = tuple(mark["area"]), mark["spots"]
    if area and (min(area) < 0 or sum(area) != height * width):
        raise InputError(
            f"The area of marks[{index}] has {sum(area)} places; expected the {height * width} of its picture, as "
            "counts of places outside, then inside, and so on, or a bool array of its shape."
        )
    if len(spots) > MOST_SPOTS:
        raise InputError(f"marks[{index}] has {len(spots)} spots; expected at most {MOST_SPOTS}.")
    for place, spot in enumerate(spots):
        if not (0 <= spot["x"] <= 1 and 0 <= spot["y"] <= 1):
            raise InputError(f"Spot {place} of marks[{index}] lies beside the picture; expected x and y from 0 to 1.")
        if not 0 <= spot["hands"] <= MOST_HANDS:
            raise InputError(f"Spot {place} of marks[{index}] has {spot['hands']} hands; expected 0 to {MOST_HANDS}.")
    kept = tuple(protocol.Spot(x=one["x"], y=one["y"], hands=one["hands"]) for one in spots)
    return Mark(height, width, area, kept, mark["revealed"])


def _runs(area: Array, index: int, shape: tuple[int, int]) -> list[int]:
    if area.dtype != bool or area.shape != shape:
        raise InputError(
            f"The area of marks[{index}] is an array of {area.dtype} and shape {area.shape}; expected bool and {shape}."
        )
    return list(as_runs(area)["runs"])
