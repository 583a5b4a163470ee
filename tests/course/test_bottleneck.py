"""Concept bottlenecks for drawn flowers: what was measured, what ships, and what is told."""

import numpy as np
import pytest
from scipy.special import expit

import xai_course
import xai_widgets as xai
from xai_course import results
from xai_course.networks import BACKENDS
from xai_course.networks.shipped import FOLDER
from xai_course.self_explaining import bottleneck as lesson
from xai_course.self_explaining.concepts import CONCEPTS, GROUPS, dimmed, truths

KINDS = ("independent", "sequential", "joint", "logits")
RESULTS = results("bottleneck")


@pytest.fixture(scope="module")
def fresh():
    return xai_course.load_flowers("double", 60, seed=7)


def rows(table, **key):
    found = [row for row in RESULTS[table] if all(row[name] == value for name, value in key.items())]
    assert {(row["backend"], row["seed"]) for row in found} == {(b, s) for b in BACKENDS for s in lesson.SEEDS}
    return found


def test_with_all_true_concepts_the_head_that_learnt_from_them_is_always_right():
    for row in rows("told", taught="independent"):
        assert row["both"] == 1
        assert row["petal"] >= row["none"]
        assert row["stem"] >= row["none"]


def test_the_pot_is_no_cause_of_the_class():
    for row in rows("told", taught="independent"):
        assert abs(row["pot"] - row["none"]) < 0.02


def test_a_head_that_reads_logits_is_best_alone_and_worse_where_it_is_told_the_petals():
    for row in rows("told", taught="logits", light="clean"):
        assert row["none"] > 0.95
        assert row["petal"] < row["none"] - 0.1


def test_concepts_leave_something_to_put_right():
    for taught in ("independent", "sequential", "logits"):
        for row in rows("told", taught=taught, light="clean"):
            assert 0.84 < row["concepts"] < 0.96


def test_asking_by_the_expected_change_is_best_at_each_step():
    best = rows("asked", policy="expected_change")
    for policy in ("uncertainty", "effect", "chance"):
        for one, other in zip(best, rows("asked", policy=policy), strict=True):
            assert one["right"][0] == other["right"][0]
            assert one["right"][1] > other["right"][1]
            assert one["right"][2] >= other["right"][2]
    assert all(row["right"][-1] == 1 for row in best)


@pytest.mark.parametrize("taught", KINDS)
def test_the_twins_agree_on_what_ships(fresh, taught):
    scores, told = [], []
    for lab in map(xai_course.backend, BACKENDS):
        model = lesson.wrapped(lab, lesson.network(lab, taught), fresh)
        inputs = lab.layout(fresh.pictures)
        found = xai.Intervention("concepts", {"petal: red": 1})(model, inputs)
        scores.append(found.scores_before)
        told.append(found.scores)
    np.testing.assert_allclose(scores[1], scores[0], atol=2e-4)
    np.testing.assert_allclose(told[1], told[0], atol=2e-4)
    assert (FOLDER / f"flowers_bottleneck_{taught}.safetensors").stat().st_size < 6e4


def test_what_to_ask_for_is_the_same_in_both_frameworks(fresh):
    worth = []
    for lab in map(xai_course.backend, BACKENDS):
        model = lesson.wrapped(lab, lesson.network(lab), fresh)
        worth.append(xai.NextConcept("concepts", groups=GROUPS)(model, lab.layout(fresh.pictures)).worth)
    np.testing.assert_allclose(worth[1], worth[0], atol=1e-4)


def test_truths_are_the_classes_and_the_pot(fresh):
    true = truths(fresh)
    assert true.sum(axis=1).tolist() == [3.0] * len(fresh)
    np.testing.assert_array_equal(true[:, :4].argmax(axis=1) * 3 + true[:, 4:7].argmax(axis=1), fresh.labels)
    for color in fresh.colors("pot"):
        other = truths(fresh.recolored("pot", color))
        assert other[:, CONCEPTS.index(f"pot: {color}")].all()
        np.testing.assert_array_equal(other[:, :7], true[:, :7])
    with pytest.raises(ValueError, match="single ones; expected double ones"):
        truths(xai_course.load_flowers("single", 6))


