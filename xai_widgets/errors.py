"""The few error types, and warnings; each message says what was found, what was expected and what to do."""

from __future__ import annotations

import difflib
import math
import reprlib
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_PACKAGE = __name__.partition(".")[0]


class InputError(ValueError):
    """A value that cannot be used: a wrong shape, an unknown name, a number out of range."""


class FailedPassError(InputError):
    """A pass that raised, or brought no finite numbers. Nothing about the network follows from it: the next may do."""


class InputTypeError(TypeError):
    """An object of the wrong kind, for instance a network that was not wrapped."""


class UnsupportedModelError(TypeError):
    """A network that cannot be explained faithfully; the message says what is possible instead."""


def unknown_name(kind: str, found: object, available: Iterable[str]) -> InputError:
    """Return the error for a name that is not there, with the closest one that is.

    Parameters
    ----------
    kind : str
        What was looked up, as the reader would call it: "class", "layer", "option".
    found : object
        What was asked for.
    available : iterable of str
        The names that exist.
    """
    names = list(available)
    close = difflib.get_close_matches(str(found), names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(map(repr, names[:12])) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")
    return InputError(f"There is no {kind} {found!r}.{hint} Available: {shown or 'none'}.")


def shown(value: object) -> str:
    """Return what was found as it stands in a message: on one line, and cut short where it is long."""
    text = " ".join(reprlib.Repr().repr(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def is_finite(value: Any) -> bool:
    """Whether a number is one that can be computed with; Python's whole numbers may be too large for that."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


LONGEST_VALUE = 120
"""Characters of a value that stand in a message."""

LONGEST_MESSAGE = 600
"""Characters of an error that are shown; frameworks print whole programs."""


def message_of(error: BaseException) -> str:
    """Return an error as a sentence for the screen; of one that is not our own also what it is and where it arose."""
    try:
        text = str(error).strip() or "no message"
    except Exception:  # noqa: BLE001 - runs __str__ of anybody's error: what that raises would hide the error itself.
        text = "no message"
    if not type(error).__module__.startswith(f"{_PACKAGE}."):
        places = traceback.extract_tb(error.__traceback__)
        where = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
        text = f"{type(error).__name__}: {text}{where}"
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@contextmanager
def warned_once(*, before: bool = False) -> Iterator[None]:
    """Let what runs inside warn once at most; not at all where it was done `before`."""
    token = _heard.set(["before"] if before else [])
    try:
        yield
    finally:
        _heard.reset(token)


def warn(message: str) -> None:
    """Warn at the line outside this package that led here, so that readers see their own line."""
    heard = _heard.get()
    if heard is not None:
        heard.append(message)
        if len(heard) > 1:
            return
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
