"""What was found for the questions that were asked last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """What belongs to some keys, those that were asked for last.

    Parameters
    ----------
    most : int
        So many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, Found] = OrderedDict()

    def __iter__(self) -> Iterator[Found]:
        return iter(self._known.values())

    def of(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """Return what belongs to a key, made where nothing does yet."""
        if key not in self._known:
            self._known[key] = make()
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return self._known[key]

    def forget(self) -> None:
        """Forget everything."""
        self._known.clear()
