"""What the check of an exercise says: not yet, not right and why, or right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["blank", "wrong", "right"]

_OPENING = {"blank": "Not yet: ", "wrong": "Not right yet: ", "right": "Right: "}


@dataclass(frozen=True, repr=False)
class Verdict:
    """The verdict on an answer; a notebook shows it as the last line of a cell.

    Attributes
    ----------
    state : {"blank", "wrong", "right"}
    message : str
        What is wrong with the answer, or what it shows.
    """

    state: State
    message: str

    def __repr__(self) -> str:
        return _OPENING[self.state] + self.message


def is_blank(answer: Any) -> bool:
    """Whether an answer is still the blank that the notebook came with."""
    return answer is None or answer is Ellipsis


def call(answer: Any, *arguments: Any) -> tuple[Any, Verdict | None]:
    """Return what the student's function says, or the verdict where it says nothing usable."""
    if is_blank(answer):
        return None, Verdict("blank", "fill in the function, then run this cell again.")
    if not callable(answer):
        return None, Verdict("wrong", f"expected a function, found {answer!r}.")
    try:
        value = answer(*arguments)
    except Exception as error:  # noqa: BLE001  # whatever the student's code raises is for the student to read
        return None, Verdict("wrong", f"the function stopped with {type(error).__name__}: {error}")
    if is_blank(value):
        return None, Verdict("blank", "the function returns nothing. Replace the dots, and return the result.")
    return value, None
