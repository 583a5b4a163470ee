"""What is remembered, and what is gone on from."""

from __future__ import annotations

import threading
from dataclasses import replace

from tests.session.by_hand import Screen, Source
from xai_widgets.session.cache import Cache


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
    bytes_of_one = 4000
    cache = Cache(limit=3 * bytes_of_one)
    views = [source.view(position) for position in range(4)]
    for view in views[:3]:
        *_, last = view.stream(None)
        cache.put(view, None, last)
    assert cache.get(views[0], None) is not None
    *_, last = views[3].stream(None)
    cache.put(views[3], None, last)
    assert [cache.get(view, None) is not None for view in views] == [True, False, True, True]
    assert cache.bytes == 3 * bytes_of_one
    cache.put(views[3], None, last)
    assert cache.bytes == 3 * bytes_of_one
    assert [cache.get(view, None) is not None for view in views] == [True, False, True, True], (
        "the same twice counts once"
    )


def test_an_answer_of_another_version_is_none() -> None:
    screen, source = Screen(), Source()
    weights = [1]
    view = replace(source.view(1), version=lambda: tuple(weights))
    for now, computed in [(1, 4), (1, 4), (2, 8), (2, 8), (1, 8)]:
        weights[:] = [now]
        screen.session.request([view])
        screen.finish()
        assert len(source.computed) == computed
        assert screen.session.jobs[0].version == (now,)


def test_an_answer_of_another_version_is_not_gone_on_from() -> None:
    screen, source = Screen(), Source()
    for version, chunks in enumerate([4, 8]):
        screen.session.request([replace(source.view(1, chunks), version=lambda version=version: version)])
        screen.finish()
    assert len(source.computed) == 12


def test_a_version_is_asked_once_for_all_views_of_one_model() -> None:
    screen, source = Screen(), Source()
    asked: list[str] = []

    def version() -> int:
        asked.append("version")
        return 1

    screen.session.request([replace(source.view(position, chunks=1), version=version) for position in range(5)])
    screen.finish()
    assert len(asked) == 1
