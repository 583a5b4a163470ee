"""The checks of lesson 10 know right answers from wrong ones."""

import numpy as np
import pytest

from xai_course import lesson_10 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda f, x, c: bool(f(c) != f(x) and (c >= x).all() and (c <= 1).all()), "right"),
        (lambda f, x, c: f(c) != f(x), "wrong"),
        (lambda f, x, c: bool(f(c) != f(x) and (c >= x).all()), "wrong"),
        (lambda f, x, c: "yes", "wrong"),
    ],
)
def test_claim(answer, state):
    assert check.claim(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda w, b, x: -(w @ x + b) * w / (w @ w), "right"),
        (lambda w, b, x: -(w @ x + b) * w / np.linalg.norm(w), "wrong"),
        (lambda w, b, x: np.eye(len(w))[0] * -(w @ x + b) / w[0], "wrong"),
        (lambda w, b, x: 0.0, "wrong"),
    ],
)
def test_linear_change(answer, state):
    assert check.linear_change(answer).state == state
