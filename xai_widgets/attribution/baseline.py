"""Baselines: the picture that stands for "nothing to see", named or given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.inputs import Part, Parts
from xai_widgets.models.objective import Array
from xai_widgets.models.tables import columns_of, in_order, numbers_of
from xai_widgets.option import Option

Baseline = str | float | ArrayLike | Sequence[Any] | Mapping[str, Any]
BLUR = 0.1
"""The standard deviation of the blurred baseline, as a fraction of the picture's shorter side."""


def _check_other(value: Any) -> Any:
    names = columns_of(value)
    if names is not None and not isinstance(value, Mapping):
        value = dict(zip(names, np.moveaxis(numbers_of(value), -1, 0), strict=True))
    if isinstance(value, Mapping):
        return {name: one if isinstance(one, str) else _check_other(one) for name, one in value.items()}
    if isinstance(value, list | tuple) and not all(isinstance(one, int | float) for one in value):
        return tuple(one if isinstance(one, str) else _check_other(one) for one in value)
    array = as_array(value)
    if array.dtype.kind not in "fiu":
        raise InputTypeError(f"baseline is {value!r}; expected 'black', 'white', 'mean', 'blur', a number or an array.")
    if not np.isfinite(array).all():
        raise InputError("baseline holds NaN or infinite values; expected finite numbers.")
    return array if array.ndim else array.item()


BASELINE = Option(
    default="black",
    kind="choice",
    label="Baseline",
    sentence="The picture that stands for nothing to see.",
    choices=("black", "white", "mean", "blur"),
    unlisted=("padding", "zero"),
    other=_check_other,
)


def baseline_for(batch: Array, baseline: Baseline, model: Model) -> Array:
    """Return the baseline of each input of `batch`, of its shape.

    Parameters
    ----------
    batch : array of shape (batch, *input shape)
    baseline : str, number or array
        "black" and "white" are the ends of the model's bounds, "mean" is each channel's mean of that picture, "blur"
        the picture after a Gaussian of a tenth of its shorter side with reflected borders. "padding" is the token id
        that fills a text up, where inputs are token ids; there "black", which is the default, means the same. "zero"
        is the number 0, which tables of standardised columns start from. An array is one input or one per input; of a
        table a dict, a Series or a DataFrame is read by the names of its columns. Of a model of several inputs a tuple,
        list or dict has one of these for each, or one is for all.

    Raises
    ------
    ValueError
        If the name has no meaning for this model, or the array has another shape.
    """
    if model.parts is not None and isinstance(baseline, np.ndarray) and baseline.shape == (len(model.parts),):
        baseline = baseline.tolist()
    if model.parts is not None and not isinstance(baseline, np.ndarray):
        return _of_parts(batch, baseline, model.parts)
    if isinstance(baseline, str):
        return _named(batch, baseline, model)
    if isinstance(baseline, Mapping) and model.features is not None:
        baseline = in_order(baseline, model.features, "baseline")
    elif isinstance(baseline, Mapping) and len(baseline) == batch.shape[-1]:
        baseline = numbers_of(baseline)
    try:
        array = _cast(baseline, batch)
    except TypeError as error:  # one for each of several inputs, which this model does not have
        raise InputTypeError(
            f"baseline is {baseline!r}, but the model has one input; expected a name, a number, or an array of numbers "
            f"of shape {batch.shape[1:]}."
        ) from error
    if array.ndim and array.shape not in (batch.shape, batch.shape[1:]):
        raise InputError(
            f"baseline has shape {array.shape}; expected {batch.shape[1:]}, or {batch.shape} for one per input."
        )
    if model.tokens is not None:
        model.tokens.check(array)
    return np.broadcast_to(array, batch.shape)


def _cast(baseline: Any, batch: Array) -> Array:
    """Return numbers in the type of the inputs; a TypeError where they are none, or of no one shape."""
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(baseline).astype(batch.dtype)
    except ValueError as error:
        raise TypeError(str(error)) from error
    if not np.isfinite(array).all():
        raise InputError(f"baseline is {shown(baseline)}, which is too large a number for {batch.dtype}.")
    return array


def _of_parts(batch: Array, baseline: Any, parts: Parts) -> Array:
    """Return the baseline of inputs of several tensors: one for each of them, or one for all."""
    several = isinstance(baseline, list | tuple | Mapping)
    each = parts.ordered(baseline, "baseline") if several else [baseline] * len(parts)
    found = []
    for part, values, one in zip(parts, parts.unpack(batch), each, strict=True):
        if isinstance(one, str):
            found.append(_named(values, one, part))
            continue
        array = _cast(one, batch)
        if array.ndim and array.shape not in (values.shape, values.shape[1:]):
            raise InputError(f"The baseline of {part.name!r} has shape {array.shape}; expected {values.shape[1:]}.")
        found.append(np.broadcast_to(array, values.shape))
    return parts.pack(found)


