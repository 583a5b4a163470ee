"""The checks of lesson 4, robust digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken

LOGITS = np.array([4.0, 9.0, 6.0, 1.0])
PAIRS = np.array(
    [
        [0.0, 4.0, 3.0, 10.0],
        [4.0, 0.0, 5.0, 20.0],
        [3.0, 5.0, 0.0, 2.0],
        [10.0, 20.0, 2.0, 0.0],
    ]
)
"""Class 1 leads; class 3 is far behind but can catch up fastest. That 0 and 3 draw level sooner is no matter."""

ANSWERS = np.array([3, 7, 3, 1, 7, 1, 0, 0, 4, 9, 6, 2])
LABELS = np.array([3, 1, 3, 1, 7, 1, 6, 0, 4, 4, 6, 8])
RADII = np.array([0.5, 0.9, 0.2, 0.8, 0.3, 0.31, 0.6, 0.4, 0.05, 0.2, 0.7, 0.1])
EPSILON = 0.3

SHARE = "one number, a share from 0 to 1"


@check()
def radius(answer: Any) -> Verdict:
    """Check ``answer(logits, pairs)``, the certified radius of one picture."""
    not_finite = "Class j itself came in, and its K_jj is 0, by which something was divided. Leave it out."
    found = number(call(answer, LOGITS, PAIRS), "one number, the radius", not_finite=not_finite)
    j, others = 1, [0, 2, 3]
    leads, speeds = LOGITS[j] - LOGITS[others], PAIRS[j, others]
    ratios = leads / speeds
    mistakes: list[tuple[float, str]] = [
        (
            leads[1] / speeds[1],
            "this is the lead on the runner-up over its speed. But class 3, which is farther behind, catches up "
            "faster. Take the smallest ratio over all other classes.",
        ),
        (
            leads.min() / speeds.max(),
            "the smallest lead is divided by the largest K, and they belong to different "
            "classes. Divide each lead by its own K first, then take the smallest.",
        ),
        (
            (LOGITS[0] - LOGITS[3]) / PAIRS[0, 3],
            "this is where classes 0 and 3 draw level, and neither of them is ahead. Only the leads of the top class j "
            "count.",
        ),
        (
            LOGITS[2] - LOGITS[0],
            "this is the smallest difference of any two logits, here of classes 0 and 2, and neither of them is ahead. "
            "Take the leads of the top class j, and divide each by its K.",
        ),
        (ratios.max(), "this is the largest ratio. One class that overtakes is enough, so take the smallest."),
        (ratios.mean(), "this is the mean of the ratios. One class that overtakes is enough, so take the smallest."),
        (leads.min(), "this is a lead in logits. Divide by K_ij to make a distance of it."),
        (
            (leads * speeds).min(),
            "the lead is multiplied by K; expected it to be divided: the faster a class catches up, "
            "the smaller the radius.",
        ),
        (0.0, "the radius is 0: class j itself came in, on which it has no lead. Leave it out."),
        (-ratios.min(), "the sign is turned round: it is f_j - f_i, the lead of the top class."),
        (-ratios.max(), "the sign is turned round: it is f_j - f_i, the lead of the top class."),
        (ratios.min() / 2, "this is half of it. K_ij bounds the difference of both logits already."),
    ]
    if _same(found, ratios.min()):
        return Verdict(
            "right", "class 3 has the lowest logit, but it is the first that could overtake, at a distance of 0.4."
        )
    otherwise = (
        f"for logits {_listed(LOGITS)} the leads of class 1 are 5, 3 and 8, their K are 4, 5 and 20; you say "
        f"{found:.3g}. Print the three ratios."
    )
    return mistaken(found, mistakes, otherwise, _same)


@check()
def vra(answer: Any) -> Verdict:
    """Check ``answer(answers, labels, radii, epsilon)``, the verified robust accuracy of twelve pictures."""
    found = number(call(answer, ANSWERS, LABELS, RADII, EPSILON), SHARE)
    correct, certified = ANSWERS == LABELS, RADII > EPSILON
    both = correct & certified
    if _same(found, both.mean()):
        return Verdict("right", "of twelve pictures 8 are correct and 7 are certified, but only 5 are both.")
    mistakes: list[tuple[float, str]] = [
        (certified.mean(), "this is the share that is certified. A wrong answer can be certified, too: ask for both."),
        (correct.mean(), "this is the accuracy. Ask as well whether the radius exceeds epsilon."),
        ((correct | certified).mean(), "this counts what is correct or certified; expected both at once: &."),
        (both[correct].mean(), "this is the certified share of the correct ones; expected that of all pictures."),
        (both[certified].mean(), "this is the correct share of the certified ones; expected that of all pictures."),
        (
            correct.mean() * certified.mean(),
            "two shares are multiplied, as if being correct and being certified had "
            "nothing to do with each other. Ask for both, picture by picture: &.",
        ),
        (both.sum(), "this is a number of pictures; divide by how many there are, or take the mean."),
        (
            (correct & (RADII >= EPSILON)).mean(),
            "a picture with the radius epsilon itself is counted. There the other "
            "class may draw level: expected radii > epsilon.",
        ),
        (
            (correct & (RADII < EPSILON)).mean(),
            "the comparison is turned round: a picture is safe where its radius exceeds epsilon.",
        ),
    ]
    return mistaken(
        found, mistakes, f"of these twelve pictures 5 are correct and certified, and you say {found:.3g}.", _same
    )


@check()
def share(answer: Any) -> Verdict:
    """Check ``answer(gradient, near)``, the share of a gradient's magnitude that lies within a mask."""
    generator = np.random.default_rng(0)
    gradient = generator.normal(0, 1, (6, 6)) * np.linspace(1, 3, 6)
    near = np.zeros((6, 6), bool)
    near[1:4, 3:] = True
    found = number(call(answer, gradient, near), SHARE, "Sum over the pixels.")
    size = np.abs(gradient)
    inside = (size * near).sum() / size.sum()
    if _same(found, inside):
        return Verdict(
            "right", f"{inside:.2f} of the magnitude lies in a mask that covers {near.mean():.2f} of the picture."
        )
    squares = gradient**2
    positive = np.maximum(gradient, 0)
    mistakes: list[tuple[float, str]] = [
        (
            (gradient * near).sum() / gradient.sum(),
            "positive and negative pixels cancel each other. Take np.abs first.",
        ),
        (
            np.abs((gradient * near).sum()) / np.abs(gradient.sum()),
            "np.abs comes too late: pixels have cancelled each other in the sum by then.",
        ),
        ((gradient * near).sum() / size.sum(), "the sum inside lets pixels cancel each other. Take np.abs there, too."),
        ((size * near).sum(), "this is a sum; divide by the sum over the whole picture to get a share."),
        (size[near].mean(), "this is the mean inside the mask; expected the sum inside over the sum everywhere."),
        (
            size[near].mean() / size.mean(),
            "these are means, so the area of the mask has been divided out; expected sums.",
        ),
        (
            (size * near).sum() / size[~near].sum(),
            "the sum inside is divided by the sum outside; expected the sum everywhere.",
        ),
        ((size * ~near).sum() / size.sum(), "this is the share outside of the mask."),
        ((squares * near).sum() / squares.sum(), "the gradient is squared; expected its magnitude, np.abs."),
        ((positive * near).sum() / positive.sum(), "only positive pixels are counted; expected the magnitude, np.abs."),
        (
            near.mean(),
            "this is the area of the mask, the share that chance would give. Weigh the pixels by np.abs(gradient).",
        ),
    ]
    otherwise = f"expected {inside:.3f} on an example of 6 x 6 pixels, and you say {found:.3g}."
    return mistaken(found, mistakes, otherwise, _same)


def _same(found: float, expected: float) -> bool:
    return bool(np.isclose(found, expected, rtol=1e-4, atol=1e-9))


def _listed(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:g}" for value in values)
