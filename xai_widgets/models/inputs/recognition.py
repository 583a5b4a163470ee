"""Of which kind an input is: what the user says, what the network does with it, and last what its sizes show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from xai_widgets.models.inputs.input import Input
from xai_widgets.models.inputs.picture import Picture
from xai_widgets.models.inputs.signal import Signal
from xai_widgets.models.inputs.table import Table
from xai_widgets.models.inputs.unknown import Unknown
from xai_widgets.models.inputs.volume import Volume
from xai_widgets.models.layout import Layout, Role, plain, regular

Roles = tuple[Role | None, ...]

KINDS: dict[int, type[Input]] = {1: Signal, 2: Picture, 3: Volume}
"""What an input is by along how many axes its places lie."""

COLOURS = ((1, 3), (4,))
"""How many channels pictures have where nothing else tells them from places: grey or colours, and with an opacity."""


class Reading(NamedTuple):
    """The first layer of a network that reads an input itself, and what it takes the axes of that for."""

    layer: str
    """What it is, for instance "Conv2d"."""
    roles: Roles


class Clues(NamedTuple):
    """What there is to go by for one input tensor."""

    told: Roles | None
    """What the user said of its axes."""
    reading: Reading | None
    seen: Callable[[], Layout]
    """Returns what a pass shows that follows where everything stands; asked only where nothing else tells."""


def recognised(taken: Input, clues: Sequence[Clues]) -> Input:
    """Return an input, or several, as the kinds that they are."""
    pieces = [_recognised(piece, clue) for piece, clue in zip(taken.pieces, clues, strict=True)]
    return taken.made_of(pieces)


def _recognised(piece: Input, clues: Clues) -> Input:
    if not isinstance(piece, Unknown) or not piece.shape:
        return piece
    if clues.told is not None:
        return _with(piece, clues.told, "as told", "told")
    if clues.reading is not None:
        return _with(piece, clues.reading.roles, f"as its first layer, {clues.reading.layer}, reads it")
    layout = clues.seen()
    if layout.known and layout.space:
        return _with(piece, layout.roles, "as the network reads it")
    if len(piece.shape) == 1:
        return _with(piece, (None,), "as its elements are not read as neighbours")
    axis = colour_axis(piece.shape)
    if axis is not None:
        roles: Roles = ("height", "width", "channel") if axis else ("channel", "height", "width")
        where = "last" if axis else "first"
        return _with(piece, roles, f"by its size, {piece.shape[axis]} along the {where} axis as of grey or colours")
    return piece


def colour_axis(shape: tuple[int, ...]) -> int | None:
    """Return the axis of three, 0 or -1, that has as many entries as colours, and None where both or neither have."""
    for counts in COLOURS:
        first, last = shape[0] in counts, shape[-1] in counts
        if first or last:
            return None if first == last or len(shape) != 3 else 0 if first else -1
    return None


def _with(piece: Input, roles: Roles, evidence: str, source: Literal["network", "told"] = "network") -> Input:
    """Return an input as the kind that the roles of its axes make it."""
    if len(piece.shape) == 1 and roles[0] in (None, "channel"):
        return Table(piece.shape, piece.bounds, plain(piece.shape), evidence, piece.name)
    whole: Roles = tuple(role or "channel" for role in roles)  # An axis of one entry that is no place counts channels.
    space = [role for role in whole if role != "channel"]
    kind = KINDS.get(len(space))
    if kind is None or len(set(space)) < len(space):
        return piece
    return kind(piece.shape, piece.bounds, regular(piece.shape, whole, source), evidence, piece.name)
