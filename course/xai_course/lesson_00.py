"""The checks of lesson 0, why anybody looks inside."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number
from xai_course.checking import Verdict, call, check, described, mistaken, refuse

Word = Literal["explanation", "interpretation"]

ASKED: tuple[tuple[str, Word, str], ...] = (
    ("Why does it call this person Blair?", "explanation", "one picture, one answer"),
    ("Does any of its units respond to stripes?", "interpretation", "whatever the picture, so the network is meant"),
    ("What would a picture look like that excites the class 'teapot' most?", "interpretation", "no picture is given"),
    ("Which words made this review a good one?", "explanation", "of this review"),
    (
        "What would have to be different about this application for the loan to be granted?",
        "explanation",
        "one decision is asked about, though what is looked for is another one",
    ),
    ("By which features does it tell six kinds of flowers apart?", "interpretation", "all flowers, not one of them"),
    ("Why a tumour here, and not further left?", "explanation", "one scan, one answer, and what it is compared with"),
    (
        "Do two networks that began with other weights learn the same features?",
        "interpretation",
        "two networks are compared, and no answer is asked about",
    ),
)

QUESTIONS = tuple(question for question, *_ in ASKED)
"""What exercise 1 asks about."""


@check("write a word for each of the eight questions, then run this cell again.")
def words(answer: Any) -> Verdict:
    """Check a list with "interpretation" or "explanation" for each of `QUESTIONS`."""
    said = _words(answer)
    wrong = [place for place, (word, (_, right, _)) in enumerate(zip(said, ASKED, strict=True)) if word != right]
    if not wrong:
        return Verdict("right", "an explanation is about one answer, an interpretation about the network.")
    question, right, why = ASKED[wrong[0]]
    return Verdict(
        "wrong",
        f"{len(wrong)} of {len(ASKED)} are otherwise. Number {wrong[0]}, {question!r}, asks for an {right}: {why}.",
    )


@check()
def overall(answer: Any) -> Verdict:
    """Check ``answer(right, people)``, the share of right answers of a whole test."""
    cases = [
        (np.array([1.0, 0.9, 0.8, 0.4]), np.array([600, 250, 100, 50])),
        (np.array([0.9, 0.5]), np.array([10, 30])),
        (np.array([0.7, 0.2, 0.6]), np.array([5, 5, 40])),
    ]
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([(right * people).sum() / people.sum() for right, people in cases])
    if np.allclose(found, expected):
        return Verdict("right", "every person counts once, so a group counts as many times as it has people.")
    mistakes = [
        (
            lambda right, *_: right.mean(),
            "this is the mean over groups: one with few people counts as much as any other. Count people.",
        ),
        (lambda right, people: (right * people).sum(), "this is how many are right; divide it by how many there are."),
        (lambda right, people: (right * people).mean(), "divide by the number of people, not by that of groups."),
        (lambda right, *_: right.min(), "this is what the group with most mistakes has; expected all people."),
        (lambda right, *_: right.max() - right.min(), "this is the largest gap; expected the share of all people."),
        (lambda right, people: 1 - np.average(right, weights=people), "this is the share of wrong answers."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first test it is {expected[0]:.3f}, and you say {found[0]:.3f}.",
    )


@check()
def adjusted(answer: Any) -> Verdict:
    """Check ``answer(ice, temperature, drowned)``, the coefficient of the first at an equal second."""
    cases = [_days(seed, effect) for seed, effect in ((0, 0.0), (1, 0.05), (2, -0.02))]
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array(
        [_coefficient(drowned, ice, temperature, np.ones(len(ice))) for ice, temperature, drowned in cases]
    )
    if np.allclose(found, expected, rtol=1e-4, atol=1e-6):
        return Verdict("right", "what the temperature explains is no longer put down to the ice cream.")
    mistakes = [
        (
            lambda ice, _, drowned: np.polyfit(ice, drowned, 1)[0],
            "this compares all days with each other, warm ones with cold ones. Give the line the temperature as well.",
        ),
        (
            lambda ice, temperature, drowned: _coefficient(drowned, ice, temperature),
            "this line has no constant: nobody says that none drown at zero degrees. Add a column of ones.",
        ),
        (
            lambda ice, temperature, drowned: _coefficient(drowned, temperature, ice, np.ones(len(ice))),
            "this is the coefficient of the temperature; expected that of the ice cream.",
        ),
        (
            lambda ice, _, drowned: np.corrcoef(ice, drowned)[0, 1],
            "this is a correlation, which has no unit; expected drowned people for each ice cream.",
        ),
        (
            lambda ice, temperature, drowned: _coefficient(ice, drowned, temperature, np.ones(len(ice))),
            "this predicts ice cream from the drowned; expected the other way round.",
        ),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first table it is {expected[0]:.4f}, and you say {found[0]:.4f}.",
    )


def _words(found: Any) -> list[str]:
    """Return the words of an answer, or refuse it."""
    given = found.tolist() if isinstance(found, np.ndarray) else found
    if not isinstance(given, list | tuple) or len(given) != len(ASKED):
        refuse(f"expected a list of {len(ASKED)} words, one for each question; found {described(found)}.")
    said = [word.strip().lower() if isinstance(word, str) else "" for word in given]
    for place, word in enumerate(said):
        if word not in get_args(Word):
            refuse(f"expected 'interpretation' or 'explanation' for number {place}; found {described(given[place])}.")
    return said


def _days(seed: int, effect: float) -> tuple[NDArray[np.float64], ...]:
    """Return ice cream, temperature and drowned people, of days in which ice cream has this effect."""
    generator = np.random.default_rng(seed)
    temperature = generator.uniform(5, 35, 90)
    ice = 10 + 3 * temperature + generator.normal(0, 8, 90)
    return ice, temperature, 4 + 0.3 * temperature + effect * ice + generator.normal(0, 1, 90)


def _coefficient(target: NDArray[np.float64], *columns: NDArray[np.float64]) -> float:
    """Return the coefficient of the first column in the best line."""
    return float(np.linalg.lstsq(np.column_stack(columns), target, rcond=None)[0][0])