def test_told_truths_are_yes_and_no_or_the_levels_of_logits(fresh):
    true, levels = truths(fresh), np.array([np.arange(11.0), 100 + np.arange(11.0)])
    assert set(lesson.told(true, GROUPS["stem"])) == set(GROUPS["stem"])
    np.testing.assert_array_equal(lesson.told(true, ["stem: red"])["stem: red"], true[:, 4])
    found = lesson.told(true, ["pot: red"], levels)["pot: red"]
    np.testing.assert_array_equal(found, np.where(true[:, 7] > 0, 107, 7))


def test_levels_are_percentiles_of_what_is_said(fresh):
    lab = xai_course.backend("torch")
    network = lesson.network(lab, "logits")
    model, inputs = lesson.wrapped(lab, network, fresh), lab.layout(fresh.pictures)
    said = model.at("concepts").activations(inputs)
    np.testing.assert_allclose(lesson.levels(model, inputs), np.percentile(said, [5, 95], axis=0), rtol=1e-5)


def test_poor_light_is_dark_and_noisy(fresh):
    dim = dimmed(fresh.pictures)
    assert dim.dtype == np.float32
    assert dim.min() >= 0
    assert 0.5 < dim.mean() / fresh.pictures.mean() < 0.7
    assert (dim != dimmed(fresh.pictures, seed=1)).any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_all_ways_of_teaching_begin_with_the_same_network_and_another_seed_is_kept(monkeypatch, tmp_path, backend):
    lab = xai_course.backend(backend)
    monkeypatch.setenv("XAI_CACHE", str(tmp_path))
    monkeypatch.setattr(lesson, "COUNT", 60)
    monkeypatch.setattr(lesson, "EPOCHS", 1)
    monkeypatch.setattr(lesson, "JOINT_EPOCHS", 1)
    found = {taught: lab.weights_of(lesson.network(lab, taught, 3)) for taught in KINDS}
    same = [name for name in found["independent"] if not name.startswith("dense")]
    for name in same:
        np.testing.assert_array_equal(found["sequential"][name], found["independent"][name])
        assert (found["joint"][name] != found["independent"][name]).any()
    np.testing.assert_array_equal(found["logits"]["concepts.weight"], found["independent"]["concept_logits.weight"])
    monkeypatch.setattr(lesson, "trained", None)
    again = lab.weights_of(lesson.network(lab, "joint", 3))
    for name, value in found["joint"].items():
        np.testing.assert_array_equal(again[name], value)


def test_a_training_beside_the_answer_weighs_the_concepts(fresh):
    """Where they weigh nothing it is the plain one; where they weigh they are learnt, in both frameworks alike."""
    few, true, learnt = fresh.chosen(slice(0, 24)), truths(fresh)[:24], {}
    for lab in map(xai_course.backend, BACKENDS):
        for weight in (None, 0.0, 11.0):
            network = lab.build(lesson.FLOWERS_BOTTLENECK, seed=1)
            beside = None if weight is None else ("concept_logits", true, weight)
            lab.train(network, few.pictures, few.labels, steps=8, batch=8, rate=5e-3, beside=beside)
            learnt[lab.BACKEND, weight] = lab.weights_of(network)
    start = xai_course.backend("torch").weights_of(xai_course.backend("torch").build(lesson.FLOWERS_BOTTLENECK, seed=1))
    for backend in ("torch", "tensorflow"):
        for name, value in learnt[backend, None].items():
            np.testing.assert_allclose(learnt[backend, 0.0][name], value, atol=1e-5)
    for name, value in learnt["torch", 11.0].items():
        # Adam takes a whole step along slopes that are next to nothing, whichever sign rounding gives them.
        apart = np.linalg.norm(learnt["tensorflow", 11.0][name] - value)
        assert apart < 0.2 * np.linalg.norm(value - start[name])
    lab, errors = xai_course.backend("torch"), {}
    for weight in (None, 11.0):
        network = lab.build(lesson.FLOWERS_BOTTLENECK, learnt["torch", weight])
        logits = lesson.wrapped(lab, network, fresh).at("concept_logits").activations(lab.layout(few.pictures))
        errors[weight] = np.abs(expit(logits) - true).mean()
    assert errors[11.0] < errors[None] - 0.02


def test_nobody_is_taught_otherwise():
    with pytest.raises(ValueError, match="taught is 'alone'; expected 'independent', 'sequential', 'joint', 'logits'"):
        lesson.network(xai_course.backend("torch"), "alone")
