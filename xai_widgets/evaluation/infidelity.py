"""Infidelity: by how much an explanation is wrong about what the quantity loses when something is taken away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED, SIGMA
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.controls import on_the_input
from xai_widgets.evaluation.draws import OverDraws
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.perturbation import check_elements, lost, perturbed
from xai_widgets.models.objective import Array, Number

DRAWS = replace(SAMPLES, default=512, slider=(16, 4096), sentence="How many perturbations are tried.")


@dataclass(frozen=True, eq=False, repr=False)
class InfidelityEstimate(Measurement):
    """The infidelity of an explanation, in the square of the quantity's unit, and what of it has no unit.

    It is made by `Infidelity`; its `value` is the infidelity, and `standard_error` how sure that is.

    Attributes
    ----------
    terms : array of shape (batch, 4)
        With a what the explanation says that a perturbation takes away, and D what it does: the means of (a - D)^2, of
        a^2, of a D and of D^2.

    Examples
    --------
    >>> judged = xai.Infidelity(samples=64)(xai.Occlusion(window=2, stride=2)(model, x))
    >>> judged.value >= 0, 0 <= judged.unexplained <= 1
    (True, True)
    """

    terms: Array

    @property
    def scale(self) -> Number:
        """By what the explanation would have to be multiplied to say it best, E[a D] / E[a^2]: a float or (batch,).

        A negative one says that it points the wrong way; it is nan where the explanation is all zero.
        """
        _, said, both, _ = self.terms.T
        return self.question.per_input(_ratio(both, said))

    @property
    def unexplained(self) -> Number:
        """The share of D^2 that is left then, 1 - E[a D]^2 / (E[a^2] E[D^2]): 0 is best, 1 worst, a float or (batch,).

        It has no unit, so that it can be compared across models, quantities and methods; it is 1 where the explanation
        is all zero, and nan where nothing that was taken away changed anything.
        """
        _, said, both, drop = self.terms.T
        explained = _ratio(both**2, said * drop)
        return self.question.per_input(1 - np.where((said == 0) & (drop > 0), 0, explained))

    @property
    def compared(self) -> Array:
        """The share that is left unexplained, which has no unit, (batch,)."""
        return np.atleast_1d(np.asarray(self.unexplained))

    @property
    def facts(self) -> list[Fact]:
        """The infidelity, the share that stays unexplained at the best scale, and that scale."""
        shares, scales = np.atleast_1d(self.unexplained), np.atleast_1d(self.scale)
        sentence = "Of what the perturbations change, the share that no multiple of the explanation accounts for."
        wrong = " (points the wrong way)" if (scales < 0).any() else ""
        return [
            *super().facts,
            Fact("unexplained", f"{100 * shares.mean():.3g} %", sentence),
            Fact("best scale", f"{scales.mean():.3g}{wrong}", "What to multiply the explanation by to say it best."),
        ]


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Infidelity(OverDraws):
    """The mean squared error of what an explanation says that a perturbation takes away (Yeh et al. 2019).

    With Phi the explanation, F the quantity and I what is taken away, it is E[(I . Phi - (F(x) - F(x - I)))^2]. Slopes
    are asked about Gaussian noise. Contributions and weights are asked about random parts of the input, features,
    squares or elements, which go to where contributions count from; I . Phi is then the sum of the values there.
    An explanation of a layer is asked about what the layer loses, which is another question than what the input does:
    behind Grad-CAM's layer a network is often linear, and nothing wrong. So `benchmark` asks of its map over the input.

    Parameters
    ----------
    samples : int, default 512
        How many perturbations; number i depends on (seed, i) alone.
    sigma : float, default 0.15
        For slopes: the standard deviation of the noise as a fraction of the width of the model's bounds. SmoothGrad of
        the same sigma is best by construction, so say which it is.
    seed : int, default 0

    References
    ----------
    Yeh, Hsieh, Suggala, Inouye, Ravikumar (2019), On the (In)fidelity and Sensitivity of Explanations.

    Examples
    --------
    >>> judged = xai.Infidelity(samples=64)(model, x, method=xai.IntegratedGradients())
    >>> 0 <= judged.unexplained <= 1
    True
    """

    samples: int = DRAWS.field()
    sigma: float = SIGMA.field()
    seed: int = SEED.field()

    name = "infidelity"
    label = "Infidelity"
    sentence = "By how much it is wrong about what the quantity loses when some of the input is taken away."
    reference = "Yeh, Hsieh, Suggala, Inouye, Ravikumar 2019"
    better = "lower"

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        check_elements(judged)
        return super()._sampler(judged, state)

    def comparable(self, judged: Attribution) -> Attribution:
        return on_the_input(judged)

    def measured(self, judged: Attribution, start: int, stop: int) -> Array:
        drop, said = lost(judged, perturbed(judged, self.sigma, self.seed, start, stop))
        return np.stack([(said - drop) ** 2, said**2, said * drop, drop**2], axis=-1)

    def found(self, terms: RunningMean, **rest: Any) -> Measurement:
        return InfidelityEstimate(values=terms.mean[:, 0], errors=terms.standard_error[:, 0], terms=terms.mean, **rest)


def _ratio(above: Array, below: Array) -> Array:
    found: Array = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return found
