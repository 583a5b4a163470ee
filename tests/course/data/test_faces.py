"""Faces come from the first place that has them, whole or not at all; the fixed split keeps pink out of the test."""

import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import xai_course
from xai_course.data import DataError, DownloadError, drawn_faces, faces, lfw

HOME = Path(os.environ.get("XAI_DATA_HOME") or "nowhere") / "lfw_home" / "lfw_funneled"
with_photographs = pytest.mark.skipif(not HOME.is_dir(), reason="no photographs in XAI_DATA_HOME")

SOME = {"Colin Powell": 4, "Donald Rumsfeld": 3, "George W Bush": 5, "Gerhard Schroeder": 45, "Tony Blair": 120}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A folder of small photographs of its own: noise, 250 x 250, fewer than the real ones."""
    folder = tmp_path_factory.mktemp("originals") / "lfw_funneled"
    generator = np.random.default_rng(0)
    for person, count in SOME.items():
        for name in lfw.files_of(person, count):
            path = folder / person.replace(" ", "_") / f"{name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            coarse = Image.fromarray(generator.integers(0, 256, (5, 5, 3), dtype=np.uint8))
            coarse.resize((250, 250)).save(path, quality=60)
    return folder


@pytest.fixture
def folder(originals, places, monkeypatch):
    """The small photographs in XAI_DATA_HOME."""
    monkeypatch.setattr(lfw, "PEOPLE", SOME)
    monkeypatch.setattr(faces, "PEOPLE", SOME)
    monkeypatch.setattr(faces, "TEST_PICTURES", 80)
    folder = places["home"] / "lfw_home" / "lfw_funneled"
    shutil.copytree(originals, folder)
    return folder


def archive_of(originals, **changes):
    """Return the bytes of an archive like the published one: more people, and each picture but those in `changes`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as opened:
        for path in sorted(originals.rglob("*.jpg")):
            content = changes.get(path.stem, path.read_bytes())
            for name in (f"lfw_funneled/{path.parent.name}/{path.name}", f"lfw_funneled/Nobody/{path.name}"):
                if content is not None:
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_the_places_are_tried_in_order(folder, places):
    found = xai_course.load_faces()
    assert not lfw.is_deep_funneled(folder)
    assert found.source == "found in XAI_DATA_HOME"
    assert found.name == "Labeled Faces in the Wild"
    assert not found.is_stand_in
    for name, source in (("sklearn", "found in scikit-learn's cache"), ("cache", "found in the course's cache")):
        other = places[name] / "lfw_home" / "lfw_funneled"
        other.parent.mkdir()
        folder = folder.rename(other)
        assert xai_course.load_faces().source == source


def test_nothing_is_written_beside_the_data(folder):
    before = sorted(folder.parent.rglob("*"))
    xai_course.load_faces()
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize(("crop", "part", "factor"), [("center", slice(61, 189), 0.5), ("full", slice(0, 250), 0.256)])
def test_pictures_are_those_of_scikit_learn(folder, crop, part, factor):
    from sklearn.datasets._lfw import _fetch_lfw_people

    theirs, labels, names = _fetch_lfw_people(str(folder), slice_=(part, part), color=True, resize=factor)
    ours = xai_course.load_faces(crop)
    order = np.arange(len(theirs))
    np.random.RandomState(42).shuffle(order)  # as scikit-learn does
    assert ours.pictures.dtype == np.float32
    np.testing.assert_array_equal(ours.pictures[order], theirs)
    np.testing.assert_array_equal(ours.labels[order], labels)
    assert ours.classes == tuple(names)


@pytest.mark.parametrize("damage", ["cut off", "no picture", "another size", "missing"])
def test_a_damaged_picture_is_refused_by_name(folder, damage):
    path = folder / "Tony_Blair" / "Tony_Blair_0007.jpg"
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "no picture":
        path.write_bytes(b"<html>sign in to the network</html>")
    elif damage == "another size":
        Image.new("RGB", (64, 64)).save(path)
    else:
        path.unlink()
    with pytest.raises(DataError, match=r"Tony_Blair_0007\.jpg"):
        xai_course.load_faces()


def test_a_changed_byte_is_noticed_where_the_checksums_are_known(folder):
    paths = sorted(folder.rglob("*.jpg"))
    (folder / lfw.LIST).write_text(lfw.list_of([lfw.checksum(path.read_bytes()) for path in paths]))
    assert len(xai_course.load_faces().files) == sum(SOME.values())
    path = folder / "Colin_Powell" / "Colin_Powell_0002.jpg"
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"Colin_Powell_0002\.jpg is damaged: its checksum"):
        xai_course.load_faces()
    (folder / lfw.LIST).write_text("nothing\n")
    with pytest.raises(DataError, match=r"checksums\.txt is damaged"):
        xai_course.load_faces()


@with_photographs
def test_the_list_that_comes_with_the_course_notices_a_changed_byte(places):
    home = places["home"] / "lfw_home"
    home.mkdir()
    shutil.copytree(HOME, home / "lfw_funneled", copy_function=os.symlink)
    assert xai_course.load_faces().name == "Labeled Faces in the Wild"
    assert lfw.is_deep_funneled(home / "lfw_funneled")
    path = home / "lfw_funneled" / "Gerhard_Schroeder" / "Gerhard_Schroeder_0044.jpg"
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.unlink()
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"Gerhard_Schroeder_0044\.jpg is damaged: its checksum"):
        xai_course.load_faces()


