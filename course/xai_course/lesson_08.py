"""The checks of lesson 8, input modification."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken


@check()
def fidelity(answer: Any) -> Verdict:
    """Check ``answer(answers, line, weights)``, the weighted R2 of a line."""
    generator = np.random.default_rng(0)
    weights = np.linspace(0.05, 1, 40)
    answers = 3 * weights + generator.normal(0, 0.3, 40)  # those that are near are larger: the mean depends on weights
    mean, plain = np.average(answers, weights=weights), answers.mean()
    spread = np.average((answers - mean) ** 2, weights=weights)
    for name, line in (
        ("a line that fits well", 3 * weights),
        ("a line that is the answers themselves", answers),
        ("a line that is their weighted mean", np.full(40, mean)),
    ):
        found = number(call(answer, answers, line, weights))
        left, even = np.average((answers - line) ** 2, weights=weights), ((answers - line) ** 2).mean()
        expected = 1 - left / spread
        if abs(found - expected) <= 1e-6:
            continue
        mistakes = [
            (
                1 - even / answers.var(),
                "the weights are not used: a sample that is far off counts like one that is near.",
            ),
            (1 - left / answers.var(), "the variance of the answers is not weighted, what is left of them is."),
            (1 - even / spread, "what is left of the answers is not weighted, their variance is."),
            (
                1 - left / np.average((answers - plain) ** 2, weights=weights),
                "the variance is taken around the plain mean; expected the weighted one.",
            ),
            (left / spread, "this is the part that is left over; expected one minus it."),
            (left / spread - 1, "the sign is turned round: one minus what is left over."),
            (1 - left, "what is left is not divided by the variance of the answers."),
            (
                1 - left * weights.sum() / spread,
                "what is left is added up and not averaged: divide by the sum of the weights.",
            ),
            (np.sqrt(max(expected, 0)), "this is the root of it; expected R squared itself."),
        ]
        otherwise = f"for {name} it gives {found:.3f}; expected {expected:.3f}, one minus {left:.3g} / {spread:.3g}."
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "1 is a perfect line, 0 is no better than the mean.")


@check()
def ablation(answer: Any) -> Verdict:
    """Check ``answer(score, x, mask, baseline)``, feature ablation of one group."""

    def score(x: Any) -> float:
        return float(2 * x[0] - x[1] + x[2] * x[0])

    x = np.array([1.0, 2.0, 3.0])
    for group, baseline in (([True, False, False], 0.0), ([False, True, False], 0.0), ([True, False, True], 0.5)):
        mask = np.array(group)
        found = number(call(answer, score, x, mask, baseline))
        covered = score(np.where(mask, baseline, x))
        expected = score(x) - covered
        if abs(found - expected) <= 1e-9:
            continue
        mistakes = [
            (abs(expected), "this is the size of the change; a group that speaks against the score is negative."),
            (-expected, "the sign is turned around: a group that speaks for the score is positive."),
            (covered, "this is the score that is left; expected how much was lost, score(x) minus it."),
            (
                score(x) - score(np.where(mask, x, baseline)),
                "everything but the group is covered: np.where takes the first value where the mask is true.",
            ),
            (score(x) - score(np.where(mask, 0, x)), "the group is covered by 0 and not by the baseline."),
            (
                score(x) - score(np.where(mask, x - baseline, x)),
                "the baseline is taken away from the group; put it there.",
            ),
            (score(x), "this is the score of the whole picture; take away what it is with the group covered."),
        ]
        otherwise = (
            f"for the mask {group} and baseline {baseline:g} the score goes from {score(x):g} to {covered:g}, a loss "
            f"of {expected:g}; found {found:g}."
        )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "a group that is missed has a positive value.")
