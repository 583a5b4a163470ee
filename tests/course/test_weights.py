"""Files of weights: whole and finite, or refused by name; what ships is held to its checksum."""

import hashlib
import json
import shutil
import struct

import numpy as np
import pytest

from xai_course import gloro
from xai_course.data import DataError
from xai_course.faces import DRAWN, shipped_name
from xai_course.networks import shipped
from xai_course.networks.architecture import FACES, SLICES, Architecture, Dense, Flatten
from xai_course.networks.shipped import load_shipped, ship
from xai_course.networks.weights import initial_weights, keep, load, save

SMALL = Architecture("small", (2, 2, 1), {"flatten": Flatten(), "dense1": Dense(2)})


def raw(kind, content, shape=(2,)):
    """Return a safetensors file as its definition has it: the length of the header, the header, the numbers."""
    header = json.dumps({"weight": {"dtype": kind, "shape": shape, "data_offsets": [0, len(content)]}}).encode()
    return struct.pack("<Q", len(header)) + header + content


def test_a_flipped_bit_is_noticed_or_leaves_finite_weights_of_the_same_network(tmp_path):
    path, weights = tmp_path / "network.safetensors", initial_weights(SMALL)
    save(path, weights)
    content, places, refused = path.read_bytes(), np.random.default_rng(0), 0
    checksum = hashlib.sha256(content).hexdigest()
    header = 8 + struct.unpack("<Q", content[:8])[0]
    for place in places.choice(8 * header, 400, replace=False):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            found, why = load(path, SMALL), None
        except ValueError as error:
            found, why = None, str(error)
        if why is None:
            assert {name: value.shape for name, value in found.items()} == SMALL.weight_shapes()
        else:
            assert str(path) in why
            refused += 1
        with pytest.raises(DataError, match=r"network\.safetensors is damaged: its SHA-256 is \w+, expected"):
            load(path, SMALL, sha256=checksum)
    assert refused > 300


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (raw("BF16", b"\0" * 4), r"is damaged: it cannot be read as float16 or float32 \(KeyError: 'BF16'\)"),
        (raw("F8_E4M3", b"\0" * 2), "is damaged: it cannot be read as float16 or float32"),
        (raw("F32", struct.pack("<ff", 0, float("nan"))), "is damaged: weight holds NaN or infinite values"),
        (raw("F64", struct.pack("<dd", 0, 1e300)), "is damaged: weight holds NaN or infinite values"),
        (raw("F32", b"\0" * 8, shape=(3,)), "is damaged: it cannot be read"),
        (b"", "is damaged: it cannot be read"),
        (b"<html>sign in to the network</html>", "is damaged: it cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_other_contents_are_refused_by_name(tmp_path, content, why):
    path = tmp_path / "network.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=rf"network\.safetensors {why}.*Delete it and run this again"):
        load(path)


@pytest.mark.parametrize(("value", "half"), [(np.nan, False), (np.inf, False), (1e30, True)])
def test_weights_that_are_no_numbers_are_not_written(tmp_path, value, half):
    weights = initial_weights(SMALL) | {"dense1.bias": np.float32([0, value])}
    with pytest.raises(DataError, match=r"dense1\.bias holds NaN or infinite values"):
        save(tmp_path / "network.safetensors", weights, half)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written to .*network\.safetensors \(.+\); .*XAI_CACHE"):
        save(tmp_path / "file" / "network.safetensors", initial_weights(SMALL))


def test_a_write_that_is_broken_off_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "network.safetensors"
    save(path, initial_weights(SMALL))
    before = path.read_bytes()

    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.chmod", broken)  # the file beside it is written then, and not yet in its place
    with pytest.raises(KeyboardInterrupt):
        save(path, initial_weights(SMALL, seed=1))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_kept_is_not_lost(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="trained anew next time.*cannot be written"):
        keep(tmp_path / "file" / "network.safetensors", initial_weights(SMALL))


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A copy of the folder with the weights that ship."""
    shutil.copytree(shipped.FOLDER, tmp_path / "weights")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "weights")
    return tmp_path / "weights"


def test_every_file_that_ships_has_its_checksum():
    lines = (shipped.FOLDER / shipped.LIST).read_text("utf-8").splitlines()
    files = sorted(shipped.FOLDER.glob("*.safetensors"))
    assert lines == [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("digits_robust", lambda: gloro.shipped_weights("robust")),
        ("faces_drawn_pink", lambda: load_shipped(shipped_name(DRAWN, pink=True), FACES)),
        ("slices_drawn", lambda: load_shipped("slices_drawn", SLICES)),
    ],
)
def test_a_changed_weight_is_noticed(folder, name, read):
    assert read()
    path = folder / f"{name}.safetensors"
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}\.safetensors is damaged: its SHA-256 is .* Install the package"):
        read()


def test_what_is_shipped_anew_is_what_is_loaded(folder):
    weights = initial_weights(SMALL)
    ship("small", weights)
    found = load_shipped("small", SMALL)
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)
    gloro.shipped_weights("robust")  # its line is there still
    with pytest.raises(DataError, match=r"no weights 'large'; expected one of 'answering_even_0\.safetensors'"):
        load_shipped("large", SMALL)
    (folder / shipped.LIST).unlink()
    with pytest.raises(DataError, match=r"checksums\.txt cannot be read .* Install the package"):
        load_shipped("small", SMALL)
