"""The checks of lesson 19, pictures that excite."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import numbers
from xai_course.checking import Verdict, call, check, described, mistaken, refuse

Plane = NDArray[np.float64]

ARTEFACTS = {
    "rough": (
        "smoothness",
        "it asks neighbours to be alike, which is what roughness measures.",
        {
            "blur": "this helps a little. Compare the two rows: which of them comes near to real pictures?",
            "jitter": "moved to and fro, it is still rough. Which row has the smallest roughness?",
            "contrast": "this keeps values from the bounds, and neighbours may differ as before.",
        },
    ),
    "brittle": (
        "jitter",
        "what has to excite from one place and from the next cannot hang on single pixels.",
        {
            "smoothness": "this helps, too, but not as much. In which row is most of the score left?",
            "blur": "this helps a little. In which row is most of the score left?",
            "contrast": "this keeps values from the bounds. In which row is most of the score left?",
        },
    ),
}
"""What is wrong with a picture: what helps most, why, and what does not."""


@check()
def edges(answer: Any) -> Verdict:
    """Check ``answer(x)``, the derivative of half the sum of the squared differences of neighbours."""
    cases = [np.random.default_rng(19 + size).random((size, size + 1)) for size in (3, 5)]
    found = [numbers(call(answer, x), x.shape, "one number for each pixel") for x in cases]
    expected = [_edges(x) for x in cases]
    if all(np.allclose(one, other) for one, other in zip(found, expected, strict=True)):
        return Verdict("right", "each pixel is drawn to the mean of its neighbours: it is minus the Laplacian.")
    first = cases[0]
    mistakes = [
        (-_edges(first), "this has the sign of the way down. The derivative points to where the price rises."),
        (2 * _edges(first), "this is the derivative of the sum itself; half of it is asked for."),
        (_along(first, 0), "this has the neighbours above and below alone; those at the sides cost as well."),
        (_along(first, 1), "this has the neighbours at the sides alone; those above and below cost as well."),
        (_around(first), "at the borders this takes neighbours from the other side: np.roll goes round."),
        (
            _along(first, 0, np.sign) + _along(first, 1, np.sign),
            "this is the derivative of absolute differences: it has one size, however small a difference is, and holds "
            "plain grey fast. Squared ones are asked for.",
        ),
        (
            _half(first),
            "this has the next pixel alone; each pixel also stands in a difference with the one before.",
        ),
    ]
    return mistaken(
        found[0],
        mistakes,
        f"for the first picture its corner has {expected[0][0, 0]:.3f}, and you say {found[0][0, 0]:.3f}.",
    )


@check()
def regulariser(answer: Any) -> Verdict:
    """Check ``answer(artefact)``, the name of what helps most against one that is "rough" or "brittle"."""
    for artefact, (right, _, others) in ARTEFACTS.items():
        said = call(answer, artefact)
        if not isinstance(said, str):
            refuse(f"for {artefact!r} expected the name of a regulariser, found {described(said)}.")
        if said not in (right, *others):
            refuse(f"for {artefact!r} you say {said!r}; expected 'smoothness', 'contrast', 'blur' or 'jitter'.")
        if said != right:
            return Verdict("wrong", f"{artefact}: {others[said]}")
    return Verdict("right", " ".join(f"Against {name}: {why}" for name, (_, why, _) in ARTEFACTS.items()))


def _along(x: Plane, axis: int, of: Any = lambda difference: difference) -> Plane:
    """Return the same along one axis, or with something else of the differences."""
    ends = [(1, 1) if one == axis else (0, 0) for one in range(2)]
    found: Plane = -np.diff(np.pad(of(np.diff(x, axis=axis)), ends), axis=axis)
    return found


def _edges(x: Plane) -> Plane:
    return _along(x, 0) + _along(x, 1)


def _around(x: Plane) -> Plane:
    found: Plane = 4 * x - sum(np.roll(x, shift, axis) for axis in (0, 1) for shift in (1, -1))
    return found


def _half(x: Plane) -> Plane:
    """Return what comes out where only the difference with the next pixel is thought of."""
    down, right = np.zeros_like(x), np.zeros_like(x)
    down[:-1], right[:, :-1] = x[:-1] - x[1:], x[:, :-1] - x[:, 1:]
    return down + right
