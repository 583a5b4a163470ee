"""How many of something are asked for at most."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown


def checked_count(count: Any) -> int:
    """Return a whole number from 1 on, or say that it is none."""
    expected = "expected how many at most, a whole number from 1 on"
    if isinstance(count, bool) or not isinstance(count, int | np.integer):
        raise InputTypeError(f"count is {shown(count)}; {expected}.")
    if count < 1:
        raise InputError(f"count is {shown(count)}; {expected}.")
    return int(count)
