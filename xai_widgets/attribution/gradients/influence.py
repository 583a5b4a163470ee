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

from xai_widgets.attribution.gradients.distribution import Chunk, Distribution, Pending, Samples
from xai_widgets.attribution.gradients.moments import GROUP, Moments, Panels, Statistic
from xai_widgets.attribution.gradients.noise import NO_RANGE
from xai_widgets.attribution.gradients.path import Path
from xai_widgets.attribution.method import Estimate, Method, Query, completeness, relative_change
from xai_widgets.attribution.quantity import Quantity
from xai_widgets.attribution.sampling import precise_enough
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import LARGEST_CHUNK
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import in_pieces

Multiplier = Literal["one", "displacement", "activation", "change"]


@dataclass
class State:
    """What a stream knows: enough to go on with more samples."""

    moments: Moments | Panels
    evaluations: int = 0
    each: int = 0
    """The evaluations that one sample takes."""
    drawn: int = 0
    score: Any = None
    baseline_score: Any = None
    """The quantity at the baseline; the sum over all baselines so far where there are many."""
    objective: Any = None


class InfluenceMethod(Method):
    """A statistic of multiplied gradients over a distribution; subclasses choose."""

    family = "gradient"
    takes_layer = True
    multiplier: Multiplier = "one"
    statistic: Statistic = "mean"
    tolerance: float = 0.0
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
    def _where(self) -> Distribution:
        """The same, made once: its options, arrays among them, are checked whenever it is made."""
        return self.distribution

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        if cls.needs_bounds and model.tokens is not None:
            return "The noise is a fraction of the range of values, and token ids have no range."
        if cls.needs_bounds and model.bounds is None and not (model.parts is not None and model.parts.has_bounds):
            return NO_RANGE
        if cls.between_inputs and model.tokens is not None:
            return "It runs the network between two inputs, and there is nothing between two token ids."
        return super().refusal(model)

    def extends(self, other: Method) -> bool:
        return (
            isinstance(other, InfluenceMethod)
            and self.multiplier != "change"  # of such a path not all nodes are kept
            and (self.multiplier, self.statistic) == (other.multiplier, other.statistic)
            and self._where.extends(other.distribution)
        )

    def _query(self, model: Model, x: ArrayLike, quantity: Quantity | None, layer: str | None) -> Query:
        query = super()._query(model, x, quantity, layer)
        if self.multiplier == "displacement" and not self._where.displaces:
            raise InputError("The displacement is that of a path; expected distribution=Line(...) with it.")
        if self.multiplier == "change" and not isinstance(self._where, Path):
            raise InputError("The change is that along a path; expected distribution=Line(...) or InputLine(...).")
        if self.multiplier == "change" and self.statistic != "mean":
            raise InputError(f"statistic is {self.statistic!r}; changes along a path are added up: expected 'mean'.")
        return query

    def _prepare(self, query: Query) -> Samples | Pending:
        distribution = self._where
        if self.multiplier == "change" and isinstance(distribution, Path):
            distribution = replace(distribution, order="walked")
        return distribution.prepare(query.model, query.cut, query.batch)

    def _estimates(self, query: Query, prepared: Samples | Pending, state: Any) -> Iterator[Estimate | None]:
        if isinstance(prepared, Pending):
            while not prepared.search.advance():
                yield None
            samples = prepared.samples()
        else:
            samples = prepared
        distribution = self._where
        count = len(query.batch)
        if state is None:
            state = State(self._moments(), samples.evaluations, objective=query.objective)
            if not distribution.starts_at_input:
                self._score(query, state)
        state = copy.copy(state)
        state.moments = copy.deepcopy(state.moments)
        before: Array | None = None
        while True:
            final = self._done(state)
            if not final:
                # The input itself goes first and alone: it fixes the top class for all that follows.
                room = max(1, query.cut.chunk("backward") // count) if state.drawn else 1
                if self.tolerance:  # When it may stop must not depend on how the work was cut.
                    room = min(room, LARGEST_CHUNK - state.drawn % LARGEST_CHUNK)
                stop = min(state.drawn + room, distribution.size)
                self._add(query, state, samples, samples.draw(state.drawn, stop), stop)
                final = self._done(state)
            if state.drawn < distribution.minimum:
                continue
            estimate = self._estimate(query, state, before, final)
            yield estimate
            if final:
                return
            before = estimate.values

    def _moments(self) -> Moments | Panels:
        distribution = self._where
        if self.multiplier == "change" and isinstance(distribution, Path):
            return Panels(distribution.steps)
        return Moments(self.statistic, (GROUP if self._poolable else 1) if distribution.random else 0)

    @property
    def _poolable(self) -> bool:
        """Whether the sum of some gradients is all that is needed of them, which costs a backend less."""
        same_for_all = self.multiplier == "one" or (self.multiplier == "displacement" and not self._where.random)
        return self.statistic == "mean" and same_for_all

    def _done(self, state: State) -> bool:
        if state.drawn == self._where.size:
            return True
        if not self.tolerance or state.drawn % LARGEST_CHUNK or not isinstance(state.moments, Moments):
            return False
        error, draws = state.moments.standard_error(), state.moments.draws.count
        return error is not None and precise_enough(state.moments.value(), error, draws, self.tolerance)

    def _score(self, query: Query, state: State) -> None:
        """Find the score, and with it the top class, by a pass that is not part of the distribution."""
        evaluation = in_pieces(query.cut, "forward", query.batch, query.objective)
        self._fix(query, state, evaluation)
        state.evaluations += len(query.batch)

    def _add(self, query: Query, state: State, samples: Samples, chunk: Chunk, stop: int) -> None:
        number, count = chunk.inputs.shape[:2]
        known = state.evaluations
        inputs = chunk.inputs.reshape(-1, *query.batch.shape[1:])
        latents = None if chunk.latents is None else chunk.latents.reshape(-1, *query.cut.shape)
        objective = state.objective.rows(np.tile(np.arange(count), number))
        pools = self._pools(state, chunk) if self._poolable and number > 1 else None
        pool = None if pools is None else np.kron(pools, np.eye(count))
        evaluation = self._differentiate(query, inputs, objective, latents, pool)
        if state.drawn == 0 and state.score is None:
            self._fix(query, state, evaluation)
        elif state.drawn <= 1 < stop and isinstance(self._where, Path):
            state.baseline_score = evaluation.values[(1 - state.drawn) * count :][:count]
        self._add_starts(query, state, chunk)
        gradients = np.asarray(evaluation.gradients).reshape(-1, count, *query.cut.shape)
        if isinstance(state.moments, Panels):
            state.moments.add(gradients, np.asarray(evaluation.activations).reshape(gradients.shape))
        else:
            products = self._multiplied(gradients, evaluation, samples, chunk)
            if pools is None:
                state.moments.add(chunk.weights, products)
            else:
                for weight, product in zip(pools.sum(axis=1).tolist(), products, strict=True):
                    state.moments.add_sum(weight, product)
        state.evaluations += self.passes * number * count + chunk.evaluations
        state.each = (state.evaluations - known) // number
        state.drawn = stop

    def _differentiate(
        self, query: Query, inputs: Array, objective: Objective, latents: Array | None, pool: Array | None
    ) -> Evaluation:
        """Return what the passes of a chunk bring: the derivative of the quantity, or what takes its place."""
        return in_pieces(query.cut, "backward", inputs, objective, latents, pool)

    def _pools(self, state: State, chunk: Chunk) -> Array:
        """Return which samples are summed, (sums, samples), weights included: all, or those of one draw each."""
        number = len(chunk.weights)
        if not self._where.random:
            return chunk.weights[None]
        draws = np.arange(state.drawn, state.drawn + number) // GROUP
        members: Array = (draws == np.unique(draws)[:, None]) * chunk.weights
        return members

    def _multiplied(self, gradients: Array, evaluation: Evaluation, samples: Samples, chunk: Chunk) -> Array:
        if self.multiplier == "one":
            return gradients
        if self.multiplier == "activation":
            products: Array = gradients * np.asarray(evaluation.activations).reshape(gradients.shape)
        else:
            products = gradients * (samples.displacement if chunk.displacements is None else chunk.displacements)
        return products

    def _add_starts(self, query: Query, state: State, chunk: Chunk) -> None:
        """Add the quantity at the baselines of a chunk: what the values sum up to is known from their mean."""
        if chunk.starts is None or not self._complete:
            return
        count, starts = len(query.batch), chunk.starts[:, 0]
        objective: Objective = state.objective
        if len(objective.weights) > 1:
            starts, objective = np.repeat(starts, count, axis=0), objective.rows(np.tile(np.arange(count), len(starts)))
        found = in_pieces(query.cut, "forward", starts, objective).values.reshape(len(chunk.starts), -1)
        state.evaluations += len(starts)
        known = 0.0 if state.baseline_score is None else state.baseline_score
        state.baseline_score = known + np.broadcast_to(found.astype(np.float64), (len(found), count)).sum(axis=0)

    def _fix(self, query: Query, state: State, evaluation: Evaluation) -> None:
        state.score = evaluation.values[: len(query.batch)]
        state.objective = query.objective.fixed(evaluation.scores[: len(query.batch)])

    def _estimate(self, query: Query, state: State, before: Array | None, final: bool) -> Estimate:
        total, error = state.moments.value(), state.moments.standard_error()
        values = query.unbatch(total)
        gap, absolute_gap = self._gaps(state, total)
        kept = final and isinstance(state.moments, Moments)
        return Estimate(
            values=values,
            score=query.per_input(state.score),
            gap=query.per_input(gap),
            absolute_gap=query.per_input(absolute_gap),
            evaluations=state.evaluations,
            query=query,
            standard_error=None if error is None else query.unbatch(error),
            planned=state.evaluations + (0 if final else (self._where.size - state.drawn) * state.each),
            change=relative_change(values, before),
            final=final,
            state=replace(state, moments=copy.deepcopy(state.moments)) if kept else None,
        )

    @property
    def _complete(self) -> bool:
        """Whether the values sum up to a change of the quantity, but for the error of the integration."""
        return self.multiplier in ("displacement", "change") and self.statistic == "mean"

    def _gaps(self, state: State, total: Array) -> tuple[Array, Array]:
        """The completeness gap and its absolute value, nan where completeness is not promised."""
        if not self._complete:
            nothing = np.full(len(total), np.nan)
            return nothing, nothing
        baseline = np.asarray(state.baseline_score, np.float64)
        return completeness(total, state.score, baseline / state.drawn if self._where.random else baseline)
