"""The session against streams made by hand: what is sent, in which order, and what is left behind."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.session.by_hand import WAIT, Screen, Source
from tests.session.conftest import Clock
from xai_widgets.models.budget import FIRST_SECONDS, LONGEST_WATCHED_SECONDS, SECONDS
from xai_widgets.session import Session, View
from xai_widgets.session.pacing import Pacing


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


@pytest.mark.parametrize("opened", [True, False])
def test_chunks_are_short_while_there_is_a_screen(opened: bool) -> None:
    allowed: list[float] = []
    screen = Screen("at once" if opened else "never")
    source = Source(every_chunk=lambda: allowed.append(SECONDS.get()))
    source.gate = threading.Semaphore(0)
    screen.session.request([source.view(1, chunks=3)])
    source.gate.release(1)
    screen.await_message(1)
    threading.Timer(0.2, source.gate.release, [5]).start()
    screen.finish()
    assert len(allowed) == 3
    assert allowed[0] == FIRST_SECONDS, "before anything is shown nobody can want the end alone"
    watched = [seconds <= LONGEST_WATCHED_SECONDS for seconds in allowed[1:]]
    assert watched == ([True] * 2 if opened else [False] * 2)


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
    session = Session(lambda content, buffers: seen.append(who.get()), pacing=Pacing(patience=0.01))

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


def test_wait_gives_up_in_time() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    assert screen.session.wait(0), "nothing was asked for yet"
    screen.session.request([source.view(1)])
    assert not screen.session.wait(0.02)
    source.gate.release(10)
    screen.finish()


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


def test_what_has_not_changed_goes_on_where_it_is(clock: Clock) -> None:
    screen, source = Screen(clock=clock), Source(every_chunk=lambda: clock.go_on(0.02))  # so that every chunk is shown

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


def test_what_goes_on_begins_anew_when_the_model_has_changed(clock: Clock) -> None:
    screen, source = Screen(clock=clock), Source(every_chunk=lambda: clock.go_on(0.02))  # so that every chunk is shown
    weights = [1]

    def view() -> View:
        return replace(source.view(1, 6), version=lambda: tuple(weights))

    def overtake() -> None:
        if len(screen.messages) == 2:
            weights[:] = [2]
            screen.session.request([view()], request=2)

    screen.hook = overtake
    screen.session.request([view()], request=1)
    screen.await_message(3)
    screen.finish()
    chunks = [chunk for _, chunk in source.computed]
    assert chunks == [1, 2, 1, 2, 3, 4, 5, 6], "what was known of the old model is forgotten"
    assert source.closed == [1, 1]


def test_what_is_shown_again_begins_anew_when_the_model_has_changed() -> None:
    screen, source = Screen(), Source()
    weights, said = [1], []

    def header() -> dict[str, Any]:
        said.append(tuple(weights))
        return {"weights": weights[0]}

    screen.session.request([replace(source.view(1), version=lambda: tuple(weights), header=header)])
    screen.finish()
    screen.session.repeat()
    screen.finish()
    assert len(source.computed) == 4
    weights[:] = [2]
    screen.session.repeat()
    screen.finish()
    assert len(source.computed) == 8
    assert said == [(1,), (1,), (2,)]
    assert [frame["header"]["weights"] for frame in screen.frames if frame["first"]] == [1, 1, 2]


@pytest.mark.parametrize("searches", [0, 3])
def test_what_changed_on_the_way_is_begun_anew_once(searches: int) -> None:
    weights = [0]

    def train() -> None:
        weights[0] += 1

    screen, source = Screen(), Source(searches=searches, every_chunk=train)
    view = replace(source.view(1, 2), version=lambda: tuple(weights), header=lambda: {"weights": weights[0]})
    screen.session.request([view])
    screen.finish()
    assert [chunk for _, chunk in source.computed if chunk > 0] == [1, 2, 1, 2]
    assert [frame["final"] for frame in screen.frames].count(True) == 1
    assert [frame["header"]["weights"] for frame in screen.frames if frame["first"]] == [0, 2 + searches]
    assert screen.session.outdated
    source.every_chunk = lambda: None
    screen.session.refresh()
    screen.finish()
    assert not screen.session.outdated


def test_to_refresh_asks_again_for_what_another_model_answered_and_for_nothing_else() -> None:
    screen, source = Screen(), Source()
    weights = {"one": 1, "other": 1}
    views = [replace(source.view(place), version=partial(weights.get, name)) for place, name in enumerate(weights)]
    assert screen.session.refresh() is None, "nothing was asked for yet"
    screen.session.request(views, request=1)
    screen.finish()
    before = len(screen.messages)
    screen.session.refresh()
    screen.finish()
    assert len(screen.messages) == before
    weights["other"] = 2
    screen.session.refresh()
    screen.finish()
    assert [place for place, _ in source.computed].count(0) == 4
    assert [place for place, _ in source.computed].count(1) == 8
    assert screen.frames[-1]["request"] is None


def test_to_refresh_asks_again_for_what_failed_with_another_model() -> None:
    screen, source = Screen(), Source(fail_at=1)
    weights = [1]
    screen.session.request([replace(source.view(1), version=lambda: tuple(weights))])
    screen.finish()
    weights[:], source.fail_at = [2], None
    screen.session.refresh()
    screen.finish()
    assert screen.frames[-1]["final"]
    assert screen.session.jobs[0].error is None
