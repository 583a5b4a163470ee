"""The checks of lesson 9 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_course import lesson_09 as check


def averages(game):
    orders = list(game.orders())
    return {player: sum(order.contributions[player] for order in orders) / len(orders) for player in game.players}


def over_coalitions(game):
    values = {}
    for player in game.players:
        others = [coalition for coalition in game.coalitions() if player not in coalition]
        values[player] = np.mean([game.value(*coalition, player) - game.value(*coalition) for coalition in others])
    return values


def times(game, factor):
    return {player: factor * value for player, value in game.shapley().items()}


def leaving(game):
    everybody = game.value(*game.players)
    return {one: everybody - game.value(*(other for other in game.players if other != one)) for one in game.players}


@pytest.mark.parametrize(
    "answer",
    [
        averages,
        lambda game: game.shapley(),
    ],
)
def test_a_shapley_by_hand_is_right_however_it_is_written(answer):
    assert check.shapley_by_hand(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (over_coalitions, "Banzhaf"),
        (lambda game: times(game, 6), "divide by the number of orders, 6"),
        (lambda game: times(game, 2), "divided by the number of players"),
        (leaving, "what is lost when one player leaves"),
        (lambda game: {player: game.value(player) for player in game.players}, "what each player makes alone"),
        (lambda game: dict.fromkeys(game.players, 1 / 3), "everybody gets the same"),
        (lambda game: next(iter(game.orders())).contributions, "in a single order"),
        (lambda game: dict.fromkeys(game.players, 1.0), "sum to 3.00: efficiency is broken"),
        (lambda game: {"left": 0.5, "right": 0.25, "spare right": 0.25}, "not the averages over the orders"),
        (lambda game: [2 / 3, 1 / 6, 1 / 6], "expected a dict with a value for left, right, spare right; found [0.66"),
        (lambda game: {"left": 1}, "expected a dict"),
        (lambda game: game.nothing, "AttributeError"),
    ],
)
def test_a_wrong_shapley_by_hand_is_told_what_is_wrong(answer, why):
    verdict = check.shapley_by_hand(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda error, samples, wanted: samples * (error / wanted) ** 2,
        lambda error, samples, wanted: int(np.ceil(samples * error**2 / wanted**2)),
    ],
)
def test_a_samples_needed_is_right_however_it_is_written(answer):
    assert check.samples_needed(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda error, samples, wanted: samples * error / wanted, "not squared"),
        (lambda error, samples, wanted: samples * (error / wanted) ** 0.5, "the root is the wrong way round"),
        (lambda error, samples, wanted: samples * (wanted / error) ** 2, "the ratio is turned round: a smaller"),
        (lambda error, samples, wanted: samples * wanted / error, "turned round, and it has to be squared"),
        (lambda error, samples, wanted: (error / wanted) ** 2, "multiply it by `samples`"),
        (lambda error, samples, wanted: samples * ((error / wanted) ** 2 - 1), "the orders that are missing"),
        (lambda error, samples, wanted: 7 * samples, "it takes 400, and you say 700"),
    ],
)
def test_a_wrong_samples_needed_is_told_what_is_wrong(answer, why):
    verdict = check.samples_needed(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_the_gloves_are_worth_what_the_check_says():
    values = check.GLOVES.shapley()
    assert values == pytest.approx({"left": 2 / 3, "right": 1 / 6, "spare right": 1 / 6})
    assert isinstance(check.GLOVES, xai.Game)
