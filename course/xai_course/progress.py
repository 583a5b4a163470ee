"""A progress bar that leaves one line behind, the same at every run, so that executed notebooks can be compared.

The bar is HTML. The plain text beside it, which no notebook shows, is that line from the beginning: a program that
executes notebooks need not follow the bar.
"""

from __future__ import annotations

import html
import sys
import time
from types import TracebackType
from typing import Any

PAUSE = 0.2
"""Seconds between two updates: a bar that moves more often costs more than it tells."""


class Progress:
    """Shows how far a loop has come: a bar in a notebook, a line in a terminal, nothing elsewhere.

    Parameters
    ----------
    label : str
        What is being done, such as "Training".
    total : int
        How many units of work there are.
    finished : str
        The line that stays when all is done.
    """

    def __init__(self, label: str, total: int, finished: str) -> None:
        self.label, self.total, self.finished = label, total, finished
        self._shown = 0.0
        self._handle: Any = None

    def __enter__(self) -> Progress:
        ipython = sys.modules.get("IPython")
        if ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None:
            from IPython.display import display

            self._handle = display(self._bundle(0), raw=True, display_id=True)
        return self

    def update(self, done: int) -> None:
        """Show that `done` of the `total` units are done."""
        if time.monotonic() - self._shown < PAUSE:
            return
        self._shown = time.monotonic()
        if self._handle is not None:
            self._handle.update(self._bundle(done), raw=True)
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r{self._line(done)}")
            sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        line = self.finished if error is None else f"{self.label} was stopped."
        if self._handle is not None:
            self._handle.update({"text/plain": self.finished, "text/html": html.escape(line)}, raw=True)
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r{line}\033[K\n")

    def _line(self, done: int) -> str:
        return f"{self.label}: {done / self.total:.0%}"

    def _bundle(self, done: int) -> dict[str, str]:
        label = html.escape(self._line(done))
        bar = f'<label>{label} <progress value="{done}" max="{self.total}"></progress></label>'
        return {"text/plain": self.finished, "text/html": bar}
