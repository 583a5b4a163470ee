"""The checks of lesson 15, whether a map is faithful."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken

GUESSES = [(7, 8), (5, 8), (14, 20), (0, 4)]
"""How many of how many guesses are right."""


@check()
def by_chance(answer: Any) -> Verdict:
    """Check ``answer(right, of)``, how likely so many right guesses, or more, are by tossing a coin."""
    found = np.array([number(call(answer, *case)) for case in GUESSES])
    expected = np.array([_at_least(*case) for case in GUESSES])
    if np.allclose(found, expected):
        return Verdict("right", "a reader who knows nothing has 7 or 8 of 8 right in one of 28 rooms.")
    mistakes = [
        (
            [math.comb(of, right) / 2**of for right, of in GUESSES],
            "this is for exactly so many; expected for so many or more: what is even better counts, too.",
        ),
        (
            [_at_least(right + 1, of) for right, of in GUESSES],
            "this is for more than so many; expected so many or more.",
        ),
        (
            [1 - _at_least(right, of) for right, of in GUESSES],
            "this is how likely fewer are; expected one minus it.",
        ),
        ([0.5**right for right, _ in GUESSES], "this forgets in how many ways the right ones may be chosen."),
        (
            [right / of for right, of in GUESSES],
            "this is the share of right ones; expected how likely it is by chance.",
        ),
        (
            [sum(math.comb(of, many) for many in range(right, of + 1)) for right, of in GUESSES],
            "this counts the ways; divide it by the number of all ways, 2 to the power of `of`.",
        ),
    ]
    otherwise = (
        f"for 7 of 8 it is {expected[0]:.4f}, and you say {found[0]:.4f}: 8 ways to miss one, and 1 to miss none."
    )
    return mistaken(found, [(np.array(value), why) for value, why in mistakes], otherwise)


@check()
def aopc(answer: Any) -> Verdict:
    """Check ``answer(scores)``, the AOPC of scores (pictures, L + 1) while the most relevant parts are erased."""
    cases = [
        np.array([[8.0, 5, 3, 1], [6.0, 6, 2, 1]]),
        np.array([[4.0, 2, 5, -1, -3], [1, 0, 0, 0, 0], [3.0, 2, 2, 1, 0]]),
    ]
    found = np.array([number(call(answer, case)) for case in cases])
    lost = [case[:, :1] - case for case in cases]
    expected = np.array([one.mean() for one in lost])
    if np.allclose(found, expected):
        return Verdict("right", "the mean loss over all steps, the whole picture among them, and over the pictures.")
    mistakes = [
        (
            [one[:, 1:].mean() for one in lost],
            "this divides by L; the whole picture, k = 0, counts as a step, too: L + 1.",
        ),
        ([one.sum(axis=1).mean() for one in lost], "this adds the losses of all steps; divide by their number, L + 1."),
        ([one.mean(axis=1).sum() for one in lost], "this adds up the pictures; expected their mean."),
        ([one.sum() for one in lost], "this adds up everything; expected the mean over steps and pictures."),
        (
            [case.mean() for case in cases],
            "this is the mean score that is left; expected what is lost, f(x0) minus it.",
        ),
        ([-one.mean() for one in lost], "the sign is turned round: what is lost is f(x0) minus what is left."),
        ([one[:, -1].mean() for one in lost], "this is the loss at the last step alone; expected the mean over all."),
        (
            [-np.diff(case, axis=1).mean() for case in cases],
            "this is what each step loses against the one before; expected against the whole picture.",
        ),
        (
            [np.trapezoid(one, axis=1).mean() / (one.shape[1] - 1) for one in lost],
            "this is the area by trapezoids; AOPC takes the plain mean of the L + 1 steps.",
        ),
    ]
    otherwise = f"for the scores 8, 5, 3, 1 and 6, 6, 2, 1 it is {expected[0]:.3f}, and you say {found[0]:.3f}."
    return mistaken(found, [(np.array(value), why) for value, why in mistakes], otherwise)


@check()
def infidelity(answer: Any) -> Verdict:
    """Check ``answer(values, perturbations, drops)``, the infidelity of an explanation from what was tried."""
    generator = np.random.default_rng(0)
    values, perturbations = np.array([2.0, -1.0, 0.5]), generator.normal(size=(40, 3))
    cases = [
        ("what is right about a linear network", perturbations @ values),
        ("one that is wrong", perturbations @ np.array([1.0, 0.5, 0.5]) + 0.3),
    ]
    for name, drops in cases:
        found = number(call(answer, values, perturbations, drops))
        said = perturbations @ values
        expected = ((said - drops) ** 2).mean()
        if abs(found - expected) <= 1e-9:
            continue
        mistakes = [
            ((said - drops).mean(), "the differences are not squared: what is said too much and too little cancels."),
            (np.abs(said - drops).mean(), "this is the mean size of the differences; expected of their squares."),
            (((said - drops) ** 2).sum(), "this adds the squares; expected their mean."),
            (np.sqrt(expected), "this is the root of it; expected the mean of the squares itself."),
            (((said + drops) ** 2).mean(), "the two are added; expected their difference."),
            (said.mean() - drops.mean(), "the means are compared; expected each perturbation for itself."),
            ((said.mean() - drops.mean()) ** 2, "the means are compared; expected each perturbation for itself."),
            (
                ((values.sum() - drops) ** 2).mean(),
                "the values are added without the perturbations; expected their dot product.",
            ),
            ((drops**2).mean(), "what the explanation says is not in it: take it away from the drops."),
        ]
        otherwise = (
            f"for {name} it is {expected:.3f}, and you say {found:.3f}. What does the explanation say of each row?"
        )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "0 for the gradient of a linear network, whatever is tried.")


def _at_least(right: int, of: int) -> float:
    """Return how likely so many heads, or more, are among so many tosses."""
    return sum(math.comb(of, many) for many in range(right, of + 1)) / 2**of
