"""The checks of lesson 21, models that explain themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, mistaken


@check()
def expected_change(answer: Any) -> Verdict:
    """Check ``answer(c, now, off, on)``, by how much an answer is expected to change when a concept is told."""
    cases = _cases()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([(1 - c) * _kl(off, now) + c * _kl(on, now) for c, now, off, on in cases])
    if np.allclose(found, expected):
        return Verdict("right", "each state counts as much as the bottleneck believes in it.")
    mistakes = [
        (
            lambda c, now, off, on: c * _kl(off, now) + (1 - c) * _kl(on, now),
            "c is the probability that the concept is there; here it weighs the answer in which it is not.",
        ),
        (
            lambda c, now, off, on: (1 - c) * _kl(now, off) + c * _kl(now, on),
            "the divergence is taken the other way round: what is told comes first, p(then) log(p(then) / p(now)).",
        ),
        (
            lambda _, now, off, on: (_kl(off, now) + _kl(on, now)) / 2,
            "both states count alike; the bottleneck believes in one of them more. Weigh them with 1 - c and c.",
        ),
        (lambda _, now, __, on: _kl(on, now), "the concept may also turn out not to be there."),
        (
            lambda c, now, off, on: _kl((1 - c) * off + c * on, now),
            "the mean is taken of the answers; expected that of the divergences.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first case it is {expected[0]:.3f}, and you say {found[0]:.3f}.",
    )


@check()
def points(answer: Any) -> Verdict:
    """Check ``answer(distances, weights)``, the score of a class by its prototypes."""
    cases = [([0.0, 2.0, 0.5], [1.0, 0.7, -0.5]), ([0.1, 0.1, 3.0], [1.0, -0.5, -0.5])]
    pairs = [(np.array(distances), np.array(weights)) for distances, weights in cases]
    found = np.array([number(call(answer, *pair)) for pair in pairs])
    expected = np.array([_likeness(distances) @ weights for distances, weights in pairs])
    if np.allclose(found, expected):
        return Verdict("right", "each prototype has its points, and the score is their sum.")
    mistakes = [
        (lambda d, w: d @ w, "these are distances: what is near should count much. Take the similarity of each first."),
        (lambda d, w: -d @ w, "expected the similarity, log((d + 1) / (d + 0.0001)), and not the negative distance."),
        (lambda d, _: _likeness(d).sum(), "the weights are missing: some prototypes speak against the class."),
        (lambda d, w: (_likeness(d) * w).max(), "this is the largest of the points; expected their sum."),
        (lambda d, w: (_likeness(d) * w).mean(), "this is the mean of the points; expected their sum."),
        (lambda d, w: np.log((d + 1) / d) @ w, "at distance 0 this is infinite: add 0.0001 below."),
    ]
    with np.errstate(divide="ignore"):
        values = [(np.array([wrong(*pair) for pair in pairs]), why) for wrong, why in mistakes]
    return mistaken(found, values, f"for the first set it is {expected[0]:.3f}, and you say {found[0]:.3f}.")


def _cases() -> list[tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Return probabilities of a concept, and of classes: now, without the concept, and with it."""
    generator, found = np.random.default_rng(21), []
    for c in (0.8, 0.3, 0.05):
        now, off, on = generator.dirichlet(np.ones(4), 3)
        found.append((c, now, off, on))
    return found


def _kl(then: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    return float((then * np.log(then / now)).sum())


def _likeness(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log((distances + 1) / (distances + 1e-4))
    return found
