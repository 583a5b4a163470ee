"""Digits come from the first place that has them, whole or not at all."""

import hashlib
import http.server
import struct
import threading
from contextlib import contextmanager

import numpy as np
import pytest

import xai_course
from xai_course import data


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
    monkeypatch.setattr(data, "MNIST_CONTENTS", {name: data.idx_checksum(array) for name, array in arrays.items()})
    return arrays


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    """Two empty folders, XAI_DATA_HOME and Keras' cache, and no network."""
    home, cache = tmp_path / "home", tmp_path / "keras" / "datasets"
    home.mkdir()
    cache.mkdir(parents=True)
    monkeypatch.setenv("XAI_DATA_HOME", str(home))
    monkeypatch.setenv("KERAS_HOME", str(cache.parent))
    monkeypatch.setenv("XAI_OFFLINE", "1")
    return home, cache


@contextmanager
def server(body: bytes, length: int | None = None):
    """Serve `body`, announced as `length` bytes, and give its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/mnist.npz"
        finally:
            running.shutdown()
            thread.join()


def test_the_folder_comes_before_the_cache(mnist, places):
    home, cache = places
    np.savez(cache / "mnist.npz", **mnist)
    assert xai_course.load_digits().source == "found in Keras' cache"
    np.savez(home / "mnist.npz", **mnist)
    digits = xai_course.load_digits()
    assert digits.source == "found in XAI_DATA_HOME"
    assert digits.name == "MNIST"


def test_pictures_are_floats_with_a_channel(mnist, places):
    np.savez(places[0] / "mnist.npz", **mnist)
    digits = xai_course.load_digits(train=25)
    assert digits.x_train.shape == (25, 28, 28, 1)
    assert digits.x_test.shape == (20, 28, 28, 1)
    assert digits.x_train.dtype == np.float32
    np.testing.assert_allclose(digits.x_test[..., 0], mnist["x_test"] / 255, atol=1e-6)
    np.testing.assert_array_equal(digits.y_train, mnist["y_train"][:25])


def test_an_archive_packed_by_another_program_will_do(mnist, places):
    np.savez_compressed(places[0] / "mnist.npz", **mnist)
    assert xai_course.load_digits().name == "MNIST"


@pytest.mark.parametrize("damage", ["cut off", "changed", "incomplete", "no archive", "pickled"])
def test_a_damaged_file_is_refused_by_name(mnist, places, damage):
    path = places[0] / "mnist.npz"
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
    with pytest.raises(data.DataError, match=r"mnist\.npz is damaged"):
        xai_course.load_digits()


def test_a_folder_that_is_not_there_is_a_mistake(monkeypatch):
    monkeypatch.setenv("XAI_DATA_HOME", "/nowhere/at/all")
    with pytest.raises(data.DataError, match="no such folder"):
        xai_course.load_digits()


def test_the_checksum_is_that_of_the_published_format():
    array = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    published = b"\x00\x00\x08\x03" + struct.pack(">III", 1, 2, 3) + bytes(range(6))
    assert data.idx_checksum(array) == hashlib.sha256(published).hexdigest()


def test_without_a_network_there_is_a_stand_in():
    digits = xai_course.load_digits()
    assert digits.name == "scikit-learn's digits"
    assert "XAI_OFFLINE" in repr(digits)
    assert (len(digits.x_train), len(digits.x_test)) == (1400, 397)
    assert digits.x_train.shape[1:] == (28, 28, 1)
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 1
    assert set(digits.y_train) == set(digits.y_test) == set(range(10))
    assert digits.x_test[:, [0, 1, -1, -2]].max() == 0, "a margin, as MNIST has"


def test_the_stand_in_shows_scikit_learns_digits():
    from sklearn.datasets import load_digits

    small, labels = load_digits(return_X_y=True)
    digits = xai_course.load_digits()
    order = np.random.default_rng(0).permutation(len(small))
    first = small[order[0]].reshape(8, 8) / 16
    shrunk = digits.x_train[0, 2:-2, 2:-2, 0].reshape(8, 3, 8, 3).mean(axis=(1, 3))
    assert digits.y_train[0] == labels[order[0]]
    assert np.corrcoef(first.ravel(), shrunk.ravel())[0, 1] > 0.9


def test_a_failed_download_is_told_and_replaced(mnist, places, monkeypatch):
    monkeypatch.delenv("XAI_OFFLINE")
    with server(b"<html>sign in</html>") as address:
        monkeypatch.setattr(data, "MNIST_URL", address)
        digits = xai_course.load_digits()
    assert digits.name == "scikit-learn's digits"
    assert "what came is another file than expected" in digits.source
    assert list(places[1].iterdir()) == []


def test_a_download_goes_into_kerass_cache(mnist, places, monkeypatch, tmp_path):
    monkeypatch.delenv("XAI_OFFLINE")
    np.savez(tmp_path / "served.npz", **mnist)
    body = (tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(data, "MNIST_SHA256", hashlib.sha256(body).hexdigest())
    with server(body) as address:
        monkeypatch.setattr(data, "MNIST_URL", address)
        assert xai_course.load_digits().source == "downloaded into Keras' cache"
    assert xai_course.load_digits().source == "found in Keras' cache"


def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(tmp_path):
    body = bytes(range(256)) * 1000
    path = tmp_path / "folder" / "file.bin"
    with server(body[:1000], length=len(body)) as address, pytest.raises(data.DownloadError, match="of 256000 bytes"):
        data.download(address, path, hashlib.sha256(body).hexdigest())
    assert list(path.parent.iterdir()) == []
    with server(body) as address:
        data.download(address, path, hashlib.sha256(body).hexdigest())
    assert path.read_bytes() == body
    assert list(path.parent.iterdir()) == [path]


def test_no_server_is_a_failed_download(tmp_path):
    with pytest.raises(data.DownloadError):
        data.download("http://127.0.0.1:9/mnist.npz", tmp_path / "mnist.npz", "0")
