"""An input of a network: what it is, how that is known, and all that can be done with it; a class for each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike
from scipy import ndimage

from xai_widgets.errors import InputError, InputTypeError, shown, warn
from xai_widgets.models.arguments import layout_hint
from xai_widgets.models.arrays import as_array, kind_of
from xai_widgets.models.head import far_inputs
from xai_widgets.models.inputs.beside import Held
from xai_widgets.models.inputs.tokens import Tokens
from xai_widgets.models.inputs.view import View, bare
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array

Bounds = tuple[float, float] | None

BLUR = 0.1
"""The standard deviation of the blurred baseline, as a fraction of the shortest side."""

UNBOUNDED = "but the model was wrapped with bounds=None"


FIXED = -1
"""The number of what belongs to no feature, because it is never taken away: the padding behind a text."""


class Terms(NamedTuple):
    """What an input is called, and what is in it."""

    one: str
    """One input, with its article."""
    place: str
    """What a map has one value for."""
    more: str
    """What a larger value is."""
    sides: tuple[str, str]
    """What lies below and above the value that stands for nothing."""


@dataclass(frozen=True, eq=False, repr=False)
class Input(ABC):
    """What a network takes: one input tensor of a kind, or several of them.

    Attributes
    ----------
    shape : tuple of int
        Of one input; () until it is known.
    bounds : (low, high) or None
        The smallest and the largest value.
    layout : Layout
        Which of its axes count channels, and which places.
    evidence : str
        How the kind is known, as a clause.
    name : str
        What it is called among several.
    held : tuple of Held
        What the network is given beside it, which is fixed.
    """

    shape: tuple[int, ...]
    bounds: Bounds
    layout: Layout
    evidence: str = ""
    name: str = ""
    held: tuple[Held, ...] = ()

    terms: ClassVar[Terms]
    neighbours: ClassVar[bool] = False
    """Whether what lies beside each other belongs together, so that masks may be smooth."""
    integral: ClassVar[bool] = False
    """Whether the values are whole numbers that stand for something, and have no slope."""

    shared: ClassVar[bool] = False
    """Whether the elements of a feature share its value in a map, as the pieces of a word do."""

    @property
    def holds_ids(self) -> bool:
        """Whether some of the values, or all, are whole numbers that stand for something."""
        return self.integral

    @property
    def no_plane(self) -> str:
        """Why masks cannot lie over it, in a sentence; empty where they can."""
        return ""

    @property
    def nothing_between(self) -> str:
        """Why there is nothing between two inputs, as a clause; empty where there is."""
        return ""

    @property
    def pieces(self) -> tuple[Input, ...]:
        """The input tensors: this one, where it is no bundle of several."""
        return (self,)

    def made_of(self, pieces: Sequence[Input]) -> Input:
        """Return the same made of other pieces."""
        (alone,) = pieces
        return alone

    def tensors(self, rows: Any, reshape: Callable[[Any, tuple[int, ...]], Any]) -> list[Any]:
        """Return the input tensors that a network is given, of a tensor that holds them all.

        `reshape` gives a tensor (rows, size) the shape of each row.
        """
        return [rows]

    def split(self, rows: Any) -> list[Any]:
        """Return what each input tensor is made of, (rows, size), of an array or a tensor that holds them all."""
        return [rows]

    def unpacked(self, rows: Array) -> list[Array]:
        """Return the input tensors (rows, *shape) of an array that holds them all."""
        shapes = (piece.shape for piece in self.pieces)
        return [piece.reshape(len(rows), *shape) for piece, shape in zip(self.split(rows), shapes, strict=True)]

    @property
    def tokens(self) -> Tokens | None:
        """What the token ids of a text stand for."""
        return None

    def packed(self, tensors: Sequence[Array]) -> Array:
        """Return the array that holds all input tensors (rows, *shape)."""
        (alone,) = tensors
        return alone

    # What users give

    def prepared(self, x: Any, dtype: DTypeLike) -> tuple[Array, bool]:
        """Check what was given, and return it as a batch of this type, and whether it was a single input."""
        array = self.read(x)
        self.check_type(array)
        single = array.shape == self.shape
        if not single and array.shape[1:] != self.shape:
            raise InputError(
                f"The input has shape {array.shape}; expected {self.shape} for one input, or "
                f"(batch, {', '.join(map(str, self.shape))}).{layout_hint(array.shape, self.shape)}"
            )
        if not single and len(array) == 0:
            raise InputError("The batch is empty; expected at least one input.")
        with np.errstate(over="ignore"):  # Numbers too large for the network are refused as infinite ones are.
            batch = np.ascontiguousarray(array[None] if single else array, dtype=dtype)
        self.check(batch)
        return batch, single

    def read(self, x: Any) -> Array:
        """Return what was given as an array."""
        array = as_array(x)
        if array.ndim == 0 and array.dtype == object:
            raise InputTypeError(f"Found a {kind_of(x)}; expected an array of numbers.")
        return array

    def rows_of(self, given: Any, what: str) -> Array:
        """Return rows of a table (rows, columns), which say what its columns are like.

        Raises
        ------
        ValueError, TypeError
            If inputs are no rows of a table, or these do not fit.
        """
        raise InputError(
            f"The network takes {self.terms.one}, of which {what} cannot say what is likely beside the rest; expected "
            "a network that takes rows of a table."
        )

    def check_type(self, array: Array) -> None:
        """Refuse what holds no fractions, but for 8-bit values where the bounds are theirs."""
        integers = np.issubdtype(array.dtype, np.integer)
        if np.issubdtype(array.dtype, np.floating) or (integers and self.bounds == (0, 255)):
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

    def check(self, batch: Array) -> None:
        """Refuse what is no number, and warn of values outside the bounds."""
        if not np.isfinite(batch).all():
            raise InputError("The input holds NaN or infinite values; expected finite numbers.")
        if self.bounds is None:
            return
        low, high = self.bounds
        slack = 1e-3 * (high - low)
        if batch.min() < low - slack or batch.max() > high + slack:
            warn(
                f"{f'Input {self.name!r}' if self.name else 'The input'} has values from {batch.min():.4g} to "
                f"{batch.max():.4g}, outside the bounds {self.bounds}; give wrap(..., bounds=...) the range of the "
                "inputs, or leave normalising to preprocess=."
            )

    def check_rows(self, rows: Array) -> None:
        """Refuse inputs that a method has made and that mean nothing."""
        return

    @property
    def why_nan(self) -> str:
        """What a NaN may come from, as a sentence after a space."""
        return ""

    def ids(self, text: Any) -> Array:
        """Return the token ids of a text, or of several."""
        raise InputError("The model takes no token ids; wrap a network with an embedding, and vocabulary=[...].")

    def words_of(self, ids: Array) -> list[str] | list[list[str]]:
        """Return the words of a text given as ids (n,), or of several (batch, n)."""
        raise InputError("The model takes no token ids; wrap a network with an embedding, and vocabulary=[...].")

    def presented(self, values: Array, single: bool, named: bool) -> Any:
        """Return values (batch, *shape) as users see them: float32, of the shape that the inputs had."""
        return (values[0] if single else values).astype(np.float32)

    # What is tried to find out about a network

    def probe(self, random: np.random.Generator, count: int) -> Array:
        """Return some random inputs within the bounds."""
        low, high = self.bounds or (-1, 1)
        return random.uniform(low, high, (count, *self.shape))

    def far_probe(self) -> Array:
        """Return a few inputs within the bounds that are far from random ones."""
        return far_inputs(*self.extremes, self.shape)

    @property
    def extremes(self) -> tuple[Any, Any]:
        """What is far below and far above, for all elements or for each: the bounds, where there are some."""
        return self.bounds or (-10, 10)

    def padded(self, rows: Array) -> Array:
        """Return inputs with nothing in the second half of an axis: the first axis of some, the last one of others."""
        return self._cut_off(rows, 0)

    def _cut_off(self, rows: Array, nothing: float) -> Array:
        found, half = rows.copy(), len(rows) // 2
        found[:half, rows.shape[1] // 2 + 1 :] = nothing
        found[half:, ..., rows.shape[-1] // 2 + 1 :] = nothing
        return found

    # The range of values, and chance

    @property
    def width(self) -> Any:
        """The width of the bounds, or of those of each element; None where there are none."""
        return None if self.bounds is None else self.bounds[1] - self.bounds[0]

    @property
    def limits(self) -> tuple[Any, Any]:
        """The smallest and the largest value, or those of each element; infinite where there are no bounds."""
        return (-np.inf, np.inf) if self.bounds is None else self.bounds

    @property
    def no_range(self) -> str:
        """Why no part of the range of values means anything, as a clause; empty where it does."""
        return "" if self.bounds is not None else f"{UNBOUNDED}; expected wrap(..., bounds=(low, high))"

    def drawn(self, draw: Callable[[tuple[int, ...]], Array]) -> Array:
        """Return an input of random numbers, drawn channels last so that they are the same in every layout."""
        order = self._channels_last
        return draw(tuple(self.shape[axis] for axis in order)).transpose(self._as_laid_out)

    def noise(self, key: tuple[int, ...], index: int) -> Array:
        """Return standard normal noise for one input, which depends on `key` and the number `index` alone."""
        generator = np.random.default_rng((key[0], index, *key[1:]))
        return self.drawn(lambda shape: generator.standard_normal(shape, np.float32))

    def any_input(self, name: str, generator: np.random.Generator) -> Array:
        """Return an input drawn within the bounds: "uniform", or "plain", the same at all places."""
        if self.bounds is None:
            raise InputError(
                f"baselines is {name!r}, {UNBOUNDED}, so there is nothing to draw from; expected an array (k, *input "
                "shape), for instance some rows of the data."
            )
        low, high = self.bounds
        plain = name == "plain"
        return low + (high - low) * self.drawn(lambda shape: self._shades(shape, plain, generator))

    def _shades(self, shape: tuple[int, ...], plain: bool, generator: np.random.Generator) -> Array:
        if not plain:
            return generator.random(shape, np.float32)
        channels = len(self.layout.channel_axes)
        return np.broadcast_to(generator.random(shape[len(shape) - channels :] or 1, np.float32), shape)

    # What stands for nothing

    def baseline(self, batch: Array, given: Any) -> Array:
        """Return the baseline of each input of a batch: by its name, a number, or an array of one input or the batch.

        Raises
        ------
        ValueError, TypeError
            If the name has no meaning here, or the array another shape.
        """
        if isinstance(given, str):
            return self.named_baseline(batch, given)
        try:
            array = cast(given, batch)
        except TypeError as error:  # one for each of several inputs, which this model does not have
            raise InputTypeError(
                f"baseline is {given!r}, but the model has one input; expected a name, a number, or an array of "
                f"numbers of shape {batch.shape[1:]}."
            ) from error
        if array.ndim and array.shape not in (batch.shape, batch.shape[1:]):
            raise InputError(
                f"{self._of('baseline')} has shape {array.shape}; expected {batch.shape[1:]}, or {batch.shape} for one "
                "per input."
            )
        return np.broadcast_to(array, batch.shape)

    def named_baseline(self, batch: Array, name: str) -> Array:
        """Return the baseline with a name: the ends of the bounds, zero, each channel's mean, or the input blurred."""
        if name == "padding":
            raise InputError(
                f"{self._of('baseline')} is 'padding', but inputs are no token ids; expected 'black', a number or an "
                "array."
            )
        if name == "zero":
            return np.zeros_like(batch)
        if name in ("black", "white"):
            if self.bounds is None:
                raise self._without_bounds(name)
            return np.full_like(batch, self.bounds[0 if name == "black" else 1])
        axes = self._places_of(batch)
        if name == "mean":
            return np.broadcast_to(batch.mean(axis=axes, keepdims=True), batch.shape)
        deviation = BLUR * min(batch.shape[axis] for axis in axes)
        blurred: Array = ndimage.gaussian_filter(batch, [deviation * (axis in axes) for axis in range(batch.ndim)])
        return blurred

    def _places_of(self, batch: Array) -> tuple[int, ...]:
        """The axes of a batch along which places lie."""
        return tuple(1 + axis for axis in range(len(self.shape)) if axis not in self.layout.channel_axes)

    def _without_bounds(self, name: str) -> InputError:
        if self.name:
            return InputError(
                f"The baseline of {self.name!r} is {name!r}, but it has no bounds, so there is no {name}; expected a "
                "number or an array for it: baseline=[...], one for each input."
            )
        return InputError(
            f"baseline is {name!r}, {UNBOUNDED}, so there is no {name}; expected 'zero', a number or an array."
        )

    def channels_last(self, x: Array) -> Array:
        """Return one input with its channels behind its places, where it has some."""
        return x.transpose(self._channels_last)

    # What goes together

    @abstractmethod
    def divided(self, batch: Array, name: str, size: int) -> Array:
        """Return the number of the feature of each element, (batch or 1, *shape), for a division with a name.

        Axes have size 1 along which the numbers are the same. What is never taken away has the number `FIXED`.
        """

    def of_each(self, given: Any, what: str) -> list[Any]:
        """Return what was given for each of several input tensors, as a list."""
        raise InputError(f"{what} is one for each of several inputs, and the model has one; expected one for that.")

    def replaceable(self, batch: Array) -> Array | None:
        """Return which elements of each input can be taken away, (batch, *shape); None where all can."""
        return None

    # What is shown

    @property
    def not_on_screen(self) -> str:
        """Why widgets do not show it, in a sentence; empty where they do."""
        return ""

    def views(self, x: Array, plane: Array) -> list[View]:
        """Return what there is to draw of one input and a map of it, or of a layer's output over it."""
        return self.drawn_under(x, plane) if plane.ndim == len(self.layout.grid) else [bare(plane)]

    @abstractmethod
    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        """Return the same for a map that lies along the axes of the input."""

    @property
    def words(self) -> str:
        """What it is and how that is known, in words."""
        return f"{self.terms.one} {self.shape} of {self.layout.words}, {self.evidence}{self._bounded}"

    @property
    def _bounded(self) -> str:
        return f", bounds {self.bounds}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.words})"

    def called(self, name: str) -> Self:
        """Return the same under a name."""
        return replace(self, name=name)

    def _of(self, what: str) -> str:
        return f"The {what} of {self.name!r}" if self.name else what

    @cached_property
    def _channels_last(self) -> list[int]:
        return sorted(range(len(self.shape)), key=lambda axis: (axis in self.layout.channel_axes, axis))

    @cached_property
    def _as_laid_out(self) -> list[int]:
        """From channels last to where they are."""
        return sorted(range(len(self.shape)), key=self._channels_last.__getitem__)


def cast(baseline: Any, batch: Array) -> Array:
    """Return numbers in the type of the inputs; a TypeError where they are none, or of no one shape."""
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(baseline).astype(batch.dtype)
    except ValueError as error:
        raise TypeError(str(error)) from error
    if not np.isfinite(array).all():
        raise InputError(f"baseline is {shown(baseline)}, which is too large a number for {batch.dtype}.")
    return array
