"""The folders in which data are looked for, and the one in which the course keeps what it made or fetched itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from xai_course.data.errors import DataError, words


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
    if not is_there(Path(home)) or not Path(home).is_dir():
        raise DataError(f"XAI_DATA_HOME is {home!r}, and there is no such folder; expected a folder with the data.")
    return Path(home)


def keras_cache() -> Path:
    """Return the folder in which Keras keeps data sets."""
    named = os.environ.get("KERAS_HOME")
    return (Path(named) if named else _home("KERAS_HOME") / ".keras") / "datasets"


def sklearn_cache() -> Path:
    """Return the folder in which scikit-learn keeps data sets."""
    named = os.environ.get("SCIKIT_LEARN_DATA")
    return _expanded("SCIKIT_LEARN_DATA", named) if named else _home("SCIKIT_LEARN_DATA") / "scikit_learn_data"


def cache_folder() -> Path:
    """Return the folder for what the course fetched or trained on this machine; it is made where it is missing.

    XAI_CACHE names it; otherwise it is the folder `xai_course` in the user's cache folder: ``~/.cache`` (or
    XDG_CACHE_HOME) on Linux, ``~/Library/Caches`` on macOS, LOCALAPPDATA on Windows.

    Raises
    ------
    DataError
        If it cannot be made, or there is no home folder for it.
    """
    named = os.environ.get("XAI_CACHE")
    folder = _expanded("XAI_CACHE", named) if named else _user_cache() / "xai_course"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The cache folder {folder} cannot be made ({words(error)}); expected a folder to write to. Set XAI_CACHE "
            "to another one."
        ) from error
    return folder


def is_there(path: Path) -> bool:
    """Tell whether there is a file or folder at `path`.

    Raises
    ------
    DataError
        If that cannot be told, because a folder may not be looked into, or no path is that long.
    """
    try:
        return path.exists()
    except OSError as error:
        raise DataError(
            f"The path {path} cannot be looked up ({words(error)}); expected a folder that may be read. Change its "
            "permissions, or set XAI_DATA_HOME, KERAS_HOME, SCIKIT_LEARN_DATA or XAI_CACHE, whichever names it."
        ) from error


def offline() -> bool:
    """Tell whether XAI_OFFLINE forbids to download."""
    return bool(os.environ.get("XAI_OFFLINE"))


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return _home("XAI_CACHE") / "Library" / "Caches"
    variable, usual = ("LOCALAPPDATA", "AppData/Local") if sys.platform == "win32" else ("XDG_CACHE_HOME", ".cache")
    named = os.environ.get(variable)
    return Path(named) if named else _home("XAI_CACHE") / usual


def _home(variable: str) -> Path:
    """Return the user's home folder; `variable` is what to set instead where there is none."""
    return _expanded(variable, "~")


def _expanded(variable: str, named: str) -> Path:
    """Return a path with ~ replaced by the home folder that it stands for."""
    try:
        return Path(named).expanduser()
    except RuntimeError as error:
        raise DataError(
            f"There is no home folder for {named!r}: neither HOME nor the system names one. Set {variable} to a folder "
            "that is there, or HOME."
        ) from error
