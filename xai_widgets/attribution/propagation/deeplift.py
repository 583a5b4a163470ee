"""DeepLIFT: what differences from baselines contribute, unit by unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE, RunningMean
from xai_widgets.attribution.baseline import BASELINE, BASELINES, Baseline, baselines_for
from xai_widgets.attribution.gradients.mechanism import Gradients
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.attribution.mechanism import Elements, Place
from xai_widgets.attribution.method import AttributionSampler
from xai_widgets.attribution.propagation.engine import PropagationMethod
from xai_widgets.attribution.propagation.mechanism import FromAbove
from xai_widgets.attribution.result import Attribution
from xai_widgets.models.objective import Array
from xai_widgets.models.passes import propagated
from xai_widgets.models.rules import Rescaled

DRAWN = replace(SAMPLES, default=16, slider=(1, 128), sentence="How many baselines are compared with.")


class Contributions(PropagationMethod):
    """Multipliers between an input and references, times the displacement."""

    rules = Rescaled()
    samples: int = 1

    def _sampler(self, question: Question, state: Any) -> Comparisons:
        return Comparisons(self, question)

    def _keeping(self, question: Question, at: Place | None) -> Sampler[Attribution]:
        if self.samples == 1:
            (reference,) = np.asarray(self.references(question, 0, 1))
            return FromAbove(self, question, self.rules, at, reference)
        sampler = Comparisons(self, question)
        sampler.keep(at)
        return sampler


class Comparisons(AttributionSampler):
    """Compares the inputs with one reference after the other; the contributions are the mean."""

    method: Contributions
    kept: Gradients | None = None
    """What all comparisons brought, where that is kept."""

    def __init__(self, method: Contributions, question: Question) -> None:
        super().__init__(method, question)
        self.size, self.each = method.samples, 2 * self.count
        self.mean, self.there = RunningMean(), RunningMean()
        method.references(question, 0, 1)  # What does not fit is said before the start.

    def keep(self, at: Place | None) -> None:
        """Keep what each comparison brings."""
        elements, one = Elements.fitting(self.question, at, self.size), np.ones(self.size)
        self.kept = Gradients(elements, np.empty(0), None, one, None, "comparisons with as many baselines")

    def more(self) -> dict[str, Any]:
        kept = self.kept
        if kept is None:
            return {}
        drawn = self.drawn
        return {"ledger": replace(kept, gradients=kept.gradients[:drawn], weights=kept.weights[:drawn])}

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("backward") // self.count) if self.drawn else 1

    def draw(self, start: int, stop: int) -> None:
        question, number = self.question, stop - start
        references = np.asarray(self.method.references(question, start, stop))
        found = propagated(
            question.cut,
            question.batch[np.tile(np.arange(self.count), number)],
            question.for_rows(number * self.count) if self.drawn else question.asked,
            self.method.rules,
            references.reshape(-1, *references.shape[2:]),
        )
        question.fix(found)
        displacement = np.float64(found.activations) - np.float64(found.reference_activations)
        values = np.asarray(found.gradients) * displacement
        self.mean.add(values.reshape(number, self.count, *question.cut.shape))
        if self.kept is not None:
            found_here = self.kept.elements.of(values.astype(np.float32))
            if not start:
                self.kept.gradients = np.empty((self.size, found_here.shape[1]), np.float32)
            self.kept.gradients[start:stop] = found_here
        self.there.add(np.asarray(found.reference_values).reshape(number, self.count))
        self.evaluations += number * self.each

    def values(self) -> Array:
        return self.mean.mean

    def standard_error(self) -> Array | None:
        return self.mean.standard_error if self.drawn > 1 else None

    @property
    def baseline_score(self) -> Array | None:
        """Contributions sum to the change where the quantity is a sum of scores or of units."""
        asked = self.question.asked
        return self.there.mean if asked.link == "identity" and asked.function is None else None


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class DeepLift(Contributions):
    """What each element's difference from a baseline contributes, by the rescale rule (Shrikumar et al. 2017).

    The contributions sum to the change of the quantity where it is a sum of scores or units. A probability is explained
    by its gradient at the scores, and nothing is promised. Of products each factor gets the mean of the other one at
    the input and at the baseline; norms and softmax have the mean of their derivative on the line between these, by 8
    Gauss-Legendre nodes, and what these miss of the change along the line (Broyden 1965). Of a text the words are
    compared: their places, and which of them is read, are those of the text for its baseline as well.

    Parameters
    ----------
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What is compared with.

    References
    ----------
    Shrikumar, Greenside, Kundaje (2017), Learning Important Features Through Propagating Activation Differences.

    Examples
    --------
    >>> result = xai.DeepLift()(model, x, xai.Margin("cross", "ring"))
    >>> result.values.shape, result.gap < 1e-4
    ((1, 8, 8), True)
    """

    baseline: Baseline = BASELINE.field()

    name = "deeplift"
    label = "DeepLIFT"
    sentence = "What each pixel's difference from a baseline contributes, unit by unit; they sum to the change."
    reference = "Shrikumar, Greenside, Kundaje 2017"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class DeepLiftShap(Contributions):
    """DeepLIFT averaged over many baselines: approximate Shapley values (Lundberg and Lee 2017).

    Parameters
    ----------
    samples : int, default 16
        How many baselines.
    baselines : {"uniform", "plain"}, number or array (k, *input shape), default "uniform"
        "uniform" is noise within the bounds, "plain" one colour all over; an array holds baselines of your own, each of
        which comes once before any comes again.
    seed : int, default 0
        Baseline i depends on (seed, i) alone.
    tolerance : float, default 0
        Stop when the largest standard error is at most this part of the largest value; 0 takes all samples.

    References
    ----------
    Lundberg, Lee (2017), A Unified Approach to Interpreting Model Predictions.

    Examples
    --------
    >>> result = xai.DeepLiftShap(samples=5, baselines=batch[1:])(model, x)
    >>> result.values.shape, result.gap < 1e-4
    ((1, 8, 8), True)
    """

    samples: int = DRAWN.field()
    baselines: Baseline = BASELINES.field()
    seed: int = SEED.field()
    tolerance: float = TOLERANCE.field()

    name = "deeplift_shap"
    label = "DeepLIFT SHAP"
    sentence = "DeepLIFT averaged over many baselines, which approximates Shapley values."
    reference = "Lundberg, Lee 2017"

    def references(self, question: Question, start: int, stop: int) -> Array:
        drawn = baselines_for(question.batch, self.baselines, question.model, self.seed, start, stop)
        return np.broadcast_to(drawn, (len(drawn), *question.batch.shape))
