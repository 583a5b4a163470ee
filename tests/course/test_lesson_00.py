"""The checks of lesson 0 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_00 as check

WORDS = [word for _, word, _ in check.ASKED]


@pytest.mark.parametrize("answer", [WORDS, tuple(WORDS), np.array(WORDS), [f" {word.upper()}" for word in WORDS]])
def test_the_words_are_right_however_they_are_written(answer):
    assert check.words(answer).state == "right"


@pytest.mark.parametrize("blank", [None, ...])
def test_no_words_are_not_yet_an_answer(blank):
    assert check.words(blank).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (["explanation"] * 8, "4 of 8 are otherwise. Number 1"),
        (["interpretation"] * 8, "asks for an explanation: one picture, one answer"),
        (WORDS[:7], "a list of 8 words"),
        ("explanation", "a list of 8 words"),
        ([*WORDS[:7], ...], "for number 7"),
        ([*WORDS[:7], float("nan")], "for number 7; found nan"),
        ([*WORDS[:7], "both"], "for number 7; found 'both'"),
    ],
)
def test_wrong_words_are_told_what_is_wrong(answer, why):
    verdict = check.words(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda right, people: (right * people).sum() / people.sum(),
        lambda right, people: np.average(right, weights=people),
        lambda right, people: right @ (people / people.sum()),
    ],
)
def test_the_share_of_all_people_is_right_however_it_is_written(answer):
    assert check.overall(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda right, people: right.mean(), "the mean over groups"),
        (lambda right, people: (right * people).sum(), "how many are right"),
        (lambda right, people: (right * people).mean(), "by the number of people, not by that of groups"),
        (lambda right, people: right.min(), "most mistakes"),
        (lambda right, people: np.ptp(right), "the largest gap"),
        (lambda right, people: 1 - right @ people / people.sum(), "the share of wrong answers"),
        (lambda right, people: 0.5, "and you say 0.500"),
        (lambda right, people: right, "expected one number"),
        (lambda right, people: float("nan"), "found nan"),
    ],
)
def test_a_wrong_share_is_told_what_is_wrong(answer, why):
    verdict = check.overall(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def partial(ice, temperature, drowned):
    """The same coefficient by the theorem of Frisch and Waugh: what the temperature leaves of both."""
    left = [values - np.polyval(np.polyfit(temperature, values, 1), temperature) for values in (ice, drowned)]
    return left[0] @ left[1] / (left[0] @ left[0])


def joint(ice, temperature, drowned):
    columns = np.column_stack([ice, temperature, np.ones(len(ice))])
    return np.linalg.solve(columns.T @ columns, columns.T @ drowned)[0]


@pytest.mark.parametrize("answer", [partial, joint])
def test_a_coefficient_at_equal_temperature_is_right_however_it_is_found(answer):
    assert check.adjusted(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda ice, temperature, drowned: np.polyfit(ice, drowned, 1)[0], "compares all days"),
        (lambda ice, temperature, drowned: np.corrcoef(ice, drowned)[0, 1], "a correlation"),
        (lambda ice, temperature, drowned: joint(temperature, ice, drowned), "the coefficient of the temperature"),
        (lambda ice, temperature, drowned: joint(drowned, temperature, ice), "the other way round"),
        (
            lambda ice, temperature, drowned: np.linalg.lstsq(np.c_[ice, temperature], drowned, rcond=None)[0][0],
            "no constant",
        ),
        (lambda ice, temperature, drowned: 0, "and you say 0.0000"),
        (lambda ice, temperature, drowned: ice, "expected one number"),
        (lambda ice, temperature, drowned: float("nan"), "found nan"),
    ],
)
def test_a_wrong_coefficient_is_told_what_is_wrong(answer, why):
    verdict = check.adjusted(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
