"""What the check of an exercise says: not yet, not right and why, or right.

A check is a function of an answer, under `check`. It asks `call` for what the answer says, and `answers` for values of
the kind that it can compare. Both end the check with a verdict of their own where there is nothing to compare, so that
every answer has a verdict, and none is right because a comparison with NaN says nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, NoReturn, ParamSpec

import numpy as np

Others = ParamSpec("Others")
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


class Judged(Exception):  # noqa: N818  # no error: the check has ended
    """Ends a check with a `verdict`, from however deep within it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


def refuse(message: str) -> NoReturn:
    """End the check: the answer is not right, and the message says why."""
    raise Judged(Verdict("wrong", message))


def check(
    blank: str = "fill in the function, then run this cell again.",
) -> Callable[[Callable[Concatenate[Any, Others], Verdict]], Callable[Concatenate[Any, Others], Verdict]]:
    """Make a check of a function that judges an answer: it knows the blank, and may be ended by `Judged`.

    Parameters
    ----------
    blank : str
        What to do about the blank that the notebook came with.
    """

    def made(judge: Callable[Concatenate[Any, Others], Verdict]) -> Callable[Concatenate[Any, Others], Verdict]:
        @functools.wraps(judge)
        def judged(answer: Any, *others: Others.args, **named: Others.kwargs) -> Verdict:
            if is_blank(answer):
                return Verdict("blank", blank)
            try:
                return judge(answer, *others, **named)
            except Judged as end:
                return end.verdict

        return judged

    return made


def mistaken(
    found: Any,
    mistakes: Iterable[tuple[Any, str]],
    otherwise: str,
    close: Callable[[Any, Any], Any] = np.allclose,
) -> Verdict:
    """Return the verdict on an answer that is not right: what went wrong, where a known mistake gives the same.

    Parameters
    ----------
    found : number or array
        What the answer gives.
    mistakes : iterable of (value, message)
        What would be found if something was done wrongly, and how to tell it; the first that fits is told.
    otherwise : str
        What is told where none fits.
    close : callable
        Whether two values of one shape are the same.
    """
    fitting = (message for value, message in mistakes if np.shape(value) == np.shape(found) and close(found, value))
    return Verdict("wrong", next(fitting, otherwise))


def is_blank(answer: Any) -> bool:
    """Whether an answer is still the blank that the notebook came with."""
    return answer is None or answer is Ellipsis


def call(answer: Any, *arguments: Any) -> Any:
    """Return what the student's function says of copies of the arguments; it must be a function, and say something."""
    if not callable(answer):
        refuse(f"expected a function, found {described(answer)}.")
    copies = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    value = attempt("the function stopped:", answer, *copies)
    if is_blank(value):
        raise Judged(Verdict("blank", "the function returns nothing. Replace the dots, and return the result."))
    return value


def attempt(refusal: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return what a function makes of an answer; where it stops, the answer is refused in the words of the error.

    The name of the error stands before them, unless the library raised it: its words say enough.
    """
    try:
        with np.errstate(all="ignore"):  # a division by zero is told by what comes of it
            return function(*arguments, **named)
    except Exception as error:  # noqa: BLE001  # whatever the student's code raises is for the student to read
        ours = type(error).__module__.startswith("xai_")
        refuse(f"{refusal} {'' if ours else f'{type(error).__name__}: '}{_said(str, error)}")


def described(value: Any) -> str:
    """Return how a verdict names what was found: an array by its shape, anything else as Python writes it, in short."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape} of {value.dtype}"
    text = " ".join(_said(repr, value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _said(writer: Callable[[Any], str], value: Any) -> str:
    """Return what `str` or `repr` makes of a value, which may be a class of the student's, and fail at it."""
    try:
        return writer(value)
    except Exception:  # noqa: BLE001 - runs __repr__ of a student's class: where it raises, the class is named.
        return f"an object of the class {type(value).__name__}"
