"""The checks of lesson 21 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest
from scipy.stats import entropy

from xai_course import lesson_21 as check


def likeness(distances):
    return np.log((distances + 1) / (distances + 1e-4))


def test_an_expected_change_is_right_by_scipy():
    answer = check.expected_change(lambda c, now, off, on: (1 - c) * entropy(off, now) + c * entropy(on, now))
    assert answer.state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda c, now, off, on: c * entropy(off, now) + (1 - c) * entropy(on, now), "in which it is not"),
        (lambda c, now, off, on: (1 - c) * entropy(now, off) + c * entropy(now, on), "the other way round"),
        (lambda _, now, off, on: (entropy(off, now) + entropy(on, now)) / 2, "both states count alike"),
        (lambda _c, now, _off, on: entropy(on, now), "not to be there"),
        (lambda c, now, off, on: entropy((1 - c) * off + c * on, now), "expected that of the divergences"),
        (lambda *_: 0.5, "and you say 0.500"),
        (lambda _c, now, _off, _on: now, "expected one number"),
    ],
)
def test_a_wrong_expected_change_is_told_what_is_wrong(answer, why):
    verdict = check.expected_change(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize("answer", [lambda d, w: likeness(d) @ w, lambda d, w: sum(likeness(d) * w)])
def test_points_are_right_however_they_are_written(answer):
    assert check.points(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda d, w: d @ w, "these are distances"),
        (lambda d, w: -(d @ w), "not the negative distance"),
        (lambda d, _: likeness(d).sum(), "the weights are missing"),
        (lambda d, w: (likeness(d) * w).max(), "the largest of the points"),
        (lambda d, w: (likeness(d) * w).mean(), "the mean of the points"),
        (lambda *_: 1.0, "and you say 1.000"),
        (lambda d, _: d, "expected one number"),
    ],
)
def test_wrong_points_are_told_what_is_wrong(answer, why):
    verdict = check.points(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize("one", [check.expected_change, check.points])
def test_blanks_are_blank(one):
    assert one(...).state == "blank"
    assert one(lambda *_: ...).state == "blank"
