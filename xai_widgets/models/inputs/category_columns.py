"""The columns of categories: how many each has and what they are called, as told and as embeddings read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.inputs.lookups import Reader
from xai_widgets.models.names import Names, checked_names

CategoryNames = Mapping[str, Names | None] | Mapping[str, Mapping[str, Names | None]]
"""By the name of a column the names of its categories; or the same by the names of inputs."""

Told = Mapping[str, tuple[str, ...] | None]
"""What is said of the columns of one input, checked."""


@dataclass(frozen=True)
class Column:
    """One column of categories.

    Attributes
    ----------
    name : str
    size : int
        How many categories it has: their ids are 0 to `size` - 1.
    words : tuple of str or None
        What they are called.
    absent : int or None
        The one that stands for nothing, where there is one.
    """

    name: str
    size: int
    words: tuple[str, ...] | None = None
    absent: int | None = None

    def word(self, index: float) -> str:
        """Return what a category is called; its id in words where it has no name."""
        place = round(index)
        return f"#{place}" if self.words is None or place >= len(self.words) else self.words[place]

    def id(self, given: Any) -> float:
        """Return the id of a category that is given by its id or its name."""
        if not isinstance(given, str):
            return float(given)
        if self.words is None or given not in self.words:
            raise unknown_name(f"category of {self.name!r}", given, self.words or ())
        return float(self.words.index(given))

    @property
    def about(self) -> str:
        """What it is, in words."""
        return f"{self.name!r} of {self.size}"


def checked_categories(given: Any) -> Told | None:
    """Return by the names of columns the names of their categories."""
    if given is None:
        return None
    if not isinstance(given, Mapping) or not given or not all(isinstance(name, str) for name in given):
        raise InputTypeError(
            f"categories is {shown(given)}; expected a dict from the name of each column to the names of its "
            "categories, such as {'colour': ['red', 'blue']}."
        )
    return {
        name: None if words is None else checked_names(words, f"categories[{name!r}]", "category")
        for name, words in given.items()
    }


def columns_read(
    told: Told | None, elements: Sequence[Sequence[Reader]], name: str, absent: int | None
) -> list[Column]:
    """Return the columns of an input, from what is told of them and how each of its elements is read.

    Parameters
    ----------
    told : dict, optional
        By the name of a column the names of its categories.
    elements : sequence
        How each element is read, by which embeddings; empty where none are seen.
    name : str
        Of the input.
    absent : int, optional
        The id of the category that stands for nothing, as told.
    """
    count = len(elements)
    names = (
        list(told) if told is not None else [name] if count == 1 else [f"{name} {place + 1}" for place in range(count)]
    )
    shifts = sorted({(one.table, one.shift) for each in elements for one in each}, key=lambda one: one[1])
    found = []
    for column, each in zip(names, elements, strict=True):
        words = None if told is None else told[column]
        sizes = [_size(one, [shift for table, shift in shifts if table == one.table]) for one in each]
        if not sizes and words is None:
            raise InputError(
                f"No embedding is seen that tells how many categories {column!r} of {name!r} has; expected their "
                f"names: wrap(..., categories={{{column!r}: [...]}})."
            )
        size = min(sizes, default=len(words or ()))
        if words is not None and len(words) > size:
            raise InputError(
                f"{column!r} has {len(words)} names, and its embedding {size} rows; expected at most as many."
            )
        own = [one.known.padding - one.shift for one in each if one.known.padding is not None]
        filler = absent if absent is not None else next((one for one in own if 0 <= one < size), None)
        if filler is not None and not 0 <= filler < size:
            raise InputError(f"padding is {filler}; expected an id of {column!r}, from 0 to {size - 1}.")
        found.append(Column(column, size, words, filler))
    return found


def _size(reader: Reader, shifts: Sequence[int]) -> int:
    """Return how many ids of a column an embedding has: up to those of the next column, where several share it."""
    behind = [shift for shift in shifts if shift > reader.shift]
    return min(behind, default=reader.known.size) - reader.shift
