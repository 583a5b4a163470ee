"""The engine of the perturbation methods: a stream of masks, a score per masked input, one linear estimator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.baseline import Baseline, baseline_for
from xai_widgets.attribution.features import Features
from xai_widgets.attribution.mechanism import Place
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.attribution.perturbation.lattice import Lattice
from xai_widgets.attribution.perturbation.mechanism import Reaching, Scores
from xai_widgets.attribution.result import Path
from xai_widgets.models.objective import Array, Evaluation


class Masks(ABC):
    """A stream of masked inputs and the estimator that turns what the model makes of them into values."""

    size: int
    """The number of masks."""
    minimum: int = 1
    """How many masks a first estimate needs."""
    period: int = 1
    """So many masks belong together: a pair, or a round through all features."""
    features: Features | None = None
    """What is masked together, where that are features with numbers."""
    lattice: Lattice | None = None
    """Where the masks are windows, where these lie."""
    counts: Literal["drops", "scores"] = "drops"
    """What of the quantity under them makes values: its drop from that at the input, or itself."""

    @abstractmethod
    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        """Return `batch` under the masks with these numbers, (masks, batch, *input shape)."""

    @abstractmethod
    def add(self, start: int, values: Array, score: Array) -> None:
        """Take note of the quantity under the masks from number `start` on, (masks, batch), and at the input."""

    @abstractmethod
    def estimate(self) -> Array:
        """Return the values so far, (batch, *input shape)."""

    @abstractmethod
    def reaching(self, at: Place) -> Reaching:
        """Return which masks take part in the value at a place of the map, once all are visited."""

    def standard_error(self) -> Array | None:
        """Return the standard error of `estimate`, of its shape; None where masks are not drawn at random."""
        return None

    @property
    def independent(self) -> int:
        """How many independent samples the standard error comes from."""
        return 0


class PlaneMasks(Masks):
    """Masks over the places of an input, the same for all channels; of a table and a text these are its elements.

    Attributes
    ----------
    layout : Layout
        Which axes of an input count places.
    grid : tuple of int
        How many there are along each of these.
    replaceable : array of bool or None
        Which elements of each input can be taken away; None where all can.
    """

    def __init__(self, question: Question) -> None:
        self.layout = question.model.input.layout
        self.grid = self.layout.grid
        self.replaceable = question.model.input.replaceable(question.batch)

    @abstractmethod
    def draw(self, start: int, stop: int) -> Array:
        """Return the masks with these numbers, (masks, *grid)."""

    @abstractmethod
    def planes(self) -> Array:
        """Return the map so far, (batch, *grid)."""

    def estimate(self) -> Array:
        return self.spread(self.planes())

    def spread(self, planes: Array) -> Array:
        """Give every channel of a place the place's own value: (rows, *grid) becomes (rows, *input shape).

        What is never taken away has none, whatever masks lay over it.
        """
        spread = np.broadcast_to(self.layout.spread(planes), (len(planes), *self.layout.shape))
        return spread if self.replaceable is None else np.where(self.replaceable, spread, 0)


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
    question: Question
    masks: Masks
    filling: Array

    path = "batches"

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("forward") // len(self.question.batch))

    def scored(self, start: int, stop: int) -> Array:
        batch = self.question.batch
        inputs = self.masks.apply(batch, self.filling, start, stop).reshape(-1, *batch.shape[1:])
        return self.method.measured(self.question.forward(inputs), len(batch))


class PerturbationMethod(Method):
    """Change parts of the input and see what the quantity does; subclasses choose the masks."""

    family = "perturbation"
    has_mechanism = True
    channels = "covered"
    baseline: Baseline = "black"

    @abstractmethod
    def masks(self, question: Question) -> Masks:
        """Return the masks for the inputs of a question."""

    def filling(self, question: Question) -> Array:
        """Return what the input is changed into, of the shape of the batch."""
        return baseline_for(question.batch, self.baseline, question.model)

    def scorer(self, batches: Batches) -> Scorer:
        """Return what measures the masked inputs: batches, or what does the same faster."""
        return batches

    def measured(self, evaluation: Evaluation, count: int) -> Array:
        """Return what is measured in passes of whole batches of `count` inputs, (batches, count): the quantity."""
        return evaluation.values.reshape(-1, count)

    def _sampler(self, question: Question, state: Any) -> MaskSampler:
        return MaskSampler(self, question)


class MaskSampler(AttributionSampler):
    """Draws masks, and adds what is measured under them to the estimator that they bring."""

    method: PerturbationMethod

    scorer: Scorer
    at_inputs: Array
    """What is measured at the inputs themselves, (batch,)."""
    measured: Array | None
    """What is measured under the masks, (masks,), where that is kept."""

    def __init__(self, method: PerturbationMethod, question: Question) -> None:
        super().__init__(method, question)
        filling = method.filling(question)
        self.masks = method.masks(question)
        self.batches = Batches(method, question, self.masks, filling)
        self.size, self.minimum, self.period = self.masks.size, self.masks.minimum, self.masks.period

    def start(self) -> Iterator[None]:
        self.measured = self.space_to_keep()
        (self.at_inputs,) = self.method.measured(self.question.look(), self.count)
        self.evaluations = self.count
        self.scorer = self.method.scorer(self.batches)
        return iter(())

    @property
    def score(self) -> Array:
        return self.at_inputs

    @property
    def chunk(self) -> int:
        return self.scorer.chunk

    def draw(self, start: int, stop: int) -> None:
        scored = self.scorer.scored(start, stop)
        if self.measured is not None:
            self.measured[start:stop] = scored[:, 0]
        self.masks.add(start, scored, self.at_inputs)
        self.evaluations += (stop - start) * self.count

    def values(self) -> Array:
        return self.masks.estimate()

    def standard_error(self) -> Array | None:
        return self.masks.standard_error()

    @property
    def independent(self) -> int:
        return self.masks.independent

    def more(self) -> dict[str, Any]:
        more = {"path": self.scorer.path, "features": self.masks.features}
        if self.measured is None:
            return more
        return {**more, "ledger": Scores(self.masks, self.batches.filling, self.measured[: self.drawn])}
