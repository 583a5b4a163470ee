"""What is remembered, and what is gone on from."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

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
        cache.put(view, last)
    assert cache.get(views[0]) is not None
    *_, last = views[3].stream(None)
    cache.put(views[3], last)
    assert [cache.get(view) is not None for view in views] == [True, False, True, True]
    assert cache.bytes == 3 * bytes_of_one
    cache.put(views[3], last)
    assert cache.bytes == 3 * bytes_of_one
    assert [cache.get(view) is not None for view in views] == [True, False, True, True], "the same twice counts once"


def test_what_was_shown_before_a_changed_model_was_found_is_shown_anew() -> None:
    screen, source = Screen(), Source()
    changed = [False, True, False, False]

    def header() -> dict[str, Any]:
        if changed.pop(0):
            screen.session.forget()
        return {}

    views = [replace(source.view(position, 1), header=header) for position in (1, 2)]
    screen.session.request(views)
    screen.finish()
    assert [position for position, _ in source.computed] == [1, 2, 1]
    assert [frame["view"] for frame in screen.frames if frame["final"]] == [0, 1, 0]
    assert changed == [False], "who is shown anew says anew what it is"


def test_a_header_that_finds_a_changed_model_forgets_what_was_known() -> None:
    screen, source = Screen(), Source()
    changed = [False, True]

    def header() -> dict[str, Any]:
        if changed.pop(0):
            screen.session.forget()
        return {}

    view = source.view(1)
    for _ in range(2):
        screen.session.request([replace(view, header=header)])
        screen.finish()
    assert len(source.computed) == 8
