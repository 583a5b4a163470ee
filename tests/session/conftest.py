"""A clock that passes when a test says so, and the look that no worker is left behind."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.session.by_hand import WAIT


class Clock:
    """The time of a session's pacing."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    end = time.monotonic() + WAIT
    while any(thread.name == "xai_widgets" for thread in threading.enumerate()):
        assert time.monotonic() < end, "a worker is still there"
        time.sleep(0.005)
