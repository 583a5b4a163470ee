"""The checks of lesson 1, gradients on digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import number, numbers, whole_number
from xai_course.checking import Verdict, attempt, call, check, mistaken, refuse

STEPS = 100
"""How finely the student's integral is cut: any rule comes within 3 % then."""

GRIDS = [(28, 8, 4), (28, 6, 6), (28, 5, 3), (30, 7, 4), (224, 32, 16)]
"""Sizes, windows and strides on which the number of passes is compared; in some the last window is cut off."""


@check()
def integrated_gradients(answer: Any) -> Verdict:
    """Check ``answer(gradient, x, baseline, steps)`` on F(x) = sum of x**3, whose integral is known."""
    x, baseline = np.array([2.0, -1.0, 0.5]), np.array([1.0, 0.5, -0.5])
    way = x - baseline

    def gradient(z: Any) -> NDArray[np.float64]:
        return 3 * np.asarray(z) ** 2

    value = call(answer, gradient, x, baseline, STEPS)
    advice = "Sum over the steps only, not over the elements of x."
    found = numbers(value, x.shape, "one number per element of x", advice)
    mean = x**2 + x * baseline + baseline**2
    if _close(found, way * mean):
        total, change = found.sum(), (x**3).sum() - (baseline**3).sum()
        return Verdict(
            "right", f"on F(x) = sum of x**3 the attributions sum to {total:.2f}; F changes by {change:.2f}."
        )
    mistakes = [
        (mean, "this is the average gradient. Multiply it by the way from the baseline, x - baseline."),
        (x * mean, "the average gradient is multiplied by x; expected x - baseline."),
        (-way * mean, "every sign is turned round: the way goes from the baseline to x, so it is x - baseline."),
        (way * gradient(x), "the gradient is taken at x only; expected its average along the way."),
        (way * gradient(baseline), "the gradient is taken at the baseline only; expected its average along the way."),
        (way * gradient((x + baseline) / 2), "one gradient, half way, is not enough; expected one per step."),
        (x**3, "the baseline is not used at all: the way goes from the baseline to x."),
        (
            way * x**2,
            "the way starts at zero; expected it to start at the baseline: baseline + alpha * (x - baseline).",
        ),
        (STEPS * way * mean, "the gradients are summed; expected their average: divide by their number."),
        ((STEPS + 1) * way * mean, "the gradients are summed; expected their average: divide by their number."),
        (STEPS * mean, "the gradients are summed; take their average and multiply it by x - baseline."),
    ]
    change = (x**3).sum() - (baseline**3).sum()
    otherwise = (
        f"on F(x) = sum of x**3 the attributions sum to {found.sum():.3g}, but F changes by {change:.3g}: "
        "they should sum to that. Print alpha and the point at which each gradient is taken."
    )
    return mistaken(found, mistakes, otherwise, _close)


@check("put a row and a column in place of the dots, then run this cell again.")
def turning(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that at the pixel `answer` the slope at `x` has the other sign than what integrated gradients say there."""
    expected = "two whole numbers, (row, column)"
    row, column = (whole_number(one, expected) for one in numbers(answer, (2,), expected))
    along = xai.IntegratedGradients(steps=64)
    arises = attempt("there is no such pixel.", along.mechanism, model, x, at=(row, column))
    end, value = float(arises.heights[-1]), arises.value
    if value == 0:
        return Verdict(
            "wrong",
            f"row {row}, column {column} is paper: it has not moved from black, so its value is zero whatever the "
            "slopes are. Choose a pixel of the ink.",
        )
    if end * value >= 0:
        return Verdict(
            "wrong",
            f"the curve ends at {end:.2g}, and the area under it is {value:.2g}: both have one sign. Look for a curve "
            "that crosses zero on its way.",
        )
    return Verdict(
        "right",
        f"at the picture more ink there would {'lower' if end < 0 else 'raise'} the score, and yet the ink has "
        f"{'raised' if value > 0 else 'lowered'} it on the way from black.",
    )


@check("put a baseline in place of the dots, then run this cell again.")
def baseline(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that integrated gradients from the baseline `answer` give the background of the digit `x` a say."""
    if not isinstance(answer, str):
        answer = numbers(answer, expected="a name such as 'white', a number or a picture", not_finite="")
        _refuse_outside(answer, model.bounds)
    method = attempt("this is no baseline.", xai.IntegratedGradients, steps=128, baseline=answer)
    result = attempt("this is no baseline.", method, model, x)
    background = x == 0
    share = float((result.values[background] != 0).mean())
    if share == 0:
        return Verdict(
            "wrong",
            f"all {background.sum()} background pixels have attribution zero, because x - baseline is zero there. "
            "Choose a baseline that differs from the background.",
        )
    if share < 0.5:
        return Verdict(
            "wrong",
            f"only {share:.0%} of the background pixels have an attribution: elsewhere the baseline is as black as the "
            "picture. Choose one that differs from the background everywhere.",
        )
    return Verdict(
        "right",
        f"{share:.0%} of the background pixels now have an attribution, and the sum is still complete "
        f"(gap {'below' if result.gap < 0.02 else 'above'} 2 %).",
    )


@check()
def occlusion_passes(answer: Any) -> Verdict:
    """Check ``answer(size, window, stride)``, the passes that occlusion takes on a square picture."""
    return count_passes(answer, GRIDS)


def count_passes(counting: Any, grids: Sequence[tuple[int, int, int]]) -> Verdict:
    """Return the verdict on ``counting(size, window, stride)``, which counts the passes of an occlusion, on `grids`."""
    for size, window, stride in grids:
        found = number(call(counting, size, window, stride), "a number of passes")
        places = math.ceil((size - window) / stride) + 1
        if found == places**2 + 1:
            continue
        where = f"For size {size}, window {window}, stride {stride}"
        whole = (size - window) // stride + 1
        mistakes = [
            (places**2, "the windows are counted, but not the pass over the picture itself."),
            (places + 1, "this counts one row of windows; the windows cover rows and columns."),
            (places, "this counts one row of windows; the windows cover rows and columns."),
            (
                (places - 1) ** 2 + 1,
                "one window is missing in each direction: n moves make n + 1 windows, and the last "
                "one may be cut off by the border, so round up.",
            ),
            (whole**2, "two things are missing: the window that the border cuts off, and the pass over the picture."),
            ((size // stride) ** 2 + 1, "a window needs room of its own: only size - window is left to move in."),
        ]
        counted = f"{where} there are {places**2 + 1} passes, and you say {found:g}: "
        told = [(wrong, counted + message) for wrong, message in mistakes]
        return mistaken(found, told, counted + "draw the first row of windows and count.")
    return Verdict("right", f"all {len(grids)} cases agree, those with a window cut off at the border too.")


def _refuse_outside(baseline: NDArray[np.float64], bounds: tuple[float, float] | None) -> None:
    """Refuse a baseline of numbers that no picture within `bounds` can have."""
    low, high = bounds or (-np.inf, np.inf)
    outside = baseline[(baseline < low) | (baseline > high)]
    if outside.size:
        refuse(
            f"this baseline has the value {outside.flat[0]:g}, and pictures have values from {low:g} to {high:g} only. "
            "Choose one within that range."
        )


def _close(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    return bool(np.abs(found - expected).max() <= 0.03 * np.abs(expected).max())