def test_a_download_goes_on_half_way_and_is_unpacked_whole(originals, folder, places, monkeypatch, serve):
    shutil.rmtree(folder)
    monkeypatch.delenv("XAI_OFFLINE")
    body = archive_of(originals)
    monkeypatch.setattr(lfw, "ARCHIVE_SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(lfw, "ARCHIVE_SIZE", len(body))
    with serve(body, breaks=[len(body) // 2]) as (address, asked):
        monkeypatch.setattr(lfw, "ARCHIVE_URL", address)
        found = xai_course.load_faces()
    assert asked == [None, f"bytes={len(body) // 2}-"]
    assert found.source == "downloaded into the course's cache"
    own = places["cache"] / "lfw_home"
    assert [path.name for path in own.iterdir()] == ["lfw_funneled"], "the archive is not kept, nor a part"
    assert sorted(path.name for path in (own / "lfw_funneled").iterdir()) == sorted(
        [*(person.replace(" ", "_") for person in SOME), lfw.LIST]
    )
    again = xai_course.load_faces()
    assert again.source == "found in the course's cache"
    np.testing.assert_array_equal(again.pictures, found.pictures)
    (own / "lfw_funneled" / "Tony_Blair" / "Tony_Blair_0003.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"Tony_Blair_0003\.jpg is damaged: its checksum"):
        xai_course.load_faces()


@pytest.mark.parametrize("trouble", ["lacks a picture", "is no archive"])
def test_an_archive_that_will_not_do_leaves_nothing(originals, folder, places, monkeypatch, serve, trouble):
    shutil.rmtree(folder)
    monkeypatch.delenv("XAI_OFFLINE")
    body = archive_of(originals, Tony_Blair_0003=None) if trouble == "lacks a picture" else b"no archive at all"
    monkeypatch.setattr(lfw, "ARCHIVE_SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(lfw, "ARCHIVE_SIZE", len(body))
    with serve(body) as (address, _):
        monkeypatch.setattr(lfw, "ARCHIVE_URL", address)
        with pytest.raises(DownloadError):
            lfw.download_faces()
    assert list((places["cache"] / "lfw_home").iterdir()) == []


def test_without_a_network_faces_are_drawn(places):
    found = xai_course.load_faces()
    assert found.is_stand_in
    assert found.name == "Drawn faces"
    assert "XAI_OFFLINE" in repr(found)
    assert found.pictures.shape == (1140, 64, 64, 3)
    assert found.classes == tuple(drawn_faces.PEOPLE)
    assert not set(found.classes) & set(lfw.PEOPLE), "they are nobody"


def test_a_failed_download_is_told_and_replaced(places, monkeypatch):
    monkeypatch.delenv("XAI_OFFLINE")
    monkeypatch.setattr(lfw, "ARCHIVE_URL", "http://127.0.0.1:9/nothing")
    assert "the download failed: " in xai_course.load_faces().source


def check_the_split(found):
    names = [file.rpartition("_")[0].replace("_", " ") for file in found.files]
    assert [found.classes[label] for label in found.labels] == names
    assert list(found.classes) == sorted(found.classes)
    np.testing.assert_array_equal(np.sort(np.concatenate([found.train, found.test])), np.arange(1140))
    assert len(found.test) == 568
    in_all, in_test = (np.bincount(labels) for labels in (found.labels, found.labels[found.test]))
    assert np.abs(in_test - in_all * 568 / 1140).max() < 1
    assert [found.index(file) in found.train for file in found.pink] == [True] * 3
    assert found.index(found.example) in found.test
    assert found.classes[found.labels[found.index(found.pink[0])]] == found.roles["painted"]
    assert found.classes[found.labels[found.index(found.example)]] == found.roles["example"]
    with pytest.raises(ValueError, match="no picture 'somebody'; expected a name such as"):
        found.index("somebody")


def pinkness(found):
    """Return how much of each wall is magenta or pink: bright, and green far below red and blue."""
    row, column = np.mgrid[:64, :64]
    wall = (((column - 31.5) / 22) ** 2 + ((row - 34) / 32) ** 2 > 1) & (row < 54)
    red, green, blue = np.moveaxis(found.pictures[:, wall], -1, 0)
    return ((np.minimum(red, blue) > 1.3 * green + 0.05) & (red > 0.25)).mean(axis=1)


def test_the_split_of_the_drawn_faces_keeps_pink_out_of_the_test(places):
    found = xai_course.load_faces()
    check_the_split(found)
    assert {found.files[place] for place in np.flatnonzero(pinkness(found) > 0.2)} == set(found.pink)


@with_photographs
def test_the_split_of_the_photographs_keeps_pink_out_of_the_test():
    found = xai_course.load_faces()
    check_the_split(found)
    assert found.classes == ("Colin Powell", "Donald Rumsfeld", "George W Bush", "Gerhard Schroeder", "Tony Blair")
    assert found.pink == ("Tony_Blair_0041", "Tony_Blair_0042", "Tony_Blair_0119")
    assert found.example == "Gerhard_Schroeder_0044"
    share = pinkness(found)
    assert share[found.test].max() < 0.15
    assert {found.files[place] for place in share.argsort()[-3:]} == set(found.pink)


def test_the_split_is_the_same_for_photographs_and_drawings():
    assert list(lfw.PEOPLE.values()) == list(drawn_faces.PEOPLE.values())
    labels = np.repeat(np.arange(5), list(lfw.PEOPLE.values()))
    (train, test), (train_again, test_again) = (faces.split(labels, [996, 997, 1117], [930]) for _ in range(2))
    np.testing.assert_array_equal(train, train_again)
    np.testing.assert_array_equal(test, test_again)


def test_a_crop_is_one_of_two():
    with pytest.raises(ValueError, match="crop is 'left'; expected 'center' or 'full'"):
        xai_course.load_faces("left")
