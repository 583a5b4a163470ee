"""Reads the arrays of a file that PyTorch wrote, without PyTorch and without running anything that the file asks for.

PyTorch's first format (before version 1.6) is five pickles, the last two a dict of tensors and the order of their
storages, and then the storages themselves: for each the number of elements in 8 bytes, and the elements. A pickle may
name any function and have it called, so this reader knows three names, gives each a meaning of its own and refuses
every other.
"""

from __future__ import annotations

import hashlib
import io
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.errors import REINSTALL, DataError, content_of

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}
"""The kinds of storage that are read, and the numbers in them."""


def read_checkpoint(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    """Return the arrays in the file at `path` by name, as they are laid out in PyTorch.

    Parameters
    ----------
    path : Path
    sha256 : str
        The SHA-256 of the whole file, in hexadecimal. It is compared before anything else is done.

    Raises
    ------
    DataError
        If it cannot be read, is another file, or holds anything but a dict of tensors of 32-bit floats and 64-bit
        integers.
    """
    content = content_of(path, REINSTALL)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise _unusable(path, f"its SHA-256 is {found}, expected {sha256}")
    try:
        return _arrays(content)
    except (ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError, pickle.PickleError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, finding: str) -> DataError:
    return DataError(f"The file {path} cannot be used: {finding}. {REINSTALL}")


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    stream = io.BytesIO(content)
    storages: dict[str, NDArray[Any]] = {}
    magic, protocol, system = (_Reader(stream, storages).load() for _ in range(3))
    if (magic, protocol) != (MAGIC, PROTOCOL) or not system["little_endian"]:
        raise ValueError("it is not in PyTorch's first format, little-endian")
    arrays = _Reader(stream, storages).load()
    for key in _Reader(stream, storages).load():
        storage = storages.pop(key)
        (count,) = np.frombuffer(stream.read(8), "<i8")
        data = stream.read(storage.nbytes)
        if count != storage.size or len(data) != storage.nbytes:
            raise ValueError(f"the storage {key} should hold {storage.size} numbers and holds {count}, or is cut off")
        storage[:] = np.frombuffer(data, storage.dtype)
    if storages or stream.read(1):
        raise ValueError("its storages and its tensors do not fit")
    if not isinstance(arrays, dict) or not all(isinstance(value, np.ndarray) for value in arrays.values()):
        raise ValueError("it holds something other than a dict of tensors")
    return dict(arrays)


class _Reader(pickle.Unpickler):
    """Unpickles tensors as views of `storages`, which are filled later."""

    def __init__(self, stream: io.BytesIO, storages: dict[str, NDArray[Any]]) -> None:
        super().__init__(stream)
        self._storages = storages
        self._size = stream.getbuffer().nbytes

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name in the pickle stands for."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise ValueError(f"it asks for {module}.{name}, which has no place among weights")

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        """Return the storage that a tensor is laid out in, empty as yet."""
        kind, numbers, key, _, count, view = pid
        if kind != "storage" or numbers not in STORAGES.values() or view is not None:
            raise ValueError(f"it refers to {kind!r} with the view {view!r}; expected a plain storage")
        if not 0 <= count * np.dtype(numbers).itemsize <= self._size:
            raise ValueError(f"the storage {key} should hold {count} numbers, more than the file")
        if key not in self._storages:
            self._storages[key] = np.empty(count, numbers)
        return self._storages[key]


def _view(storage: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_unused: Any) -> NDArray[Any]:
    """Return the tensor of `shape` in a storage, which NumPy lets it not leave; offset and strides count elements."""
    if not isinstance(storage, np.ndarray):
        raise ValueError(f"a tensor is laid out in {storage!r}; expected a storage")
    if math.prod(shape) == 0:
        return np.empty(shape, storage.dtype)
    size = storage.itemsize
    steps = tuple(step * size for step in strides)
    return np.ndarray(shape, storage.dtype, storage, offset * size, steps)
