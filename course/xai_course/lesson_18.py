"""The checks of lesson 18, concepts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number, numbers, whole_number
from xai_course.checking import Verdict, call, check, mistaken

UNITS = 7


@check()
def step(answer: Any) -> Verdict:
    """Check ``answer(with_concept, without)``, one step of a concept, from the activations without to those with it."""
    sides = _sides()
    advice = "One number for each unit is what points somewhere: take the means over the pictures."
    found = numbers(call(answer, *sides), (UNITS,), f"a vector of {UNITS} numbers", advice)
    mean, other = (side.mean(axis=0) for side in sides)
    if np.allclose(found, mean - other):
        return Verdict("right", "added to what is without the concept, it arrives where the concept is, on average.")
    mistakes = [
        (other - mean, "this points away from the concept: what it adds would come out with the wrong sign."),
        (mean, "this is where the concept is, from zero; expected the way from the pictures without it."),
        (sides[0].sum(axis=0) - sides[1].sum(axis=0), "these are sums: a side with more pictures counts for more."),
        (
            (mean - other) / np.linalg.norm(mean - other),
            "this has the right direction, and length one: then an effect has no unit. One step goes all the way.",
        ),
        ((mean - other) / 2, "this goes half of the way."),
    ]
    for wrong, why in mistakes:
        if np.allclose(found, wrong):
            return Verdict("wrong", why)
    return Verdict("wrong", f"the first number is {(mean - other)[0]:.3f}, and you say {found[0]:.3f}.")


@check()
def score(answer: Any) -> Verdict:
    """Check ``answer(gradients, vector)``, the share of pictures at which the derivative along a vector is positive."""
    cases = _gradients()
    found = np.array([number(call(answer, *case), advice="Take the mean over the pictures.") for case in cases])
    expected = np.array([(gradients @ vector > 0).mean() for gradients, vector in cases])
    if np.allclose(found, expected):
        return Verdict("right", "and it does not change when the vector is twice as long: a count knows no size.")
    mistakes = [
        (
            lambda gradients, vector: (gradients @ vector).mean(),
            "this is the effect, a mean of derivatives; the score counts how many of them are positive.",
        ),
        (
            lambda gradients, vector: (gradients @ vector > 0).sum(),
            "this is how many are positive; expected their share.",
        ),
        (
            lambda gradients, vector: (gradients @ vector < 0).mean(),
            "this counts the negative ones, as if the gradient were that of a loss.",
        ),
        (
            lambda gradients, vector: (gradients + 0 * vector > 0).mean(),
            "this counts gradients and knows nothing of the vector.",
        ),
        (
            lambda gradients, vector: (gradients * vector > 0).mean(),
            "this counts single units; add up over the units first, then look at the sign.",
        ),
        (
            lambda gradients, vector: float(gradients.mean(axis=0) @ vector > 0),
            "this is the sign of the mean derivative; count the pictures one by one.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first vector it is {expected[0]:.2f}, and you say {found[0]:.3f}.",
    )


@check()
def splits(answer: Any) -> Verdict:
    """Check ``answer(tests, alpha)``, the fewest random splits with which any of some tests can be significant."""
    cases = [(1, 0.05), (6, 0.05), (20, 0.01), (3, 0.1)]
    found = np.array([whole_number(call(answer, *case)) for case in cases])
    expected = np.array([np.ceil(round(tests / alpha, 9)) - 1 for tests, alpha in cases])
    if np.array_equal(found, expected):
        return Verdict("right", "the smallest p is 1 / (1 + n), and it has to reach alpha / tests.")
    alone = np.array([np.ceil(round(1 / alpha, 9)) - 1 for _, alpha in cases])
    return mistaken(
        found.astype(float),
        [
            (alone, "this is enough for one test; with Bonferroni each has alpha / tests."),
            (expected + 1, "this is one more than it takes: the concept itself counts as one of them."),
            (
                expected + 2,
                "this is two more than it takes: the concept counts as one of them, and adds to their number.",
            ),
            (np.array([tests for tests, _ in cases], float), "how small can p be with so many splits?"),
        ],
        f"for one test at 0.05 it is {expected[0]:.0f}, and you say {found[0]}.",
    )


def _sides() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return activations of pictures with a concept, and of more without it."""
    generator = np.random.default_rng(18)
    without = generator.normal(size=(9, UNITS))
    return generator.normal(size=(5, UNITS)) + np.linspace(0.5, 2, UNITS), without


def _gradients() -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    generator = np.random.default_rng(81)
    found = []
    for pictures, shift in ((10, 0.4), (16, -0.3)):
        gradients = generator.normal(size=(pictures, UNITS)) + shift
        found.append((gradients, generator.uniform(-2, 2, UNITS)))
    return found
