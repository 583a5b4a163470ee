"""The checks of lesson 7, modified backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check


@check()
def guided(answer: Any) -> Verdict:
    """Check the rule of guided backpropagation at a rectifier."""
    gradient = np.array([1.0, -1.0, 2.0, -2.0])
    z = np.array([1.0, 1.0, -1.0, -1.0])
    found = numbers(call(answer, gradient, z), (4,), "one number for each gradient")
    rules = {
        "of the plain gradient": gradient * (z > 0),
        "of deconvolution, which does not look at z": gradient * (gradient > 0),
    }
    for name, values in rules.items():
        if np.allclose(found, values):
            return Verdict("wrong", f"this is the rule {name}.")
    if not np.allclose(found, [1, 0, 0, 0]):
        return Verdict("wrong", f"for gradients {gradient} and z {z} it gives {found}.")
    return Verdict("right", "it passes where both are positive, and nothing ever speaks against.")


@check()
def relevance(answer: Any) -> Verdict:
    """Check the epsilon rule for one dense layer, by the shares that are known and by their sum."""
    x, w, b = np.array([1.0, 2.0, 0.0]), np.array([[1.0, 1.0, 5.0], [2.0, -0.5, 1.0]]), np.zeros(2)
    r = np.array([6.0, 3.0])
    found = numbers(call(answer, x, w, b, r), (3,), "one number for each input")
    if abs(found.sum() - 9) > 1e-3:
        return Verdict(
            "wrong", f"without biases nothing may be lost: relevance 9 comes in, {found.sum():.1f} goes out."
        )
    if not np.allclose(found, [8, 1, 0], atol=1e-3):
        return Verdict("wrong", f"the sum is right; the shares are {np.round(found, 2)} in place of [8, 1, 0].")
    return Verdict("right", "an input of zero gets nothing, and nothing is lost.")
