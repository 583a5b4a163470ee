"""What is known of concepts before they are told: their groups, their truth, what a layer says for no and yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.concepts.intervention.bottleneck import Bottleneck
from xai_widgets.concepts.intervention.groups import Groups, checked_groups
from xai_widgets.concepts.intervention.next_concept import are_probabilities
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.widgets.pictures import Pictures

OFF, ON = 5, 95
"""The percentiles of what a concept says of the pictures that stand for no and yes, after Koh and others (2020)."""


def read_bottlenecks(models: Mapping[str, Model], source: Pictures, layer: Any) -> dict[str, Bottleneck]:
    """Return the layer of each model, read for all pictures.

    Raises
    ------
    ValueError, TypeError
        If a model has no such layer, or its units have other names than those of the first.
    """
    found: dict[str, Bottleneck] = {}
    for name, model in models.items():
        batch = np.stack([source.input(name, index).value for index in range(len(source))])
        found[name] = Bottleneck(model, batch, layer)
        for _ in found[name].read():
            pass
        (first, one), *_ = found.items()
        if found[name].names != one.names:
            raise InputError(
                f"The units of layer {layer!r} are called {shown(one.names)} in {first!r} and "
                f"{shown(found[name].names)} in {name!r}; expected the same in all models: wrap them with units."
            )
    return found


def all_groups(groups: Any, bottleneck: Bottleneck) -> Groups:
    """Return the groups by the numbers of their units, each unit that is in none as one of its own."""
    found = checked_groups(groups, bottleneck)
    grouped = {number for numbers in found.values() for number in numbers}
    for number, name in enumerate(bottleneck.names):
        if number not in grouped:
            if name in found:
                raise InputError(f"The unit {name!r} is not in the group of that name; expected it in a group.")
            found[name] = [number]
    return found


def checked_truths(truths: Any, pictures: int, concepts: tuple[str, ...]) -> Array:
    """Return which concepts are true of which pictures, (pictures, concepts); nan where that is not known."""
    found = as_array(truths)
    if found.dtype.kind not in "fiub":
        raise InputTypeError(f"truths is {shown(truths)}; expected numbers from 0, no, to 1, yes, nan where not known.")
    if found.shape != (pictures, len(concepts)):
        raise InputError(
            f"truths has shape {found.shape}; expected ({pictures}, {len(concepts)}): a row for each picture, a number "
            "for each concept."
        )
    known = found.astype(np.float64)
    if np.any((known < 0) | (known > 1) | np.isinf(known)):
        low, high = np.nanmin(known), np.nanmax(known)
        raise InputError(f"truths goes from {low:g} to {high:g}; expected from 0, no, to 1, yes, nan where not known.")
    return known


def checked_levels(levels: Any, bottlenecks: Mapping[str, Bottleneck]) -> dict[str, Array]:
    """Return for each model what its concepts say for no and for yes, (2, concepts).

    Where they are not told these are 0 and 1 of concepts that are probabilities, and else two percentiles of what the
    concept says of the pictures.
    """
    if isinstance(levels, Mapping):
        for name in levels:
            if name not in bottlenecks:
                raise unknown_name("model", name, list(bottlenecks))
        given = dict(levels)
    else:
        given = {} if levels is None else dict.fromkeys(bottlenecks, levels)
    return {
        name: _told(given[name], bottleneck) if given.get(name) is not None else _found(name, bottleneck)
        for name, bottleneck in bottlenecks.items()
    }


def in_words(truths: Array) -> list[list[float | None]]:
    """Return truths as JSON, None where they are not known."""
    return [[None if np.isnan(one) else float(one) for one in row] for row in truths]


def _told(levels: Any, bottleneck: Bottleneck) -> Array:
    found, count = as_array(levels), len(bottleneck.names)
    if found.dtype.kind not in "fiu" or found.shape not in ((2,), (2, count)) or not np.isfinite(found).all():
        raise InputError(
            f"levels is {shown(levels)}; expected what concepts say for no and for yes: two numbers, or an array of "
            f"shape (2, {count})."
        )
    every: Array = np.broadcast_to(found.reshape(2, -1), (2, count)).astype(np.float64)
    for name, no, yes in zip(bottleneck.names, *every, strict=True):
        if no == yes:
            raise InputError(f"levels are {no:g} for no and for yes of {name!r}; expected two different numbers.")
    return every


def _found(model: str, bottleneck: Bottleneck) -> Array:
    said = bottleneck.said
    if are_probabilities(said):
        return np.stack([np.zeros(said.shape[1]), np.ones(said.shape[1])])
    found: Array = np.percentile(said, [OFF, ON], axis=0)
    for name, no, yes in zip(bottleneck.names, *found, strict=True):
        if no == yes:
            which = f" of {model!r}" if model else ""
            raise InputError(
                f"The concepts{which} are no probabilities, and {name!r} says {no:.3g} of all {len(said)} pictures, so "
                "that nothing tells what it says for no and for yes; give levels, such as levels=(-4, 4)."
            )
    return found
