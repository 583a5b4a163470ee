"""How much of a network's work is done in one go: little while somebody watches, who may want something else by then.

What is computed does not depend on it. Who hands out the steps of a stream says how long a chunk of work may take, by
setting `SECONDS` around each step (`answers/stream.py`); what cuts work into chunks on the way reads it.
"""

from __future__ import annotations

from contextvars import ContextVar

UNWATCHED_SECONDS = 1.0
"""A chunk of a plain call, which shows nothing before its end, and which an interrupt ends after the present chunk."""

FIRST_SECONDS = 0.01
"""The first chunks of a stream that is watched: a hand that drags a slider waits for one of them at each move."""

UNTRIED_SECONDS = 0.03
"""Of chunks that take no longer, a larger one is taken to cost less for each input; of others that is tried."""

LONGEST_WATCHED_SECONDS = 0.15
"""The later ones, of networks that are slow: still a blink, and larger chunks cost less for each input."""

MOST_BYTES = 256 * 2**20
"""What flows through a network in one go may take so much memory."""

SECONDS: ContextVar[float] = ContextVar("SECONDS", default=UNWATCHED_SECONDS)
"""How long a chunk of work may take, as far as that is known; the default is for who says nothing."""
