"""Follows the places of the input through one pass of a PyTorch network.

Places lie beside the memory of tensors and not beside the tensors: so what is a view of some memory, or works in place
on it, has its places without being followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_unflatten

from xai_widgets.models.objective import Array
from xai_widgets.models.places import CHOSEN, Coordinates, Places, PlaceTable, each
from xai_widgets.models.torch.operations import (
    CHOOSING,
    CONSTANT,
    MOVES,
    NORMALISATIONS,
    PRODUCTS,
    REDUCTIONS,
    SOFTMAX,
    arguments_of,
    is_pointwise,
    short,
    window_centres,
)
from xai_widgets.models.torch.tensors import from_numpy

EXPIRED = 256
"""After so many operations what has gone is forgotten."""


class PlaceFollower(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch's __init_subclass__ is unannotated.
    """While it is active, every operation moves the places of what it works on.

    Attributes
    ----------
    table : PlaceTable
        What each kind of call does, and what was seen of the input.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch's __init__ of a mode is unannotated.
        self.table = PlaceTable()
        self._memories: dict[int, Memory] = {}
        self._count = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep PyTorch from importing its compiler for this mode, which takes seconds and 80 MB."""
        return False

    def begin(self, tensor: Tensor, places: Places) -> None:
        """Note the places of the input."""
        self._memories[_key(tensor)] = Memory(tensor, places)

    def pass_through(self, tensor: Tensor) -> Places | None:
        """Note that a tensor is what a layer puts out, and return its places."""
        memory = self._memories.get(_key(tensor))
        if memory is None:
            return None
        places = self.table.course.pass_through(memory.read(tensor))
        if memory.is_all_of(tensor):  # Else it is one of several, such as the queries among keys and values.
            memory.through = places.through
        return places

    def places(self, tensor: Tensor) -> Places | None:
        """Return the places of a tensor's elements; None for what does not depend on the input."""
        memory = self._memories.get(_key(tensor))
        return None if memory is None else memory.read(tensor)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        known = {}
        for one in tree_flatten((args, kwargs))[0]:
            if isinstance(one, Tensor) and (places := self.places(one)) is not None:
                known[id(one)] = places
        result = function(*args, **kwargs)
        if known:
            self._follow(Operation(function, args, kwargs, result, known))
        self._count += 1
        if self._count % EXPIRED == 0:
            self._memories = {key: one for key, one in self._memories.items() if not one.gone}
        return result

    def _follow(self, operation: Operation) -> None:
        if torch.Tag.inplace_view in operation.function.tags or (
            operation.name in CONSTANT and operation.written is None
        ):
            return
        outputs = [one for one in tree_flatten(operation.result)[0] if isinstance(one, Tensor)]
        if operation.written is not None:
            outputs = [operation.written]
        elif any(_key(one) in self._memories for one in outputs):
            return  # A view of what is known.
        through = self.table.course.joined(operation.known)
        for output, places in zip(outputs, self._found(operation, outputs), strict=False):
            memory = self._memories.get(_key(output))
            if memory is None:
                memory = self._memories[_key(output)] = Memory(output, places)
            else:
                memory.write(output, places)
            memory.through = through

    def _found(self, operation: Operation, outputs: list[Tensor]) -> list[Places]:
        """Return the places of the outputs of an operation."""
        try:
            found = _followed(self.table, operation, outputs)
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
            # The network's operation runs again, on whole numbers that say where its inputs lie. Many take none, or no
            # such kernel is there, and PyTorch has no error of its own for that; `why` says which operation it was.
            found = None
        why = f"the operation {operation.name} before it is not followed"
        return found or [Places(tuple(output.shape), why=why) for output in outputs]


class Operation:
    """One operation of a pass, and the places of what it works on.

    Attributes
    ----------
    name : str
    given : dict
        Its arguments by name.
    written : Tensor or None
        What it works on in place.
    """

    def __init__(
        self, function: Any, args: Any, kwargs: Mapping[str, Any], result: Any, known: Mapping[int, Places]
    ) -> None:
        self.function, self.result = function, result
        self.name = short(function)
        self.given = arguments_of(function, args, dict(kwargs))
        self.written: Tensor | None = None
        for argument in function._schema.arguments:
            if argument.alias_info is not None and argument.alias_info.is_write:
                self.written = self.given.get(argument.name)
        self._known = known
        self._leaves, self._tree = tree_flatten((args, dict(kwargs)))

    @property
    def known(self) -> list[Places]:
        """The places of all that depends on the input, in the order of the arguments."""
        return [self._known[id(one)] for one in self._leaves if id(one) in self._known]

    def of(self, tensor: Any) -> Places | None:
        """Return the places of a tensor among the arguments; None for what does not depend on the input."""
        return self._known.get(id(tensor))

    def run(self, numbers: list[Array]) -> list[Array]:
        """Return what the operation makes of other numbers in the tensors that have places."""
        leaves = [one.cpu() if isinstance(one, Tensor) else one for one in self._leaves]
        leaves = [one.double() if isinstance(one, Tensor) and one.is_floating_point() else one for one in leaves]
        places = [at for at, one in enumerate(self._leaves) if id(one) in self._known]
        for at, array in zip(places, numbers, strict=True):
            leaves[at] = from_numpy(array)
        args, kwargs = tree_unflatten(leaves, self._tree)
        made = self._plainly()(*args, **kwargs)
        return [one.numpy() for one in tree_flatten(made)[0] if isinstance(one, Tensor)]

    def _plainly(self) -> Any:
        """Return the operation, which does not work in place."""
        if not self.function._schema.is_mutable:
            return self.function
        return getattr(getattr(torch.ops.aten, self.name), self.function._overloadname)


