"""From the slider to the screen, in a real JupyterLab in Chromium, beside the least that a notebook allows."""

from __future__ import annotations

import numpy as np

from benchmarks.notebook import Notebook
from benchmarks.report import Row, Table
from benchmarks.scenes import NOISE, SCENES, SETUP, Moved, Scene, notebook, watched
from benchmarks.size import Size
from benchmarks.stamps import Move, whole

LIVE = """\
The small face CNN in PyTorch, or ViT-Tiny, at 64 x 64, in JupyterLab in headless Chromium with a kernel of its own;
browser, server and kernel share the machine. Theirs is a null echo on the same page: a slider that asks the kernel, one
question at a time, which answers at once with 16 KB that are painted. Both take turns. A slider is moved by input
events on the element itself; a paint is the moment at which the canvas has its pixels, the first of several models'
counts. Jumps start at rest and go to positions that are not remembered; a drag goes up and down its slider without a
halt, which for the steps is 19 moves; of paints those count that show another position. The network's own pass is part
of ours and not of the echo's; [LATENCY.md](LATENCY.md) says how much it is. A randomiser resets the flowers' network;
its maps of all depths are known but for the first move. A judge erases their pictures, paints by itself, and asks the
kernel for the values alone: for one that is not known, while its curves fill in. Cancelling is measured in the kernel,
from the arrival of a request to the end of the stream before it, in the middle of its samples."""

ECHO = "null echo"

CANCELLING = """
import time

arrivals, stops = [], []

def arrived(widget, content, buffers):
    if content["type"] == "request":
        arrivals.append(time.perf_counter())

def noting_stops(stream):
    def stream_and_note(*arguments, **options):
        estimates = stream(*arguments, **options)
        def note():
            for estimate in estimates:
                try:
                    yield estimate
                except GeneratorExit:
                    stops.append(time.perf_counter())
                    raise
        return note()
    return stream_and_note

xai.SmoothGrad.steps_to = noting_stops(xai.SmoothGrad.steps_to)
"""

PAUSE = 200
"""Milliseconds for which a stream runs before it is cancelled."""


def tables(size: Size) -> list[Table]:
    """Return the table of the live figures."""
    with notebook() as page:
        page.execute(SETUP.format(side=size.side))
        rows = [row for scene in SCENES for row in compared(scene, *watched(page, scene, size))]
        rows += _cancelled(page, size)
    return [Table("Live", LIVE, rows)]


def compared(scene: Scene, ours: Moved, echo: Moved) -> list[Row]:
    """Return what was seen of a widget beside what was seen of an echo."""
    if scene.values:
        return _told(scene, ours, echo)
    several = "models" in scene.name
    limits = {
        ("jump", 50): 1.3,
        ("jump", 95): None,
        ("drag", 50): 1.25 if several else 1.1,
        ("drag", 95): None if several else 1.35,
    }
    words = {50: "median", 95: "95 of 100"}
    rows = []
    for kind, mine, theirs in (("jump", ours.jumps, echo.jumps), ("drag", ours.drags, echo.drags)):
        for percent, word in words.items():
            name = f"{scene.name}, a {kind}'s move to its first paint, {word}"
            figures = {"ours": _percentile(mine, percent), "theirs": _percentile(theirs, percent)}
            rows.append(Row(name=name, against=ECHO, limit=limits[kind, percent], **figures))
    rates = {"ours": float(np.mean(ours.rates)), "theirs": float(np.mean(echo.rates))}
    name = f"{scene.name}, positions painted in a drag"
    rows.append(Row(name=name, unit="per second", against=ECHO, limit=0.9, at_least=True, **rates))
    return rows


def _told(scene: Scene, ours: Moved, echo: Moved) -> list[Row]:
    """Return how long a picture takes that the page makes by itself, and what is told of it, beside an echo."""
    rows = []
    for part in ("picture", "value") if ours.looks else ():
        for percent, word in ((50, "median"), (95, "95 of 100")):
            name = f"{scene.name}, a jump's move to its {part}, {word}"
            mine = float(np.percentile([getattr(look, part) for look in ours.looks], percent))
            rows.append(Row(name=name, ours=mine, theirs=_percentile(echo.jumps, percent), against=ECHO))
    return rows


def _cancelled(page: Notebook, size: Size) -> list[Row]:
    positions = [NOISE[1 + n % 50] for n in range(size.rounds * size.jumps + 1)]
    page.execute(CANCELLING)
    widget = page.show("show(face, 'smoothgrad', samples=1024)")
    page.execute("widget._msg_callbacks.callbacks.insert(0, arrived)")
    widget.drag("Noise", positions, pause=PAUSE, release=False)
    page.page.wait_for_timeout(PAUSE)
    arrivals, stops = page.value("arrivals"), page.value("stops")
    # A stream may end before the first of the requests: after each cell it is looked whether the network is the same.
    caused = [stop for stop in stops if stop >= min(arrivals)]
    wait = 1000 * float(np.median([stop - max(time for time in arrivals if time <= stop) for stop in caused]))
    name = "From a new request to the end of the old stream, median"
    return [Row(name=name, ours=wait, theirs=1.1, against="the prototype of the protocol")]


def _percentile(moves: list[Move], percent: float) -> float:
    return float(np.percentile([whole(move) for move in moves], percent))
