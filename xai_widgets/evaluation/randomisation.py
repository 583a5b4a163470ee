"""Parameter randomisation: whether a map changes where the network forgets what it learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.erasure import laid
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler, method_of
from xai_widgets.evaluation.similarity import Similarity, edges, similarity
from xai_widgets.models.objective import Array
from xai_widgets.models.resets import Resets
from xai_widgets.option import Option

ORDER = Option(
    default="cascading",
    kind="choice",
    label="Order",
    sentence="Whether layers stay reset while the next one below is, or one is reset at a time.",
    choices=("cascading", "independent"),
)
DEPTHS = Option(
    default=8,
    kind="integer",
    label="Depths",
    sentence="How many resets there are at most; where there are more layers, some go together.",
    minimum=1,
    slider=(1, 32),
    scale="doublings",
)
DRAWS = replace(SAMPLES, default=3, slider=(1, 16), label="Draws", sentence="How often the weights are drawn.")
MEASURES = Similarity._fields
NULLS = ("edges", "two random networks")
APART = 1000
"""So far are the seeds of the two random networks from those of the draws."""


@dataclass(frozen=True, eq=False, repr=False)
class RandomisationEstimate(Measurement):
    """How alike a map stays while layers are reset; made by `ParameterRandomisation`.

    Its `value` is the mean of `signed_spearman` over all depths: 1 where the map does not care what was learnt.

    Attributes
    ----------
    layers : tuple of str
        The layer that each depth resets, with those above it where resets cascade.
    similarities, similarity_errors : array of shape (4, depths, batch)
        Each measure of likeness with the map of the trained network, in the order of `Similarity`, the mean over draws
        and its standard error; nan where no draw has come that far.
    nulls : dict of str to array of shape (4, batch)
        The same measures where nothing was learnt: of the map and the edges of the input, and of the maps of two
        networks that were reset altogether.

    Examples
    --------
    >>> found = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    >>> len(found.layers) == len(found.signed_spearman) == len(found.ssim)
    True
    """

    layers: tuple[str, ...]
    similarities: Array
    similarity_errors: Array
    nulls: Mapping[str, Array]

    @property
    def compared(self) -> Array:
        """How far the likeness is from none, (batch,): a map that is turned round is no better than one that is new."""
        return np.abs(self.values)

    @property
    def spearman(self) -> Array:
        """The rank correlation of magnitudes at each depth, (depths,) or (batch, depths)."""
        return self._measure("spearman")

    @property
    def signed_spearman(self) -> Array:
        """The rank correlation of values at each depth, (depths,) or (batch, depths)."""
        return self._measure("signed_spearman")

    @property
    def ssim(self) -> Array:
        """The structural similarity at each depth, (depths,) or (batch, depths); nan for what is no picture."""
        return self._measure("ssim")

    @property
    def hog(self) -> Array:
        """The correlation of directions of edges at each depth, (depths,) or (batch, depths)."""
        return self._measure("hog")

    @property
    def null(self) -> dict[str, dict[str, float]]:
        """What likeness means nothing: the mean over inputs of each measure, with edges and of random networks."""
        return {
            name: {measure: float(np.mean(row)) for measure, row in zip(MEASURES, rows, strict=True)}
            for name, rows in self.nulls.items()
        }

    @property
    def facts(self) -> list[Fact]:
        """The likeness at the first reset and when all is reset, and what means nothing."""
        mean, *_ = super().facts
        signed = self.similarities[MEASURES.index("signed_spearman")].mean(axis=1)
        random = self.null["two random networks"]["signed_spearman"]
        last = signed[np.isfinite(signed)][-1]
        return [
            mean._replace(value=f"{self.values.mean():.3g} (signed rank correlation, the mean of all depths)"),
            Fact("first reset", f"{signed[0]:.3g}", f"The likeness when {self.layers[0]} is reset."),
            Fact("last reset", f"{last:.3g}", "The likeness at the last reset."),
            Fact("random networks", f"{random:.3g}", "The likeness of the maps of two networks that learnt nothing."),
        ]

    def _measure(self, name: str) -> Array:
        rows: Array = self.similarities[MEASURES.index(name)].T
        return rows[0] if self.question.single else rows


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ParameterRandomisation(Metric):
    """How alike a map stays while the layers of the network forget what they learnt (Adebayo et al. 2018).

    From the outputs down each layer gets the weights that it might have had before the training. What explains the
    network should change then; what looks the same shows the input and not what was learnt. Magnitudes stay alike
    because of the edges of the input: look at `signed_spearman`, and at `null` beside all measures. The class is that
    of the trained network throughout.

    Parameters
    ----------
    order : {"cascading", "independent"}, default "cascading"
        Whether layers stay reset while the next one below is, or one is reset at a time.
    draws : int, default 3
        How often the weights are drawn; the means are over these.
    depths : int, default 8
        How many resets there are at most; where more layers hold weights, some go together.
    seed : int, default 0

    References
    ----------
    Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018), Sanity Checks for Saliency Maps.

    Examples
    --------
    >>> found = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    >>> found.layers[0], bool(found.signed_spearman[-1] < 0.9)
    ('dense', True)
    """

    order: str = ORDER.field()
    draws: int = DRAWS.field()
    depths: int = DEPTHS.field()
    seed: int = SEED.field()

    name = "parameter_randomisation"
    label = "Parameter randomisation"
    sentence = "How alike the map stays while the layers of the network forget what they learnt."
    reference = "Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim 2018"
    better = "lower"

    def extends(self, other: Any) -> bool:
        same = isinstance(other, ParameterRandomisation) and self.same_options(other, ("draws",))
        return same and self.draws >= other.draws

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Forgetting(self, judged, state)


class Seen(NamedTuple):
    """What a stream needs to go on with more draws."""

    found: Array
    nulls: dict[str, Array]
    evaluations: int


class Forgetting(MetricSampler):
    """Explains the network at one depth of one draw after the other."""

    chunk = 1
    metric: ParameterRandomisation

    def __init__(self, metric: ParameterRandomisation, judged: Attribution, state: Seen | None) -> None:
        super().__init__(metric, judged)
        self.method, self.each = method_of(judged), judged.evaluations
        self.resets: Resets = self.question.model.resets()
        self.groups = groups_of(self.resets, metric.depths)
        self.size, self.here = metric.draws * len(self.groups), laid(judged)[0]
        self.found = np.full((len(MEASURES), metric.draws, len(self.groups), self.count), np.nan)
        self.nulls: dict[str, Array] = {}
        if state is not None:
            before, self.nulls, self.evaluations = state
            self.found[:, : before.shape[1]] = before
            self.drawn = before.shape[1] * len(self.groups)

    def start(self) -> Iterator[None]:
        """See how alike maps are that have nothing learnt in common."""
        random = []
        for seed in random_seeds(self.metric):
            random.append(self._explained(self.resets.layers, seed))
            self.evaluations += self.each
            yield
        self.nulls = dict(zip(NULLS, (alike(self.here, edges_of(self.question)), alike(*random)), strict=True))

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            draw, depth = divmod(number, len(self.groups))
            there = self._explained(forgotten(self.groups, depth, self.metric.order), self.metric.seed + draw)
            self.found[:, draw, depth] = alike(self.here, there)
            self.evaluations += self.each

    def values(self) -> Array:
        return _mean(means_and_errors(self.found)[0])

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return estimated(self.metric, self.judged, self.groups, self.found, self.nulls, **progress)

    def state(self) -> Seen:
        return Seen(self.found.copy(), self.nulls, self.evaluations)

    def _explained(self, layers: list[str], seed: int) -> Array:
        """Return the maps where these layers are reset, (batch, *places)."""
        self.resets.take(layers, seed)
        return laid(self.explained(self.question.asked_of(self.resets.model), self.method))[0]


def groups_of(resets: Resets, depths: int) -> list[list[str]]:
    """Return the layers that each of at most so many depths adds to those that are reset, the top ones first."""
    layers = resets.layers[::-1]
    return [group.tolist() for group in np.array_split(layers, min(depths, len(layers)))]


def forgotten(groups: Sequence[Sequence[str]], place: int, order: str) -> list[str]:
    """Return the layers that are reset at one of these groups: it alone, or those above it, too."""
    reset = groups[: place + 1] if order == "cascading" else [groups[place]]
    return [layer for group in reset for layer in group]


def random_seeds(metric: ParameterRandomisation) -> tuple[int, int]:
    """Return the seeds of two networks that are reset altogether."""
    return metric.seed + APART, metric.seed + APART + 1


def estimated(
    metric: ParameterRandomisation,
    judged: Attribution,
    groups: Sequence[Sequence[str]],
    found: Array,
    nulls: Mapping[str, Array],
    **progress: Any,
) -> RandomisationEstimate:
    """Return what the likenesses amount to that were found, (measures, draws, groups, batch); nan are those to come."""
    means, errors = means_and_errors(found)
    return RandomisationEstimate(
        values=_mean(means),
        question=judged.question,
        method=metric,
        judged=judged,
        errors=np.full(found.shape[-1], np.nan),
        layers=tuple(group[-1] for group in groups),
        similarities=means,
        similarity_errors=errors,
        nulls=nulls,
        **progress,
    )


def edges_of(question: Question) -> Array:
    """Return how strong the edges of each input are, (batch, *places)."""
    whole = question.model.input
    inputs = whole.unpacked(question.batch)[0].astype(np.float64)
    return np.stack([edges(plane) for plane in whole.pieces[0].layout.map(inputs)])


def means_and_errors(found: Array) -> tuple[Array, Array]:
    """Return the means over draws, and their standard errors: (measures, depths, batch), of (measures, draws, ...).

    nan are those that no draw has come to yet.
    """
    draws = np.isfinite(found).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.nansum(found, axis=1) / draws
        variance = np.nansum((found - means[:, None]) ** 2, axis=1) / (draws - 1)
        errors = np.where(draws > 1, np.sqrt(variance / draws), np.nan)
    return means, errors


def _mean(means: Array) -> Array:
    """Return the mean over depths of the signed rank correlation, (batch,)."""
    return np.asarray(np.nanmean(means[MEASURES.index("signed_spearman")], axis=0))


def alike(ones: Array, others: Array) -> Array:
    """Return each measure of likeness for each pair of maps, (measures, batch)."""
    return np.array([similarity(*pair) for pair in zip(ones, others, strict=True)]).T
