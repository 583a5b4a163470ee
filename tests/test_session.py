"""The session against streams made by hand: what is sent, in which order, and what is left behind."""

from __future__ import annotations

import contextvars
import gc
import itertools
import json
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_widgets.errors import InputError
from xai_widgets.session import Cache, Session, View, difference, in_words, number

WAIT = 20.0


@dataclass
class Count:
    """A method of so many chunks; it can go on from one with fewer."""

    chunks: int = 4

    def extends(self, other: Count) -> bool:
        return other.chunks <= self.chunks


@dataclass(eq=False)
class Guess:
    """An estimate made by hand: its map holds the position and the chunk."""

    map: np.ndarray
    evaluations: int
    planned: int
    final: bool
    query: Any = None
    state: Any = None
    score: float = 1.5
    gap: float = float("nan")
    absolute_gap: float = 0.25
    change: float = float("nan")

    @property
    def values(self) -> np.ndarray:
        return self.map


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
    failure: BaseException = field(default_factory=lambda: ValueError("the layer broke"))

    def view(self, position: Any, chunks: int = 4) -> View:
        method = Count(chunks)

        def stream(resume: Guess | None) -> Iterator[Guess | None]:
            start = 0 if resume is None else resume.query.method.chunks
            try:
                for search in range(self.searches):
                    if self.gate is not None:
                        assert self.gate.acquire(timeout=WAIT)
                    self.computed.append((position, -search))
                    yield None
                for chunk in range(start + 1, chunks + 1):
                    if self.gate is not None:
                        assert self.gate.acquire(timeout=WAIT)
                    time.sleep(self.seconds)
                    self.computed.append((position, chunk))
                    if chunk == self.fail_at:
                        raise self.failure
                    values = np.full((2, self.pixels // 2), float(position), np.float32)
                    values[0, 0] = chunk
                    query = SimpleNamespace(method=method)
                    yield Guess(values, chunk, chunks, chunk == chunks, query, state=chunk)
            finally:
                self.closed.append(position)

        def kept(resume: Guess | None) -> Iterator[Guess | None]:
            self.streams.append(stream(resume))  # so that a stream ends when it is closed, not when it is dropped
            return self.streams[-1]

        return View(("question", position), method, kept, lambda: {"position": position})


class Screen:
    """Collects what is sent, and acknowledges as it was told to: "at once", "slowly" or "never"."""

    def __init__(self, acknowledges: str = "at once", **options: Any) -> None:
        self.acknowledges = acknowledges
        self.hook: Callable[[], None] = lambda: None
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.arrived = threading.Condition()
        self.session = Session(self.receive, **options)

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

    def finish(self) -> None:
        assert self.session.wait(WAIT)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "frame"]

    def position(self, index: int = -1) -> float:
        return float(np.frombuffer(self.buffers[index][0], "<f4")[-1])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The session's time, which passes when the test says so."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("xai_widgets.session.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    end = time.monotonic() + WAIT
    while any(thread.name == "xai_widgets" for thread in threading.enumerate()):
        assert time.monotonic() < end, "a worker is still there"
        time.sleep(0.005)


def test_a_frame_says_what_it_is() -> None:
    screen = Screen()
    generation = screen.session.request([Source().view(7, chunks=1)], request=3)
    screen.finish()
    (frame,) = screen.messages
    assert frame == {
        "type": "frame",
        "frame": 1,
        "generation": generation,
        "request": 3,
        "view": 0,
        "views": 1,
        "first": True,
        "final": True,
        "stopped": False,
        "shape": [2, 3],
        "evaluations": 1,
        "planned": 1,
        "gap": None,
        "absolute_gap": 0.25,
        "change": None,
        "score": 1.5,
        "difference": None,
        "facts": [],
        "header": {"position": 7},
    }
    assert np.frombuffer(screen.buffers[0][0], "<f4").tolist() == [1, 7, 7, 7, 7, 7]


def test_the_header_comes_with_the_first_frame_only() -> None:
    screen = Screen()
    screen.session.request([Source(seconds=0.02).view(1, chunks=4)])
    screen.finish()
    assert [frame["header"] is not None for frame in screen.frames] == [frame["first"] for frame in screen.frames]
    assert [frame["first"] for frame in screen.frames] == [True, False, False, False]
    assert [frame["final"] for frame in screen.frames] == [False, False, False, True]


def test_the_newest_request_cancels_between_two_chunks() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    screen.session.request([source.view(1, chunks=100)])
    source.gate.release()
    screen.await_message(1)
    generation = screen.session.request([source.view(2, chunks=2)])
    source.gate.release(5)
    screen.finish()
    assert [position for position, _ in source.computed].count(1) <= 2
    assert source.closed[0] == 1, "the old stream must let go of the model"
    assert screen.frames[-1]["generation"] == generation
    assert screen.frames[-1]["final"]
    assert screen.position() == 2


@pytest.mark.parametrize("acknowledges", ["at once", "slowly", "never"])
def test_a_fast_drag_is_never_starved_and_ends_at_the_last_position(acknowledges: str) -> None:
    screen, source = Screen(acknowledges, patience=0.2), Source(seconds=0.003)
    screen.session.repeat()  # the screen says hello
    for position in range(300):
        screen.session.request([source.view(position, chunks=20)], request=position)
        time.sleep(0.001)
    seen_while_moving = len(screen.frames)
    screen.finish()
    generations = [frame["generation"] for frame in screen.frames]
    assert generations == sorted(generations), "the picture went back in time"
    assert seen_while_moving >= (2 if acknowledges == "never" else 5)
    assert screen.position() == 299
    assert screen.frames[-1]["final"]
    assert screen.frames[-1]["request"] == 299
    started = {position for position, _ in source.computed}
    shown = {frame["request"] for frame in screen.frames if frame["first"]}
    assert started == shown, "a generation that was started must show its first frame"


def test_a_screen_that_does_not_acknowledge_gets_two_frames_then_the_final_one() -> None:
    screen, source = Screen("never", patience=WAIT), Source(seconds=0.02)
    screen.session.request([source.view(1, chunks=8)])
    screen.finish()
    assert [frame["evaluations"] for frame in screen.frames] == [1, 2, 8]


def test_a_late_acknowledgement_lets_refinements_through_again() -> None:
    screen, source = Screen("never", patience=WAIT), Source(seconds=0.02, gate=threading.Semaphore(4))
    screen.session.request([source.view(1, chunks=8)])
    screen.await_message(2)
    while len(source.computed) < 4:
        time.sleep(0.001)
    screen.session.acknowledge(2)
    source.gate.release(4)
    screen.finish()
    assert [frame["evaluations"] for frame in screen.frames][2] in (4, 5)


def test_a_generation_waits_for_a_screen_that_answers_but_not_for_ever(clock: SimpleNamespace) -> None:
    screen, source = Screen("never", patience=0.1), Source()
    screen.session.repeat()
    screen.session.request([source.view(1, chunks=2)])  # its first and its final frame fill the window
    screen.await_message(2)
    screen.session.request([source.view(2, chunks=1)])
    with screen.arrived:
        assert not screen.arrived.wait(0.3), "two frames are on their way; the third has to wait"
    clock.now += 0.1
    screen.await_message(3)
    assert screen.position() == 2


def test_an_overtaken_generation_shows_the_first_frame_of_every_view() -> None:
    screen, source = Screen(), Source()

    def overtake() -> None:
        if len(screen.messages) == 1:
            screen.session.request([source.view(3), source.view(4)], request=2)

    screen.hook = overtake
    screen.session.request([source.view(1), source.view(2)], request=1)
    screen.await_message(1)
    screen.finish()
    firsts = [(frame["request"], frame["view"]) for frame in screen.frames if frame["first"]]
    assert firsts == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert not any(frame["final"] for frame in screen.frames if frame["request"] == 1)


def test_while_a_slider_moves_refining_waits_until_the_screen_has_painted(clock: SimpleNamespace) -> None:
    screen, source = Screen("never"), Source()
    session = screen.session
    session.acknowledge(0)  # a screen that answers
    session.request([source.view(1)], request=1)
    screen.finish()
    session.acknowledge(100)
    source.computed.clear()
    before = len(screen.messages)
    session.request([source.view(2)], request=2)
    screen.await_message(before + 1)
    time.sleep(0.05)
    assert source.computed == [(2, 1)]  # the first frame, and nothing more
    session.acknowledge(100)
    screen.finish()
    assert source.computed == [(2, chunk) for chunk in (1, 2, 3, 4)]


def test_the_wait_for_a_screen_in_a_drag_has_an_end(clock: SimpleNamespace) -> None:
    screen, source = Screen("never"), Source()
    session = screen.session
    session.acknowledge(0)
    session.request([source.view(1)], request=1)
    screen.finish()
    session.acknowledge(100)
    before = len(screen.messages)
    session.request([source.view(2)], request=2)
    screen.await_message(before + 1)
    clock.now += 0.2
    session.acknowledge(0)  # says nothing new, and wakes the worker
    screen.finish()
    assert (2, 4) in source.computed


def test_a_screen_that_went_silent_is_not_waited_for_again(clock: SimpleNamespace) -> None:
    screen, source = Screen("never", patience=1.0), Source()
    screen.session.repeat()
    screen.session.request([source.view(1, chunks=2)])
    screen.await_message(2)
    clock.now += 1.1
    for position in (2, 3):
        screen.session.request([source.view(position, chunks=2)])
        screen.await_message(2 * position)  # while no time passes
    screen.session.acknowledge(screen.messages[-1]["frame"])
    screen.session.request([source.view(4, chunks=2)])
    screen.finish()
    assert screen.position() == 4


def test_nobody_listens_and_nothing_waits() -> None:
    screen, source = Screen("never", patience=WAIT), Source()
    for position in range(5):
        screen.session.request([source.view(position, chunks=2)])
        assert screen.session.wait(WAIT / 4)
    assert screen.position() == 4


def test_several_views_refine_together() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1, chunks=5), source.view(2, chunks=5)])
    screen.finish()
    first = [position for position, _ in source.computed]
    leads = [first[:end].count(1) - first[:end].count(2) for end in range(1, 11)]
    assert max(map(abs, leads)) <= 1
    assert {frame["view"] for frame in screen.frames if frame["final"]} == {0, 1}
    assert [frame["view"] for frame in screen.frames if frame["first"]] == [0, 1]


