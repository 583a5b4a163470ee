"""The worker behind one screen: the newest request wins, and nothing that was begun is lost."""

from __future__ import annotations

import contextvars
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xai_widgets.errors import warned_once
from xai_widgets.fork import renew_in_child
from xai_widgets.session import message, worker
from xai_widgets.session.beside import Asked, Beside
from xai_widgets.session.cache import CACHE_BYTES, Cache
from xai_widgets.session.message import Message, Told
from xai_widgets.session.pacing import Pacing
from xai_widgets.session.run import Job, Run
from xai_widgets.session.turns import TURNS
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
        or in that of the request before it spoke. A screen that is gone, so that this raises, does not stop the work.
    cache_bytes : int, default 96 MiB
        How much of past results is kept.
    pacing : Pacing, optional
        How fast the screen is told things.

    Notes
    -----
    All methods may be called from any thread, also from several. Nothing is computed for nobody: where there is no
    screen and nobody waits, each view gets its first answer and stays with that.
    """

    def __init__(self, send: Send, *, cache_bytes: int = CACHE_BYTES, pacing: Pacing | None = None) -> None:
        self.send = send
        """May be another one from now on."""
        self._cache = Cache(cache_bytes)
        self._pacing = pacing or Pacing()
        self._worker: threading.Thread | None = None
        self._current: Run | None = None
        self._pending: Run | None = None
        self._open: Run | None = None
        """The one that the worker was at last."""
        self._tasks: deque[Task] = deque()
        self._beside = Beside()
        self._generation = 0
        self._frame = 0
        self._told: Told = {}
        self._screen: contextvars.Context | None = None
        self._expected = False
        self._screens = 0
        self._waiting = 0
        self._asked = -math.inf
        self._closed = False
        self._make_locks()
        renew_in_child(self)

    def _make_locks(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._sending = threading.Lock()

    def renew(self) -> None:
        """Begin closed in a forked process, which has neither the worker nor the screen."""
        self._make_locks()
        self._worker, self._closed = None, True

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
            self._asked = time.monotonic()
            if request is not None:
                self._hear()
                self._screens = max(1, self._screens)
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
        """Send the present frames once more, for a screen that has just opened; it is there until it leaves."""
        with self._changed:
            self._hear()
            self._asked = time.monotonic()
            self._expected, self._screens = False, self._screens + 1
            self._told = {}
            self._pacing.open()
            if self._current is not None and self._pending is None and not self._closed:
                self._current.show_again()
            self._wake()

    def expect(self) -> None:
        """Go on as if there were a screen until one opens: what is being displayed is not for nobody."""
        with self._changed:
            self._expected = True
            self._wake()

    def leave(self) -> None:
        """Take note that a screen is gone: after the last what is on its way stays where it is until somebody waits."""
        with self._changed:
            self._screens = max(0, self._screens - 1)
            self._beside.asked = None
            if not self.watched:
                self._tasks.clear()

    def later(self, tasks: Iterable[Task]) -> None:
        """Do something, a task at a time, whenever there is nothing to compute or to show; `wait` does not wait for it.

        What waited for that until now is given up.

        Parameters
        ----------
        tasks : iterable of callable
            What one returns is sent, unless it is None; what it raises is logged and otherwise ignored.
        """
        with self._changed:
            if not self._closed:
                self._tasks = deque(tasks)
                self._wake()

    def inspect(self, asked: Asked | None) -> None:
        """Ask how a value of a picture arises, in place of what was asked so before; None asks nothing any more.

        It waits until there is nothing else to compute or to show; `wait` does not wait for it.
        """
        with self._changed:
            self._hear()
            self._beside.asked = asked
            self._wake()

    def stop(self) -> None:
        """Stop refining; every view keeps the answer that it has, or gets its first."""
        with self._changed:
            newest = self._pending or self._current
            if newest is not None and not newest.settled:
                newest.stopping = True
                self._wake()

    def refresh(self) -> None:
        """Ask once more for what is on the screen, where a model is not what it was when it answered."""
        with self._changed:
            if self._current is not None and self._pending is None:
                self._current.doubted = True
                self._wake()

    def report(self, message: str, request: int | None = None) -> None:
        """Send an error that is about no view: a request that could not be understood."""
        content = {"type": "error", "generation": self._generation, "request": request, "view": None}
        self._emit(({**content, "message": message}, []), contextvars.copy_context())

    def tell(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send what the screen has asked to be told at once."""
        said = {"generation": self._generation, "request": None, **content}
        self._emit((said, list(buffers)), contextvars.copy_context())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do, at most `timeout` seconds, and return whether that is so."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._waiting += 1
            try:
                while not self._settled:
                    left = end - time.monotonic()
                    if left <= 0:
                        return False
                    self._wake()
                    # In slices, because a wait without an end cannot be interrupted on every system.
                    self._changed.wait(min(left, 0.5))
            finally:
                self._waiting -= 1
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
    def outdated(self) -> bool:
        """Whether a model is not what it was when it answered."""
        with self._changed:
            run = self._current
        return run is not None and run.outdated

    @property
    def watched(self) -> bool:
        """Whether there is a screen, as far as is known."""
        return self._expected or self._screens > 0

    @property
    def closed(self) -> bool:
        """Whether nothing will be computed any more: it was closed, or the program has come to its end."""
        return self._closed or worker.program_ends()

    def close(self) -> None:
        """End everything; the worker leaves after the chunk it is at."""
        with self._changed:
            self._closed = True
            self._current = self._pending = None
            self._tasks.clear()
            self._cache.clear()
            if self._worker is None and self._open is not None:
                self._abandon(self._open)
            self._changed.notify_all()

    @property
    def _settled(self) -> bool:
        """Whether nothing is left to compute or to show."""
        idle = self._pending is None and (self._current is None or self._current.settled)
        return idle or self._closed or worker.program_ends()

    @property
    def _inspecting(self) -> bool:
        """Whether there is to be found out how a value arises."""
        return self._pending is None and self._beside.is_open(self._current) and not self.closed

    @property
    def _wanted(self) -> bool:
        """Whether there is somebody for whom answers get better."""
        return self.watched or self._waiting > 0

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
        """Tell the worker to look what there is to do, and start one where there is none; called with the lock held."""
        self._changed.notify_all()
        if self._worker is None and not (self._settled and not self._tasks and not self._inspecting):
            self._worker = worker.start(self)

    def step(self) -> bool:
        """Do what is next, and return whether there was something; called by the worker alone."""
        todo = self._next()
        if self._open is not None and self._open is not self._current:
            self._abandon(self._open)
            self._open = None
        if isinstance(todo, Run):
            self._open = todo
            with TURNS.turn(self._asked):
                self._check(todo) if todo.doubted else self._advance(todo)
        elif isinstance(todo, Beside):
            with TURNS.turn(self._asked):
                self._inspect(todo)
        elif todo is not None:
            self._perform(todo)
        return todo is not None

    def _next(self) -> Run | Beside | Task | None:
        """Return the run that is to go on by one chunk, or what has waited for that; None to leave."""
        with self._changed:
            while self._worker is threading.current_thread() and not self._closed:
                run = self._current
                # What was started shows its first frames even when it is stale by now: a screen whose every frame is
                # overtaken would stay empty as long as a slider moves.
                if run is not None and not run.settled and (self._pending is None or not (run.led or run.searching)):
                    if not (run.unseen or self._wanted):
                        break
                    hold = self._pacing.hold() if run.led else 0.0
                    if hold == 0:
                        return run
                    self._changed.wait(hold)
                    continue
                if self._beside.asked is not None and self._inspecting:
                    return self._beside
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

    def _check(self, run: Run) -> None:
        """Ask again where a model has changed."""
        outdated = run.outdated
        with self._changed:
            run.doubted = False
            if outdated and self._pending is None:
                self.request([job.view for job in run.jobs], lead=run.lead)
            self._changed.notify_all()

    def _advance(self, run: Run) -> None:
        """Do one chunk of work and show what came of it."""
        # A screen that opens meanwhile is told all: what is sent by now takes for granted what another one was told.
        job, showing, told = run.next_job(), run.showing, self._told
        try:
            said = self._refined(run, job, told, first=run.jobs.index(job) in run.unseen)
        except BaseException as error:  # noqa: BLE001  # a network may raise anything, and the screen is to tell
            job.fail(error)
            said = message.failure(run, job, error)
        if said is None:
            return
        refused = self._emit(said, run.context)
        if refused is not None and job.error is None and self._is_told(run, job, refused):
            job.fail(refused)
        elif refused is None and said[0]["type"] == "frame" and job.header is not None:
            told[run.jobs.index(job)] = job.header
        job.sent = self._pacing.now()
        if job.error is None and job.answer is None:
            return
        with self._changed:
            run.tell(job, showing)
            self._changed.notify_all()

    def _is_told(self, run: Run, job: Job, refused: BaseException) -> bool:
        """Whether the screen hears that a frame could not be sent: then it is there, and the frame was wrong."""
        return self._emit(message.failure(run, job, refused), run.context) is None

    def _refined(self, run: Run, job: Job, told: Told, first: bool) -> Message | None:
        """Do one chunk of work for a view, and return what the screen is to hear of it."""
        if job.error is not None:
            return message.failure(run, job, job.error)
        # What is to be said of a picture was said when the screen was made, to whoever made it.
        with warned_once(before=True):
            if first:
                job.begin(run.version_of(job.view))
            if not (first and (job.done or job.answer is not None)):
                job.refine(self._cache, run.stopping, self.watched or not self._waiting)
            if job.answer is None:
                return message.working(run, job) if self._pacing.may_say_working(job.sent) else None
            return message.frame(run, job, told) if first or job.done or self._may_refine(job) else None

    def _may_refine(self, job: Job) -> bool:
        """Whether to show an answer that is neither first nor last."""
        with self._changed:
            return self._pending is None and self._pacing.may_refine(job.sent, self._views)

    def _inspect(self, beside: Beside) -> None:
        """Do one chunk of what finds out how a value arises."""
        with self._changed:
            run = self._current
        if run is None:
            return
        with warned_once(before=True):
            said = beside.advance(run)
        if said is not None:
            self._emit(said, run.context)

    def _perform(self, task: Task) -> None:
        """Do something that had time, and send what comes of it."""
        try:
            with warned_once(before=True):
                content = task()
        except BaseException:  # it was not asked for by anybody who waits for an answer
            logger.debug("A task failed.", exc_info=True)
            return
        if content is not None:
            said = {"generation": self._generation, "request": None, **content}
            self._emit((said, []), contextvars.copy_context())

    @staticmethod
    def _abandon(run: Run) -> None:
        """Let the streams of a run go, which is not wanted any more; neither is what is wrong with them."""
        for job in run.jobs:
            try:
                if job.stream is not None:
                    job.end()
            except BaseException:
                logger.debug("A stream raised when it was closed.", exc_info=True)

    def _emit(self, said: Message, context: contextvars.Context) -> BaseException | None:
        """Send a message, and return why that failed, or None."""
        content, buffers = said
        with self._sending:
            with self._changed:
                if self._closed:
                    return None
                self._frame += 1
                if content["type"] == "frame":
                    self._pacing.send(self._frame, content["first"])
                content = {**content, "frame": self._frame}
                context = self._screen or context
            try:
                context.run(self.send, content, buffers)
            except BaseException as error:
                logger.debug("A message could not be sent.", exc_info=True)
                return error
            return None
