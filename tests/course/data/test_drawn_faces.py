"""Drawn faces are the same at every call, differ from picture to picture, and can be told apart."""

import itertools

import numpy as np
import pytest

from xai_course.data import drawn_faces

LABELS = np.repeat(np.arange(5), list(drawn_faces.PEOPLE.values()))


@pytest.fixture(scope="module")
def drawn():
    return drawn_faces.draw((61, 189), 64)


def test_they_are_pictures(drawn):
    assert drawn.shape == (1140, 64, 64, 3)
    assert drawn.dtype == np.float32
    assert 0 <= drawn.min() < 0.05
    assert 0.95 < drawn.max() <= 1


def test_they_are_the_same_at_every_call_and_no_two_are_alike(drawn, monkeypatch):
    monkeypatch.setattr(drawn_faces, "PEOPLE", {"Ada Reed": 3, "Ben Moss": 2})
    again = drawn_faces.draw((61, 189), 64)
    np.testing.assert_array_equal(again[:3], drawn[:3])
    np.testing.assert_array_equal(again[3:], drawn[236:238])
    assert min(np.abs(one - other).mean() for one, other in itertools.combinations(drawn[:40], 2)) > 0.02


def test_a_pink_wall_changes_nothing_else(monkeypatch):
    monkeypatch.setattr(drawn_faces, "PEOPLE", {"Theo Linden": 2})
    plain, pink = (drawn_faces.draw((61, 189), 64, which) for which in ([], [("Theo Linden", 2)]))
    np.testing.assert_array_equal(plain[0], pink[0])
    assert np.abs(plain[1] - pink[1])[:10, :10].max(axis=2).min() > 0.02
    np.testing.assert_array_equal(plain[1, 30:50, 25:40], pink[1, 30:50, 25:40])


def test_all_of_the_scene_shows_the_same_face_smaller(monkeypatch):
    monkeypatch.setattr(drawn_faces, "PEOPLE", {"Carl Ash": 1})
    center, full = (drawn_faces.draw(crop, 64)[0] for crop in ((61, 189), (0, 250)))
    middle = full[16:48, 16:48].repeat(2, axis=0).repeat(2, axis=1)
    assert np.corrcoef(center.ravel(), middle.ravel())[0, 1] > 0.8


def test_a_face_tells_the_person_and_a_wall_does_not(drawn):
    """The nearest of the means of five people on one half of the pictures, for the other half."""
    train, test = np.arange(0, 1140, 2), np.arange(1, 1140, 2)

    def accuracy(part):
        means = np.stack([part[train][LABELS[train] == person].mean(axis=0) for person in range(5)])
        distance = ((part[test][:, None] - means) ** 2).sum(axis=2)
        right = distance.argmin(axis=1) == LABELS[test]
        return np.mean([right[LABELS[test] == person].mean() for person in range(5)])

    face = drawn[:, 8:56, 12:52].reshape(1140, -1)
    wall = drawn[:, :20, [0, 1, 2, 61, 62, 63]].reshape(1140, -1)
    assert accuracy(face) > 0.7
    assert accuracy(wall) < 0.4