def test_the_difference_of_two_maps_is_told_when_both_are_refined_alike() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(4, chunks=2), source.view(5, chunks=2)])
    screen.finish()
    told = [frame["difference"] for frame in screen.frames]
    assert told[0] is None, "there is only one map yet"
    assert told[-1] == {"largest": 1.0, "relative": 0.25}


def test_maps_of_different_shape_have_no_difference() -> None:
    one, other = (Guess(np.ones(shape), 1, 1, True) for shape in [(2, 2), (3, 3)])
    assert difference([one, other]) is None
    assert difference([one, Guess(np.ones((2, 2)), 2, 2, True)]) is None, "one is further than the other"
    assert difference([one, one]) == {"largest": 0.0, "relative": 0.0}


def test_stop_keeps_the_estimate_and_says_so() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(2))
    screen.session.request([source.view(1, chunks=100)])
    while len(source.computed) < 2:
        time.sleep(0.001)
    screen.session.stop()
    source.gate.release()
    screen.finish()
    assert len(source.computed) <= 3
    assert screen.frames[-1]["stopped"]
    assert not screen.frames[-1]["final"]
    assert screen.session.stopped
    assert source.closed == [1]
    source.gate.release(100)
    screen.session.request([source.view(2, chunks=2)])
    screen.finish()
    assert screen.frames[-1]["final"]
    assert not screen.session.stopped


