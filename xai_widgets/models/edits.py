"""What may be changed of a layer's output: a direction added, units taken out, or all of it replaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.cut import Cut
from xai_widgets.models.edit import Edit
from xai_widgets.models.objective import Array


def direction(cut: Cut, vector: Any, step: Any) -> Edit:
    """Return the edit that adds so many times a vector: a number for each unit, or for each element of the output."""
    added = _spread(cut, vector, "vector")
    length = as_array(step)
    if length.ndim or length.dtype.kind not in "fiu" or not np.isfinite(length):
        raise InputTypeError(f"step is {shown(step)}; expected how many times the vector is added, a finite number.")
    return Edit(str(cut.layer), np.ones(()), float(length) * added, f"{float(length):g} times a direction is added")


def activation(cut: Cut, values: Any) -> Edit:
    """Return the edit that puts numbers in the place of the output: one for each unit, or for each element."""
    return Edit(str(cut.layer), np.zeros(()), _spread(cut, values, "values"), "its output is replaced")


def ablation(cut: Cut, units: Any, batch: Array | None) -> Edit:
    """Return the edit that puts zero in the place of some units, or their mean over a batch of inputs."""
    count, numbers = cut.known_layout.channels, np.atleast_1d(as_array(units))
    if numbers.ndim > 1 or (numbers.dtype.kind not in "iu" and numbers.size):
        raise InputTypeError(f"units is {shown(units)}; expected the number of a unit, or a list of these.")
    numbers = numbers.astype(int)
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= count:
        raise InputError(f"units is {shown(units)}; layer {cut.layer!r} has units from 0 to {count - 1}.")
    out, stand_ins = np.zeros(count), np.zeros(count)
    out[numbers] = 1
    if batch is not None:
        stand_ins = _means(cut, batch)
    words = f"{np.count_nonzero(out)} of {count} units are {'zero' if batch is None else 'their mean'}"
    return Edit(str(cut.layer), _of_units(cut, 1 - out), _of_units(cut, out * stand_ins), words)


def _spread(cut: Cut, values: Any, name: str) -> Array:
    """Return finite numbers in a shape that spreads over one input's output."""
    given = as_array(values)
    if given.dtype.kind not in "fiu":
        raise InputTypeError(f"{name} is {shown(values)}; expected an array of numbers.")
    if not (np.abs(given) <= np.finfo(np.float32).max).all():
        raise InputError(f"{name} holds NaN, or numbers that are too large; expected finite ones.")
    numbers: Array = given.astype(np.float64)
    if numbers.shape == cut.shape:
        return numbers
    count = cut.known_layout.channels
    if numbers.shape != (count,):
        raise InputError(
            f"{name} has shape {numbers.shape}; expected ({count},), a number for each unit of layer {cut.layer!r}, or "
            f"{cut.shape}, one for each element of what it puts out for one input."
        )
    return _of_units(cut, numbers)


def _of_units(cut: Cut, numbers: Array) -> Array:
    """Return a number for each unit in a shape that spreads over one input's output, class tokens included."""
    layout = cut.known_layout
    return numbers.reshape([size if axis in layout.channel_axes else 1 for axis, size in enumerate(cut.shape)])


def _means(cut: Cut, batch: Array) -> Array:
    """Return the mean of each unit over inputs and places."""
    layout, total, done = cut.known_layout, np.zeros(cut.known_layout.channels), 0
    while done < len(batch):
        rows = cut.activations(batch[done : done + cut.chunk("activations")])
        total += layout.channels_first(rows).mean(axis=2, dtype=np.float64).sum(axis=0)
        done += len(rows)
    return total / len(batch)
