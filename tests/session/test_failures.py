"""Whatever goes wrong with a view is an error on the screen, and the end of that view alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.session.by_hand import WAIT, Count, Screen, Source, guess
from xai_widgets.errors import InputError
from xai_widgets.session import Session, View


def slip(*_: Any) -> Any:
    raise ZeroDivisionError("a slip")


class SlippingMethod(Count):
    """A method that cannot say what it is."""

    key = property(slip)


class SlippingResume(Count):
    """A method that cannot say what it goes on from."""

    extends = slip


class Heavy:
    """An answer that cannot say what it weighs."""

    evaluations, planned, change, final, state = 1, 1, 0.0, True, None
    values = np.zeros((2, 3), np.float32)
    nbytes = property(slip)


class WordlessError(Exception):
    """An error that has no words."""

    __str__ = slip


def raising(error: BaseException) -> Callable[..., Any]:
    def throw(*_: Any) -> Any:
        raise error

    return throw


def ends_with(last: Any) -> Callable[[Any], Iterator[Any]]:
    """Return a stream whose last step is another one."""

    def stream(resume: Any) -> Iterator[Any]:
        yield guess(np.zeros((2, 3), np.float32), 1, 2)
        yield last() if callable(last) else last

    return stream


def holds_on(resume: Any) -> Iterator[Any]:
    try:
        yield guess(np.zeros((2, 3), np.float32), 1, 1)
    finally:
        slip()


PLACES: dict[str, dict[str, Any]] = {
    "the beginning of the stream": {"stream": slip},
    "the end of the stream": {"stream": ends_with(slip)},
    "closing the stream": {"stream": holds_on},
    "a stream of nothing": {"stream": lambda resume: iter(())},
    "a stream of something else": {"stream": lambda resume: iter([3])},
    "the header": {"header": slip},
    "a header that is none": {"header": lambda: {"classes": {1, 2}}},
    "the frame": {"frame": slip},
    "a frame that is none": {"frame": lambda answer, answers: answer},
    "what the frame says": {"frame": lambda answer, answers: ({"method": object()}, [])},
    "the arrays of the frame": {"frame": lambda answer, answers: ({}, ["a map"])},
    "the numbers of the frame": {"frame": lambda answer, answers: ({}, [np.array([1.0, np.nan])])},
    "the version": {"version": slip},
    "a version that is none": {"version": list},
    "the question": {"question": []},
    "the key of the method": {"method": SlippingMethod()},
    "what the method extends": {"method": SlippingResume()},
    "the size of the answer": {"stream": lambda resume: iter([Heavy()])},
    "an error without words": {"header": raising(WordlessError())},
    "an interrupt": {"frame": raising(KeyboardInterrupt())},
    "an exit": {"version": raising(SystemExit(3))},
    "a lack of memory": {"frame": raising(MemoryError())},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_slip_anywhere_is_an_error_of_its_view(place: str) -> None:
    screen, source = Screen(), Source()
    screen.session.request([source.view(0)])  # something to go on from
    screen.finish()
    before = len(screen.messages)
    screen.session.request([replace(source.view(0, chunks=8), **PLACES[place]), source.view(2)], request=7)
    screen.finish()
    errors = [message for message in screen.messages[before:] if message["type"] == "error"]
    assert [(error["view"], error["request"], error["generation"]) for error in errors] == [(0, 7, 2)]
    assert len(errors[0]["message"]) > 10
    wrong, right = screen.session.jobs
    assert wrong.error is not None
    assert right.error is None
    assert right.answer.final
    assert screen.frames[-1]["view"] == 1, "the other view goes on"
    screen.session.repeat()
    screen.finish()
    assert [message["type"] for message in screen.messages[-2:]] == ["error", "frame"]
    screen.session.request([source.view(3)])
    screen.finish()
    assert screen.position() == 3, "and so does the worker"


def test_what_could_not_be_shown_is_not_kept_to_be_drawn() -> None:
    screen = Screen()
    screen.session.request([replace(Source().view(1), frame=slip)])
    screen.finish()
    assert screen.session.jobs[0].answer is None


def test_a_frame_that_the_line_refuses_is_an_error_of_its_view() -> None:
    sent: list[dict[str, Any]] = []

    def send(content: dict[str, Any], buffers: list[bytes]) -> None:
        if content["type"] == "frame" and content["view"] == 0:
            raise ValueError("This is too large for the line.")
        sent.append(content)

    session = Session(send)
    session.request([Source().view(1), Source().view(2)])
    assert session.wait(WAIT)
    (error,) = [message for message in sent if message["type"] == "error"]
    assert error["message"].startswith("ValueError: This is too large for the line. (test_failures.py, line ")
    assert isinstance(session.jobs[0].error, ValueError)
    assert session.jobs[1].answer.final


def test_numbers_that_cannot_be_drawn_are_told() -> None:
    def view(values: Any) -> View:
        return replace(Source().view(1, 1), frame=lambda answer, answers: ({}, [np.asarray(values)]))

    screen = Screen()
    for values in ([0.0, np.inf, np.nan], [1e300, 0.0, -1e300]):
        screen.session.request([view(values)])
        screen.finish()
        assert screen.messages[-1]["message"].startswith("2 of ")
    screen.session.request([view([1e30, -1e30, 1e-300])])
    screen.finish()
    assert np.frombuffer(screen.buffers[-1][0], "<f4").tolist() == np.float32([1e30, -1e30, 0]).tolist()


def test_an_error_becomes_a_message_and_the_next_request_works() -> None:
    screen, source = Screen(), Source(fail_at=2)
    screen.session.request([source.view(1, chunks=4)], request=8)
    screen.finish()
    error = screen.messages[-1]
    assert (error["type"], error["view"], error["request"]) == ("error", 0, 8)
    assert error["message"].startswith("ValueError: the layer broke (by_hand.py, line ")
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

    screen = Screen()
    screen.session.request([replace(Source().view(1), header=header)])
    screen.finish()
    assert [message["message"] for message in screen.messages] == ["The picture has no classes."]


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
