"""The thread on which a session works: there while there is work, and gone before the program is."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import weakref
from typing import Protocol

NAME = "xai_widgets"


class Working(Protocol):
    """Something that works step by step."""

    def step(self) -> bool:
        """Do what is next, and return whether there was something."""


def start(owner: Working) -> threading.Thread:
    """Return a thread that lets `owner` work as long as it finds something to do, and is not dropped meanwhile.

    It is no daemon: Python waits for it before it takes the frameworks away. One that came back into Python from a long
    pass after that would abort the whole process.
    """
    thread = threading.Thread(target=_work, args=(weakref.ref(owner),), name=NAME, daemon=False)
    thread.start()
    return thread


def program_ends() -> bool:
    """Whether the program has come to its end, and waits for its threads."""
    return not threading.main_thread().is_alive()


def _work(owner: weakref.ref[Working]) -> None:
    while not program_ends():
        present = owner()
        if present is None or not present.step():
            return
        del present  # If nobody else holds it, that is the end of it.


@atexit.register
def _leave() -> None:
    """Leave at once where an interrupt broke off the wait for a pass, without another step into the framework."""
    if any(thread.name == NAME for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(130)
