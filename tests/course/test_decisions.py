"""Drawn decisions: what is known of them, the networks in both frameworks, and the measures by their definitions."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import decisions


def test_a_table_has_columns_without_correlation():
    rows = decisions.table(50, 4, seed=3)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.T @ rows / 50, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("bias", ["group", "district", "none"])
def test_decisions_go_by_what_is_said_and_by_what_is_deserved(bias):
    people = decisions.decisions(4000, bias, proxy=0.6, seed=1)
    assert people.ours.mean() == 0.5
    assert np.corrcoef(people.rows[:, 0], people.rows[:, 1])[0, 1] == pytest.approx(0.6, abs=0.05)
    assert abs(decisions.parity_difference(people.deserved, people.ours)) < 0.05
    gap = decisions.parity_difference(people.decided, people.ours)
    assert gap > 0.3 if bias != "none" else abs(gap) < 0.05
    if bias == "none":
        np.testing.assert_array_equal(people.decided, people.deserved)


def test_the_same_network_in_both_frameworks_says_the_same():
    people = decisions.decisions(600, seed=2)
    weights = decisions.trained(people.rows, people.decided, without_group=True, seed=0)
    assert np.abs(weights["hidden.weight"][:, decisions.GROUP]).max() == 0
    by_hand = np.maximum(people.rows @ weights["hidden.weight"].T + weights["hidden.bias"], 0)
    by_hand = by_hand @ weights["scores.weight"].T + weights["scores.bias"]
    for backend in ("torch", "keras"):
        lab = xai_course.backend(backend)
        judge = xai.wrap(decisions.network(lab, weights), bounds=None, input_shape=(4,))
        scores = judge.scores(people.rows)
        np.testing.assert_allclose(scores, by_hand, atol=1e-4)
        line = xai.wrap(decisions.line(lab, [3, 0, -2, 1]), bounds=None, input_shape=(4,), outputs="values")
        lines = line.scores(people.rows)
        np.testing.assert_allclose(lines[:, 0], people.rows @ [3, 0, -2, 1], atol=1e-4)
    assert ((by_hand.argmax(axis=1) == 1) == people.decided).mean() > 0.8


def test_who_pays_for_a_difference_has_less_of_it():
    people = decisions.decisions(1000, seed=4)
    gaps = []
    for fairness in (0, 10):
        weights = decisions.trained(people.rows, people.decided, fairness=fairness, seed=0)
        hidden = np.maximum(people.rows @ weights["hidden.weight"].T + weights["hidden.bias"], 0)
        yes = (hidden @ weights["scores.weight"].T + weights["scores.bias"]).argmax(axis=1) == 1
        gaps.append(abs(decisions.parity_difference(yes, people.ours)))
    assert gaps[1] < 0.4 * gaps[0]


def test_the_measures_are_their_definitions():
    random = np.random.default_rng(5)
    yes, ours, deserved = random.random((3, 200)) < 0.4

    def rate(of):
        return sum(yes[place] for place in of) / len(of)

    def among(group, worth=None):
        return [n for n in range(200) if ours[n] == group and (worth is None or deserved[n] == worth)]

    assert decisions.parity_difference(yes, ours) == pytest.approx(rate(among(True)) - rate(among(False)))
    apart = [abs(rate(among(True, worth)) - rate(among(False, worth))) for worth in (True, False)]
    assert decisions.odds_difference(yes, ours, deserved) == pytest.approx(max(apart))
