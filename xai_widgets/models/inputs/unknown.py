"""Inputs of which it is not known what their axes count: what needs no more than their numbers can be asked of them."""

from __future__ import annotations

from xai_widgets.errors import InputError
from xai_widgets.models.inputs.input import Input, Terms
from xai_widgets.models.inputs.view import View, bare
from xai_widgets.models.objective import Array

EXAMPLES = {
    2: "'channels, time' or 'height, width'",
    3: "'channels, height, width' or 'height, width, channels'",
    4: "'channels, depth, height, width'",
}
"""What may be said of an input with so many axes."""


class Unknown(Input):
    """An input that nothing tells the kind of: its map is its values, and nothing is taken for a place."""

    terms = Terms("input", "element", "more", ("below", "above"))

    @property
    def no_plane(self) -> str:
        """What is not known, and how to tell it."""
        if not self.shape:
            return ""
        example = EXAMPLES.get(len(self.shape), "'channels, ...'")
        called, said = (f"input {self.name!r}", "[...], one for each") if self.name else ("the input", example)
        return (
            f"Which axes of {called}, of shape {self.shape}, count channels and which places is not known: "
            f"{self.evidence}. Say what they are: wrap(..., input_layout={said})."
        )

    @property
    def not_on_screen(self) -> str:
        return f"Widgets show pictures, rows of tables and texts. {self.no_plane}" if len(self.shape) > 2 else ""

    def named_baseline(self, batch: Array, name: str) -> Array:
        if name in ("mean", "blur"):
            raise InputError(f"baseline is {name!r}. {self.no_plane}")
        return super().named_baseline(batch, name)

    def divided(self, batch: Array, name: str, size: int) -> Array:
        raise InputError(f"features is {name!r}. {self.no_plane}")

    def views(self, x: Array, plane: Array) -> list[View]:
        flat = plane.shape != x.shape or plane.ndim != 2
        return [bare(plane) if flat else View(plane, picture=x, bounds=self.bounds)]

    def drawn_under(self, x: Array, plane: Array) -> list[View]:
        return self.views(x, plane)

    @property
    def words(self) -> str:
        return f"input {self.shape} of a kind that is not known, as {self.evidence}{self._bounded}"
