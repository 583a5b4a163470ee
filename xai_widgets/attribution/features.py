"""Features: what of an input is switched on and off together, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.input import FIXED
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array
from xai_widgets.models.patches import patches_of
from xai_widgets.option import Option

FeatureChoice = str | ArrayLike | Sequence[Any] | Mapping[str, Any]

NAMES = ("pixels", "squares", "superpixels", "channels", "places", "windows", "patches")


def _check_other(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _check_one(one, f"features[{name!r}]") for name, one in value.items()}
    if isinstance(value, list | tuple) and any(one is None or isinstance(one, str | np.ndarray) for one in value):
        return tuple(_check_one(one, f"features[{place}]") for place, one in enumerate(value))
    return _check_array(value, "features")


def _check_one(value: Any, what: str) -> Any:
    """Check what is said of one of several inputs."""
    if isinstance(value, str) and value not in NAMES:
        raise unknown_name(f"division for {what}", value, NAMES)
    return value if value is None or isinstance(value, str) else _check_array(value, what)


def _check_array(value: Any, what: str) -> Array:
    array = as_array(value)
    if array.dtype.kind not in "iu":
        raise InputTypeError(
            f"{what} is {shown(value)}; expected 'pixels', 'squares', 'superpixels', 'channels', 'patches' or an array "
            "of integers."
        )
    if array.ndim == 0:
        raise InputTypeError(f"{what} is the number {value}; expected an array with a number for each element.")
    return array


FEATURES = Option(
    default="superpixels",
    kind="choice",
    label="Features",
    sentence="What is switched on and off together.",
    choices=("pixels", "squares", "superpixels", "channels"),
    unlisted=("places", "windows", "patches"),
    counted_choices={"patches": "patches"},
    other=_check_other,
)
SIZE = Option(
    default=8,
    kind="integer",
    label="Size",
    sentence="The side of a square; a superpixel has about its area.",
    minimum=1,
    slider=(1, None),
    step=1,
    unit="pixels",
    when=("features", ("squares", "superpixels")),
)


@dataclass(frozen=True, eq=False)
class Features:
    """A division of inputs into features.

    Attributes
    ----------
    plane : array of int
        The number of the feature at each place, (batch or 1, *input shape) with axes of size 1 along which it is the
        same: channels that go together.
    input_shape : tuple of int
    count : int
        How many there are: they are numbered 0 to `count` - 1. Where inputs of a batch have different numbers of
        superpixels this is the largest, and what an input has not got is empty. What belongs to no feature and is
        never switched off has the number `count`; its score is 0.
    shared : bool
        Whether the elements of a feature share its value in a map: the tokens of a word.
    """

    plane: Array
    input_shape: tuple[int, ...]
    count: int
    shared: bool = False

    @property
    def labels(self) -> Array:
        """The number of the feature of each element, (batch or 1, *input shape)."""
        return np.broadcast_to(self.plane, (len(self.plane), *self.input_shape))

    @property
    def weights(self) -> Array:
        """One over the number of elements of each one's feature, (batch or 1, *input shape): they sum to 1 for each."""
        counted = [np.bincount(row.ravel(), minlength=self.count)[row] for row in self.labels]
        shares: Array = 1 / np.stack(counted)
        return shares

    def switch(self, batch: Array, filling: Array, present: Array) -> Array:
        """Return `batch` with only some of its features, (rows, batch, *input shape).

        Parameters
        ----------
        batch : array of shape (batch, *input shape)
        filling : array of the shape of `batch`
            What takes the place of a feature that is absent.
        present : array of shape (rows, count)
            True where a feature is there; a number in between mixes both.
        """
        there = self.there(present)
        if there.dtype == bool:
            return np.where(there, batch, filling)
        mixed: Array = filling + there.astype(batch.dtype) * (batch - filling)
        return mixed

    def there(self, present: Array) -> Array:
        """Return at each place whether its feature is present, (rows, batch or 1, *input shape) or axes of size 1."""
        return np.concatenate([present, np.ones_like(present[:, :1])], axis=1)[:, self.plane]

    def at(self, layout: Layout, place: tuple[int, ...]) -> tuple[Array, float]:
        """Return the features that a place of the map belongs to, each once, and the part of their values that it has.

        That is all of it, but for tokens that go together as a word. Of the first input.
        """
        elements, labels = layout.elements_at(place), self.labels[0].ravel()
        found = np.unique(labels[elements])
        found = found[found < self.count]
        share = 1 / np.count_nonzero(labels == found[0]) if self.shared and len(found) else 1.0
        return found, share

    def spread(self, scores: Array) -> Array:
        """Return the scores (batch, count) of the features at each of their elements, (batch, *input shape)."""
        scores = np.concatenate([scores, np.zeros_like(scores[:, :1])], axis=1)
        rows = np.arange(len(scores)).reshape(-1, *[1] * len(self.input_shape))
        return np.broadcast_to(scores[rows, self.plane], (len(scores), *self.input_shape))


