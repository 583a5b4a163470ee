"""The checks of lesson 23, pictures, tables and words together."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_course.answers import number, numbers
from xai_course.checking import Verdict, call, check, mistaken


@check()
def guess(answer: Any) -> Verdict:
    """Check ``answer(colours, asked)``, how often the answer stays of somebody who points at any of the things."""
    cases = [(["red", "blue"], "red"), (["red", "blue", "red"], "red"), (["blue", "green", "yellow"], "green")]
    found = np.array([number(call(answer, list(colours), asked)) for colours, asked in cases])
    expected = np.array([colours.count(asked) / len(colours) for colours, asked in cases])
    if np.allclose(found, expected):
        return Verdict("right", "of three things of which two are red, two in three guesses say red.")
    mistakes = [
        (
            lambda colours, _: 1 / len(colours),
            "another thing may have the same colour, and then the answer stays, too.",
        ),
        (lambda colours, _: 1 / len(set(colours)), "a colour that two things have is guessed twice as often."),
        (lambda *_: 1 / 4, "it does not guess among all colours: it points at a thing of the picture."),
        (
            lambda colours, asked: 1 - colours.count(asked) / len(colours),
            "this is how often the answer changes; expected how often it stays.",
        ),
        (lambda colours, asked: colours.count(asked), "this counts things; expected a share of them."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the things {', '.join(cases[1][0])} and red it is {expected[1]:.3f}, and you say {found[1]:.3f}.",
    )


@check()
def shares(answer: Any) -> Verdict:
    """Check ``answer(neither, picture, question, both)``, the Shapley values of two inputs."""
    cases = [(0.0, 1.0, 2.0, 5.0), (1.0, 1.5, 0.5, 9.0), (-1.0, -1.0, 4.0, 4.0)]
    found = np.array([numbers(call(answer, *case), (2,), "two numbers, of picture and question") for case in cases])
    expected = np.array([_shapley(*case) for case in cases])
    if np.allclose(found, expected):
        return Verdict("right", "the mean over who comes first; both together are the whole change.")
    mistakes = [
        (
            lambda neither, picture, question, _: (picture - neither, question - neither),
            "this is what each brings alone, in front of nothing. Average with what it brings when the other is there.",
        ),
        (
            lambda _, picture, question, both: (both - question, both - picture),
            "this is what each brings as the last one. Average with what it brings in front of nothing.",
        ),
        (lambda *values: _shapley(*values)[::-1], "picture and question are exchanged."),
        (lambda *values: np.multiply(2, _shapley(*values)), "this is the sum over who comes first; expected the mean."),
        (
            lambda _, picture, question, both: (
                picture / 2 + (both - question) / 2,
                question / 2 + (both - picture) / 2,
            ),
            "what comes first is compared with neither: take that away, it need not be 0.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases], dtype=float), why) for wrong, why in mistakes],
        f"for 0, 1, 2 and 5 they are {expected[0, 0]:.1f} and {expected[0, 1]:.1f}, and you say "
        f"{found[0, 0]:.1f} and {found[0, 1]:.1f}.",
    )


def _shapley(neither: float, picture: float, question: float, both: float) -> tuple[float, float]:
    """Return the mean over both orders of what each brings."""
    first = ((picture - neither) + (both - question)) / 2
    return first, both - neither - first
