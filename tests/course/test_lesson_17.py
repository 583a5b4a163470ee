"""The checks of lesson 17 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_17 as check


def each(on, mask):
    return np.array([(one & other).sum() / max((one | other).sum(), 1) for one, other in zip(on, mask, strict=True)])


@pytest.mark.parametrize(
    "answer",
    [
        lambda on, mask: (on & mask).sum() / (on | mask).sum(),
        lambda on, mask: (on * mask).sum() / np.maximum(on, mask).sum(),
        lambda on, mask: (on & mask).mean() / (on | mask).mean(),
    ],
)
def test_an_overlap_over_all_pictures_is_right_however_it_is_written(answer):
    assert check.iou(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda on, mask: each(on, mask).mean(), "the mean of the IoUs of single pictures"),
        (lambda on, mask: each(on, mask)[mask.any(axis=(1, 2))].mean(), "that have the concept"),
        (lambda on, mask: (on & mask).sum() / mask.sum(), "on everywhere would have 1"),
        (lambda on, mask: (on & mask).sum() / on.sum(), "by the area of the unit"),
        (lambda on, mask: 2 * (on & mask).sum() / (on.sum() + mask.sum()), "Dice"),
        (lambda on, mask: (on & mask).sum(), "divide it by the union"),
        (lambda on, mask: (on == mask).mean(), "with neither of the two"),
        (lambda on, mask: 0.5, "and you say 0.500"),
        (lambda on, mask: on & mask, "expected one number"),
        (lambda on, mask: float("nan"), "found nan"),
    ],
)
def test_a_wrong_overlap_is_told_what_is_wrong(answer, why):
    verdict = check.iou(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize("answer", [lambda q, a: min(q, a) / max(q, a), lambda q, a: min(q / a, a / q)])
def test_a_ceiling_is_right_however_it_is_written(answer):
    assert check.ceiling(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda q, a: q / a, "above 1 where the concept is smaller"),
        (lambda q, a: a / q, "above 1 where the concept is larger"),
        (lambda q, a: min(q, a) / (q + a), "counted twice"),
        (lambda q, a: min(q, a), "divide it by the union"),
        (lambda q, a: q * a / (q + a - q * a), "know nothing of each other"),
        (lambda q, a: 2 * min(q, a) / (q + a), "largest Dice"),
        (lambda q, a: 1.0, "and you say 1.000"),
        (lambda q, a: [q, a], "expected one number"),
    ],
)
def test_a_wrong_ceiling_is_told_what_is_wrong(answer, why):
    verdict = check.ceiling(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
