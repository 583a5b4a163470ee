"""The checks of lesson 20 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_20 as check


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, codes, dictionary, sparsity: (
            ((x - codes @ dictionary) ** 2).mean() + sparsity * codes.sum(axis=1).mean()
        ),
        lambda x, codes, dictionary, sparsity: np.mean(
            [
                ((row - code @ dictionary) ** 2).sum() / len(row) + sparsity * np.abs(code).sum()
                for row, code in zip(x, codes, strict=True)
            ]
        ),
    ],
)
def test_a_loss_is_right_however_it_is_written(answer):
    assert check.loss(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).sum(axis=1).mean() + sparsity * codes.sum(axis=1).mean()
            ),
            "not divided by the number of units",
        ),
        (lambda x, codes, dictionary, sparsity: ((x - codes @ dictionary) ** 2).mean(), "the reconstruction alone"),
        (
            lambda x, codes, dictionary, sparsity: ((x - codes @ dictionary) ** 2).mean() + sparsity * codes.mean(),
            "averaged over features",
        ),
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).mean() + sparsity * (codes > 0).sum(axis=1).mean()
            ),
            "no slope to learn from",
        ),
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).mean() + sparsity * (codes**2).sum(axis=1).mean()
            ),
            "squares the codes",
        ),
        (lambda x, codes, dictionary, sparsity: 0.5, "and you say 0.500"),
        (lambda x, codes, dictionary, sparsity: codes, "expected one number"),
    ],
)
def test_a_wrong_loss_is_told_what_is_wrong(answer, why):
    verdict = check.loss(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_the_ends_are_all_and_nothing():
    assert check.ends(lambda: (0, 1)).state == "right"
    assert check.ends(lambda: np.array([0.0, 1.0])).state == "right"
    assert "the other way round" in check.ends(lambda: (1, 0)).message
    assert "And at infinity?" in check.ends(lambda: (0, 0)).message


@pytest.mark.parametrize(
    "answer", [lambda x, a, d: max(x - a * d / 2, 0), lambda x, a, d: np.clip(x - d * a / 2, 0, x)]
)
def test_a_code_is_right_however_it_is_written(answer):
    assert check.shrunk(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x, a, d: x - a * d / 2, "never negative"),
        (lambda x, a, d: max(x - a * d, 0), "has a 2"),
        (lambda x, a, d: max(x - a / 2, 0), "smaller by more"),
        (lambda x, a, d: x, "set the slope of the loss to 0"),
        (lambda x, a, d: 7.0, "and you say 7.000"),
    ],
)
def test_a_wrong_code_is_told_what_is_wrong(answer, why):
    verdict = check.shrunk(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
