"""Pictures with paint over them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.render import as_picture
from xai_widgets.render.paint import Array, checked_paint, composite, no_paint, to_runs
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check
from xai_widgets.widgets.pictures import Input, Pictures

Paints = Mapping[int, Array]
"""The layers by picture, those without paint left out; neither the mapping nor a layer is ever changed."""


class Brushed(NamedTuple):
    """A rectangle of paint, and its pixels."""

    place: protocol.Patch
    pixels: Array


class Strokes(tuple[Brushed, ...]):
    """What was painted in a browser since it last asked."""


class PaintedPictures(Pictures):
    """Pictures of which each has a layer of paint; a picture without paint is exactly what was given.

    None is ever changed: to paint makes others, that share all but the paint.

    Parameters
    ----------
    images, models
        As `Pictures` takes them.

    Attributes
    ----------
    paints : mapping of int to uint8 array of shape (H, W, 4)
    bare : bool
        Whether the models get the pictures as they were given, to compare.
    by : str or None
        The page that painted last; None is Python.

    Raises
    ------
    ValueError, TypeError
        If a picture does not fit a model, or a model takes what one cannot paint on.
    """

    origin = "what paint() was given, and painter is what it returned"

    changeable = ("paint", "bare")

    def __init__(self, images: Any, models: Mapping[str, Model]) -> None:
        self.paints: Paints = {}
        self.bare = False
        self.by: str | None = None
        self._painted: dict[tuple[str, int], Input] = {}
        self._runs: dict[str, list[int]] | None = None
        super().__init__(images, models)
        self._ranges: dict[str, tuple[float, float]] = {}
        for name, model in models.items():
            form, of = self._forms[name], f" of {name}" if name else ""
            if len(form.plane) != 2 or form.channels not in (None, 1, 3):
                raise InputError(
                    f"The inputs{of} have shape {model.input_shape}; one paints on pictures with one channel, grey, or "
                    "with three, red, green and blue."
                )
            if model.bounds is None:
                raise InputError(
                    f"The values{of} have no bounds, so that no colour is known; wrap(..., bounds=(low, high)) says "
                    "what is black and what is white."
                )
            self._ranges[name] = model.bounds

    @property
    def is_grey(self) -> bool:
        """Whether no model sees colours."""
        return all(form.channels != 3 for form in self._forms.values())

    def input(self, name: str, index: int) -> Input:
        """Return a picture, with its paint unless they are bare, as the model called `name` takes it."""
        return self.without_paint(name, index) if self.bare else self.with_its_paint(name, index)

    def without_paint(self, name: str, index: int) -> Input:
        """Return a picture as it was given, as a model takes it."""
        return super().input(name, index)

    def with_its_paint(self, name: str, index: int) -> Input:
        """Return a picture with its paint, as a model takes it."""
        if index not in self.paints:
            return self.without_paint(name, index)
        if (name, index) not in self._painted:
            self._painted[name, index] = self._mix(name, index)
        return self._painted[name, index]

    def _mix(self, name: str, index: int) -> Input:
        paint = self.paints[index]
        value = self.painted(name, index)
        value = np.moveaxis(value, -1, 0) if self._forms[name].axis == 0 else value
        return Input(value, self._expression(name), (index, hashlib.blake2b(paint.tobytes(), digest_size=16).digest()))

    def given(self, name: str, index: int) -> Array:
        """Return a picture as it was given, within the bounds of a model, channels last."""
        value: Array = self.without_paint(name, index).value
        plain: Array = np.moveaxis(value, 0, -1) if self._forms[name].axis == 0 else value
        return plain if plain.dtype.kind == "f" else plain.astype(np.float32)

    def painted(self, name: str, index: int) -> Array:
        """Return the same with its paint."""
        return composite(self.given(name, index), self.paint(index), self._ranges[name])

    def paint(self, index: int) -> Array:
        """Return the paint on a picture."""
        return self.paints.get(index, no_paint(self.shape))

    def changed(self, index: int, changes: Mapping[str, Any]) -> PaintedPictures:
        """Return the pictures with other paint, or looked at as they were given.

        Parameters
        ----------
        index : int
            Which picture a layer is for.
        changes : dict
            ``"paint"`` is a layer, uint8 (H, W, 4), or `Strokes` on any pictures; ``"bare"`` says
            whether the models get the pictures as they were given.

        Raises
        ------
        ValueError, TypeError
            If that is no layer, or a rectangle does not fit.
        """
        bare, paint = changes.get("bare") is True, changes.get("paint", Strokes())
        paints, by = self.paints, self.by
        if isinstance(paint, Strokes):
            for brushed in paint:
                paints, by = self._brushed(paints, brushed), brushed.place["by"]
        else:
            paints, by = self._with_layer(paints, index, paint), None
        if paints is self.paints and (by, bare) == (self.by, self.bare):
            return self
        return self._edition(paints, by, bare)

    def received(self, state: Mapping[str, Any], buffers: Sequence[Any]) -> Mapping[str, Any]:
        """Return the changes that a request of the browser amounts to: each patch of paint has its pixels in a buffer.

        Raises
        ------
        ValueError, TypeError
            If it is no paint.
        """
        patches = state.get("paint", [])
        check(patches, Sequence[protocol.Patch], "Paint")
        if len(patches) != len(buffers):
            raise InputError(f"Paint came with {len(buffers)} buffers; expected one for each place.")
        pixels = [np.frombuffer(buffer, np.uint8) for buffer in buffers]
        return {**state, "paint": Strokes(map(Brushed, patches, pixels)), "bare": state.get("bare") is True}

    def traits(self, index: int) -> dict[str, Any]:
        """Return the paint as the page opens it."""
        if self._runs is None:
            self._runs = {str(number): to_runs(layer) for number, layer in sorted(self.paints.items())}
        return {"_paint": {"by": self.by, "layers": self._runs}}

    def told(self) -> dict[str, Any]:
        """Return whether there are colours to paint with."""
        return {"grey": self.is_grey}

    def _edition(self, paints: Paints, by: str | None, bare: bool) -> PaintedPictures:
        """Return the pictures with other paint."""
        edition = copy(self)
        edition.paints, edition.by, edition.bare = paints, by, bare
        edition._painted, edition._runs = {}, None
        return edition

    def _with_layer(self, paints: Paints, index: int, paint: Any) -> Paints:
        layer = checked_paint(paint, self.shape)
        others = {number: kept for number, kept in paints.items() if number != index}
        return {**others, index: layer} if layer.any() else others

    def _brushed(self, paints: Paints, brushed: Brushed) -> Paints:
        """Return the layers with a rectangle of one of them as the browser painted it."""
        height, width = self.shape
        place, pixels = brushed
        index, x, y, columns, rows = (place[name] for name in ("index", "x", "y", "width", "height"))
        fits = min(index, x, y, columns, rows) >= 0 and x + columns <= width and y + rows <= height
        if not fits or index >= len(self) or pixels.size != 4 * columns * rows:
            raise InputError(
                f"Paint of {rows} rows and {columns} columns came as {pixels.size} bytes for picture {index}; expected "
                f"4 a pixel, within {height} rows and {width} columns."
            )
        layer = paints.get(index, no_paint(self.shape)).copy()
        layer[y : y + rows, x : x + columns] = pixels.reshape(rows, columns, 4)
        return self._with_layer(paints, index, layer)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width of the pictures."""
        return next(iter(self._forms.values())).plane

    def seen(self, index: int) -> Array | None:
        """Return a picture as it is on the screen, uint8 (H, W, 3)."""
        name = next(iter(self._forms))
        value = self.given(name, index) if self.bare else self.painted(name, index)
        return as_picture(value, self._ranges[name])

    def _expression(self, name: str) -> str:
        """Return the Python that gives what a model takes from the painter's picture, which is the first model's."""
        first = next(iter(self._forms))
        axis, channels = self._forms[name].axis, self._forms[name].channels
        (low, high), (to_low, to_high) = self._ranges[first], self._ranges[name]
        expression = "painter.picture"
        if (low, high) != (to_low, to_high):
            factor = (to_high - to_low) / (high - low)
            expression = f"({expression} - {low!r}) * {factor!r} + {to_low!r}"
        indexed = f"({expression})" if " " in expression else expression
        if channels is None and self._forms[first].channels is not None:
            return f"{indexed}[..., 0]"
        if channels is not None and self._forms[first].channels is None:
            return f"{indexed}[np.newaxis]" if axis == 0 else f"{indexed}[..., np.newaxis]"
        return f"np.moveaxis({expression}, -1, 0)" if axis == 0 else expression
