"""The engine of the perturbation methods: a stream of masks, a score per masked input, one linear estimator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xai_widgets.attribution.baseline import Baseline, baseline_for
from xai_widgets.attribution.method import Estimate, Method, Path, Query, relative_change
from xai_widgets.attribution.plane import Plane
from xai_widgets.attribution.sampling import checkpoint, precise_enough
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import in_pieces


class Masks(ABC):
    """A stream of masked inputs and the estimator that turns what the model makes of them into values."""

    size: int
    """The number of masks."""
    minimum: int = 1
    """How many masks a first estimate needs."""
    period: int = 1
    """So many masks belong together: a pair, or a round through all features."""

    @abstractmethod
    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        """Return `batch` under the masks with these numbers, (masks, batch, *input shape)."""

    @abstractmethod
    def add(self, start: int, values: Array, score: Array) -> None:
        """Take note of the quantity under the masks from number `start` on, (masks, batch), and at the input."""

    @abstractmethod
    def estimate(self) -> Array:
        """Return the values so far, (batch, *input shape)."""

    def standard_error(self) -> Array | None:
        """Return the standard error of `estimate`, of its shape; None where masks are not drawn at random."""
        return None

    @property
    def independent(self) -> int:
        """How many independent samples the standard error comes from."""
        return 0


class PlaneMasks(Masks, Plane):
    """Masks over the picture's plane, the same for all channels of a pixel; on vectors the plane is the vector."""

    @abstractmethod
    def draw(self, start: int, stop: int) -> Array:
        """Return the masks with these numbers, (masks, *plane)."""

    @abstractmethod
    def planes(self) -> Array:
        """Return the map so far, (batch, *plane)."""

    def estimate(self) -> Array:
        return self.spread(self.planes())


class Scorer(ABC):
    """Measures inputs under masks, a chunk of masks at a time."""

    path: ClassVar[Path]

    @property
    @abstractmethod
    def chunk(self) -> int:
        """How many masks to take at once."""

    @abstractmethod
    def scored(self, start: int, stop: int) -> Array:
        """Return what is measured of the inputs under the masks with these numbers, (masks, batch)."""


@dataclass(frozen=True, eq=False)
class Batches(Scorer):
    """Runs whole inputs, one row for each mask and input."""

    method: PerturbationMethod
    query: Query
    masks: Masks
    filling: Array
    objective: Objective

    path = "batches"

    @property
    def chunk(self) -> int:
        return max(1, self.query.cut.chunk("forward") // len(self.query.batch))

    def scored(self, start: int, stop: int) -> Array:
        batch, count = self.query.batch, len(self.query.batch)
        inputs = self.masks.apply(batch, self.filling, start, stop).reshape(-1, *batch.shape[1:])
        rows = self.objective.rows(np.tile(np.arange(count), stop - start))
        return self.method._measured(in_pieces(self.query.cut, "forward", inputs, rows), count)


class PerturbationMethod(Method):
    """Change parts of the input and see what the quantity does; subclasses choose the masks."""

    family = "perturbation"
    estimate: ClassVar[type[Estimate]] = Estimate
    baseline: Baseline = "black"
    tolerance: float = 0.0

    @abstractmethod
    def masks(self, query: Query) -> Masks:
        """Return the masks for the inputs of a query."""

    def _prepare(self, query: Query) -> tuple[Masks, Array]:
        filling = baseline_for(query.batch, self.baseline, query.model)
        return self.masks(query), filling

    def _estimates(self, query: Query, prepared: tuple[Masks, Array], state: Any) -> Iterator[Estimate]:
        masks, filling = prepared
        count = len(query.batch)
        evaluation = in_pieces(query.cut, "forward", query.batch, query.objective)
        (score,), objective = self._measured(evaluation, count), query.objective.fixed(evaluation.scores)
        scorer = self._scorer(Batches(self, query, masks, filling, objective))
        drawn, before = 0, None
        goal = self._goal(masks, drawn)
        while drawn < masks.size:
            stop = min(drawn + scorer.chunk, goal)
            masks.add(drawn, scorer.scored(drawn, stop), score)
            drawn = stop
            if drawn < masks.minimum:
                continue
            estimate = self._estimate(query, masks, drawn, score, before, scorer.path, drawn == goal)
            goal = self._goal(masks, drawn) if drawn == goal else goal
            yield estimate
            if estimate.final:
                return
            before = estimate.values

    def _goal(self, masks: Masks, drawn: int) -> int:
        """After how many masks the stream may stop by itself: the same whatever the chunks are."""
        return checkpoint(drawn, masks.size, masks.period) if self.tolerance else masks.size

    def _scorer(self, batches: Batches) -> Scorer:
        """Return what measures the masked inputs: batches, or what does the same faster."""
        return batches

    def _measured(self, evaluation: Evaluation, count: int) -> Array:
        """Return what is measured in passes of whole batches of `count` inputs, (batches, count): the quantity."""
        return evaluation.values.reshape(-1, count)

    def _estimate(
        self,
        query: Query,
        masks: Masks,
        drawn: int,
        score: Array,
        before: Array | None,
        path: Path,
        may_stop: bool,
    ) -> Estimate:
        count = len(query.batch)
        found, error = masks.estimate(), masks.standard_error()
        enough = may_stop and error is not None and precise_enough(found, error, masks.independent, self.tolerance)
        values = query.unbatch(found)
        return self.estimate(
            values=values,
            score=query.per_input(score),
            gap=query.per_input(np.full(count, np.nan)),
            absolute_gap=query.per_input(np.full(count, np.nan)),
            evaluations=(1 + drawn) * count,
            query=query,
            path=path,
            standard_error=None if error is None else query.unbatch(error),
            planned=(1 + (drawn if enough else masks.size)) * count,
            change=relative_change(values, before),
            final=enough or drawn == masks.size,
        )
