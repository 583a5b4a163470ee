"""The checks of lesson 18 accept the solution, and reject what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_18 as check


@pytest.mark.parametrize(
    "answer",
    [
        lambda one, other: one.mean(axis=0) - other.mean(axis=0),
        lambda one, other: np.average(one, axis=0) - np.average(other, axis=0),
        lambda one, other: (one[:, None] - other[None]).mean(axis=(0, 1)),
    ],
)
def test_a_step_is_right_however_it_is_written(answer):
    assert check.step(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda one, other: other.mean(axis=0) - one.mean(axis=0), "points away"),
        (lambda one, other: one.mean(axis=0), "from zero"),
        (lambda one, other: one.sum(axis=0) - other.sum(axis=0), "these are sums"),
        (lambda one, other: (step := one.mean(0) - other.mean(0)) / np.linalg.norm(step), "length one"),
        (lambda one, other: (one.mean(axis=0) - other.mean(axis=0)) / 2, "half of the way"),
        (lambda one, other: one.mean() - other.mean(), "a vector of 7 numbers"),
        (lambda one, other: np.zeros(7), "and you say 0.000"),
        (lambda one, other: np.full(7, np.nan), "found nan"),
    ],
)
def test_a_wrong_step_is_told_what_is_wrong(answer, why):
    verdict = check.step(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda gradients, vector: (gradients @ vector > 0).mean(),
        lambda gradients, vector: (np.sign((gradients * vector).sum(axis=1)).mean() + 1) / 2,
    ],
)
def test_a_score_is_right_however_it_is_written(answer):
    assert check.score(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda gradients, vector: (gradients @ vector).mean(), "this is the effect"),
        (lambda gradients, vector: (gradients @ vector > 0).sum(), "expected their share"),
        (lambda gradients, vector: (gradients @ vector < 0).mean(), "the negative ones"),
        (lambda gradients, vector: (gradients > 0).mean(), "knows nothing of the vector"),
        (lambda gradients, vector: (gradients * vector > 0).mean(), "counts single units"),
        (lambda gradients, vector: gradients.mean(axis=0) @ vector > 0, "expected one number"),
        (lambda gradients, vector: float(gradients.mean(axis=0) @ vector > 0), "sign of the mean derivative"),
        (lambda gradients, vector: gradients @ vector > 0, "expected one number"),
        (lambda gradients, vector: 0.123, "and you say 0.123"),
    ],
)
def test_a_wrong_score_is_told_what_is_wrong(answer, why):
    verdict = check.score(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda tests, alpha: np.ceil(tests / alpha) - 1,
        lambda tests, alpha: next(n for n in range(10**5) if 1 / (1 + n) <= alpha / tests + 1e-12),
    ],
)
def test_a_number_of_splits_is_right_however_it_is_written(answer):
    assert check.splits(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda tests, alpha: np.ceil(1 / alpha) - 1, "enough for one test"),
        (lambda tests, alpha: np.ceil(tests / alpha), "one more than it takes"),
        (lambda tests, alpha: np.ceil(tests / alpha) + 1, "two more"),
        (lambda tests, alpha: tests, "how small can p be"),
        (lambda tests, alpha: tests / alpha - 0.5, "expected one whole number"),
        (lambda tests, alpha: 7, "and you say 7"),
    ],
)
def test_a_wrong_number_of_splits_is_told_what_is_wrong(answer, why):
    verdict = check.splits(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
