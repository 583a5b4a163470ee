"""What users call the units of layers, such as the concepts of a concept bottleneck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.names import Names, checked_names, doubles

UnitNames = Mapping[str, Names]
"""For names of layers, the names of their units, or channels."""


def checked_units(units: UnitNames | None) -> dict[str, tuple[str, ...]]:
    """Return the names of the units of each layer of which they are told."""
    if units is None:
        return {}
    if not isinstance(units, Mapping):
        raise InputTypeError(
            f"units is {shown(units)}; expected a dict from the name of a layer to the names of its units, such as "
            "{'concepts': ['red', 'round']}."
        )
    found = {str(layer): checked_names(names, f"units[{layer!r}]", "unit") for layer, names in units.items()}
    for layer, names in found.items():
        for double in doubles(names):
            raise InputError(f"units[{layer!r}] names {double!r} twice; expected another name for each unit.")
    return found


def check_count(layer: str, names: tuple[str, ...], count: int) -> None:
    """Refuse more names than a layer has units, or fewer."""
    if len(names) != count:
        raise InputError(
            f"units[{layer!r}] has {len(names)} names, and layer {layer!r} has {count} units; expected one name for "
            "each."
        )


def generated_names(count: int) -> tuple[str, ...]:
    """Return what units are called of which it was not told."""
    return tuple(f"unit {number}" for number in range(count))


def unit_number(layer: str, names: tuple[str, ...] | None, count: int, unit: Any) -> int:
    """Return the number of a unit that is given by its name or number."""
    if isinstance(unit, str):
        if names is None and unit in (generated := generated_names(count)):
            return generated.index(unit)
        if names is None:
            raise InputError(
                f"The unit is given by name, {unit!r}, and layer {layer!r} has units without names; expected a number, "
                f"or wrap the network with units={{{layer!r}: [...]}}."
            )
        if unit not in names:
            raise unknown_name(f"unit of layer {layer!r}", unit, names)
        return names.index(unit)
    if isinstance(unit, bool) or not isinstance(unit, int | np.integer):
        raise InputTypeError(f"A unit is a name or a number; found {shown(unit)}.")
    if not 0 <= unit < count:
        raise InputError(f"There is no unit {unit} in layer {layer!r}; expected a number from 0 to {count - 1}.")
    return int(unit)
