"""Streams: ever better answers, in short chunks of work for who watches, and in long ones for who wants the last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, TypeVar

from xai_widgets.models.budget import FIRST_SECONDS, LONGEST_WATCHED_SECONDS, SECONDS

Answer = TypeVar("Answer")


class Stream(Iterator[Answer]):
    """Steps to an answer, watched while they are iterated: one may leave off after each of them.

    A chunk of work may take as long as all before it did, within bounds: the first answers come soon, and who watches
    for longer waits for the end.

    Parameters
    ----------
    steps : iterator
        What is watched; who iterates it itself does the same with nobody watching.
    """

    def __init__(self, steps: Iterator[Answer]) -> None:
        self.steps = steps
        self._spent = 0.0

    def __next__(self) -> Answer:
        began = time.perf_counter()
        before = SECONDS.set(min(max(self._spent, FIRST_SECONDS), LONGEST_WATCHED_SECONDS))
        try:
            return next(self.steps)
        finally:
            SECONDS.reset(before)
            self._spent += time.perf_counter() - began

    def last(self) -> Answer:
        """Return the last answer, with nobody watching the others; where a step of a watched stream asks, it is."""
        *_, last = self.steps
        return last

    def close(self) -> None:
        """Give the stream up."""
        close: Any = getattr(self.steps, "close", None)
        if close is not None:
            close()
