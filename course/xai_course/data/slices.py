"""Slices of brains with a tumour, and where it is: from a folder, else drawn ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai_course.data.archive import read_arrays
from xai_course.data.drawn_slices import draw
from xai_course.data.errors import damaged
from xai_course.data.places import cache_folder, data_home, is_there

SLICES_FILE = "brain_mri_lgg_128.npz"
SIDE = 128
TEST_EVERY = 5
"""Every fifth patient is for testing: slices of one patient are alike, so that none may be on both sides."""
DRAWN_PATIENTS, DRAWN_EACH = 60, 6


@dataclass(frozen=True, repr=False)
class Slices:
    """Slices through brains with a tumour, split by patient into a training and a test set.

    Attributes
    ----------
    classes : tuple of str
        What a pixel shows: ("tissue", "tumour").
    patients : array of int, shape (slices,)
        Whose brain each slice shows.
    train, test : array of int
        The numbers of the slices of each set.
    name, source : str
        Which data these are, and where they were found.
    is_stand_in : bool
        Whether these slices are drawn.
    """

    _pixels: NDArray[np.uint8]
    _masks: NDArray[np.bool_]
    patients: NDArray[np.int64]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    name: str
    source: str
    is_stand_in: bool = False

    classes = ("tissue", "tumour")

    def pictures(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return slices by number, (slices, 128, 128, 3), from 0 to 1: before contrast, FLAIR, and after contrast."""
        return self._pixels[index] / np.float32(255)

    def masks(self, index: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return where the tumour is in slices by number, (slices, 128, 128)."""
        return self._masks[index]

    def __repr__(self) -> str:
        people = len(np.unique(self.patients))
        return (
            f"{self.name}: {len(self.train)} training and {len(self.test)} test slices of {SIDE} x {SIDE} pixels, "
            f"{people} patients ({self.source})"
        )


def load_slices() -> Slices:
    """Return slices of brains with a lower-grade glioma (Buda, Saha, Mazurowski 2019), else drawn ones.

    The order: the file ``brain_mri_lgg_128.npz`` in XAI_DATA_HOME, the same file in the course's cache, and last slices
    that are drawn here. The data set itself asks for an account, so nothing is downloaded.

    Returns
    -------
    Slices
        Its ``repr`` says which data these are and where they came from.

    Raises
    ------
    DataError
        If XAI_DATA_HOME is no folder, a file that is there is damaged, or there is no cache folder to look in.
    """
    for source, path in _places():
        if is_there(path):
            return _scans(path, source)
    return draw_slices("there are no scans on this machine, and they cannot be downloaded without an account")


def draw_slices(reason: str = "asked for") -> Slices:
    """Return the stand-in for `load_slices`: drawn slices with lesions, the same ones at every call.

    Parameters
    ----------
    reason : str, default "asked for"
        Why they are drawn, for the ``repr``.
    """
    patients = np.repeat(np.arange(DRAWN_PATIENTS), DRAWN_EACH)
    drawn = [draw(patient, number % DRAWN_EACH) for number, patient in enumerate(patients.tolist())]
    pixels, masks = np.stack([one for one, _ in drawn]), np.stack([mask for _, mask in drawn])
    return Slices(pixels, masks, patients, *_split(patients), "Drawn slices", reason, True)


def _places() -> Iterator[tuple[str, Path]]:
    """Yield where the scans may be; a place is looked up only when those before it have none."""
    home = data_home()
    if home is not None:
        yield "found in XAI_DATA_HOME", home / SLICES_FILE
    yield "found in the course's cache", cache_folder() / SLICES_FILE


def _scans(path: Path, source: str) -> Slices:
    arrays = read_arrays(path, ("x", "mask", "patient"))
    count = arrays["patient"].size
    expected: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
        "x": (np.uint8, (count, SIDE, SIDE, 3)),
        "mask": (np.uint8, (count, SIDE * SIDE // 8)),
        "patient": (np.integer, (count,)),
    }
    for name, (kind, shape) in expected.items():
        found = arrays[name]
        if found.shape != shape or not np.issubdtype(found.dtype, kind):
            raise damaged(path, f"{name} has shape {found.shape} of {found.dtype}; expected {shape} of {kind.__name__}")
    patients = arrays["patient"].astype(np.int64)
    train, test = _split(patients)
    if not test.size:
        raise damaged(path, f"it has slices of {len(np.unique(patients))} patients; expected {TEST_EVERY} or more")
    masks = np.unpackbits(arrays["mask"], axis=1).reshape(count, SIDE, SIDE).astype(bool)
    return Slices(arrays["x"], masks, patients, train, test, "Brain MRI of lower-grade gliomas", source)


def _split(patients: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tested = np.isin(patients, np.unique(patients)[TEST_EVERY - 1 :: TEST_EVERY])
    return np.flatnonzero(~tested), np.flatnonzero(tested)
