"""Who works first, and that nobody waits for ever."""

import threading
import time

from tests.session.by_hand import WAIT
from xai_widgets.session.turns import Turns


def at_work(turns, order, asked):
    """Return a thread that takes its turn."""

    def work():
        with turns.turn(asked):
            order.append(asked)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_whoever_was_asked_last_is_first():
    turns, order, threads = Turns(patience=WAIT), [], []
    end = time.monotonic() + WAIT
    with turns.turn(0):
        threads += [at_work(turns, order, asked) for asked in (2, 5, 1, 4, 3)]
        while len(turns._waiting) < len(threads):
            assert time.monotonic() < end
            time.sleep(0.001)
    for thread in threads:
        thread.join(WAIT)
    assert order == [5, 4, 3, 2, 1]


def test_one_works_at_a_time():
    turns, busy, most = Turns(patience=WAIT), [], []

    def work(asked):
        for _ in range(200):
            with turns.turn(asked):
                busy.append(asked)
                most.append(len(busy))
                busy.remove(asked)

    threads = [threading.Thread(target=work, args=[asked]) for asked in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(most) == 800
    assert set(most) == {1}


def test_a_turn_that_never_ends_is_not_waited_for():
    turns, order = Turns(patience=0.01), []
    with turns.turn(9):
        at_work(turns, order, 1).join(WAIT)
    assert order == [1]


def test_an_interrupt_while_waiting_leaves_no_place_taken(monkeypatch):
    turns, order = Turns(patience=WAIT), []

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(turns._changed, "wait_for", interrupted)
        try:
            with turns.turn(9):
                order.append(9)
        except KeyboardInterrupt:
            order.append("interrupted")
    at_work(turns, order, 1).join(WAIT)
    assert order == ["interrupted", 1]
