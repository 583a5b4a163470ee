"""The checks of lesson 13 know right answers from wrong ones."""

import numpy as np
import pytest

from xai_course import lesson_13 as check


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda side, window, stride: len(range(0, side - window + stride, stride)) ** 2 + 1, "right"),
        (lambda side, window, stride: ((side - window) // stride + 1) ** 2, "wrong"),
        (lambda side, window, stride: ((side - window) // stride + 1) ** 2 + 1, "wrong"),
        (lambda side, window, stride: 577.0, "wrong"),
    ],
)
def test_passes(answer, state):
    assert check.passes(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda *arguments: None, "blank"),
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope - 2 * weight * x), 0, 1), "right"),
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope - weight * x), 0, 1), "wrong"),
        (lambda x, slope, rate, weight: x + rate * (slope - 2 * weight * x), "wrong"),
        (lambda x, slope, rate, weight: 0.5, "wrong"),
    ],
)
def test_step(answer, state):
    assert check.step(answer).state == state
