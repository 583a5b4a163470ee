"""The checks of lesson 17, what units respond to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken

Truths = NDArray[np.bool_]


@check()
def iou(answer: Any) -> Verdict:
    """Check ``answer(on, mask)``, the intersection over union over all pictures."""
    cases = _masks()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([(on & mask).sum() / (on | mask).sum() for on, mask in cases])
    if np.allclose(found, expected):
        return Verdict("right", "both are summed over all pictures before they are divided.")
    mistakes = [
        (
            lambda on, mask: np.mean(_each(on, mask)),
            "this is the mean of the IoUs of single pictures: one with a single pixel counts as much as any other. Sum "
            "over all pictures, then divide.",
        ),
        (
            lambda on, mask: np.mean([one for one, has in zip(_each(on, mask), mask, strict=True) if has.any()]),
            "this is the mean over the pictures that have the concept: to be on without it does not count. Sum over "
            "all pictures, then divide.",
        ),
        (
            lambda on, mask: (on & mask).sum() / mask.sum(),
            "this divides by the area of the concept: a unit that is on everywhere would have 1. Divide by the union.",
        ),
        (
            lambda on, mask: (on & mask).sum() / on.sum(),
            "this divides by the area of the unit; expected by that of the union.",
        ),
        (
            lambda on, mask: 2 * (on & mask).sum() / (on.sum() + mask.sum()),
            "this is Dice, which divides by the mean of the two areas; expected by that of their union.",
        ),
        (lambda on, mask: (on & mask).sum(), "this counts the intersection; divide it by the union."),
        (
            lambda on, mask: (on == mask).mean(),
            "this also counts the places with neither of the two, which are most of them.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first set it is {expected[0]:.3f}, and you say {found[0]:.3f}.",
    )


@check()
def ceiling(answer: Any) -> Verdict:
    """Check ``answer(q, a)``, the largest IoU of what covers these shares of all places."""
    cases = [(0.04, 0.1), (0.04, 0.01), (0.3, 0.2), (0.05, 0.05)]
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([min(case) / max(case) for case in cases])
    if np.allclose(found, expected):
        return Verdict("right", "at best the smaller lies inside the larger.")
    mistakes = [
        (
            lambda q, a: q / a,
            "this is above 1 where the concept is smaller than the quantile. Which of the two lies inside the other?",
        ),
        (
            lambda q, a: a / q,
            "this is above 1 where the concept is larger than the quantile. Which of the two lies inside the other?",
        ),
        (
            lambda q, a: min(q, a) / (q + a),
            "this is for two areas of which none overlap in the union: what both have is counted twice there.",
        ),
        (lambda q, a: min(q, a), "this is the largest intersection, as a share of all places; divide it by the union."),
        (
            lambda q, a: q * a / (q + a - q * a),
            "this is what two areas have that know nothing of each other; expected the largest that is possible.",
        ),
        (lambda q, a: 2 * min(q, a) / (q + a), "this is the largest Dice; expected the largest IoU."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for q = 0.04 and a = 0.1 it is {expected[0]:.2f}, and you say {found[0]:.3f}.",
    )


def _masks() -> list[tuple[Truths, Truths]]:
    """Return where a unit is on and where a concept is, in pictures of which some do not have it."""
    generator, found = np.random.default_rng(17), []
    for pictures in (4, 6):
        mask = np.zeros((pictures, 8, 9), bool)
        for place in range(0, pictures, 2):
            mask[place, 1 : 4 + place, 2:5] = True
        on = (mask & (generator.random(mask.shape) < 0.7)) | (generator.random(mask.shape) < 0.1)
        found.append((on, mask))
    return found


def _each(on: Truths, mask: Truths) -> list[float]:
    return [(one & other).sum() / max((one | other).sum(), 1) for one, other in zip(on, mask, strict=True)]
