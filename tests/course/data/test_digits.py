"""Digits come from the first place that has them, whole or not at all."""

import hashlib
import struct

import numpy as np
import pytest

import xai_course
from xai_course.data import DataError, digits


@pytest.fixture
def mnist(monkeypatch):
    """A small MNIST of its own, and its checksums in place of the real ones."""
    generator = np.random.default_rng(0)
    arrays = {
        "x_train": generator.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": generator.integers(0, 10, 30, dtype=np.uint8),
        "x_test": generator.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": generator.integers(0, 10, 20, dtype=np.uint8),
    }
    monkeypatch.setattr(digits, "MNIST_CONTENTS", {name: digits.idx_checksum(array) for name, array in arrays.items()})
    return arrays


@pytest.fixture(autouse=True)
def folders(places):
    """XAI_DATA_HOME, and the folder for data in Keras' cache."""
    cache = places["keras"] / "datasets"
    cache.mkdir()
    return places["home"], cache


def test_the_folder_comes_before_the_cache(mnist, folders):
    home, cache = folders
    np.savez(cache / "mnist.npz", **mnist)
    assert xai_course.load_digits().source == "found in Keras' cache"
    np.savez(home / "mnist.npz", **mnist)
    found = xai_course.load_digits()
    assert found.source == "found in XAI_DATA_HOME"
    assert found.name == "MNIST"
    assert not found.is_stand_in


def test_pictures_are_floats_with_a_channel(mnist, folders):
    np.savez(folders[0] / "mnist.npz", **mnist)
    found = xai_course.load_digits(train=25)
    assert found.x_train.shape == (25, 28, 28, 1)
    assert found.x_test.shape == (20, 28, 28, 1)
    assert found.x_train.dtype == np.float32
    np.testing.assert_allclose(found.x_test[..., 0], mnist["x_test"] / 255, atol=1e-6)
    np.testing.assert_array_equal(found.y_train, mnist["y_train"][:25])


def test_an_archive_packed_by_another_program_will_do(mnist, folders):
    np.savez_compressed(folders[0] / "mnist.npz", **mnist)
    assert xai_course.load_digits().name == "MNIST"


@pytest.mark.parametrize("damage", ["cut off", "changed", "incomplete", "no archive", "pickled"])
def test_a_damaged_file_is_refused_by_name(mnist, folders, damage):
    path = folders[0] / "mnist.npz"
    if damage == "changed":
        mnist["x_test"][3, 4, 5] ^= 1
    elif damage == "incomplete":
        del mnist["y_test"]
    elif damage == "pickled":
        mnist["y_test"] = np.array([None] * 20, dtype=object)
    np.savez(path, **mnist)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "no archive":
        path.write_bytes(b"<html>sign in to the network</html>")
    with pytest.raises(DataError, match=r"mnist\.npz is damaged"):
        xai_course.load_digits()


def test_a_folder_that_is_not_there_is_a_mistake(monkeypatch):
    monkeypatch.setenv("XAI_DATA_HOME", "/nowhere/at/all")
    with pytest.raises(DataError, match="no such folder"):
        xai_course.load_digits()


def test_the_checksum_is_that_of_the_published_format():
    array = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    published = b"\x00\x00\x08\x03" + struct.pack(">III", 1, 2, 3) + bytes(range(6))
    assert digits.idx_checksum(array) == hashlib.sha256(published).hexdigest()


def test_without_a_network_there_is_a_stand_in():
    found = xai_course.load_digits()
    assert found.name == "scikit-learn's digits"
    assert found.is_stand_in
    assert "XAI_OFFLINE" in repr(found)
    assert (len(found.x_train), len(found.x_test)) == (1400, 397)
    assert found.x_train.shape[1:] == (28, 28, 1)
    assert found.x_train.min() == 0
    assert found.x_train.max() == 1
    assert set(found.y_train) == set(found.y_test) == set(range(10))
    assert found.x_test[:, [0, 1, -1, -2]].max() == 0, "a margin, as MNIST has"


def test_the_stand_in_shows_scikit_learns_digits():
    from sklearn.datasets import load_digits

    small, labels = load_digits(return_X_y=True)
    found = xai_course.load_digits()
    order = np.random.default_rng(0).permutation(len(small))
    first = small[order[0]].reshape(8, 8) / 16
    shrunk = found.x_train[0, 2:-2, 2:-2, 0].reshape(8, 3, 8, 3).mean(axis=(1, 3))
    assert found.y_train[0] == labels[order[0]]
    assert np.corrcoef(first.ravel(), shrunk.ravel())[0, 1] > 0.9


def test_a_failed_download_is_told_and_replaced(mnist, folders, monkeypatch, serve):
    monkeypatch.delenv("XAI_OFFLINE")
    with serve(b"<html>sign in</html>") as (address, _):
        monkeypatch.setattr(digits, "MNIST_URL", address)
        found = xai_course.load_digits()
    assert found.name == "scikit-learn's digits"
    assert "what came is another file than expected" in found.source
    assert list(folders[1].iterdir()) == []


def test_a_download_goes_into_kerass_cache(mnist, folders, monkeypatch, tmp_path, serve):
    monkeypatch.delenv("XAI_OFFLINE")
    np.savez(tmp_path / "served.npz", **mnist)
    body = (tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(digits, "MNIST_SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(digits, "MNIST_SIZE", len(body))
    with serve(body, breaks=[len(body) // 2]) as (address, asked):
        monkeypatch.setattr(digits, "MNIST_URL", address)
        assert xai_course.load_digits().source == "downloaded into Keras' cache"
    assert asked == [None, f"bytes={len(body) // 2}-"], "the line broke half way"
    assert xai_course.load_digits().source == "found in Keras' cache"
