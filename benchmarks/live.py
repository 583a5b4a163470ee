"""From the slider to the screen, in a real JupyterLab in Chromium."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.browser import Notebook, Widget, chromium, jupyter_server
from benchmarks.report import Row, Table
from benchmarks.size import Size

LIVE = """\
The small face CNN in PyTorch, in JupyterLab in headless Chromium with a kernel of its own; browser, server and kernel
share the machine. A slider is moved by input events on the element itself; a paint is the moment at which the canvas
has its pixels. Jumps start when the picture before is final, and go to positions that are not remembered; a drag goes
up and down its slider without a halt, which for the steps is 19 moves. Cancelling is measured in the kernel, from the
arrival of a request to the end of the last chunk that the stream before it computes, in the middle of its samples."""

PROTOTYPE = "the prototype of the protocol"

SETUP = """
import time
import xai_widgets as xai
from benchmarks.networks import face_torch, picture

model = xai.wrap(face_torch({side}), input_shape=(3, {side}, {side}))
images = picture({side})

def show(method, **options):
    global explorer
    if "explorer" in globals():
        explorer.close()
    explorer = xai.explore(model, images, method=method, **options)
    explorer._msg_callbacks.callbacks.insert(0, arrived)
    return explorer

arrivals, stops = [], []

def arrived(widget, content, buffers):
    if content["type"] == "request":
        arrivals.append(time.perf_counter())

def noting_stops(stream):
    def stream_and_note(*arguments, **options):
        estimates = stream(*arguments, **options)
        def note():
            for estimate in estimates:
                last = time.perf_counter()
                try:
                    yield estimate
                except GeneratorExit:
                    stops.append((last, time.perf_counter()))
                    raise
        return note()
    return stream_and_note

xai.SmoothGrad.steps_to = noting_stops(xai.SmoothGrad.steps_to)
"""

RESTED = """() => {
    const frame = recorded.messages.findLast(({content}) => content.type === 'frame');
    return frame?.content.final && recorded.paints.at(-1)?.time >= frame.time;
}"""
"""Whether the newest picture is final and painted."""

NOISE_POSITIONS = [n / 100 for n in range(51)]
STEPS_POSITIONS = list(range(10))
PAUSE = 200
"""Milliseconds for which a stream runs before it is cancelled."""


def tables(size: Size) -> list[Table]:
    """Return the table of the live figures."""
    with tempfile.TemporaryDirectory() as folder:
        home, workspace = Path(folder, "home"), Path(folder, "notebooks")
        workspace.mkdir()
        with chromium() as browser, jupyter_server(home, workspace) as address:
            notebook = Notebook(browser, address, workspace / "live.ipynb")
            notebook.execute(SETUP.format(side=size.side))
            rows = [*_jumps(notebook, size), *_drags(notebook, size), *_cancelled(notebook, size)]
    return [Table("Live", LIVE, rows)]


def _jumps(notebook: Notebook, size: Size) -> list[Row]:
    rng = np.random.default_rng(0)
    noise = [float(position) for position in rng.permutation(NOISE_POSITIONS)[: size.jumps]]
    widget = notebook.show("show('smoothgrad', sigma=0.123)")
    waits = [wait for position in noise for wait in _jump(notebook, widget, "Noise", position)]
    rows = _quantiles("SmoothGrad's noise, one jump to its first paint", waits, (80, 114))
    waits = []
    while len(waits) < size.jumps:
        # Downwards: from fewer steps a stream goes on, from more it starts anew.
        widget = notebook.show("show('integrated_gradients', steps=3)")
        for position in reversed(STEPS_POSITIONS):
            waits += _jump(notebook, widget, "Steps", position)
    return rows + _quantiles("Integrated gradients' steps, one jump to its first paint", waits, (80, 114))


def _jump(notebook: Notebook, widget: Widget, label: str, position: float) -> list[float]:
    """Move a slider at rest once, and return how long its first paint took."""
    notebook.page.wait_for_timeout(50)
    notebook.forget()
    moves = widget.drag(label, [position])
    notebook.page.wait_for_function(RESTED, polling=50)
    return _waits(notebook, moves)


def _drags(notebook: Notebook, size: Size) -> list[Row]:
    rows = []
    for method, label, name, positions in (
        ("smoothgrad", "Noise", "SmoothGrad's noise", NOISE_POSITIONS),
        ("integrated_gradients", "Steps", "Integrated gradients' steps", STEPS_POSITIONS),
    ):
        widget = notebook.show(f"show({method!r})")
        notebook.page.wait_for_timeout(500)
        notebook.forget()
        there_and_back = [*positions, *positions[-2::-1]]
        milliseconds = 1000 * size.drag_seconds
        moves = widget.drag(label, there_and_back, pause=milliseconds / len(there_and_back))
        paints = _paints(notebook)
        end = moves[0] + milliseconds
        during = [paint for paint in paints if moves[0] <= paint <= end]
        notebook.page.wait_for_function(RESTED, polling=50)
        rows += _quantiles(f"{name}, a drag's moves to their first paint", _waits(notebook, moves), (68, 110))
        rate = len(during) / size.drag_seconds
        rows.append(Row(name=f"{name}, paints in a drag", ours=rate, theirs=24, unit="per second", against=PROTOTYPE))
    return rows


def _cancelled(notebook: Notebook, size: Size) -> list[Row]:
    positions = [NOISE_POSITIONS[1 + n % 50] for n in range(size.jumps + 1)]
    widget = notebook.show("show('smoothgrad', samples=1024)")
    notebook.execute("arrivals.clear(), stops.clear()")
    widget.drag("Noise", positions, pause=PAUSE, release=False)
    notebook.page.wait_for_timeout(PAUSE)
    arrivals, stops = notebook.value("arrivals"), notebook.value("stops")
    waits = []
    for last, closed in stops:
        arrival = max(arrival for arrival in arrivals if arrival <= closed)
        # A stream that was between two chunks when the request came was at an end already.
        waits.append(max(0.0, 1000 * (last - arrival)))
    return _quantiles("From a new request to the end of the old stream", waits, (1.1, None))


def _waits(notebook: Notebook, moves: list[float]) -> list[float]:
    """Return the milliseconds from each move that was sent to the kernel to the first paint of its answer."""
    messages, paints = notebook.recorded(), _paints(notebook)
    answers: dict[int, float] = {}
    for message in messages:
        if message["content"].get("type") == "frame":
            answers.setdefault(message["content"]["request"], message["time"])
    waits = []
    for message in messages:
        content: dict[str, Any] = message["content"]
        if content.get("type") == "request" and content["request"] in answers:
            move = max(time for time in moves if time <= message["time"])
            waits.append(min(paint for paint in paints if paint >= answers[content["request"]]) - move)
    return waits


def _paints(notebook: Notebook) -> list[float]:
    times: list[float] = notebook.page.evaluate("recorded.paints.map(({time}) => time)")
    return times


def _quantiles(name: str, waits: list[float], theirs: tuple[float, float | None]) -> list[Row]:
    """Return the median and the 95th percentile of waiting times, beside those of the prototype."""
    return [
        Row(name=f"{name}, {word}", ours=float(np.percentile(waits, percent)), theirs=before, against=PROTOTYPE)
        for word, percent, before in zip(("median", "95 of 100"), (50, 95), theirs, strict=True)
        if before is not None
    ]
