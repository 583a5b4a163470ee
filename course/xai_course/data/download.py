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


def download(url: str, path: Path, sha256: str) -> None:
    """Download `url` to `path`, which appears only when it is whole and its checksum is right.

    Where the line breaks, the rest is asked for at once (HTTP Range), for as long as anything comes. What has come
    stays beside `path` with the ending ``.part``, and the next call goes on from there. A server that cannot go on in
    the middle sends everything anew.

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
        _fetch(url, path.name, part)
        if resumed and _checksum(part) != sha256:
            part.write_bytes(b"")  # the beginning was of something else
            _fetch(url, path.name, part)
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


def _fetch(url: str, name: str, part: Path) -> None:
    """Append to `part` what is missing of `url`, in as many goes as bring something."""
    with Progress(f"Downloading {name}", 1, f"Downloaded {name}.") as progress:
        while True:
            before = part.stat().st_size
            try:
                total = _append(url, part, progress)
            except (OSError, http.client.HTTPException) as error:
                if part.stat().st_size > before and not isinstance(error, urllib.error.HTTPError):
                    continue
                raise
            done = part.stat().st_size
            if total is None or done >= total:
                return
            if done <= before:
                raise DownloadError(f"only {done} of {total} bytes came")


def _append(url: str, part: Path, progress: Progress) -> int | None:
    """Ask for what follows `part`, write it there, and return how many bytes there are in all, if the server says."""
    done = part.stat().st_size
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        return None  # nothing follows: the checksum tells whether what is there is whole
    with answer, part.open("r+b") as file:
        if answer.status != http.client.PARTIAL_CONTENT:
            done = 0  # everything, from the beginning
            file.truncate(0)
        file.seek(done)
        length = answer.headers.get("Content-Length")
        total = None if length is None else done + int(length)
        progress.total = total or 1
        while block := answer.read(BLOCK):
            file.write(block)
            done += len(block)
            progress.update(min(done, progress.total))
    return total


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