def features_for(batch: Array, features: FeatureChoice, size: int, model: Model) -> Features:
    """Return the division of each input of `batch` into features.

    Parameters
    ----------
    batch : array of shape (batch, *input shape)
    features : str, array of int, or dict of these
        "pixels" or "places": each place with all its channels; "squares" or "windows": a grid of them from the first
        corner on, cut off at the border, squares of a picture, stretches of time of a signal, cubes of a volume;
        "superpixels": connected pieces of one colour (SLIC, Achanta et al. 2012), of a signal stretches of time;
        "channels": each channel of the input; "patches": those to which the network attends, see `patches_of`. The
        elements of an array with the same number are one feature (Captum's feature mask); its shape is that of the
        input, or broadcasts to it, or to the batch. On tables and texts each of the names means every element; but
        where a tokenizer cuts words into pieces, all but "pixels" and "places" mean words, and what stands around a
        text is no feature. Of a model of several input tensors each name means these: each is one feature. A dict by
        the names of inputs, or a sequence in their order, divides each of them in a way of its own; what is left out,
        or None, is one feature.
    size : int
        The side of a square; there are about as many superpixels as squares of this side.
    model : Model

    Raises
    ------
    ValueError
        If the division has no meaning for this input, or the array another shape.
    """
    if isinstance(features, Mapping | tuple):
        return _of_each(batch, features, size, model)
    if not isinstance(features, str):
        return _given(batch, np.asarray(features), model.input.shared)
    if features == "patches" and model.input.neighbours:
        labels = model.input.layout.spread(patches_of(model.input.layout, model.attended)[None])
    else:
        labels = model.input.divided(batch, features, size)
    count = int(labels.max()) + 1
    if not count:
        raise InputError("There is nothing in the input that could be taken away; expected a text with words.")
    return Features(np.where(labels == FIXED, count, labels), batch.shape[1:], count, model.input.shared)


def _of_each(batch: Array, features: Any, size: int, model: Model) -> Features:
    """Return the division of several inputs, of which each is divided in a way of its own."""
    whole, labels, count = model.input, [], 0
    for piece, rows, one in zip(whole.pieces, whole.unpacked(batch), whole.of_each(features, "features"), strict=True):
        if one is None:
            own = np.zeros((1, *piece.shape), int)
        elif isinstance(one, str):
            own = piece.divided(rows, one, size)
        else:
            own = _given(rows, one, piece.shared).plane
        own = np.broadcast_to(own, (len(batch), *piece.shape))
        replaceable = piece.replaceable(rows)
        own = own if replaceable is None else np.where(replaceable, own, FIXED)
        labels.append(np.where(own == FIXED, FIXED, own + count))
        count += max(int(own.max()) + 1, 0)
    if not count:
        raise InputError("There is nothing in the inputs that could be taken away; expected a text with words.")
    packed = whole.packed(labels)
    return Features(np.where(packed == FIXED, count, packed), batch.shape[1:], count)


def _given(batch: Array, numbers: Array, shared: bool) -> Features:
    """The features of an array of numbers, which need be neither consecutive nor from zero."""
    shape = batch.shape[1:]
    try:
        if numbers.ndim <= len(shape):
            numbers = np.broadcast_to(numbers, shape)[None]
        else:
            numbers = np.broadcast_to(numbers, (1 if len(numbers) == 1 else len(batch), *shape))
    except ValueError:
        raise InputError(
            f"features has shape {numbers.shape}; expected {shape}, or {batch.shape} for one array per input."
        ) from None
    found, labels = np.unique(numbers, return_inverse=True)
    return Features(labels.reshape(numbers.shape), shape, len(found), shared)
