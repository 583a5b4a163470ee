"""The checks of lesson 9, Shapley values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import xai_widgets as xai
from xai_course.answers import number
from xai_course.checking import Verdict, call, check, described

GLOVES = xai.Game(["left", "right", "spare right"], lambda found: float("left" in found and len(found) > 1))
"""A pair is worth 1: the left glove is needed, one of the two right ones is enough. The values are 2/3, 1/6 and 1/6."""


@check()
def shapley_by_hand(answer: Any) -> Verdict:
    """Check a function that gives the Shapley values of a game."""
    found = call(answer, GLOVES)
    if not isinstance(found, Mapping) or set(found) != set(GLOVES.players):
        return Verdict(
            "wrong", f"expected a dict with a value for {', '.join(GLOVES.players)}; found {described(found)}."
        )
    values = np.array([number(found[player], f"one number for {player}") for player in GLOVES.players])
    if abs(values.sum() - 1) > 1e-6:
        return Verdict(
            "wrong", f"for a pair of gloves worth 1 the values sum to {values.sum():.2f}: efficiency is broken."
        )
    if np.abs(values - [2 / 3, 1 / 6, 1 / 6]).max() > 1e-6:
        return Verdict("wrong", "the values sum to what all make together, but are not the averages over the orders.")
    return Verdict("right", "the left glove gets two thirds: it is the one that is always missed.")


@check()
def samples_needed(answer: Any) -> Verdict:
    """Check a function that says how many orders bring the standard error down to what is wanted."""
    for error, samples, wanted, expected in ((10.0, 100, 5.0, 400), (3.0, 50, 1.0, 450), (2.0, 64, 4.0, 16)):
        found = number(call(answer, error, samples, wanted), "a number of orders")
        if abs(found - expected) > 1:
            return Verdict(
                "wrong",
                f"{samples} orders leave an error of {error:g}; for {wanted:g} it says {found:g}, not {expected}.",
            )
    return Verdict("right", "ten times the precision costs a hundred times the work.")
