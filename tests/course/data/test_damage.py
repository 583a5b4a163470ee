"""Files with flipped bits, cut off, or not to be read at all: used as they were meant, or refused by name."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

import xai_course
from xai_course.data import DataError, digits, lfw
from xai_course.data.archive import read_arrays
from xai_course.data.errors import content_of


def flipped(content, count, seed=0):
    """Yield copies of some bytes, each with one bit the other way round; the same ones at every call."""
    for place in np.random.default_rng(seed).choice(8 * len(content), min(count, 8 * len(content)), replace=False):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def cut(content, count):
    """Yield beginnings of some bytes."""
    for length in np.linspace(0, len(content) - 1, count).astype(int):
        yield content[:length]


def tried(read, *arguments):
    """Return what is read and None, or None and the words with which it is refused."""
    try:
        return read(*arguments), None
    except DataError as error:
        return None, str(error)


@pytest.fixture
def mnist(monkeypatch):
    """A tiny MNIST, most of whose file is headers, and its checksums in place of the real ones."""
    generator = np.random.default_rng(0)
    arrays = {
        name: generator.integers(0, 256, (2, 4, 4) if name[0] == "x" else 2, dtype=np.uint8)
        for name in ("x_train", "y_train", "x_test", "y_test")
    }
    monkeypatch.setattr(digits, "MNIST_CONTENTS", {name: digits.idx_checksum(array) for name, array in arrays.items()})
    return arrays


@pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
def test_digits_are_those_that_were_published_or_the_file_is_refused_by_name(mnist, pack, tmp_path):
    path = tmp_path / "mnist.npz"
    pack(path, **mnist)
    content, refused = path.read_bytes(), 0
    for changed in [*flipped(content, 600), *cut(content, 50)]:
        path.write_bytes(changed)
        found, why = tried(digits.read_mnist, path)
        if why is None:
            for name, array in mnist.items():
                np.testing.assert_array_equal(found[name], array)
        else:
            assert why.startswith(f"The file {path} is damaged: ")
            assert why.endswith("Delete it and run this again, or put a whole one in its place.")
            refused += 1
    assert refused > 300, "a bit of a date or of permissions may be any"


def test_a_header_that_says_nonsense_where_the_sums_are_right_is_refused(tmp_path):
    """What a program packed wrongly passes the sums: the headers themselves are what is read then."""
    buffer = io.BytesIO()
    np.save(buffer, np.arange(6, dtype=np.uint8).reshape(2, 3))
    content, path = buffer.getvalue(), tmp_path / "other.npz"
    refused = 0
    for changed in flipped(content[:128], 400):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.npy", changed + content[128:])
        _, why = tried(read_arrays, path, ["a"])
        assert why is None or f"The file {path} is damaged: it cannot be read (" in why
        refused += why is not None
    assert refused > 50


def test_slices_are_whole_or_the_file_is_refused_by_name(places):
    generator = np.random.default_rng(0)
    arrays = {
        "x": np.zeros((5, 128, 128, 3), np.uint8),
        "mask": generator.integers(0, 256, (5, 2048), dtype=np.uint8),
        "patient": np.arange(5, dtype=np.int16),
    }
    path = places["home"] / "brain_mri_lgg_128.npz"
    np.savez_compressed(path, **arrays)
    content, refused = path.read_bytes(), 0
    whole = xai_course.load_slices()
    for changed in [*flipped(content, 150), *cut(content, 20)]:
        path.write_bytes(changed)
        found, why = tried(xai_course.load_slices)
        if why is None:
            assert not found.is_stand_in
            np.testing.assert_array_equal(found.masks(found.test), whole.masks(whole.test))
        else:
            assert f"The file {path} is damaged: " in why
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"patient": np.array(["a"] * 5)}, "patient has shape (5,) of <U1; expected (5,) of integer"),
        ({"patient": np.int64(3)}, "x has shape (5, 128, 128, 3) of uint8; expected (1, 128, 128, 3)"),
        ({"x": np.zeros((5, 128, 128, 3))}, "x has shape (5, 128, 128, 3) of float64; expected"),
        ({"patient": np.zeros(5, int)}, "it has slices of 1 patients; expected 5 or more"),
        ({"patient": None}, "it cannot be read"),
    ],
)
def test_slices_of_another_kind_are_refused(places, changes, why):
    arrays = {
        "x": np.zeros((5, 128, 128, 3), np.uint8),
        "mask": np.zeros((5, 2048), np.uint8),
        "patient": np.arange(5),
    } | changes
    np.savez(
        places["home"] / "brain_mri_lgg_128.npz", **{name: each for name, each in arrays.items() if each is not None}
    )
    with pytest.raises(DataError) as error:
        xai_course.load_slices()
    assert why in str(error.value)


def test_a_photograph_with_a_flipped_bit_is_a_picture_or_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(lfw, "PEOPLE", {"Ada": 1})
    path = tmp_path / "Ada" / "Ada_0001.jpg"
    path.parent.mkdir()
    coarse = np.random.default_rng(0).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((250, 250)).save(path, quality=60)
    content, refused = path.read_bytes(), 0
    for changed in [*flipped(content[:700], 300), *cut(content, 30)]:
        path.write_bytes(changed)
        found, why = tried(lfw.read_pictures, tmp_path, (61, 189), 64)
        assert (f"The file {path} is damaged: " in why) if found is None else found.shape == (1, 64, 64, 3)
        refused += found is None
    assert refused > 60


@pytest.mark.parametrize("content", ["folder", "nothing"])
def test_what_is_no_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "mnist.npz"
    if content == "folder":
        path.mkdir()
    with pytest.raises(DataError, match=rf"The file {path} cannot be read \(.+\)\. Delete it"):
        content_of(path)
    with pytest.raises(DataError, match="cannot be read"):
        digits.read_mnist(path)
