"""Which share of a network's answers concepts carry, beside least squares and Shapley's sum written out."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

UNITS, COUNT = 5, 60
X = np.random.default_rng(3).uniform(size=(COUNT, 1, 6, 6)).astype(np.float32)
DIRECTIONS = dict(zip("abc", np.random.default_rng(4).normal(size=(3, UNITS)), strict=True))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv2d(1, UNITS, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16 * UNITS, 4, bias=False)).eval()


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(1, 6, 6))


def halves(seed=0):
    order = np.random.default_rng(seed).permutation(COUNT)
    return order[: COUNT // 2], np.sort(order[COUNT // 2 :])


def accuracy(network, directions, right, seed=0):
    """Return the accuracy on what is held out with maps of least squares, from scores back to activations."""
    fitted, held = halves(seed)
    with torch.no_grad():
        maps = network[:2](torch.from_numpy(X)).numpy().transpose(0, 2, 3, 1).astype(float)
        seen = np.concatenate(
            [maps @ np.transpose(directions).reshape(UNITS, -1), np.ones((*maps.shape[:3], 1))], axis=3
        )
        known = seen[fitted].reshape(-1, seen.shape[3]), maps[fitted].reshape(-1, UNITS)
        found = seen[held] @ np.linalg.lstsq(*known, rcond=None)[0]
        scores = network[2:](torch.from_numpy(found.transpose(0, 3, 1, 2)).float()).numpy()
    return (scores.argmax(axis=1) == right[held]).mean()


@pytest.mark.parametrize("labelled", [False, True])
def test_each_coalition_and_each_share_are_written_out(agreement, network, model, labelled):
    answers = model.scores(X).argmax(axis=1)
    right = np.where(np.arange(COUNT) % 3 == 0, (answers + 1) % 4, answers) if labelled else answers
    shares = xai.ConceptShap(DIRECTIONS, draws=2)(model, X, "1", labels=right if labelled else None)
    held = halves()[1]
    nothing, whole = accuracy(network, np.zeros((0, UNITS)), right), (answers == right)[held].mean()
    assert shares.accuracies[0] == pytest.approx(nothing)
    assert shares.accuracies[2] == pytest.approx(whole)
    worth = {
        names: (accuracy(network, np.array([DIRECTIONS[n] for n in names]).reshape(-1, UNITS), right) - nothing)
        / (whole - nothing)
        for size in range(4)
        for names in combinations("abc", size)
    }
    agreement("concept_shap", "definition", list(shares.game.coalitions().values()), list(worth.values()))
    expected = {
        name: sum(
            (worth[tuple(sorted((*others, name)))] - worth[others]) / (3 * comb(2, size))
            for size in range(3)
            for others in combinations([one for one in "abc" if one != name], size)
        )
        for name in "abc"
    }
    agreement("concept_shap", "definition", list(shares.values.values()), list(expected.values()), tolerance=1e-9)
    assert sum(shares.values.values()) == pytest.approx(shares.completeness, abs=1e-9)
    assert shares.accuracies[1] == pytest.approx(accuracy(network, np.array([*DIRECTIONS.values()]), right))
    assert shares.game.shapley() == pytest.approx(shares.values)
    assert shares.evaluations == shares.planned


def test_all_units_carry_everything_and_the_same_concept_twice_shares_equally(model):
    every = xai.ConceptShap(dict(zip("abcde", np.eye(UNITS), strict=True)), draws=1)(model, X, "1")
    assert every.completeness == 1
    assert every.random.tolist() == [1]
    assert "5 directions may tell 4 classes apart" in repr(every)
    first, other = DIRECTIONS["a"], DIRECTIONS["b"]
    twice = xai.ConceptShap({"one": first, "two": 3 * first, "other": other}, draws=1)(model, X, "1")
    assert twice.values["one"] == pytest.approx(twice.values["two"], abs=1e-9)
    pair = xai.ConceptShap({"one": first, "other": other}, draws=1)(model, X, "1")
    assert twice.completeness == pytest.approx(pair.completeness)


def test_concepts_are_differences_of_means(network, model):
    bright = xai.Concept("bright", np.clip(X[:7] + 0.4, 0, 1), counterpart=X[7:20])
    by_name = xai.ConceptShap([bright], draws=1, seed=2)(model, X, "1")
    with torch.no_grad():
        there, away = (network[:2](torch.from_numpy(one)).numpy().mean(axis=(0, 2, 3)) for one in bright.sides)
    assert by_name.values == xai.ConceptShap({"bright": there - away}, draws=1, seed=2)(model, X, "1").values
    assert by_name.values["bright"] == by_name.completeness


def test_random_directions_do_not_depend_on_how_many_sets_there_are(model):
    few, many = (xai.ConceptShap(DIRECTIONS, draws=draws)(model, X, "1") for draws in (3, 6))
    np.testing.assert_array_equal(many.random[:3], few.random)


def test_it_streams(model):
    steps = list(xai.ConceptShap(dict(zip("abcde", np.eye(UNITS), strict=True)), draws=1).stream(model, X, "1"))
    assert len(steps) > 1
    assert steps[0].game is None
    assert [one.final for one in steps] == [False] * (len(steps) - 1) + [True]
    assert {one.completeness for one in steps} == {1}
    assert all(sum(one.values.values()) == pytest.approx(1) for one in steps)


def test_a_layer_that_knows_nothing_of_the_labels_is_refused(model):
    wrong = (model.scores(X).argmax(axis=1) + 1) % 4
    with pytest.raises(
        ValueError, match=r"inputs held out is 0.00, and without it 0.\d\d; expected inputs of more than one"
    ):
        xai.ConceptShap(DIRECTIONS, draws=1)(model, X, "1", labels=wrong)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"concepts": []}, TypeError, "a list of Concept"),
        ({"concepts": np.eye(UNITS)}, TypeError, "a list of Concept"),
        ({"concepts": [xai.Concept("a", X)]}, ValueError, "no counterpart"),
        ({"concepts": [xai.Concept("a", X, X)] * 2}, ValueError, "the same name"),
        ({"concepts": [xai.Concept("a", X, X)]}, ValueError, "puts out the same"),
        ({"concepts": dict.fromkeys(map(str, range(17)), np.ones(UNITS))}, ValueError, "at most 16"),
        ({"concepts": {"a": np.ones(3)}}, ValueError, "5 finite numbers"),
        ({"concepts": {"a": np.full(UNITS, np.nan)}}, ValueError, "5 finite numbers"),
        ({"concepts": {"a": "red"}}, ValueError, "'red'; expected a Concept"),
        ({"x": X[0]}, ValueError, "single input"),
        ({"x": X[:1]}, ValueError, "two or more inputs"),
        ({"layer": "nowhere"}, ValueError, "no layer"),
        ({"layer": None}, TypeError, "layer is None"),
        ({"labels": np.zeros(3, int)}, ValueError, "for each of 60 inputs"),
        ({"labels": np.full(COUNT, 9)}, ValueError, "from 0 to 3"),
    ],
)
def test_what_does_not_fit_is_said(model, change, error, words):
    given = {"concepts": DIRECTIONS, "x": X, "layer": "1", "labels": None, **change}
    with pytest.raises(error, match=words):
        xai.ConceptShap(given["concepts"], draws=1)(model, given["x"], given["layer"], labels=given["labels"])
