"""The checks of lesson 8, input modification."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import number
from xai_course.checking import Verdict, call, check


@check()
def fidelity(answer: Any) -> Verdict:
    """Check a function that gives the weighted R2 of a line."""
    generator = np.random.default_rng(0)
    weights = np.linspace(0.05, 1, 40)
    answers = 3 * weights + generator.normal(0, 0.3, 40)  # those that are near are larger: the mean depends on weights
    line = 3 * weights
    mean = np.average(answers, weights=weights)
    left, spread = (np.average((answers - other) ** 2, weights=weights) for other in (line, mean))
    for name, given, expected in (
        ("a line that fits well", line, 1 - left / spread),
        ("a line that is the answers themselves", answers, 1.0),
        ("a line that is their weighted mean", np.full(40, mean), 0.0),
    ):
        found = number(call(answer, answers, given, weights))
        if abs(found - expected) > 1e-6:
            return Verdict("wrong", f"for {name} it gives {found:.3f}; expected {expected:.3f}.")
    return Verdict("right", "1 is a perfect line, 0 is no better than the mean.")


@check()
def ablation(answer: Any) -> Verdict:
    """Check feature ablation of one group."""

    def score(x: Any) -> float:
        return float(2 * x[0] - x[1] + x[2] * x[0])

    x = np.array([1.0, 2.0, 3.0])
    for mask, baseline, expected in (
        ([True, False, False], 0.0, 5.0),
        ([False, True, False], 0.0, -2.0),
        ([True, False, True], 1.0, 2.0),
    ):
        found = number(call(answer, score, x, np.array(mask), baseline))
        if abs(found + expected) < 1e-9 and expected:
            return Verdict("wrong", "the sign is turned around: a group that speaks for the score is positive.")
        if abs(found - expected) > 1e-9:
            return Verdict(
                "wrong", f"for the mask {mask} and baseline {baseline:g} it gives {found:g}, not {expected:g}."
            )
    return Verdict("right", "a group that is missed has a positive value.")
