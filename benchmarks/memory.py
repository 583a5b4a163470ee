"""Whether memory grows with steps, samples and windows."""

from __future__ import annotations

import math
import resource
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import xai_widgets as xai
from benchmarks.apart import apart
from benchmarks.networks import TARGET, face_keras, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from xai_widgets.models import base

WINDOW = 8
WARM_UP = 10
"""How often a method runs first, so that chunks have found their size."""

ARRAYS = """\
The small face CNN. The peak of what Python and NumPy hold during a whole stream (tracemalloc), a long stream beside a
short one of the same method. Chunks are held at 16 inputs, so that both streams work on as many at a time."""

PROCESS = """\
The high-water mark of the resident memory of a whole process, the framework included, after long streams beside
after short ones."""


def tables(size: Size) -> list[Table]:
    """Return the tables of peak memory, both frameworks."""
    arrays, process = [], []
    for backend in ("PyTorch", "Keras"):
        process_row, array_rows = apart(__name__, "measured", backend, size)
        process.append(process_row)
        arrays += array_rows
    return [Table("Memory of a stream", ARRAYS, arrays), Table("Memory of the process", PROCESS, process)]


def measured(backend: str, size: Size) -> tuple[Row, list[Row]]:
    """Return the row of this process, long streams beside short ones, and a row for each method's own arrays."""
    base.CHUNK_SECONDS = math.inf  # In a process of its own; else the load of the machine would choose the chunks.
    run = _runner(backend, size)
    methods = _methods(size)
    for _ in range(WARM_UP):
        for _, few, _ in methods:
            run(few)
    before = _resident()
    for _, _, many in methods:
        run(many)
    process = Row(
        name=f"All methods on {backend}, long streams",
        ours=_resident(),
        against="short streams",
        theirs=before,
        unit="MB",
        limit=1.02,
    )
    return process, [
        Row(
            name=f"{name} on {backend}, {long}",
            ours=_peak(lambda many=many: run(many)),
            against=short,
            theirs=_peak(lambda few=few: run(few)),
            unit="KB",
            limit=1.1,
        )
        for (name, short, long), few, many in methods
    ]


def _methods(size: Size) -> list[tuple[tuple[str, str, str], xai.Method, xai.Method]]:
    """Return each method's name, its short and its long stream in words, and the two themselves."""
    few, many = size.few, size.many
    windows = [((size.side - WINDOW) // stride + 1) ** 2 for stride in (WINDOW, 1)]
    return [
        (
            ("Integrated gradients", f"{few} steps", f"{many} steps"),
            xai.IntegratedGradients(steps=few),
            xai.IntegratedGradients(steps=many),
        ),
        (
            ("SmoothGrad", f"{few} samples", f"{many} samples"),
            xai.SmoothGrad(samples=few),
            xai.SmoothGrad(samples=many),
        ),
        (
            ("Occlusion", f"{windows[0]} windows", f"{windows[1]} windows"),
            xai.Occlusion(window=WINDOW, stride=WINDOW),
            xai.Occlusion(window=WINDOW, stride=1),
        ),
    ]


def _runner(backend: str, size: Size) -> Callable[[xai.Method], Any]:
    x = picture(size.side)
    if backend == "PyTorch":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 0))
        model = xai.wrap(face_torch(size.side), input_shape=x.shape)
    else:
        model = xai.wrap(face_keras(size.side))

    def run(method: xai.Method) -> None:
        for _ in method.stream(model, x, xai.Logit(TARGET)):
            pass  # As the widget does: each estimate is let go when the next one comes.

    return run


def _peak(work: Callable[[], Any]) -> float:
    """Return the most kilobytes that `work` held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e3
    finally:
        tracemalloc.stop()


def _resident() -> float:
    """Return the high-water mark of this process in megabytes; Linux counts in kilobytes, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
