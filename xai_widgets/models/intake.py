"""What a network takes: the shape, the range and the kind of its inputs, and the checks of what users give."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, warn
from xai_widgets.fork import renew_in_child
from xai_widgets.models.arguments import (
    Preprocess,
    checked_bounds,
    checked_preprocess,
    checked_shape,
    layout_hint,
)
from xai_widgets.models.arrays import as_array, kind_of
from xai_widgets.models.head import far_inputs
from xai_widgets.models.inputs import Parts, channel_axis_of, is_several, parts_of
from xai_widgets.models.layout import Layout
from xai_widgets.models.names import Names, checked_features
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import PROBES
from xai_widgets.models.tables import columns_of, in_order
from xai_widgets.models.tokens import Embedded, Tokens, ToldOfTokens, is_text


class Intake(ABC):
    """What a network takes; `Model`, which is one, says what it puts out.

    Attributes
    ----------
    network
        The student's, which is never changed.
    lock : RLock
        Held by every pass.
    bounds : tuple of float or None
        The smallest and largest value of an input; None for tables.
    input_shape : tuple of int or None
        The shape of one input in the network's own layout; None until the first input is seen.
    parts : Parts or None
        The inputs of a network that takes several.
    tokens : Tokens or None
        Where inputs are token ids: how many there are, which one fills up, and their words.
    features : tuple of str or None
        The names of the columns of a table.
    """

    layer_channel_axis: ClassVar[int]
    """The framework's own layout, which the layers inside a network follow: 0 (channels first) or -1 (last)."""

    def __init__(
        self,
        network: Any,
        *,
        bounds: Any,
        preprocess: Preprocess | None,
        input_shape: Any,
        input_names: Names | None,
        features: Names | None,
        told: ToldOfTokens,
    ) -> None:
        self.network = network
        self.renew()
        renew_in_child(self)
        self.features = checked_features(features)
        self._given_bounds, self._given_names = bounds, input_names
        self.parts: Parts | None = None
        self.bounds = self._own_bounds = None if isinstance(bounds, list) else checked_bounds(bounds)
        self._told = told
        self.tokens: Tokens | None = None
        self.preprocess = checked_preprocess(preprocess)
        self._statistics: tuple[Array, Array] | None = None
        several = is_several(input_shape)
        self.input_shape = None if input_shape is None or several else checked_shape(input_shape)
        if several:
            self._take_parts(input_shape, input_names)

    def renew(self) -> None:
        """Make the lock anew; called in a forked process, where whoever held it is not."""
        self.lock = threading.RLock()

    def prepare(self, x: ArrayLike) -> tuple[Array, bool]:
        """Check `x` and return it as a batch in the model's dtype, and whether it was a single input.

        Warns where values lie outside `bounds`. Where inputs are token ids, a text or a list of texts will do.
        """
        if self.parts is not None and isinstance(x, list | tuple | Mapping):
            array, single = self.parts.checked(x)
            batch = np.ascontiguousarray(array, dtype=self.dtype)
            self._check_values(batch)
            return batch, single
        array = self.ids(x) if self.tokens is not None and is_text(x) else self._numbers(x)
        if self.input_shape is None:
            self.build(self._guess_input_shape(array))
        self._check_dtype(array)
        expected = self._known_input_shape
        single = array.shape == expected
        if not single and array.shape[1:] != expected:
            raise InputError(
                f"The input has shape {array.shape}; expected {expected} for one input, or "
                f"(batch, {', '.join(map(str, expected))}).{layout_hint(array.shape, expected)}"
            )
        if not single and len(array) == 0:
            raise InputError("The batch is empty; expected at least one input.")
        with np.errstate(over="ignore"):  # Numbers too large for the network are refused as infinite ones are.
            batch = np.ascontiguousarray(array[None] if single else array, dtype=self.dtype)
        self._check_values(batch)
        return batch, single

    def _numbers(self, x: Any) -> Array:
        """Return `x` as an array, the columns of a table in the order of the model's."""
        if self.features is not None and columns_of(x) is not None:
            return in_order(x, self.features)
        array = as_array(x)
        if array.ndim == 0 and array.dtype == object:
            raise InputTypeError(f"Found a {kind_of(x)}; expected an array of numbers.")
        return array

    def words(self, ids: ArrayLike) -> list[str] | list[list[str]]:
        """Return the words of a text given as ids (n,), or of several (batch, n), what fills up at the end left out.

        Raises
        ------
        ValueError, TypeError
            If the model does not take token ids, or these are none.
        """
        array = as_array(ids)
        tokens = self._checked_tokens()
        self._check_dtype(array)
        if array.ndim not in (1, 2):
            raise InputError(f"ids has shape {array.shape}; expected (n,) for one text, or (batch, n).")
        tokens.check(array)
        return tokens.words(array) if array.ndim == 1 else [tokens.words(row) for row in array]

    def ids(self, text: str | Sequence[str]) -> Array:
        """Return the ids of the words of a text, (n,), or of several, (batch, n), filled up with the padding.

        Words are looked up as they are written, and then in small letters; those that the vocabulary lacks are "<unk>",
        where it has that.

        Raises
        ------
        ValueError, TypeError
            If the model has no vocabulary, a word is not in it, or a text is longer than the model reads.
        """
        tokens, (length, *_) = self._checked_tokens(), self._known_input_shape
        if not is_text(text):
            raise InputTypeError(f"Found a {type(text).__name__}; expected a text, or a list of texts.")
        if isinstance(text, str):
            return tokens.ids(text, length)
        return np.stack([tokens.ids(one, length) for one in text])

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The word of each token id; None where inputs are no ids, or their words are not known."""
        return None if self.tokens is None else self.tokens.vocabulary

    @property
    def channel_axis(self) -> int | None:
        """The axis of one input that counts channels: 0 (first), -1 (last), or None for vectors and plain planes."""
        return channel_axis_of(self.input_shape, self.layer_channel_axis)

    @abstractmethod
    def layout_of(self, layer: str | None) -> Layout:
        """Return what is known of the axes of a layer's output, or of the input for None."""

    @property
    @abstractmethod
    def embedding(self) -> str | None:
        """The layer that turns token ids into vectors; None where inputs are no ids, or where it cannot be reached."""

    @abstractmethod
    def build(self, input_shape: Sequence[int]) -> None:
        """Fix the shape of one input, and find out what the network puts out."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of inputs and gradients."""

    @abstractmethod
    def _guess_input_rank(self) -> int | None:
        """How many axes one input has where the first layer tells it, else None."""

    def _embedded_ids(self) -> list[Embedded]:
        """What is known of the embeddings that read the input itself; empty where none does."""
        return []

    @property
    def _known_input_shape(self) -> tuple[int, ...]:
        if self.input_shape is None:
            raise InputError("The shape of an input is not known yet; give wrap(..., input_shape=...).")
        return self.input_shape

    def _checked_tokens(self) -> Tokens:
        if self.tokens is None:
            raise InputError("The model takes no token ids; wrap a network with an embedding, and vocabulary=[...].")
        return self.tokens

    def _tell_tokens(self) -> None:
        """Note whether inputs are token ids: as was said, or where an embedding reads them."""
        asked = self._told.tokens is not False and self.parts is None
        self.tokens = self._told.tokens_of(self._embedded_ids() if asked else [])
        self.bounds = self._own_bounds if self.tokens is None else None
        if self.tokens is not None and (self._own_bounds not in (None, (0, 1)) or self.preprocess is not None):
            raise InputError(
                "Token ids have neither bounds nor preprocessing; leave both out of wrap(). If the inputs are no ids, "
                "give wrap(..., tokens=False)."
            )

    def _take_parts(self, shapes: Sequence[Sequence[int]], names: Names | None) -> None:
        """Take several input tensors as one vector per row."""
        if self.preprocess is not None:
            raise InputError("preprocess is for one input; of several each is given as the network takes it.")
        self.parts = parts_of(shapes, self._given_bounds, names, self.layer_channel_axis)
        self.input_shape, self.bounds, self._own_bounds = (self.parts.size,), None, None

    def _check_features(self) -> None:
        shape = self._known_input_shape
        if self.features is not None and shape != (len(self.features),):
            raise InputError(
                f"features has {len(self.features)} names, but an input has shape {shape}; expected the names of the "
                "columns of a table, one per column."
            )

    def _probe(self) -> Array:
        """A few random inputs within the bounds, always the same ones."""
        if self.tokens is not None:
            ids = np.random.default_rng(0).integers(0, self.tokens.size, (PROBES, *self._known_input_shape))
            return ids.astype(self.dtype)
        random = np.random.default_rng(0)
        if self.parts is not None:
            ends = [part.bounds or (-1, 1) for part in self.parts]
            shapes = [(PROBES, *part.input_shape) for part in self.parts]
            drawn = [random.uniform(low, high, shape) for (low, high), shape in zip(ends, shapes, strict=True)]
            return self.parts.pack(drawn).astype(self.dtype)
        low, high = self.bounds or (-1, 1)
        return random.uniform(low, high, (PROBES, *self._known_input_shape)).astype(self.dtype)

    def _far_probe(self) -> Array:
        """A few inputs within the bounds that are far from random ones."""
        low, high = self.bounds or (-10, 10)
        if self.parts is not None:
            ends = [part.bounds or (-10, 10) for part in self.parts]
            low, high = np.transpose([ends[part] for part in self.parts.labels])
        if self.tokens is not None:
            low, high = 0, self.tokens.size - 1
        inputs = far_inputs(low, high, self._known_input_shape)
        return (np.rint(inputs) if self.tokens is not None else inputs).astype(self.dtype)

    def _padded_probe(self) -> Array:
        """The random inputs with padding, or zeros, in the second half of an axis: the first one or the last one."""
        x, filling = self._probe(), 0
        if self.tokens is not None:
            filling = self.tokens.padding
            x[x == filling] = (filling + 1) % self.tokens.size
        x[: len(x) // 2, x.shape[1] // 2 + 1 :] = filling
        x[len(x) // 2 :, ..., x.shape[-1] // 2 + 1 :] = filling
        return x

    def _guess_input_shape(self, array: Array) -> tuple[int, ...]:
        ids = self.tokens is not None and (self._told.tokens or np.issubdtype(array.dtype, np.integer))
        rank = 1 if ids else self._guess_input_rank()
        if rank is not None and array.ndim in (rank, rank + 1):
            return array.shape[array.ndim - rank :]
        raise InputError(
            f"The network does not tell the shape of one input, and an array of shape {array.shape} leaves it open; "
            "give wrap(..., input_shape=...)."
        )

    def _check_dtype(self, array: Array) -> None:
        integers = np.issubdtype(array.dtype, np.integer)
        counted = self.tokens is not None or self.bounds == (0, 255)
        if np.issubdtype(array.dtype, np.floating) or (integers and counted):
            return
        if integers:
            advice = (
                "Convert them with astype(float)."
                if self.bounds is None
                else "Divide pictures by 255 first, or wrap the network with bounds=(0, 255)."
            )
            raise InputTypeError(
                f"The input holds integers ({array.dtype}), but the bounds are {self.bounds}; expected floats. {advice}"
            )
        raise InputTypeError(f"The input has dtype {array.dtype}; expected floating-point numbers.")

    def _check_values(self, batch: Array) -> None:
        if not np.isfinite(batch).all():
            raise InputError("The input holds NaN or infinite values; expected finite numbers.")
        if self.tokens is not None:
            self.tokens.check(batch)
        if self.parts is not None:
            for part, values in zip(self.parts, self.parts.split(batch), strict=True):
                _warn_of_values(values, part.bounds, f"Input {part.name!r}")
        _warn_of_values(batch, self.bounds, "The input")


def _warn_of_values(batch: Array, bounds: tuple[float, float] | None, what: str) -> None:
    if bounds is None:
        return
    low, high = bounds
    slack = 1e-3 * (high - low)
    if batch.min() < low - slack or batch.max() > high + slack:
        warn(
            f"{what} has values from {batch.min():.4g} to {batch.max():.4g}, outside the bounds {bounds}; "
            "give wrap(..., bounds=...) the range of the inputs, or leave normalising to preprocess=."
        )