def test_stop_before_the_first_frame_still_shows_one() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    screen.session.request([source.view(1, chunks=100)])
    screen.session.stop()
    source.gate.release()
    screen.finish()
    assert [frame["stopped"] for frame in screen.frames] == [False, True]


def test_a_search_is_overtaken_before_it_has_anything_to_show() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0), searches=50)
    screen.session.request([source.view(1, chunks=2)])
    source.gate.release(3)
    while len(source.computed) < 3:
        time.sleep(0.001)
    generation = screen.session.request([source.view(2, chunks=2)])
    source.gate.release(100)
    screen.finish()
    assert [position for position, _ in source.computed].count(1) <= 4
    assert source.closed == [1, 2]
    assert {frame["generation"] for frame in screen.frames} == {generation}
    assert [frame["first"] for frame in screen.frames] == [True, False]
    assert screen.frames[-1]["final"]


def test_a_screen_hears_of_a_search_before_its_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, source = Screen(), Source(searches=5)
    generation = screen.session.request([source.view(1, chunks=1)], request=7)
    screen.finish()
    assert [message["type"] for message in screen.messages] == ["working", "frame"]
    assert {key: screen.messages[0][key] for key in ("generation", "request", "view", "frame")} == {
        "generation": generation,
        "request": 7,
        "view": 0,
        "frame": 1,
    }
    monkeypatch.setattr("xai_widgets.session.WORKING_SECONDS", 0.0)
    screen.session.request([source.view(2, chunks=1)])
    screen.finish()
    assert [message["type"] for message in screen.messages[2:]] == ["working"] * 5 + ["frame"]