def _named(batch: Array, name: str, model: Model | Part) -> Array:
    if isinstance(model, Part) and name in ("black", "white") and model.bounds is None:
        raise InputError(
            f"The baseline of {model.name!r} is {name!r}, but it has no bounds, so there is no {name}; expected a "
            "number or an array for it: baseline=[...], one for each input."
        )
    if isinstance(model, Model) and model.tokens is not None:
        if name not in ("black", "padding"):
            raise InputError(f"baseline is {name!r}, but inputs are token ids; expected 'padding', or an array of ids.")
        return np.full_like(batch, model.tokens.padding)
    if name == "padding":
        raise InputError("baseline is 'padding', but inputs are no token ids; expected 'black', a number or an array.")
    if name == "zero":
        return np.zeros_like(batch)
    if name in ("black", "white"):
        if model.bounds is None:
            raise InputError(
                f"baseline is {name!r}, but the model was wrapped with bounds=None, so there is no {name}; "
                "expected 'zero', a number or an array."
            )
        return np.full_like(batch, model.bounds[0 if name == "black" else 1])
    axes = _picture_axes(batch, model)
    if name == "mean":
        return np.broadcast_to(batch.mean(axis=axes, keepdims=True), batch.shape)
    deviation = BLUR * min(batch.shape[axis] for axis in axes)
    blurred: Array = ndimage.gaussian_filter(batch, [deviation if axis in axes else 0 for axis in range(batch.ndim)])
    return blurred


def _picture_axes(batch: Array, model: Model | Part) -> tuple[int, ...]:
    """The axes of `batch` that span the picture, leaving out those of the batch and of the channels."""
    axis = model.channel_axis
    skipped = {0} if axis is None else {0, 1 + axis if axis >= 0 else batch.ndim + axis}
    return tuple(axis for axis in range(batch.ndim) if axis not in skipped)


def _check_others(value: Any) -> Any:
    array = as_array(value)
    if array.dtype.kind not in "fiu":
        raise InputTypeError(
            f"baselines is {value!r}; expected 'uniform', 'plain', a number or an array (k, *input shape)."
        )
    if not np.isfinite(array).all():
        raise InputError("baselines holds NaN or infinite values; expected finite numbers.")
    return array if array.ndim else array.item()


BASELINES = Option(
    default="uniform",
    kind="choice",
    label="Baselines",
    sentence="The pictures that are compared with: noise, pictures of one random colour each, or some of your own.",
    choices=("uniform", "plain"),
    other=_check_others,
)


def baselines_for(batch: Array, baselines: Baseline, model: Model, seed: int, start: int, stop: int) -> Array:
    """Return the random baselines with the numbers `start` to `stop`, (stop - start, 1, *input shape).

    Baseline i depends on (seed, i) alone, and is the same for every input of `batch`, every layout and every backend.

    Parameters
    ----------
    batch : array of shape (batch, *input shape)
    baselines : str, number or array
        "uniform": each value uniform within the model's bounds. "plain": one colour all over, uniform within the
        bounds. An array (k, *input shape): one of these, in random order; each comes once before any comes again, so
        that every multiple of k baselines weighs them all the same. A number: a single baseline, with this value all
        over.

    Raises
    ------
    ValueError
        If the model has no bounds to draw from, or the array has another shape.
    """
    shape = batch.shape[1:]
    if isinstance(baselines, str):
        if model.bounds is None:
            raise InputError(
                f"baselines is {baselines!r}, but the model was wrapped with bounds=None, so there is nothing to draw "
                "from; expected an array (k, *input shape), for instance some rows of the data."
            )
        low, high = model.bounds
        axis = model.channel_axis
        drawn = [_drawn(baselines, shape, axis, np.random.default_rng((seed, i, 1))) for i in range(start, stop)]
        return (low + (high - low) * np.stack(drawn)[:, None]).astype(batch.dtype)
    given = _cast(baselines, batch)
    if given.ndim == 0 or given.shape == shape:
        given = np.broadcast_to(given, shape)[None]
    if given.shape[1:] != shape or len(given) == 0:
        raise InputError(f"baselines has shape {given.shape}; expected (k, {', '.join(map(str, shape))}).")
    count = len(given)
    orders = {turn: np.random.default_rng((seed, turn, 1)).permutation(count) for turn in _turns(start, stop, count)}
    return np.stack([given[orders[i // count][i % count]] for i in range(start, stop)])[:, None]


def _turns(start: int, stop: int, count: int) -> range:
    """How often all baselines came before those with the numbers `start` to `stop`."""
    return range(start // count, (stop - 1) // count + 1)


def _drawn(name: str, shape: tuple[int, ...], axis: int | None, random: np.random.Generator) -> Array:
    """One baseline of numbers from 0 to 1, drawn channels last so that it is the same in every layout."""
    last = (*shape[1:], shape[0]) if axis == 0 else shape
    if name == "plain":
        drawn = np.broadcast_to(random.random(1 if axis is None else last[-1], np.float32), last)
    else:
        drawn = random.random(last, np.float32)
    return np.moveaxis(drawn, -1, 0) if axis == 0 else drawn
