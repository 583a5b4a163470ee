"""One request on its way, and the work for each of its views."""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.stream import Stream
from xai_widgets.session.cache import Cache
from xai_widgets.session.view import View


@dataclass(eq=False)
class Job:
    """The work for one view."""

    view: View
    stream: Stream[Progress | None] | None = None
    answer: Any = None
    """The newest one; what it is beside its progress, whoever made the stream knows."""
    version: Hashable = None
    """The version of what it depends on; see `View`."""
    header: Mapping[str, Any] | None = None
    """What goes with the next frame, once it is known."""
    error: BaseException | None = None
    done: bool = False
    stopped: bool = False
    shown: bool = False
    """Whether a frame or an error of this view was sent."""
    sent: float = -math.inf
    """When that was."""
    turns: int = 0
    """So often it had its turn."""
    chunks: int = 0
    """So many of its stream were computed."""
    repeated: bool = False
    """Whether it began anew because the version changed on the way."""

    def take_over(self, other: Job) -> None:
        """Go on where `other`, of the same view, is."""
        self.stream, self.answer, self.version = other.stream, other.answer, other.version
        other.stream = None

    def begin(self, version: Hashable) -> None:
        """Find out what goes with the first frame; let go of what was done for another version."""
        if (self.stream is not None or self.answer is not None) and self.version != version:
            self.end()
            self.answer, self.header = None, None
            self.done, self.stopped = False, False
        self.version = version
        if self.header is None:
            self.header = self.view.header()

    def refine(self, cache: Cache, stopping: bool, watched: bool) -> None:
        """Get the next answer, from the cache or by one chunk of work, a short one while somebody watches."""
        if stopping and self.answer is not None:
            self.end()
            self.stopped = True
            return
        if self.stream is None:
            self.answer = cache.get(self.view, self.version)
            if self.answer is not None:
                self.done = True
                return
            self.stream = Stream(self.view.stream(cache.resumable(self.view, self.version)))
        self.chunks += 1
        try:
            answer = next(self.stream if watched else self.stream.steps)
        except StopIteration:
            answer = self.answer
            if answer is None:
                raise RuntimeError(f"{self.view.method!r} ended without an answer.") from None
        if answer is None:
            return
        if answer.final or answer is self.answer:
            if self._must_repeat():
                return
            cache.put(self.view, self.version, answer)
            self.end()
        self.answer = answer

    def _must_repeat(self) -> bool:
        """Begin anew where the version changed on the way, and return whether that is so.

        Once: who trains without an end gets an answer that mixes old and new weights, and is outdated.
        """
        present = self.view.version() if self.chunks > 1 and not self.repeated else self.version
        self.repeated = present != self.version
        if self.repeated:
            self.begin(present)
        return self.repeated

    def end(self) -> None:
        """Give the stream up, so that it lets go of the model."""
        stream, self.stream, self.done = self.stream, None, True
        if stream is not None:
            stream.close()

    def fail(self, error: BaseException) -> None:
        """Give the view up: something raised, and the screen is to say what."""
        self.error = error
        if not self.shown:  # Where a frame of it failed there is nothing to draw.
            self.answer = None
        try:
            self.end()
        except BaseException as another:  # noqa: BLE001  # the first one counts
            error.add_note(f"And when its stream was closed: {another!r}")


@dataclass(eq=False)
class Run:
    """One request on its way."""

    generation: int
    request: int | None
    jobs: list[Job]
    lead: Sequence[int]
    """The views that come first, and that are shown even when the run is stale."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """That of whoever asked."""
    stopping: bool = False
    showing: int = 1
    """Counts up when everything is to be shown once more."""
    turn: int = 0
    doubted: bool = False
    """Whether the models may be others than they were."""
    versions: dict[Callable[[], Hashable], Hashable] = field(default_factory=dict)
    """What the views of this showing depend on, as far as they were asked."""
    unseen: set[int] = field(init=False)
    """Those of which this showing has sent nothing yet."""
    open: set[int] = field(init=False)
    """Those of which the screen was not told that they are done."""

    def __post_init__(self) -> None:
        self.unseen, self.open = set(range(len(self.jobs))), set(range(len(self.jobs)))

    @property
    def led(self) -> bool:
        """Whether every view that comes first was shown at least once."""
        return self.unseen.isdisjoint(self.lead)

    @property
    def searching(self) -> bool:
        """Whether a view that comes first works on what must be known before there is anything to show."""
        leading = [self.jobs[place] for place in self.lead]
        return any(job.stream is not None and job.answer is None for job in leading)

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to compute or to show."""
        return not (self.unseen or self.open or self.doubted)

    @property
    def outdated(self) -> bool:
        """Whether what the screen was told of a view is that of another version, or of none that can be told."""
        shown = [job for job in self.jobs if job.shown]
        try:
            present = {version: version() for version in {job.view.version for job in shown}}
        except Exception:  # noqa: BLE001  # for the screen, when it is asked for again
            return True
        return any(job.version != present[job.view.version] for job in shown)

    def show_again(self) -> None:
        """Let everything be shown once more, for nobody's request."""
        self.request = None
        self.showing += 1
        self.unseen = set(range(len(self.jobs)))
        self.versions.clear()

    def tell(self, job: Job, showing: int) -> None:
        """Take note that the screen was told of a view, in a showing that may be over by now."""
        place = self.jobs.index(job)
        job.shown, job.header = True, None
        if job.done:
            self.open.discard(place)
        else:
            self.open.add(place)
        if showing == self.showing:
            self.unseen.discard(place)

    def version_of(self, view: View) -> Hashable:
        """Return what a view depends on, asked once for all views of this showing."""
        if view.version not in self.versions:
            self.versions[view.version] = view.version()
        return self.versions[view.version]

    def next_job(self) -> Job:
        """Return the view whose turn it is: one that shows nothing yet, then a chunk for each in turn.

        Of those that show nothing the leading ones come first; where one takes several chunks to begin, the others do
        not wait for it.
        """
        if self.unseen:
            place = min(self.unseen, key=lambda place: (self.jobs[place].turns, place not in self.lead, place))
            self.jobs[place].turns += 1
            return self.jobs[place]
        self.turn += 1
        return self.jobs[sorted(self.open)[self.turn % len(self.open)]]

    def carry_over(self, before: Run | None) -> None:
        """Let the views go on where the same ones of the run before were overtaken."""
        if before is None or not before.open:
            return
        left = [job for job in before.jobs if job.stream is not None and job.answer is not None]
        for job in self.jobs if left else []:
            same = next((one for one in left if _same(one, job)), None)
            if same is not None:
                job.take_over(same)
                left.remove(same)


def _same(one: Job, other: Job) -> bool:
    """Whether two jobs are for the same view; not where it cannot be told, which the job itself will say."""
    try:
        return one.error is None and one.view.key == other.view.key
    except Exception:  # noqa: BLE001  # a key is made of what anybody wrote
        return False
