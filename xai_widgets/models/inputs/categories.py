"""Categories: ids of which each column of a row has its own, such as a colour and a kind, read by embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.inputs.category_columns import Column
from xai_widgets.models.inputs.columns import columns_of
from xai_widgets.models.inputs.input import Input, Terms
from xai_widgets.models.inputs.view import View
from xai_widgets.models.layout import plain
from xai_widgets.models.objective import Array

INSTEAD = (
    "choose Saliency or IntegratedGradients, which follow the gradient at the embeddings, or a method that takes "
    "columns away, such as FeatureAblation"
)
"""What takes categories."""


@dataclass(frozen=True, eq=False, repr=False)
class Categories(Input):
    """A row of categories, as the ids that embeddings read; each column is a feature by itself.

    Attributes
    ----------
    columns : tuple of Column
    """

    columns: tuple[Column, ...] = field(kw_only=True)

    terms = Terms("row of categories", "column", "more", ("below", "above"))
    integral = True

    @classmethod
    def of(cls, columns: Sequence[Column], evidence: str, name: str = "") -> Categories:
        """Return categories in these columns."""
        shape = (len(columns),)
        return cls(shape, None, plain(shape), evidence, name, columns=tuple(columns))

    @property
    def nothing_between(self) -> str:
        return f"there is nothing between two categories; {INSTEAD}"

    @property
    def no_range(self) -> str:
        return f"and categories have no range; {INSTEAD}"

    @property
    def words(self) -> str:
        each = ", ".join(column.about for column in self.columns)
        return f"{self.terms.one} {self.shape}, {self.evidence}: {each}"

    def read(self, x: Any) -> Array:
        """Return the ids of categories that are given by ids or names: in their order, or by the names of columns."""
        names = columns_of(x)
        if names is not None:
            rows = x if isinstance(x, Mapping) else {name: x[name] for name in names}
            return np.stack([self._column(column, rows[column.name]) for column in self._all_of(names)], axis=-1)
        array = as_array(x)
        if isinstance(x, list | tuple) and array.dtype.kind in "US":  # Names and ids side by side are no strings all.
            array = np.array(x, object)
        if array.dtype.kind not in "OUS":
            return array
        if array.shape[-1:] != self.shape:
            raise InputError(f"{self.name!r} has shape {array.shape}; expected a category for each of {self._names}.")
        return np.stack([self._column(column, array[..., place]) for place, column in enumerate(self.columns)], axis=-1)

    def _all_of(self, names: Sequence[str], what: str = "") -> tuple[Column, ...]:
        if sorted(names) != sorted(self._names):
            raise InputError(f"{what}{self.name!r} has the columns {list(names)}; expected {self._names}.")
        return self.columns

    def _column(self, column: Column, given: Any) -> Array:
        array = np.asarray(given, object)
        try:
            return np.array([column.id(one) for one in array.ravel()]).reshape(array.shape)
        except (TypeError, OverflowError):
            found = f"{shown(given)} for {column.name!r}"
            raise InputTypeError(f"{self.name!r} holds {found}; expected ids or names of categories.") from None

    @property
    def _names(self) -> list[str]:
        return [column.name for column in self.columns]

    def check_type(self, array: Array) -> None:
        if array.dtype.kind not in "fiu":
            raise InputTypeError(f"{self.name!r} has dtype {array.dtype}; expected ids of categories, whole numbers.")

    def check(self, batch: Array) -> None:
        super().check(batch)
        self.check_rows(batch)

    def check_rows(self, rows: Array) -> None:
        for column, ids in zip(self.columns, rows.reshape(-1, len(self.columns)).T, strict=True):
            if not (ids == np.rint(ids)).all():
                raise InputError(f"{column.name!r} of {self.name!r} holds fractions; expected ids of categories.")
            if ids.min(initial=0) < 0 or ids.max(initial=0) >= column.size:
                raise InputError(
                    f"{column.name!r} of {self.name!r} has ids from {ids.min():.0f} to {ids.max():.0f}; expected 0 to "
                    f"{column.size - 1}, the rows of its embedding."
                )

    def probe(self, random: np.random.Generator, count: int) -> Array:
        return random.integers(0, self._sizes, (count, *self.shape))

    def far_probe(self) -> Array:
        return np.rint(super().far_probe())

    @property
    def extremes(self) -> tuple[Any, Any]:
        return np.zeros(self.shape), self._sizes - 1

    @property
    def _sizes(self) -> Array:
        return np.array([column.size for column in self.columns])

    def baseline(self, batch: Array, given: Any) -> Array:
        if isinstance(given, Mapping):
            self._all_of(list(given), "The baseline of ")
            given = [given[column.name] for column in self.columns]
        if isinstance(given, list | tuple) and len(given) == len(self.columns):
            given = [column.id(one) for column, one in zip(self.columns, given, strict=True)]
        found = super().baseline(batch, given)
        self.check_rows(found)
        return found

    def named_baseline(self, batch: Array, name: str) -> Array:
        absent = [column.absent for column in self.columns if column.absent is not None]
        if name not in ("black", "padding") or len(absent) < len(self.columns):
            example = {column.name: column.word(0) if column.words else 0 for column in self.columns}
            raise InputError(
                f"baseline is {name!r}, and no category of {self.name!r} is known to stand for nothing; expected the "
                f"name or the id of one for each column, such as baseline={{{self.name!r}: {example}, ...}}."
            )
        return np.broadcast_to(np.array(absent, batch.dtype), batch.shape)

    def any_input(self, name: str, generator: np.random.Generator) -> Array:
        raise InputError(
            f"baselines is {name!r}, but {self.name!r} holds categories, which have no range to draw from."
        )

    def divided(self, batch: Array, name: str, size: int) -> Array:
        return np.arange(self.shape[0])[None]

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        if plane.shape != x.shape:
            return [View(plane)]
        return [View(plane, columns=[(one.name, one.word(value)) for one, value in zip(self.columns, x, strict=True)])]
