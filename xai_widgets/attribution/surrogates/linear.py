"""Surrogates: a simple model of the network around one input, from what it makes of coalitions of features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice
from xai_widgets.attribution.surrogates.averaged import ShapleyMethod
from xai_widgets.attribution.surrogates.coalitions import Coalitions
from xai_widgets.attribution.surrogates.method import SurrogateMethod
from xai_widgets.attribution.surrogates.regression import KernelSamples, LocalSamples
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

SAMPLES = Option(
    default=512,
    kind="integer",
    label="Samples",
    sentence="How many coalitions of features are evaluated.",
    minimum=1,
    slider=(16, 4096),
    scale="doublings",
    unit="samples",
)
SEED = Option(default=0, kind="integer", label="Seed", sentence="Which samples are drawn.", minimum=0, shown=False)
DISTANCE = Option(
    default="l2",
    kind="choice",
    label="Distance",
    sentence="How far a sample is from the picture, by the features that it lacks.",
    choices=("l2", "cosine"),
    labels={"l2": "Euclidean"},
)
WIDTH = Option(
    default=0.75,
    kind="number",
    label="Locality",
    sentence="The width of the kernel: samples farther away count little.",
    minimum=1e-3,
    slider=(0.1, 2),
    step=0.05,
    unit="of the distance to nothing",
)
RIDGE = Option(
    default=1,
    kind="number",
    label="Ridge",
    sentence="How much large coefficients are held down.",
    minimum=0,
    slider=(0, 10),
    step=0.5,
    aside=True,
)
PAIRING = Option(
    default="paired",
    kind="choice",
    label="Sampling",
    sentence="Whether every second sample is the complement of the one before, so that errors cancel in part.",
    choices=("paired", "independent"),
    aside=True,
)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Lime(SurrogateMethod):
    """A linear model of the network around the input, fitted to samples without some features (Ribeiro et al. 2016).

    A sample has each feature with probability 1/2. With the fraction p of the features present its distance D is
    sqrt(1 - p) ("l2": the Euclidean distance of the indicators, whose distance to nothing is 1, the paper's choice for
    pictures) or 1 - sqrt(p) ("cosine"), and it weighs exp(-D^2 / width^2). The model is a weighted ridge regression
    with an intercept; the result's `fidelity` is its weighted R2 on the samples.

    Parameters
    ----------
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is switched off together; on vectors every element.
        "patches" are those to which a vision transformer attends.
        Of several input tensors a dict by their names with one of these for each; what is left out is one feature.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 512
        How many coalitions of features are evaluated.
    seed : int, default 0
        Sample i depends on (seed, i) alone.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.
    distance : {"l2", "cosine"}, default "l2"
        How far a sample is from the input.
    width : float, default 0.75
        The width of the kernel, as the authors' code has it for "l2"; for "cosine" it takes 0.25.
    ridge : float, default 1
        The penalty on the squared coefficients, in units of the weights, as the authors' code has it.
    tolerance : float, default 0
        Stop when the largest standard error (a jackknife over 16 groups of samples) is this part of the largest value.

    References
    ----------
    Ribeiro, Singh, Guestrin (2016), "Why Should I Trust You?": Explaining the Predictions of Any Classifier.

    Examples
    --------
    >>> result = xai.Lime(features="squares", size=2, samples=64)(model, x, xai.Logit("cross"))
    >>> result.features.count, 0 <= result.fidelity <= 1
    (16, True)
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()
    baseline: Baseline = BASELINE.field()
    distance: str = DISTANCE.field()
    width: float = WIDTH.field()
    ridge: float = RIDGE.field()
    tolerance: float = TOLERANCE.field()

    name = "lime"
    label = "LIME"
    sentence = "The coefficients of a linear model that does what the network does near this picture."
    reference = "Ribeiro, Singh, Guestrin 2016"
    complete = False

    def locality(self, present: Array) -> Array:
        """Return the weight of samples in which this fraction of the features is present."""
        distance = np.sqrt(1 - present) if self.distance == "l2" else 1 - np.sqrt(present)
        weight: Array = np.exp(-(distance**2) / self.width**2)
        return weight

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return LocalSamples(players, empty, full, self.samples, self.seed, self.locality, self.ridge)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class KernelShap(ShapleyMethod):
    """Shapley values as the solution of a weighted least squares problem (Lundberg and Lee 2017).

    The samples are weighted by the Shapley kernel, and both ends are constraints: the values sum to the change of the
    quantity exactly. The smallest and the largest coalitions are evaluated in full while the samples suffice; with
    2^n - 2 samples of n features the result is exact.

    Parameters
    ----------
    without : {"baseline", "marginal", "conditional"}, default "baseline"
        What stands for a column that is absent: the baseline; the rows of `background`, whatever the other columns are
        (interventional); or what the other columns make likely (observational). The last two are for tables alone.
    background : array of shape (rows, columns), or DataFrame, optional
        Rows of the table, which say what columns are like; at least 2.
    conditional : {"gaussian", "empirical"}, default "gaussian"
        What is likely: by a normal distribution with the mean and the covariance of the background, or its rows by how
        near they are.
    draws : int, default 256
        How many rows take the place of what is absent; for "marginal" at most all, each once, for "empirical" all.
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is switched off together; on vectors every element.
        "patches" are those to which a vision transformer attends.
        Of several input tensors a dict by their names with one of these for each; what is left out is one feature.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 512
        How many coalitions of features are evaluated, at least two per feature.
    seed : int, default 0
        Another one draws other coalitions.
    sampling : {"paired", "independent"}, default "paired"
        Whether each sample that is drawn at random is followed by its complement (Covert and Lee 2021).
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.
    tolerance : float, default 0
        Stop when the largest standard error (a jackknife over 16 groups of samples) is this part of the largest value.

    References
    ----------
    Lundberg, Lee (2017), A Unified Approach to Interpreting Model Predictions.

    Covert, Lee (2021), Improving KernelSHAP: Practical Shapley Value Estimation Using Linear Regression.

    Janzing, Minorics, Blöbaum (2020), Feature Relevance Quantification in Explainable AI: A Causal Problem.

    Aas, Jullum, Løland (2021), Explaining Individual Predictions When Features Are Dependent.

    Examples
    --------
    >>> kernel = xai.KernelShap(features="squares", size=4, samples=14)(model, x, xai.Logit("cross"))
    >>> exact = xai.ExactShapley(features="squares", size=4)(model, x, xai.Logit("cross"))
    >>> bool(np.allclose(kernel.values, exact.values, atol=1e-4))
    True
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()
    sampling: str = PAIRING.field()
    baseline: Baseline = BASELINE.field()
    tolerance: float = TOLERANCE.field()

    name = "kernel_shap"
    label = "KernelSHAP"
    sentence = "Shapley values, from the linear model that fits coalitions of features best."
    reference = "Lundberg, Lee 2017"

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return KernelSamples(players, empty, full, self.samples, self.seed, self.sampling == "paired")
