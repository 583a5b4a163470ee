"""Several input tensors as one vector per row, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.arguments import checked_bounds, checked_shape
from xai_widgets.models.arrays import as_array
from xai_widgets.models.names import Names, checked_names
from xai_widgets.models.objective import Array

Bounds = tuple[float, float] | None


@dataclass(frozen=True)
class Part:
    """One of several input tensors.

    Attributes
    ----------
    name : str
    input_shape : tuple of int
    bounds : (low, high) or None
    channel_axis : 0, -1 or None
        The axis of `input_shape` that counts channels.
    """

    name: str
    input_shape: tuple[int, ...]
    bounds: Bounds
    channel_axis: int | None

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return int(np.prod(self.input_shape))


@dataclass(frozen=True)
class Parts:
    """The input tensors of a network that is called with several; in memory they lie behind each other in one vector.

    Attributes
    ----------
    parts : tuple of Part
    """

    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)

    @property
    def size(self) -> int:
        """How many numbers all of them have."""
        return sum(part.size for part in self.parts)

    @property
    def has_bounds(self) -> bool:
        """Whether any of them has."""
        return any(part.bounds is not None for part in self.parts)

    @property
    def labels(self) -> Array:
        """The number of the part of each place of the vector."""
        return np.repeat(np.arange(len(self)), [part.size for part in self.parts])

    def split(self, packed: Any) -> list[Any]:
        """Return the pieces (rows, size of the part) of an array or a tensor (rows, size)."""
        ends = np.cumsum([part.size for part in self.parts]).tolist()
        return [packed[:, start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def unpack(self, packed: Array) -> tuple[Array, ...]:
        """Return the arrays (rows, *shape of the part) of an array (rows, size)."""
        pieces = zip(self.split(packed), self.parts, strict=True)
        return tuple(piece.reshape(len(packed), *part.input_shape) for piece, part in pieces)

    def pack(self, arrays: Sequence[Array]) -> Array:
        """Return the array (rows, size) of arrays (rows, *shape of the part)."""
        return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)

    def ordered(self, given: Any, what: str) -> list[Any]:
        """Return what was given for each part, a sequence in their order or a dict by their names, as a list."""
        names = [part.name for part in self.parts]
        if isinstance(given, Mapping):
            if set(given) != set(names):
                raise InputError(f"{what} has the names {sorted(map(str, given))}; expected {names}.")
            return [given[name] for name in names]
        if not isinstance(given, list | tuple) or len(given) != len(self):
            found = f"{len(given)} of them" if isinstance(given, list | tuple) else f"a {type(given).__name__}"
            raise InputError(f"{what}: found {found}; expected one for each input of the network, {names}.")
        return list(given)

    def checked(self, x: Any) -> tuple[Array, bool]:
        """Return the input tensors as one array (rows, size), and whether they were a single input."""
        arrays = [as_array(one) for one in self.ordered(x, "The input")]
        singles = []
        for array, part in zip(arrays, self.parts, strict=True):
            if array.dtype.kind != "f" and not (array.dtype.kind in "iu" and part.bounds in (None, (0, 255))):
                raise InputTypeError(f"{part.name!r} has dtype {array.dtype}; expected floating-point numbers.")
            if array.shape not in (part.input_shape, (len(array) if array.ndim else 0, *part.input_shape)):
                raise InputError(
                    f"{part.name!r} has shape {array.shape}; expected {part.input_shape} for one input, or a batch."
                )
            singles.append(array.shape == part.input_shape)
        if len(set(singles)) > 1:
            raise InputError("Some inputs have a batch axis and others have none; expected the same for all.")
        if singles[0]:
            arrays = [array[None] for array in arrays]
        if len({len(array) for array in arrays}) > 1:
            raise InputError(f"The inputs are batches of {[len(array) for array in arrays]}; expected the same size.")
        return self.pack(arrays), singles[0]


def is_several(shape: Any) -> bool:
    """Whether an input_shape is that of several tensors: a list of shapes."""
    return isinstance(shape, list | tuple) and bool(shape) and all(isinstance(one, list | tuple) for one in shape)


def parts_of(shapes: Sequence[Sequence[int]], bounds: Any, names: Names | None, last_axis: int) -> Parts:
    """Return the parts of several shapes, with bounds for each, or the same for all.

    Parameters
    ----------
    shapes : sequence of shapes
    bounds : (low, high), None, or a list with one of these per input
    names : sequence of str, optional
    last_axis : 0 or -1
        Where the framework has channels, for shapes that leave it open.
    """
    sizes = [checked_shape(shape) for shape in shapes]
    called = [f"input {place + 1}" for place in range(len(sizes))]
    if names is not None:
        called = list(checked_names(names, "input_names", "input"))
    if len(called) != len(sizes) or len(set(called)) < len(called):
        raise InputError(f"input_names is {called}; expected {len(sizes)} different names, one per input.")
    each = list(bounds) if isinstance(bounds, list) else [bounds] * len(sizes)
    if len(each) != len(sizes):
        raise InputError(f"bounds has {len(each)} entries for {len(sizes)} inputs; expected one for each, or for all.")
    return Parts(
        tuple(
            Part(name, shape, checked_bounds(ends), channel_axis_of(shape, last_axis))
            for name, shape, ends in zip(called, sizes, each, strict=True)
        )
    )


def channel_axis_of(shape: tuple[int, ...] | None, otherwise: int) -> int | None:
    """Return the axis of one input that counts channels: 0 or -1, `otherwise` where both could be; None for none."""
    if shape is None or len(shape) != 3:
        return None
    first, last = shape[0] in (1, 3, 4), shape[-1] in (1, 3, 4)
    if first != last:
        return 0 if first else -1
    return otherwise
