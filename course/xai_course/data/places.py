"""The folders in which data are looked for, and the one in which the course keeps what it made or fetched itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from xai_course.data.errors import DataError


def data_home() -> Path | None:
    """Return the folder that XAI_DATA_HOME names, or None where it names none.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    home = os.environ.get("XAI_DATA_HOME")
    if not home:
        return None
    if not Path(home).is_dir():
        raise DataError(f"XAI_DATA_HOME is {home!r}, and there is no such folder; expected a folder with the data.")
    return Path(home)


def keras_cache() -> Path:
    """Return the folder in which Keras keeps data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def sklearn_cache() -> Path:
    """Return the folder in which scikit-learn keeps data sets."""
    return Path(os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data").expanduser()


def cache_folder() -> Path:
    """Return the folder for what the course fetched or trained on this machine; it is made where it is missing.

    XAI_CACHE names it; otherwise it is the folder `xai_course` in the user's cache folder: ``~/.cache`` (or
    XDG_CACHE_HOME) on Linux, ``~/Library/Caches`` on macOS, LOCALAPPDATA on Windows.
    """
    named = os.environ.get("XAI_CACHE")
    folder = Path(named).expanduser() if named else _user_cache() / "xai_course"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def offline() -> bool:
    """Tell whether XAI_OFFLINE forbids to download."""
    return bool(os.environ.get("XAI_OFFLINE"))


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
