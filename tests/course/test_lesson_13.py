"""The checks of lesson 13 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_13 as check


def whole(side, window, stride):
    """How many windows fit without one that is cut off."""
    return (side - window) // stride + 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda side, window, stride: len(range(0, side - window + stride, stride)) ** 2 + 1,
        lambda side, window, stride: float(np.ceil((side - window) / stride) + 1) ** 2 + 1,
    ],
)
def test_a_passes_is_right_however_it_is_written(answer):
    assert check.passes(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda side, window, stride: whole(side, window, stride) ** 2, "not the pass over the picture itself"),
        (lambda side, window, stride: whole(side, window, stride) ** 2 + 1, "round up"),
        (lambda side, window, stride: (side // stride) ** 2 + 1, "room of its own"),
        (lambda side, window, stride: 577.0, "For size 28, window 5, stride 5 there are 37 passes, and you say 577"),
    ],
)
def test_a_wrong_passes_is_told_what_is_wrong(answer, why):
    verdict = check.passes(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, slope, rate, weight: np.clip(x + rate * (slope - 2 * weight * x), 0, 1),
        lambda x, slope, rate, weight: np.maximum(0, np.minimum(1, (1 - 2 * rate * weight) * x + rate * slope)),
    ],
)
def test_a_step_is_right_however_it_is_written(answer):
    assert check.step(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope - weight * x), 0, 1), "a factor of 2 is missing"),
        (lambda x, slope, rate, weight: x + rate * (slope - 2 * weight * x), "leaves the range from 0 to 1: clip it"),
        (lambda x, slope, rate, weight: np.clip(x + rate * slope, 0, 1), "the penalty is not in it"),
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope + 2 * weight * x), 0, 1), "the penalty is added"),
        (lambda x, slope, rate, weight: np.clip(x - rate * (slope - 2 * weight * x), 0, 1), "goes down the slope"),
        (lambda x, slope, rate, weight: np.clip(x + slope - 2 * weight * x, 0, 1), "the size of the step is missing"),
        (
            lambda x, slope, rate, weight: np.clip(x + rate * slope - 2 * weight * x, 0, 1),
            "belongs to the whole gradient",
        ),
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope - 2 * x), 0, 1), "not multiplied by `weight`"),
        (lambda x, slope, rate, weight: np.clip(x + rate * (slope - weight * x @ x), 0, 1), "the penalty itself"),
        (lambda x, slope, rate, weight: np.clip(rate * (slope - 2 * weight * x), 0, 1), "the step alone"),
        (lambda x, slope, rate, weight: 2 * x, "leaves the range"),
        (lambda x, slope, rate, weight: x, "from 0.5 to 0.560, and you say 0.500"),
        (lambda x, slope, rate, weight: 0.5, "one number for each element of x"),
    ],
)
def test_a_wrong_step_is_told_what_is_wrong(answer, why):
    verdict = check.step(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
