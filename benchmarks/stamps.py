"""When a request comes by which place on its way from the slider to the screen; the kernel's half of it runs there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.notebook import Notebook

WAY = ("moved", "left", "received", "taken", "header", "chunk", "sent", "arrived", "painted")
"""The places, in their order; an echo has no worker, and so neither what is taken nor what is computed."""

STEPS = {
    "left": "the page holds it back",
    "received": "page to kernel",
    "taken": "until the worker takes it",
    "header": "what is said of the picture",
    "chunk": "the first pass of the network",
    "sent": "the frame is made and sent",
    "arrived": "kernel to page",
    "painted": "until it is painted",
}
"""What lies before each of them."""

Move = dict[str, float]
"""The time of each place that a request came by, in milliseconds of the day."""

passed: dict[int, Move] = {}
"""Of each request what the kernel has noted; the first time counts."""


def note(request: int | None, place: str) -> None:
    """Take note that a request comes by."""
    if request is not None:
        passed.setdefault(request, {}).setdefault(place, 1000 * time.time())


def watch_explorers() -> None:
    """Take notes of whatever explorers do from now on in this process."""
    from xai_widgets.session.run import Job
    from xai_widgets.session.scheduler import Session
    from xai_widgets.widgets.live import LiveWidget

    at: list[int | None] = [None]

    def taken(_: Any, run: Any) -> None:
        at[0] = run.request
        note(run.request, "taken")

    def sent(_: Any, said: Any, *__: Any) -> None:
        note(said[0]["request"] if said[0]["type"] == "frame" else None, "sent")

    _before(LiveWidget, "_receive", _received)
    _before(Session, "_advance", taken)
    _after(Job, "begin", lambda *_: note(at[0], "header"))
    _after(Job, "refine", lambda *_: note(at[0], "chunk"))
    _after(Session, "_emit", sent)


def watch_echoes() -> None:
    """Take notes of whatever echoes do from now on in this process."""
    from benchmarks.echo import Echo

    _before(Echo, "_answer", _received)
    _after(Echo, "_answer", lambda _, __, content, ___: note(content["request"], "sent"))


def _received(_: Any, __: Any, content: Any, ___: Any) -> None:
    note(content["request"] if content["type"] == "request" else None, "received")


def moves(notebook: Notebook, moved: list[float]) -> list[Move]:
    """Return the way of each request that was sent and painted since the page forgot, in the order of their paints.

    Parameters
    ----------
    notebook : Notebook
    moved : list of float
        The page's time of each move of the slider.
    """
    origin = notebook.page.evaluate("performance.timeOrigin")
    paints: list[float] = notebook.page.evaluate("recorded.paints.map(({time}) => time)")
    found: dict[int, Move] = {}
    for message in notebook.recorded():
        content, now = message["content"], message["time"]
        request = content.get("request")
        if content.get("type") == "request":
            found[request] = {"moved": max(time for time in moved if time <= now), "left": now}
        elif content.get("type") == "frame" and request in found and "arrived" not in found[request]:
            painted = min((paint for paint in paints if paint >= now), default=None)
            found[request] |= {"arrived": now} | ({} if painted is None else {"painted": painted})
    kernel: dict[int, Move] = notebook.value("stamps.passed")
    notebook.execute("stamps.passed.clear()")
    return [
        {place: origin + now for place, now in page.items()} | kernel[request]
        for request, page in found.items()
        if "painted" in page
    ]


def step(move: Move, place: str) -> float | None:
    """Return the milliseconds that a move took from the place before to this one; None where it did not come by."""
    before = [move[name] for name in WAY[: WAY.index(place)] if name in move]
    return max(0.0, move[place] - before[-1]) if place in move else None


def whole(move: Move) -> float:
    """Return the milliseconds from the slider to the screen."""
    return move["painted"] - move["moved"]


def _before(owner: type, name: str, noting: Callable[..., None]) -> None:
    original = getattr(owner, name)

    def noted(*arguments: Any, **named: Any) -> Any:
        noting(*arguments)
        return original(*arguments, **named)

    setattr(owner, name, noted)


def _after(owner: type, name: str, noting: Callable[..., None]) -> None:
    original = getattr(owner, name)

    def noted(*arguments: Any, **named: Any) -> Any:
        returned = original(*arguments, **named)
        noting(*arguments)
        return returned

    setattr(owner, name, noted)
