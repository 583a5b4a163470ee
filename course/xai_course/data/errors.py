"""What goes wrong with data: a file that cannot be used, named, and what to do about it."""

from __future__ import annotations

from pathlib import Path

ANEW = "Delete it and run this again, or put a whole one in its place."
REINSTALL = "Install the package that brought it once more."


class DataError(ValueError):
    """A data file or a folder that cannot be used; the message names it."""


def damaged(path: Path, finding: str, remedy: str = ANEW) -> DataError:
    """Return the error that names the damaged file at `path` and says what to do."""
    return DataError(f"The file {path} is damaged: {finding}. {remedy}")


def words(error: BaseException) -> str:
    """Return an error of another library in a few words: what the system says, or the kind of error and its message."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def content_of(path: Path, remedy: str = ANEW) -> bytes:
    """Return what is in a file.

    Raises
    ------
    DataError
        If it cannot be read; the message names it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The file {path} cannot be read ({words(error)}). {remedy}") from error
