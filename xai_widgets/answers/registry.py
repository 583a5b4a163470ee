"""What is registered, by the kind of its answers: what widgets list, and what `methods` tells of."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Protocol, TypeVar

AnswerKind = Literal["attribution", "evaluation", "attack", "concept", "similarity"]


class Registrable(Protocol):
    """What can be listed."""

    name: ClassVar[str]
    answers: ClassVar[AnswerKind]

    @classmethod
    def place(cls) -> Any:
        """Where it stands among its kind: something to sort by."""


REGISTRY: dict[AnswerKind, dict[str, Any]] = {
    "attribution": {},
    "evaluation": {},
    "attack": {},
    "concept": {},
    "similarity": {},
}
"""For each kind of answer what gives such ones, by name, in the order of a course, however they were imported."""

Registered = TypeVar("Registered", bound=type[Registrable])


def register(entry: Registered) -> Registered:
    """List a class under its name among those that give the same kind of answer."""
    kind = REGISTRY[entry.answers]
    listed = sorted([*kind.values(), entry], key=lambda one: one.place())
    kind.clear()
    kind.update({one.name: one for one in listed})
    return entry
