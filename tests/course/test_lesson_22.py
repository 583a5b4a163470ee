"""The checks of lesson 22 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_22 as check


def centred(x):
    return x - x.mean(axis=0)


def by_grams(x, y):
    one, other = (centred(each) @ centred(each).T for each in (x, y))
    return (one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other))


def raw(x, y):
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


@pytest.mark.parametrize("answer", [by_grams, lambda x, y: raw(centred(x), centred(y))])
def test_an_alignment_is_right_however_it_is_written(answer):
    assert check.alignment(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (raw, "the mean of each column"),
        (lambda x, y: by_grams(x, y) ** 2, "the square of CKA"),
        (lambda x, y: by_grams(x, y) ** 0.5, "the root of CKA"),
        (
            lambda x, y: (np.linalg.norm(centred(x).T @ centred(y)) / np.linalg.norm(centred(x).T @ centred(x))) ** 2,
            "X has with itself alone",
        ),
        (lambda x, y: np.linalg.norm(centred(x).T @ centred(y)) ** 2, "not divided by anything"),
        (lambda x, y: 0.5, "and you say 0.500"),
        (lambda x, y: x, "expected one number"),
    ],
)
def test_a_wrong_alignment_is_told_what_is_wrong(answer, why):
    verdict = check.alignment(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_the_misprint_grows_with_one_of_the_two():
    assert check.factors(lambda c: (c**2, 1)).state == "right"
    assert check.factors(lambda c: np.array([c * c, 1.0])).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda c: (1, c**2), "these are exchanged"),
        (lambda c: (1, 1), "as it should be"),
        (lambda c: (c, 1), "how do its entries"),
        (lambda c: (c**2, 1 / c**2), "Y stands above as well"),
        (lambda c: (c**2, c**2), "the fourth power"),
        (lambda c: (7, 7), "and you say 7 and 7"),
        (lambda c: 4, "expected"),
    ],
)
def test_wrong_factors_are_told_what_is_wrong(answer, why):
    verdict = check.factors(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize("answer", [lambda p, most: p / most + 1, lambda p, most: np.ceil(p / most + 1 - 1e-9)])
def test_as_many_pictures_as_chance_asks_for_are_right(answer):
    assert check.pictures(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda p, most: p * most + 1, "divide"),
        (lambda p, most: p / most**2 + 1, "squared correlation already"),
        (lambda p, most: p + 1, "all is explained"),
        (lambda p, most: p / most - 1, "the 1 is added"),
        (lambda p, most: 5.0, "and you say 5"),
        (lambda p, most: [p, most], "expected one number"),
    ],
)
def test_a_wrong_number_of_pictures_is_told_what_is_wrong(answer, why):
    verdict = check.pictures(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
