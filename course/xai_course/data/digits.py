"""Handwritten digits: from a folder, from Keras' cache, by download, or, where there is no network, from scikit-learn.

What a file holds is used only if its checksums are right; a file that is damaged is refused by name.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.archive import read_arrays
from xai_course.data.download import DownloadError, download
from xai_course.data.errors import damaged
from xai_course.data.places import data_home, is_there, keras_cache, offline

MNIST_FILE = "mnist.npz"
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
MNIST_SIZE = 11_490_434
MNIST_CONTENTS = {
    "x_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "y_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "x_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "y_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""The checksums of the four files of MNIST as they were published. An .npz holds the same bytes in a zip archive that
differs from one program to the next, so the file's own checksum serves for the download alone."""
STAND_IN_TRAIN = 1400
"""How many of scikit-learn's 1797 digits are for training."""


@dataclass(frozen=True, repr=False)
class Digits:
    """Handwritten digits, split into a training and a test set.

    Attributes
    ----------
    x_train, x_test : array of shape (pictures, 28, 28, 1)
        float32 from 0 (background) to 1 (ink).
    y_train, y_test : array of shape (pictures,)
        The digit that each picture shows.
    name : str
        Which data set this is.
    source : str
        Where it was found.
    is_stand_in : bool
        Whether these are the digits that stand in for MNIST.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    name: str
    source: str
    is_stand_in: bool = False

    classes = tuple("0123456789")

    def __repr__(self) -> str:
        return (
            f"{self.name}: {len(self.x_train)} training and {len(self.x_test)} test pictures of 28 x 28 pixels "
            f"({self.source})"
        )


def load_digits(train: int = 20_000) -> Digits:
    """Return MNIST from the first place that has it, else the stand-in from scikit-learn.

    The order: the folder XAI_DATA_HOME, Keras' cache, a download into that cache (unless XAI_OFFLINE is set), and last
    the 1797 digits that come with scikit-learn, enlarged from 8 x 8 to 28 x 28 pixels.

    Parameters
    ----------
    train : int, default 20000
        How many of the training pictures to take, at most; the first ones.

    Returns
    -------
    Digits
        Its ``repr`` says which data set it is and where it came from.

    Raises
    ------
    DataError
        If XAI_DATA_HOME is no folder, a file that is there is damaged, or there is no home folder to look in.
    """
    home = data_home()
    if home is not None and is_there(home / MNIST_FILE):
        return _mnist(home / MNIST_FILE, train, "found in XAI_DATA_HOME")
    cached = keras_cache() / MNIST_FILE
    if is_there(cached):
        return _mnist(cached, train, "found in Keras' cache")
    if offline():
        return stand_in_digits("no MNIST on this machine, and XAI_OFFLINE forbids to download it")
    try:
        download(MNIST_URL, cached, MNIST_SHA256, MNIST_SIZE)
    except DownloadError as error:
        return stand_in_digits(f"no MNIST on this machine, and the download failed: {error}")
    return _mnist(cached, train, "downloaded into Keras' cache")


def stand_in_digits(reason: str = "asked for") -> Digits:
    """Return the stand-in for MNIST: scikit-learn's digits, enlarged to 24 x 24 pixels with a margin of 2.

    Parameters
    ----------
    reason : str, default "asked for"
        Why it is they that are taken, for the ``repr``.
    """
    from scipy import ndimage
    from sklearn.datasets import load_digits as sklearn_digits

    small, labels = sklearn_digits(return_X_y=True)
    enlarged = ndimage.zoom(small.reshape(-1, 8, 8) / 16, (1, 3, 3), order=1, grid_mode=True, mode="nearest")
    pictures = _pictures(np.pad(enlarged, ((0, 0), (2, 2), (2, 2))))
    order = np.random.default_rng(0).permutation(len(pictures))
    train, test = order[:STAND_IN_TRAIN], order[STAND_IN_TRAIN:]
    y: NDArray[Any] = labels.astype(np.int64)
    return Digits(pictures[train], y[train], pictures[test], y[test], "scikit-learn's digits", reason, True)


def read_mnist(path: Path) -> dict[str, NDArray[np.uint8]]:
    """Return the four arrays of `path`, after checking each of them.

    Raises
    ------
    DataError
        If the file is damaged; the message names it.
    """
    arrays = read_arrays(path, MNIST_CONTENTS)
    for name, expected in MNIST_CONTENTS.items():
        if idx_checksum(arrays[name]) != expected:
            raise damaged(path, f"the checksum of {name} is not that of MNIST")
    return arrays


def idx_checksum(array: NDArray[np.uint8]) -> str:
    """Return the SHA-256 checksum of `array` as an IDX file, the format that MNIST was published in."""
    kind = 8  # IDX's number for unsigned bytes
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return hashlib.sha256(header + array.tobytes()).hexdigest()


def _mnist(path: Path, train: int, source: str) -> Digits:
    arrays = read_mnist(path)
    return Digits(
        _pictures(arrays["x_train"][:train] / np.float32(255)),
        arrays["y_train"][:train].astype(np.int64),
        _pictures(arrays["x_test"] / np.float32(255)),
        arrays["y_test"].astype(np.int64),
        "MNIST",
        source,
    )


def _pictures(planes: NDArray[Any]) -> NDArray[np.float32]:
    """Give the pictures (pictures, 28, 28) a channel."""
    return np.ascontiguousarray(np.clip(planes, 0, 1)[..., None], dtype=np.float32)
