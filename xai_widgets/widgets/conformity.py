"""Whether JSON is what a type of the protocol says: what comes from a browser may be anything."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from xai_widgets.errors import InputTypeError

SHOWN = 80
"""So many characters of what was found are told."""


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
    if is_typeddict(kind):
        _check_fields(found, kind, name)
    elif get_origin(kind) in (list, Sequence):
        _check_instance(found, list | tuple, name, "a list")
        for place, one in enumerate(found):
            check(one, get_args(kind)[0], f"{name}[{place}]")
    elif get_origin(kind) is tuple:
        _check_instance(found, list | tuple, name, "a list")
        _expect(len(found) == len(get_args(kind)), found, name, f"{len(get_args(kind))} values")
        for place, (one, part) in enumerate(zip(found, get_args(kind), strict=True)):
            check(one, part, f"{name}[{place}]")
    elif get_origin(kind) is dict:
        _check_instance(found, dict, name, "a dict")
        part = get_args(kind)[1]
        for key, one in found.items() if part is not Any else ():
            check(one, part, f"{name}.{key}")
    elif get_origin(kind) is Literal:
        fits = isinstance(found, str) and found in get_args(kind)
        _expect(fits, found, name, " or ".join(map(repr, get_args(kind))))
    elif get_origin(kind) in (Union, UnionType):
        if not any(_fits(found, one) for one in get_args(kind)):
            check(found, next(one for one in get_args(kind) if one is not NoneType), name)
    elif kind is not Any:
        _check_plain(found, kind, name)


def _check_fields(found: Any, kind: Any, name: str) -> None:
    _check_instance(found, dict, name, "a dict")
    for field, (part, required) in _fields(kind).items():
        if field in found:
            check(found[field], part, f"{name}.{field}")
        elif required:
            raise InputTypeError(f"{name} came without its {field}.")


def _check_plain(found: Any, kind: Any, name: str) -> None:
    words = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", NoneType: "nothing"}
    accepted = int | float if kind is float else kind
    _expect(isinstance(found, accepted) and (kind is bool or not isinstance(found, bool)), found, name, words[kind])


def _check_instance(found: Any, accepted: Any, name: str, words: str) -> None:
    _expect(isinstance(found, accepted), found, name, words)


def _expect(fits: bool, found: Any, name: str, words: str) -> None:
    if not fits:
        shown = repr(found)
        shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
        raise InputTypeError(f"{name} is {shown}; expected {words}.")


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
