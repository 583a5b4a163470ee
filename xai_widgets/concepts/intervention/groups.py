"""Concepts that are asked for together, and the states that such a group can be in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.concepts.intervention.bottleneck import Bottleneck
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.objective import Array

Groups = dict[str, list[int]]
"""By name, the numbers of the units of a group."""


def checked_groups(groups: Any, bottleneck: Bottleneck) -> Groups:
    """Return the groups by the numbers of their units; where none are given each unit is one."""
    if groups is None:
        return {name: [number] for number, name in enumerate(bottleneck.names)}
    if not isinstance(groups, Mapping) or not groups:
        raise InputTypeError(f"groups is {shown(groups)}; expected a dict from names to lists of units.")
    found: Groups = {}
    for name, units in groups.items():
        if isinstance(units, str) or not isinstance(units, list | tuple) or not units:
            raise InputTypeError(f"groups[{name!r}] is {shown(units)}; expected a list of units, by name or number.")
        found[str(name)] = [bottleneck.model.unit(bottleneck.layer, unit) for unit in units]
    numbers = [number for units in found.values() for number in units]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise InputError(f"The unit {bottleneck.names[twice]!r} is in groups twice; expected each unit in one group.")
    return found


def states(size: int) -> Array:
    """Return what the units of a group can be: off or on, or of several exactly one on; (states, units)."""
    return np.array([[0.0], [1.0]]) if size == 1 else np.eye(size)


def chances(said: Array) -> Array:
    """Return how probable each state is, (batch, states), by what the units of the group say of themselves.

    Where there are several, and each is on or off by itself with its probability, these are the chances of exactly one
    being on, given that exactly one is: in proportion to the odds.
    """
    sure = np.clip(said, 1e-7, 1 - 1e-7)
    if said.shape[1] == 1:
        return np.concatenate([1 - sure, sure], axis=1)
    odds = sure / (1 - sure)
    found: Array = odds / odds.sum(axis=1, keepdims=True)
    return found
