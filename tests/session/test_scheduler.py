"""The session against streams made by hand: what is sent, in which order, and what is left behind."""

from __future__ import annotations

import contextvars
import gc
import itertools
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.session.by_hand import WAIT, Screen, Source
from xai_widgets.errors import InputError
from xai_widgets.session import Session, View


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


def test_several_views_refine_together() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1, chunks=5), source.view(2, chunks=5)])
    screen.finish()
    first = [position for position, _ in source.computed]
    leads = [first[:end].count(1) - first[:end].count(2) for end in range(1, 11)]
    assert max(map(abs, leads)) <= 1
    assert {frame["view"] for frame in screen.frames if frame["final"]} == {0, 1}
    assert [frame["view"] for frame in screen.frames if frame["first"]] == [0, 1]


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
    assert isinstance(screen.session.jobs[0].error, ValueError)
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
    screen.session.request([replace(view, header=header)])
    screen.finish()
    assert [message["message"] for message in screen.messages] == ["The picture has no classes."]


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


def test_a_screen_that_is_gone_stops_nothing() -> None:
    calls = itertools.count()

    def send(content: dict[str, Any], buffers: list[bytes]) -> None:
        next(calls)
        raise OSError("the comm is closed")

    session = Session(send)
    session.request([Source().view(1)])
    assert session.wait(WAIT)
    assert next(calls) >= 2
    assert session.jobs[0].answer.final


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
    assert screen.session.jobs == []


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
    assert len(screen.session._pacing._unacknowledged) == 0


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

        return replace(plain, header=header)

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
