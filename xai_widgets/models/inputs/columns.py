"""Tables with named columns, as pandas and polars have them: read by name, so that their order does not matter.

They are known by what they offer, ``columns`` and ``to_numpy()``, or ``index`` in a Series; none of these libraries is
needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.objective import Array


def columns_of(table: Any) -> list[str] | None:
    """Return the names of the columns of a table, or of the numbers of one row; None for what has no names.

    Columns that are merely counted, 0 to n - 1, have no names.
    """
    if isinstance(table, Mapping):
        return [str(name) for name in table]
    labels = getattr(table, "columns", None) if hasattr(table, "columns") else getattr(table, "index", None)
    if not hasattr(table, "to_numpy") or labels is None or callable(labels):
        return None
    names = [str(label) for label in labels]
    return None if names == [str(place) for place in range(len(names))] else names


def in_order(table: Any, features: Sequence[str], what: str = "The input") -> Array:
    """Return the numbers of a table, (rows, columns), or of one row, (columns,), in the order of `features`.

    Parameters
    ----------
    table : DataFrame, Series or dict by column
    features : sequence of str
    what : str
        What it is called in errors.

    Raises
    ------
    ValueError
        If its columns have other names.
    """
    names = columns_of(table) or []
    _check_names(names, features, what)
    return numbers_of(table)[..., [names.index(name) for name in features]]


def numbers_of(table: Any) -> Array:
    """Return the numbers of a DataFrame, a Series or a dict by column, as they stand.

    Raises
    ------
    TypeError
        If a column holds no numbers.
    """
    columns = isinstance(table, Mapping)
    array: Array = np.asarray(list(table.values()) if columns else table.to_numpy())
    array = np.moveaxis(array, 0, -1) if columns else array
    if array.dtype.kind not in "OUS":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        names = columns_of(table) or list(map(str, range(array.shape[-1])))
        wrong = next(place for place in range(len(names)) if not _is_numeric(array[..., place]))
        raise InputTypeError(
            f"The column {names[wrong]!r} holds {array[..., wrong].ravel()[:1].tolist()[0]!r}; expected numbers in all "
            "columns. Encode categories as the network was trained with them."
        ) from None


def _is_numeric(column: Array) -> bool:
    try:
        column.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True


def _check_names(names: Sequence[str], features: Sequence[str], what: str) -> None:
    missing = [name for name in features if name not in names]
    unknown = [name for name in names if name not in features]
    if not missing and not unknown and len(names) == len(features):
        return
    found = f" {', '.join(map(repr, missing[:6]))} {'is' if len(missing) == 1 else 'are'} missing." if missing else ""
    if unknown:
        found += f" The model knows no {', '.join(map(repr, unknown[:6]))}."
    if not missing and not unknown:
        found = " A name stands there twice."
    raise InputError(
        f"{what} has the columns {', '.join(map(repr, names[:12]))}{' ...' if len(names) > 12 else ''}; expected those "
        f"that the model was wrapped with, in any order.{found} Choose them: table[list(model.features)]."
    )
