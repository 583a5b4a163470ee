"""Whatever holds numbers, as an array: tensors of either framework, tables, lists, data sets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputTypeError
from xai_widgets.models.inputs.columns import numbers_of
from xai_widgets.models.objective import Array


def as_array(x: ArrayLike) -> Array:
    """Return `x` as an array; tensors come from wherever they live, tables by their columns.

    What is a thing of its own is an array of dtype object, as in NumPy.

    Raises
    ------
    TypeError
        If it cannot be read.
    """
    if type(x) is np.ndarray:
        return x
    if is_data_set(x):
        x = _read(x)
    if isinstance(x, list | tuple):
        x = [as_array(one) if _is_of_a_library(one) else one for one in x]
    if hasattr(x, "to_numpy"):
        return numbers_of(x)
    try:
        return np.asarray(_beside_the_processor(x) if hasattr(x, "detach") else x)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputTypeError(f"Found a {kind_of(x)}; expected an array of numbers. ({error})") from error


def kind_of(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _is_of_a_library(thing: Any) -> bool:
    return hasattr(thing, "detach") or hasattr(thing, "to_numpy")


def _beside_the_processor(tensor: Any) -> Any:
    plain = tensor.detach().cpu()
    return plain.float() if str(plain.dtype) == "torch.bfloat16" else plain  # NumPy knows no bfloat16.


def is_data_set(x: Any) -> bool:
    """Whether `x` is read by place, as PyTorch's data sets are, and is no container of Python or NumPy."""
    if hasattr(x, "__array__") or hasattr(x, "__iter__") or hasattr(x, "shape") or hasattr(x, "keys"):
        return False
    return hasattr(x, "__getitem__") and hasattr(x, "__len__")


def _read(data_set: Any) -> list[Any]:
    """Return the inputs of a data set, as many as it says that it has: asked for more it need not refuse."""
    entries = [data_set[place] for place in range(len(data_set))]
    several = next((entry for entry in entries if isinstance(entry, list | tuple) and len(entry) > 1), None)
    if several is not None:
        raise InputTypeError(
            f"Found a {kind_of(data_set)} with entries of {len(several)} things each, perhaps an input and its label; "
            "expected inputs alone: [data[i][0] for i in range(8)]."
        )
    return [entry[0] if isinstance(entry, list | tuple) else entry for entry in entries]
