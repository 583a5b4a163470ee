"""The checks of lesson 12 know right answers from wrong ones."""

from types import SimpleNamespace

import numpy as np
import pytest

import xai_course
from xai_course import lesson_12 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda values: values.sum(axis=1), "right"),
        (lambda values: np.linalg.norm(values, axis=1), "wrong"),
        (lambda values: values.sum(axis=0), "wrong"),
        (lambda values: np.full(24, values.sum() / 24), "wrong"),
    ],
)
def test_one_number_each(answer, state):
    assert check.one_number_each(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (3, "wrong"),
        ("the plot was purple", "wrong"),  # an unknown word
        ("we had popcorn", "wrong"),  # judges nothing
        ("the plot was brilliant and we had popcorn", "wrong"),  # is good
        ("the plot was dull and the hero was weak", "wrong"),  # the network knows it is bad
        ("the plot was dull and we had popcorn", "right"),
        ("the plot was not clever and we had popcorn", "right"),
        ("the plot was good but the ending was dull and we had popcorn", "right"),
    ],
)
def test_fooled(answer, state):
    reviews = xai_course.write_reviews(train=10, test=10)
    popcorn = reviews.vocabulary.index("popcorn")
    fond_of_popcorn = SimpleNamespace(scores=lambda ids: np.array([[0.5, float((ids == popcorn).any())]]))
    assert check.fooled(answer, fond_of_popcorn, reviews).state == state
