"""The one engine of the gradient methods: a statistic of gradients over a distribution (Leino et al. 2018).

A query is a quantity, a distribution and a slice of the network; beside them a per-sample multiplier and a statistic.
Saliency, integrated gradients and SmoothGrad are choices of these and nothing else.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.attribution.description import Described, Measure
from xai_widgets.attribution.gradients.distribution import Chunk, Distribution, Pending, Samples
from xai_widgets.attribution.gradients.mechanism import Gradients
from xai_widgets.attribution.gradients.moments import GROUP, Moments, Panels, Statistic
from xai_widgets.attribution.gradients.noise import no_noise
from xai_widgets.attribution.gradients.path import Path
from xai_widgets.attribution.mechanism import Elements, Place
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import in_chunks

Multiplier = Literal["one", "displacement", "activation", "change"]


class InfluenceMethod(Method):
    """A statistic of multiplied gradients over a distribution; subclasses choose."""

    family = "gradient"
    takes_layer = True
    has_mechanism = True
    multiplier: Multiplier = "one"
    statistic: Statistic = "mean"
    needs_bounds: ClassVar[bool] = False
    """Whether it draws noise, which is a fraction of the range of values."""
    passes: ClassVar[int] = 1
    """How many passes a gradient takes."""
    between_inputs: ClassVar[bool] = False
    """Whether it runs the network on mixtures of inputs, which token ids do not have."""

    @property
    @abstractmethod
    def distribution(self) -> Distribution:
        """Where the gradients are taken."""

    @cached_property
    def where(self) -> Distribution:
        """The same, made once: its options, arrays among them, are checked whenever it is made."""
        return self.distribution

    @property
    def kind(self) -> Measure:
        if self.statistic != "mean":
            return "weight"
        return "slope" if self.multiplier == "one" else "contribution"

    @property
    def complete(self) -> bool:
        """Whether the values sum up to a change of the quantity, but for the error of the integration."""
        return self.multiplier in ("displacement", "change") and self.statistic == "mean"

    @property
    def poolable(self) -> bool:
        """Whether the sum of some gradients is all that is needed of them, which costs a backend less."""
        same_for_all = self.multiplier == "one" or (self.multiplier == "displacement" and not self.where.random)
        return self.statistic == "mean" and same_for_all

    @classmethod
    def _unfit(cls, model: Model) -> str:
        if cls.needs_bounds and model.taken.no_range:
            return str(no_noise(model))
        if cls.between_inputs and model.taken.nothing_between:
            return f"It runs the network between two inputs, and {model.taken.nothing_between}."
        return super()._unfit(model)

    def extends(self, other: Described) -> bool:
        return (
            isinstance(other, InfluenceMethod)
            and self.multiplier != "change"  # of such a path not all nodes are kept
            and (self.multiplier, self.statistic) == (other.multiplier, other.statistic)
            and self.where.extends(other.where)
        )

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        if self.multiplier == "displacement" and not self.where.displaces:
            raise InputError("The displacement is that of a path; expected distribution=Line(...) with it.")
        if self.multiplier == "change" and not isinstance(self.where, Path):
            raise InputError("The change is that along a path; expected distribution=Line(...) or InputLine(...).")
        if self.multiplier == "change" and self.statistic != "mean":
            raise InputError(f"statistic is {self.statistic!r}; changes along a path are added up: expected 'mean'.")
        return question

    def references(self, question: Question, start: int, stop: int) -> Array | None:
        found = self.where.origins(question.model, question.cut, question.batch, start, stop)
        return None if found is None else np.broadcast_to(found, (stop - start, *question.batch.shape))

    def differentiate(
        self, question: Question, inputs: Array, objective: Objective, latents: Array | None, pool: Array | None
    ) -> Evaluation:
        """Return what the passes of a chunk bring: the derivative of the quantity, or what takes its place."""
        return in_chunks(question.cut, "backward", inputs, objective, latents, pool)

    def _sampler(self, question: Question, state: Any) -> GradientSampler:
        return GradientSampler(self, question, state)

    def _keeping(self, question: Question, at: Place | None) -> GradientSampler:
        sampler = GradientSampler(self, question, None)
        sampler.keep(at)
        return sampler


@dataclass
class State:
    """What a stream knows: enough to go on with more samples."""

    moments: Moments | Panels
    evaluations: int = 0
    each: int = 0
    drawn: int = 0
    baseline_score: Any = None
    """The quantity at the baseline; the sum over all baselines so far where there are many."""


class GradientSampler(AttributionSampler):
    """Draws samples of a distribution, and adds the gradients there to moments."""

    method: InfluenceMethod

    kept: Gradients | None = None
    """What all samples brought, where that is kept."""

    def __init__(self, method: InfluenceMethod, question: Question, state: State | None) -> None:
        super().__init__(method, question)
        self.where, self.size, self.minimum = method.where, method.where.size, method.where.minimum
        self.period = GROUP if self.where.random else 1
        self.poolable, self.complete = method.poolable, method.complete
        where = self.where.walked() if isinstance(self.where, Path) and method.multiplier == "change" else self.where
        self.prepared = where.prepare(question.model, question.cut, question.batch)
        self.baselines: Any = None
        if state is None:
            self.moments = self._moments()
        else:
            self.moments, self.baselines = copy.deepcopy(state.moments), state.baseline_score
            self.drawn, self.evaluations, self.each = state.drawn, state.evaluations, state.each

    def keep(self, at: Place | None) -> None:
        """Keep what each sample brings: at all places where that is little enough, else at the one that is asked."""
        self.poolable = False
        per_sample = self.method.multiplier == "change" or self.where.random
        copies = self.size * (2 if per_sample and self.method.multiplier != "one" else 1)
        elements = Elements.fitting(self.question, at, copies)
        nodes = None
        if isinstance(self.where, Path):
            walked = self.method.multiplier == "change"
            nodes = (self.where.walked() if walked else self.where).nodes / self.where.steps
        begins = self.where.begins(self.question.cut) if isinstance(self.where, Path) else ""
        self.kept = Gradients(elements, np.empty(0), None, np.empty(self.size), nodes, self.where.words, begins)

    def more(self) -> dict[str, Any]:
        if self.kept is None:
            return {}
        kept, drawn = self.kept, self.drawn
        ways = kept.ways if kept.ways is None or len(kept.ways) == 1 else kept.ways[:drawn]
        nodes = None if kept.nodes is None else kept.nodes[:drawn]
        short = replace(kept, gradients=kept.gradients[:drawn], ways=ways, weights=kept.weights[:drawn], nodes=nodes)
        return {"ledger": short}

    def start(self) -> Iterator[None]:
        if isinstance(self.prepared, Pending):
            while not self.prepared.search.advance():
                yield
        self.evaluations = self.samples.evaluations
        # Of a question that was asked before, as while a slider moves, no pass is spent to fix its class.
        if not (self.where.starts_at_input or self.question.is_fixed):
            self.question.look()
            self.evaluations += self.count

    @cached_property
    def samples(self) -> Samples:
        """The samples, once what has to be searched for before is found."""
        return self.prepared.samples() if isinstance(self.prepared, Pending) else self.prepared

    @property
    def chunk(self) -> int:
        # The input itself goes first, and alone where it fixes the top class for all that follows.
        known = self.drawn or self.question.is_fixed or not self.question.asked.top
        return max(1, self.question.cut.chunk("backward") // self.count) if known else 1

    def draw(self, start: int, stop: int) -> None:
        chunk, known = self.samples.draw(start, stop), self.evaluations
        number = len(chunk.inputs)
        pools = self._pools(chunk) if self.poolable and number > 1 else None
        evaluation = self._differentiated(chunk, pools)
        if start <= 1 < stop and isinstance(self.where, Path):
            self.baselines = evaluation.values[(1 - start) * self.count :][: self.count]
        if chunk.starts is not None and self.complete:
            self._add_starts(chunk.starts)
        self._add(chunk, evaluation, pools)
        self.evaluations += self.method.passes * number * self.count + chunk.evaluations
        self.each = (self.evaluations - known) // number

    def values(self) -> Array:
        return self.moments.value()

    @property
    def baseline_score(self) -> Array | None:
        if not self.complete or self.baselines is None:
            return None
        known: Array = np.asarray(self.baselines, np.float64)
        return known / self.drawn if self.where.random else known

    def standard_error(self) -> Array | None:
        return self.moments.standard_error()

    @property
    def independent(self) -> int:
        return self.moments.draws.count if isinstance(self.moments, Moments) else 0

    def state(self) -> State | None:
        if not isinstance(self.moments, Moments):
            return None
        return State(self.moments, self.evaluations, self.each, self.drawn, self.baselines)

    def _moments(self) -> Moments | Panels:
        if self.method.multiplier == "change" and isinstance(self.where, Path):
            return Panels(self.where.steps)
        group = (GROUP if self.poolable else 1) if self.where.random else 0
        return Moments(self.method.statistic, group)

    def _differentiated(self, chunk: Chunk, pools: Array | None) -> Evaluation:
        """Return what the passes of a chunk bring; those of the very first one fix the class."""
        question, first = self.question, self.where.starts_at_input and not self.question.is_fixed
        inputs = chunk.inputs.reshape(-1, *question.batch.shape[1:])
        latents = None if chunk.latents is None else chunk.latents.reshape(-1, *question.cut.shape)
        objective = question.asked if first else question.for_rows(len(inputs))
        if len(objective.weights) not in (1, len(inputs)):
            objective = objective.rows(np.arange(len(inputs)) % self.count)
        pool = None if pools is None else np.kron(pools, np.eye(self.count))
        evaluation = self.method.differentiate(question, inputs, objective, latents, pool)
        if first:
            question.fix(evaluation)
        return evaluation

    def _pools(self, chunk: Chunk) -> Array:
        """Return which samples are summed, (sums, samples), weights included: all, or those of one draw each."""
        number = len(chunk.weights)
        if not self.where.random:
            return chunk.weights[None]
        draws = np.arange(self.drawn, self.drawn + number) // GROUP
        members: Array = (draws == np.unique(draws)[:, None]) * chunk.weights
        return members

    def _add(self, chunk: Chunk, evaluation: Evaluation, pools: Array | None) -> None:
        found = np.asarray(evaluation.gradients)
        gradients = found.reshape(-1, self.count, *found.shape[1:])
        if self.kept is not None:
            self._note(self.kept, gradients, evaluation, chunk)
        if isinstance(self.moments, Panels):
            self.moments.add(gradients, np.asarray(evaluation.activations).reshape(gradients.shape))
            return
        products = self._multiplied(gradients, evaluation, chunk)
        if pools is None:
            self.moments.add(chunk.weights, products)
            return
        for weight, product in zip(pools.sum(axis=1).tolist(), products, strict=True):
            self.moments.add_sum(weight, product)

    def _multiplied(self, gradients: Array, evaluation: Evaluation, chunk: Chunk) -> Array:
        ways = self._ways(gradients.shape, evaluation, chunk)
        products: Array = gradients if ways is None else gradients * ways
        return products

    def _ways(self, shape: tuple[int, ...], evaluation: Evaluation, chunk: Chunk) -> Array | None:
        """Return what gradients of this shape (samples, batch, ...) are multiplied by; None where by nothing."""
        if self.method.multiplier == "one":
            return None
        if self.method.multiplier in ("activation", "change"):
            return np.asarray(evaluation.activations).reshape(shape)
        return self.samples.displacement if chunk.displacements is None else chunk.displacements

    def _note(self, kept: Gradients, gradients: Array, evaluation: Evaluation, chunk: Chunk) -> None:
        """Keep what the samples of a chunk bring, of the one input that there is."""
        start, stop = self.drawn, self.drawn + len(gradients)
        ways = self._ways(gradients.shape, evaluation, chunk)
        own = ways is not None and len(ways) == len(gradients) and ways.ndim == gradients.ndim
        one_of = kept.elements.of(gradients[:, 0])
        if not start:
            kept.gradients = np.empty((self.size, one_of.shape[1]), one_of.dtype)
            kept.ways = None if ways is None else np.empty((self.size if own else 1, one_of.shape[1]), one_of.dtype)
        kept.gradients[start:stop], kept.weights[start:stop] = one_of, chunk.weights
        if kept.ways is not None and ways is not None and (own or not start):
            kept.ways[start : stop if own else 1] = kept.elements.of(ways[:, 0] if own else ways)

    def _add_starts(self, points: Array) -> None:
        """Add the quantity at the baselines of a chunk: what the values sum up to is known from their mean."""
        starts, objective = points[:, 0], self.question.objective
        if len(objective.weights) > 1:
            starts = np.repeat(starts, self.count, axis=0)
            objective = self.question.for_rows(len(starts))
        found = in_chunks(self.question.cut, "forward", starts, objective).values.reshape(len(points), -1)
        self.evaluations += len(starts)
        known = 0.0 if self.baselines is None else self.baselines
        self.baselines = known + np.broadcast_to(found.astype(np.float64), (len(found), self.count)).sum(axis=0)
