"""Numbers of things of which there are so many, as somebody chooses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown


def checked_number(value: Any, count: int, what: str) -> int:
    """Return the number of one of so many things, or say what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputTypeError(f"{what} is {shown(value)}; expected its number, 0 to {count - 1}.")
    if not 0 <= value < count:
        raise InputError(f"There is no {what} {value}; expected 0 to {count - 1}.")
    return int(value)


def checked_numbers(
    given: Any, count: int, what: str, name: str = "without", which: str = "that are out"
) -> tuple[int, ...]:
    """Return the numbers of some of so many things, such as those that are taken out, each once, in order."""
    listed = given.ndim == 1 if isinstance(given, np.ndarray) else isinstance(given, Sequence)
    if isinstance(given, str) or not listed:
        raise InputTypeError(f"{name} is {shown(given)}; expected a list of the {what}s {which}.")
    return tuple(sorted({checked_number(one, count, what) for one in given}))
