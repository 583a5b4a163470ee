"""Windows scored by running a network again only where they reach, checked against whole passes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.attribution.perturbation.engine import Batches, Scorer
from xai_widgets.attribution.perturbation.lattice import Lattice
from xai_widgets.errors import InputError
from xai_widgets.models.budget import MOST_BYTES, SECONDS, UNWATCHED_SECONDS
from xai_widgets.models.objective import Array
from xai_widgets.receptive_field.recompute import Ground, Recomputation

CHECKED = 3
"""How many windows, drawn at random, are compared with whole passes before the others are trusted."""

EXACT = 1e-5
"""By which part of the largest score they may differ."""

WORTH = 0.8
"""Up to this part of the work of whole passes it is worth while."""

MOST_WINDOWS = 64
"""Beyond so many windows at once nothing is gained."""

MOST_INPUTS = 16
"""Of so many inputs the layers are kept at a time."""


@dataclass(frozen=True, eq=False)
class Recomputed(Scorer):
    """Runs the network again only where windows reach.

    Attributes
    ----------
    batches : Batches
        What it stands for.
    lattice : Lattice
        Where the windows lie.
    recomputation : Recomputation
    ground : Ground
        The layers of the inputs as they are.
    """

    batches: Batches
    lattice: Lattice
    recomputation: Recomputation
    ground: Ground

    path = "windows"

    @property
    def chunk(self) -> int:
        plan = self.ground.plan
        held = self.batches.question.model.row_bytes * plan.share / 2
        fitting = min(SECONDS.get() / plan.seconds, MOST_BYTES / max(held, 1), MOST_WINDOWS)
        return max((1 << int(np.log2(max(1.0, fitting)))) // self.ground.count, 1)

    def scored(self, start: int, stop: int) -> Array:
        values = self.under(self.lattice.cells[start:stop])
        # Where something is wrong with the values, the batches say what.
        return values if np.isfinite(values).all() else self.batches.scored(start, stop)

    def under(self, cells: Array) -> Array:
        """Return the quantity under the windows `cells` (windows, axes), as (windows, batch)."""
        count = self.ground.count
        inputs = np.tile(np.arange(count), len(cells))
        rows, model = np.repeat(cells, count, axis=0), self.batches.question.model
        with model.lock:
            began, busy = time.perf_counter(), time.process_time()
            values = self.recomputation.values(
                self.ground, self._patches(rows, inputs), rows, inputs, self.batches.question.objective.rows(inputs)
            )
            seconds = time.perf_counter() - began
            if SECONDS.get() >= UNWATCHED_SECONDS:
                seconds = min(seconds, time.process_time() - busy)
            self.ground.plan.took(seconds / len(rows))
        return values.reshape(-1, count)

    def exact(self) -> bool:
        """Whether some windows, drawn at random, have the scores of whole passes."""
        count = len(self.lattice.cells)
        drawn = np.random.default_rng(0).choice(count, min(CHECKED, count), replace=False)
        expected = np.concatenate([self.batches.scored(number, number + 1) for number in drawn])
        try:
            found = self.under(self.lattice.cells[drawn])
        except InputError:
            return False
        question = self.batches.question
        largest = max(np.abs(expected).max(), np.abs(question.model.scores(question.batch)).max())
        return bool(np.abs(found - expected).max() <= EXACT * largest)

    def _patches(self, cells: Array, inputs: Array) -> Array:
        """Return what the input holds where the windows lie, (rows, ...) in the layout of an input."""
        windows, batch, filling = self.lattice, self.batches.question.batch, self.batches.filling
        size, first = windows.window, windows.layout.channel_axes == (0,)
        plane = (2, 3) if first else (1, 2)
        starts = [span.starts[cells[:, axis]] for axis, span in enumerate(self.ground.plan.windows)]
        places: Any = (inputs, slice(None), *starts) if first else (inputs, *starts)
        held, fills = (
            np.lib.stride_tricks.sliding_window_view(array, (size, size), plane)[places] for array in (batch, filling)
        )
        covers = [
            windows.covers[axis][cells[:, axis][:, None], starts[axis][:, None] + np.arange(size)] for axis in (0, 1)
        ]
        covered = covers[0][:, None, :, None] & covers[1][:, None, None]
        patches = np.where(covered, fills, held)
        return patches if first else np.moveaxis(patches, 1, -1)


def recomputed(batches: Batches) -> Recomputed | None:
    """Return what scores windows faster than `batches`; None where there is no such way, or it is not the same."""
    question, lattice = batches.question, batches.masks.lattice
    if lattice is None or question.asked.layer is not None:
        return None
    recomputation = question.model.recomputation() if len(question.batch) <= MOST_INPUTS else None
    if recomputation is None or recomputation.refuted:
        return None
    rows, columns = lattice.spans
    plan = recomputation.plan((rows, columns))
    if not plan.answers or plan.share > WORTH:
        return None
    with question.model.lock:
        ground = recomputation.ground(plan, question.batch, question.objective)
    found = Recomputed(batches, lattice, recomputation, ground)
    off = np.abs(ground.values - np.atleast_1d(question.score)).max()
    recomputation.refuted = not off <= EXACT * np.abs(ground.scores).max()
    if not recomputation.refuted and not plan.checked:
        recomputation.refuted = not found.exact()
        plan.checked = True
    return None if recomputation.refuted else found
