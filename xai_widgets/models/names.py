"""The names of outputs, columns, inputs and words: in their order, or a dict that says which place each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown

Names = Sequence[str] | Mapping[int, str] | Mapping[str, int]

GAPS = 1000
"""A vocabulary may skip some ids: 0 for padding, those that are reserved."""


def checked_names(given: Any, what: str, each: str, *, gaps: bool = False) -> tuple[str, ...]:
    """Return names in their order.

    Parameters
    ----------
    given : sequence of str, or dict
        A dict has places as keys and names as values, or the other way round; a Series counts as one by its index.
    what, each : str
        What the names are called in errors, and what each of them is for.
    gaps : bool
        Whether a dict may leave places out, which are called "#3" then.
    """
    if isinstance(given, set | frozenset):
        raise InputTypeError(
            f"{what} is a {type(given).__name__}, which has no order; expected a list of names, one per {each}."
        )
    if hasattr(given, "to_dict") and hasattr(given, "index") and not hasattr(given, "columns"):
        given = given.to_dict()
    if isinstance(given, Mapping):
        return _by_place(given, what, each, gaps)
    if isinstance(given, str | bytes) or not isinstance(given, Iterable) or len(getattr(given, "shape", (0,))) != 1:
        raise InputTypeError(f"{what} is {shown(given)}; expected a sequence of names, one per {each}.")
    return tuple(_name(name, what, each) for name in given)


def checked_classes(classes: Any) -> tuple[str, ...] | None:
    return None if classes is None else checked_names(classes, "classes", "output")


def checked_features(features: Any) -> tuple[str, ...] | None:
    if features is None:
        return None
    names = checked_names(features, "features", "column")
    for double in doubles(names):
        raise InputError(f"features names {double!r} twice; expected another name for each column.")
    return names


def doubles(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the names that occur more than once, and where."""
    times = Counter(names)
    return {name: [place for place, one in enumerate(names) if one == name] for name in times if times[name] > 1}


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which no two are the same: ImageNet has two kinds of crane, "crane (134)" and "crane (517)"."""
    times = Counter(names)
    return tuple(f"{name} ({place})" if times[name] > 1 else name for place, name in enumerate(names))


def _by_place(given: Mapping[Any, Any], what: str, each: str, gaps: bool) -> tuple[str, ...]:
    places, names = _sides(given)
    expected = range(max(places, default=-1) + 1)
    full = len(expected) == len(places) or (gaps and len(expected) <= 2 * len(places) + GAPS)
    if not places or len(set(places)) < len(places) or not full:
        raise InputError(
            f"{what} is {_shortened(given)}; expected a list of names in their order, or a dict with the places 0 to "
            f"{len(given) - 1}, each of them once, on one side and a name for each {each} on the other."
        )
    by_place = dict(zip(places, names, strict=True))
    return tuple(_name(by_place.get(place, f"#{place}"), what, each) for place in expected)


def _sides(given: Mapping[Any, Any]) -> tuple[list[int], list[Any]]:
    """Return the places and the names of a dict; no places where neither side, or either, could be them."""
    keys, values = list(given), list(given.values())
    whole_keys, whole_values = (all(map(_is_whole, side)) for side in (keys, values))
    if whole_keys and whole_values and keys != values:
        return [], []
    if whole_keys:
        return [int(key) for key in keys], values
    if whole_values:
        return [int(value) for value in values], keys
    if all(map(_is_digits, keys)):  # As JSON has them.
        return [int(key) for key in keys], values
    return [], []


def _is_whole(thing: Any) -> bool:
    return isinstance(thing, int | np.integer) and not isinstance(thing, bool) and int(thing) >= 0


def _is_digits(thing: Any) -> bool:
    return isinstance(thing, str) and thing.isascii() and thing.isdigit()


def _name(name: Any, what: str, each: str) -> str:
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    if isinstance(name, str | int | float | np.generic):
        return str(name)
    raise InputTypeError(f"{what} holds {_shortened(name)}; expected a name for each {each}.")


def _shortened(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 80 else f"{text[:77]}..."
