"""The patches of a network that attends: which of its tokens each place of the input belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array

if TYPE_CHECKING:
    from xai_widgets.models.base import Model


def patches_of(model: Model) -> Array:
    """Return the number of the patch that each place of the input belongs to, integers of shape (*grid of the input).

    They are those whose tokens the network attends to for the last time. A place belongs to the nearest token, so that
    patches are squares side by side, whatever made the tokens of them.

    Raises
    ------
    ValueError
        If the network attends to nothing that stands on a grid in the input.
    """
    whole = model.input.layout
    for layer in model.evidence.attended:
        layout = model.layouts[layer]
        if layout.has_space and layout.coordinates == whole.coordinates and layout.grid != whole.grid:
            return _nearest(layout, whole.grid)
    raise InputError(
        "'patches' are asked for, but the network is not seen to attend to tokens that stand on a grid in its input; "
        "expected a vision transformer. Choose 'squares' or an array of integers as features, or a window in pixels."
    )


def _nearest(layout: Layout, grid: tuple[int, ...]) -> Array:
    along = [
        np.searchsorted((line[:-1] + line[1:]) / 2, np.arange(length), "right")
        for line, length in zip(layout.lines, grid, strict=True)
    ]
    numbers: Array = np.ravel_multi_index(tuple(np.meshgrid(*along, indexing="ij")), layout.grid)
    return numbers
