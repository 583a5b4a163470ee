"""What is asked beside the pictures: it waits for them, the newest question wins, and what is known costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.session.by_hand import WAIT, Guess, Screen, Source, guess
from xai_widgets.answers.estimate import Frame
from xai_widgets.session import Asked, Inspected, View


@dataclass
class Inspector:
    """Says of views how their values arise: after so many chunks, for all places or for the one that was asked."""

    chunks: int = 3
    everywhere: bool = True
    gate: threading.Semaphore | None = None
    begun: list[Sequence[int]] = field(default_factory=list)
    computed: list[int] = field(default_factory=list)
    closed: list[Sequence[int]] = field(default_factory=list)
    every_chunk: Callable[[], None] = lambda: None

    def of(self, view: View) -> View:
        def inspected(at: Sequence[int]) -> Inspected:
            def steps() -> Iterator[Guess | None]:
                self.begun.append(at)
                try:
                    for chunk in range(1, self.chunks + 1):
                        if self.gate is not None:
                            assert self.gate.acquire(timeout=WAIT)
                        self.every_chunk()
                        self.computed.append(chunk)
                        yield replace(guess(np.array(at, float), chunk, self.chunks), state=at)
                finally:
                    self.closed.append(at)

            def read(answer: Any) -> Frame | None:
                if not isinstance(answer.state, tuple) or not (self.everywhere or answer.state == at):
                    return None
                pixels = np.full((1, 2, 2, 4), at[0], np.uint8)
                return {"value": float(at[0]), "sentence": "so", "parts": []}, [pixels]

            return Inspected(steps, read)

        return replace(view, inspected=inspected)


def mechanisms(screen: Screen) -> list[dict[str, Any]]:
    return [message for message in screen.messages if message["type"] == "mechanism"]


def wait_for(screen: Screen, count: int) -> None:
    with screen.arrived:
        assert screen.arrived.wait_for(lambda: len(mechanisms(screen)) >= count, WAIT)


def test_it_waits_for_the_picture() -> None:
    screen, source, inspector = Screen(), Source(gate=threading.Semaphore(0)), Inspector()
    done_before: list[int] = []
    inspector.every_chunk = lambda: done_before.append(len(source.computed))
    screen.session.request([inspector.of(source.view(1, chunks=4))], request=1)
    screen.session.inspect(Asked(0, (5, 6), 7))
    source.gate.release(9)
    wait_for(screen, 1)
    assert done_before == [4, 4, 4]
    (said,) = mechanisms(screen)
    assert (said["at"], said["asked"], said["value"], said["view"]) == ([5, 6], 7, 5.0, 0)
    assert said["request"] is None
    assert screen.buffers[screen.messages.index(said)] == [bytes([5] * 16)]
    screen.session.close()


def test_it_waits_for_all_pictures() -> None:
    screen, source, inspector = Screen(), Source(gate=threading.Semaphore(0)), Inspector()
    done_before: list[int] = []
    inspector.every_chunk = lambda: done_before.append(len(source.computed))
    screen.session.request([inspector.of(source.view(1, chunks=1)), source.view(2, chunks=5)], request=1)
    screen.session.inspect(Asked(0, (5, 6), 7))
    for _ in range(6):
        source.gate.release()
    wait_for(screen, 1)
    assert done_before == [6, 6, 6]
    screen.session.close()


def test_what_is_known_of_one_place_answers_for_the_next() -> None:
    screen, source, inspector = Screen(), Source(), Inspector()
    screen.session.request([inspector.of(source.view(1))], request=1)
    for number, place in enumerate([(1, 1), (2, 2), (1, 1)], 1):
        screen.session.inspect(Asked(0, place, number))
        wait_for(screen, number)
    assert inspector.begun == [(1, 1)]
    assert [said["at"] for said in mechanisms(screen)] == [[1, 1], [2, 2], [1, 1]]
    screen.session.close()


def test_the_newest_place_wins_and_the_one_before_is_never_said() -> None:
    screen, source = Screen(), Source()
    inspector = Inspector(everywhere=False, gate=threading.Semaphore(0))
    screen.session.request([inspector.of(source.view(1))], request=1)
    screen.session.inspect(Asked(0, (1, 1), 1))
    inspector.gate.release(1)
    with screen.arrived:
        screen.arrived.wait_for(lambda: len(inspector.computed) == 1, 0.5)
    screen.session.inspect(Asked(0, (2, 2), 2))
    inspector.gate.release(20)
    wait_for(screen, 1)
    assert [said["asked"] for said in mechanisms(screen)] == [2]
    assert inspector.begun[-1] == (2, 2)
    screen.session.close()


def test_a_new_request_comes_first_and_lets_the_work_for_the_old_one_go() -> None:
    screen, source = Screen(), Source()
    inspector = Inspector(chunks=50, gate=threading.Semaphore(0))
    screen.session.request([inspector.of(source.view(1))], request=1)
    screen.finish()
    screen.session.inspect(Asked(0, (3, 3), 1))
    inspector.gate.release(1)
    with screen.arrived:
        screen.arrived.wait_for(lambda: len(inspector.computed) == 1, 0.5)
    screen.session.request([inspector.of(source.view(2))], request=2)
    inspector.gate.release(1)  # the chunk that it is at
    screen.finish()
    assert screen.position() == 2
    assert len(inspector.computed) <= 2
    inspector.gate.release(100)
    wait_for(screen, 1)
    assert inspector.closed[0] == (3, 3)
    assert len(inspector.begun) == 2, "what was found out of the old picture says nothing of the new one"
    assert mechanisms(screen)[0]["generation"] == screen.frames[-1]["generation"], "it is about what is on the screen"
    screen.session.close()


def test_nobody_asks_any_more() -> None:
    screen, source = Screen(), Source()
    inspector = Inspector(gate=threading.Semaphore(0))
    screen.session.request([inspector.of(source.view(1))], request=1)
    screen.session.inspect(Asked(0, (3, 3), 1))
    screen.session.inspect(None)
    inspector.gate.release(20)
    screen.finish()
    screen.session.request([inspector.of(source.view(2))], request=2)
    screen.finish()
    assert mechanisms(screen) == []
    screen.session.close()


def test_waiting_for_the_picture_does_not_wait_for_it() -> None:
    screen, source = Screen(), Source()
    inspector = Inspector(gate=threading.Semaphore(0))
    screen.session.request([inspector.of(source.view(1))], request=1)
    screen.session.inspect(Asked(0, (3, 3), 1))
    screen.finish()
    assert mechanisms(screen) == []
    inspector.gate.release(20)
    screen.session.close()


def test_why_there_is_no_answer_is_said() -> None:
    screen, source, inspector = Screen(), Source(gate=threading.Semaphore(0)), Inspector()

    def fail() -> None:
        raise ValueError("no layer is seen")

    inspector.every_chunk = fail
    source.gate.release(1)
    screen.session.request([inspector.of(source.view(1)), source.view(3, chunks=1)], request=1)
    screen.session.stop()
    source.gate.release(20)
    screen.finish()
    for number, view in enumerate([0, 1, 5, 0], 1):
        screen.session.inspect(Asked(view, (1, 1), number))
        if view != 5:  # which is not there
            wait_for(screen, len([one for one in (0, 1, 5, 0)[:number] if one != 5]))
    stopped, other, _ = mechanisms(screen)
    assert "stopped" in stopped["sentence"]
    assert (other["value"], other["parts"]) == (None, [])
    screen.session.request([inspector.of(source.view(9, chunks=1))], request=2)
    wait_for(screen, 4)
    assert "no layer is seen" in mechanisms(screen)[-1]["sentence"]
    screen.session.close()
