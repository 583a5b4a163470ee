"""The one engine of modified backpropagation: a backward pass through the network by rules, which a method chooses.

Rectifiers with another derivative, differences from a reference, or relevance that is shared out: what comes back is
the attribution, or what it is made of.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from xai_widgets.answers.quantity import default_quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.attribution.mechanism import Place
from xai_widgets.attribution.method import Method, Once
from xai_widgets.attribution.propagation.mechanism import FromAbove
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import FailedPassError, InputError, InputTypeError, UnsupportedModelError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import propagated
from xai_widgets.models.rules import Rescaled, Rules


class PropagationMethod(Method):
    """A backward pass through the network by rules; subclasses choose the rules."""

    family = "propagation"
    takes_layer = True
    has_mechanism = True

    @property
    @abstractmethod
    def rules(self) -> Rules:
        """How the backward pass differs from the derivative."""

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        """Return why the rules do not cover the network; it takes a pass to know, and is remembered."""
        if model.input_shape is None:
            return super().refusal(model)
        known: dict[Rules, str | None] = model.notes.setdefault("backward passes refused", {})
        rules = cls().rules
        if rules not in known:
            try:
                known[rules] = _refusal(model, rules)
            except FailedPassError:  # Whoever asks for an attribution is told, if it fails again.
                return super().refusal(model)
        return super().refusal(model) or known[rules]

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return ModifiedBackward(self, question)

    def _keeping(self, question: Question, at: Place | None) -> Sampler[Attribution]:
        return FromAbove(self, question, self.rules, at)


class ModifiedBackward(Once):
    """One backward pass for each input."""

    method: PropagationMethod

    def found(self) -> Array:
        question = self.question
        evaluation = propagated(question.cut, question.batch, question.asked, self.method.rules)
        question.fix(evaluation)
        self.evaluations += self.count
        return np.asarray(evaluation.gradients)


def _refusal(model: Model, rules: Rules) -> str | None:
    """Return why the rules do not cover a network, by a probe."""
    x = model.taken.probe(np.random.default_rng(0), 1).astype(model.dtype)
    objective = default_quantity(model).objective(model, 1)
    if objective.link != "identity":
        objective = Objective(np.ones((1, model.output_count), model.dtype))
    try:
        cut = model.at(model.embedding)
        cut.propagate(x, objective, rules, x if isinstance(rules, Rescaled) else None)
    except FailedPassError:
        raise
    except (InputError, InputTypeError, UnsupportedModelError) as error:
        return str(error)
    return None
