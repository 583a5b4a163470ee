"""What a unit responds to: the mean of the parts of inputs that it sees where it is largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.concepts.count import checked_count
from xai_widgets.concepts.sight import seen_from, sightings
from xai_widgets.concepts.units import Units
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


@dataclass(frozen=True, eq=False, repr=False)
class Patch:
    """What a unit responds to; made by `RelevantFeaturesEstimate.patches`.

    Attributes
    ----------
    layer : str
    unit : int
    picture : array of shape (*size, channels)
        The mean of the parts that the unit sees, channels last; nan at places that lie beyond the border in all.
    inputs : array of int
        The numbers of the inputs, those with the largest responses first.
    places : array of shape (inputs, coordinates)
        Where in each of them the unit is largest.
    """

    layer: str
    unit: int
    picture: Array
    inputs: Array
    places: Array

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.picture.shape[:-1]))
        return f"unit {self.unit} of {self.layer}: mean of {len(self.inputs)} patches of {size}"


def reach(units: Units) -> Array:
    """Return what each place of a layer sees, from where it stands: the first and the last offset, (coordinates, 2).

    Near a border less is seen: the offsets are those of the places that see most.
    """
    model, layout, size = units.model, units.layout, units.places
    spans = []
    for axis, line in enumerate(layout.lines):
        places = [tuple(at if other == axis else 0 for other in range(len(size))) for at in range(len(line))]
        windows = [seen_from(model, units.layer, place)[axis] for place in places]
        ends = np.array([(one.start - at, one.stop - 1 - at) for one, at in zip(windows, line, strict=True)])
        known = np.array([one.stop - one.start < size[axis] for one in windows])  # of the rest it may not be
        ends = ends[known] if known.any() else ends
        spans.append((ends[:, 0].min(), ends[:, 1].max()))
    return np.array(spans)


def mean_patch(model: Model, x: ArrayLike, layer: str, unit: int, count: int) -> Patch:
    """Return the mean of what a unit sees where it is largest, in the inputs in which it is largest."""
    units, layout = Units(model, x, layer), model.input.layout
    grid = units.places
    responses = np.concatenate([piece[:, unit] for _, piece in units.chunks()])
    found = sightings(model, units.layer, units.batch, units.layout.on_grid(responses), checked_count(count))
    inputs = np.array([one.input for one in found])
    cells = zip(*(one.place for one in found), strict=True)
    places = np.stack([line[list(at)] for line, at in zip(units.layout.lines, cells, strict=True)], axis=1)
    spans = reach(units)
    rows = np.moveaxis(layout.by_channel(units.batch[inputs]).reshape(len(inputs), layout.channels, *grid), 1, -1)
    sizes = np.round(spans[:, 1] - spans[:, 0]).astype(int) + 1
    wide = [(0, 0), *((int(size), int(size)) for size in sizes), (0, 0)]
    padded = np.pad(rows.astype(np.float64), wide, constant_values=np.nan)
    starts = np.round(places + spans[:, 0]).astype(int) + sizes
    windows = [tuple(slice(at, at + size) for at, size in zip(start, sizes, strict=True)) for start in starts]
    cut = np.stack([row[window] for row, window in zip(padded, windows, strict=True)])
    seen = np.isfinite(cut)
    total = np.where(seen, cut, 0).sum(axis=0)
    picture = np.where(seen.any(axis=0), total / np.maximum(seen.sum(axis=0), 1), np.nan)
    return Patch(layer, unit, picture, inputs, places)
