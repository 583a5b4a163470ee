"""The checks of lesson 13, three ways compared."""

from __future__ import annotations

from typing import Any

import numpy as np

import xai_widgets as xai
from xai_course.answers import number, numbers
from xai_course.checking import Verdict, call, check


@check()
def passes(answer: Any) -> Verdict:
    """Check a function that counts the passes of an occlusion."""
    for side, window, stride in ((28, 5, 1), (28, 5, 5), (28, 8, 8), (64, 8, 4), (10, 10, 3)):
        found = number(call(answer, side, window, stride), "a number of passes")
        expected = len(range(0, side - window + stride, stride)) ** 2 + 1
        if found != expected:
            return Verdict(
                "wrong",
                f"for {side} pixels, window {window} and stride {stride} it says {found:g}; it takes {expected}.",
            )
    return Verdict("right", f"this is what {xai.Occlusion.label.lower()} counts as its evaluations.")


@check()
def step(answer: Any) -> Verdict:
    """Check one step of gradient ascent on a score with a penalty."""
    x, slope = np.array([0.5, 0.2, 0.9]), np.array([1.0, -4.0, 5.0])
    found = numbers(call(answer, x, slope, 0.1, 0.5), x.shape, "one number for each element of x")
    if found.min() < 0 or found.max() > 1:
        return Verdict("wrong", "the result leaves the range from 0 to 1.")
    if not np.allclose(found, [0.55, 0, 1]):
        return Verdict("wrong", f"it gives {np.round(found, 3)}; expected [0.55, 0, 1].")
    return Verdict("right", "up the slope, and back towards black.")
