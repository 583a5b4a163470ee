"""The checks of lesson 7, modified backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, mistaken


@check()
def guided(answer: Any) -> Verdict:
    """Check ``answer(gradient, z)``, the rule of guided backpropagation at a rectifier."""
    gradient, z = np.array([3.0, -1.0, 2.0, -2.0, 0.5]), np.array([2.0, 1.5, -1.0, -3.0, 0.25])
    found = numbers(call(answer, gradient, z), gradient.shape, "one number for each gradient")
    for_it, active = gradient > 0, z > 0
    expected = np.where(for_it & active, gradient, 0)
    if np.allclose(found, expected):
        return Verdict("right", "it passes where both are positive, and nothing ever speaks against.")
    mistakes = [
        (
            gradient * active,
            "this is the rule of the plain gradient, which asks about z alone. What arrives has to be positive too.",
        ),
        (
            gradient * for_it,
            "this is the rule of deconvolution, which does not look at z. The rectifier has to be open as well.",
        ),
        (gradient * (for_it | active), "one of the two conditions is enough here; expected both."),
        (for_it & active, "this says where something passes, and not what: multiply it by the gradient."),
        (expected * z, "z is multiplied in. It only decides whether the gradient passes: z > 0."),
        (z * for_it * active, "this is z where both are positive; expected the gradient there."),
        (np.abs(gradient) * active, "negative gradients pass with the sign turned round; expected them to be stopped."),
        (gradient, "everything passes; expected what arrives and z both to be positive."),
    ]
    place = int(np.argmin(np.isclose(found, expected)))  # the first that differs
    otherwise = (
        f"where {gradient[place]:g} arrives and z is {z[place]:g}, {expected[place]:g} should pass; found "
        f"{found[place]:g}."
    )
    return mistaken(found, mistakes, otherwise)


@check()
def relevance(answer: Any) -> Verdict:
    """Check ``answer(x, w, b, r, epsilon)``, the epsilon rule for one dense layer, without biases and with them."""
    x, r = np.array([1.0, 2.0, 0.0]), np.array([6.0, 3.0])
    for w, b, epsilon in (
        (np.array([[1.0, 1.0, 5.0], [2.0, -0.5, 1.0]]), np.zeros(2), 1e-6),
        (np.array([[1.0, 1.0, 5.0], [2.0, -4.0, 1.0]]), np.array([0.5, -1.0]), 0.5),
    ):
        found = numbers(call(answer, x, w, b, r, epsilon), x.shape, "one number for each input")
        z = w @ x + b
        expected = _shares(x, w, r, z + epsilon * np.sign(z))
        if np.allclose(found, expected, atol=1e-3):
            continue
        sent = w * x
        mistakes = [
            (
                np.full(3, expected.sum() / 3),
                "the relevance is shared evenly; expected by what each input sent.",
            ),
            (
                w.T @ (r / (z + epsilon * np.sign(z))),
                "one factor is missing: an input sends x_i w_ij, and not w_ij alone.",
            ),
            (_shares(x, w, r, np.ones(2)), "the relevance is not divided by z_j, what the unit received in all."),
            (_shares(x, w, np.ones(2), z + epsilon * np.sign(z)), "the relevance r_j of the outputs is not in it."),
            (
                _shares(x, w, r, w @ x + epsilon * np.sign(w @ x)),
                "the biases are not in z: z_j is the sum of x_i w_ij, plus b_j.",
            ),
            (
                _shares(x, w, r, z + epsilon),
                "epsilon is added as it is, which brings a negative z nearer to zero; expected z + epsilon sign(z).",
            ),
            (
                _shares(x, w, r, z - epsilon * np.sign(z)),
                "epsilon brings z nearer to zero here; expected z + epsilon sign(z), which leads away from it.",
            ),
            (_shares(x, w, r, z), "epsilon is not in it: z + epsilon sign(z)."),
            (_shares(x, w, r, np.abs(z) + epsilon), "the sign of z is lost; expected z + epsilon sign(z)."),
            (
                np.maximum(sent, 0).T @ (r / (np.maximum(sent, 0).sum(axis=1) + epsilon)),
                "only what is positive is shared out: this is the z-plus rule.",
            ),
        ]
        otherwise = (
            f"for biases {_listed(b)} and epsilon {epsilon:g} it gives {_listed(found)}, and the rule gives "
            f"{_listed(expected)}. Print z, and what each input sent to each unit."
        )
        if not b.any() and abs(found.sum() - r.sum()) > 1e-3:
            otherwise = f"without biases nothing may be lost: relevance 9 comes in, {found.sum():.1f} goes out."
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "an input of zero gets nothing. Without biases nothing is lost; biases keep their part.")


def _shares(
    x: NDArray[np.float64], w: NDArray[np.float64], r: NDArray[np.float64], divisor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each input gets of the relevance `r`, by what it sent, x_i w_ij, and what that is divided by."""
    shares: NDArray[np.float64] = x * (w.T @ (r / divisor))
    return shares


def _listed(values: NDArray[np.float64]) -> str:
    return "[" + ", ".join(f"{value:.2g}" for value in values) + "]"
