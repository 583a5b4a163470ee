"""Directions of concepts: from the activations of a counterpart to those of examples, as combinations of them.

Each direction that is looked for lies in the span of the activations, so that their products with each other, and with
gradients, are all that is needed: another draw of examples costs a small system of equations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_widgets.attribution.gradients.noise import SIGMA
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

CLASSIFIER = Option(
    default="difference",
    kind="choice",
    label="Direction",
    sentence="What makes the direction: the difference of the means, or the normal of a linear classifier.",
    choices=("difference", "ridge", "logistic"),
)
PENALTY = replace(
    SIGMA,
    default=1.0,
    label="Penalty",
    sentence="How much a classifier is kept from long weights, in units of the mean square of the activations.",
    minimum=1e-6,
    maximum=1e6,
    slider=(0.01, 10),
    unit="",
    when=("classifier", ("ridge", "logistic")),
)
PLACES = Option(
    default="each",
    kind="choice",
    label="Places",
    sentence="Whether each element of the layer has its own part in the direction, or each unit one for all places.",
    choices=("each", "mean"),
)
STEPS = 100
"""Newton's steps of a logistic classifier at the most; it takes some ten."""


def step(kernel: Array, sides: Array, classifier: str, penalty: float) -> Array:
    """Return the coefficients of a concept step: along the direction, as far as the means of both sides lie apart.

    Parameters
    ----------
    kernel : array of shape (count, count)
        The products of the activations with each other, of what remains when their mean is taken off.
    sides : array of bool of shape (count,)
        Which of them are examples of the concept.
    classifier : {"difference", "ridge", "logistic"}
    penalty : float

    Returns
    -------
    array of shape (count,)
        They add up to zero; all are zero where both sides have the same mean.
    """
    apart = sides / sides.sum() - ~sides / (~sides).sum()
    found = apart if classifier == "difference" else _normal(kernel, sides, classifier == "logistic", penalty)
    length = found @ kernel @ found
    return found * (found @ kernel @ apart / length) if length > 0 else np.zeros(len(sides))


def _normal(kernel: Array, sides: Array, logistic: bool, penalty: float) -> Array:
    """Return the normal of ridge or logistic regression on both sides, with an intercept that costs nothing.

    Logistic regression is ridge regression with weights, again and again (Newton's method).
    """
    count, scale = len(sides), np.trace(kernel) / len(sides) or 1.0
    system = np.ones((count + 1, count + 1))
    system[-1, -1] = 0
    answers = np.where(sides, 1.0, -1.0)
    weights, wanted, found = np.ones(count), answers, np.zeros(count + 1)
    for _ in range(STEPS if logistic else 1):
        system[:-1, :-1] = kernel / scale + penalty * np.diag(1 / weights)
        before, found = found, np.linalg.solve(system, np.append(wanted, 0))
        if np.abs(found - before).max() <= 1e-10 * np.abs(found).max():
            break
        if logistic:
            said = found[:-1] @ kernel / scale + found[-1]
            right = 1 / (1 + np.exp(-np.clip(said, -30, 30)))
            weights = right * (1 - right)
            wanted = said + (sides - right) / weights
    return found[:-1]
