"""What the layers of a network are set to, and whether that has changed: a stride, a hook, another layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import call, is_
from typing import Any

CONTAINER = 64
"""Longer lists and dicts of plain values are records of something, and no settings."""

PLAIN = (bool, int, float, complex, str, bytes, type(None))

Ignored = frozenset[tuple[int, str]]
"""The number of a holder, and the name of an attribute of it."""


class Settings:
    """The attributes of some layers, as they are when it is made.

    Parameters
    ----------
    holders : sequence of dict
        The live attributes of each layer, ``vars(layer)``.
    ignored : set of (number of the holder, name)
        Attributes that passes themselves write, such as counters and kept activations.
    counts : callable, optional
        Says of the name of an attribute whether it can be a setting.
    """

    def __init__(
        self,
        holders: Sequence[dict[str, Any]],
        ignored: Ignored = frozenset(),
        counts: Callable[[str], bool] = lambda _name: True,
    ) -> None:
        self._holders, self._ignored, self._can_count = holders, ignored, counts
        self._containers = [
            contents
            for number, holder in enumerate(holders)
            for name, value in holder.items()
            if self._counts(number, name) and (contents := _contents(value)) is not None
        ]
        self._looks = [_look(one) for one in chain(self._holders, self._containers)]
        self._values = self._current()
        self._known = self._worths()

    def changed(self) -> bool:
        """Whether anything is another one than it was; quick, so that it can be asked before every pass."""
        now = self._current()
        if len(now) == len(self._values) and all(map(is_, now, self._values)):
            return False
        self._values = now  # Held, so that nothing new can get the identity of something old.
        return self._worths() != self._known

    def differing(self) -> Ignored:
        """Return which attributes are not what they were."""
        return frozenset(
            (number, name)
            for number, (now, known) in enumerate(zip(self._worths(), self._known, strict=True))
            for name in now.keys() | known.keys()
            if now.get(name) != known.get(name)
        )

    def _counts(self, number: int, name: str) -> bool:
        return (number, name) not in self._ignored and self._can_count(name)

    def _current(self) -> list[Any]:
        """Return all there is to compare, one thing behind the other, without a look at what it is."""
        return list(chain.from_iterable(map(call, self._looks)))

    def _worths(self) -> list[dict[str, Any]]:
        return [
            {name: _worth(value) for name, value in holder.items() if self._counts(number, name)}
            for number, holder in enumerate(self._holders)
        ]


class _Same:
    """Stands for a thing that is compared by what it is."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.thing is other.thing

    __hash__ = None  # type: ignore[assignment]


def _worth(value: Any) -> Any:
    """Return what a value is compared by: plain ones by their value, containers by what is in them."""
    if isinstance(value, PLAIN):
        return type(value), value
    if isinstance(value, tuple):
        return type(value), [_worth(one) for one in value]
    contents = _contents(value)
    if isinstance(contents, Mapping):
        return type(value), {key: _worth_inside(one) for key, one in contents.items()}
    if contents is not None:
        return type(value), [_worth_inside(one) for one in contents]
    return _Same(value)


def _worth_inside(value: Any) -> Any:
    return _worth(value) if isinstance(value, (*PLAIN, tuple)) else _Same(value)


def _contents(value: Any) -> Mapping[Any, Any] | Sequence[Any] | None:
    """Return the dict or list that a container is, or that a plain object of settings has; None for all others."""
    if isinstance(value, dict | list):
        return None if len(value) > CONTAINER and _is_plain(_values(value)) else value
    held = getattr(value, "__dict__", None)
    plain = isinstance(held, dict) and not isinstance(value, type) and 0 < len(held) <= CONTAINER
    return held if plain and held is not None and _is_plain(held.values()) else None


def _look(contents: Mapping[Any, Any] | Sequence[Any]) -> Callable[[], Iterable[Any]]:
    """Return what gives the values of a live dict or list; it is asked before every pass, and so it is no function."""
    return contents.values if isinstance(contents, Mapping) else contents.__iter__


def _values(contents: Mapping[Any, Any] | Sequence[Any]) -> Iterable[Any]:
    return contents.values() if isinstance(contents, Mapping) else contents


def _is_plain(values: Iterable[Any]) -> bool:
    return all(isinstance(value, PLAIN) or (isinstance(value, tuple | list) and _is_plain(value)) for value in values)
