"""What goes wrong with data: a file that cannot be used, named."""

from __future__ import annotations

from pathlib import Path


class DataError(ValueError):
    """A data file that cannot be used; the message names it."""


def damaged(path: Path, finding: str) -> DataError:
    """Return the error that names the damaged file at `path` and says what to do."""
    return DataError(
        f"The file {path} is damaged: {finding}. Delete it and run this again, or put a whole one in its place."
    )
