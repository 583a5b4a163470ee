"""What goes wrong inside a network, or in a function given with it, told in the library's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from xai_widgets.errors import FailedPassError, InputError, InputTypeError, UnsupportedModelError

_NOISE = (
    "Graph execution error",
    "Detected at node",
    "Exception encountered when calling",
    "<stack traces",
    "File ",
)


@contextmanager
def failing(what: str, shape: Sequence[int | None], given: str = "an input") -> Iterator[None]:
    """Turn what `what` raises, when it is given something of `shape`, into an error that says so."""
    try:
        yield
    except (InputError, InputTypeError, UnsupportedModelError):
        raise
    except Exception as error:
        raise FailedPassError(f"The {what} failed on {given} of shape {tuple(shape)}: {told(error)}") from error


def told(error: Exception) -> str:
    """Return an error as its type and the lines that say what went wrong, without the frameworks' traces."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    plain = re.sub(r"\{\{.*?\}\} ?|\[Op:\w+\]( name:)?", "", plain.partition("Arguments received by")[0])
    lines = [line.strip() for line in plain.splitlines() if line.strip() and not line.startswith((" ", "\t", *_NOISE))]
    return f"{type(error).__name__}: {(' '.join(lines[:2]) or plain.strip())[:500]}"


def describe(thing: Any) -> str:
    """Return in words what was found where a tensor was expected."""
    if getattr(thing, "is_nested", False):
        return "a nested tensor"
    if hasattr(thing, "shape"):
        return f"{'an array' if isinstance(thing, np.ndarray) else 'a tensor'} of shape {tuple(thing.shape)}"
    if isinstance(thing, tuple | list):
        return f"a {type(thing).__name__} of {len(thing)}"
    if isinstance(thing, Mapping):
        return f"a {type(thing).__name__} with the keys {', '.join(map(repr, thing))}"
    return "None" if thing is None else f"a {type(thing).__name__}"
