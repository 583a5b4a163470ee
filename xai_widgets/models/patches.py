"""The patches of a network that attends: which of its tokens each place of the input belongs to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array


def patches_of(whole: Layout, attended: Iterable[Layout]) -> Array:
    """Return the number of the patch that each place of the input belongs to, integers of shape (*grid of the input).

    They are those whose tokens the network attends to for the last time. A place belongs to the nearest token, so that
    patches are squares side by side, whatever made the tokens of them.

    Parameters
    ----------
    whole : Layout
        Of the input.
    attended : iterable of Layout
        Of what the network attends to, the last first.

    Raises
    ------
    ValueError
        If the network attends to nothing that stands on a grid in the input.
    """
    for layout in attended:
        if layout.has_space and layout.coordinates == whole.coordinates and layout.grid != whole.grid:
            return _nearest(layout, whole.grid)
    raise InputError(
        "'patches' are asked for, but the network is not seen to attend to tokens that stand on a grid in its input; "
        "expected a vision transformer. Choose 'squares' or an array of integers as features, or a window in pixels."
    )


def count_of_patches(whole: Layout, attended: Iterable[Layout]) -> int:
    """Return how many patches an input has, 0 where the network is not seen to have patches."""
    try:
        return int(patches_of(whole, attended).max()) + 1
    except InputError:
        return 0


def _nearest(layout: Layout, grid: tuple[int, ...]) -> Array:
    along = [
        np.searchsorted((line[:-1] + line[1:]) / 2, np.arange(length), "right")
        for line, length in zip(layout.lines, grid, strict=True)
    ]
    numbers: Array = np.ravel_multi_index(tuple(np.meshgrid(*along, indexing="ij")), layout.grid)
    return numbers
