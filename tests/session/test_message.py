"""What a screen is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.session.by_hand import Count, Guess, Screen, Source, frame_of, guess
from xai_widgets.session import View
from xai_widgets.session.message import as_json


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
        "evaluations": 1,
        "planned": 1,
        "change": None,
        "header": {"position": 7},
        "led": True,
        "news": None,
        "shape": [2, 3],
        "known": [1],
    }
    assert np.frombuffer(screen.buffers[0][0], "<f4").tolist() == [1, 7, 7, 7, 7, 7]


def test_the_header_comes_with_the_first_frame_only() -> None:
    screen = Screen()
    screen.session.request([Source(seconds=0.02).view(1, chunks=4)])
    screen.finish()
    assert [frame["header"] is not None for frame in screen.frames] == [frame["first"] for frame in screen.frames]
    assert [frame["first"] for frame in screen.frames] == [True, False, False, False]
    assert [frame["final"] for frame in screen.frames] == [False, False, False, True]


def test_of_another_request_the_header_brings_what_is_new_and_all_to_a_page_that_opens() -> None:
    screen = Screen()
    told = iter([{"code": "a", "title": "t"}, {"code": "b", "title": "t"}, {"code": "b", "title": "t"}])

    def ask(position: int) -> None:
        header = next(told)
        screen.session.request([replace(Source().view(position, chunks=1), header=lambda: header)])
        screen.finish()

    ask(1)
    ask(2)
    ask(3)
    screen.session.repeat()
    screen.finish()
    assert [(frame["header"], frame["news"]) for frame in screen.messages] == [
        ({"code": "a", "title": "t"}, None),
        (None, {"code": "b"}),
        (None, {}),
        ({"code": "b", "title": "t"}, None),
    ]


def test_a_page_that_opens_is_told_all_of_a_header_whose_news_are_on_their_way_to_another() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(1, chunks=1)])
    screen.finish()
    opens = iter([True])
    source.every_chunk = lambda: screen.session.repeat() if next(opens, False) else None
    screen.session.request([source.view(2, chunks=1)])
    screen.finish()
    told = [(frame["header"], frame["news"]) for frame in screen.messages]
    assert told == [({"position": 1}, None), (None, {"position": 2}), ({"position": 2}, None)]


def test_a_frame_says_whether_all_that_come_first_are_shown() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(place, chunks=1) for place in range(4)], lead=[1, 2])
    screen.finish()
    assert [(frame["view"], frame["led"]) for frame in screen.frames] == [(1, False), (2, True), (0, True), (3, True)]


def test_word_of_a_search_tells_no_header() -> None:
    screen, source = Screen(), Source(searches=3)
    screen.session.request([source.view(1, chunks=1)])
    screen.finish()
    assert [message["type"] for message in screen.messages] == ["working", "frame"]
    assert screen.messages[-1]["header"] == {"position": 1}


def test_a_frame_that_was_not_sent_has_told_nothing() -> None:
    screen, source = Screen(), Source()

    def refuse() -> None:
        raise OSError("the line is down")

    screen.hook = refuse
    screen.session.request([source.view(1, chunks=1)])
    screen.finish()
    screen.hook = lambda: None
    screen.session.request([source.view(2, chunks=1)])
    screen.finish()
    assert screen.messages[-1]["header"] == {"position": 2}


def test_what_is_sent_is_a_copy() -> None:
    shared = np.zeros((2, 3), np.float32)

    def stream(resume: Any) -> Iterator[Guess]:
        for chunk in range(1, 4):
            shared[:] = chunk
            yield guess(shared, chunk, 3)

    screen = Screen()
    screen.session.request([View("shared", Count(), stream, dict, frame_of)])
    screen.finish()
    assert np.frombuffer(screen.buffers[0][0], "<f4").tolist() == [1] * 6
    assert np.frombuffer(screen.buffers[-1][0], "<f4").tolist() == [3] * 6


def test_a_report_is_an_error_of_no_view() -> None:
    screen = Screen()
    screen.session.report("What is a 'salency'?", request=5)
    (error,) = screen.messages
    assert error == {
        "type": "error", "frame": 1, "generation": 0, "request": 5, "view": None, "message": "What is a 'salency'?"
    }  # fmt: skip


def test_a_frame_knows_the_newest_answers_of_all_views() -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(4, chunks=2), source.view(5, chunks=2)])
    screen.finish()
    told = [frame["known"] for frame in screen.messages]
    assert told[0] == [1, None], "there is only one answer yet"
    assert told[-1] == [2, 2]


def test_numbers_fit_into_json() -> None:
    numbers = [np.float32(0.5), np.int64(3), True, float("inf"), -np.inf, np.float64("nan"), None, "1"]
    assert as_json(numbers) == [0.5, 3, True, None, None, None, None, "1"]
    assert as_json({"shape": (2, 3), 5: np.array([[1.0, np.nan]])}) == {"shape": [2, 3], "5": [[1.0, None]]}
    with pytest.raises(TypeError, match="set"):
        as_json({"classes": {1, 2}})
