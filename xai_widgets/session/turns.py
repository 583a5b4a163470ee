"""Turns at the processor: the worker of a screen that is in use does not wait for those of screens that were."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from xai_widgets.fork import renew_in_child

PATIENCE_SECONDS = 1.0
"""A chunk of work that takes longer is not waited for: a network may hang, and the other screens go on."""


class Turns:
    """One chunk of work at a time, first for whoever was asked last.

    Frameworks use all cores for a single chunk, so that two at once take twice as long each.

    Parameters
    ----------
    patience : float, default 1
        The seconds after which a turn is taken without waiting any longer.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        renew_in_child(self)
        self.renew()

    def renew(self) -> None:
        """Begin with nobody at work."""
        self._changed = threading.Condition(threading.Lock())
        self._working = 0
        self._waiting: list[float] = []

    @contextmanager
    def turn(self, asked: float) -> Iterator[None]:
        """Wait for the turn of a worker whose screen asked at this time, and keep it."""
        with self._changed:
            self._waiting.append(asked)
            try:
                self._changed.wait_for(lambda: not self._working and asked >= max(self._waiting), self._patience)
            finally:
                self._waiting.remove(asked)
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()


TURNS = Turns()
"""Those of this process."""
