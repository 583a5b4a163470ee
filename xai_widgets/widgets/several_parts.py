"""One of several inputs as a widget shows it: how it is read, edited and told; a class for each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.inputs.columns import columns_of, in_order, numbers_of
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.objective import Array
from xai_widgets.render import as_picture
from xai_widgets.widgets.as_taken import as_array, laid_out, scaled
from xai_widgets.widgets.form import Form
from xai_widgets.widgets.given import Written, is_table, plain
from xai_widgets.widgets.pictures import address
from xai_widgets.widgets.protocol import GivenPart, PartEntry, PartSaid

NO_COLOUR = 229
"""The grey of what has no colours."""

WHOLE = "whole"
"""What an input is that is one feature."""

Edit = Any
"""What was typed in place of what was given: the text of a text, the numbers of a row."""


class Part(ABC):
    """One of the inputs of networks of several.

    Parameters
    ----------
    pieces : dict of str to Input
        What it is to each of the models, by the model's name.
    """

    kind: ClassVar[Literal["picture", "table", "text"]]

    divided: ClassVar[Mapping[str, str]] = {"pixels": "columns"}
    """What it can be divided into, in place of being one feature: the library's names, and what a person calls it."""

    def __init__(self, pieces: Mapping[str, Input]) -> None:
        self.pieces = dict(pieces)
        self.piece = next(iter(self.pieces.values()))
        self.name = self.piece.name

    def shape(self, model: str) -> tuple[int, ...]:
        """Return the shape of its map."""
        return self.pieces[model].layout.grid

    @abstractmethod
    def count(self, given: Any) -> int | None:
        """Return how many inputs there are in what was given; None is one that stands for itself."""

    def at(self, given: Written, index: int) -> Written:
        """Return one of several that were given."""
        return Written(given.value[index], f"{given.expression}[{index}]")

    @abstractmethod
    def taken(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> Written:
        """Return it as a model takes it, with what was typed in its place and what was struck out."""

    @abstractmethod
    def checked(self, edit: Any, given: Written) -> Edit:
        """Return what is typed in place of what was given; None where that is the same.

        Raises
        ------
        ValueError, TypeError
            If it is no such input.
        """

    def checked_struck(self, struck: Any, given: Written, edit: Edit) -> list[int]:
        """Return the numbers of the words that are struck out.

        Raises
        ------
        ValueError, TypeError
            If there are no such words.
        """
        raise InputError(f"{self.name!r} is no text; expected the words of a text to strike out.")

    def checked_division(self, division: Any) -> str | None:
        """Return what it is divided into; None where it is one feature.

        Raises
        ------
        ValueError, TypeError
            If it cannot be divided so.
        """
        if division is None or (isinstance(division, str) and division == WHOLE):
            return None
        if not isinstance(division, str):
            expected = " or ".join(map(repr, (WHOLE, *self.divisions)))
            raise InputTypeError(f"features[{self.name!r}] is {shown(division)}; expected {expected}.")
        if division not in self.divisions:
            raise unknown_name(f"division for features[{self.name!r}]", division, [WHOLE, *self.divisions])
        return division

    def entry(self, given: Sequence[Written]) -> PartEntry:
        """Return what the front end is told of it once, for all that was given."""
        return {
            "name": self.name,
            "kind": self.kind,
            "columns": None,
            "ranges": None,
            "can_type": False,
            "divisions": dict(self.divisions),
        }

    @abstractmethod
    def given(self, given: Written) -> GivenPart:
        """Return what was given as the front end takes it."""

    def said(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> PartSaid:
        """Return what is said of it with the first frame."""
        return {"shape": self.shape(model), "values": None, "text": None}

    def baseline(self, name: str) -> str:
        """Return what the baseline called `name` means for it."""
        return name

    @property
    def divisions(self) -> Mapping[str, str]:
        """What this one can be divided into."""
        return self.divided

    @property
    def names(self) -> list[str] | None:
        """What the values of its map are called; None where they are pixels."""
        return None

    def seen(self, given: Written) -> Array | None:
        """Return the picture that its map lies over, uint8 (H, W, 3); None where there is none."""
        return None

    def listed(self, plane: Array, said: PartSaid) -> tuple[Array, list[tuple[str, float]]]:
        """Return its map as it is drawn without a browser, and where that is bars, what each is called and counts."""
        return plane, []

    @abstractmethod
    def numbers(self, given: Written) -> Array:
        """Return what was given as numbers, by which it is told from others."""


class PicturePart(Part):
    """A picture."""

    kind = "picture"
    divided: ClassVar[Mapping[str, str]] = {"squares": "squares", "superpixels": "superpixels"}

    @cached_property
    def forms(self) -> dict[str, Form]:
        """What each model takes."""
        return {name: Form.of_input(piece) for name, piece in self.pieces.items()}

    @property
    def form(self) -> Form:
        """What the first model takes."""
        return next(iter(self.forms.values()))

    def count(self, given: Any) -> int | None:
        if isinstance(given, Image.Image):
            return None
        if isinstance(given, list | tuple):
            return len(given)
        array = plain(given)
        if self.form.fits(array.shape):
            return None
        if array.ndim and self.form.fits(array.shape[1:]):
            return len(array)
        # Neither reading fits: the likelier one makes the better message.
        return len(array) if array.ndim > 3 or (array.ndim == 3 and array.shape[-1] not in (1, 3, 4)) else None

    def taken(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> Written:
        form, piece = self.forms[model], self.pieces[model]
        written = as_array(given, form)
        if not form.fits(np.shape(written.value)):
            raise InputError(f"{self.name!r}: {form.explain(np.shape(written.value))}")
        return laid_out(scaled(written, piece.bounds), form)

    def checked(self, edit: Any, given: Written) -> Edit:
        raise InputError(f"{self.name!r} is a picture, in whose place nothing is typed; expected a text or a row.")

    def given(self, given: Written) -> GivenPart:
        pixels = self.seen(given)
        height, width = pixels.shape[:2]
        return {"src": address(pixels), "width": width, "height": height, "values": None, "text": None}

    def seen(self, given: Written) -> Array:
        model = next(iter(self.forms))
        x = self.taken(model, given, None, ()).value
        pixels = as_picture(np.moveaxis(x, 0, -1) if self.form.axis == 0 else x, self.piece.bounds)
        # What has no colours, such as the five bands of a satellite, is an even ground for its map.
        return np.full((*self.form.plane, 3), NO_COLOUR, np.uint8) if pixels is None else pixels

    def numbers(self, given: Written) -> Array:
        return np.ravel(self.seen(given)).astype(float)


class RowPart(Part):
    """A row of a table, or what else is a row of numbers."""

    kind = "table"

    @property
    def names(self) -> list[str]:
        return self.columns

    def listed(self, plane: Array, said: PartSaid) -> tuple[Array, list[tuple[str, float]]]:
        return plane, list(zip(self.columns, said["values"] or (), strict=True))

    @cached_property
    def columns(self) -> list[str]:
        """What the numbers are called."""
        named = getattr(self.piece, "columns", None)
        return [f"feature {number}" for number in range(self.piece.shape[0])] if named is None else list(named)

    def count(self, given: Any) -> int | None:
        array = numbers_of(given) if is_table(given) else plain(given)
        return len(array) if array.ndim > 1 else None

    def at(self, given: Written, index: int) -> Written:
        if not is_table(given.value):
            return super().at(given, index)
        named = columns_of(given.value) is not None and getattr(self.piece, "columns", None) is not None
        numbers = in_order(given.value, self.columns) if named else numbers_of(given.value)
        chosen = f"[{self.columns!r}]" if named else ""
        return Written(numbers[index], f"{given.expression}{chosen}.to_numpy()[{index}]")

    def taken(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> Written:
        if edit is not None:
            return Written(np.array(edit, np.float32), f'np.array({edit!r}, "float32")')
        array = plain(given.value)
        if array.dtype.kind in "iu":
            return Written(array.astype(np.float32), f'np.asarray({given.expression}, "float32")')
        return Written(array, given.expression)

    def checked(self, edit: Any, given: Written) -> Edit:
        if isinstance(edit, Mapping):
            unknown = [name for name in edit if name not in self.columns]
            if unknown:
                raise InputError(f"{self.name!r} has no column {shown(unknown[0])}; expected one of {self.columns}.")
            now = dict(zip(self.columns, self._row(given), strict=True))
            edit = [edit.get(name, value) for name, value in now.items()]
        row = edit.tolist() if isinstance(edit, np.ndarray) else edit
        numeric = isinstance(row, list | tuple) and all(
            isinstance(one, int | float | np.number) and not isinstance(one, bool) for one in row
        )
        if not numeric:
            raise InputTypeError(f"{self.name!r} is {shown(edit)}; expected its {len(self.columns)} numbers.")
        if len(row) != len(self.columns):
            raise InputError(f"{self.name!r} has {len(row)} numbers; expected {len(self.columns)}: {self.columns}.")
        if not np.isfinite(np.array(row, float)).all():
            raise InputError(f"{self.name!r} holds NaN or infinite values; expected finite numbers.")
        if np.array_equal(np.array(row, np.float32), np.array(self._row(given), np.float32)):
            return None
        return [float(one) for one in row]

    def entry(self, given: Sequence[Written]) -> PartEntry:
        rows = np.array([self._row(one) for one in given], float)
        low, high = rows.min(axis=0), rows.max(axis=0)
        if self.piece.bounds is not None:
            low, high = np.full_like(low, self.piece.bounds[0]), np.full_like(high, self.piece.bounds[1])
        # One row says nothing of the range: as far as its own size, and never nothing.
        wide = np.where(high > low, 0.25 * (high - low), np.maximum(1, np.abs(high)))
        if self.piece.bounds is None:
            low, high = low - wide, high + wide
        ranges = [(float(f"{a:.3g}"), float(f"{b:.3g}")) for a, b in zip(low, high, strict=True)]
        return {**super().entry(given), "columns": self.columns, "ranges": ranges, "can_type": True}

    def given(self, given: Written) -> GivenPart:
        return {"src": "", "width": 1, "height": 1, "values": self._row(given), "text": None}

    def said(self, model: str, given: Written, edit: Edit, struck: Sequence[int]) -> PartSaid:
        return {**super().said(model, given, edit, struck), "values": self._row(given) if edit is None else edit}

    def baseline(self, name: str) -> str:
        # The mean of a row, or what is blurred of it, is no absence: its columns have nothing to do with each other.
        return name if name in ("black", "white") and self.piece.bounds is not None else "zero"

    def numbers(self, given: Written) -> Array:
        return np.array(self._row(given))

    def _row(self, given: Written) -> list[float]:
        return [float(one) for one in np.ravel(plain(given.value))]
