"""Streams: while they are iterated somebody watches, and chunks of work are short."""

from types import SimpleNamespace

import pytest

from xai_widgets.answers import stream
from xai_widgets.answers.stream import Stream
from xai_widgets.models.budget import FIRST_SECONDS, LONGEST_WATCHED_SECONDS, SECONDS, UNWATCHED_SECONDS


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    clock.perf_counter = lambda: clock.now
    monkeypatch.setattr(stream, "time", clock)
    return clock


def steps(clock, seconds):
    """Yield how long a chunk may take, in steps that take so long."""
    for one in seconds:
        clock.now += one
        yield SECONDS.get()


def test_a_chunk_may_take_as_long_as_all_before_it_within_bounds(clock):
    allowed = list(Stream(steps(clock, [0.005, 0.03, 0.045, 0.04, 0.5, 0.1])))
    assert allowed[:2] == [FIRST_SECONDS] * 2
    assert allowed[2:] == pytest.approx([0.035, 0.08, 0.12, LONGEST_WATCHED_SECONDS])
    assert SECONDS.get() == UNWATCHED_SECONDS, "between the steps whoever iterates works for themselves"


def test_who_wants_the_last_one_alone_watches_nothing(clock):
    assert Stream(steps(clock, [0.01, 0.01])).last() == UNWATCHED_SECONDS
    assert set(Stream(steps(clock, [0.01, 0.01])).steps) == {UNWATCHED_SECONDS}


def test_what_a_watched_step_asks_for_is_watched(clock):
    def asking():
        yield Stream(steps(clock, [0.01, 0.01])).last()

    assert list(Stream(asking())) == [FIRST_SECONDS]


def test_a_step_that_fails_leaves_nothing_behind():
    def failing():
        yield 1
        raise ValueError("no")

    watched = Stream(failing())
    next(watched)
    with pytest.raises(ValueError, match="no"):
        next(watched)
    assert SECONDS.get() == UNWATCHED_SECONDS


def test_a_stream_that_is_closed_closes_its_steps():
    ended = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            ended.append(True)

    watched = Stream(endless())
    next(watched)
    watched.close()
    assert ended
    Stream(iter([1])).close()
