"""What of the input each place of a layer sees, its receptive field: found by slopes, or by changing the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks

PAIRS = 3
"""So many random inputs are changed: behind a rectifier or a maximum a change in one of them may not show."""
ROUNDING = 1e-5
"""A change of this part of the largest activation may be rounding."""

Window = tuple[slice, ...]
"""From where to where along each axis of places of the input."""


class Sighting(NamedTuple):
    """A place of a layer at which something is large, and what is seen from there."""

    input: int
    """The number of the input."""
    place: tuple[int, ...]
    """The place in the layer, along its axes of places; () for a vector, which sees all of the input."""
    value: float
    window: Window
    """What of the input is seen from there, along the input's axes of places."""
    patch: Array
    """What lies there, in the layout of the input."""


def sightings(model: Model, layer: str, batch: Array, maps: Array, count: int) -> list[Sighting]:
    """Return where maps (rows, *grid of the layer) are largest, one place per input, the largest first.

    Parameters
    ----------
    model : Model
    layer : str
    batch : array of shape (rows, *input shape)
    maps : array of shape (rows, *grid); (rows,) where the layer has no places
    count : int
        How many there are at most.
    """
    flat = maps.reshape(len(maps), -1)
    best = flat.argmax(axis=1)
    largest = flat[np.arange(len(flat)), best]
    found = []
    for row in np.argsort(-largest, kind="stable")[:count].tolist():
        place = tuple(int(one) for one in np.unravel_index(best[row], maps.shape[1:])) if maps.ndim > 1 else ()
        window = seen_from(model, layer, place)
        found.append(Sighting(row, place, float(largest[row]), window, cut_out(model.input.layout, batch[row], window)))
    return found


def cut_out(layout: Layout, values: Array, window: Window) -> Array:
    """Return what of one input, of that layout, lies in a window; all of it where it has no places."""
    index = [slice(None)] * len(layout.shape)
    for axis, part in zip(layout.space, window, strict=False):
        index[axis] = part
    return values[tuple(index)]


def seen_from(model: Model, layer: str, place: tuple[int, ...]) -> Window:
    """Return what of the input is seen from a place of a layer, its receptive field.

    A map that is laid over the input shows a place of the layer smaller than what it has seen.

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    layer : str
    place : tuple of int
        The place in the layer, along its axes of places; () for a layer without places, which sees all of the input.

    Returns
    -------
    tuple of slice
        From where to where along each axis of places of the input, as far as it goes.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer, or no such place in it.

    References
    ----------
    Araujo, Norris, Sim (2019), Computing Receptive Fields of Convolutional Neural Networks. Distill.

    Examples
    --------
    >>> xai.seen_from(model, "conv2", (0, 4))
    (slice(0, 3, None), slice(2, 7, None))
    """
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    if checked_layer(layer) is None:
        raise InputTypeError(f"layer is None; expected the name of a layer, one of {model.layers}.")
    _check_place(model.layout_of(layer).checked(layer), layer, place)
    return seen_from_each(model, layer, [place])[0]


def seen_from_each(model: Model, layer: str, places: Sequence[tuple[int, ...]]) -> list[Window]:
    """Return the same for many places that there are, for which the network is looked at once."""
    grid = model.input.layout.grid if model.input.layout.has_space else ()
    if not places or len(places[0]) != len(grid):
        return [tuple(slice(0, size) for size in grid)] * len(places)
    along = _ends(model, layer)
    return [tuple(slice(*ends[at].tolist()) for ends, at in zip(along, place, strict=True)) for place in places]


def _check_place(layout: Layout, layer: str, place: tuple[int, ...]) -> None:
    """Refuse what is no place of a layer."""
    there = layout.grid if layout.space else ()
    fits = isinstance(place, tuple) and len(place) == len(there)
    if not fits or not all(one in range(size) for one, size in zip(place, there, strict=True)):
        raise InputError(f"place is {shown(place)}; layer {layer!r} has places {there}: expected a number below each.")


