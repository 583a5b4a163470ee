"""DeepLIFT: what differences from baselines contribute, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, BASELINES, Baseline, baseline_for, baselines_for
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.attribution.method import Estimate, Query, register
from xai_widgets.attribution.propagation.engine import Found, PropagationMethod
from xai_widgets.attribution.sampling import TOLERANCE, RunningMean, checkpoint, precise_enough
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import propagated
from xai_widgets.models.rules import Rescaled

DRAWN = replace(SAMPLES, default=16, slider=(1, 128), sentence="How many baselines are compared with.")


class Contributions(PropagationMethod):
    """Multipliers between an input and references, times the displacement."""

    rules = Rescaled()

    def _compared(self, query: Query, references: Array) -> tuple[Evaluation, Array]:
        """Return what the passes of the batch beside references (number, batch, *input shape) bring, and the
        contributions, (number, batch, *shape of the cut)."""
        number, count = references.shape[:2]
        rows = np.tile(np.arange(count), number)
        found = propagated(
            query.cut,
            query.batch[rows],
            query.objective.rows(rows),
            self.rules,
            references.reshape(-1, *references.shape[2:]),
        )
        displacement = np.float64(found.activations) - np.float64(found.reference_activations)
        values = np.asarray(found.gradients) * displacement
        return found, values.reshape(number, count, *query.cut.shape)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class DeepLift(Contributions):
    """What each element's difference from a baseline contributes, by the rescale rule (Shrikumar et al. 2017).

    The contributions sum to the change of the quantity where it is a sum of scores or units. A probability is explained
    by its gradient at the scores, and nothing is promised.

    Parameters
    ----------
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What is compared with.
    """

    baseline: Baseline = BASELINE.field()

    name = "deeplift"
    label = "DeepLIFT"
    sentence = "What each pixel's difference from a baseline contributes, unit by unit; they sum to the change."
    reference = "Shrikumar, Greenside, Kundaje 2017"

    def _prepare(self, query: Query) -> Array:
        return baseline_for(query.batch, self.baseline, query.model)

    def _found(self, query: Query, prepared: Array) -> Found:
        found, values = self._compared(query, prepared[None])
        there = found.reference_values if _is_complete(query.objective) else None
        return Found(values[0], found.values, 2 * len(query.batch), there)


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
    """

    samples: int = DRAWN.field()
    baselines: Baseline = BASELINES.field()
    seed: int = SEED.field()
    tolerance: float = TOLERANCE.field()

    name = "deeplift_shap"
    label = "DeepLIFT SHAP"
    sentence = "DeepLIFT averaged over many baselines, which approximates Shapley values."
    reference = "Lundberg, Lee 2017"

    def _prepare(self, query: Query) -> Any:
        baselines_for(query.batch, self.baselines, query.model, self.seed, 0, 1)

    def _estimates(self, query: Query, prepared: Any, state: Any) -> Iterator[Estimate]:
        mean, there, before, count = RunningMean(), RunningMean(), None, len(query.batch)
        drawn, check = 0, 1
        while True:
            stop = min(drawn + max(1, query.cut.chunk("backward") // count), check)
            references = baselines_for(query.batch, self.baselines, query.model, self.seed, drawn, stop)
            found, values = self._compared(query, np.broadcast_to(references, (len(references), *query.batch.shape)))
            mean.add(values)
            there.add(np.asarray(found.reference_values).reshape(len(references), count))
            drawn, final = stop, stop == self.samples
            if drawn == check:  # Whether to stop must not depend on how the work was cut.
                check = checkpoint(drawn, self.samples)
                final = final or precise_enough(mean.mean, mean.standard_error, drawn, self.tolerance)
            estimate = self._estimate(
                query,
                Found(
                    mean.mean,
                    found.values[:count],
                    2 * drawn * count,
                    there.mean if _is_complete(query.objective) else None,
                    mean.standard_error if drawn > 1 else None,
                ),
                left=0 if final else 2 * (self.samples - drawn) * count,
                before=before,
                final=final,
            )
            yield estimate
            if final:
                return
            before = estimate.values


def _is_complete(objective: Objective) -> bool:
    """Whether contributions sum to the change: where the quantity is a sum of scores or of units."""
    return objective.link == "identity" and objective.function is None
