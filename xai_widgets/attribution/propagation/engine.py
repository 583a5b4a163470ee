"""The one engine of modified backpropagation: a way back through the network by rules, which a method chooses.

Rectifiers with another derivative, differences from a reference, or relevance that is shared out: what comes back is
the attribution, or what it is made of.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.attribution.method import Estimate, Method, Query, completeness, relative_change
from xai_widgets.attribution.quantity import default_quantity
from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import propagated
from xai_widgets.models.rules import Rescaled, Rules


class Found(NamedTuple):
    """What a method makes of its way back."""

    values: Array
    """(batch, *shape of the cut)."""
    score: Array
    evaluations: int
    baseline_score: Array | None = None
    """The quantity where completeness counts from; None where none is promised."""
    standard_error: Array | None = None


class PropagationMethod(Method):
    """A way back through the network by rules; subclasses choose the rules."""

    family = "propagation"
    takes_layer = True

    @property
    @abstractmethod
    def rules(self) -> Rules:
        """How the way back differs from the derivative."""

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        """Return why the rules do not cover the network; it takes a pass to know, and is remembered."""
        if model.input_shape is None:
            return super().refusal(model)
        known: dict[Rules, str | None] = model.notes.setdefault("ways back refused", {})
        rules = cls().rules
        if rules not in known:
            known[rules] = _refusal(model, rules)
        return super().refusal(model) or known[rules]

    def _prepare(self, query: Query) -> Any:
        """Make ready nothing: most start from the input alone."""

    def _estimates(self, query: Query, prepared: Any, state: Any) -> Iterator[Estimate]:
        yield self._estimate(query, self._found(query, prepared))

    def _found(self, query: Query, prepared: Any) -> Found:
        """Return what one way back for each input brings."""
        evaluation = propagated(query.cut, query.batch, query.objective, self.rules)
        return Found(np.asarray(evaluation.gradients), evaluation.values, len(query.batch))

    def _estimate(
        self, query: Query, found: Found, *, left: int = 0, before: Array | None = None, final: bool = True
    ) -> Estimate:
        values = query.unbatch(found.values)
        gap = absolute_gap = np.full(len(found.values), np.nan)
        if found.baseline_score is not None:
            gap, absolute_gap = completeness(found.values, found.score, found.baseline_score)
        return Estimate(
            values=values,
            score=query.per_input(found.score),
            gap=query.per_input(gap),
            absolute_gap=query.per_input(absolute_gap),
            evaluations=found.evaluations,
            query=query,
            standard_error=None if found.standard_error is None else query.unbatch(found.standard_error),
            planned=found.evaluations + left,
            change=relative_change(values, before),
            final=final,
        )


def _refusal(model: Model, rules: Rules) -> str | None:
    """Return why the rules do not cover a network, by a probe."""
    low, high = model.bounds or (-1, 1)
    shape = (1, *(model.input_shape or ()))
    x = np.random.default_rng(0).uniform(low, high, shape).astype(model.dtype)
    if model.tokens is not None:
        x = np.random.default_rng(0).integers(0, model.tokens.size, shape).astype(model.dtype)
    objective = default_quantity(model).objective(model, 1)
    if objective.link != "identity":
        objective = Objective(np.ones((1, model.output_count), model.dtype))
    try:
        cut = model.at(model.embedding)
        cut.propagate(x, objective, rules, x if isinstance(rules, Rescaled) else None)
    except (InputError, InputTypeError, UnsupportedModelError) as error:
        return str(error)
    return None
