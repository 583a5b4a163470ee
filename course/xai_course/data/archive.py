"""Arrays in .npz files: an archive is unpacked, and the sums of its bytes checked, before its contents are read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.errors import content_of, damaged, words


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of these names in the .npz file at `path`; nothing is unpickled.

    Raises
    ------
    DataError
        If the file is damaged or lacks one of them; the message names it.
    """
    content = content_of(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: _array(archive.read(f"{name}.npy")) for name in names}
    except Exception as error:  # a changed bit in a header can mean anything to those who read it
        raise damaged(path, f"it cannot be read ({words(error)})") from error


def _array(content: bytes) -> NDArray[Any]:
    found: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return found
