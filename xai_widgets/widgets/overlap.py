"""How much of a map lies in what was marked on its picture, and how much would by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.render.figure import Words, chance

SPOT = 1 / 12
"""The radius of a spot, as a share of the shorter side of the picture."""


class Mark(Protocol):
    """What is marked on a picture."""

    @property
    def mask(self) -> Array:
        """What was painted."""

    @property
    def named(self) -> Sequence[tuple[str, Array]]:
        """What each spot is called, and what it covers."""


@dataclass(frozen=True)
class Overlap:
    """How much of a map lies in a mark.

    Attributes
    ----------
    area : float
        The share of the picture that the mark covers: what it holds of a map by chance.
    evidence : float or None
        The share of the map's magnitude that it holds; None where the map is zero everywhere.
    hits : float or None
        Of the map's strongest places, as many as the mark has, the share that lies in it. Places that are equally
        strong, of which only some are among these, count with their mean.
    strongest : int
        How many these are.
    """

    area: float
    evidence: float | None
    hits: float | None
    strongest: int


def overlap(values: Array, mask: Array, sign: str) -> Overlap:
    """Return how much of a map lies in a mark.

    Parameters
    ----------
    values : array of shape (height, width)
        A raw map; that of a layer may be coarser than the picture, and each of its places stands for its part of it.
    mask : bool array of shape (height, width)
        What is marked on the picture.
    sign : {"both", "positive", "absolute"}
        What of the map is shown: where it is the positive values, these alone are evidence.
    """
    size = np.maximum(values, 0) if sign == "positive" else np.abs(values)
    inside = _shares(size.shape[0], mask.shape[0]) @ mask @ _shares(size.shape[1], mask.shape[1]).T
    area = float(mask.mean())
    strongest = max(1, math.floor(area * size.size + 0.5))
    total = float(size.sum())
    if total == 0:
        return Overlap(area, None, None, strongest)
    least = np.sort(size, axis=None)[-strongest]
    above, level = size > least, size == least
    held = inside[above].sum() + (strongest - above.sum()) * inside[level].mean()
    return Overlap(area, float((size * inside).sum() / total), float(held / strongest), strongest)


def disc(x: float, y: float, height: int, width: int) -> Array:
    """Return what a spot covers, as a mask: all places whose middle is near, and the place that it is in.

    Parameters
    ----------
    x, y : float
        Its middle, as shares of the width and the height of the picture.
    height, width : int
    """
    rows, columns = np.mgrid[:height, :width]
    radius = max(SPOT * min(height, width), 0.5)
    mask: Array = (columns + 0.5 - x * width) ** 2 + (rows + 0.5 - y * height) ** 2 <= radius**2
    mask[int(y * height) : int(y * height) + 1, int(x * width) : int(x * width) + 1] = True
    return mask


def verdict(mark: Mark | None, maps: Sequence[tuple[str, Array | None]], sign: str) -> list[Words]:
    """Return how much of some maps lies in what is marked, in words.

    Parameters
    ----------
    mark : Mark or None
    maps : sequence of (name, array)
        What each is called, and its values; None while there are none.
    sign : str
        As `overlap` takes it.
    """
    if mark is None:
        return []
    marks = [("your mark", mark.mask), *mark.named]
    groups: list[Words] = []
    for name, values in maps:
        if values is None or values.ndim != 2:
            continue
        for what, mask in marks:
            found = overlap(values, mask, sign)
            if found.area > 0 and found.evidence is not None:
                holds = f"{name}{': ' * bool(name)}{what} holds "
                groups.append([(holds, False), (chance(found.evidence), True), (" of the evidence", False)])
                groups.append([(f"on {chance(found.area)} of the picture", False)])
    return groups


def _shares(places: int, pixels: int) -> Array:
    """Return which share of each of some places is which pixel, where both lie along the same side."""
    edges = np.linspace(0, pixels, places + 1)[:, None]
    left, right = np.maximum(edges[:-1], np.arange(pixels)), np.minimum(edges[1:], np.arange(1, pixels + 1))
    shares: Array = np.maximum(right - left, 0) * places / pixels
    return shares
