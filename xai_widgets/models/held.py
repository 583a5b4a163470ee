"""What a callable is seen to use: the networks and the numbers that it holds, or that its code names."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

DEPTH = 4
"""Through so many functions and containers a network is looked for."""

MANY = 1000
"""So many entries of a container are looked at; longer ones hold data."""


def held_by(thing: Any, kinds: tuple[type, ...]) -> list[Any]:
    """Return what of these kinds a callable is bound to, has in its closure or its attributes, or names in its code."""
    found: list[Any] = []
    seen: set[int] = set()

    def look(thing: Any, depth: int) -> None:
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing, kinds):
            found.append(thing)
        elif depth > 0:
            for inner in _inside(thing):
                look(inner, depth - 1)

    look(thing, DEPTH)
    return found


def _inside(thing: Any) -> Iterator[Any]:
    if isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, FunctionType):
        yield from _named(thing)
    elif isinstance(thing, Mapping):
        yield from itertools.islice(thing.values(), MANY)
    elif isinstance(thing, list | tuple):
        yield from thing[:MANY]
    elif hasattr(thing, "__dict__") and not isinstance(thing, type | ModuleType):
        yield from vars(thing).values()


def _named(function: FunctionType) -> Iterator[Any]:
    """Yield what a function has in its closure and its defaults, and the globals that its code names."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # A name that the enclosing function has not bound yet.
            yield cell.cell_contents
    yield from function.__defaults__ or ()
    names = names_in(function.__code__)
    yield from (function.__globals__[name] for name in names if name in function.__globals__)


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from names_in(constant)
