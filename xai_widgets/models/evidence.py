"""From the places that a pass of a network showed to the layouts of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_widgets.models.layout import COORDINATES, Layout, Role, read_off, unknown
from xai_widgets.models.objective import Array
from xai_widgets.models.places import Places, PlaceTable, Seen

BETWEEN = "each of its elements stands between two places, as the weights of attention do"
SEVERAL = "its elements stand in several of the network's inputs"
MANY = "an input has more than three axes of places"


def beginnings(shapes: Sequence[tuple[int, ...]]) -> list[Places]:
    """Return the places of each input itself, (1, *shape): its own index along each of its axes.

    So nothing is assumed of an input either: the channels of a picture are one more coordinate, which goes when the
    network sums over it. Coordinates are counted through all inputs.
    """
    count, found = sum(map(len, shapes)), []
    first = 0
    for shape in shapes:
        one: list[Array | None] = [None] * count
        for axis, size in enumerate(shape):
            line = np.arange(size, dtype=np.float32).reshape(-1, *[1] * (len(shape) - axis - 1))
            one[first + axis] = np.broadcast_to(line, (1, *shape))
        found.append(Places((1, *shape), (tuple(one),)))
        first += len(shape)
    return found


def packed(several: Sequence[Places]) -> Places:
    """Return the places of several inputs that lie behind each other in one row, (1, size)."""
    count = len(several[0].candidates[0])
    rows: list[Array | None] = []
    for number in range(count):
        pieces = [one.candidates[0][number] for one in several]
        flat = [
            np.full(int(np.prod(one.shape)), np.nan, np.float32) if a is None else a.reshape(-1)
            for a, one in zip(pieces, several, strict=True)
        ]
        rows.append(np.concatenate(flat)[None])
    return Places((1, sum(int(np.prod(one.shape)) for one in several)), (tuple(rows),))


def evidence(
    shapes: Sequence[tuple[int, ...]], table: PlaceTable, layers: Mapping[str, Places], words: bool
) -> Evidence:
    """Return what a pass showed, of which the places of the layers are known."""
    names = {places.through: name for name, places in layers.items()}
    back = [] if table.attended is None else table.course.back_from(table.attended)
    attended = tuple(names[number] for number in back if number in names)
    last = max(names, default=0)
    trunk = tuple(names[number] for number in table.course.back_from(last) if number in names)
    return Evidence(shapes, table.seen, words, attended, trunk, table.meets, table.weighs)


@dataclass(frozen=True)
class Evidence:
    """What a pass showed.

    Attributes
    ----------
    shapes : list of tuple of int
        Of the inputs.
    seen : dict
        What was first seen of each coordinate; see `PlaceTable`.
    words : bool
        Whether the input are token ids.
    attended : tuple of str
        Where the network attends, the layers through which all comes that it attends to for the last time, the last one
        first.
    trunk : tuple of str
        The layers through which all comes that the last layer puts out, this one first.
    meets : bool
        Whether what stands at places meets what stands at others, in a product or in a sum, or nobody looked.
    weighs : bool
        Whether there is a softmax that may weigh what stands at several places, or nobody looked.
    by_kind : list of tuple of int
        For each input the axes of places that inputs of its kind have: where the network sums over all at once, they
        stand for what it shows.
    """

    shapes: Sequence[tuple[int, ...]]
    seen: Mapping[int, Seen]
    words: bool = False
    attended: tuple[str, ...] = ()
    trunk: tuple[str, ...] = ()
    meets: bool = True
    weighs: bool = True
    by_kind: Sequence[tuple[int, ...]] = ()

    def layout(self, places: Places) -> Layout:
        """Return what the places (1, *shape) of a layer's output say of its axes."""
        shape = places.shape[1:]
        if len(places.candidates) > 1:
            return unknown(shape, BETWEEN)
        one = places.candidates[0] if places.candidates else ()
        known = {number for number, a in enumerate(one) if a is not None and np.isfinite(a).any()}
        parts = [numbers for numbers in self._coordinates if known.intersection(numbers)]
        if len(parts) > 1:
            return unknown(shape, SEVERAL)
        numbers = parts[0] if parts else ()
        names = self._names(numbers)
        if names is None:
            return unknown(shape, MANY)
        nowhere = np.broadcast_to(np.float32(np.nan), shape)
        arrays = [nowhere if (a := one[number]) is None else a[0] for number in numbers]
        layout = read_off(shape, arrays, names)
        return layout if layout.known or numbers else unknown(shape, places.why)

    def input_layout(self, part: int = 0) -> Layout:
        """Return what is known of the axes of an input: those that the network sums over at once count channels."""
        return self.layout(beginnings(self.shapes)[part])

    def seen_of(self, part: int) -> bool:
        """Whether anything is seen of an input: a network that only moves its elements shows nothing of its axes."""
        first = sum(len(shape) for shape in self.shapes[:part])
        return any(number in self.seen for number in range(first, first + len(self.shapes[part])))

    @property
    def _coordinates(self) -> list[tuple[int, ...]]:
        """The coordinates of each input that are places in it, and not summed over like channels.

        Where none is seen to be one, they are those of which nothing is seen, such as words whose mean is taken.
        """
        found, first = [], 0
        for part, shape in enumerate(self.shapes):
            numbers = range(first, first + len(shape))
            places = tuple(number for number in numbers if self.seen.get(number) in ("near", "apart"))
            unseen = tuple(number for number in numbers if number not in self.seen)
            usual = tuple(numbers[axis] for axis in self.by_kind[part]) if self.by_kind else ()
            found.append(places or unseen or usual)
            first += len(shape)
        return found

    def _names(self, numbers: Sequence[int]) -> tuple[Role, ...] | None:
        if not numbers:
            return ()
        if len(numbers) == 1 and (self.words or self.seen.get(numbers[0]) != "near"):
            return ("token",)
        return COORDINATES.get(len(numbers))
