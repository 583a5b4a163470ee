"""The photographs of Labeled Faces in the Wild (Huang, Ramesh, Berg and Learned-Miller 2007) as files.

Two aligned versions are about: "funneled", which scikit-learn's address holds, and "deep-funneled". Both have the
same names and the same folders. Their checksums differ, so a picture is held to a list of checksums: of the
deep-funneled version the list that comes with the course, of a funneled one that was downloaded here the list that was
written when the archive, whose checksum is published, was unpacked. A funneled folder that scikit-learn unpacked has no
list: there, a picture must be complete and of the right size, which finds what was cut off but not every changed byte.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
import zlib
from importlib.resources import files as resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai_course.data.download import DownloadError, download
from xai_course.data.errors import DataError, damaged, words
from xai_course.data.places import cache_folder

PEOPLE = {
    "Colin Powell": 236,
    "Donald Rumsfeld": 121,
    "George W Bush": 530,
    "Gerhard Schroeder": 109,
    "Tony Blair": 144,
}
"""The people with 100 pictures or more, and how many."""
SIDE = 250
"""The side of a photograph, in pixels."""

ARCHIVE = "lfw-funneled.tgz"
ARCHIVE_URL = "https://ndownloader.figshare.com/files/5976015"
ARCHIVE_SHA256 = "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a"
ARCHIVE_SIZE = 243_346_528
"""Where scikit-learn gets the funneled version, the checksum that it expects, and how many bytes these are."""

LIST = "checksums.txt"
DIGITS = 8
"""Hexadecimal digits of SHA-256 that a list keeps of each picture: enough to notice damage."""


def files_of(person: str, count: int) -> list[str]:
    """Return the names of somebody's pictures, such as "Tony_Blair_0001"."""
    return [f"{person.replace(' ', '_')}_{number:04}" for number in range(1, count + 1)]


def own_folder() -> Path:
    """Return where the pictures lie that were downloaded here."""
    return cache_folder() / "lfw_home" / "lfw_funneled"


def read_pictures(folder: Path, crop: tuple[int, int], size: int) -> NDArray[np.float32]:
    """Return the pictures of all `PEOPLE` below `folder`, cropped and reduced as scikit-learn does it.

    Parameters
    ----------
    folder : Path
        It has a folder for each person.
    crop : tuple of int
        Where the square begins and ends, in pixels, in both directions.
    size : int
        The side of the reduced square.

    Returns
    -------
    array of shape (pictures, size, size, 3)
        float32 from 0 to 1.

    Raises
    ------
    DataError
        If a picture is missing or damaged; the message names it.
    """
    paths = _paths(folder)
    contents = [_content(path) for path in paths]
    _check(folder, paths, contents)
    pictures = np.empty((len(paths), size, size, 3), dtype=np.float32)
    begin, end = crop
    for number, (path, content) in enumerate(zip(paths, contents, strict=True)):
        square = _decoded(path, content).crop((begin, begin, end, end)).resize((size, size))
        pictures[number] = np.asarray(square, dtype=np.float32) / 255
    return pictures


def download_faces() -> Path:
    """Download the funneled version, keep the pictures of `PEOPLE` in the course's cache, and return their folder.

    Raises
    ------
    DownloadError
        If there is no network, no room, or something else than the expected archive came.
    """
    folder = own_folder()
    archive = folder.parent / ARCHIVE
    try:
        download(ARCHIVE_URL, archive, ARCHIVE_SHA256, ARCHIVE_SIZE)
        unpack(archive, folder)
    except DownloadError:
        raise
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DownloadError(error) from error
    finally:
        archive.unlink(missing_ok=True)
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Write the pictures of `PEOPLE` from `archive` to `folder`, with the list of their checksums.

    The folder appears only when it is complete.
    """
    wanted = {f"{folder.name}/{path.relative_to(folder).as_posix()}": path for path in _paths(folder)}
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as temporary:
        fresh = Path(temporary) / folder.name
        checksums = {}
        with tarfile.open(archive, "r|gz") as opened:
            for member in opened:
                path = wanted.get(member.name)
                content = opened.extractfile(member) if path is not None and member.isfile() else None
                if path is None or content is None:
                    continue
                copy = fresh / path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content.read())
                checksums[path] = checksum(copy.read_bytes())
        if missing := [path.name for path in wanted.values() if path not in checksums]:
            raise DownloadError(f"the archive lacks {missing[0]}")
        (fresh / LIST).write_text(list_of([checksums[path] for path in wanted.values()]), encoding="utf-8")
        fresh.replace(folder)


def checksum(content: bytes) -> str:
    """Return what a list keeps of a picture."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def list_of(checksums: list[str]) -> str:
    """Return the list of the checksums of all pictures in their order, a line for each person."""
    left = iter(checksums)
    return "".join(f"{person}: {' '.join(next(left) for _ in range(n))}\n" for person, n in PEOPLE.items())


def _paths(folder: Path) -> list[Path]:
    names = [name for person, count in PEOPLE.items() for name in files_of(person, count)]
    return [folder / name.rpartition("_")[0] / f"{name}.jpg" for name in names]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The picture {path} cannot be read ({error.strerror}); expected all {sum(PEOPLE.values())} pictures of "
            f"{', '.join(PEOPLE)}. Put it there, or remove the folder {path.parents[1]}, which is incomplete."
        ) from error


def _check(folder: Path, paths: list[Path], contents: list[bytes]) -> None:
    """Hold the pictures to the list beside them, or to the one that comes with the course if it is of their version."""
    found = [checksum(content) for content in contents]
    if (own := folder / LIST).is_file():
        expected = _read_list(own.read_text(encoding="utf-8", errors="replace"))
        if len(expected) != len(found):
            raise damaged(own, f"it has {len(expected)} checksums for {len(found)} pictures")
    else:
        expected = _deep_funneled()
        if not any(map(str.__eq__, found, expected)):
            return  # the funneled version
    for path, one, other in zip(paths, found, expected, strict=True):
        if one != other:
            raise damaged(path, "its checksum is not that of the picture")


def is_deep_funneled(folder: Path) -> bool:
    """Tell whether `folder` has the deep-funneled version, with which the lessons were saved, by its first picture."""
    return checksum(_content(_paths(folder)[0])) == _deep_funneled()[0]


def _deep_funneled() -> list[str]:
    return _read_list((resources("xai_course") / "data" / "deep_funneled.txt").read_text(encoding="utf-8"))


def _read_list(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in line.partition(":")[2].split()]


def _decoded(path: Path, content: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
    except Exception as error:  # Pillow has many words for a broken picture
        raise damaged(path, f"it cannot be read ({words(error)})") from error
    if (picture.size, picture.mode) != ((SIDE, SIDE), "RGB"):
        raise damaged(path, f"it is {picture.mode} of {picture.size}; expected RGB of {(SIDE, SIDE)}")
    return picture
