"""The checks of lesson 10 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_10 as check


@pytest.mark.parametrize(
    "answer",
    [
        lambda f, x, c: bool(f(c) != f(x) and (c >= x).all() and (c <= 1).all()),
        lambda f, x, c: f(c) != f(x) and np.all(c - x >= 0) and c.max() <= 1,
    ],
)
def test_a_claim_is_right_however_it_is_written(answer):
    assert check.claim(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda f, x, c: f(c) != f(x), "some ink is taken away"),
        (lambda f, x, c: bool(f(c) != f(x) and (c >= x).all()), "a pixel is brighter than 1"),
        (
            lambda f, x, c: bool(f(c) != f(x) and (c > x).all() and (c <= 1).all()),
            "it says False; it is one: ink is added",
        ),
        (lambda f, x, c: bool(f(c) != f(x) and (c >= x).all() and (c < 1).all()), "added up to a full 1"),
        (lambda f, x, c: bool(f(c) != f(x) and (c >= x).any() and (c <= 1).all()), "some ink is taken away"),
        (lambda f, x, c: bool(f(c) != f(x) and c.sum() > x.sum() and (c <= 1).all()), "some ink is taken away"),
        (lambda f, x, c: bool((c >= x).all() and (c <= 1).all()), "the answer stays the same"),
        (lambda f, x, c: "yes", "expected True or False; found 'yes'"),
        (lambda f, x, c: f(c), "expected True or False; found 1"),
    ],
)
def test_a_wrong_claim_is_told_what_is_wrong(answer, why):
    verdict = check.claim(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda w, b, x: -(w @ x + b) * w / (w @ w),
        lambda w, b, x: -(np.dot(w, x) + b) / np.linalg.norm(w) ** 2 * w,
    ],
)
def test_a_linear_change_is_right_however_it_is_written(answer):
    assert check.linear_change(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda w, b, x: -(w @ x + b) * w / np.linalg.norm(w), "by the length of w; expected by its square"),
        (lambda w, b, x: -(w @ x + b) * w, "not divided by the square of the length"),
        (lambda w, b, x: (w @ x + b) * w / (w @ w), "doubles the score"),
        (lambda w, b, x: -(w @ x) * w / (w @ w), "the bias is forgotten"),
        (lambda w, b, x: x - (w @ x + b) * w / (w @ w), "expected the change alone"),
        (lambda w, b, x: -w / (w @ w), "multiply by the score"),
        (lambda w, b, x: -(w @ x + b) * np.sign(w) / np.abs(w).sum(), "Move each by its weight"),
        (lambda w, b, x: np.eye(len(w))[0] * -(w @ x + b) / w[0], "whose length is 2.67; one of 1.6 would do"),
        (lambda w, b, x: 0 * x, "after the change the score is 8.00; expected 0"),
        (lambda w, b, x: 0.0, "one number for each element of x, shape (2,)"),
    ],
)
def test_a_wrong_linear_change_is_told_what_is_wrong(answer, why):
    verdict = check.linear_change(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
