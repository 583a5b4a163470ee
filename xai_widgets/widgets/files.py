"""What is on a screen, in files: drawings, and the values of its maps as they are."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_widgets.answers.estimate import Estimate
from xai_widgets.answers.saved import checked_path, write_whole
from xai_widgets.errors import InputError
from xai_widgets.render import Canvas, svg
from xai_widgets.widgets.kept import IN_PICTURES

DRAWN = (".png", ".svg")
VALUES = (".csv", ".npz")

MEDIA = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv"}
"""What browsers call the files that a page may ask for."""

AXES = ("row", "column")


@dataclass(frozen=True, eq=False)
class Map:
    """A map of the screen.

    Attributes
    ----------
    model : str
        The name of the model; may be empty.
    title : str
        What stands above it.
    values : array
    names : sequence of str, optional
        What the values (n,) belong to, where that has names.
    """

    model: str
    title: str
    values: NDArray[Any]
    names: Sequence[str] | None = None


def checked_target(path: Any) -> Path:
    """Return the path, if its end says what is to be written.

    Raises
    ------
    ValueError, TypeError
        If it does not, or it is no path.
    """
    target = checked_path(path)
    if target.suffix.lower() not in (*DRAWN, *VALUES):
        raise InputError(
            f"The path {os.fspath(target)!r} ends in {target.suffix!r}; expected one of {', '.join((*DRAWN, *VALUES))}."
        )
    return target


def drawing(kind: str, canvas: Canvas, sentence: str, state: str) -> bytes:
    """Return a drawing as a file, "png" or "svg", with the state that it is of."""
    if kind == "svg":
        return svg(canvas, sentence, f"#xai={state}")
    return canvas.png(**{"Title": sentence, IN_PICTURES: state})


def write(target: Path, maps: Sequence[Map], answers: Sequence[Any], state: Mapping[str, Any]) -> None:
    """Write the values of maps; a single result as it saves itself."""
    if target.suffix.lower() == ".csv":
        write_whole(target, table(maps).encode())
    elif len(maps) == 1 and len(answers) == 1 and isinstance(answers[0], Estimate):
        answers[0].save(target)
    else:
        arrays = {f"map {place}": one.values for place, one in enumerate(maps)}
        about = {"maps": [{"model": one.model, "title": one.title} for one in maps], "state": dict(state)}
        buffer = io.BytesIO()
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        write_whole(target, buffer.getvalue())


def table(maps: Sequence[Map]) -> str:
    """Return a line for each value: the model, the method, where it is, and what it is, with all its digits."""
    deepest = max((one.values.ndim for one in maps), default=0)
    axes = list(AXES) if deepest == 2 else [f"place {number}" for number in range(1, deepest + 1)]
    if any(one.names is not None for one in maps):
        axes = ["name"]
    elif deepest == 1:
        axes = ["place"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "method", *axes, "value"])
    for one in maps:
        for place in product(*map(range, one.values.shape)):
            where: list[Any] = [one.names[place[0]]] if one.names is not None else list(place)
            # Maps of layers may have fewer axes than those beside them.
            where += [""] * (len(axes) - len(where))
            writer.writerow([one.model, one.title, *where, repr(float(one.values[place]))])
    return text.getvalue()
