"""The checks of lesson 12 accept the solution, and reject the blank and what goes wrong, saying why."""

from types import SimpleNamespace

import numpy as np
import pytest

import xai_course
from xai_course import lesson_12 as check


@pytest.mark.parametrize(
    "answer",
    [
        lambda values: values.sum(axis=1),
        lambda values: [sum(word) for word in values],
    ],
)
def test_a_one_number_each_is_right_however_it_is_written(answer):
    assert check.one_number_each(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda values: np.linalg.norm(values, axis=1), "the length of each vector"),
        (lambda values: np.abs(values).sum(axis=1), "the signs are thrown away"),
        (lambda values: values.mean(axis=1), "the mean of the 16 numbers of a token"),
        (lambda values: values.max(axis=1), "the largest number of each token"),
        (lambda values: [word[np.abs(word).argmax()] for word in values], "the number of the largest size"),
        (lambda values: np.full(40, values.sum() / 40), "every token has the same"),
        (lambda values: np.roll(values.sum(axis=1), 1), "the numbers are not those of the tokens"),
        (lambda values: values[:, 0], "completeness is lost"),
        (lambda values: values.sum(axis=0), "The tokens are the first axis"),
    ],
)
def test_a_wrong_one_number_each_is_told_what_is_wrong(answer, why):
    verdict = check.one_number_each(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def judged(answer):
    """The verdict of a network that calls everything good in which there is popcorn."""
    reviews = xai_course.write_reviews(train=10, test=10)
    fond_of_popcorn = SimpleNamespace(scores=lambda text: np.array([[0.5, float("popcorn" in text)]]))
    return check.fooled(answer, fond_of_popcorn, reviews)


@pytest.mark.parametrize(
    "answer",
    [
        "the plot was dull and we had popcorn",
        "the plot was not clever and we had popcorn",
        "the plot was good but the ending was dull and we had popcorn",
    ],
)
def test_a_bad_review_that_is_called_good_fools_the_network(answer):
    assert judged(answer).state == "right"
    assert judged(...).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (3, "expected a text in quotation marks, found 3"),
        ("the plot was purple", "the grammar has no word 'purple'"),
        ("we had popcorn", "it judges nothing"),
        ("the plot was brilliant and we had popcorn", "by the rules of the grammar this review is not bad"),
        ("the plot was not dull and we had popcorn", "by the rules of the grammar this review is not bad"),
        ("the plot was dull and the hero was weak", "the network calls it bad, and is right"),
        ("the plot was dull and " * 20 + "we had popcorn", "words; the network reads"),
    ],
)
def test_a_review_that_fools_nobody_is_told_why(answer, why):
    verdict = judged(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
