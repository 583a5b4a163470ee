"""Downloads that go on where they were broken off, and appear only when they are whole."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import time
import urllib.error
import urllib.request
from pathlib import Path

from xai_course.progress import Progress

TIMEOUT = 10
"""Seconds after which a silent server counts as no network."""
DESERTED = 3 * TIMEOUT
"""Seconds without a new byte after which a part has no owner any more: its program was killed."""
BLOCK = 1 << 16


class DownloadError(OSError):
    """A download that did not succeed."""


def download(url: str, path: Path, sha256: str, size: int) -> None:
    """Download `url` to `path`, which appears only when it is whole and its checksum is right.

    Where the line breaks, the rest is asked for at once (HTTP Range), for as long as anything comes. What has come
    stays beside `path` with the ending ``.part``, and the next call goes on from there. A server that cannot go on in
    the middle sends everything anew. No more than `size` bytes are written, whatever the server sends.

    Raises
    ------
    DownloadError
        If there is no network, no room, or something else than the expected file came.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _claimed(path)
    except OSError as error:
        raise DownloadError(error) from error
    try:
        resumed = part.stat().st_size > 0
        _fetch(url, path.name, part, size)
        if resumed and _checksum(part) != sha256:
            part.write_bytes(b"")  # the beginning was of something else
            _fetch(url, path.name, part, size)
        if _checksum(part) != sha256:
            part.unlink()
            raise DownloadError("what came is another file than expected")
        part.replace(path)
    except DownloadError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DownloadError(getattr(error, "reason", None) or error) from error
    finally:
        if part.exists():
            _hand_back(part, path)


def _fetch(url: str, name: str, part: Path, size: int) -> None:
    """Append to `part` what it lacks of the `size` bytes at `url`, in as many goes as bring something."""
    with Progress(f"Downloading {name}", size, f"Downloaded {name}.") as progress:
        while (before := part.stat().st_size) < size:
            try:
                _append(url, part, size, progress)
            except (OSError, http.client.HTTPException) as error:
                if part.stat().st_size <= before or isinstance(error, urllib.error.HTTPError):
                    raise
            if (done := part.stat().st_size) <= before:
                raise DownloadError(f"only {done} of {size} bytes came")


def _append(url: str, part: Path, size: int, progress: Progress) -> None:
    """Ask for what follows `part`, and write it there, as long as it can be of a file of that size."""
    done = part.stat().st_size
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, part.open("r+b") as file:
        if answer.status != http.client.PARTIAL_CONTENT:
            done = 0  # everything, from the beginning
        announced = answer.headers.get("Content-Length")
        if announced is not None and done + int(announced) != size:  # and what has come before stays
            raise DownloadError(f"what came is another file than expected: {done + int(announced)} bytes, not {size}")
        file.truncate(done)
        file.seek(done)
        while block := answer.read(min(BLOCK, size - done + 1)):  # one more than is missing, which should not come
            done += len(block)
            if done > size:
                file.truncate(0)
                raise DownloadError(f"what came is another file than expected: it does not end after {size} bytes")
            file.write(block)
            progress.update(done)


def _claimed(path: Path) -> Path:
    """Return a part of `path` that belongs to this call alone: one left behind, or an empty one.

    Renaming decides between two programs that want the same part.
    """
    own = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    for left in path.parent.glob(f"{path.name}*.part"):
        try:
            handed_back = left.name == f"{path.name}.part"
            if handed_back or time.time() - left.stat().st_mtime > DESERTED:
                return left.replace(own)
        except FileNotFoundError:
            continue  # another program was faster
    own.touch()
    return own


def _hand_back(part: Path, path: Path) -> None:
    """Leave a part that has something in it to the next call."""
    if part.stat().st_size:
        part.replace(path.with_name(f"{path.name}.part"))
    else:
        part.unlink()


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
