"""The checks of lesson 6, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check


@check()
def vargrad(answer: Any) -> Verdict:
    """Check a function that gives the variance of gradients, pixel by pixel."""
    gradients = np.random.default_rng(0).normal(1, 2, (50, 4))
    found = numbers(call(answer, gradients), (4,), "one number for each pixel")
    if np.allclose(found, (gradients**2).mean(axis=0)):
        return Verdict("wrong", "this is the mean of the squares: SmoothGrad squared.")
    if not np.allclose(found, gradients.var(axis=0)):
        return Verdict("wrong", f"it gives {np.round(found, 2)}; expected {np.round(gradients.var(axis=0), 2)}.")
    return Verdict("right", "a slope that is the same everywhere has none, however large it is.")


@check()
def conductance(answer: Any) -> Verdict:
    """Check the conductance of units behind which the model is linear."""
    w, z, start = np.array([2.0, -1.0, 3.0]), np.array([1.0, 4.0, 0.5]), np.array([0.5, 1.0, 0.5])
    found = numbers(call(answer, w, z, start), (3,), "one number for each unit")
    change = float(w @ z - w @ start)
    if abs(found.sum() - change) > 1e-6:
        return Verdict("wrong", f"the values sum to {found.sum():.1f}; the score changed by {change:.1f}.")
    if not np.allclose(found, w * (z - start)):
        return Verdict("wrong", "the sum is right, and the shares are not.")
    return Verdict("right", "a unit that did not move has none, however strong it is.")
