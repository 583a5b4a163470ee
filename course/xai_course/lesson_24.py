"""The checks of lesson 24, what "without" means."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import number, numbers
from xai_course.checking import Verdict, call, check, described, mistaken, refuse

QUESTIONS = {
    "does the network read the protected column?": "marginal",
    "which column do I change so that the network changes its answer?": "marginal",
    "can its answers be told from the protected column?": "conditional",
    "what would a reader of the answers learn from each column?": "conditional",
}


@check()
def expected(answer: Any) -> Verdict:
    """Check ``answer(x, means, spreads, correlation)``, the mean of one normal column where the other is known."""
    cases = [
        (2.0, (1.0, 10.0), (0.5, 4.0), 0.9),
        (-1.0, (0.0, 3.0), (2.0, 1.0), -0.5),
        (0.7, (0.3, -2.0), (1.0, 3.0), 0.7),
    ]
    found = np.array([number(call(answer, *case)) for case in cases])
    x, correlation = np.array([case[0] for case in cases]), np.array([case[3] for case in cases])
    (first, second), (across, up) = (np.array([case[place] for case in cases]).T for place in (1, 2))
    right = second + correlation * up / across * (x - first)
    if np.allclose(found, right):
        return Verdict("right", "by the slope of a regression, so that it is at its mean where x is at its own.")
    mistakes = [
        (second + correlation * (x - first), "the correlation is the slope of standardised columns; these have units."),
        (second + correlation * across / up * (x - first), "the slope is upside down: it is the second by the first."),
        (second, "this is the mean whatever x is, which is the marginal way."),
        (second + up / across * (x - first), "the correlation is missing: with it at 0, x would tell nothing."),
    ]
    return mistaken(found, mistakes, f"in the first case it is {right[0]:.2f}, and you say {found[0]:.3g}.")


@check()
def shares(answer: Any) -> Verdict:
    """Check ``answer(x1, x2, w, r)``, the conditional Shapley values where only the second column is read."""
    cases = np.array([(1.0, 2.0, 3.0, 0.8), (-2.0, 0.5, 1.0, 0.3), (1.5, 1.0, -2.0, -0.6)])
    found = np.stack([numbers(call(answer, *case.tolist()), (2,)) for case in cases])
    x1, x2, w, r = cases.T

    def both(first: Any) -> Any:
        return np.column_stack([first, w * x2 - first])

    right = both(w * r * x1 / 2)
    if np.allclose(found, right):
        return Verdict("right", "where it comes first it tells of the second; where it comes last, nothing new.")
    mistakes = [
        (both(0 * x1), "these are the marginal values: the first is not read, but it tells of the second."),
        (both(w * r * x1), "this is what the first brings where it comes first; in the other order it brings 0."),
        (both(w * r * x2 / 2), "what the first tells depends on its own value, x1."),
        (both(w * x2 / 2), "this shares equally, whatever the first column is."),
    ]
    one, other = right[0]
    said = f"in the first case they are {one:.2f} and {other:.2f}, and you say {found[0, 0]:.3g} and {found[0, 1]:.3g}."
    return mistaken(found, mistakes, said)


@check()
def way(answer: Any) -> Verdict:
    """Check ``answer(question)``, which meaning of "without" answers a question."""
    for question, right in QUESTIONS.items():
        found = call(answer, question)
        if not isinstance(found, str) or found not in ("marginal", "conditional"):
            refuse(f'of "{question}" you say {described(found)}; expected "marginal" or "conditional".')
        if found != right:
            why = (
                "it asks what the network computes, also for people who do not occur."
                if right == "marginal"
                else "it asks what goes along with the answers among people as they are."
            )
            return Verdict("wrong", f'"{question}" is answered the {right} way: {why}')
    return Verdict("right", "what the network does is asked of the model, what goes along with it of the data.")
