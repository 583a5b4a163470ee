"""The checks of lesson 1, gradients on digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.checking import Verdict, call, is_blank

STEPS = 100
"""How finely the student's integral is cut: any rule comes within 3 % then."""

GRIDS = [(28, 8, 4), (28, 6, 6), (28, 5, 3), (30, 7, 4), (224, 32, 16)]
"""Sizes, windows and strides on which the number of passes is compared; in some the last window is cut off."""


def integrated_gradients(answer: Any) -> Verdict:
    """Check ``answer(gradient, x, baseline, steps)`` on F(x) = sum of x**3, whose integral is known."""
    x, baseline = np.array([2.0, -1.0, 0.5]), np.array([1.0, 0.5, -0.5])
    way = x - baseline

    def gradient(z: Any) -> NDArray[np.float64]:
        return 3 * np.asarray(z) ** 2

    value, verdict = call(answer, gradient, x, baseline, STEPS)
    if verdict is not None:
        return verdict
    found = _array(value)
    if found is None or found.shape != x.shape or found.dtype.kind not in "fiu":
        described = "lists of unequal length" if found is None else _described(found)
        return Verdict(
            "wrong",
            f"expected one number per element of x, shape {x.shape}; found {described}. "
            "Sum over the steps only, not over the elements of x.",
        )
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
    for wrong, message in mistakes:
        if _close(found, wrong):
            return Verdict("wrong", message)
    change = (x**3).sum() - (baseline**3).sum()
    return Verdict(
        "wrong",
        f"on F(x) = sum of x**3 the attributions sum to {found.sum():.3g}, but F changes by {change:.3g}: "
        "they should sum to that. Print alpha and the point at which each gradient is taken.",
    )


def baseline(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that integrated gradients from the baseline `answer` give the background of the digit `x` a say."""
    if is_blank(answer):
        return Verdict("blank", "put a baseline in place of the dots, then run this cell again.")
    outside = _outside(answer, model.bounds)
    if outside is not None:
        return Verdict("wrong", outside)
    try:
        result = xai.IntegratedGradients(steps=128, baseline=answer)(model, x)
    except (ValueError, TypeError) as error:
        return Verdict("wrong", f"this is no baseline. {error}")
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


def occlusion_passes(answer: Any) -> Verdict:
    """Check ``answer(size, window, stride)``, the passes that occlusion takes on a square picture."""
    _, verdict = call(answer, *GRIDS[0])
    if verdict is not None:
        return verdict
    for size, window, stride in GRIDS:
        found, verdict = call(answer, size, window, stride)
        if verdict is not None:
            return verdict
        if not isinstance(found, int | float | np.number):
            return Verdict("wrong", f"expected a number of passes, found {found!r}.")
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
        why = next(
            (message for wrong, message in mistakes if found == wrong), "draw the first row of windows and count."
        )
        return Verdict("wrong", f"{where} there are {places**2 + 1} passes, and you say {found!r}: {why}")
    return Verdict("right", f"all {len(GRIDS)} cases agree, those with a window cut off at the border too.")


def _outside(answer: Any, bounds: tuple[float, float] | None) -> str | None:
    """Return what is wrong with a baseline of numbers that no picture within `bounds` can have."""
    numbers = None if isinstance(answer, str) else _array(answer)
    if bounds is None or numbers is None or numbers.dtype.kind not in "fiu" or numbers.size == 0:
        return None
    low, high = bounds
    found = [number for number in (numbers.min(), numbers.max()) if not low <= number <= high]
    if not found or not np.isfinite(numbers).all():
        return None
    return (
        f"this baseline has the value {found[0]:g}, and pictures have values from {low:g} to {high:g} only. "
        "Choose one within that range."
    )


def _array(value: Any) -> NDArray[Any] | None:
    """Return `value` as an array, or None where it has no shape, as lists of unequal length have none."""
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError):
        return None


def _close(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    return bool(np.abs(found - expected).max() <= 0.03 * np.abs(expected).max())


def _described(value: NDArray[Any]) -> str:
    return f"shape {value.shape}" if value.dtype.kind in "fiu" else f"an array of {value.dtype}"
