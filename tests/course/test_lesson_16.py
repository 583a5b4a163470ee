"""The checks of lesson 16 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_16 as check


def largest(values, mask):
    return values >= np.sort(values, axis=None)[-mask.sum()]


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def ranked(values, mask):
    """Say the same through the accuracy of ranks, of which it is r / (2 - r)."""
    share = mask.ravel()[np.argsort(values, axis=None)[-mask.sum() :]].mean()
    return share / (2 - share)


@pytest.mark.parametrize("answer", [lambda values, mask: iou(largest(values, mask), mask), ranked])
def test_an_overlap_is_right_however_it_is_written(answer):
    assert check.overlap(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda values, mask: (largest(values, mask) & mask).sum() / mask.sum(), "by the area of the mask"),
        (lambda values, mask: (largest(values, mask) & mask).sum(), "divide it by the union"),
        (lambda values, mask: (largest(values, mask) == mask).mean(), "in neither of the two"),
        (lambda values, mask: iou(values > values.max() / 2, mask), "above half of the largest value"),
        (lambda values, mask: iou(values > 0, mask), "all that is positive"),
        (lambda values, mask: iou(largest(np.abs(values), mask), mask), "the largest magnitudes"),
        (lambda values, mask: iou(largest(-values, mask), mask), "the smallest values"),
        (lambda values, mask: 0.5, "for the first map it is 0.263, and you say 0.500. The mask has 12 pixels"),
        (lambda values, mask: largest(values, mask), "expected one number"),
        (lambda values, mask: float("nan"), "found nan"),
    ],
)
def test_a_wrong_overlap_is_told_what_is_wrong(answer, why):
    verdict = check.overlap(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda tuned, judged: judged[:, tuned.mean(axis=0).argmax()].mean(),
        lambda tuned, judged: judged.mean(axis=0)[np.argsort(tuned.sum(axis=0))[-1]],
    ],
)
def test_an_honest_threshold_is_right_however_it_is_written(answer):
    assert check.honest(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda tuned, judged: judged.mean(axis=0).max(), "that is peeking. Choose it on `tuned`"),
        (lambda tuned, judged: judged.max(axis=1).mean(), "its own best threshold: that is peeking"),
        (
            lambda tuned, judged: judged[:, np.concatenate([tuned, judged]).mean(axis=0).argmax()].mean(),
            "had a part in the choice: that is peeking",
        ),
        (lambda tuned, judged: tuned.mean(axis=0).max(), "on which the threshold was chosen; judge on `judged`"),
        (
            lambda tuned, judged: judged[:, np.unravel_index(tuned.argmax(), tuned.shape)[1]].mean(),
            "the single largest overlap in `tuned`",
        ),
        (lambda tuned, judged: judged[:, tuned.mean(axis=0).argmin()].mean(), "the smallest mean"),
        (lambda tuned, judged: tuned.mean(axis=0).argmax(), "this is the place of the threshold"),
        (lambda tuned, judged: judged.mean(), "the mean over all thresholds"),
        (lambda tuned, judged: 0.5, "in the first case it is 0.275, and you say 0.500"),
        (lambda tuned, judged: judged[:, tuned.mean(axis=0).argmax()], "expected one number"),
        (lambda tuned, judged: np.nan, "found nan"),
    ],
)
def test_a_wrong_threshold_is_told_what_is_wrong(answer, why):
    verdict = check.honest(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
