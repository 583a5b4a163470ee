"""The checks of lesson 9, Shapley values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import xai_widgets as xai
from xai_course.answers import number
from xai_course.checking import Verdict, call, check, described, mistaken

GLOVES = xai.Game(["left", "right", "spare right"], lambda found: float("left" in found and len(found) > 1))
"""A pair is worth 1: the left glove is needed, one of the two right ones is enough. The values are 2/3, 1/6 and 1/6."""


@check()
def shapley_by_hand(answer: Any) -> Verdict:
    """Check ``answer(game)``, which gives the Shapley values of a game as a dict."""
    found = call(answer, GLOVES)
    if not isinstance(found, Mapping) or set(found) != set(GLOVES.players):
        players = ", ".join(GLOVES.players)
        return Verdict("wrong", f"expected a dict with a value for {players}; found {described(found)}.")
    values = np.array([number(found[player], f"one number for {player}") for player in GLOVES.players])
    expected = np.array([2 / 3, 1 / 6, 1 / 6])
    if np.abs(values - expected).max() <= 1e-6:
        return Verdict("right", "the left glove gets two thirds: it is the one that is always missed.")
    mistakes = [
        (
            np.array([3 / 4, 1 / 4, 1 / 4]),
            "every coalition has the same weight here (these are Banzhaf's values). Average over the orders: small and "
            "large coalitions come up more often in them than those between.",
        ),
        (6 * expected, "what a player adds is summed up; divide by the number of orders, 6."),
        (2 * expected, "this is divided by the number of players; divide by the number of orders, 6."),
        (np.array([1.0, 0.0, 0.0]), "this is what is lost when one player leaves all the others; take every order."),
        (np.zeros(3), "this is what each player makes alone; take every order, and what the player adds there."),
        (np.full(3, 1 / 3), "everybody gets the same, and a right glove is not missed while there is a spare one."),
        *(
            (
                np.array([order.contributions[player] for player in GLOVES.players]),
                "this is what is added in a single order; take the average over all of them.",
            )
            for order in GLOVES.orders()
        ),
    ]
    otherwise = f"for a pair of gloves worth 1 the values sum to {values.sum():.2f}: efficiency is broken."
    if abs(values.sum() - 1) <= 1e-6:
        otherwise = "the values sum to what all make together, but are not the averages over the orders."
    return mistaken(values, mistakes, otherwise)


@check()
def samples_needed(answer: Any) -> Verdict:
    """Check ``answer(error, samples, wanted)``, how many orders bring the standard error down to what is wanted."""
    for error, samples, wanted, expected in ((10.0, 100, 5.0, 400), (3.0, 50, 1.0, 450), (2.0, 64, 4.0, 16)):
        found = number(call(answer, error, samples, wanted), "a number of orders")
        if abs(found - expected) <= 1:  # rounded or not
            continue
        ratio = error / wanted
        mistakes = [
            (
                samples * ratio,
                "the ratio of the errors is not squared: four times as many orders only halve the error.",
            ),
            (samples * np.sqrt(ratio), "the root is the wrong way round: square the ratio of the errors."),
            (samples / ratio**2, "the ratio is turned round: a smaller error takes more orders."),
            (samples / ratio, "the ratio is turned round, and it has to be squared."),
            (ratio**2, "this is how many times as many it takes; multiply it by `samples`."),
            (samples * (ratio**2 - 1), "these are the orders that are missing; expected all of them."),
        ]
        otherwise = (
            f"{samples} orders leave an error of {error:g}; for {wanted:g} it takes {expected}, and you say {found:g}."
        )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "ten times the precision costs a hundred times the work.")
