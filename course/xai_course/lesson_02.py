"""The checks of lesson 2, an ImageNet network on photographs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import numbers, whole_number
from xai_course.checking import Verdict, attempt, check, refuse

SIDE = 60
"""The side of the square that may be covered, in pixels."""

GAP = 0.05
"""The gap that integrated gradients may leave."""

MOST_STEPS = 256
"""More steps would take a minute to check."""


def cover(
    x: NDArray[np.float32], row: int, column: int, side: int = SIDE, channel_axis: int = 0
) -> NDArray[np.float32]:
    """Return the picture `x` with a square filled by each channel's mean.

    Parameters
    ----------
    x : array of shape (channels, height, width) or (height, width, channels)
    row, column : int
        The upper left corner of the square.
    side : int, default 60
        The side of the square.
    channel_axis : {0, -1}, default 0
        Where the channels are.
    """
    covered = x.copy()
    pixels = np.moveaxis(covered, channel_axis, -1)  # a view
    pixels[row : row + side, column : column + side] = pixels.mean(axis=(0, 1))
    return covered


@check("put (row, column) in place of the dots, then run this cell again.")
def corner(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that covering the square whose upper left corner is `answer` (row, column) changes the model's answer."""
    expected = "two whole numbers, (row, column)"
    row, column = (whole_number(one, expected) for one in numbers(answer, (2,), expected))
    verdict = _covered(row, column, model, x)
    if verdict.state == "wrong" and _covered(column, row, model, x).state == "right":
        return Verdict(
            "wrong",
            f"({row}, {column}) is (column, row), the other way round; expected the row first, as arrays have it. "
            "Swap the two.",
        )
    return verdict


def _covered(row: int, column: int, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Return the verdict on covering the square at `row` and `column`."""
    axis = 0 if model.channel_axis == 0 else -1
    height, width, _ = np.moveaxis(x, axis, -1).shape
    last = height - SIDE, width - SIDE
    if not (0 <= row <= last[0] and 0 <= column <= last[1]):
        return Verdict(
            "wrong",
            f"the square leaves the picture; expected a row from 0 to {last[0]} and a column from 0 to {last[1]}.",
        )
    before, after = model.probabilities(np.stack([x, cover(x, row, column, channel_axis=axis)]))
    top = int(before.argmax())
    change = f"its probability goes from {before[top]:.2f} to {after[top]:.2f}"
    if after.argmax() == top:
        return Verdict(
            "wrong",
            f"the network still says {model.class_name(top)!r}; {change}. "
            "In the widget, look for the reddest square, and cover that.",
        )
    return Verdict("right", f"now the network says {model.class_name(int(after.argmax()))!r}; {change}.")


@check("put a quantity in place of the dots, then run this cell again.")
def question(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that `answer` asks why `x` is a missile rather than a projectile: a margin, however it is written."""
    pictures = np.stack([x, x / 2])  # two, so that no other question has the same answers by accident
    found = numbers(attempt("this cannot be explained.", _values, answer, model, pictures), (2,), "a finite score")
    expected = _values(xai.Margin("missile", "projectile"), model, pictures)
    if np.allclose(found, expected, atol=1e-3):
        return Verdict("right", f"the missile is {expected[0]:.1f} ahead, and the map tells what makes it so.")
    mistakes = [
        (
            xai.Margin("projectile", "missile"),
            "this asks why a projectile rather than a missile. Swap the two: the class that is asked for comes first.",
        ),
        (
            xai.Logit("missile"),
            "this asks why a missile at all, so what speaks for both is in it. Set the missile against the projectile.",
        ),
        (xai.Logit("projectile"), "this asks why a projectile, and not at all about the missile."),
        (
            xai.Probability("missile"),
            "the probability sets the missile against all the other classes at once; expected the projectile alone.",
        ),
        (
            xai.LogProbability("missile"),
            "this sets the missile against all the other classes at once; expected the projectile alone.",
        ),
    ]
    for quantity, message in mistakes:
        if np.allclose(found, _values(quantity, model, pictures), atol=1e-3):
            return Verdict("wrong", message)
    return Verdict(
        "wrong",
        f"its value is {found[0]:.2f}, and {found[1]:.2f} when the picture is half as bright; expected the score of "
        f"the missile minus that of the projectile, {expected[0]:.2f} and {expected[1]:.2f}.",
    )


@check("put a number of steps in place of the dots, then run this cell again.")
def steps(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that `answer` is the smallest power of two of steps from black that leaves a gap below 5 %."""
    expected = "a power of two, such as 8, 16 or 32"
    number = whole_number(answer, expected)
    if number < 1 or number & (number - 1):
        refuse(f"expected {expected}; found {number}.")
    if number > MOST_STEPS:
        return Verdict("wrong", f"{number} steps are far more than it takes; start from 8 and double them.")
    gap, before = (_gap(number, model, x), _gap(number // 2, model, x) if number > 1 else 1.0)
    if not gap < GAP:
        return Verdict("wrong", f"{number} steps leave a gap of {gap:.0%}; expected one below {GAP:.0%}. Double them.")
    if before < GAP:
        return Verdict("wrong", f"{number} steps are enough, but so are {number // 2}; expected the smallest number.")
    return Verdict("right", f"{number} steps leave a gap of {gap:.0%}, and {number // 2} leave {before:.0%}.")


def _values(quantity: xai.Quantity, model: xai.Model, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the quantity for each picture."""
    return np.asarray(xai.Saliency()(model, pictures, quantity=quantity).score)


def _gap(number: int, model: xai.Model, x: NDArray[np.float32]) -> float:
    """Return the gap that integrated gradients from black leave."""
    return float(xai.IntegratedGradients(steps=number, baseline="black")(model, x).gap)
