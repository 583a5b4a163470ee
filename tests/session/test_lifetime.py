"""When there is a worker, what it is there for, and what is left behind."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from tests.session.by_hand import WAIT, Screen, Source
from tests.session.conftest import Clock
from xai_widgets.session import Session, View


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


def worker_leaves(session: Session) -> None:
    """Wait until there is no worker."""
    end = time.monotonic() + WAIT
    while session._worker is not None:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_the_worker_leaves_when_there_is_nothing_to_do() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1)])
    screen.finish()
    worker_leaves(screen.session)


@pytest.mark.slow
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


def test_nothing_gets_better_for_nobody() -> None:
    screen, source = Screen("never"), Source()
    screen.session.request([source.view(1), source.view(2)])
    worker_leaves(screen.session)
    assert source.computed == [(1, 1), (2, 1)], "the first answer of each view, and no more"
    assert source.closed == []
    assert not screen.session.wait(0)
    screen.session.expect()
    worker_leaves(screen.session)
    assert sorted(source.computed) == [(place, chunk) for place in (1, 2) for chunk in (1, 2, 3, 4)]
    assert screen.session.wait(0)


@pytest.mark.parametrize("says", ["repeat", "request", "expect"])
def test_where_a_screen_is_answers_get_better(says: str) -> None:
    screen, source = Screen("never"), Source()
    views = [source.view(1)]
    screen.session.request(views)
    worker_leaves(screen.session)
    assert source.computed == [(1, 1)]
    screen.session.acknowledge(1)  # may be under way still when the screen is gone
    worker_leaves(screen.session)
    assert source.computed == [(1, 1)]
    {
        "repeat": screen.session.repeat,
        "request": lambda: screen.session.request(views, request=1),
        "expect": screen.session.expect,
    }[says]()
    worker_leaves(screen.session)
    assert source.computed == [(1, chunk) for chunk in (1, 2, 3, 4)]


def test_there_is_a_screen_until_the_last_has_left() -> None:
    session = Screen("never").session
    assert not session.watched
    session.expect()
    assert session.watched
    session.repeat()  # the one that was expected
    session.repeat()
    session.leave()
    assert session.watched
    session.leave()
    assert not session.watched
    session.leave()
    session.repeat()
    assert session.watched


def test_who_waits_gets_the_end_and_what_a_screen_left_stays_where_it_is() -> None:
    screen, source = Screen("never"), Source(gate=threading.Semaphore(2))
    done: list[str] = []
    screen.session.repeat()
    screen.session.request([source.view(1)], request=1)
    screen.await_message(1)
    screen.session.later([lambda: done.append("offered")])
    screen.session.leave()
    source.gate.release()
    worker_leaves(screen.session)
    known = len(source.computed)
    assert known in (2, 3)
    assert source.closed == []
    source.gate.release(10)
    assert screen.session.wait(WAIT)
    assert source.computed == [(1, chunk) for chunk in (1, 2, 3, 4)]
    assert done == []


def test_what_nobody_waits_for_any_more_ends_when_it_is_closed() -> None:
    screen, source = Screen("never"), Source()
    screen.session.request([source.view(1)])
    worker_leaves(screen.session)
    assert source.closed == []
    screen.session.close()
    assert source.closed == [1]


def test_a_session_that_is_dropped_ends_its_work() -> None:
    in_chunk, go_on = threading.Event(), threading.Event()

    def every_chunk() -> None:
        in_chunk.set()
        assert go_on.wait(WAIT)

    source = Source(every_chunk=every_chunk)
    session = Session(lambda content, buffers: None)
    session.expect()
    session.request([source.view(1, chunks=100)])
    assert in_chunk.wait(WAIT)
    gone = weakref.ref(session)
    del session
    assert gone() is not None, "the chunk is brought to its end"
    go_on.set()
    end = time.monotonic() + WAIT
    while gone() is not None and time.monotonic() < end:
        time.sleep(0.001)
    assert gone() is None
    assert source.computed == [(1, 1)]


@pytest.mark.slow
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


def test_twenty_thousand_openings_leave_as_many_tasks_as_one() -> None:
    screen, source = Screen(), Source(gate=threading.Semaphore(0))
    done: list[int] = []
    screen.session.request([source.view(1)])
    for _ in range(20_000):
        screen.session.repeat()
        screen.session.later([lambda number=number: done.append(number) for number in range(5)])
    assert len(screen.session._tasks) == 5
    source.gate.release(4)
    screen.finish()
    worker_leaves(screen.session)
    assert done == [0, 1, 2, 3, 4]


def test_only_frames_wait_for_their_acknowledgement() -> None:
    screen = Screen("never")
    screen.session.repeat()
    for _ in range(1000):
        screen.session.report("What is that?")
    assert len(screen.session._pacing._unacknowledged) == 0


def test_frames_that_nobody_acknowledges_are_given_up(clock: Clock) -> None:
    screen, source = Screen("never", clock=clock), Source(every_chunk=lambda: clock.go_on(0.4))
    for position in range(100):
        screen.session.request([source.view(position)], request=position)
        screen.finish()
    assert len(screen.session._pacing._unacknowledged) <= 3
