"""Tables: rows of numbers, one for each column, which stand beside nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.inputs.columns import columns_of, in_order, numbers_of
from xai_widgets.models.inputs.input import Input, Terms
from xai_widgets.models.inputs.view import View
from xai_widgets.models.objective import Array


@dataclass(frozen=True, eq=False, repr=False)
class Table(Input):
    """A row of a table; each column is a feature by itself, and the order of the columns means nothing.

    Attributes
    ----------
    columns : tuple of str or None
        Their names; what has columns with names is read by these.
    """

    columns: tuple[str, ...] | None = field(default=None, kw_only=True)

    terms = Terms("row", "column", "more", ("below", "above"))

    def read(self, x: Any) -> Array:
        if self.columns is not None and columns_of(x) is not None:
            return in_order(x, self.columns)
        return super().read(x)

    def rows_of(self, given: Any, what: str) -> Array:
        named = isinstance(given, Mapping) and self.columns is not None
        rows = in_order(given, self.columns or (), what) if named else self.read(_bare(given))
        if rows.dtype.kind not in "fiu":
            raise InputTypeError(f"{what} holds {rows.dtype}; expected rows of numbers.")
        if rows.ndim != 2 or rows.shape[1:] != self.shape or len(rows) < 2:
            raise InputError(
                f"{what} has shape {rows.shape}; expected (rows, {self.shape[0]}), at least 2 rows of the table."
            )
        if not np.isfinite(rows).all():
            raise InputError(f"{what} holds NaN or infinite values; expected finite numbers.")
        return rows

    def baseline(self, batch: Array, given: Any) -> Array:
        if isinstance(given, Mapping) and self.columns is not None:
            given = in_order(given, self.columns, "baseline")
        elif isinstance(given, Mapping) and len(given) == batch.shape[-1]:
            given = numbers_of(given)
        return super().baseline(batch, given)

    def divided(self, batch: Array, name: str, size: int) -> Array:
        return np.arange(self.shape[0])[None]

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        if self.columns is None or plane.shape != x.shape:
            return [View(plane)]
        return [View(plane, columns=[(name, float(value)) for name, value in zip(self.columns, x, strict=True)])]

    @property
    def words(self) -> str:
        return f"{self.terms.one} {self.shape}, {self.evidence}{self._bounded}"


def _bare(given: Any) -> Any:
    """Return the numbers of a dict by column as they stand, for a network that knows no names."""
    return numbers_of(given) if isinstance(given, Mapping) else given
