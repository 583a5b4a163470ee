"""Baselines: the picture that stands for "nothing to see", named or given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.columns import columns_of, numbers_of
from xai_widgets.models.inputs.input import cast
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

Baseline = str | float | ArrayLike | Sequence[Any] | Mapping[str, Any]


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
        raise InputTypeError(
            f"baseline is {shown(value)}; expected 'black', 'white', 'mean', 'blur', a number or an array."
        )
    if not np.isfinite(array).all():
        raise InputError("baseline holds NaN or infinite values; expected finite numbers.")
    return array if array.ndim else array.item()


BASELINE = Option(
    default="black",
    kind="choice",
    label="Baseline",
    sentence="The picture that stands for nothing to see.",
    choices=("black", "white", "mean", "blur"),
    unlisted=("padding", "mask", "zero"),
    other=_check_other,
)


def baseline_for(batch: Array, baseline: Baseline, model: Model) -> Array:
    """Return the baseline of each input of `batch`, of its shape.

    Parameters
    ----------
    batch : array of shape (batch, *input shape)
    baseline : str, number or array
        "black" and "white" are the ends of the model's bounds, "mean" is each channel's mean of that input, "blur" the
        input after a Gaussian of a tenth of its shortest side with reflected borders: along height and width of a
        picture, along the time of a signal. "padding" is the token id that fills a text up, where inputs are token ids;
        there "black", which is the default, means the same, and "mask" is the tokenizer's token for what was taken
        away, such as [MASK]; what stands around a text stays. "zero" is the number 0, which tables of standardised
        columns start from. An array is one input or one per input; of a table a dict, a Series or a DataFrame is read
        by the names of its columns. Of a model of several inputs a tuple, list or dict has one of these for each, or
        one is for all.

    Raises
    ------
    ValueError
        If the name has no meaning for this model, or the array has another shape.
    """
    return model.input.baseline(batch, baseline)


def _check_others(value: Any) -> Any:
    array = as_array(value)
    if array.dtype.kind not in "fiu":
        raise InputTypeError(
            f"baselines is {shown(value)}; expected 'uniform', 'plain', a number or an array (k, *input shape)."
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
        drawn = [model.input.any_input(baselines, np.random.default_rng((seed, i, 1))) for i in range(start, stop)]
        return np.stack(drawn)[:, None].astype(batch.dtype)
    given = cast(baselines, batch)
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