def test_a_search_that_is_stopped_still_shows_a_first_estimate() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0), searches=3)
    screen.session.request([source.view(1, chunks=100)])
    screen.session.stop()
    source.gate.release(4)
    screen.finish()
    assert [frame["stopped"] for frame in screen.frames] == [False, True]


def test_who_waits_finds_the_last_frame_sent() -> None:
    screen, source = Screen(), Source()
    seen: list[bool] = []
    screen.hook = lambda: seen.append(screen.session.wait(0)) if screen.frames[-1]["final"] else None
    screen.session.request([source.view(1, chunks=3)])
    screen.finish()
    assert seen == [False], "nothing is settled while the last frame is on its way"
    assert screen.session.wait(0)


def test_an_error_becomes_a_message_and_the_next_request_works() -> None:
    screen, source = Screen(), Source(fail_at=2)
    screen.session.request([source.view(1, chunks=4)], request=8)
    screen.finish()
    error = screen.messages[-1]
    assert (error["type"], error["view"], error["request"]) == ("error", 0, 8)
    assert error["message"] == "The model raised ValueError: the layer broke"
    assert isinstance(screen.session.parts[0].error, ValueError)
    source.fail_at = None
    screen.session.request([source.view(2, chunks=4)])
    screen.finish()
    assert screen.frames[-1]["final"]
    assert screen.position() == 2


@pytest.mark.parametrize("failure", [SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_even_an_exit_from_a_network_ends_no_worker(failure: BaseException) -> None:
    screen = Screen()
    screen.session.request([Source(fail_at=1, failure=failure).view(1)])
    screen.session.wait(WAIT)
    assert type(failure).__name__ in screen.messages[-1]["message"]
    screen.session.request([Source().view(2)])
    screen.finish()
    assert screen.position() == 2


def test_one_view_fails_and_the_other_goes_on() -> None:
    screen = Screen()
    screen.session.request([Source(fail_at=1).view(1), Source().view(2)])
    screen.finish()
    assert [message["view"] for message in screen.messages if message["type"] == "error"] == [0]
    assert screen.frames[-1]["view"] == 1
    assert screen.frames[-1]["final"]


def test_a_header_that_fails_is_an_error_of_its_view() -> None:
    def header() -> dict[str, Any]:
        raise InputError("The picture has no classes.")

    view = Source().view(1)
    screen = Screen()
    screen.session.request([View(view.question, view.method, view.stream, header)])
    screen.finish()
    assert [message["message"] for message in screen.messages] == ["The picture has no classes."]


def test_going_back_is_instant() -> None:
    screen, source = Screen(), Source()
    for position in (1, 2, 1):
        screen.session.request([source.view(position)])
        screen.finish()
    assert len(source.computed) == 8, "the third request must come from the cache"
    assert screen.frames[-1]["first"]
    assert screen.frames[-1]["final"]
    assert screen.position() == 1


def test_twice_the_chunks_cost_the_difference() -> None:
    screen, source = Screen(), Source()
    for chunks in (4, 8, 16):
        screen.session.request([source.view(1, chunks)])
        screen.finish()
    assert source.computed == [(1, chunk) for chunk in range(1, 17)]
    screen.session.request([source.view(1, 12)])
    screen.finish()
    assert source.computed[16:] == [(1, chunk) for chunk in range(9, 13)], "goes on from 8, the nearest below"


def test_another_question_is_not_resumed() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1, 4)])
    screen.finish()
    screen.session.request([source.view(2, 8)])
    screen.finish()
    assert len(source.computed) == 12


def test_a_cancelled_estimate_is_not_remembered() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(2))
    screen.session.request([source.view(1, 4)])
    screen.await_message(1)
    screen.session.request([source.view(2, 1)])
    source.gate.release(100)
    screen.finish()
    before = len(source.computed)
    screen.session.request([source.view(1, 4)])
    screen.finish()
    assert len(source.computed) == before + 4


