"""Shapley values: what each feature brings, averaged over all orders in which features can enter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice
from xai_widgets.attribution.surrogates.averaged import ShapleyMethod
from xai_widgets.attribution.surrogates.coalitions import Coalitions, EveryCoalition, Permutations
from xai_widgets.attribution.surrogates.linear import PAIRING, SAMPLES, SEED
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

LARGE = replace(SIZE, default=24)
"""A picture of 64 x 64 has then 9 squares and 512 coalitions."""
ORDERS: Option = replace(
    SAMPLES, default=32, slider=(1, 1024), sentence="How many orders the features enter in.", unit="orders"
)
ANTITHETIC: Option = replace(
    PAIRING,
    default="antithetic",
    sentence="Whether every second order is the one before backwards, so that errors cancel in part.",
    choices=("antithetic", "independent"),
)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ExactShapley(ShapleyMethod):
    """Shapley values from all coalitions of features (Shapley 1953).

    The value of a feature is what its presence adds to the quantity, averaged over all orders in which the features
    can enter; 2^n evaluations of n features, of which there may be at most 16.

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
        What enters together; on vectors every element.
        "patches" are those to which a vision transformer attends.
        Of several input tensors a dict by their names with one of these for each; what is left out is one feature.
    size : int, default 24
        The side of a square in pixels; a superpixel has about its area.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.

    References
    ----------
    Shapley (1953), A Value for n-Person Games.

    Janzing, Minorics, Blöbaum (2020), Feature Relevance Quantification in Explainable AI: A Causal Problem.

    Aas, Jullum, Løland (2021), Explaining Individual Predictions When Features Are Dependent.

    Examples
    --------
    >>> result = xai.ExactShapley(features="squares", size=4)(model, x, xai.Logit("cross"))
    >>> result.features.count, result.evaluations, result.gap < 1e-4
    (4, 16, True)
    """

    features: FeatureChoice = FEATURES.field()
    size: int = LARGE.field()
    baseline: Baseline = BASELINE.field()

    name = "shapley_exact"
    label = "Shapley values"
    sentence = "What each feature brings, averaged over all orders in which features can enter."
    reference = "Shapley 1953"

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return EveryCoalition(players, empty, full)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ShapleySampling(ShapleyMethod):
    """Shapley values from random orders of the features (Castro et al. 2009; Strumbelj and Kononenko 2010).

    An order of n features takes n - 1 evaluations, and every mean of orders sums to the change of the quantity.

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
        What enters together; on vectors every element.
        "patches" are those to which a vision transformer attends.
        Of several input tensors a dict by their names with one of these for each; what is left out is one feature.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 32
        How many orders.
    seed : int, default 0
        Order i depends on (seed, i) alone.
    sampling : {"antithetic", "independent"}, default "antithetic"
        Whether each order is followed by itself backwards (Mitchell et al. 2022).
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What takes the place of a feature that is absent.
    tolerance : float, default 0
        Stop when the largest standard error is this part of the largest value.

    References
    ----------
    Castro, Gómez, Tejada (2009), Polynomial Calculation of the Shapley Value Based on Sampling.

    Štrumbelj, Kononenko (2010), An Efficient Explanation of Individual Classifications Using Game Theory.

    Mitchell, Cooper, Frank, Holmes (2022), Sampling Permutations for Shapley Value Estimation.

    Janzing, Minorics, Blöbaum (2020), Feature Relevance Quantification in Explainable AI: A Causal Problem.

    Aas, Jullum, Løland (2021), Explaining Individual Predictions When Features Are Dependent.

    Examples
    --------
    >>> result = xai.ShapleySampling(features="squares", size=2, samples=8)(model, x)
    >>> result.values.shape, result.gap < 1e-4
    ((1, 8, 8), True)
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = ORDERS.field()
    seed: int = SEED.field()
    sampling: str = ANTITHETIC.field()
    baseline: Baseline = BASELINE.field()
    tolerance: float = TOLERANCE.field()

    name = "shapley_sampling"
    label = "Shapley sampling"
    sentence = "What each feature brings, averaged over random orders in which features enter."
    reference = "Castro, Gómez, Tejada 2009; Štrumbelj, Kononenko 2010"

    def coalitions(self, players: int, empty: Array, full: Array) -> Coalitions:
        return Permutations(players, empty, full, self.samples, self.seed, self.sampling == "antithetic")
