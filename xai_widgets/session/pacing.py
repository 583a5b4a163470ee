"""How fast a screen is told things: no faster than it paints, and no slower than a hand moves."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

WINDOW = 2
"""So many frames of a view may be on their way: one travels while the other is painted."""

PATIENCE_SECONDS = 1.0
"""An acknowledgement that takes longer is given up, so that nothing ever waits for a browser that is gone."""

FRAME_SECONDS = 1 / 60
"""No screen shows refinements faster than this."""

DRAG_SECONDS = 0.3
"""Requests of a screen that come closer than this are a hand that moves a slider."""

HOLD_SECONDS = 0.15
"""While it moves, refining waits at most so long, from the first picture on, for the screen to paint: the next position
is on its way, and on two cores work on this one would only delay it."""

WORKING_SECONDS = 0.5
"""So often a screen hears of a search that goes before its first frame."""


class Pacing:
    """What a screen was sent and has painted, and by that what may be sent to it now. Not safe from threads by itself.

    Parameters
    ----------
    window : int, default 2
        How many frames of a view may be unacknowledged.
    patience : float, default 1
        Seconds after which an acknowledgement is given up.
    clock : callable, default time.monotonic
        Returns the seconds that have passed.
    """

    def __init__(
        self,
        window: int = WINDOW,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window, self._patience = window, patience
        self.now = clock
        self._unacknowledged: deque[tuple[int, float]] = deque()
        self._answering = False
        self._asked = self._answered = -math.inf
        self._dragging = False

    def ask(self) -> None:
        """Take note that the screen asked for something."""
        now = self.now()
        self._asked, self._dragging = now, now - self._asked < DRAG_SECONDS

    def send(self, frame: int, first: bool) -> None:
        """Take note that a frame is on its way, and whether it is the first of its view."""
        if first:
            self._answered = self.now()
        if self._unacknowledged:
            self._give_up()
        self._unacknowledged.append((frame, self.now()))

    def acknowledge(self, frame: int) -> None:
        """Take note that the screen has painted all frames up to number `frame`."""
        self._answering = True
        while self._unacknowledged and self._unacknowledged[0][0] <= frame:
            self._unacknowledged.popleft()

    def open(self) -> None:
        """Take note of a screen that has just opened, and waits for nothing that was sent before."""
        self._answering = True
        self._unacknowledged.clear()

    def pause(self, views: int) -> float:
        """Return the seconds to wait before other views may start; 0 where nobody acknowledges anyway."""
        if self._has_room(views) or not self._answering:
            return 0.0
        return max(0.0, self._unacknowledged[0][1] + self._patience - self.now())

    def hold(self) -> float:
        """Return the seconds for which refining is to wait: a slider moves, and the screen has not painted yet."""
        if not (self._dragging and self._answering and self._unacknowledged):
            return 0.0
        return max(0.0, self._answered + HOLD_SECONDS - self.now())

    def may_refine(self, sent: float, views: int) -> bool:
        """Whether to show what is neither first nor last of a view of which the last frame was `sent` at that time."""
        return self.now() - sent >= FRAME_SECONDS and self._has_room(views)

    def may_say_working(self, sent: float) -> bool:
        """Whether to say that there is work, of a view of which the last was heard at that time."""
        return self.now() - sent >= WORKING_SECONDS

    def _has_room(self, views: int) -> bool:
        if self._unacknowledged:
            self._give_up()
        return len(self._unacknowledged) < self._window * views

    def _give_up(self) -> None:
        """Stop waiting for what was not acknowledged in time."""
        overdue = self.now() - self._patience
        while self._unacknowledged and self._unacknowledged[0][1] <= overdue:
            self._unacknowledged.popleft()
            self._answering = False