def test_the_cache_is_bounded_by_bytes_and_keeps_what_was_used_last() -> None:
    source = Source(pixels=1000)
    bytes_of_one = 4000 * 5
    cache = Cache(limit=3 * bytes_of_one)
    views = [source.view(position) for position in range(4)]
    for view in views[:3]:
        *_, last = view.stream(None)
        cache.put(view, last)
    assert cache.get(views[0]) is not None
    *_, last = views[3].stream(None)
    cache.put(views[3], last)
    assert [cache.get(view) is not None for view in views] == [True, False, True, True]
    assert cache.bytes == 3 * bytes_of_one
    cache.put(views[3], last)
    assert cache.bytes == 3 * bytes_of_one
    assert [cache.get(view) is not None for view in views] == [True, False, True, True], "the same twice counts once"


def test_a_header_that_finds_a_changed_model_forgets_what_was_known() -> None:
    screen, source = Screen(), Source()
    changed = [False, True]

    def header() -> dict[str, Any]:
        if changed.pop(0):
            screen.session.forget()
        return {}

    view = source.view(1)
    for _ in range(2):
        screen.session.request([View(view.question, view.method, view.stream, header)])
        screen.finish()
    assert len(source.computed) == 8


def test_hello_brings_the_present_frames_again() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1), source.view(2)], request=4)
    screen.finish()
    before = len(screen.frames)
    screen.session.repeat()
    screen.finish()
    again = screen.frames[before:]
    assert [(frame["view"], frame["first"], frame["final"]) for frame in again] == [(0, True, True), (1, True, True)]
    assert all(frame["header"] for frame in again)
    assert all(frame["request"] is None for frame in again), "the numbers of the old page mean nothing to the new one"
    assert len(source.computed) == 8


def test_hello_brings_the_present_error_again() -> None:
    screen = Screen()
    screen.session.request([Source(fail_at=1).view(1)])
    screen.finish()
    screen.session.repeat()
    screen.finish()
    assert [message["type"] for message in screen.messages] == ["error", "error"]


def test_hello_in_the_middle_shows_the_newest_estimate_at_once() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(3))
    screen.session.request([source.view(1, chunks=6)])
    while len(source.computed) < 3:
        time.sleep(0.001)
    screen.session.repeat()
    source.gate.release(3)
    screen.finish()
    firsts = [frame["evaluations"] for frame in screen.frames if frame["first"]]
    assert firsts[0] == 1
    assert firsts[1] in (3, 4)
    assert len(source.computed) == 6


def test_a_frame_is_sent_in_the_context_of_its_request_and_later_of_the_screen() -> None:
    who = contextvars.ContextVar("who", default="nobody")
    seen: list[str] = []
    session = Session(lambda content, buffers: seen.append(who.get()))

    def as_if(name: str, function: Any, *arguments: Any) -> str:
        context = contextvars.copy_context()
        context.run(who.set, name)
        context.run(function, *arguments)
        assert session.wait(WAIT)
        return seen[-1]

    assert as_if("cell", session.request, [Source().view(1)]) == "cell"
    assert as_if("another cell", session.request, [Source().view(2)]) == "another cell"
    assert as_if("screen", session.repeat) == "screen"
    assert as_if("a third cell", session.request, [Source().view(3)]) == "screen"
    assert as_if("slider", session.request, [Source().view(4)], 1) == "slider"
    as_if("paint", session.acknowledge, 1)
    assert as_if("a fourth cell", session.request, [Source().view(5)]) == "paint"


def test_what_is_sent_is_a_copy() -> None:
    shared = np.zeros((2, 3), np.float32)

    def stream(resume: Any) -> Iterator[Guess]:
        for chunk in range(1, 4):
            shared[:] = chunk
            yield Guess(shared, chunk, 3, chunk == 3)

    screen = Screen()
    screen.session.request([View("shared", Count(), stream, dict)])
    screen.finish()
    assert np.frombuffer(screen.buffers[0][0], "<f4").tolist() == [1] * 6
    assert np.frombuffer(screen.buffers[-1][0], "<f4").tolist() == [3] * 6


