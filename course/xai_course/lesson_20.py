"""The checks of lesson 20, more features than neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number, numbers
from xai_course.checking import Verdict, call, check, mistaken

Array = NDArray[np.floating]


@check()
def loss(answer: Any) -> Verdict:
    """Check ``answer(x, codes, dictionary, sparsity)``, the loss of a sparse autoencoder at rows."""
    cases = _fits()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([_loss(*case) for case in cases])
    if np.allclose(found, expected):
        return Verdict("right", "what is left over, per unit, and what it costs that codes are there.")
    mistakes = [
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).sum(axis=1).mean() + sparsity * codes.sum(axis=1).mean()
            ),
            "the squared distance is not divided by the number of units: sparsity would mean something else in a wider "
            "layer.",
        ),
        (
            lambda x, codes, dictionary, _: _loss(x, codes, dictionary, 0),
            "this is the reconstruction alone; what it costs that codes are there is missing.",
        ),
        (
            lambda x, codes, dictionary, sparsity: ((x - codes @ dictionary) ** 2).mean() + sparsity * codes.mean(),
            "the codes of a row are averaged over features; expected their sum. Their mean would be cheaper the more "
            "features there are.",
        ),
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).mean() + sparsity * (codes > 0).sum(axis=1).mean()
            ),
            "this counts the codes that are there (L0), which has no slope to learn from; expected their sum (L1).",
        ),
        (
            lambda x, codes, dictionary, sparsity: (
                ((x - codes @ dictionary) ** 2).mean() + sparsity * (codes**2).sum(axis=1).mean()
            ),
            "this squares the codes, which makes many small ones; expected their sum (L1), which makes few.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first rows it is {expected[0]:.3f}, and you say {found[0]:.3f}.",
    )


@check()
def ends(answer: Any) -> Verdict:
    """Check ``answer()``, which part of the squared length of rows is left at sparsity 0, and at infinity."""
    found = numbers(call(answer), (2,))
    if np.allclose(found, [0, 1]):
        return Verdict("right", "what costs nothing is all used; what costs too much is not used at all.")
    if np.allclose(found, [1, 0]):
        return Verdict("wrong", "this is the other way round: at sparsity 0 it costs nothing to use all features.")
    return Verdict("wrong", f"you say {found[0]:g} and {found[1]:g}. What do codes cost at 0? And at infinity?")


@check()
def shrunk(answer: Any) -> Verdict:
    """Check ``answer(x, sparsity, units)``, the best code of a feature alone, of which there is x."""
    cases = [(1.0, 0.01, 32), (0.5, 0.02, 32), (0.1, 0.02, 32), (2.0, 0.0, 8)]
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([max(x - sparsity * units / 2, 0) for x, sparsity, units in cases])
    if np.allclose(found, expected):
        return Verdict(
            "right", "every code is too small by the same amount, and what is smaller than that is not seen."
        )
    mistakes = [
        (
            lambda x, sparsity, units: x - sparsity * units / 2,
            "a code is never negative: what is smaller than the price is not there at all.",
        ),
        (
            lambda x, sparsity, units: max(x - sparsity * units, 0),
            "the slope of the square has a 2: twice the distance, divided by the units, is as much as the price.",
        ),
        (
            lambda x, sparsity, _: max(x - sparsity / 2, 0),
            "the squared distance is divided by the units, the price is not: the code has to be smaller by more.",
        ),
        (lambda x, *_: x, "this is the best code if it costs nothing; set the slope of the loss to 0."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for x = 1, a sparsity of 0.01 and 32 units it is {expected[0]:.2f}, and you say {found[0]:.3f}.",
    )


def _loss(x: Array, codes: Array, dictionary: Array, sparsity: float) -> float:
    return float(((x - codes @ dictionary) ** 2).mean() + sparsity * codes.sum(axis=1).mean())


def _fits() -> list[tuple[Array, Array, Array, float]]:
    """Return rows, their codes, a dictionary and a sparsity, of other sizes each time."""
    generator, found = np.random.default_rng(20), []
    for rows, features, units, sparsity in ((6, 5, 3, 0.1), (4, 8, 6, 0.02)):
        codes = np.maximum(generator.normal(size=(rows, features)), 0)
        found.append((generator.normal(size=(rows, units)), codes, generator.normal(size=(features, units)), sparsity))
    return found
