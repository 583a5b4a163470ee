"""Where windows of one size lie on an input, and which features are such windows."""

from __future__ import annotations

import numpy as np

from xai_widgets.attribution.features import Features
from xai_widgets.attribution.order import coarse_to_fine
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array
from xai_widgets.receptive_field.geometry import Span


class Lattice:
    """Windows of one size on an input, at multiples of a stride; the last ones are cut off at the border.

    Parameters
    ----------
    layout : Layout
        Of the input.
    window, stride : int
        Along each axis of places.

    Attributes
    ----------
    covers : list of array of shape (windows, places)
        Per axis, true where a window covers it.
    cells : integers of shape (windows, axes)
        The windows by their numbers along each axis, in the order in which they are visited.
    spacings : integers of shape (windows,)
        How far apart they are visited then.
    """

    def __init__(self, layout: Layout, window: int, stride: int) -> None:
        self.layout, self.window = layout, window
        starts = [np.arange(0, length - window + stride, stride)[:, None] for length in layout.grid]
        places = [np.arange(length) for length in layout.grid]
        self.covers = [(start <= place) & (place < start + window) for start, place in zip(starts, places, strict=True)]
        self.sizes = tuple(map(len, self.covers))
        self.cells, self.spacings = coarse_to_fine(self.sizes)

    @property
    def spans(self) -> list[Span]:
        """Where they lie; the last ones, which are cut off at the border, hold some of what is before."""
        return [
            Span(np.minimum(covers.argmax(axis=1), covers.shape[1] - self.window), self.window)
            for covers in self.covers
        ]


def lattice_of(features: Features, layout: Layout, order: Array) -> Lattice | None:
    """Return the lattice of features that are squares side by side, visited in an order; None where they are not.

    However they were given: what counts is which elements go together.
    """
    if len(layout.space) != 2 or len(features.plane) > 1:
        return None
    plane = layout.channels_first(features.labels)[0].reshape(-1, *layout.grid)
    numbers = plane[0]
    side = int(np.append(numbers[0] != numbers[0, 0], True).argmax())
    corners = numbers[::side, ::side]
    laid = np.repeat(np.repeat(corners, side, axis=0), side, axis=1)[: layout.grid[0], : layout.grid[1]]
    if side > min(layout.grid) or corners.size != features.count or not (plane == laid).all():
        return None
    lattice = Lattice(layout, side, side)
    lattice.cells = np.argwhere(corners >= 0)[np.argsort(corners, axis=None)][order]
    return lattice
