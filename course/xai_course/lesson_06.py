"""The checks of lesson 6, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, mistaken


@check()
def vargrad(answer: Any) -> Verdict:
    """Check ``answer(gradients)``, the variance of gradients (samples, pixels), pixel by pixel."""
    gradients = np.random.default_rng(0).normal(1, 2, (50, 4))
    advice = "Average over the samples, which are the first axis, and not over the pixels."
    found = numbers(call(answer, gradients), (4,), "one number for each pixel", advice)
    variance = gradients.var(axis=0)
    if np.allclose(found, variance):
        return Verdict("right", "a slope that is the same everywhere has none, however large it is.")
    mistakes = [
        ((gradients**2).mean(axis=0), "this is the mean of the squares: SmoothGrad squared. Take the mean away first."),
        (gradients.mean(axis=0), "this is the mean: SmoothGrad. Expected how far the gradients lie around it."),
        (gradients.mean(axis=0) ** 2, "this is the square of the mean; expected the mean of the squares minus it."),
        (np.sqrt(variance), "this is the standard deviation; expected its square."),
        (
            gradients.var(axis=0, ddof=1),
            "this is divided by the samples minus one; expected the mean over all of them.",
        ),
        (50 * variance, "the squares are added up; divide by the number of samples."),
        (-variance, "the sign is turned round: the mean of the squares is never smaller than the square of the mean."),
        (
            np.abs(gradients - gradients.mean(axis=0)).mean(axis=0),
            "this is the mean distance from the mean; square the distances before you average them.",
        ),
        (
            np.abs(gradients).var(axis=0),
            "the signs are thrown away before the variance is taken; a variance needs them.",
        ),
    ]
    first = f"for the first pixel it gives {found[0]:.2f}, and the variance is {variance[0]:.2f}: "
    return mistaken(found, mistakes, first + "take the mean away, square what is left, and average.")


@check()
def conductance(answer: Any) -> Verdict:
    """Check ``answer(w, z, z_baseline)``, the conductance of units behind which the model is linear."""
    w, z, start = np.array([2.0, -1.0, 3.0]), np.array([1.0, 4.0, 0.5]), np.array([0.5, 1.0, 0.5])
    found = numbers(call(answer, w, z, start), (3,), "one number for each unit", "Do not add the units up.")
    expected = w * (z - start)
    if np.allclose(found, expected):
        return Verdict("right", "a unit that did not move has none, however strong it is.")
    change = expected.sum()
    mistakes = [
        (w * z, "this is what each unit is worth now. What counts is how far it moved from the baseline."),
        (w, "this is the gradient alone; multiply it by how far each unit moved."),
        (z - start, "this is how far each unit moved; multiply it by what a step of it is worth, w."),
        (-expected, "every sign is turned round: the way goes from the baseline to the input."),
        (np.abs(expected), "these are magnitudes; a conductance has a sign, for or against."),
        (np.full(3, change / 3), "the sum is right, and each unit has the same: unit 3 did not move at all."),
        (w * (z + start) / 2, "this is the mean of the two ends; expected their difference."),
    ]
    otherwise = (
        f"the values sum to {found.sum():.1f}, and the score changed by {change:.1f}. The gradient of unit j is w_j "
        "all along the way: how far did the unit go?"
    )
    return mistaken(found, mistakes, otherwise)
