"""What follows when a cell has run: it may have trained a model that is on the screen, or set what is asked."""

from __future__ import annotations

import weakref
from typing import Any, Protocol

from IPython import get_ipython

from xai_widgets.session import Session


class Displayed(Protocol):
    """What was displayed before a browser listened."""

    def leave_word(self) -> None:
        """Leave in the state what a page is to show that finds no kernel."""


_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
_displayed: weakref.WeakSet[Displayed] = weakref.WeakSet()


def refresh_after_cells(session: Session) -> None:
    """Have what a session shows computed anew whenever a cell has changed its model; where there are cells."""
    if _after_cells():
        _sessions.add(session)


def leave_word_after_cells(widget: Displayed) -> None:
    """Have a widget leave word after each cell; where there are cells."""
    if _after_cells():
        _displayed.add(widget)


def leave_no_word(widget: Displayed) -> None:
    """End that."""
    _displayed.discard(widget)


def _after_cells() -> bool:
    shell = get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", _follow)  # once, however often this is done
    return shell is not None


def _follow(*_: Any) -> None:
    for session in list(_sessions):
        if session.watched and session.outdated:  # Here, so that no thread starts after every cell.
            session.refresh()
    for widget in list(_displayed):
        widget.leave_word()