class Memory:
    """Some memory, and beside it the places of what lies there.

    Parameters
    ----------
    tensor : Tensor
        What the memory was first seen as.
    places : Places
        Of its elements.

    Attributes
    ----------
    through : int
        The last layer through which all of it has come.
    """

    def __init__(self, tensor: Tensor, places: Places) -> None:
        self.through = places.through
        storage = tensor.untyped_storage()
        self._reference: Any = StorageWeakRef(storage)  # type: ignore[no-untyped-call]  # its __init__ is unannotated.
        self._size, self._length = tensor.itemsize, storage.nbytes() // tensor.itemsize
        self._geometry, self._places = _geometry(tensor), places
        self._held: list[Coordinates] | None = None

    @property
    def gone(self) -> bool:
        """Whether nobody uses the memory any more."""
        return bool(self._reference.expired())

    def is_all_of(self, tensor: Tensor) -> bool:
        """Whether a view shows all that lies here."""
        return int(np.prod(self._geometry[0])) == tensor.numel()

    def read(self, tensor: Tensor) -> Places:
        """Return the places of a view of the memory."""
        if _geometry(tensor) == self._geometry:
            return replace(self._places, through=self.through)
        found = tuple(tuple(None if row is None else self._seen(row, tensor) for row in one) for one in self._rows())
        return Places(tuple(tensor.shape), found, self._places.why, self.through)

    def write(self, tensor: Tensor, places: Places) -> None:
        """Change the places of a view of the memory."""
        if _geometry(tensor) == self._geometry:
            self._places, self._held = places, None
            return
        old, new = self._rows(), places.candidates
        nothing = (None,) * max(map(len, (*old, *new)), default=0)
        rows = [
            tuple(self._changed(row, a, tensor) for row, a in zip(before or nothing, after or nothing, strict=True))
            for before, after in zip_longest(old, new)
        ]
        shape, strides, offset, _ = self._geometry
        held = tuple(each(one, lambda row: _strided(row, shape, strides, offset)) for one in rows)
        self._places, self._held = Places(shape, held, self._places.why if held else places.why), None

    def _changed(self, row: Array | None, a: Array | None, tensor: Tensor) -> Array | None:
        """Return a row of the memory in which a view has other places."""
        if row is None and a is None:
            return None
        changed = np.full(self._length, np.nan, np.float32) if row is None else row.copy()
        self._seen(changed, tensor)[...] = np.nan if a is None else a
        return changed

    def _rows(self) -> list[Coordinates]:
        """The places in the order of the memory."""
        if self._held is not None:
            return self._held
        shape, strides, offset, _ = self._geometry
        found: list[Coordinates] = []
        for one in self._places.candidates:
            rows = tuple(None if a is None else np.full(self._length, np.nan, np.float32) for a in one)
            for row, a in zip(rows, one, strict=True):
                if row is not None:
                    _strided(row, shape, strides, offset)[...] = a
            found.append(rows)
        self._held = found
        return found

    def _seen(self, row: Array, tensor: Tensor) -> Array:
        """Return a row of the memory as a tensor sees it; a copy where that has numbers of another size."""
        shape, strides, offset, size = _geometry(tensor)
        if size == self._size:
            return _strided(row, shape, strides, offset)
        steps = np.indices(shape).reshape(len(shape), -1).T @ np.array(strides, int)
        found: Array = row[(offset + steps.reshape(shape)) * size // self._size]
        return found


def _followed(table: PlaceTable, operation: Operation, outputs: list[Tensor]) -> list[Places] | None:
    """Say of which kind an operation is; None for one of no known kind."""
    name, given, known = operation.name, operation.given, operation.known
    shapes = [tuple(output.shape) for output in outputs]
    if name in CONSTANT:
        return [Places(shapes[0])]
    if name == "copy":
        source = operation.of(given["src"])
        return [Places(shapes[0]) if source is None else table.same(source, shapes[0])]
    if name in SOFTMAX or name.startswith("_scaled_dot_product"):
        table.softmax(len(shapes[0]))
    if name in NORMALISATIONS:
        return [table.same(known[0], shapes[0]), *(Places(shape) for shape in shapes[1:])]
    if is_pointwise(operation.function):
        return [table.merged(known, shape) for shape in shapes]
    if name in PRODUCTS or name == "linear" or name.startswith("_scaled_dot_product"):
        return [_product(table, operation, shapes[0]), *(Places(shape) for shape in shapes[1:])]
    if name in REDUCTIONS:
        axes = given.get("dim")
        axes = range(len(known[0].shape)) if axes is None or axes == [] else [axes] if isinstance(axes, int) else axes
        return [table.reduced(known[0], axes, bool(given.get("keepdim"))) for _ in outputs]
    if name == "embedding":
        indices = operation.of(given["indices"])
        return None if indices is None else [table.looked_up(indices, shapes[0])]
    if name == "col2im":
        return [table.overlaid(known[0], operation.run, shapes[0])]
    if name in MOVES or name == "cat":
        return _moved(table, operation, shapes)
    places = operation.of(given.get("input" if name == "convolution" else "self"))
    return None if places is None else _windows(table, operation, places, shapes)


def _windows(
    table: PlaceTable, operation: Operation, places: Places, shapes: list[tuple[int, ...]]
) -> list[Places] | None:
    name, rank = operation.name, _window_rank(operation)
    first = len(places.shape) - rank
    centres = window_centres(name, operation.given, places.shape[first:], shapes[0][first:])
    if centres is None:
        return None
    channels = (1, operation.given["groups"], shapes[0][1]) if name == "convolution" else None
    return [table.windows(places, dict(enumerate(centres, first)), channels)] * len(shapes)


def _window_rank(operation: Operation) -> int:
    """Return how many axes a window has: convolutions have it in their weights, others in their names."""
    if operation.name == "convolution":
        return int(operation.given["weight"].dim()) - 2
    return next((int(letter) for letter in operation.name if letter.isdigit()), 0)


def _product(table: PlaceTable, operation: Operation, shape: tuple[int, ...]) -> Places:
    given, rank = operation.given, len(shape)
    if operation.name == "linear":
        before = tuple(range(rank - 1))
        return table.product(
            [(operation.of(given["input"]), (*before, "k")), (operation.of(given["weight"]), "jk")],
            (*before, "j"),
            shape,
        )
    if operation.name.startswith("_scaled_dot_product"):
        scores = (*shape[:-1], given["key"].shape[-2])
        # Of keys and values there may be fewer heads, which several heads of the queries share.
        head = "h" if given["key"].shape[1] == shape[1] else "g"
        asked = table.product(
            [(operation.of(given["query"]), "bhqd"), (operation.of(given["key"]), f"b{head}kd")], "bhqk", scores
        )
        return table.product([(asked, "bhqk"), (operation.of(given["value"]), f"b{head}ke")], "bhqe", shape)
    labels, output = PRODUCTS[operation.name]
    tensors = [value for value in given.values() if isinstance(value, Tensor)]
    pairs = [(operation.of(one), label) for one, label in zip(tensors, labels, strict=False)]
    found = table.product([pair for pair in pairs if pair[1]], output, shape)
    added = [places for places, label in pairs if not label and places is not None]
    return table.merged([found, *added], shape)


def _moved(table: PlaceTable, operation: Operation, shapes: list[tuple[int, ...]]) -> list[Places]:
    chosen = [one for name, value in operation.given.items() if name in CHOOSING for one in tree_flatten(value)[0]]
    by_data = [places for one in chosen if isinstance(one, Tensor) and (places := operation.of(one)) is not None]
    if by_data:
        # A table of constants is looked up; what depends on the input itself is moved nobody knows where.
        if len(by_data) == len(operation.known) == 1 and operation.name == "index" and len(chosen) == 1:
            return [table.looked_up(by_data[0], shapes[0])]
        return [Places(shape, why=CHOSEN) for shape in shapes]
    several = operation.known
    if operation.name == "cat":
        return [table.stacked(several, operation.given.get("dim", 0), operation.run, shapes[0])]
    return table.moved(several, operation.run)


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _geometry(tensor: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
    return tuple(tensor.shape), tensor.stride(), int(tensor.storage_offset()), tensor.itemsize


def _strided(row: Array, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Array:
    steps = [stride * row.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(row[offset:], shape, steps, writeable=True)