def test_a_screen_that_is_gone_stops_nothing() -> None:
    calls = itertools.count()

    def send(content: dict[str, Any], buffers: list[bytes]) -> None:
        next(calls)
        raise OSError("the comm is closed")

    session = Session(send)
    session.request([Source().view(1)])
    assert session.wait(WAIT)
    assert next(calls) >= 2
    assert session.parts[0].estimate.final


def test_close_ends_the_work_and_forgets_everything() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(1))
    screen.session.request([source.view(1, chunks=100)])
    screen.await_message(1)
    screen.session.close()
    source.gate.release()
    assert screen.session.wait(WAIT)
    while not source.closed:
        time.sleep(0.001)
    sent = len(screen.messages)
    screen.session.request([source.view(2)])
    screen.session.repeat()
    screen.session.report("too late")
    assert screen.session.wait(WAIT)
    assert len(screen.messages) == sent
    assert screen.session.parts == []


def test_the_worker_leaves_when_there_is_nothing_to_do() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1)])
    screen.finish()
    end = time.monotonic() + WAIT
    while screen.session._worker is not None:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_wait_gives_up_in_time() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    assert screen.session.wait(0), "nothing was asked for yet"
    screen.session.request([source.view(1)])
    assert not screen.session.wait(0.02)
    source.gate.release(10)
    screen.finish()


