"""The checks of lesson 16, maps that are graded with an answer sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken

Truths = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@check()
def overlap(answer: Any) -> Verdict:
    """Check ``answer(values, mask)``, the overlap of a mask and as many of the largest values of a map."""
    cases = _maps()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([_iou(_largest(*case), case[1]) for case in cases])
    if np.allclose(found, expected):
        return Verdict("right", "intersection over union, and no threshold to choose.")
    _, mask = cases[0]
    many = "expected as many pixels as the mask has."
    mistakes = [
        (
            lambda values, mask: (_largest(values, mask) & mask).sum() / mask.sum(),
            "this divides by the area of the mask; expected by that of the union.",
        ),
        (
            lambda values, mask: 2 * (_largest(values, mask) & mask).sum() / (2 * mask.sum()),
            "this is Dice, which divides by the mean of the two areas; expected by that of their union.",
        ),
        (
            lambda values, mask: (_largest(values, mask) & mask).sum(),
            "this counts the intersection; divide it by the union.",
        ),
        (
            lambda values, mask: (_largest(values, mask) == mask).mean(),
            "this also counts what is in neither of the two, which are most of the pixels.",
        ),
        (
            lambda values, mask: _iou(values > values.max() / 2, mask),
            f"this takes what is above half of the largest value; {many}",
        ),
        (lambda values, mask: _iou(values > 0, mask), f"this takes all that is positive; {many}"),
        (
            lambda values, mask: _iou(_largest(np.abs(values), mask), mask),
            "this takes the largest magnitudes: values that speak against the class are among them.",
        ),
        (
            lambda values, mask: _iou(_largest(-values, mask), mask),
            "these are the smallest values; expected the largest.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first map it is {expected[0]:.3f}, and you say {found[0]:.3f}. The mask has {mask.sum()} pixels.",
    )


@check()
def honest(answer: Any) -> Verdict:
    """Check ``answer(tuned, judged)``, the overlap at a threshold that is chosen on other pictures."""
    cases = _curves()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([judged[:, tuned.mean(axis=0).argmax()].mean() for tuned, judged in cases])
    if np.allclose(found, expected):
        return Verdict("right", "the pictures that are judged had no part in the choice.")
    mean = "expected the one with the largest mean."
    mistakes = [
        (
            lambda _, judged: judged.mean(axis=0).max(),
            "the threshold is the best one for the pictures that are judged: that is peeking. Choose it on `tuned`.",
        ),
        (
            lambda _, judged: judged.max(axis=1).mean(),
            "each picture that is judged has its own best threshold: that is peeking. Choose one for all, on `tuned`.",
        ),
        (
            lambda tuned, judged: judged[:, np.concatenate([tuned, judged]).mean(axis=0).argmax()].mean(),
            "the pictures that are judged had a part in the choice: that is peeking. Choose on `tuned` alone.",
        ),
        (
            lambda tuned, _: tuned.mean(axis=0).max(),
            "this is the overlap on the pictures on which the threshold was chosen; judge on `judged`.",
        ),
        (
            lambda tuned, judged: judged[:, np.unravel_index(tuned.argmax(), tuned.shape)[1]].mean(),
            f"this is the threshold of the single largest overlap in `tuned`; {mean}",
        ),
        (
            lambda tuned, judged: judged[:, tuned.mean(axis=0).argmin()].mean(),
            f"this is the threshold with the smallest mean; {mean}",
        ),
        (
            lambda tuned, _: tuned.mean(axis=0).argmax(),
            "this is the place of the threshold; expected the mean overlap of `judged` there.",
        ),
        (
            lambda _, judged: judged.mean(),
            "this is the mean over all thresholds; expected over the pictures, at one threshold.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"in the first case it is {expected[0]:.3f}, and you say {found[0]:.3f}. Which threshold did you take?",
    )


def _maps() -> list[tuple[Numbers, Truths]]:
    """Return maps with both signs, in which no two values are equal, and their masks."""
    generator, found = np.random.default_rng(0), []
    for rows, columns in ((3, 4), (4, 4), (3, 2)):
        mask = np.zeros((4 + rows, 6), bool)
        mask[1 : 1 + rows, 1 : 1 + columns] = True
        found.append((generator.normal(size=mask.shape) + 0.8 * mask, mask))
    return found


def _curves() -> list[tuple[Numbers, Numbers]]:
    """Return overlaps of pictures at some thresholds, and those of others, for which another threshold is best."""
    tuned = np.array([[0.10, 0.30, 0.45, 0.40], [0.05, 0.50, 0.42, 0.10], [0.20, 0.25, 0.30, 0.35]])
    judged = np.array([[0.20, 0.40, 0.25, 0.10], [0.10, 0.40, 0.30, 0.45]])
    return [(tuned, judged), (tuned[:2], judged[:1]), (tuned[:, ::-1], judged[:, [3, 2, 0, 1]])]


def _largest(values: Numbers, mask: Truths) -> Truths:
    """Return which are the largest values, as many as the mask has pixels."""
    found: Truths = values > np.sort(values, axis=None)[-mask.sum() - 1]
    return found


def _iou(one: Truths, other: Truths) -> float:
    return float((one & other).sum() / (one | other).sum())
