"""An index of similarity: a number that says how alike what two layers say of the same inputs is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from xai_widgets.answers.registry import REGISTRY, AnswerKind
from xai_widgets.errors import InputTypeError, shown, unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.option import Option, Optioned

PLACES = Option(
    default="flattened",
    kind="choice",
    label="Places",
    sentence="Whether each place of a layer counts as features of its own, or each unit by its mean over places.",
    choices=("flattened", "averaged"),
)


class Tally(ABC):
    """What batches of the same inputs add to, seen by the layers of two networks."""

    @abstractmethod
    def add(self, ours: Sequence[Array], theirs: Sequence[Array]) -> None:
        """Add a batch: of each layer rows (n, features), in double precision."""

    @abstractmethod
    def matrix(self) -> Array:
        """Return the index of each pair of layers so far, (ours, theirs); nan where a layer says the same of all."""

    @abstractmethod
    def independent(self) -> Array:
        """Return the same where each row of ours stands beside the row of another input of theirs."""

    @abstractmethod
    def standard_error(self) -> Array:
        """Return the standard error of `matrix`, by leaving batches out (the jackknife); nan for a single one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Index(Optioned):
    """What an index of similarity says of itself. Options are keywords and are checked at once."""

    answers: ClassVar[AnswerKind] = "similarity"
    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]
    position: ClassVar[int]
    """Where it stands among its kind."""
    costly: ClassVar[bool] = False
    """Whether its standard error takes much longer than itself, so that only the last answer has one."""

    places: str = PLACES.field()

    @classmethod
    def place(cls) -> int:
        """Where it stands among its kind."""
        return cls.position

    @abstractmethod
    def tally(self, ours: Sequence[int], theirs: Sequence[int]) -> Tally:
        """Return what batches add to; layers have so many features."""

    @abstractmethod
    def too_few(self, rows: int, batch: int, one: int, other: int) -> str:
        """Return why so many rows, in such batches, say nothing of layers of so many features; "" where they do."""


def checked_index(index: Any) -> Index:
    """Return an index of similarity that is given by itself or by its name."""
    known = REGISTRY["similarity"]
    if isinstance(index, str):
        if index not in known:
            raise unknown_name("index", index, known)
        found: Index = known[index]()
        return found
    if not isinstance(index, Index):
        raise InputTypeError(
            f"index is {shown(index)}; expected one of {', '.join(map(repr, known))}, or such an object."
        )
    return index
