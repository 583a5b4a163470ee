"""The checks of lesson 5, quantity, distribution and slice."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import numbers
from xai_course.checking import Verdict, attempt, call, check, described, is_blank, mistaken

SAME = 1e-4
"""Two maps are the same when they differ by no more than this share of the largest value."""

NAMED: dict[str, xai.Method] = {
    "saliency": xai.Saliency(),
    "integrated gradients": xai.IntegratedGradients(steps=16),
    "SmoothGrad": xai.SmoothGrad(sigma=0.1, samples=8),
}
"""The methods of exercise 1, with the options that the exercise names."""

TARGET = 1
"""The class of exercise 2: its weights have both signs."""

START, END = np.zeros(2, np.float32), np.full(2, 0.8, np.float32)
"""Between these two points the function of exercise 3 has to change."""


@check("put a dict of three influences in place of the dots.")
def choices(answer: Any, model: xai.Model, x: NDArray[np.float32]) -> Verdict:
    """Check that `answer`, a dict of influences by name, gives the maps of the named methods."""
    if not isinstance(answer, Mapping):
        return Verdict("wrong", f"expected a dict of three influences, found {described(answer)}.")
    for name, method in NAMED.items():
        influence = answer.get(name)
        if is_blank(influence):
            return Verdict("blank", f"choose a distribution, and what else it takes, for {name}.")
        if not isinstance(influence, xai.Influence):
            return Verdict("wrong", f"{name} is {described(influence)}; expected xai.Influence(distribution=..., ...).")
        verdict = _compared(name, influence, method, model, x)
        if verdict is not None:
            return verdict
    return Verdict("right", "all three maps are those of the methods. The names are shorthands for these choices.")


def _compared(
    name: str, influence: xai.Influence, method: xai.Method, model: xai.Model, x: NDArray[np.float32]
) -> Verdict | None:
    """Return what is wrong with one of the three choices; None where the maps agree."""
    result = attempt(f"{name} cannot be explained so.", influence, model, x, quantity=xai.Logit(0))
    found = numbers(result.values, x.shape, f"for {name} one number per pixel")
    expected = method(model, x, quantity=xai.Logit(0)).values
    if _same(found, expected):
        return None
    if type(influence.distribution) is not type(method.distribution):
        return Verdict(
            "wrong",
            f"{name} takes its gradients elsewhere than {influence.distribution!r}. Is it the point alone, a line to "
            "it, or a cloud around it?",
        )
    if influence.statistic != "mean":
        return Verdict("wrong", f"{name} is a mean; found statistic={influence.statistic!r}.")
    if influence.multiplier != method.multiplier:
        return Verdict(
            "wrong",
            f"the gradients of {name} are taken in the right places, but multiplied by {influence.multiplier!r}. "
            "Which multiplier makes its values sum to the change of the score, and which leaves slopes as they are?",
        )
    return Verdict(
        "wrong",
        f"{name} has the right kind of distribution, {influence.distribution!r}; its numbers are not those asked.",
    )


@check()
def last_influence(answer: Any) -> Verdict:
    """Check ``answer(weight, target)``, the influence of the last hidden units on the logit of a class."""
    generator = np.random.default_rng(0)
    weight = generator.normal(size=(4, 6)).astype(np.float32)  # PyTorch's layout: (classes, units)
    found = numbers(call(answer, weight, TARGET), expected="one number for each of the 6 units")
    if found.shape == (6,) and np.allclose(found, weight[TARGET]):
        return Verdict("right", "the influence is the row of the class: the same for every picture.")
    mistakes = [
        (
            weight[:, TARGET],
            f"this is a column, what unit {TARGET} does to every class; expected what every unit does to one.",
        ),
        (weight, "this is the whole matrix; expected what belongs to the class `target`."),
        (np.abs(weight[TARGET]), "these are magnitudes; an influence keeps its sign, for or against."),
    ]
    otherwise = (
        "write the logit as a sum over the units, logit = sum of weight[target, j] * z[j] + bias, and take its "
        "derivative by z[j]."
    )
    if found.shape != (6,):
        otherwise = f"expected one number for each of the 6 units, found shape {found.shape}."
    return mistaken(found, mistakes, otherwise)


@check()
def broken_sensitivity(answer: Any, lab: ModuleType) -> Verdict:
    """Check that `answer`, a function of two numbers, changes from `START` to `END` and has no slopes at `END`."""
    call(answer, lab.tensor(END[None]))
    values, scores = attempt("the function cannot be explained.", _slopes_and_scores, answer, lab)
    values = numbers(values, (2,), "one slope for each of the two inputs")
    before, after = numbers(scores, (2, 1), "one number for each of the two points")[:, 0]
    if abs(after - before) < SAME:
        return Verdict(
            "wrong",
            f"the function has the value {after:.3g} at both ends, so there is nothing to attribute. "
            "It has to rise (or fall) on the way, and be level at the end.",
        )
    if np.abs(values).max() > SAME:
        return Verdict(
            "wrong",
            f"at the end the slopes are {[round(float(value), 3) for value in values]}: saliency does see a reason. "
            "Let the function level off before it comes to 0.8: 1 - relu(1 - z) does so only at z = 1.",
        )
    return Verdict("right", f"the function changes by {after - before:.3g}, and saliency names no input as the reason.")


def _slopes_and_scores(function: Any, lab: ModuleType) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the slopes of a function of two numbers at `END`, and its values at `START` and `END`."""
    model = xai.wrap(function, backend=lab.BACKEND, input_shape=(2,), bounds=(0, 1), outputs="values")
    return xai.Saliency()(model, END).values, model.scores(np.stack([START, END]))


def _same(found: NDArray[np.float64], expected: NDArray[np.float32]) -> bool:
    return bool(np.abs(found - expected).max() <= SAME * np.abs(expected).max())
