"""The checks of lesson 7 know right answers from wrong ones."""

import numpy as np
import pytest

from xai_course import lesson_07 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda g, z: g * (g > 0) * (z > 0), "right"),
        (lambda g, z: g * (z > 0), "wrong"),
        (lambda g, z: np.maximum(g, 0) + 0 * z, "wrong"),
        (lambda g, z: g.sum() + z, "wrong"),
    ],
)
def test_guided(answer, state):
    assert check.guided(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda x, w, b, r, epsilon=1e-6: x * (w.T @ (r / (w @ x + b + epsilon))), "right"),
        (lambda x, w, b, r, epsilon=1e-6: w.T @ (r / (w @ x + b + epsilon)), "wrong"),
        (lambda x, w, b, r, epsilon=1e-6: np.full(3, r.sum() / 3), "wrong"),
        (lambda x, w, b, r, epsilon=1e-6: r, "wrong"),
    ],
)
def test_relevance(answer, state):
    assert check.relevance(answer).state == state
