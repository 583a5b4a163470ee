"""The checks of lesson 15 accept the solution, and reject the blank and what goes wrong, saying why."""

import math

import numpy as np
import pytest
from scipy import stats

from xai_course import lesson_15 as check


def at_least(right, of):
    return sum(math.comb(of, heads) for heads in range(right, of + 1)) / 2**of


@pytest.mark.parametrize("answer", [at_least, lambda right, of: stats.binom.sf(right - 1, of, 0.5)])
def test_a_chance_is_right_however_it_is_written(answer):
    assert check.by_chance(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda right, of: math.comb(of, right) / 2**of, "this is for exactly so many"),
        (lambda right, of: at_least(right + 1, of), "this is for more than so many"),
        (lambda right, of: 1 - at_least(right, of), "how likely fewer are"),
        (lambda right, of: 0.5**right, "in how many ways"),
        (lambda right, of: right / of, "the share of right ones"),
        (lambda right, of: at_least(right, of) * 2**of, "this counts the ways"),
        (lambda right, of: 0.05, "for 7 of 8 it is 0.0352, and you say 0.0500"),
        (lambda right, of: [0.05], "expected one number"),
        (lambda right, of: np.nan, "found nan"),
    ],
)
def test_a_wrong_chance_is_told_what_is_wrong(answer, why):
    verdict = check.by_chance(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda scores: (scores[:, :1] - scores).mean(),
        lambda scores: np.mean([sum(row[0] - one for one in row) / len(row) for row in scores]),
    ],
)
def test_an_aopc_is_right_however_it_is_written(answer):
    assert check.aopc(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda scores: (scores[:, :1] - scores[:, 1:]).mean(), "this divides by L"),
        (lambda scores: (scores[:, :1] - scores).sum(axis=1).mean(), "this adds the losses of all steps"),
        (lambda scores: (scores[:, :1] - scores).mean(axis=1).sum(), "this adds up the pictures"),
        (lambda scores: (scores[:, :1] - scores).sum(), "this adds up everything"),
        (lambda scores: scores.mean(), "the mean score that is left"),
        (lambda scores: (scores - scores[:, :1]).mean(), "the sign is turned round"),
        (lambda scores: (scores[:, 0] - scores[:, -1]).mean(), "the last step alone"),
        (lambda scores: -np.diff(scores, axis=1).mean(), "against the one before"),
        (
            lambda scores: np.trapezoid(scores[:, :1] - scores, axis=1).mean() / (scores.shape[1] - 1),
            "the area by trapezoids",
        ),
        (lambda scores: 1.0, "it is 3.000, and you say 1.000"),
        (lambda scores: scores[:, 0] - scores.mean(axis=1), "expected one number"),
        (lambda scores: np.nan, "found nan"),
    ],
)
def test_a_wrong_aopc_is_told_what_is_wrong(answer, why):
    verdict = check.aopc(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda values, tried, drops: ((tried @ values - drops) ** 2).mean(),
        lambda values, tried, drops: (
            sum((row @ values - d) ** 2 for row, d in zip(tried, drops, strict=True)) / len(drops)
        ),
    ],
)
def test_an_infidelity_is_right_however_it_is_written(answer):
    assert check.infidelity(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda values, tried, drops: np.abs(tried @ values - drops).mean(), "the mean size of the differences"),
        (lambda values, tried, drops: (tried @ values - drops).mean(), "the differences are not squared"),
        (lambda values, tried, drops: ((tried @ values - drops) ** 2).sum(), "this adds the squares"),
        (lambda values, tried, drops: np.sqrt(((tried @ values - drops) ** 2).mean()), "this is the root of it"),
        (lambda values, tried, drops: ((tried @ values + drops) ** 2).mean(), "the two are added"),
        (lambda values, tried, drops: ((tried @ values).mean() - drops.mean()) ** 2, "the means are compared"),
        (lambda values, tried, drops: ((values.sum() - drops) ** 2).mean(), "added without the perturbations"),
        (lambda values, tried, drops: (drops**2).mean(), "what the explanation says is not in it"),
        (lambda values, tried, drops: 1.0, "for what is right about a linear network it is 0.000, and you say 1.000"),
        (lambda values, tried, drops: (tried @ values - drops) ** 2, "expected one number"),
        (lambda values, tried, drops: np.nan, "found nan"),
    ],
)
def test_a_wrong_infidelity_is_told_what_is_wrong(answer, why):
    verdict = check.infidelity(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
