"""Several input tensors, which lie behind each other in one vector per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.head import far_inputs
from xai_widgets.models.inputs.input import FIXED, Input, Terms
from xai_widgets.models.inputs.lookups import telling_ids
from xai_widgets.models.inputs.view import View, bare
from xai_widgets.models.layout import plain
from xai_widgets.models.objective import Array


@dataclass(frozen=True, eq=False, repr=False)
class Several(Input):
    """The input tensors of a network that is called with several, each an input of its own kind with a name."""

    parts: tuple[Input, ...] = field(kw_only=True)

    terms = Terms("inputs", "element", "more", ("below", "above"))

    @classmethod
    def of(cls, parts: Sequence[Input]) -> Several:
        """Return several inputs as one."""
        size = sum(int(np.prod(part.shape)) for part in parts)
        return cls((size,), None, plain((size,)), parts=tuple(parts))

    @property
    def pieces(self) -> tuple[Input, ...]:
        return self.parts

    def made_of(self, pieces: Sequence[Input]) -> Input:
        return replace(self, parts=tuple(pieces))

    @property
    def no_plane(self) -> str:
        return (
            "It is for networks of one input tensor, and this one has several; feature ablation, Shapley values and "
            "the gradient methods are for those."
        )

    @property
    def holds_ids(self) -> bool:
        return any(part.integral for part in self.parts)

    @property
    def nothing_between(self) -> str:
        return next((part.nothing_between for part in self.parts if part.integral), "")

    @property
    def fewest(self) -> int:
        """How many ids there are for each of the elements that are some: the smallest number of them."""
        return min((int(np.min(part.extremes[1])) + 1 for part in self.parts if part.integral), default=0)

    @property
    def labels(self) -> Array:
        """The number of the part that each place of the vector belongs to."""
        return np.repeat(np.arange(len(self.parts)), [int(np.prod(part.shape)) for part in self.parts])

    def tensors(self, rows: Any, reshape: Callable[[Any, tuple[int, ...]], Any]) -> list[Any]:
        return [reshape(piece, part.shape) for piece, part in zip(self.split(rows), self.parts, strict=True)]

    def split(self, rows: Any) -> list[Any]:
        ends = np.cumsum([int(np.prod(part.shape)) for part in self.parts]).tolist()
        return [rows[:, start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def packed(self, tensors: Sequence[Array]) -> Array:
        return np.concatenate([array.reshape(len(array), -1) for array in tensors], axis=1)

    def prepared(self, x: Any, dtype: DTypeLike) -> tuple[Array, bool]:
        if not isinstance(x, list | tuple | Mapping):
            return super().prepared(x, dtype)
        array, single = self._joined(x)
        with np.errstate(over="ignore"):
            batch = np.ascontiguousarray(array, dtype=dtype)
        self.check(batch)
        return batch, single

    def check(self, batch: Array) -> None:
        for part, values in zip(self.parts, self.split(batch), strict=True):
            part.check(values)

    def check_rows(self, rows: Array) -> None:
        for part, values in zip(self.parts, self.split(rows), strict=True):
            part.check_rows(values)

    def ids(self, text: Any) -> Array:
        return self._text.ids(text)

    def words_of(self, ids: Array) -> list[str] | list[list[str]]:
        return self._text.words_of(ids)

    @property
    def _text(self) -> Input:
        """The only text among the inputs."""
        texts = [part for part in self.parts if part.tokens is not None]
        if len(texts) != 1:
            found = f"{len(texts)} inputs of token ids" if texts else "no input of token ids"
            raise InputError(f"The network has {found}; expected one whose words are meant.")
        return texts[0]

    def presented(self, values: Array, single: bool, named: bool) -> Any:
        arrays = [(one[0] if single else one).astype(np.float32) for one in self.unpacked(values)]
        return dict(zip((part.name for part in self.parts), arrays, strict=True)) if named else tuple(arrays)

    def probe(self, random: np.random.Generator, count: int) -> Array:
        return self.packed([part.probe(random, count) for part in self.parts])

    def with_random_ids(self, may: Sequence[bool], size: int) -> Array:
        """Return random inputs with ids, 0 to `size` - 1, in the place of those that `may` be some."""
        which = np.array(may)[self.labels]
        if size < 2:
            raise InputError("Some of the ids can be nothing but 0; expected at least two ids for each element.")
        ids = telling_ids(int(which.sum()), size)
        rows = self.probe(np.random.default_rng(0), len(ids)).astype(np.float64)
        rows[:, which] = ids
        return rows

    def far_probe(self) -> Array:
        ends = ([np.broadcast_to(part.extremes[end], part.shape).ravel() for part in self.parts] for end in (0, 1))
        low, high = map(np.concatenate, ends)
        return np.where(self.are_ids, np.rint(found := far_inputs(low, high, self.shape)), found)

    def padded(self, rows: Array) -> Array:
        return self.packed([part.padded(one) for part, one in zip(self.parts, self.unpacked(rows), strict=True)])

    @property
    def are_ids(self) -> Array:
        """Which elements of the vector are token ids."""
        which: Array = np.array([part.integral for part in self.parts])[self.labels]
        return which

    @property
    def width(self) -> Any:
        if all(part.bounds is None for part in self.parts):
            return None
        return np.array([part.width or 0.0 for part in self.parts])[self.labels]

    @property
    def limits(self) -> tuple[Any, Any]:
        low, high = np.transpose([part.limits for part in self.parts])[:, self.labels]
        return low, high

    @property
    def no_range(self) -> str:
        return super().no_range if self.width is None else ""

    def noise(self, key: tuple[int, ...], index: int) -> Array:
        drawn = [part.noise((*key, place), index)[None] for place, part in enumerate(self.parts)]
        packed: Array = self.packed(drawn)[0]
        return packed

    def any_input(self, name: str, generator: np.random.Generator) -> Array:
        packed: Array = self.packed([part.any_input(name, generator)[None] for part in self.parts])[0]
        return packed

    def baseline(self, batch: Array, given: Any) -> Array:
        """Return the baseline: one for each of the inputs, a sequence in their order or a dict by name, or for all."""
        if isinstance(given, np.ndarray) and given.shape == (len(self.parts),):
            given = given.tolist()
        if isinstance(given, np.ndarray):
            return super().baseline(batch, given)
        several = isinstance(given, list | tuple | Mapping)
        each = self._ordered(given, "baseline") if several else [given] * len(self.parts)
        pieces = zip(self.parts, self.unpacked(batch), each, strict=True)
        return self.packed([part.baseline(values, one) for part, values, one in pieces])

    def divided(self, batch: Array, name: str, size: int) -> Array:
        """Return the number of the input that each element belongs to: each input is one feature.

        Of a text that is all that can be taken away.
        """
        replaceable = self.replaceable(batch)
        return self.labels[None] if replaceable is None else np.where(replaceable, self.labels, FIXED)

    def of_each(self, given: Any, what: str) -> list[Any]:
        if isinstance(given, Mapping):
            self._check_names(given, what)
            return [given.get(part.name) for part in self.parts]
        return self._ordered(given, what)

    def replaceable(self, batch: Array) -> Array | None:
        if not self.holds_ids:
            return None
        pieces = self.unpacked(batch)
        found = [part.replaceable(one) for part, one in zip(self.parts, pieces, strict=True)]
        return self.packed(
            [np.ones(piece.shape, bool) if one is None else one for one, piece in zip(found, pieces, strict=True)]
        )

    @property
    def not_on_screen(self) -> str:
        names = ", ".join(repr(part.name) for part in self.parts)
        return (
            f"The network takes {len(self.parts)} input tensors ({names}); expected one, because this widget shows "
            "one. Use explore(model, x), which has a panel for each, or ask a method itself, method(model, x)."
        )

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        return [bare(plane)]

    @property
    def words(self) -> str:
        each = [f"{part.name!r} a {part.words}" for part in self.parts]
        return f"{len(each)} inputs: {'; '.join(each)}"

    def _joined(self, x: Any) -> tuple[Array, bool]:
        """Return the input tensors as one array (rows, size), and whether they were a single input."""
        given = zip(self.parts, self._ordered(x, "The input"), strict=True)
        arrays = [part.read(one) for part, one in given]
        singles = set()
        for array, part in zip(arrays, self.parts, strict=True):
            self._check_kind(array, part)
            if array.shape not in (part.shape, (len(array) if array.ndim else 0, *part.shape)):
                raise InputError(
                    f"{part.name!r} has shape {array.shape}; expected {part.shape} for one input, or a batch."
                )
            singles.add(array.shape == part.shape)
        if len(singles) > 1:
            raise InputError("Some inputs have a batch axis and others have none; expected the same for all.")
        (single,) = singles
        if single:
            arrays = [array[None] for array in arrays]
        if len({len(array) for array in arrays}) > 1:
            raise InputError(f"The inputs are batches of {[len(array) for array in arrays]}; expected the same size.")
        return self.packed(arrays), single

    def _check_kind(self, array: Array, part: Input) -> None:
        """Refuse what is no floating-point numbers, but for 8-bit values and token ids."""
        if part.integral:
            part.check_type(array)
        elif array.dtype.kind != "f" and not (array.dtype.kind in "iu" and part.bounds in (None, (0, 255))):
            raise InputTypeError(f"{part.name!r} has dtype {array.dtype}; expected floating-point numbers.")

    def _check_names(self, given: Mapping[str, Any], what: str) -> None:
        """Refuse the names of inputs that there are not."""
        names = [part.name for part in self.parts]
        if not set(given) <= set(names):
            raise InputError(f"{what} has the names {sorted(map(str, given))}; expected some of {names}.")

    def _ordered(self, given: Any, what: str) -> list[Any]:
        """Return what was given for each part, a sequence in their order or a dict by their names, as a list."""
        names = [part.name for part in self.parts]
        if isinstance(given, Mapping):
            if set(given) != set(names):
                raise InputError(f"{what} has the names {sorted(map(str, given))}; expected {names}.")
            return [given[name] for name in names]
        if not isinstance(given, list | tuple) or len(given) != len(names):
            found = f"{len(given)} of them" if isinstance(given, list | tuple) else f"a {type(given).__name__}"
            raise InputError(f"{what}: found {found}; expected one for each input of the network, {names}.")
        return list(given)
