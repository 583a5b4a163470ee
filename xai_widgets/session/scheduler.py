"""The worker behind one screen: the newest request wins, and nothing that was begun is lost."""

from __future__ import annotations

import atexit
import contextvars
import logging
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xai_widgets.errors import warned_once
from xai_widgets.session import message
from xai_widgets.session.cache import CACHE_BYTES, Cache
from xai_widgets.session.message import Message
from xai_widgets.session.pacing import Pacing
from xai_widgets.session.run import Job, Run
from xai_widgets.session.view import View

Send = Callable[[dict[str, Any], list[bytes]], None]

Task = Callable[[], dict[str, Any] | None]
"""Something that has time: it returns what the screen is to hear of it, or None."""

logger = logging.getLogger(__name__)


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
    pacing : Pacing, optional
        How fast the screen is told things.

    Notes
    -----
    All methods may be called from any thread, also from several.
    """

    def __init__(self, send: Send, *, cache_bytes: int = CACHE_BYTES, pacing: Pacing | None = None) -> None:
        self._send = send
        self._cache = Cache(cache_bytes)
        self._pacing = pacing or Pacing()
        self._changed = threading.Condition(threading.RLock())
        self._sending = threading.Lock()
        self._worker: threading.Thread | None = None
        self._current: Run | None = None
        self._pending: Run | None = None
        self._tasks: deque[Task] = deque()
        self._generation = 0
        self._frame = 0
        self._screen: contextvars.Context | None = None
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
                self._pacing.ask()
            if not self._closed:
                leading = range(len(views)) if lead is None else lead
                self._pending = Run(self._generation, request, [Job(view) for view in views], leading)
                self._wake()
            return self._generation

    def acknowledge(self, frame: int) -> None:
        """Take note that the screen has painted all frames up to number `frame`."""
        with self._changed:
            self._hear()
            self._pacing.acknowledge(frame)
            self._changed.notify_all()

    def repeat(self) -> None:
        """Send the present frames once more, for a screen that has just opened."""
        with self._changed:
            self._hear()
            self._pacing.open()
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
        """Stop refining; every view keeps the answer that it has, or gets its first."""
        with self._changed:
            newest = self._pending or self._current
            if newest is not None and not newest.settled:
                newest.stopping = True
                self._wake()

    def forget(self) -> None:
        """Forget all results, because a model has changed, those on the screen too; called by the header of a view."""
        self._cache.clear()
        with self._changed:
            jobs = [] if self._current is None else self._current.jobs
        for job in jobs:
            self._end(job)
            job.restart()

    def report(self, message: str, request: int | None = None) -> None:
        """Send an error that is about no view: a request that could not be understood."""
        content = {"type": "error", "generation": self._generation, "request": request, "view": None}
        self._emit(({**content, "message": message}, []), contextvars.copy_context())

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
    def jobs(self) -> list[Job]:
        """The work for the views of the newest request: each with its newest answer or its error."""
        with self._changed:
            newest = self._pending or self._current
            return [] if newest is None else list(newest.jobs)

    @property
    def stopped(self) -> bool:
        """Whether the newest request was stopped before it was final."""
        return any(job.stopped for job in self.jobs)

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

    @property
    def _views(self) -> int:
        """How many there are on the screen."""
        return 1 if self._current is None else len(self._current.jobs)

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
                    hold = self._pacing.hold() if run.led else 0.0
                    if hold == 0:
                        return run
                    self._changed.wait(hold)
                    continue
                if self._pending is None:
                    if self._tasks:
                        return self._tasks.popleft()
                    break
                pause = self._pacing.pause(self._views)
                if pause > 0:
                    self._changed.wait(pause)
                else:
                    self._pending.carry_over(self._current)
                    self._current, self._pending = self._pending, None
            if self._worker is threading.current_thread():
                self._worker = None
            self._changed.notify_all()
            return None

    def _advance(self, run: Run) -> None:
        """Do one chunk of work and show what came of it."""
        job, showing = run.next_job(), run.showing
        first = job.showing != showing
        header: dict[str, Any] | None = None
        if job.error is None:
            try:
                # What is to be said of a picture was said when the screen was made, to whoever made it.
                with warned_once(before=True):
                    header = job.view.header() if first else None
                    if not (first and (job.done or job.answer is not None)):
                        job.refine(self._cache, run.stopping)
            except BaseException as error:  # noqa: BLE001  # a network may raise anything, and the screen is to tell
                job.error = error
                self._end(job)
        if job.error is not None:
            self._emit(message.error(run, job), run.context)
        elif job.answer is None:
            if self._pacing.may_say_working(job.sent):
                self._emit(message.working(run, job), run.context)
                job.sent = self._pacing.now()
            return
        elif first or job.done or self._may_refine(job):
            self._emit(message.frame(run, job, header), run.context)
        else:
            return
        with self._changed:
            job.sent, job.showing, job.ended = self._pacing.now(), showing, job.done
            self._changed.notify_all()

    def _may_refine(self, job: Job) -> bool:
        """Whether to show an answer that is neither first nor last."""
        with self._changed:
            return self._pending is None and self._pacing.may_refine(job.sent, self._views)

    def _perform(self, task: Task) -> None:
        """Do something that had time, and send what comes of it."""
        try:
            with warned_once(before=True):
                content = task()
        except Exception:  # it was not asked for by anybody who waits for an answer
            logger.debug("A task failed.", exc_info=True)
            return
        if content is not None:
            said = {"generation": self._generation, "request": None, **content}
            self._emit((said, []), contextvars.copy_context())

    def _abandon(self, run: Run) -> None:
        for job in run.jobs:
            if job.stream is not None:
                self._end(job)

    @staticmethod
    def _end(job: Job) -> None:
        try:
            job.end()
        except Exception:  # the picture is not wanted any more, and neither is what is wrong with it
            logger.debug("A stream raised when it was closed.", exc_info=True)

    def _emit(self, said: Message, context: contextvars.Context) -> None:
        content, buffers = said
        with self._sending:
            with self._changed:
                if self._closed:
                    return
                self._frame += 1
                self._pacing.send(self._frame)
                content = {**content, "frame": self._frame}
                context = self._screen or context
            try:
                context.run(self._send, content, buffers)
            except Exception:  # a screen that is gone must not stop the work
                logger.debug("A frame could not be sent.", exc_info=True)


_open_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Let workers leave before the interpreter takes the frameworks away under them."""
    for session in list(_open_sessions):
        worker = session._worker
        session.close()
        if worker is not None:
            worker.join(1.0)
