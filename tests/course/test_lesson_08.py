"""The checks of lesson 8 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_08 as check


def left(a, p, w):
    return np.average((a - p) ** 2, weights=w)


def spread(a, w):
    return left(a, np.average(a, weights=w), w)


@pytest.mark.parametrize(
    "answer",
    [
        lambda a, p, w: 1 - left(a, p, w) / spread(a, w),
        lambda a, p, w: 1 - (w * (a - p) ** 2).sum() / (w * (a - (w @ a) / w.sum()) ** 2).sum(),
    ],
)
def test_a_fidelity_is_right_however_it_is_written(answer):
    assert check.fidelity(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda a, p, w: 1 - ((a - p) ** 2).mean() / a.var(), "the weights are not used"),
        (lambda a, p, w: 1 - left(a, p, w) / a.var(), "the variance of the answers is not weighted"),
        (lambda a, p, w: 1 - ((a - p) ** 2).mean() / spread(a, w), "what is left of the answers is not weighted"),
        (lambda a, p, w: 1 - left(a, p, w) / left(a, a.mean(), w), "around the plain mean"),
        (lambda a, p, w: left(a, p, w) / spread(a, w), "the part that is left over"),
        (lambda a, p, w: left(a, p, w) / spread(a, w) - 1, "the sign is turned round"),
        (lambda a, p, w: 1 - left(a, p, w), "not divided by the variance"),
        (lambda a, p, w: 1 - (w * (a - p) ** 2).sum() / spread(a, w), "added up and not averaged"),
        (lambda a, p, w: np.sqrt(np.maximum(1 - left(a, p, w) / spread(a, w), 0)), "the root of it"),
        (lambda a, p, w: np.corrcoef(a, p)[0, 1] ** 2, "for a line that fits well it gives"),
        (lambda a, p, w: 1 - left(a, p, w) / spread(p, w), "for a line that fits well it gives"),
        (lambda a, p, w: w, "expected one number; found an array of shape (40,)"),
    ],
)
def test_a_wrong_fidelity_is_told_what_is_wrong(answer, why):
    verdict = check.fidelity(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda s, x, m, b: s(x) - s(np.where(m, b, x)),
        lambda s, x, m, b: s(x) - s(x * ~m + b * m),
    ],
)
def test_a_ablation_is_right_however_it_is_written(answer):
    assert check.ablation(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda s, x, m, b: s(np.where(m, b, x)) - s(x), "the sign is turned around"),
        (lambda s, x, m, b: s(np.where(m, b, x)), "the score that is left"),
        (lambda s, x, m, b: s(x) - s(np.where(m, x, b)), "everything but the group is covered"),
        (lambda s, x, m, b: s(x) - s(x * ~m), "by 0 and not by the baseline"),
        (lambda s, x, m, b: s(x) - s(np.where(m, x - b, x)), "the baseline is taken away from the group"),
        (lambda s, x, m, b: abs(s(x) - s(np.where(m, b, x))), "the size of the change"),
        (lambda s, x, m, b: s(x), "the score of the whole picture"),
        (lambda s, x, m, b: 7, "the score goes from 3 to -2, a loss of 5; found 7"),
        (lambda s, x, m, b: m, "expected one number"),
    ],
)
def test_a_wrong_ablation_is_told_what_is_wrong(answer, why):
    verdict = check.ablation(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
