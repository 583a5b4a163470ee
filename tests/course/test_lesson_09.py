"""The checks of lesson 9 know right answers from wrong ones."""

import pytest

import xai_widgets as xai
from xai_course import lesson_09 as check


def averages(game):
    orders = list(game.orders())
    return {player: sum(order.contributions[player] for order in orders) / len(orders) for player in game.players}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda game: None, "blank"),
        (averages, "right"),
        (lambda game: game.shapley(), "right"),
        (lambda game: [2 / 3, 1 / 6, 1 / 6], "wrong"),
        (lambda game: next(iter(game.orders())).contributions, "wrong"),  # one order keeps efficiency alone
        (lambda game: dict.fromkeys(game.players, 1.0), "wrong"),
        (lambda game: game.nothing, "wrong"),
    ],
)
def test_shapley_by_hand(answer, state):
    assert check.shapley_by_hand(answer).state == state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda error, samples, wanted: samples * (error / wanted) ** 2, "right"),
        (lambda error, samples, wanted: samples * error / wanted, "wrong"),
        (lambda error, samples, wanted: 2 * samples, "wrong"),
    ],
)
def test_samples_needed(answer, state):
    assert check.samples_needed(answer).state == state


def test_the_gloves_are_worth_what_the_check_says():
    values = check.GLOVES.shapley()
    assert values == pytest.approx({"left": 2 / 3, "right": 1 / 6, "spare right": 1 / 6})
    assert isinstance(check.GLOVES, xai.Game)
