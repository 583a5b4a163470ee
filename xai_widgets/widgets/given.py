"""What a person has, arrays, pictures, tables, data sets: one input at a time, each with the Python that gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.arrays import is_data_set
from xai_widgets.models.inputs.columns import columns_of, in_order, numbers_of
from xai_widgets.models.objective import Array
from xai_widgets.widgets.form import Form

MOST_INPUTS = 256
"""Every one of them travels to the browser when the widget opens."""


class Written(NamedTuple):
    """A value, and the Python expression that gives it from ``images``."""

    value: Any
    expression: str


class TableRow(NamedTuple):
    """A row of a table, or a table of one row that is no list."""

    table: Any
    place: int | None

    def written(self, features: Sequence[str] | None) -> Written:
        """Return the numbers, by the names of the columns where a model knows them, in their order otherwise."""
        named = features is not None and columns_of(self.table) is not None
        numbers = in_order(self.table, features or ()) if named else numbers_of(self.table)
        columns = f"[{list(features or ())!r}]" if named else ""
        if self.place is None:
            return Written(numbers, f"images{columns}.to_numpy()")
        return Written(numbers[self.place], f"images{columns}.to_numpy()[{self.place}]")


def listed(images: Any) -> Any:
    """Return a data set as the list of its inputs; whatever is none stays as it is.

    Raises
    ------
    ValueError, TypeError
        If there are too many, or its entries are more than inputs.
    """
    if not is_data_set(images):
        return images
    check_count(len(images))
    entries = [images[place] for place in range(len(images))]  # asked for more it need not refuse
    if any(isinstance(entry, list | tuple) for entry in entries):
        raise InputTypeError(
            f"Found a {type(images).__name__} whose entries are more than inputs, perhaps each with its label; "
            "expected inputs alone: [data[i][0] for i in range(8)]."
        )
    return entries


def check_count(count: int, most: int = MOST_INPUTS) -> None:
    """Refuse more inputs than a widget shows, or none."""
    if count == 0:
        raise InputError("There are no pictures; expected at least one.")
    if count > most:
        raise InputError(f"There are {count} pictures; expected at most {most}. Choose some: images[:20].")


def is_table(images: Any) -> bool:
    """Whether something is a table as pandas and polars have them."""
    return hasattr(images, "to_numpy")


def one_by_one(images: Any, forms: Sequence[Form]) -> list[Written]:
    """Return the pictures, each with the expression that takes it out of ``images``."""
    if is_table(images):
        return _rows(images)
    if isinstance(images, Image.Image):
        return [Written(images, "images")]
    if isinstance(images, list | tuple):
        return [Written(image, f"images[{index}]") for index, image in enumerate(images)]
    array = plain(images)
    ranks = (1,) if len(forms[0].plane) == 1 else (0, 1, 2)
    single = array.ndim in ranks
    if array.ndim == 3 and len(forms[0].plane) == 2:
        fits = [any(form.fits(shape) for form in forms) for shape in (array.shape, array.shape[1:])]
        # Where neither reading fits, the likelier one makes the better message.
        alike = array.shape[-1] in (1, 3, 4) or any(array.shape == (form.channels, *form.plane) for form in forms)
        single = fits[0] or (alike and not fits[1])
    if single or array.ndim > 4 or array.ndim == 0:
        return [Written(images, "images")]
    return [Written(images[index], f"images[{index}]") for index in range(len(array))]


def _rows(table: Any) -> list[Written]:
    numbers = numbers_of(table)
    if numbers.ndim == 1:
        return [Written(TableRow(table, None), "images")]
    return [Written(TableRow(table, place), "images") for place in range(len(numbers))]


def plain(images: Any) -> Array:
    """Return an array of numbers.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if is_table(images):
        return numbers_of(images)
    if hasattr(images, "detach"):
        images = images.detach().cpu()
    if isinstance(images, str | bytes | Path | Mapping) or (
        isinstance(images, Iterable) and not hasattr(images, "__len__") and not hasattr(images, "__array__")
    ):
        raise InputTypeError(f"Found a {type(images).__name__}; expected arrays, PIL pictures, or a list of these.")
    try:
        array = np.asarray(images)
    except (ValueError, TypeError) as error:
        raise InputTypeError(f"Found {type(images).__name__}; expected an array of numbers. ({error})") from error
    if array.dtype.kind not in "fiu":
        raise InputTypeError(
            f"Found a {type(images).__name__} ({array.dtype}); expected arrays of numbers, PIL pictures, or a list of "
            "these."
        )
    return array
