"""Which axis of an input, or of a layer's output, is which, and where in the input its elements stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array
from xai_widgets.models.places import changing_axes, once, side_by_side

Role = Literal["channel", "head", "depth", "height", "width", "time", "token"]
"""What an axis counts. "token" is an axis of words, or one along which several coordinates of the input change."""

Channels = Literal["summed", "largest", "rectified"]
"""How the channels of a place become one number; "rectified" is the sum where it is positive."""

COORDINATES: dict[int, tuple[Role, ...]] = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the coordinates of an input are called, by how many it has; the one of a text is ("token",)."""

PLACES: tuple[Role, ...] = ("depth", "height", "width", "time", "token")
"""What axes of places count, in the order of the axes of a map."""

EXAMPLES = {2: "tokens, channels", 3: "channels, height, width", 4: "channels, depth, height, width"}
"""What may be said of an output with so many axes."""

DIGITS = 3
"""Places that agree in so many decimals of an element of the input are the same."""


@dataclass(frozen=True, eq=False, repr=False)
class Layout:
    """What the axes of one input, or of one input's output of a layer, count; without the axis of the batch.

    Attributes
    ----------
    shape : tuple of int
    roles : tuple of Role or None
        What each axis counts; None where that is not known, and for axes of size one that count nothing.
    coordinates : tuple of Role
        What the coordinates of a place in the input are called, for instance ("height", "width").
    places : array of shape (coordinates, *sizes of the axes in `space`)
        The place in the input where what lies along these axes stands, NaN for none (a class token, padding).
    source : {"network", "told", "unknown"}
        How it is known: by what the network does, by what the user said, or not at all.
    why : str
        Where it is not known, the reason, as a clause.
    """

    shape: tuple[int, ...]
    roles: tuple[Role | None, ...]
    coordinates: tuple[Role, ...]
    places: Array
    source: Literal["network", "told", "unknown"] = "network"
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether it is known which axes count channels."""
        return self.source != "unknown"

    @cached_property
    def channel_axes(self) -> tuple[int, ...]:
        """The axes that a map sums over: channels and heads."""
        return tuple(axis for axis, role in enumerate(self.roles) if role in ("channel", "head"))

    @cached_property
    def space(self) -> tuple[int, ...]:
        """The axes along which the places of the input lie."""
        return tuple(axis for axis, role in enumerate(self.roles) if role not in ("channel", "head", None))

    @cached_property
    def channels(self) -> int:
        """How many channels there are; where several axes count them, all of their combinations, the last one fastest.

        The units of a vector count as its channels.
        """
        return int(np.prod([self.shape[axis] for axis in self.channel_axes]))

    @cached_property
    def is_vector(self) -> bool:
        """Whether it is a row of units, which stand nowhere: its map is itself."""
        return len(self.shape) == 1 and not self.space

    @cached_property
    def grid(self) -> tuple[int, ...]:
        """The shape of a map."""
        if self.is_vector:
            return self.shape
        if not self.space:
            return tuple(size for axis, size in enumerate(self.shape) if axis not in self.channel_axes)
        return tuple(len(line) for line in self.lines)

    @cached_property
    def has_space(self) -> bool:
        """Whether there is more than one place."""
        return bool(self.space) and int(np.prod(self.grid)) > 1

    @cached_property
    def placeless(self) -> int:
        """How many elements along the axes in `space` have no place in the input, such as class tokens."""
        return int((~self._placed).sum())

    def channels_first(self, values: Array) -> Array:
        """Return arrays (rows, *shape) as (rows, channels, elements), the elements along the axes in `space`.

        What has no place is left out, so that a mean over the last axis is one over places.
        """
        found = self.by_channel(values)
        return found[..., self._placed] if self.placeless else found

    def by_channel(self, values: Array) -> Array:
        """Return arrays (rows, *shape) as (rows, channels, elements), also of what has no place."""
        return values.transpose(self._there).reshape(len(values), self.channels, -1)

    def of_channel(self, index: int) -> Array:
        """Return where an output belongs to a channel: an array of its shape, one there and zero elsewhere."""
        sizes = [self.shape[axis] for axis in self._channels_then_rest]
        found = np.zeros((self.channels, int(np.prod(self.shape)) // self.channels))
        found[index] = 1
        chosen: Array = found.reshape(sizes).transpose(np.argsort(self._channels_then_rest))
        return chosen

    def from_channels_first(self, found: Array) -> Array:
        """Return what `channels_first` gave in its own shape, (rows, *shape); zero at what has no place."""
        if self.placeless:
            whole = np.zeros((*found.shape[:-1], self._placed.size), found.dtype)
            whole[..., self._placed] = found
            found = whole
        return self.from_by_channel(found)

    def from_by_channel(self, found: Array) -> Array:
        """Return what `by_channel` gave in its own shape, (rows, *shape)."""
        sizes, order = self._back
        restored: Array = found.reshape(len(found), *sizes).transpose(order)
        return restored

    def on_grid(self, found: Array) -> Array:
        """Return numbers (..., elements), as in `channels_first`, summed over equal places: (..., *grid)."""
        if not self.space:
            return found.reshape(*found.shape[:-1], *self.grid)
        order, starts = self._sorted
        if not self._in_order:
            found = found[..., order]
        if len(starts) < len(order):
            found = np.add.reduceat(found, starts, axis=-1)
        return found.reshape(*found.shape[:-1], *self.grid)

    def map(self, values: Array, channels: Channels = "summed") -> Array:
        """Return the plain map of `values`, of this shape or a batch of it: one number per place of the input.

        The sum over channels and heads, or what else `channels` says; then the sum over elements at the same place. A
        vector is its own map.
        """
        if self.is_vector:
            return values
        before, axes = values.ndim - len(self.shape), self._summed
        plane = _largest(values, axes) if channels == "largest" else values.sum(axis=axes)
        if channels == "rectified":
            plane = np.maximum(plane, 0)
        flat = plane.reshape(*plane.shape[:before], -1)
        return self.on_grid(flat[..., self._placed] if self.placeless else flat)

    def elements_at(self, place: tuple[int, ...]) -> Array:
        """Return which elements a place of the map is made of, (channels, elements), counted along the flat output."""
        numbers = np.arange(int(np.prod(self.shape)))
        if self.is_vector:
            return numbers[place[0] :][:1, None]
        found: Array = self.channels_first(numbers.reshape(1, *self.shape))[0][:, self.placed_at(place)]
        return found

    def placed_at(self, place: tuple[int, ...]) -> Array:
        """Return which of the elements that `channels_first` has stand at a place of the map, as numbers."""
        cell = np.ravel_multi_index(place, self.grid)
        cells = self._cells if self.space else np.arange(int(np.prod(self.grid)))
        found: Array = np.flatnonzero(cells == cell)
        return found

    def at(self, values: Array, channels: Channels = "summed") -> Array:
        """Return what `map` makes of the values (..., channels, elements) of a place, see `elements_at`: (...)."""
        plane = _largest(values, (-2,)) if channels == "largest" else values.sum(axis=-2)
        total: Array = (np.maximum(plane, 0) if channels == "rectified" else plane).sum(axis=-1)
        return total

    def counted(self, values: Array, channels: Channels = "summed") -> tuple[Array, Array]:
        """Return which of the values (channels, elements) of a place the map sums, as numbers of both."""
        if channels == "largest":
            return np.abs(values).argmax(axis=0), np.arange(values.shape[1])
        every, elements = np.indices(values.shape)
        return every.ravel(), elements.ravel()

    def nowhere(self, values: Array) -> Array:
        """Return the sum of `values`, of this shape or a batch of it, over what has no place and is in no map."""
        flat = self.by_channel(values if values.ndim > len(self.shape) else values[None])[..., ~self._placed]
        total: Array = flat.sum(axis=(1, 2), dtype=np.float64)
        return total if values.ndim > len(self.shape) else total[0]

    def spread(self, planes: Array) -> Array:
        """Return planes (rows, *grid) with one axis of size one for each that counts channels, so that they spread."""
        return np.expand_dims(planes, tuple(1 + axis for axis in self.channel_axes))

    def checked(self, layer: str) -> Layout:
        """Return the layout of a layer if it is known, else raise its refusal."""
        if not self.known:
            raise self.refusal(layer)
        return self

    def refusal(self, layer: str) -> InputError:
        """Return why there is no map at a layer, and how to tell what is missing."""
        example = EXAMPLES.get(len(self.shape), ", ".join(["heads"] * (len(self.shape) - 2) + ["tokens", "channels"]))
        return InputError(
            f"Which axes of the output of layer {layer!r}, of shape {self.shape}, count channels and which places is "
            f"not known: {self.why}. Choose another layer, or say what its axes are: wrap(..., "
            f"layouts={{{layer!r}: {example!r}}})."
        )

    @property
    def alone(self) -> Layout:
        """The layout of one number for each element along the axes in `space`."""
        roles = tuple(self.roles[axis] for axis in self.space)
        return Layout(tuple(self.shape[axis] for axis in self.space), roles, self.coordinates, self.places, self.source)

    @property
    def words(self) -> str:
        """What the axes are, in their order, in words."""
        if not self.known:
            return f"not known: {self.why}"
        named = [f"{role}s" if role in ("channel", "head", "token") else str(role or "one") for role in self.roles]
        if self.space and self.grid != tuple(self.shape[axis] for axis in self.space):
            named.append(f"places {' x '.join(map(str, self.grid))}")
        if self.placeless:
            named.append(f"{self.placeless} without a place")
        return ", ".join(named)

    def __repr__(self) -> str:
        return f"Layout({self.shape}: {self.words})"

    @cached_property
    def _summed(self) -> tuple[int, ...]:
        """The axes that a map sums over, counted from the end, where those of a batch are none of them."""
        return tuple(axis - len(self.shape) for axis in self.channel_axes)

    @cached_property
    def _channels_then_rest(self) -> list[int]:
        return [*self.channel_axes, *(axis for axis in range(len(self.shape)) if axis not in self.channel_axes)]

    @cached_property
    def _there(self) -> tuple[int, ...]:
        """The order of the axes of rows that brings channels to the front."""
        return (0, *(1 + axis for axis in self._channels_then_rest))

    @cached_property
    def _back(self) -> tuple[list[int], tuple[int, ...]]:
        """The sizes of the axes with the channels at the front, and the order that brings them back."""
        sizes = [self.shape[axis] for axis in self._channels_then_rest]
        return sizes, tuple(np.argsort(self._there).tolist())

    @cached_property
    def _placed(self) -> Array:
        """Which elements along the axes in `space` have a place, in a row."""
        if not self.space:
            return np.ones(max(int(np.prod(self.shape)) // self.channels, 1), bool)
        return np.asarray(np.isfinite(self._places).all(axis=0))

    @cached_property
    def _places(self) -> Array:
        """The places of the elements in a row, (coordinates, elements); a coordinate that is nowhere known is zero."""
        flat = np.round(self.places.reshape(len(self.coordinates), -1), DIGITS)
        return np.where(np.isnan(flat).all(axis=1, keepdims=True), 0, flat)

    @cached_property
    def lines(self) -> list[Array]:
        """The different numbers of each coordinate at which there are places, in order."""
        return [np.unique(line) for line in self._places[:, self._placed]]

    @cached_property
    def _cells(self) -> Array:
        """Where in the grid, counted in a row, each element with a place stands."""
        found = [np.searchsorted(line, one) for line, one in zip(self.lines, self._places, strict=True)]
        cells: Array = np.ravel_multi_index([one[self._placed] for one in found], self.grid)
        return cells

    @cached_property
    def _sorted(self) -> tuple[Array, Array]:
        """The elements with a place in the order of the grid, and where in it each new place begins."""
        order = np.argsort(self._cells, kind="stable")
        return order, np.searchsorted(self._cells[order], np.arange(int(np.prod(self.grid))))

    @cached_property
    def _in_order(self) -> bool:
        """Whether the elements are in the order of the grid already, one at each place."""
        order, starts = self._sorted
        return np.array_equal(order, np.arange(len(starts)))


def unknown(shape: tuple[int, ...], why: str) -> Layout:
    """Return the layout of an output of which nothing is known but why."""
    return Layout(shape, (None,) * len(shape), (), np.zeros((0,)), "unknown", why)


def vector(size: int) -> Layout:
    """Return the layout of a row of units."""
    return Layout((size,), ("channel",), (), np.zeros((0,)))


def plain(shape: tuple[int, ...]) -> Layout:
    """Return the layout of an input whose elements are neither channels nor at places, as the columns of a table."""
    return Layout(shape, (None,) * len(shape), (), np.zeros((0,)))


def regular(
    shape: tuple[int, ...], roles: tuple[Role | None, ...], source: Literal["network", "told"] = "network"
) -> Layout:
    """Return the layout of axes of which each but those of channels counts one coordinate, from 0 on."""
    sizes = {role: size for size, role in zip(shape, roles, strict=True) if role not in ("channel", "head", None)}
    along = dict(zip(sizes, np.meshgrid(*map(np.arange, sizes.values()), indexing="ij"), strict=True))
    coordinates = tuple(role for role in PLACES if role in sizes)
    return Layout(shape, roles, coordinates, np.array([along[role] for role in coordinates], float), source)


def read_off(shape: tuple[int, ...], places: Sequence[Array], coordinates: tuple[Role, ...]) -> Layout:
    """Return the layout that the places of all elements show, an array of this `shape` for each of the coordinates.

    An axis along which one coordinate changes counts that one, an axis along which several do counts tokens, and one
    along which none does counts channels or heads. NaN is no place.
    """
    changing = [set(changing_axes(one)) for one in places]
    along = [[at for at, axes in enumerate(changing) if axis in axes] for axis in range(len(shape))]
    for at, axes in enumerate(changing):
        if len(axes) == 1 and len(along[min(axes)]) == 1:
            places = [*places[:at], side_by_side(places[at], min(axes)), *places[at + 1 :]]
    space = tuple(axis for axis, found in enumerate(along) if found)
    if not space:
        return _in_one_place(shape)
    roles: list[Role | None] = []
    for size, found in zip(shape, along, strict=True):
        alone = coordinates[found[0]] if len(found) == 1 else "token"
        roles.append(alone if found else "channel" if size > 1 else None)
    others = tuple(axis for axis in range(len(shape)) if axis not in space)
    sizes = tuple(shape[axis] for axis in space)
    lines = [np.broadcast_to(np.fmax.reduce(once(one), axis=others), sizes) for one in places]
    layout = Layout(shape, tuple(roles), coordinates, np.array(lines, float))
    if len(np.unique(layout._cells)) < int(np.prod(layout.grid)):
        return unknown(shape, "the places of its elements fill no grid")
    return layout


def _in_one_place(shape: tuple[int, ...]) -> Layout:
    """Return the layout of what is the same at all places: known where a single axis has more than one element."""
    wide = [axis for axis, size in enumerate(shape) if size > 1]
    if len(shape) == 1 or len(wide) <= 1:
        at = wide[0] if wide else 0
        roles: tuple[Role | None, ...] = tuple("channel" if axis == at else None for axis in range(len(shape)))
        return Layout(shape, roles, (), np.zeros((0,)))
    return unknown(shape, "all of its elements see the same of the input")


def _largest(values: Array, axes: tuple[int, ...]) -> Array:
    """Return the value of largest magnitude along some axes, with its sign."""
    if not axes:
        return values
    last = np.moveaxis(values, axes, range(-len(axes), 0))
    flat = last.reshape(*last.shape[: -len(axes)], -1)
    chosen: Array = np.take_along_axis(flat, np.abs(flat).argmax(axis=-1)[..., None], -1)[..., 0]
    return chosen
