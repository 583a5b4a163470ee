"""What there is to draw of an input and a map of it, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xai_widgets.models.inputs.reading import Passage
from xai_widgets.models.objective import Array


class View(NamedTuple):
    """One picture of an input, with what lies over it.

    Attributes
    ----------
    map : array of shape (h, w) or (n,)
        A value for each place; of a layer's output it may have another size than the input.
    name : str
        Which view it is, where there are several.
    picture : array of shape (H, W) or (H, W, channels), optional
        What the map lies over.
    bounds : (low, high), optional
        What is black in the picture, and what white.
    curve : array of shape (n, channels), optional
        A signal, channels last, that the map lies along.
    columns : sequence of (str, float or str)
        Names and values of what the map has one value for each.
    text : Passage, optional
        A text and its tokens, for which the map has a value each.
    """

    map: Array
    name: str = ""
    picture: Array | None = None
    bounds: tuple[float, float] | None = None
    curve: Array | None = None
    columns: Sequence[tuple[str, float | str]] = ()
    text: Passage | None = None


def bare(plane: Array) -> View:
    """Return the view of a map that lies over nothing."""
    return View(plane if plane.ndim < 3 else plane.reshape(-1))