def test_an_interrupt_while_waiting_leaves_the_session_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    screen.session.request([source.view(1)])

    def interrupted(timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(screen.session._changed, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            screen.session.wait()
    source.gate.release(10)
    screen.finish()
    assert screen.frames[-1]["final"]


def test_an_interrupt_while_the_worker_starts_leaves_the_session_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, source = Screen(), Source()

    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            screen.session.request([source.view(1)])
    screen.session.request([source.view(2)])
    screen.finish()
    assert screen.position() == 2


def test_two_thousand_requests_leave_nothing_behind() -> None:
    screen, source = Screen(cache_bytes=10_000), Source()
    asked: list[weakref.ref[View]] = []
    for position in range(2000):
        view = source.view(position, chunks=2)
        asked.append(weakref.ref(view))
        screen.session.request([view], request=position)
        del view
        screen.messages.clear()
        screen.buffers.clear()
        if position % 100 == 0:
            screen.finish()
    screen.finish()
    gc.collect()
    assert sum(view() is not None for view in asked) == 1, "only what is on the screen is held"
    assert screen.session._cache.bytes <= 10_000
    assert len(screen.session._unacknowledged) == 0


def test_a_session_that_is_dropped_goes() -> None:
    screen = Screen()
    screen.session.request([Source().view(1)])
    screen.finish()
    session = weakref.ref(screen.session)
    del screen
    end = time.monotonic() + WAIT
    while session() is not None and time.monotonic() < end:  # the worker's last step holds it for a moment
        gc.collect()
    assert session() is None


def test_two_threads_ask_at_once() -> None:
    screen, source = Screen(), Source(seconds=0.0005)
    threads = [
        threading.Thread(target=lambda low=low: [screen.session.request([source.view(low + n, 3)]) for n in range(200)])
        for low in (0, 1000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    screen.finish()
    generations = [frame["generation"] for frame in screen.frames]
    assert generations == sorted(generations)
    assert generations[-1] == 400
    assert screen.frames[-1]["final"]
    numbers = [message["frame"] for message in screen.messages]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_report_is_an_error_of_no_view() -> None:
    screen = Screen()
    screen.session.report("What is a 'salency'?", request=5)
    (error,) = screen.messages
    assert error == {
        "type": "error", "frame": 1, "generation": 0, "request": 5, "view": None, "message": "What is a 'salency'?"
    }  # fmt: skip


def test_numbers_and_words_fit_into_json() -> None:
    assert number(np.float32(0.5)) == 0.5
    assert number(np.array([2.0])) == 2.0
    assert number(float("inf")) is None
    assert number(float("nan")) is None
    assert len(in_words(RuntimeError("x" * 5000))) == 600
    assert in_words(InputError("Say it.")) == "Say it."
    assert in_words(RuntimeError()) == "The model raised RuntimeError: no message"


def test_what_has_time_waits_for_all_that_is_to_be_shown() -> None:
    screen, source = Screen(), Source()
    done: list[str] = []

    def task(name: str, said: dict[str, Any] | None = None) -> Callable[[], dict[str, Any] | None]:
        def perform() -> dict[str, Any] | None:
            done.append(f"{name} after {len(source.computed)}")
            return said

        return perform

    def fails() -> None:
        raise ValueError("it rains")

    screen.session.request([source.view(1, chunks=4)])
    screen.session.later([task("one"), fails, task("two", {"type": "news"})])
    screen.await_message(3)
    while screen.messages[-1]["type"] != "news":
        screen.await_message(len(screen.messages) + 1)
    assert done == ["one after 4", "two after 4"]
    assert screen.messages[-1] == {"type": "news", "generation": 1, "request": None, "frame": len(screen.messages)}


def test_a_request_goes_before_what_has_time() -> None:
    screen, source = Screen(), Source()
    order: list[str] = []

    def first() -> None:
        order.append("first")
        screen.session.request([source.view(1, chunks=2)])

    screen.session.later([first, lambda: order.append(f"second after {len(source.computed)}")])
    while len(order) < 2:
        time.sleep(0.001)
    assert order == ["first", "second after 2"]


def test_a_view_that_takes_long_to_begin_does_not_hold_up_the_others() -> None:
    screen, slow, quick = Screen(), Source(searches=5), Source()
    screen.session.request([slow.view(1, chunks=2), quick.view(2, chunks=3), quick.view(3, chunks=3)])
    screen.finish()
    firsts = [frame["view"] for frame in screen.frames if frame["first"]]
    assert firsts == [1, 2, 0]
    assert {frame["view"] for frame in screen.frames if frame["final"]} == {0, 1, 2}
    begun = [position for position, _ in quick.computed]
    assert begun[:2] == [2, 3], "first all first frames, then the rest"


def test_leading_views_come_first_and_alone_are_owed() -> None:
    screen, source = Screen(), Source()

    def overtake() -> None:
        if len(screen.messages) == 1:
            screen.session.request([source.view(position) for position in (4, 5, 6)], request=2, lead=[1])

    screen.hook = overtake
    screen.session.request([source.view(position) for position in (1, 2, 3)], request=1, lead=[1])
    screen.await_message(1)
    screen.finish()
    firsts = [(frame["request"], frame["view"]) for frame in screen.frames if frame["first"]]
    assert firsts == [(1, 1), (2, 1), (2, 0), (2, 2)]


def test_what_has_not_changed_goes_on_where_it_is() -> None:
    screen, source = Screen(), Source(seconds=0.03)  # so long that every chunk is shown

    def overtake() -> None:
        if len(screen.messages) == 4:  # both have begun, and go on
            screen.session.request([source.view(1, chunks=6), source.view(3, chunks=2)], request=2, lead=[1])

    screen.hook = overtake
    screen.session.request([source.view(1, chunks=6), source.view(2, chunks=6)], request=1)
    screen.await_message(5)
    screen.finish()
    chunks = [chunk for position, chunk in source.computed if position == 1]
    assert chunks == [1, 2, 3, 4, 5, 6], "nothing is computed twice"
    assert len([1 for position, _ in source.computed if position == 2]) < 6, "it was overtaken on its way"
    assert source.closed.count(1) == 1
    last = {frame["view"]: frame for frame in screen.frames if frame["request"] == 2}
    assert last[0]["final"]
    assert last[1]["final"]
    assert next(frame for frame in screen.frames if frame["request"] == 2 and frame["view"] == 0)["header"]


def test_what_goes_on_begins_anew_when_the_model_has_changed() -> None:
    screen, source = Screen(), Source(seconds=0.03)  # so long that every chunk is shown
    forgets: list[bool] = []

    def view(position: int, chunks: int) -> View:
        plain = source.view(position, chunks)

        def header() -> dict[str, Any]:
            if forgets:
                screen.session.forget()
                forgets.clear()
            return plain.header()

        return View(plain.question, plain.method, plain.stream, header)

    def overtake() -> None:
        if len(screen.messages) == 2:
            forgets.append(True)
            screen.session.request([view(1, 6)], request=2)

    screen.hook = overtake
    screen.session.request([view(1, 6)], request=1)
    screen.await_message(3)
    screen.finish()
    chunks = [chunk for _, chunk in source.computed]
    assert chunks[-6:] == [1, 2, 3, 4, 5, 6]
    assert len(chunks) < 12, "it was overtaken on its way"
    assert len(chunks) > 6, "what was known of the old model is forgotten"
