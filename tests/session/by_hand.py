"""Streams and screens made by hand, for the session."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.headers import completed
from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.option import Optioned
from xai_widgets.session import Session, View
from xai_widgets.session.cache import CACHE_BYTES
from xai_widgets.session.pacing import Pacing

WAIT = 60.0


@dataclass(frozen=True, eq=False)
class Count(Optioned):
    """A method of so many chunks; it can go on from one with fewer."""

    chunks: int = 4

    def extends(self, other: Count) -> bool:
        return other.chunks <= self.chunks


@dataclass(frozen=True, eq=False)
class Guess(Progress):
    """An answer made by hand: it holds the position and the chunk."""

    values: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


def guess(values: np.ndarray, chunk: int, chunks: int) -> Guess:
    """Return the guess after so many of the chunks."""
    return Guess(values=values, evaluations=chunk, planned=chunks, final=chunk == chunks, state=chunk)


def frame_of(guess: Guess, guesses: Sequence[Guess | None]) -> Frame:
    """Return what the frame of a guess says."""
    known = [None if other is None else other.evaluations for other in guesses]
    return {"shape": guess.values.shape, "known": known}, [guess.values]


@dataclass
class Source:
    """Makes views, counts the chunks that were computed, and can be held at every chunk."""

    seconds: float = 0.0
    pixels: int = 6
    computed: list[tuple[Any, int]] = field(default_factory=list)
    closed: list[Any] = field(default_factory=list)
    streams: list[Iterator[Guess]] = field(default_factory=list)
    gate: threading.Semaphore | None = None
    fail_at: int | None = None
    searches: int = 0
    """So many chunks bring no estimate yet."""
    every_chunk: Callable[[], None] = lambda: None
    failure: BaseException = field(default_factory=lambda: ValueError("the layer broke"))

    def view(self, position: Any, chunks: int = 4) -> View:
        method = Count(chunks)

        def stream(resume: Guess | None) -> Iterator[Guess | None]:
            start = 0 if resume is None else resume.state
            try:
                for search in range(self.searches):
                    if self.gate is not None:
                        assert self.gate.acquire(timeout=WAIT)
                    self.every_chunk()
                    self.computed.append((position, -search))
                    yield None
                for chunk in range(start + 1, chunks + 1):
                    if self.gate is not None:
                        assert self.gate.acquire(timeout=WAIT)
                    time.sleep(self.seconds)
                    self.every_chunk()
                    self.computed.append((position, chunk))
                    if chunk == self.fail_at:
                        raise self.failure
                    values = np.full((2, self.pixels // 2), float(position), np.float32)
                    values[0, 0] = chunk
                    yield guess(values, chunk, chunks)
            finally:
                self.closed.append(position)

        def kept(resume: Guess | None) -> Iterator[Guess | None]:
            self.streams.append(stream(resume))  # so that a stream ends when it is closed, not when it is dropped
            return self.streams[-1]

        return View(("question", position), method, kept, lambda: {"position": position}, frame_of)


class Noted(Pacing):
    """Notes how often it had the worker wait for the screen."""

    holds = 0

    def hold(self) -> float:
        found = super().hold()
        self.holds += found > 0
        return found


class Screen:
    """Collects what is sent, and acknowledges as it was told to: "at once", "slowly" or "never"."""

    def __init__(self, acknowledges: str = "at once", cache_bytes: int = CACHE_BYTES, **pacing: Any) -> None:
        self.acknowledges = acknowledges
        self.hook: Callable[[], None] = lambda: None
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.arrived = threading.Condition()
        self.pacing = Noted(**pacing)
        self.session = Session(self.receive, cache_bytes=cache_bytes, pacing=self.pacing)
        if acknowledges != "never":
            self.session.expect()

    def receive(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        json.dumps(content, allow_nan=False)
        with self.arrived:
            self.messages.append(content)
            self.buffers.append(buffers)
            self.arrived.notify_all()
        self.hook()
        if self.acknowledges == "at once":
            self.session.acknowledge(content["frame"])
        elif self.acknowledges == "slowly":
            threading.Timer(0.03, self.session.acknowledge, [content["frame"]]).start()

    def await_message(self, number_of: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= number_of, WAIT)

    def await_hold(self) -> None:
        """Wait until the worker has waited for the screen, and has gone on to wait when that was over."""
        end, enough = time.monotonic() + WAIT, self.pacing.holds + 2
        while self.pacing.holds < enough:
            assert not self.session.wait(0), "it does not wait for the screen"
            assert time.monotonic() < end
            time.sleep(0.005)

    def finish(self) -> None:
        assert self.session.wait(WAIT)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [message for message in completed(self.messages) if message["type"] == "frame"]

    def position(self, index: int = -1) -> float:
        return float(np.frombuffer(self.buffers[index][0], "<f4")[-1])
