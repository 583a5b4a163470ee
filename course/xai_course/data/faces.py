"""Five people of Labeled Faces in the Wild: from a folder, scikit-learn's cache or a download, else drawn faces.

The pictures are read from the JPEG files themselves: nothing is unpickled, and nothing is written beside the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_course.data import drawn_faces
from xai_course.data.download import DownloadError
from xai_course.data.lfw import PEOPLE, download_faces, files_of, own_folder, read_pictures
from xai_course.data.places import data_home, is_there, offline, sklearn_cache

Crop = Literal["center", "full"]

SIZE = 64
"""The side of a picture, in pixels."""
CROPS: dict[Crop, tuple[int, int]] = {"center": (61, 189), "full": (0, 250)}
"""Where a square begins and ends in the 250 pixels of a photograph."""
TEST_PICTURES = 568
"""About half of the pictures; the number fits both accuracies that the authors of lesson 3 report."""
PINK = ("0041", "0042", "0119")
"""The pictures of the painted person with a pink wall behind, which are all for training."""
EXAMPLE = "0044"
"""The picture that the lesson edits, which is for testing."""


@dataclass(frozen=True, repr=False)
class Faces:
    """Pictures of five people, split into a training and a test set.

    Attributes
    ----------
    pictures : array of shape (pictures, 64, 64, 3)
        float32 from 0 to 1, red, green and blue last.
    labels : array of shape (pictures,)
        Which of `classes` each picture shows.
    classes : tuple of str
        The five names, in alphabetical order.
    files : tuple of str
        What each picture is called, such as "Tony_Blair_0041".
    train, test : array of int
        Places in `pictures`. The split is fixed and follows the shares of the people; no test picture has a pink wall.
    roles : mapping of str to str
        Who is who in the lesson: the "painted" person, whose training pictures get a pink background, and the
        "example", somebody else whose test picture is edited.
    pink : tuple of str
        The files in which the wall behind the painted person is pink by nature.
    example : str
        The file of the picture that the lesson edits.
    name, source : str
        Which data set this is, and where it was found.
    is_stand_in : bool
        Whether these faces are drawn.
    """

    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    files: tuple[str, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    roles: Mapping[str, str]
    pink: tuple[str, ...]
    example: str
    name: str
    source: str
    is_stand_in: bool

    def __repr__(self) -> str:
        height, width = self.pictures.shape[1:3]
        return (
            f"{self.name}: {len(self.train)} training and {len(self.test)} test pictures of {height} x {width} pixels, "
            f"{len(self.classes)} people ({self.source})"
        )

    def index(self, file: str) -> int:
        """Return the place in `pictures` of the picture with this name.

        Raises
        ------
        ValueError
            If there is no such picture.
        """
        if file not in self.files:
            raise ValueError(f"There is no picture {file!r}; expected a name such as {self.files[0]!r}.")
        return self.files.index(file)


def load_faces(crop: Crop = "center") -> Faces:
    """Return the five people with 100 or more pictures in Labeled Faces in the Wild, else drawn faces.

    The order: the folder `lfw_home` in XAI_DATA_HOME, the same folder in scikit-learn's cache, the course's own cache,
    a download of 233 MB into it, of which 10 MB stay (unless XAI_OFFLINE is set), and last 1140 faces that are drawn
    here.

    Parameters
    ----------
    crop : {"center", "full"}, default "center"
        "center" takes the middle 128 of the 250 x 250 pixels of a photograph: the face, with some background in view.
        "full" takes all of it. Both are reduced to 64 x 64 pixels.

    Returns
    -------
    Faces
        Its ``repr`` says which data set it is and where it came from.

    Raises
    ------
    ValueError
        If `crop` is neither of the two.
    DataError
        If XAI_DATA_HOME is no folder, a picture that should be there is damaged or missing, or there is no home or
        cache folder to look in.
    """
    if crop not in get_args(Crop):
        raise ValueError(f"crop is {crop!r}; expected 'center' or 'full'.")
    for source, folder in _places():
        if is_there(folder):
            return _photographs(folder, crop, source)
    if offline():
        return draw_faces(crop, "no photographs on this machine, and XAI_OFFLINE forbids to download them")
    try:
        folder = download_faces()
    except DownloadError as error:
        return draw_faces(crop, f"no photographs on this machine, and the download failed: {error}")
    return _photographs(folder, crop, "downloaded into the course's cache")


def draw_faces(crop: Crop = "center", reason: str = "asked for") -> Faces:
    """Return the stand-in for `load_faces`: five invented people, drawn here, the same ones at every call.

    Parameters
    ----------
    crop : {"center", "full"}, default "center"
        As in `load_faces`.
    reason : str
        Why they are used; it becomes the `source`.
    """
    *_, painted = drawn_faces.PEOPLE
    pictures = drawn_faces.draw(CROPS[crop], SIZE, [(painted, int(number)) for number in PINK])
    return _faces(pictures, drawn_faces.PEOPLE, "Drawn faces", reason, is_stand_in=True)


def split(labels: NDArray[np.int64], train_only: list[int], test_only: list[int]) -> tuple[NDArray[np.int64], ...]:
    """Return the places for training and for testing: always the same ones, each class with its share.

    Parameters
    ----------
    labels : array of shape (pictures,)
    train_only, test_only : list of int
        Places that are for training, or for testing, whatever chance says.
    """
    priority = np.random.default_rng(0).random(len(labels))
    priority[train_only] = 2
    priority[test_only] = -1
    shares = np.bincount(labels) * TEST_PICTURES / len(labels)
    counts = np.floor(shares).astype(int)
    for label in np.argsort(counts - shares, kind="stable")[: TEST_PICTURES - counts.sum()]:
        counts[label] += 1
    test = []
    for label, count in enumerate(counts):
        places = np.flatnonzero(labels == label)
        test.extend(places[np.argsort(priority[places], kind="stable")[:count]])
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[test] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _places() -> Iterator[tuple[str, Path]]:
    """Yield where the photographs may be; a place is looked up only when those before it have none."""
    home = data_home()
    if home is not None:
        yield "found in XAI_DATA_HOME", home / "lfw_home" / "lfw_funneled"
    yield "found in scikit-learn's cache", sklearn_cache() / "lfw_home" / "lfw_funneled"
    yield "found in the course's cache", own_folder()


def _photographs(folder: Path, crop: Crop, source: str) -> Faces:
    return _faces(
        read_pictures(folder, CROPS[crop], SIZE), PEOPLE, "Labeled Faces in the Wild", source, is_stand_in=False
    )


def _faces(
    pictures: NDArray[np.float32], people: dict[str, int], name: str, source: str, *, is_stand_in: bool
) -> Faces:
    """Put together what is alike in photographs and drawings: the fourth person is the example, the fifth painted."""
    files = tuple(file for person, count in people.items() for file in files_of(person, count))
    labels = np.repeat(np.arange(len(people)), list(people.values()))
    *_, other, painted = people
    pink = tuple(f"{painted.replace(' ', '_')}_{number}" for number in PINK)
    example = f"{other.replace(' ', '_')}_{EXAMPLE}"
    train, test = split(labels, [files.index(file) for file in pink], [files.index(example)])
    return Faces(
        pictures,
        labels,
        tuple(people),
        files,
        train,
        test,
        MappingProxyType({"painted": painted, "example": other}),
        pink,
        example,
        name,
        source,
        is_stand_in,
    )
