"""Which part of each layer is computed anew for each window, and from where it is put together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_widgets.receptive_field.geometry import Array, Span, joined, needed, reached
from xai_widgets.receptive_field.program import Plane, Program, Step

WHOLE = 0.7
"""From this part of a plane on, all of it is computed: putting patches together costs time as well."""

FORGETTING = 1.05
"""By how much the time that a row is thought to take may grow from one chunk to the next."""

Patch = tuple[Span, Span]


@dataclass(frozen=True, eq=False)
class Gather:
    """How what a step reads of a value is put together: from the patch, and around it from the unchanged input's layer.

    Attributes
    ----------
    value : int
    patch, wanted : pairs of Span
        What is known to have changed, and what is read.
    plane : (height, width)
    fill : float
        What is read beyond the borders.
    """

    value: int
    patch: Patch
    wanted: Patch
    plane: Plane
    fill: float

    def index(self, cells: Array, inputs: Array, count: int) -> Array:
        """Return where everything that is read lies, (rows, height, width).

        It counts the places of the layers of `count` unchanged inputs, then those of all patches, then one of padding.

        Parameters
        ----------
        cells : integers of shape (rows, 2)
            The window of each row, by its numbers along the two axes.
        inputs : integers of shape (rows,)
            The input of each row.
        count : int
        """
        places, offsets = [], []
        for axis, (patch, wanted) in enumerate(zip(self.patch, self.wanted, strict=True)):
            cell = cells[:, axis]
            places.append(wanted.starts[cell][:, None] + np.arange(wanted.size))
            offsets.append(places[-1] - patch.starts[cell][:, None])
        (height, width), (patch_height, patch_width) = self.plane, (span.size for span in self.patch)
        rows = np.arange(len(cells))
        size = height * width
        stored = (inputs[:, None] * size + places[0] * width)[:, :, None] + places[1][:, None]
        changed = (count * size + rows[:, None] * patch_height * patch_width + offsets[0] * patch_width)[:, :, None]
        changed = changed + offsets[1][:, None]
        index = np.where(_both(offsets, self.patch[0].size, self.patch[1].size), changed, stored)
        padding = count * size + len(cells) * patch_height * patch_width
        return np.where(_both(places, height, width), index, padding)


@dataclass(frozen=True, eq=False)
class Move:
    """How one step is done: on patches or on whole planes, and what each of its inputs is gathered by, if it is."""

    whole: bool
    gathers: tuple[Gather | None, ...]


class Plan:
    """What to compute for windows that lie on a grid.

    Parameters
    ----------
    program : Program
    windows : pair of Span
        The windows along the two axes.

    Attributes
    ----------
    moves : list of Move
        One per step.
    gathers : list of Gather
        All of the moves', in order.
    last : dict from value to int
        The step after which a value is needed no more.
    share : float
        About which part of the work of the local steps is left; 1 where no step on patches reads more than a point.
    checked : bool
        Whether some of its windows were compared with whole passes.
    seconds : float
        How long a row takes, as far as it is known.
    """

    def __init__(self, program: Program, windows: Patch) -> None:
        self.program = program
        self.windows = windows
        self.moves: list[Move] = []
        self.last = {value: number for number, step in enumerate(program.steps) for value in step.inputs}
        self._patches: dict[int, Patch] = {0: windows}
        work: Counter[str] = Counter()
        for step in program.steps:
            patch = self._patch(step)
            self.moves.append(self._move(step, patch))
            if step.places is not None:
                whole = step.work * int(np.prod(program.planes[step.output]))
                work["whole"] += whole
                work["here"] += whole if patch is None else step.work * patch[0].size * patch[1].size
        self.gathers = [gather for move in self.moves for gather in move.gathers if gather is not None]
        moved = zip(program.steps, self.moves, strict=True)
        saves = any(_is_wide(step) for step, move in moved if not move.whole)
        self.share = work["here"] / work["whole"] if saves else 1.0
        self.checked = False
        self.seconds = math.inf

    def took(self, seconds: float) -> None:
        """Take note of how long a row took: a short time is an honest one, and it is forgotten slowly."""
        self.seconds = seconds if math.isinf(self.seconds) else max(min(seconds, FORGETTING * self.seconds), 1e-9)

    @property
    def stored(self) -> set[int]:
        """The values of the unchanged input that have to be kept."""
        return {gather.value for gather in self.gathers}

    @property
    def answers(self) -> bool:
        """Whether the network's output comes out whole."""
        return self.program.output not in self._patches

    @property
    def pattern(self) -> tuple[tuple[bool, ...], ...]:
        """What the plan does but for sizes and places."""
        return tuple((move.whole, *(gather is not None for gather in move.gathers)) for move in self.moves)

    @property
    def shapes(self) -> list[Plane | None]:
        """The planes of what is gathered, None for patches, whose sizes are those of the windows."""
        pairs = [(move.whole, gather) for move in self.moves for gather in move.gathers if gather is not None]
        return [gather.plane if whole else None for whole, gather in pairs]

    def indices(self, cells: Array, inputs: Array, count: int) -> list[Array]:
        """Return the `Gather.index` of all gathers."""
        return [gather.index(cells, inputs, count) for gather in self.gathers]

    def _patch(self, step: Step) -> Patch | None:
        """Return what the windows change in the output of a step; None for all of it, or nearly so."""
        if step.places is None or not all(value in self._patches for value in step.inputs):
            return None
        plane = self.program.planes[step.output]
        found = []
        for axis, (local, length) in enumerate(zip(step.places, plane, strict=True)):
            spans = [reached(self._patches[value][axis], local, length) for value in step.inputs]
            found.append(joined(spans, length))
        if found[0].size * found[1].size > WHOLE * plane[0] * plane[1]:
            return None
        self._patches[step.output] = (found[0], found[1])
        return self._patches[step.output]

    def _move(self, step: Step, patch: Patch | None) -> Move:
        gathers: list[Gather | None] = []
        for value in step.inputs:
            known = self._patches.get(value)
            if known is None:
                gathers.append(None)
                continue
            plane = self.program.planes[value]
            if patch is None or step.places is None:
                count = len(known[0].starts), len(known[1].starts)
                wanted = tuple(Span(np.zeros(n, np.int64), length) for n, length in zip(count, plane, strict=True))
            else:
                wanted = tuple(needed(span, local) for span, local in zip(patch, step.places, strict=True))
            as_it_is = all(span.same(other) for span, other in zip(wanted, known, strict=True))
            here = Gather(value, known, (wanted[0], wanted[1]), plane, step.fill)
            gathers.append(None if as_it_is else here)
        return Move(patch is None, tuple(gathers))


def _is_wide(step: Step) -> bool:
    return step.places is not None and any(local.kernel > 1 for local in step.places)


def _both(places: Sequence[Array], height: int, width: int) -> Array:
    """Return where both of the places lie inside, (rows, ...)."""
    rows, columns = ((place >= 0) & (place < size) for place, size in zip(places, (height, width), strict=True))
    inside: Array = rows[:, :, None] & columns[:, None]
    return inside
