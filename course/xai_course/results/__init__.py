"""What long computations found: raw numbers by seed and framework, written by `make reproduce`."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from xai_course.data.errors import REINSTALL, damaged, words


def results(name: str) -> Any:
    """Return the raw results of an experiment, as the scripts in `course/reproduce` wrote them.

    Parameters
    ----------
    name : str
        The experiment, such as "faces".

    Raises
    ------
    ValueError
        If there is no such experiment; the message lists those there are. Or if its file is damaged.
    """
    folder = files("xai_course") / "results"
    known = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    if name not in known:
        raise ValueError(f"There are no results {name!r}; expected one of {', '.join(known) or 'none yet'}.")
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise damaged(Path(str(path)), f"it cannot be read ({words(error)})", REINSTALL) from error
