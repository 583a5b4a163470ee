"""Whether JSON is what a type of the protocol says: what comes from a browser may be anything."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from xai_widgets.errors import InputTypeError

SHOWN = 80
"""So many characters of what was found are told."""

PLAIN: dict[Any, tuple[Any, str]] = {
    str: (str, "a text"),
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: (int | float, "a number"),
    NoneType: (NoneType, "nothing"),
}
"""What is accepted for a plain kind, and its name in words."""


def check(found: Any, kind: Any, name: str) -> None:
    """Raise where JSON is not of a kind.

    Parameters
    ----------
    found : object
    kind : type
        A TypedDict, or whatever stands in one.
    name : str
        What `found` is, in words.

    Raises
    ------
    TypeError
        With the first thing that does not fit. Names that the kind does not know are left to whoever takes them.
    """
    if kind in PLAIN:
        accepted, words = PLAIN[kind]
        if not isinstance(found, accepted) or (isinstance(found, bool) and kind is not bool):
            raise _unexpected(found, name, words)
    elif is_typeddict(kind):
        if not isinstance(found, dict):
            raise _unexpected(found, name, "a dict")
        for field, (part, required) in _fields(kind).items():
            if field in found:
                check(found[field], part, f"{name}.{field}")
            elif required:
                raise InputTypeError(f"{name} came without its {field}.")
    elif get_origin(kind) in (list, Sequence):
        if not isinstance(found, list | tuple):
            raise _unexpected(found, name, "a list")
        for place, one in enumerate(found):
            check(one, get_args(kind)[0], f"{name}[{place}]")
    elif get_origin(kind) is tuple:
        if not isinstance(found, list | tuple):
            raise _unexpected(found, name, "a list")
        if len(found) != len(get_args(kind)):
            raise _unexpected(found, name, f"{len(get_args(kind))} values")
        for place, (one, part) in enumerate(zip(found, get_args(kind), strict=True)):
            check(one, part, f"{name}[{place}]")
    elif get_origin(kind) is dict:
        if not isinstance(found, dict):
            raise _unexpected(found, name, "a dict")
        part = get_args(kind)[1]
        for key, one in found.items() if part is not Any else ():
            check(one, part, f"{name}.{key}")
    elif get_origin(kind) is Literal:
        if not (isinstance(found, str) and found in get_args(kind)):
            raise _unexpected(found, name, " or ".join(map(repr, get_args(kind))))
    elif get_origin(kind) in (Union, UnionType):
        if not any(_fits(found, one) for one in get_args(kind)):
            check(found, next(one for one in get_args(kind) if one is not NoneType), name)
    elif kind is not Any:
        raise TypeError(f"{kind!r} is no kind of JSON.")


def _unexpected(found: Any, name: str, words: str) -> InputTypeError:
    shown = repr(found)
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
    return InputTypeError(f"{name} is {shown}; expected {words}.")


def _fits(found: Any, kind: Any) -> bool:
    try:
        check(found, kind, "")
    except InputTypeError:
        return False
    return True


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Return the fields of a TypedDict: their kinds, and whether they must be there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: (get_args(hint)[0], False) if get_origin(hint) is NotRequired else (hint, True)
        for name, hint in hints.items()
    }
