"""Whether memory grows with steps, samples and windows."""

from __future__ import annotations

import math
import resource
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import xai_widgets as xai
from benchmarks.apart import apart
from benchmarks.networks import TARGET, face_keras, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size
from xai_widgets.models.budget import SECONDS

WINDOW = 8
ARRAYS = """\
The small face CNN. The peak of what Python and NumPy hold during a whole stream (tracemalloc), a long stream beside a
short one of the same method. Chunks are as large as they get, so that both streams work on as many at a time. Occlusion
keeps a number for each window, of which there are at most as many as pixels."""

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
    SECONDS.set(math.inf)  # In a process of its own; else the load of the machine would choose the chunks.
    run = _runner(backend, size)
    methods = streams(size)
    for _ in range(size.warm_up):
        for stream in methods:
            run(stream.few)
    before = _resident()
    for stream in methods:
        run(stream.many)
    process = Row(
        name=f"All methods on {backend}, long streams",
        ours=_resident(),
        against="short streams",
        theirs=before,
        unit="MB",
        limit=1.02,
    )
    rows = []
    for stream in methods:
        ours, theirs = (_peak(partial(run, method)) for method in (stream.many, stream.few))
        name = stream.name.replace(",", f" on {backend},", 1)
        rows.append(Row(name=name, ours=ours, against=stream.against, theirs=theirs, unit="KB", limit=stream.limit))
    return process, rows


@dataclass(frozen=True)
class Stream:
    """A long stream in words, a short one in words, and the two methods."""

    name: str
    against: str
    few: xai.Method
    many: xai.Method
    limit: float = 1.1


def streams(size: Size) -> list[Stream]:
    """Return an entry for each method that takes samples, steps or masks; a new method is one more."""
    few, many = size.few, size.many
    # Windows that lie at odd places reach a little further, so the few do as well; and both come in several chunks.
    sparse = 5
    windows = [len(range(0, size.side - WINDOW + stride, stride)) ** 2 for stride in (sparse, 1)]

    def counted(name: str, unit: str, make: Callable[[int], xai.Method]) -> Stream:
        return Stream(f"{name}, {many} {unit}", f"{few} {unit}", make(few), make(many))

    grid: dict[str, Any] = {"features": "squares", "size": size.side // 4}
    return [
        counted("Integrated gradients", "steps", lambda n: xai.IntegratedGradients(steps=n)),
        counted("SmoothGrad", "samples", lambda n: xai.SmoothGrad(samples=n)),
        counted("SmoothGrad squared", "samples", lambda n: xai.SmoothGradSquared(samples=n)),
        counted("VarGrad", "samples", lambda n: xai.VarGrad(samples=n)),
        counted("Expected gradients", "samples", lambda n: xai.ExpectedGradients(samples=n)),
        counted("Conductance", "steps", lambda n: xai.Conductance(steps=n)),
        counted("Internal influence", "steps", lambda n: xai.InternalInfluence(steps=n)),
        counted("Latent influence", "steps", lambda n: xai.LatentInfluence(steps=n)),
        counted("DeepLIFT SHAP", "samples", lambda n: xai.DeepLiftShap(samples=n)),
        Stream(
            f"Occlusion, {windows[1]} windows",
            f"{windows[0]} windows",
            xai.Occlusion(window=WINDOW, stride=sparse),
            xai.Occlusion(window=WINDOW, stride=1),
            limit=1.2,
        ),
        counted("RISE", "samples", lambda n: xai.Rise(samples=n)),
        counted("LIME", "samples", lambda n: xai.Lime(samples=n, **grid)),
        counted("KernelSHAP", "samples", lambda n: xai.KernelShap(samples=n, **grid)),
        Stream(
            f"Shapley sampling, {many // 8} orders",
            f"{few // 4} orders",
            xai.ShapleySampling(samples=few // 4, **grid),
            xai.ShapleySampling(samples=many // 8, **grid),
        ),
        counted("Meaningful perturbation", "steps", lambda n: xai.MeaningfulPerturbation(steps=n)),
    ]


def _runner(backend: str, size: Size) -> Callable[[xai.Method], Any]:
    x = picture(size.side)
    if backend == "PyTorch":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 0))
        model = xai.wrap(face_torch(size.side), input_shape=x.shape)
    else:
        model = xai.wrap(face_keras(size.side))

    def run(method: xai.Method) -> None:
        for _ in method.stream(model, x, xai.Logit(TARGET)).steps:
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
