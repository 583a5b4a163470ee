"""Slices come from the first place that has them, whole or not at all; else they are drawn."""

import numpy as np
import pytest

import xai_course
from xai_course import segmentation
from xai_course.data import DataError, draw_slices


@pytest.fixture(autouse=True)
def folders(places, monkeypatch, tmp_path):
    """XAI_DATA_HOME, and the course's cache."""
    cache = tmp_path / "cache of the course"
    cache.mkdir()
    monkeypatch.setenv("XAI_CACHE", str(cache))
    return places["home"], cache


@pytest.fixture
def scans():
    generator = np.random.default_rng(0)
    masks = generator.uniform(size=(30, 128, 128)) < 0.1
    return {
        "x": generator.integers(0, 256, (30, 128, 128, 3), dtype=np.uint8),
        "mask": np.packbits(masks.reshape(30, -1), axis=1),
        "patient": np.repeat(np.arange(10, dtype=np.int16), 3),
    }


def test_the_folder_comes_before_the_cache(folders, scans):
    home, cache = folders
    np.savez(cache / "brain_mri_lgg_128.npz", **scans)
    assert xai_course.load_slices().source == "found in the course's cache"
    np.savez(home / "brain_mri_lgg_128.npz", **scans)
    found = xai_course.load_slices()
    assert found.source == "found in XAI_DATA_HOME"
    assert not found.is_stand_in


def test_no_patient_is_on_both_sides(folders, scans):
    np.savez(folders[0] / "brain_mri_lgg_128.npz", **scans)
    found = xai_course.load_slices()
    assert sorted([*found.train, *found.test]) == list(range(30))
    assert not set(found.patients[found.train]) & set(found.patients[found.test])
    assert len(found.test) == 6
    np.testing.assert_allclose(found.pictures(found.test), scans["x"][found.test] / 255, atol=1e-6)
    bits = np.unpackbits(scans["mask"], axis=1).reshape(30, 128, 128)
    np.testing.assert_array_equal(found.masks(np.array([3])), bits[[3]])


def test_a_damaged_file_is_named(folders, scans):
    path = folders[0] / "brain_mri_lgg_128.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"brain_mri_lgg_128\.npz"):
        xai_course.load_slices()
    np.savez(path, **{**scans, "mask": scans["mask"][:, :10]})
    with pytest.raises(DataError, match=r"mask has shape \(30, 10\) of uint8; expected \(30, 2048\)"):
        xai_course.load_slices()


def test_drawn_slices_are_the_same_at_every_call(folders):
    one, other = xai_course.load_slices(), draw_slices()
    assert one.is_stand_in
    assert "account" in one.source
    index = np.arange(0, len(one.patients), 50)
    np.testing.assert_array_equal(one.pictures(index), other.pictures(index))
    masks = one.masks(np.arange(len(one.patients)))
    assert masks.reshape(len(masks), -1).any(axis=1).all(), "every slice shows a lesion"
    assert 0.005 < masks.mean() < 0.1


def test_the_shipped_network_finds_the_drawn_lesions_in_both_frameworks():
    slices = draw_slices()
    some = slices.test[::6]
    found = []
    for name in ("torch", "keras"):
        lab = xai_course.backend(name)
        found.append(lab.predict(segmentation.network(lab, slices), slices.pictures(some)))
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)
    assert segmentation.dice(found[0].argmax(axis=-1) == 1, slices.masks(some)) > 0.85


def test_dice():
    one, other = np.zeros((2, 4, 4), bool)
    assert segmentation.dice(one, other) == 1
    one[:2], other[1:3] = True, True
    assert segmentation.dice(one, other) == 0.5
