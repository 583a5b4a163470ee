"""What a screen is told of a run: its frames, its errors, and that there is work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.errors import InputError, message_of
from xai_widgets.session.run import Job, Run

Message = tuple[dict[str, Any], list[bytes]]
"""Content as JSON, and the bytes of arrays."""

Told = dict[int, Mapping[str, Any]]
"""The header that a screen was told last of each view: of the next one it is told what is new."""


def frame(run: Run, job: Job, told: Told) -> Message:
    """Return the newest answer of a view, as its frame.

    Raises
    ------
    ValueError, TypeError
        If there are numbers in it that cannot be drawn, or something that JSON has no place for.
    """
    answer, header, news, before = job.answer, job.header, None, told.get(run.jobs.index(job))
    if header is not None and before is not None:
        news = {name: said for name, said in header.items() if name not in before or before[name] != said}
        header = None
    more, arrays = job.view.frame(answer, list(map(attrgetter("answer"), run.jobs)))
    content = {
        **_about("frame", run, job),
        "views": len(run.jobs),
        "first": job.header is not None,
        "led": run.unseen & {*run.lead} <= {run.jobs.index(job)},
        "final": job.done and not job.stopped,
        "stopped": job.stopped,
        "evaluations": answer.evaluations,
        "planned": answer.planned,
        "change": answer.change,
        "header": header,
        "news": news,
        **more,
    }
    return as_json(content), list(map(as_bytes, arrays))


def failure(run: Run, job: Job, error: BaseException) -> Message:
    """Return what went wrong with a view."""
    return {**_about("error", run, job), "views": len(run.jobs), "message": message_of(error)}, []


def working(run: Run, job: Job) -> Message:
    """Return that there is work before the first frame."""
    return _about("working", run, job), []


def _about(kind: str, run: Run, job: Job) -> dict[str, Any]:
    return {"type": kind, "generation": run.generation, "request": run.request, "view": run.jobs.index(job)}


def as_bytes(values: NDArray[Any]) -> bytes:
    """Return a copy of an array in single precision: what is sent leaves later, on another thread.

    Raises
    ------
    ValueError
        If a value is no number, or too large.
    """
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(values, dtype="<f4")
    finite = np.isfinite(single)
    if not finite.all():
        raise InputError(
            f"{finite.size - np.count_nonzero(finite)} of {finite.size} values are NaN, infinite, or too large for "
            "single precision; expected finite numbers. Check the size of the model's outputs and of its weights."
        )
    return single.tobytes()


def as_json(value: Any) -> Any:
    """Return a value as JSON has it: numbers of NumPy as plain ones, and None for nan and infinity, which it lacks.

    Raises
    ------
    TypeError
        If there is something in it that JSON has no place for.
    """
    return json.loads(json.dumps(value, default=_plain), parse_constant=_no_number)


def _plain(value: Any) -> Any:
    """Return what NumPy has as Python has it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"Found a {type(value).__name__} in a message; expected what JSON knows.")


def _no_number(_name: str) -> None:
    """Stand for nan and for the infinities."""
