"""Which embeddings read which elements of an input: told by what a pass of random ids looks up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from xai_widgets.models.inputs.tokens import Embedded
from xai_widgets.models.objective import Array
from xai_widgets.models.outputs import PROBES

NOWHERE = -1
"""The number of the element that stands for none: what was looked up there is the same for all inputs."""


class LookedUp(NamedTuple):
    """What one call of an embedding was asked for in a pass."""

    table: Hashable
    """What tells the embedding from others."""
    known: Embedded
    ids: Array
    """The ids, (rows, ...)."""


class Reader(NamedTuple):
    """How one element of an input is read by one embedding."""

    table: Hashable
    known: Embedded
    shift: int
    """How much is added to the element before it is looked up."""


def telling_ids(columns: int, size: int) -> Array:
    """Return random ids 0 to `size` - 1, (rows, columns), of which each column changes in a way of its own."""
    random = np.random.default_rng(0)
    ids = random.integers(0, size, (PROBES, columns))
    while not _differ(ids - ids[0]):
        ids = np.concatenate([ids, random.integers(0, size, (PROBES, columns))])
    return ids


def _differ(changes: Array) -> bool:
    """Whether all columns differ from each other, and from one that does not change."""
    still = np.zeros_like(changes[:, :1])
    different = np.unique(np.concatenate([still, changes], axis=1), axis=1)
    return bool(different.shape[1] == 1 + changes.shape[1])


def sources(rows: Array, looked_up: Array) -> tuple[Array, Array]:
    """Return which element of the inputs stands behind each place of what was looked up, and what is added to it.

    Parameters
    ----------
    rows : array of shape (rows, elements)
        Inputs of which each column changes in a way of its own.
    looked_up : array of shape (rows, ...)

    Returns
    -------
    numbers : array of int, one for each place
        `NOWHERE` for what does not depend on the inputs, or on more than one element of them.
    shifts : array of int
    """
    places = looked_up.reshape(len(looked_up), -1)
    numbers, shifts = np.full(places.shape[1], NOWHERE), np.zeros(places.shape[1], int)
    whole = np.flatnonzero((rows == np.rint(rows)).all(axis=0))
    columns = (rows[:, whole] - rows[0, whole]).astype(np.int64).T.copy()
    ways = {column.tobytes(): int(number) for number, column in zip(whole, columns, strict=True)}
    for place, column in enumerate((places - places[0]).astype(np.int64).T.copy()):
        if column.any() and (number := ways.get(column.tobytes())) is not None:
            numbers[place], shifts[place] = number, round(float(places[0, place] - rows[0, number]))
    return numbers, shifts


def readers(rows: Array, looked_up: Sequence[LookedUp]) -> list[list[Reader]]:
    """Return how each element of the inputs `rows` is read, by which embeddings."""
    found: list[list[Reader]] = [[] for _ in range(rows.shape[1])]
    for one in looked_up:
        if len(one.ids) == len(rows):
            for number, shift in zip(*sources(rows, one.ids), strict=True):
                if number != NOWHERE:
                    found[number].append(Reader(one.table, one.known, int(shift)))
    return found
