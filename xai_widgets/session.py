"""Runs the streams behind one screen: the newest request wins, is paced, cached and resumed. Knows no browser."""

from __future__ import annotations

import atexit
import contextvars
import logging
import math
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xai_widgets.errors import warned_once

Send = Callable[[dict[str, Any], list[bytes]], None]

Task = Callable[[], dict[str, Any] | None]
"""Something that has time: it returns what the screen is to hear of it, or None."""

WINDOW = 2
"""So many frames may be on their way: one travels while the other is painted."""

PATIENCE_SECONDS = 1.0
"""An acknowledgement that takes longer is given up, so that nothing ever waits for a browser that is gone."""

FRAME_SECONDS = 1 / 60
"""No screen shows refinements faster than this."""

DRAG_SECONDS = 0.3
"""Requests of a screen that come closer than this are a hand that moves a slider."""

HOLD_SECONDS = 0.15
"""While it moves, refining waits at most so long for the screen to paint: the next position is on its way, and on two
cores work on this one would only delay it."""

WORKING_SECONDS = 0.5
"""So often a screen hears of a search that goes before its first frame."""

CACHE_BYTES = 96 * 2**20

LONGEST_MESSAGE = 600
"""Characters of an error that are shown; frameworks print whole programs."""

logger = logging.getLogger(__name__)


class Estimate(Protocol):
    """What a stream yields: a whole result, better than the one before."""

    @property
    def values(self) -> NDArray[Any]: ...
    @property
    def evaluations(self) -> int: ...
    @property
    def planned(self) -> int: ...
    @property
    def change(self) -> float: ...
    @property
    def final(self) -> bool: ...
    @property
    def state(self) -> Any: ...


class Method(Protocol):
    """What makes a stream. Its ``repr`` names it in the cache."""

    def extends(self, other: Any) -> bool:
        """Whether a stream of this method can go on where one of `other` ended."""


Content = tuple[dict[str, Any], list[NDArray[Any]]]
"""What a frame says of an estimate beside what all frames say, and its arrays."""


def map_frame(estimate: Any, estimates: Sequence[Any]) -> Content:
    """Return what the frame of an attribution says: its map, and what is known of its error.

    Parameters
    ----------
    estimate : Estimate
    estimates : sequence of Estimate or None
        The newest ones of all views of the screen.
    """
    content = {
        "shape": list(estimate.map.shape),
        "gap": number(estimate.gap),
        "absolute_gap": number(estimate.absolute_gap),
        "score": number(estimate.score),
        "difference": difference(estimates),
        "facts": [fact._asdict() for fact in getattr(estimate, "facts", ())],
    }
    return content, [estimate.map]


@dataclass(frozen=True)
class View:
    """One picture of the screen: one model's answer to the question.

    Attributes
    ----------
    question : hashable
        All that the answer depends on except the method: model, input, quantity, layer.
    method : Method
        Its ``repr`` names it in the cache.
    stream : callable
        From an estimate to go on from, or None, to the iterator of estimates; it gives None after a chunk of work that
        brought no estimate yet, so that a long search can be overtaken before there is anything to show.
    header : callable
        Returns what goes with the first frame. Called by the worker before it looks for a result that is known already,
        so it may run the model, and call `Session.forget` when the model is not what it was.
    frame : callable
        From an estimate, and the newest ones of all views, to what its frame says of it; see `map_frame`.
    """

    question: Hashable
    method: Method
    stream: Callable[[Any], Iterator[Estimate | None]]
    header: Callable[[], dict[str, Any]]
    frame: Callable[[Any, Sequence[Any]], Content] = map_frame


