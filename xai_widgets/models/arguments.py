"""What users give, the arguments of `wrap` and the inputs: checked, in words that say what to do."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import DTypeLike

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import Outputs

Preprocess = Mapping[str, Sequence[float]] | Callable[[Any], Any]


LARGEST_INPUT = 2**40
"""More numbers than any computer holds of one input."""

LARGEST_BOUND = 1e30
"""Far below the largest number of float32, so that sums and products of inputs stay finite."""


def checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    try:
        if isinstance(shape, str | bytes | set | frozenset | Mapping):
            raise TypeError
        sizes = tuple(_size(size) for size in shape)
    except (TypeError, NotImplementedError) as error:  # Keras raises the second where a KerasTensor is iterated.
        raise InputTypeError(
            f"input_shape is {shown(shape)}; expected sizes, whole numbers, without the batch axis."
        ) from error
    if not sizes or min(sizes) < 1:
        raise InputError(f"input_shape is {sizes}; expected at least one axis, each of size 1 or more.")
    if math.prod(sizes) > LARGEST_INPUT:
        raise InputError("input_shape has more numbers than fit into memory; expected the shape of one input.")
    return sizes


def _size(size: Any) -> int:
    if isinstance(size, bool | np.bool_):
        raise TypeError
    return operator.index(size)


def checked_bounds(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    if bounds is None:
        return None
    try:
        if isinstance(bounds, str | bytes | set | frozenset | Mapping):
            raise TypeError
        low, high = (_end(end) for end in bounds)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputTypeError(f"bounds is {bounds!r:.80}; expected (low, high), or None for tables.") from error
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"bounds is {bounds!r}; expected two finite numbers, the lower one first.")
    if max(abs(low), abs(high)) > LARGEST_BOUND:
        raise InputError(f"bounds is {bounds!r}; expected ends of at most {LARGEST_BOUND:g}, or None for no bounds.")
    if not np.float32(low) < np.float32(high):
        raise InputError(f"bounds is {bounds!r}; expected two finite numbers, the lower one first.")
    return low, high


def _end(end: Any) -> float:
    if isinstance(end, str | bytes | bool | np.bool_ | complex) or np.ndim(end):
        raise TypeError
    number = float(end)
    return int(number) if math.isfinite(number) and number.is_integer() and abs(number) < 2**53 else number


def checked_preprocess(preprocess: Preprocess | None) -> Preprocess | None:
    if preprocess is None or callable(preprocess):
        return preprocess
    if not isinstance(preprocess, Mapping) or not set(preprocess) <= {"mean", "std"}:
        raise InputTypeError(
            f"preprocess is {preprocess!r}; expected {{'mean': [...], 'std': [...]}} or a differentiable function."
        )
    for name, lowest in (("mean", -np.inf), ("std", 0.0)):
        try:
            numbers = np.asarray(preprocess.get(name, 1.0), float)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputTypeError(
                f"preprocess has {name} {preprocess[name]!r}; expected one number per channel."
            ) from error
        if not (np.isfinite(numbers).all() and (numbers > lowest).all()):
            expected = "positive" if name == "std" else "finite"
            raise InputError(f"preprocess has {name} {preprocess[name]!r}; expected {expected} numbers.")
    return preprocess


def checked_outputs(outputs: Outputs | None) -> Outputs | None:
    if outputs is not None and not (isinstance(outputs, str) and outputs in get_args(Outputs)):
        raise InputError(f"outputs is {outputs!r}; expected 'logits', 'probabilities' or 'values'.")
    return outputs


def channel_statistics(
    preprocess: Mapping[str, Sequence[float]], shape: tuple[int, ...], axis: int, dtype: DTypeLike
) -> tuple[Array, Array]:
    """Return the mean and the standard deviation per channel, in shapes that broadcast over inputs of `shape`."""

    def column(name: str, default: float) -> Array:
        numbers = np.asarray(preprocess.get(name, default), dtype)
        if numbers.ndim > 1 or numbers.size not in (1, shape[axis]):
            raise InputError(
                f"preprocess has {numbers.size} numbers for {name}, but an input of shape {shape} has {shape[axis]} "
                "channels; expected one number per channel."
            )
        return numbers.reshape([-1 if place == axis % len(shape) else 1 for place in range(len(shape))])

    return column("mean", 0.0), column("std", 1.0)


def layout_hint(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Say so where only the place of the channels differs."""
    if len(expected) == 3 and shape[-3:] != expected:
        if shape[-3:] == (*expected[1:], expected[0]):
            return " The channels seem to come last; numpy.moveaxis(x, -1, -3) puts them first."
        if shape[-3:] == (expected[-1], *expected[:-1]):
            return " The channels seem to come first; numpy.moveaxis(x, -3, -1) puts them last."
    return ""
