"""What follows when a cell has run: it may have trained a model that is on the screen."""

from __future__ import annotations

import weakref
from typing import Any

from IPython import get_ipython

from xai_widgets.session import Session

_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


def refresh_after_cells(session: Session) -> None:
    """Have what a session shows computed anew whenever a cell has changed its model; where there are cells."""
    shell = get_ipython()
    if shell is not None:
        _sessions.add(session)
        shell.events.register("post_run_cell", _refresh)  # once, however often this is done


def _refresh(*_: Any) -> None:
    for session in list(_sessions):
        if session.watched and session.outdated:  # Here, so that no thread starts after every cell.
            session.refresh()