class Cache:
    """Final estimates, the least recently used given up first, bounded by their bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self._estimates: OrderedDict[tuple[Hashable, str], tuple[Method, Estimate]] = OrderedDict()

    def get(self, view: View) -> Estimate | None:
        """Return the final estimate of `view`, if it is known."""
        key = (view.question, repr(view.method))
        if key not in self._estimates:
            return None
        self._estimates.move_to_end(key)
        return self._estimates[key][1]

    def resumable(self, view: View) -> Estimate | None:
        """Return the furthest estimate of the same question from which the method of `view` can go on."""
        same = [known for (question, _), known in self._estimates.items() if question == view.question]
        candidates = [estimate for method, estimate in same if view.method.extends(method)]
        return max(candidates, key=lambda estimate: estimate.evaluations, default=None)

    def put(self, view: View, estimate: Estimate) -> None:
        """Remember the final estimate of `view`."""
        key = (view.question, repr(view.method))
        before = self._estimates.pop(key, None)
        if before is not None:
            self.bytes -= size(before[1])
        self._estimates[key] = (view.method, estimate)
        self.bytes += size(estimate)
        while self.bytes > self.limit and len(self._estimates) > 1:
            _, (_, oldest) = self._estimates.popitem(last=False)
            self.bytes -= size(oldest)

    def clear(self) -> None:
        """Forget everything."""
        self._estimates.clear()
        self.bytes = 0


def size(estimate: Estimate) -> int:
    """Return the bytes an estimate holds: its values, and in double precision what is needed to go on from it."""
    return estimate.values.nbytes * (1 if estimate.state is None else 5)


@dataclass
class Part:
    """The progress of one view."""

    view: View
    stream: Iterator[Estimate | None] | None = None
    estimate: Any = None
    """The newest one; what it is beside an `Estimate`, whoever made the stream knows."""
    error: BaseException | None = None
    done: bool = False
    stopped: bool = False
    ended: bool = False
    """Whether the screen was told that it is done."""
    showing: int = 0
    """The showing of the run in which a frame or an error of this part was last sent."""
    sent: float = -math.inf
    """When that was."""
    turns: int = 0
    """So often it had its turn."""
    carried: bool = False
    """Whether it goes on where a run before was overtaken."""

    def take_over(self, other: Part) -> None:
        """Go on where `other`, of the same view, is."""
        self.stream, self.estimate, self.carried = other.stream, other.estimate, True
        other.stream = None

    def restart(self) -> None:
        """Let go of what was taken over."""
        if self.carried:
            self.end()
            self.estimate, self.done, self.carried = None, False, False

    def refine(self, cache: Cache, stopping: bool) -> None:
        """Get the next estimate, from the cache or by one chunk of work."""
        if stopping and self.estimate is not None:
            self.end()
            self.stopped = True
            return
        if self.stream is None:
            self.estimate = cache.get(self.view)
            if self.estimate is not None:
                self.done = True
                return
            self.stream = self.view.stream(cache.resumable(self.view))
        try:
            estimate = next(self.stream)
        except StopIteration:
            estimate = self.estimate
            if estimate is None:
                raise RuntimeError(f"{self.view.method!r} ended without an estimate.") from None
        if estimate is None:
            return
        if estimate.final or estimate is self.estimate:
            cache.put(self.view, estimate)
            self.end()
        self.estimate = estimate

    def end(self) -> None:
        """Give the stream up, so that it lets go of the model."""
        stream, self.stream, self.done = self.stream, None, True
        close = getattr(stream, "close", None)
        if close is not None:
            close()


@dataclass
class Run:
    """One request on its way."""

    generation: int
    request: int | None
    parts: list[Part]
    lead: Sequence[int]
    """The parts that come first, and that are shown even when the run is stale."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """That of whoever asked."""
    stopping: bool = False
    showing: int = 1
    """Counts up when everything is to be shown once more."""
    turn: int = 0

    @property
    def begun(self) -> bool:
        """Whether every part was shown at least once."""
        return all(part.showing == self.showing for part in self.parts)

    @property
    def led(self) -> bool:
        """Whether every part that comes first was shown at least once."""
        return all(self.parts[place].showing == self.showing for place in self.lead)

    @property
    def searching(self) -> bool:
        """Whether a part that comes first works on what must be known before there is anything to show."""
        leading = (self.parts[place] for place in self.lead)
        return any(part.stream is not None and part.estimate is None for part in leading)

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to compute or to show."""
        return self.begun and all(part.ended for part in self.parts)

    def next_part(self) -> Part:
        """Return the part whose turn it is: one that shows nothing yet, then a chunk for each in turn.

        Of those that show nothing the leading ones come first; where one takes several chunks to begin, the others do
        not wait for it.
        """
        unseen = [place for place, part in enumerate(self.parts) if part.showing != self.showing]
        if unseen:
            place = min(unseen, key=lambda place: (self.parts[place].turns, place not in self.lead))
            self.parts[place].turns += 1
            return self.parts[place]
        waiting = [part for part in self.parts if not part.done]
        self.turn += 1
        return waiting[self.turn % len(waiting)]


