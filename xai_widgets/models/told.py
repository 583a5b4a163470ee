"""What a user says of the axes of layers, where the network does not show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, unknown_name, warn
from xai_widgets.models.layout import COORDINATES, Layout, Role, regular
from xai_widgets.models.objective import Array

Told = Mapping[str, str | Sequence[str]]
"""For names of layers, or patterns of names such as "blocks.*", what each axis counts."""

WORDS: dict[str, Role] = {
    "channel": "channel",
    "channels": "channel",
    "head": "head",
    "heads": "head",
    "depth": "depth",
    "height": "height",
    "width": "width",
    "time": "time",
    "token": "token",
    "tokens": "token",
}
"""What may be said of an axis."""

_GRID = re.compile(r"(?:(\d+) *\+ *)?(\d+(?: *[x×] *\d+){1,2})(?: *\+ *(\d+))? +(?=tokens?$)")
"""Of tokens how many stand nowhere, how the others lie, and how many stand nowhere behind these: "1 + 14 x 14 "."""

TOKENS = "tokens, channels"
"""What "tokens" alone stands for."""


@dataclass(frozen=True)
class Axis:
    """What is said of one axis.

    Attributes
    ----------
    role : Role
    grid : tuple of int
        How tokens lie; empty where that is not said.
    before, behind : int
        How many tokens stand nowhere.
    """

    role: Role
    grid: tuple[int, ...] = ()
    before: int = 0
    behind: int = 0

    @property
    def size(self) -> int | None:
        """How long the axis has to be, where that follows."""
        return self.before + int(np.prod(self.grid)) + self.behind if self.grid else None


def checked_told(layouts: Told | None) -> dict[str, tuple[Axis, ...]]:
    """Return what is said of each name or pattern, axis by axis."""
    if layouts is None:
        return {}
    if not isinstance(layouts, Mapping):
        raise InputTypeError(
            f"layouts is a {type(layouts).__name__}; expected a dict such as {{'blocks.*': 'tokens, channels'}}."
        )
    return {str(pattern): _axes(pattern, said) for pattern, said in layouts.items()}


def told_layouts(
    told: Mapping[str, tuple[Axis, ...]], shapes: Mapping[str, tuple[int, ...]], extents: Mapping[Role, int]
) -> dict[str, Layout]:
    """Return the layouts of the layers of which something is said; what is said later goes before.

    Parameters
    ----------
    told : dict
        From `checked_told`.
    shapes : dict
        What the layers put out for one input, by their names.
    extents : dict
        How long the input is along each of its coordinates, as far as that is known.
    """
    found: dict[str, Layout] = {}
    for pattern, axes in told.items():
        layers = [layer for layer in shapes if fnmatchcase(layer, pattern) or layer == pattern]
        if not layers:
            raise unknown_name("layer", pattern, list(shapes))
        fitting = [layer for layer in layers if len(shapes[layer]) == len(axes)]
        if not fitting or (pattern in shapes and pattern not in fitting):
            raise InputError(
                f"layouts[{pattern!r}] names {len(axes)} axes, and layer {layers[0]!r} puts out {shapes[layers[0]]}; "
                "expected a word for each of its axes, without that of the batch."
            )
        found.update((layer, _layout(layer, shapes[layer], axes, extents)) for layer in fitting)
    return found


def warn_of_another(layer: str, told: Layout, seen: Layout) -> None:
    """Warn where what is said of a layer is not what the network shows; what is said goes before."""
    roles = tuple("channel" if role == "head" else role for role in told.roles)
    if seen.known and any(one is not None and one != other for one, other in zip(seen.roles, roles, strict=True)):
        warn(
            f"layouts says that the axes of layer {layer!r} are {told.words}, and by what the network does they are "
            f"{seen.words}. They are taken as you say; leave the layer out of layouts to take what was found."
        )


def _axes(pattern: object, said: str | Sequence[str]) -> tuple[Axis, ...]:
    if isinstance(said, str):
        said = (TOKENS if said.strip() in ("token", "tokens") else said).split(",")
    if not isinstance(said, list | tuple) or not all(isinstance(word, str) for word in said):
        raise InputTypeError(f"layouts[{pattern!r}] is {said!r}; expected words such as 'channels, height, width'.")
    axes = tuple(_axis(word.strip()) for word in said)
    roles = [axis.role for axis in axes]
    twice = next((role for role in roles if roles.count(role) > 1 and role != "channel"), None)
    if twice is not None or ("token" in roles and len({*roles} - {"token", "channel", "head"}) > 0):
        raise InputError(
            f"layouts[{pattern!r}] is {said!r}; expected each of height, width, depth, time, tokens and heads at most "
            "once, and tokens with channels and heads alone."
        )
    return axes


def _axis(word: str) -> Axis:
    grid = _GRID.match(word)
    name = word[grid.end() :] if grid else word
    if name not in WORDS:
        raise unknown_name("kind of axis", word, ["channels", "heads", "height", "width", "depth", "time", "tokens"])
    if grid is None:
        return Axis(WORDS[name])
    sizes = tuple(int(size) for size in re.split(r" *[x×] *", grid[2]))
    return Axis("token", sizes, int(grid[1] or 0), int(grid[3] or 0))


def _layout(layer: str, shape: tuple[int, ...], axes: tuple[Axis, ...], extents: Mapping[Role, int]) -> Layout:
    for length, axis in zip(shape, axes, strict=True):
        if axis.size not in (None, length):
            raise InputError(
                f"layouts says that layer {layer!r} has {axis.size} tokens, and it puts out {shape}; expected for "
                "instance '1 + 14 x 14 tokens' where 1 of 197 tokens stands nowhere, before all others."
            )
    roles = tuple(axis.role for axis in axes)
    tokens = next((axis for axis in axes if axis.grid), None)
    if tokens is None:
        layout = regular(shape, roles, "told")
        return Layout(shape, roles, layout.coordinates, _stretched(layout.places, layout.coordinates, extents), "told")
    coordinates = COORDINATES[len(tokens.grid)]
    places = np.full((len(coordinates), shape[roles.index("token")]), np.nan)
    lines = _stretched(np.indices(tokens.grid, float), coordinates, extents)
    places[:, tokens.before : tokens.before + int(np.prod(tokens.grid))] = lines.reshape(len(coordinates), -1)
    return Layout(shape, roles, coordinates, places, "told")


def _stretched(places: Array, coordinates: Sequence[Role], extents: Mapping[Role, int]) -> Array:
    """Return the numbers of cells as the places of their middles in an input of so many elements."""
    found = places.astype(float)
    for one, role in zip(found, coordinates, strict=True):
        if role in extents:
            one[...] = (one + 0.5) * extents[role] / (one.max() + 1) - 0.5
    return found
