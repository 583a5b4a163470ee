"""The checks of lesson 13, three ways compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, mistaken
from xai_course.lesson_01 import count_passes

GRIDS = [(28, 5, 1), (28, 5, 5), (28, 8, 8), (64, 8, 4), (10, 10, 3)]
"""Sides, windows and strides on which the number of passes is compared; in some the last window is cut off."""


@check()
def passes(answer: Any) -> Verdict:
    """Check ``answer(side, window, stride)``, the passes that occlusion takes, as in lesson 1."""
    return count_passes(answer, GRIDS)


@check()
def step(answer: Any) -> Verdict:
    """Check ``answer(x, slope, rate, weight)``, one step of gradient ascent on a score with a penalty."""
    x, slope, rate, weight = np.array([0.5, 0.2, 0.9, 0.8]), np.array([1.0, -4.0, 5.0, -2.0]), 0.1, 0.4
    found = numbers(call(answer, x, slope, rate, weight), x.shape, "one number for each element of x")
    ascent = slope - 2 * weight * x
    expected = np.clip(x + rate * ascent, 0, 1)
    if np.allclose(found, expected):
        return Verdict("right", "up the slope, and back towards black.")
    mistakes = [
        (x + rate * ascent, "the step is right, but it leaves the range from 0 to 1: clip it."),
        (np.clip(x + rate * (slope - weight * x), 0, 1), "the gradient of x squared is 2 x; a factor of 2 is missing."),
        (np.clip(x + rate * slope, 0, 1), "the penalty is not in it: its gradient is 2 weight x."),
        (np.clip(x + rate * (slope + 2 * weight * x), 0, 1), "the penalty is added; it has to be taken away."),
        (np.clip(x - rate * ascent, 0, 1), "this goes down the slope; expected up."),
        (np.clip(x + ascent, 0, 1), "the size of the step is missing: multiply the gradient by `rate`."),
        (np.clip(x + rate * slope - 2 * weight * x, 0, 1), "`rate` belongs to the whole gradient, the penalty's too."),
        (np.clip(x + rate * (slope - 2 * x), 0, 1), "the penalty is not multiplied by `weight`."),
        (
            np.clip(x + rate * (slope - weight * (x @ x)), 0, 1),
            "the penalty itself is taken away; expected its gradient, 2 weight x.",
        ),
        (np.clip(rate * ascent, 0, 1), "this is the step alone; add it to x."),
    ]
    if found.min() < 0 or found.max() > 1:
        return mistaken(found, mistakes, "the result leaves the range from 0 to 1: clip it.")
    otherwise = f"the first element goes from 0.5 to {expected[0]:.3f}, and you say {found[0]:.3f}. Print the gradient."
    return mistaken(found, mistakes, otherwise)