class Session:
    """Computes what a screen asks for, on a worker thread that exists only while there is work.

    Parameters
    ----------
    send : callable
        Takes a message (JSON) and its buffers; called from the worker, in the context in which the screen spoke last,
        or in that of the request before it spoke. What it raises is logged and otherwise ignored: a screen that is gone
        must not stop the work.
    cache_bytes : int, default 96 MiB
        How much of past results is kept.
    window : int, default 2
        How many frames may be unacknowledged.
    patience : float, default 1
        Seconds after which an acknowledgement is given up.

    Notes
    -----
    All methods may be called from any thread, also from several.
    """

    def __init__(
        self,
        send: Send,
        *,
        cache_bytes: int = CACHE_BYTES,
        window: int = WINDOW,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._send = send
        self._window = window
        self._patience = patience
        self._cache = Cache(cache_bytes)
        self._changed = threading.Condition(threading.RLock())
        self._sending = threading.Lock()
        self._worker: threading.Thread | None = None
        self._current: Run | None = None
        self._pending: Run | None = None
        self._tasks: deque[Task] = deque()
        self._generation = 0
        self._frame = 0
        self._unacknowledged: deque[tuple[int, float]] = deque()
        self._answering = False
        self._screen: contextvars.Context | None = None
        self._asked = -math.inf
        self._dragging = False
        self._closed = False
        _open_sessions.add(self)

    def request(self, views: Sequence[View], request: int | None = None, lead: Sequence[int] | None = None) -> int:
        """Ask for new views in place of the present ones, and return the number of this generation.

        Parameters
        ----------
        views : sequence of View
        request : int, optional
            The screen's own number of the request; comes back with every frame.
        lead : sequence of int, optional
            Which views come first, and are shown even when the next request is there already; by default all. A view
            that is the same as one before goes on where that is.
        """
        with self._changed:
            self._generation += 1
            if request is not None:
                self._hear()
                now = time.monotonic()
                self._asked, self._dragging = now, now - self._asked < DRAG_SECONDS
            if not self._closed:
                leading = range(len(views)) if lead is None else lead
                self._pending = Run(self._generation, request, [Part(view) for view in views], leading)
                self._wake()
            return self._generation

    def acknowledge(self, frame: int) -> None:
        """Take note that the screen has painted all frames up to number `frame`."""
        with self._changed:
            self._hear()
            self._answering = True
            while self._unacknowledged and self._unacknowledged[0][0] <= frame:
                self._unacknowledged.popleft()
            self._changed.notify_all()

    def repeat(self) -> None:
        """Send the present frames once more, for a screen that has just opened."""
        with self._changed:
            self._hear()
            self._answering = True
            self._unacknowledged.clear()
            if self._current is not None and self._pending is None and not self._closed:
                self._current.request = None
                self._current.showing += 1
                self._wake()

    def later(self, tasks: Iterable[Task]) -> None:
        """Do something, a task at a time, whenever there is nothing to compute or to show; `wait` does not wait for it.

        Parameters
        ----------
        tasks : iterable of callable
            What one returns is sent, unless it is None; what it raises is logged and otherwise ignored.
        """
        with self._changed:
            if not self._closed:
                self._tasks.extend(tasks)
                self._wake()

    def stop(self) -> None:
        """Stop refining; every view keeps the estimate that it has, or gets its first."""
        with self._changed:
            newest = self._pending or self._current
            if newest is not None and not newest.settled:
                newest.stopping = True
                self._wake()

    def forget(self) -> None:
        """Forget all results, because a model has changed."""
        self._cache.clear()
        with self._changed:
            parts = [] if self._current is None else self._current.parts
        for part in parts:
            part.restart()

    def report(self, message: str, request: int | None = None) -> None:
        """Send an error that is about no view: a request that could not be understood."""
        content = {"type": "error", "generation": self._generation, "request": request, "view": None}
        self._emit({**content, "message": message}, [], contextvars.copy_context())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do, at most `timeout` seconds, and return whether that is so."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._idle:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                # In slices, because a wait without an end cannot be interrupted on every system.
                self._changed.wait(min(left, 0.5))
            return True

    @property
    def parts(self) -> list[Part]:
        """The views of the newest request with their newest estimate or their error."""
        with self._changed:
            newest = self._pending or self._current
            return [] if newest is None else list(newest.parts)

    @property
    def stopped(self) -> bool:
        """Whether the newest request was stopped before it was final."""
        return any(part.stopped for part in self.parts)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End everything; the worker leaves after the chunk it is at."""
        with self._changed:
            self._closed = True
            self._current = self._pending = None
            self._tasks.clear()
            self._cache.clear()
            self._changed.notify_all()

    @property
    def _idle(self) -> bool:
        return self._closed or (self._pending is None and (self._current is None or self._current.settled))

    def _hear(self) -> None:
        """Note in which context the screen speaks; called with the lock held.

        A notebook kernel sends the answers of the screen to the thread whose context a frame was sent in. Frames that a
        cell asked for would bind them to the cell's thread, where they wait until the cell is done.
        """
        self._screen = contextvars.copy_context()

    def _wake(self) -> None:
        """Tell the worker that there is work, and start one where there is none; called with the lock held."""
        self._changed.notify_all()
        # A start that was interrupted leaves a thread that is not alive.
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="xai_widgets", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        before: Run | None = None
        while True:
            run = self._next()
            if before is not None and before is not run:
                self._abandon(before)
            if run is None:
                return
            if isinstance(run, Run):
                self._advance(run)
                before = run
            else:
                self._perform(run)
                before = None

    def _next(self) -> Run | Task | None:
        """Return the run that is to go on by one chunk, or what has waited for that; None to leave."""
        with self._changed:
            while self._worker is threading.current_thread() and not self._closed:
                run = self._current
                # What was started shows its first frames even when it is stale by now: a screen whose every frame is
                # overtaken would stay empty as long as a slider moves.
                owed = run is not None and not (run.led or run.searching)
                if run is not None and not run.settled and (self._pending is None or owed):
                    hold = self._hold() if run.led else 0.0
                    if hold <= 0:
                        return run
                    self._changed.wait(hold)
                    continue
                if self._pending is None:
                    if self._tasks:
                        return self._tasks.popleft()
                    break
                pause = self._pause()
                if pause > 0:
                    self._changed.wait(pause)
                else:
                    _carry_over(self._current, self._pending)
                    self._current, self._pending = self._pending, None
            if self._worker is threading.current_thread():
                self._worker = None
            self._changed.notify_all()
            return None

    def _advance(self, run: Run) -> None:
        """Do one chunk of work and show what came of it."""
        part, showing = run.next_part(), run.showing
        first = part.showing != showing
        header: dict[str, Any] | None = None
        if part.error is None:
            try:
                # What is to be said of a picture was said when the screen was made, to whoever made it.
                with warned_once(before=True):
                    header = part.view.header() if first else None
                    if not (first and (part.done or part.estimate is not None)):
                        part.refine(self._cache, run.stopping)
            except BaseException as error:  # noqa: BLE001  # a network may raise anything, and the screen is to tell
                part.error = error
                self._end(part)
        if part.error is not None:
            self._emit(self._error(run, part), [], run.context)
        elif part.estimate is None:
            self._say_working(run, part)
            return
        elif first or part.done or self._may_refine(part):
            self._emit(*self._frame_of(run, part, header), run.context)
        else:
            return
        with self._changed:
            part.sent, part.showing, part.ended = time.monotonic(), showing, part.done
            self._changed.notify_all()

    def _perform(self, task: Task) -> None:
        """Do something that had time, and send what comes of it."""
        try:
            with warned_once(before=True):
                content = task()
        except Exception:  # it was not asked for by anybody who waits for an answer
            logger.debug("A task failed.", exc_info=True)
            return
        if content is not None:
            self._emit({"generation": self._generation, "request": None, **content}, [], contextvars.copy_context())

    def _say_working(self, run: Run, part: Part) -> None:
        """Say once in a while that there is work before the first frame: silence would look like a lost kernel."""
        if time.monotonic() - part.sent < WORKING_SECONDS:
            return
        content = {"type": "working", "generation": run.generation, "request": run.request}
        self._emit({**content, "view": run.parts.index(part)}, [], run.context)
        part.sent = time.monotonic()

    def _abandon(self, run: Run) -> None:
        for part in run.parts:
            if part.stream is not None:
                self._end(part)

    @staticmethod
    def _end(part: Part) -> None:
        try:
            part.end()
        except Exception:  # the picture is not wanted any more, and neither is what is wrong with it
            logger.debug("A stream raised when it was closed.", exc_info=True)

    def _pause(self) -> float:
        """Return the seconds to wait before a generation may start; 0 where nobody acknowledges anyway."""
        if self._has_room() or not self._answering:
            return 0.0
        return max(0.0, self._unacknowledged[0][1] + self._patience - time.monotonic())

    def _hold(self) -> float:
        """Return the seconds for which refining is to wait: a slider moves, and the screen has not painted yet."""
        if not (self._dragging and self._answering and self._unacknowledged):
            return 0.0
        return self._asked + HOLD_SECONDS - time.monotonic()

    def _may_refine(self, part: Part) -> bool:
        """Whether to show an estimate that is neither first nor last."""
        with self._changed:
            return self._pending is None and time.monotonic() - part.sent >= FRAME_SECONDS and self._has_room()

    def _has_room(self) -> bool:
        overdue = time.monotonic() - self._patience
        while self._unacknowledged and self._unacknowledged[0][1] <= overdue:
            self._unacknowledged.popleft()
            self._answering = False
        views = 1 if self._current is None else len(self._current.parts)
        return len(self._unacknowledged) < max(self._window, views)

    def _frame_of(self, run: Run, part: Part, header: dict[str, Any] | None) -> tuple[dict[str, Any], list[bytes]]:
        estimate = part.estimate
        if estimate is None:
            raise RuntimeError("There is nothing to show yet.")
        more, arrays = part.view.frame(estimate, [other.estimate for other in run.parts])
        content = {
            "type": "frame",
            "generation": run.generation,
            "request": run.request,
            "view": run.parts.index(part),
            "views": len(run.parts),
            "first": header is not None,
            "final": part.done and not part.stopped,
            "stopped": part.stopped,
            "evaluations": estimate.evaluations,
            "planned": estimate.planned,
            "change": number(estimate.change),
            "header": header,
            **more,
        }
        # Copies: what is sent leaves later, on another thread.
        return content, [np.ascontiguousarray(values, dtype="<f4").tobytes() for values in arrays]

    @staticmethod
    def _error(run: Run, part: Part) -> dict[str, Any]:
        return {
            "type": "error",
            "generation": run.generation,
            "request": run.request,
            "view": run.parts.index(part),
            "views": len(run.parts),
            "message": in_words(part.error),
        }

    def _emit(self, content: dict[str, Any], buffers: list[bytes], context: contextvars.Context) -> None:
        with self._sending:
            with self._changed:
                if self._closed:
                    return
                self._frame += 1
                self._unacknowledged.append((self._frame, time.monotonic()))
                content = {**content, "frame": self._frame}
                context = self._screen or context
            try:
                context.run(self._send, content, buffers)
            except Exception:  # a screen that is gone must not stop the work
                logger.debug("A frame could not be sent.", exc_info=True)


def _carry_over(before: Run | None, run: Run) -> None:
    """Let the views of `run` go on where the same ones of the run before were overtaken."""
    open_parts = [] if before is None else [part for part in before.parts if part.stream is not None]
    known = {(part.view.question, repr(part.view.method)): part for part in open_parts if part.error is None}
    for part in run.parts:
        same = known.pop((part.view.question, repr(part.view.method)), None)
        if same is not None and same.estimate is not None:
            part.take_over(same)


def number(value: Any) -> float | None:
    """Return a number for JSON, which knows neither nan nor infinity."""
    value = float(np.asarray(value, float).reshape(-1)[0])
    return value if math.isfinite(value) else None


def difference(estimates: Sequence[Any]) -> dict[str, float] | None:
    """Return how far several maps are apart, or None while they are not refined alike.

    Returns
    -------
    dict or None
        ``largest`` is the largest absolute difference from the first map; ``relative`` the same divided by the largest
        magnitude of the first map.
    """
    present = [estimate for estimate in estimates if estimate is not None]
    if len(present) < 2 or len(present) < len(estimates) or len({one.evaluations for one in present}) > 1:
        return None
    first, *others = (np.asarray(estimate.map, float) for estimate in present)
    if any(other.shape != first.shape for other in others):
        return None
    largest = max(float(np.abs(other - first).max()) for other in others)
    scale = float(np.abs(first).max())
    return {"largest": largest, "relative": largest / scale if scale else float(largest > 0)}


def in_words(error: BaseException | None) -> str:
    """Return an error as a sentence for the screen; those that are our own are sentences already."""
    own = type(error).__module__.startswith("xai_widgets.")
    text = str(error).strip() or "no message"
    message = text if own else f"The model raised {type(error).__name__}: {text}"
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


_open_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Let workers leave before the interpreter takes the frameworks away under them."""
    for session in list(_open_sessions):
        worker = session._worker
        session.close()
        if worker is not None:
            worker.join(1.0)
