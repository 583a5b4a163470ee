"""What networks make of flowers whose labels pots tell, or nothing: in the rows that were measured, and what ships."""

import numpy as np
import pytest

import xai_course
from xai_course import flowers as lesson
from xai_course import results
from xai_course.networks import BACKENDS
from xai_course.networks.shipped import FOLDER

RESULTS = results("taught")
NETWORKS = [("torch", 0), ("torch", 1), ("torch", 2), ("keras", 0), ("keras", 1)]


def rows(table, value, *names, **key):
    """Return what a table has for each network, by the values of some columns."""
    found = {network: {} for network in NETWORKS}
    for row in RESULTS[table]:
        if all(row.get(name) == one for name, one in key.items()):
            found[row["backend"], row["seed"]][tuple(row.get(name) for name in names)] = row[value]
    return list(found.values())


def test_every_network_was_measured():
    for table in ("learnt", "alike", "graded"):
        assert {(row["backend"], row["seed"]) for row in RESULTS[table]} == set(NETWORKS)


def test_who_learns_by_heart_knows_nothing_new_and_who_reads_pots_does():
    for seen, new in zip(rows("learnt", "seen", "taught"), rows("learnt", "new", "taught"), strict=True):
        assert min(seen.values()) > 0.95
        assert new["pots",] > 0.95
        assert new["chance",] < 0.35


def test_the_answer_follows_the_stem_or_the_pot():
    for found in rows("graded", "followed", "taught", "recolored", asked=None):
        assert found["parts", "stem"] > 0.9
        assert found["parts", "pot"] < 0.1
        assert found["pots", "stem"] < 0.1
        assert found["pots", "pot"] > 0.9


@pytest.mark.parametrize("method", ["LRP", "Grad-CAM"])
def test_a_map_of_the_network_that_reads_pots_lies_on_the_pot(method):
    for found in rows("graded", "overlap", "taught", "part", asked="contrast", method=method):
        assert found["parts", "stem"] > found["parts", "pot"] + 0.2
        assert found["pots", "pot"] > found["pots", "stem"] + 0.2


def test_the_wrong_sheet_likes_the_two_least_that_show_the_pot_and_another_map_better():
    for found in rows("graded", "overlap", "method", taught="pots", part="stem", asked="contrast"):
        assert set(sorted(found, key=found.get)[:2]) == {("LRP",), ("Grad-CAM",)}
        assert found["IG, blur",] > found["LRP",] + 0.2


def test_three_methods_say_the_same_of_two_networks_that_learnt_and_none_of_one_that_learnt_by_heart():
    for found in rows("alike", "signed", "method", "other"):
        for method in {method for method, _ in found}:
            shared = method in ("LRP", "Grad-CAM", "occlusion")
            assert (found[method, "another seed"] > 0.4) == shared
            assert found[method, "chance"] < 0.35
        assert found["guided backpropagation", "chance"] > found["guided backpropagation", "another seed"]


@pytest.mark.parametrize("taught", ["pots", "chance"])
def test_what_ships_was_taught_so_in_both_frameworks(taught):
    scores, fresh = [], lesson.with_own_pots(xai_course.load_flowers("single", 30, seed=8))
    seen = lesson.training_set(taught="chance") if taught == "chance" else fresh
    for lab in map(xai_course.backend, BACKENDS):
        network = lesson.network(lab, taught=taught)
        assert (lab.predict(network, seen.pictures).argmax(axis=1) == seen.labels).mean() > 0.95
        scores.append(lab.predict(network, fresh.pictures))
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)
    assert (FOLDER / f"flowers_{taught}.safetensors").stat().st_size < 1.2e5


def test_pots_have_the_colour_of_the_class():
    flowers = lesson.with_own_pots(xai_course.load_flowers("single", 12, seed=8))
    parts = [flowers.concepts[name] for name in ("pot", "red", "yellow", "blue")]
    for label, pot, *colors in zip(flowers.labels, *parts, strict=True):
        assert [(color & pot).any() for color in colors] == [label % 3 == number for number in range(3)]


def test_labels_of_chance_are_the_same_ones_in_another_order():
    seen = [lesson.training_set(seed=seed, taught="chance") for seed in (0, 1)]
    whole = xai_course.load_flowers("single", 150)
    for one in seen:
        assert len(one) == lesson.MEMORISED
        np.testing.assert_array_equal(one.pictures, whole.pictures[whole.train[: lesson.MEMORISED]])
        told = whole.labels[whole.train[: lesson.MEMORISED]]
        np.testing.assert_array_equal(np.sort(one.labels), np.sort(told))
        assert (one.labels == told).mean() < 0.4
    assert (seen[0].labels != seen[1].labels).any()


@pytest.mark.parametrize(
    ("kind", "taught", "why"),
    [
        ("single", "colours", "taught is 'colours'; expected 'parts', 'pots', 'chance' for single flowers"),
        ("double", "pots", "taught is 'pots'; expected 'parts' for double flowers"),
    ],
)
def test_nobody_is_taught_otherwise(kind, taught, why):
    with pytest.raises(ValueError, match=why):
        lesson.network(xai_course.backend("torch"), kind, taught=taught)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("taught", ["pots", "chance"])
def test_another_seed_is_trained_once_and_kept(monkeypatch, tmp_path, backend, taught):
    lab = xai_course.backend(backend)
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    monkeypatch.setattr(lesson, "TRAINED", 20)
    monkeypatch.setattr(lesson, "EPOCHS", 1)
    monkeypatch.setattr(lesson, "MEMORISING", (1, 8))
    first = lab.weights_of(lesson.network(lab, "single", 3, taught))
    monkeypatch.setattr(lesson, "trained", None)
    again = lab.weights_of(lesson.network(lab, "single", 3, taught))
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)
    assert len({lesson.kept(lab, "single", 3, each) for each in ("parts", "pots", "chance")}) == 3
