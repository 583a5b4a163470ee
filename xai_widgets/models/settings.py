"""What the layers of a network are set to, and whether that has changed: a stride, a hook, another layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import call, is_
from typing import Any

CONTAINER = 64
"""Longer lists and dicts of plain values are records of something, and no settings."""

PLAIN = (bool, int, float, complex, str, bytes, type(None))

Ignored = frozenset[tuple[int, str]]
"""The number of a holder, and the name of an attribute of it."""

_ABSENT = object()


class Settings:
    """The attributes of some layers, as they are when it is made.

    Parameters
    ----------
    holders : sequence of dict
        The live attributes of each layer, ``vars(layer)``.
    counts : callable
        Says of the name of an attribute whether it can be a setting.
    ignored : set of (number of the holder, name)
        Attributes that passes themselves write, such as counters and kept activations.
    """

    def __init__(
        self,
        holders: Sequence[dict[str, Any]],
        counts: Callable[[str], bool],
        ignored: Ignored = frozenset(),
    ) -> None:
        self._holders, self._ignored, self._can_count = holders, ignored, cache(counts)
        self._look()

    def differing(self) -> Ignored:
        """Return which attributes are not what they were; quick where all are, so that it is asked before each pass."""
        now = list(chain.from_iterable(map(call, self._looks)))
        if not any(self._empty) and len(now) == len(self._values) and all(map(is_, now, self._values)):
            return frozenset()
        found = frozenset(
            (number, name)
            for number, (holder, known) in enumerate(zip(self._holders, self._known, strict=True))
            for name in holder.keys() | known.keys()
            if self._counts(number, name) and not self._same(known.get(name, _ABSENT), holder.get(name, _ABSENT))
        )
        if not found:
            self._look()  # What is equal took the place of what there was, and is looked at from now on.
        return found

    def _counts(self, number: int, name: str) -> bool:
        return (number, name) not in self._ignored and self._can_count(name)

    def _look(self) -> None:
        """Take note of all there is: what a layer has, and what is in the containers among that."""
        self._known = [dict(holder) for holder in self._holders]
        self._inside: dict[int, tuple[Any, Any]] = {}
        """What was in each container, by the identity of that; and it, so that nothing new can get its identity."""
        self._looks: list[Callable[[], Iterable[Any]]] = [holder.values for holder in self._holders]
        self._empty: list[Any] = []
        """The containers with nothing in them, of which a layer has a dozen: for hooks, above all."""
        attributes = [(number, *item) for number, holder in enumerate(self._holders) for item in holder.items()]
        for number, name, value in attributes:
            if isinstance(value, PLAIN) or not self._counts(number, name):
                continue
            is_short = isinstance(value, dict | list) and len(value) <= CONTAINER
            contents = value if is_short else _contents(value)
            if contents is None:
                continue
            mapping = isinstance(contents, Mapping)
            self._inside[id(value)] = value, dict(contents) if mapping else list(contents)
            if contents:
                self._looks.append(contents.values if mapping else contents.__iter__)
            else:
                self._empty.append(contents)
        self._values = list(chain.from_iterable(map(call, self._looks)))

    def _same(self, known: Any, now: Any) -> bool:
        """Whether an attribute is what it was: plain values by their value, containers by what is in them."""
        if id(known) in self._inside:
            contents = _contents(now)
            return type(known) is type(now) and contents is not None and _alike(self._inside[id(known)][1], contents)
        return known is now or _same_inside(known, now)


def _same_inside(known: Any, now: Any) -> bool:
    """The same of what is in a container, where other objects are compared by what they are."""
    if isinstance(known, tuple):
        return type(known) is type(now) and _alike(known, now)
    return known is now or (isinstance(known, PLAIN) and type(known) is type(now) and known == now)


def _alike(known: Any, now: Any) -> bool:
    """Whether two dicts, lists or tuples have the same in them."""
    if len(known) != len(now):
        return False
    if isinstance(known, Mapping):
        return known.keys() == now.keys() and all(_same_inside(known[key], now[key]) for key in known)
    return all(map(_same_inside, known, now))


def _contents(value: Any) -> Any:
    """Return the dict or list that a container is, or that a plain object of settings has; None for all others."""
    if isinstance(value, dict | list):
        return None if len(value) > CONTAINER and _is_plain(_values(value)) else value
    held = getattr(value, "__dict__", None)
    plain = isinstance(held, dict) and not isinstance(value, type) and 0 < len(held) <= CONTAINER
    return held if plain and held is not None and _is_plain(held.values()) else None


def _values(contents: Any) -> Iterable[Any]:
    return contents.values() if isinstance(contents, Mapping) else contents


def _is_plain(values: Iterable[Any]) -> bool:
    return all(isinstance(value, PLAIN) or (isinstance(value, tuple | list) and _is_plain(value)) for value in values)
