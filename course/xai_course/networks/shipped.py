"""The trained networks that come with the course, each held to the checksum of its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xai_course.data.errors import REINSTALL, DataError, content_of
from xai_course.networks.architecture import Architecture
from xai_course.networks.weights import Weights, load, save

FOLDER = Path(__file__).parents[1] / "weights"
LIST = "checksums.txt"
"""As the program sha256sum writes and checks it: for each file a line, its checksum and its name."""


def load_shipped(name: str, architecture: Architecture) -> Weights:
    """Return the weights that come with the course under this name, such as "digits_robust".

    Raises
    ------
    DataError
        If there are none, or their file is not the one that was shipped.
    """
    file, known = f"{name}.safetensors", _checksums()
    if file not in known:
        raise DataError(f"There are no weights {name!r}; expected one of {', '.join(map(repr, known)) or 'none'}.")
    return load(FOLDER / file, architecture, known[file], REINSTALL)


def ship(name: str, weights: Weights, half: bool = False) -> None:
    """Write weights to where the course finds them, and note their checksum; see `save`."""
    file = f"{name}.safetensors"
    save(FOLDER / file, weights, half)
    known = _checksums() | {file: hashlib.sha256((FOLDER / file).read_bytes()).hexdigest()}
    (FOLDER / LIST).write_text("".join(f"{known[each]}  {each}\n" for each in sorted(known)), encoding="utf-8")


def _checksums() -> dict[str, str]:
    lines = content_of(FOLDER / LIST, REINSTALL).decode("utf-8", "replace").splitlines()
    return {file: checksum for checksum, _, file in (line.partition("  ") for line in lines)}