def frames(model: Model, layer: str) -> list[tuple[Array, int]]:
    """Return for each axis where what the lines of a layer see begins, and its size, as if there were no borders.

    All see as much as the one that sees most: what is seen from a line at the border begins before the input does.
    """
    found = []
    for ends in _ends(model, layer):
        size = int((ends[:, 1] - ends[:, 0]).max())
        found.append((np.where(ends[:, 0] > 0, ends[:, 0], ends[:, 1] - size), size))
    return found


def _ends(model: Model, layer: str) -> list[Array]:
    """Return for each axis of places of the input what `_reach` finds; it is kept while the network stays as it is."""
    now = model.fingerprint()
    if model.notes.get("receptive fields", (None,))[0] != now:
        model.notes["receptive fields"] = now, {}
    known: dict[str, list[Array]] = model.notes["receptive fields"][1]
    if layer not in known:
        known[layer] = [_reach(model, layer, axis) for axis in range(len(model.input.layout.grid))]
    return known[layer]


def _reach(model: Model, layer: str, axis: int) -> Array:
    """Return for each line of a layer across one of its axes of places where what it sees begins and ends, (lines, 2).

    A line of which nothing is known sees all.
    """
    size = model.input.layout.grid[axis]
    shows = np.zeros((0, size), bool) if model.taken.nothing_between else _sloping(model, layer, axis)
    if not shows.any():
        shows = _exchanged(model, layer, axis)
    ends = np.stack([shows.argmax(axis=1), size - shows[:, ::-1].argmax(axis=1)], axis=1)
    return np.where(shows.any(axis=1, keepdims=True), ends, (0, size))


def _sloping(model: Model, layer: str, axis: int) -> Array:
    """Return which lines of the input each line of the layer has a slope by, (lines, lines of the input).

    None, where something on the way has no slope.
    """
    layout, taken = model.at(layer).known_layout, model.input.layout
    random = np.random.default_rng(0)
    inputs = model.taken.probe(random, PAIRS).astype(model.dtype)
    elements = [(place[axis], layout.placed_at(place)) for place in np.ndindex(layout.grid)]
    shows = np.zeros((layout.grid[axis], taken.grid[axis]), bool)
    across = tuple(at for at in range(inputs.ndim) if at != 1 + taken.space[axis])
    count = layout.channels_first(np.zeros((1, *layout.shape))).shape[2]
    for line in range(len(shows)):
        weights = np.zeros((1, layout.channels, count), model.dtype)
        for _, here in filter(lambda one: one[0] == line, elements):
            weights[:, :, here] = random.normal(size=(1, layout.channels, len(here)))
        objective = Objective(layout.from_channels_first(weights), layer=layer)
        try:
            slopes = np.asarray(in_chunks(model.at(None), "backward", inputs, objective).gradients)
        except InputError:
            return np.zeros_like(shows)
        shows[line] = slopes.any(axis=across)
    return shows


def _exchanged(model: Model, layer: str, axis: int) -> Array:
    """Return the change of which lines of the input each line of the layer shows, (lines, lines of the input).

    Each line of random inputs is exchanged for that of others, and it is looked where the layer changes.
    """
    cut, layout = model.at(layer), model.input.layout
    inputs = model.taken.probe(np.random.default_rng(0), 2 * PAIRS).astype(model.dtype)
    ours, others = inputs[:PAIRS], inputs[PAIRS:]
    before = cut.known_layout.on_grid(np.abs(cut.known_layout.channels_first(cut.activations(ours))))
    shows = np.zeros((before.shape[2 + axis], layout.grid[axis]), bool)
    across = tuple(at for at in range(before.ndim) if at != 2 + axis)
    along = [slice(None)] * ours.ndim
    for line in range(layout.grid[axis]):
        changed, along[1 + layout.space[axis]] = ours.copy(), slice(line, line + 1)
        changed[tuple(along)] = others[tuple(along)]
        after = cut.known_layout.on_grid(np.abs(cut.known_layout.channels_first(cut.activations(changed))))
        shows[:, line] = np.abs(after - before).max(axis=across) > ROUNDING * np.abs(before).max()
    return shows
