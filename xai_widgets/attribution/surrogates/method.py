"""Methods that evaluate coalitions of features, whose absence a baseline stands for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.attribution.baseline import Baseline, baseline_for
from xai_widgets.attribution.features import FeatureChoice, features_for
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.surrogates.coalitions import Coalitions, CoalitionSampler
from xai_widgets.attribution.surrogates.mechanism import Worths
from xai_widgets.models.objective import Array


class SurrogateMethod(Method):
    """Evaluate coalitions of features and estimate one number for each; subclasses choose the coalitions.

    Each element of the input has the number of its feature, so the values sum to the change of the quantity when each
    feature is counted once, and that is what the gap is taken of.
    """

    family = "surrogate"
    has_mechanism = True
    channels = "covered"
    ends = ("its presence lowers", "its presence raises")
    features: FeatureChoice
    size: int
    baseline: Baseline
    complete: bool = True
    """Whether the numbers sum to the change of the quantity."""

    @abstractmethod
    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        """Return the coalitions of this many players, whose values are known for nobody and for all, (batch,)."""

    def players(self, question: Question) -> Players:
        """Return the features of the inputs as players of a game."""
        return Players(self, question)

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return SurrogateSampler(self, question)


class Players:
    """The features of the inputs of a question, as players that come and go."""

    def __init__(self, method: SurrogateMethod, question: Question) -> None:
        self.question = question
        self.features = features_for(question.batch, method.features, method.size, question.model)
        filling = baseline_for(question.batch, method.baseline, question.model)
        self.filling = np.asarray(filling, question.batch.dtype)

    def worth(self, present: Array) -> Array:
        """Return what the coalitions `present` (rows, players) are worth to each input, (rows, batch)."""
        batch = self.question.batch
        inputs = self.features.switch(batch, self.filling, present)
        return self.question.forward(inputs.reshape(-1, *batch.shape[1:])).values.reshape(len(present), -1)


class SurrogateSampler(CoalitionSampler[Attribution], AttributionSampler):
    """Asks the network what coalitions of features are worth."""

    method: SurrogateMethod

    def __init__(self, method: SurrogateMethod, question: Question) -> None:
        AttributionSampler.__init__(self, method, question)
        self.players = method.players(question)
        self.features = self.players.features
        nothing = np.zeros(self.count)
        method.coalitions(self.features.count, nothing, nothing)  # So that too many are refused before the start.

    def start(self) -> Iterator[None]:
        full, empty = self.question.look().values, self.question.forward(self.players.filling).values
        self.evaluations = 2 * self.count
        self.take(self.method.coalitions(self.features.count, empty, full))
        self.worths = self.space_to_keep()
        return iter(())

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("forward") // self.count)

    def worth(self, present: Array) -> Array:
        return self.players.worth(present)

    @property
    def baseline_score(self) -> Array | None:
        return self.coalitions.empty if self.method.complete else None

    def values(self) -> Array:
        self.estimated = super().values()
        return self.features.spread(self.estimated)

    def contributions(self, values: Array) -> Array:
        return self.estimated

    def standard_error(self) -> Array | None:
        error = super().standard_error()
        return None if error is None or np.isnan(error).all() else self.features.spread(error)

    def more(self) -> dict[str, Any]:
        fidelity = self.coalitions.fidelity()
        found = None if fidelity is None else self.question.per_input(fidelity)
        more = {"fidelity": found, "features": self.features}
        if self.worths is None:
            return more
        return {**more, "ledger": Worths(self.coalitions, self.players, self.worths[: self.drawn])}
