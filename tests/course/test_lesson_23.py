"""The checks of lesson 23 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_23 as check


def test_a_guess_is_right_by_counting():
    assert check.guess(lambda colours, asked: np.mean([colour == asked for colour in colours])).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda colours, _: 1 / len(colours), "the same colour"),
        (lambda colours, _: 1 / len(set(colours)), "twice as often"),
        (lambda *_: 0.25, "points at a thing"),
        (lambda colours, asked: np.mean([colour != asked for colour in colours]), "how often it stays"),
        (lambda colours, asked: colours.count(asked), "a share of them"),
        (lambda *_: 0.5, "and you say 0.500"),
        (lambda *_: "red", "expected one number"),
    ],
)
def test_a_wrong_guess_is_told_what_is_wrong(answer, why):
    verdict = check.guess(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_shares_are_right_by_the_mean_over_orders():
    def over_orders(neither, picture, question, both):
        first = {"picture": (picture - neither, both - picture), "question": (both - question, question - neither)}
        return np.mean(list(first.values()), axis=0)

    assert check.shares(over_orders).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda n, p, q, b: (p - n, q - n), "each brings alone"),
        (lambda n, p, q, b: (b - q, b - p), "as the last one"),
        (lambda n, p, q, b: ((q - n + b - p) / 2, (p - n + b - q) / 2), "are exchanged"),
        (lambda n, p, q, b: (p - n + b - q, q - n + b - p), "expected the mean"),
        (lambda n, p, q, b: ((p + b - q) / 2, (q + b - p) / 2), "it need not be 0"),
        (lambda *_: (1, 1), "and you say 1.0 and 1.0"),
        (lambda *_: 1.0, "two numbers"),
    ],
)
def test_wrong_shares_are_told_what_is_wrong(answer, why):
    verdict = check.shares(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
