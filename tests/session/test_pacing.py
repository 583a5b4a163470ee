"""How fast a screen is told things."""

from __future__ import annotations

import time

import pytest

from tests.session.by_hand import WAIT, Screen, Source
from tests.session.conftest import Clock


@pytest.mark.slow
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


def test_a_screen_that_does_not_acknowledge_gets_two_frames_then_the_final_one(clock: Clock) -> None:
    screen, source = Screen("never", clock=clock), Source(every_chunk=lambda: clock.go_on(0.02))
    screen.session.request([source.view(1, chunks=8)])
    screen.finish()
    assert [frame["evaluations"] for frame in screen.frames] == [1, 2, 8]


def test_a_late_acknowledgement_lets_refinements_through_again(clock: Clock) -> None:
    screen = Screen("never", clock=clock)
    acknowledged = iter([False, False, False, False, True, False, False, False])

    def every_chunk() -> None:
        clock.go_on(0.02)
        if next(acknowledged):
            screen.session.acknowledge(2)

    screen.session.request([Source(every_chunk=every_chunk).view(1, chunks=8)])
    screen.finish()
    assert [frame["evaluations"] for frame in screen.frames] == [1, 2, 5, 6, 8]


def test_a_generation_waits_for_a_screen_that_answers_but_not_for_ever(clock: Clock) -> None:
    screen, source = Screen("never", patience=0.1, clock=clock), Source()
    screen.session.repeat()
    screen.session.request([source.view(1, chunks=2)])  # its first and its final frame fill the window
    screen.await_message(2)
    screen.session.request([source.view(2, chunks=1)])
    with screen.arrived:
        assert not screen.arrived.wait(0.3), "two frames are on their way; the third has to wait"
    clock.go_on(0.1)
    screen.await_message(3)
    assert screen.position() == 2


def test_while_a_slider_moves_refining_waits_until_the_screen_has_painted(clock: Clock) -> None:
    screen, source = Screen("never", clock=clock), Source()
    session = screen.session
    session.acknowledge(0)  # a screen that answers
    session.request([source.view(1)], request=1)
    screen.finish()
    session.acknowledge(100)
    source.computed.clear()
    before = len(screen.messages)
    session.request([source.view(2)], request=2)
    screen.await_message(before + 1)
    screen.await_hold()
    assert source.computed == [(2, 1)]  # the first frame, and nothing more
    session.acknowledge(100)
    screen.finish()
    assert source.computed == [(2, chunk) for chunk in (1, 2, 3, 4)]


def test_a_network_that_takes_its_time_is_no_reason_not_to_wait_for_the_screen(clock: Clock) -> None:
    screen, source = Screen("never", clock=clock), Source(every_chunk=lambda: clock.go_on(0.25))
    session = screen.session
    session.acknowledge(0)
    session.request([source.view(1)], request=1)
    screen.finish()
    session.acknowledge(100)
    clock.go_on(-0.9)  # the hand moves on
    before = len(screen.messages)
    session.request([source.view(2)], request=2)
    screen.await_message(before + 1)
    screen.await_hold()
    assert [chunk for position, chunk in source.computed if position == 2] == [1]
    session.acknowledge(100)
    screen.finish()
    assert [chunk for position, chunk in source.computed if position == 2] == [1, 2, 3, 4]


def test_the_wait_for_a_screen_in_a_drag_has_an_end(clock: Clock) -> None:
    screen, source = Screen("never", clock=clock), Source()
    session = screen.session
    session.acknowledge(0)
    session.request([source.view(1)], request=1)
    screen.finish()
    session.acknowledge(100)
    before = len(screen.messages)
    session.request([source.view(2)], request=2)
    screen.await_message(before + 1)
    clock.go_on(0.2)
    session.acknowledge(0)  # says nothing new, and wakes the worker
    screen.finish()
    assert (2, 4) in source.computed


def test_a_screen_that_went_silent_is_not_waited_for_again(clock: Clock) -> None:
    screen, source = Screen("never", patience=1.0, clock=clock), Source()
    screen.session.repeat()
    screen.session.request([source.view(1, chunks=2)])
    screen.await_message(2)
    clock.go_on(1.1)
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


def test_a_screen_hears_of_a_search_before_its_first_frame(clock: Clock) -> None:
    screen, source = Screen(clock=clock), Source(searches=5)
    generation = screen.session.request([source.view(1, chunks=1)], request=7)
    screen.finish()
    assert [message["type"] for message in screen.messages] == ["working", "frame"]
    assert {key: screen.messages[0][key] for key in ("generation", "request", "view", "frame")} == {
        "generation": generation,
        "request": 7,
        "view": 0,
        "frame": 1,
    }
    source.every_chunk = lambda: clock.go_on(0.5)
    screen.session.request([source.view(2, chunks=1)])
    screen.finish()
    assert [message["type"] for message in screen.messages[2:]] == ["working"] * 5 + ["frame"]
