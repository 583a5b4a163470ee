"""The one engine of the gradient methods: a statistic of gradients over a distribution (Leino et al. 2018).

A query is a quantity, a distribution and a slice of the network; beside them a per-sample multiplier and a statistic.
Saliency, integrated gradients and SmoothGrad are choices of these and nothing else.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.boundary import Boundary, BoundaryLine, no_boundary
from xai_widgets.attribution.distribution import (
    LATENT_BASELINE,
    NO_RANGE,
    SAMPLES,
    SEED,
    SIGMA,
    STEPS,
    Chunk,
    Distribution,
    Gaussian,
    Line,
    Path,
    Pending,
    Point,
    Samples,
)
from xai_widgets.attribution.method import METHODS, Estimate, Method, Query, register, relative_change
from xai_widgets.attribution.quantity import Quantity
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Evaluation
from xai_widgets.models.passes import in_pieces
from xai_widgets.option import Option

Multiplier = Literal["one", "displacement", "activation"]
Statistic = Literal["mean", "mean_square", "variance"]

DISTRIBUTIONS: dict[str, type[Distribution]] = {
    kind.name: kind for kind in (Point, Line, Gaussian, Boundary, BoundaryLine)
}
"""The distributions that the widgets offer, by name, in order."""

PATHS = tuple(name for name, kind in DISTRIBUTIONS.items() if issubclass(kind, Path))

PIXEL_ENDS, UNIT_ENDS = ("brighter lowers", "brighter raises"), ("stronger lowers", "stronger raises")
"""What the sign of a slope means, of a pixel and of a unit of a layer."""

MULTIPLIER = Option(
    default="one",
    kind="choice",
    label="Multiplier",
    sentence="What each gradient is multiplied by: one, the whole path, or the activation at the sample.",
    choices=("one", "displacement", "activation"),
    choices_when={"displacement": ("distribution", PATHS)},
)
STATISTIC = Option(
    default="mean",
    kind="choice",
    label="Statistic",
    sentence="How the products are put together.",
    choices=("mean", "mean_square", "variance"),
)
DISTRIBUTION = Option(
    default="point",
    kind="choice",
    label="Distribution",
    sentence="Where the gradients are taken.",
    choices=tuple(DISTRIBUTIONS),
    labels={name: kind.label for name, kind in DISTRIBUTIONS.items()},
    name="distribution",
)

NAMED_BY_OTHERS: dict[tuple[type[Distribution], str, str], tuple[str, str]] = {
    (Gaussian, "one", "mean_square"): ("SmoothGrad squared", "Hooker, Erhan, Kindermans, Kim 2019"),
    (Gaussian, "one", "variance"): ("VarGrad", "Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim 2018"),
}
"""What choices are called that are no method of their own here."""


@dataclass
class Moments:
    """Weighted sums of a stream of arrays in float64, so that the result does not depend on how it was cut."""

    statistic: Statistic
    weight: float = 0.0
    total: Any = 0.0
    squares: Any = 0.0

    def add(self, weights: Array, products: Array) -> None:
        """Add the arrays `products` (samples, ...) with their weights (samples,)."""
        for weight, product in zip(weights.tolist(), products.astype(np.float64), strict=True):
            self.weight += weight
            self.total = self.total + weight * product
            if self.statistic != "mean":
                self.squares = self.squares + weight * product**2

    def add_sum(self, weight: float, total: Array) -> None:
        """Add what is a weighted sum already, (...), with the sum of its weights; for the mean alone."""
        self.weight += weight
        self.total = self.total + total.astype(np.float64)

    def value(self) -> Array:
        """Return the statistic of what was added so far."""
        mean: Array = self.total / self.weight
        if self.statistic == "mean":
            return mean
        mean_square: Array = self.squares / self.weight
        return mean_square if self.statistic == "mean_square" else np.maximum(mean_square - mean**2, 0)


@dataclass
class State:
    """What a stream knows: enough to go on with more samples."""

    moments: Moments
    evaluations: int = 0
    drawn: int = 0
    score: Any = None
    baseline_score: Any = None
    objective: Any = None


class InfluenceMethod(Method):
    """A statistic of multiplied gradients over a distribution; subclasses choose."""

    family = "gradient"
    takes_layer = True
    multiplier: Multiplier = "one"
    statistic: Statistic = "mean"

    @property
    @abstractmethod
    def distribution(self) -> Distribution:
        """Where the gradients are taken."""

    def ends_at(self, layer: str | None) -> tuple[str, str]:
        return UNIT_ENDS if layer is not None and self.ends == PIXEL_ENDS else self.ends

    def extends(self, other: Method) -> bool:
        return (
            isinstance(other, InfluenceMethod)
            and (self.multiplier, self.statistic) == (other.multiplier, other.statistic)
            and self.distribution.extends(other.distribution)
        )

    def _query(self, model: Model, x: ArrayLike, quantity: Quantity | None, layer: str | None) -> Query:
        query = super()._query(model, x, quantity, layer)
        if self.multiplier == "displacement" and not isinstance(self.distribution, Path):
            raise InputError("The displacement is that of a path; expected distribution=Line(...) with it.")
        return query

    def _prepare(self, query: Query) -> Samples | Pending:
        return self.distribution.prepare(query.model, query.cut, query.batch)

    def _estimates(self, query: Query, prepared: Samples | Pending, state: Any) -> Iterator[Estimate | None]:
        if isinstance(prepared, Pending):
            while not prepared.search.advance():
                yield None
            samples = prepared.samples()
        else:
            samples = prepared
        distribution = self.distribution
        count = len(query.batch)
        if state is None:
            state = State(Moments(self.statistic), samples.evaluations, objective=query.objective)
            if not distribution.starts_at_input:
                self._score(query, state)
        state = copy.copy(state)
        state.moments = copy.copy(state.moments)
        planned = state.evaluations + (distribution.size - state.drawn) * count
        before: Array | None = None
        while True:
            # The input itself goes first and alone: it fixes the top class for all that follows.
            room = max(1, query.cut.chunk("backward") // count) if state.drawn else 1
            stop = min(state.drawn + room, distribution.size)
            if stop > state.drawn:
                self._add(query, state, samples, samples.draw(state.drawn, stop), stop)
            if state.drawn < distribution.minimum:
                continue
            final = state.drawn == distribution.size
            estimate = self._estimate(query, state, planned, before, final)
            yield estimate
            if final:
                return
            before = estimate.values

    def _score(self, query: Query, state: State) -> None:
        """Find the score, and with it the top class, by a pass that is not part of the distribution."""
        evaluation = in_pieces(query.cut, "forward", query.batch, query.objective)
        self._fix(query, state, evaluation)
        state.evaluations += len(query.batch)

    def _add(self, query: Query, state: State, samples: Samples, chunk: Chunk, stop: int) -> None:
        number, count = chunk.inputs.shape[:2]
        inputs = chunk.inputs.reshape(-1, *query.batch.shape[1:])
        latents = None if chunk.latents is None else chunk.latents.reshape(-1, *query.cut.shape)
        objective = state.objective.rows(np.tile(np.arange(count), number))
        # For a mean the single gradients are not needed, and their sum costs a backend less.
        pooled = number > 1 and self.statistic == "mean" and self.multiplier != "activation"
        pool = np.kron(chunk.weights, np.eye(count)) if pooled else None
        evaluation = in_pieces(query.cut, "backward", inputs, objective, latents, pool)
        if state.drawn == 0 and state.score is None:
            self._fix(query, state, evaluation)
        elif state.drawn <= 1 < stop and samples.displacement is not None:
            state.baseline_score = evaluation.values[(1 - state.drawn) * count :][:count]
        products = np.asarray(evaluation.gradients)
        if self.multiplier == "activation":
            products = products * np.asarray(evaluation.activations)
        if not pooled:
            products = products.reshape(number, count, *query.cut.shape)
        if self.multiplier == "displacement":
            products = products * samples.displacement
        if pooled:
            state.moments.add_sum(float(chunk.weights.sum()), products)
        else:
            state.moments.add(chunk.weights, products)
        state.evaluations += number * count
        state.drawn = stop

    def _fix(self, query: Query, state: State, evaluation: Evaluation) -> None:
        state.score = evaluation.values[: len(query.batch)]
        state.objective = query.objective.fixed(evaluation.scores[: len(query.batch)])

    def _estimate(self, query: Query, state: State, planned: int, before: Array | None, final: bool) -> Estimate:
        total = state.moments.value()
        values = query.unbatch(total)
        gap, absolute_gap = self._gaps(state, total)
        return Estimate(
            values=values,
            score=query.per_input(state.score),
            gap=query.per_input(gap),
            absolute_gap=query.per_input(absolute_gap),
            evaluations=state.evaluations,
            query=query,
            planned=planned,
            change=relative_change(values, before),
            final=final,
            state=replace(state, moments=copy.copy(state.moments)) if final else None,
        )

    def _gaps(self, state: State, total: Array) -> tuple[Array, Array]:
        """The completeness gap and its absolute value, nan where completeness is not promised."""
        if self.multiplier != "displacement" or self.statistic != "mean":
            nothing = np.full(len(total), np.nan)
            return nothing, nothing
        score, baseline = np.float64(state.score), np.float64(state.baseline_score)
        change = score - baseline
        absolute = np.abs(total.reshape(len(total), -1).sum(axis=1) - change)
        negligible = np.abs(change) < 1e-3 * np.maximum(1, np.maximum(np.abs(score), np.abs(baseline)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(negligible, np.nan, absolute / np.abs(change)), absolute


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Saliency(InfluenceMethod):
    """The gradient of the quantity, signed (Simonyan et al. 2014)."""

    name = "saliency"
    label = "Saliency"
    sentence = "How fast the quantity changes with each pixel."
    reference = "Simonyan, Vedaldi, Zisserman 2014"
    channels = "largest"
    ends = PIXEL_ENDS
    distribution = Point()


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class InputXGradient(InfluenceMethod):
    """The gradient of the quantity times the input (Shrikumar et al. 2016); at a layer, times its activation."""

    name = "input_x_gradient"
    label = "Input × gradient"
    sentence = "The gradient times the pixel: what a linear model would credit each pixel with."
    reference = "Shrikumar, Greenside, Shcherbina, Kundaje 2016"
    distribution = Point()
    multiplier = "activation"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class IntegratedGradients(InfluenceMethod):
    """Gradients averaged along the line from a baseline, times the way (Sundararajan et al. 2017).

    The trapezoid rule on `steps` panels, refined in an order in which every prefix is a whole estimate.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts.
    latent_baseline : {"baseline", "zero"}, default "baseline"
        At a layer the line runs from the activation of the baseline (Captum's LayerIntegratedGradients), or from zero
        (TruLens).
    """

    steps: int = STEPS.field()
    baseline: Baseline = BASELINE.field()
    latent_baseline: str = LATENT_BASELINE.field()

    name = "integrated_gradients"
    label = "Integrated gradients"
    sentence = "Gradients averaged on the way from a baseline to the picture; they sum to the change of the quantity."
    reference = "Sundararajan, Taly, Yan 2017"
    multiplier = "displacement"

    @property
    def distribution(self) -> Distribution:
        return Line(steps=self.steps, baseline=self.baseline, latent_baseline=self.latent_baseline)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothGrad(InfluenceMethod):
    """The gradient averaged over noisy copies of the input (Smilkov et al. 2017).

    Parameters
    ----------
    sigma : float, default 0.15
        The standard deviation of the noise, as a fraction of the width of the model's bounds.
    samples : int, default 32
    seed : int, default 0
        Sample i depends on (seed, i) alone.
    """

    sigma: float = SIGMA.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()

    name = "smoothgrad"
    label = "SmoothGrad"
    sentence = "The gradient averaged over noisy copies of the picture."
    reference = "Smilkov, Thorat, Kim, Viégas, Wattenberg 2017"
    channels = "largest"
    ends = PIXEL_ENDS

    @property
    def distribution(self) -> Distribution:
        return Gaussian(sigma=self.sigma, samples=self.samples, seed=self.seed)

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return NO_RANGE if model.bounds is None else None


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class BoundarySaliency(InfluenceMethod):
    """The gradient at the closest point at which the model answers another class (Wang, Fredrikson, Datta 2021).

    The quantity is that of the input: by default the score of the class that the model answers there. See `Boundary`.
    """

    name = "boundary_saliency"
    label = "Boundary saliency"
    sentence = "The gradient at the closest point at which the model changes its mind."
    reference = "Wang, Fredrikson, Datta 2021"
    channels = "largest"
    ends = PIXEL_ENDS
    distribution = Boundary()

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return no_boundary(model)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class BoundaryIntegratedGradients(InfluenceMethod):
    """Integrated gradients from the closest point at which the model answers another class (Wang et al. 2021).

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients, after the search for the point: see `Boundary`.
    """

    steps: int = STEPS.field()

    name = "boundary_integrated_gradients"
    label = "Boundary integrated gradients"
    sentence = (
        "Gradients averaged on the way to the picture from the closest point at which the model changes its mind."
    )
    reference = "Wang, Fredrikson, Datta 2021"
    multiplier = "displacement"

    @property
    def distribution(self) -> Distribution:
        return BoundaryLine(steps=self.steps)

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return no_boundary(model)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Influence(InfluenceMethod):
    """The explicit query: a quantity, a distribution and a slice, with a multiplier and a statistic.

    Parameters
    ----------
    distribution : Distribution, default Point()
        Where gradients are taken: `Point`, `Line`, `Gaussian`, `Boundary` or `BoundaryLine`.
    quantity : Quantity, optional
        What is explained, unless the call says otherwise; by default the top class.
    layer : str, optional
        The slice, unless the call says otherwise: attribute to this layer's output. A `Unit` or `Channel` quantity
        makes it a slice between two layers.
    multiplier : {"one", "displacement", "activation"}, default "one"
        What each gradient is multiplied by: nothing, end minus start of the path, or the activation at the sample.
    statistic : {"mean", "mean_square", "variance"}, default "mean"
        How the products are put together.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.
    """

    distribution: Distribution = Point()
    quantity: Quantity | None = None
    layer: str | None = None
    multiplier: Multiplier = MULTIPLIER.field()
    statistic: Statistic = STATISTIC.field()

    name = "influence"
    label = "Influence of your choice"
    sentence = "The expected gradient of a quantity over a distribution: all that the gradient methods choose is open."
    reference = "Leino, Sen, Datta, Fredrikson, Li 2018"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.distribution, Distribution):
            raise InputTypeError(
                f"distribution is {self.distribution!r}; expected "
                f"{' or '.join(f'{kind.__name__}()' for kind in DISTRIBUTIONS.values())}."
            )

    @property
    def channels(self) -> Literal["summed", "largest"]:
        return "largest" if self.multiplier == "one" else "summed"

    @property
    def ends(self) -> tuple[str, str]:
        if self.statistic != "mean":
            return "", "large"  # neither squares nor variances are negative
        return PIXEL_ENDS if self.multiplier == "one" else ("against", "for")

    @property
    def title(self) -> str:
        name, _ = self.known_as or ("", "")
        return f"Influence ({name})" if name else "Influence"

    @property
    def remark(self) -> str:
        if self.known_as is None:
            return "These choices have no name of their own."
        name, reference = self.known_as
        return f"This is {name} ({reference})."

    @property
    def known_as(self) -> tuple[str, str] | None:
        """What the choices are known as, and who named them so; None where they have no name of their own."""
        for kind in METHODS.values():
            if not issubclass(kind, InfluenceMethod) or kind is Influence:
                continue
            options = [option.name for option in kind.options() if hasattr(self.distribution, option.name)]
            named = kind(**{name: getattr(self.distribution, name) for name in options})
            same = (named.multiplier, named.statistic) == (self.multiplier, self.statistic)
            if same and named.distribution.same_options(self.distribution):
                name = kind.label
                return (name[0].lower() + name[1:] if name[1:].islower() else name), kind.reference
        return NAMED_BY_OTHERS.get((type(self.distribution), self.multiplier, self.statistic))

    @classmethod
    def controls(cls) -> tuple[Option, ...]:
        own: dict[str, Option] = {}
        for name, kind in DISTRIBUTIONS.items():
            for option in kind.options():
                before = () if option.name not in own else (own[option.name].when or ("", ()))[1]
                own[option.name] = replace(option, when=("distribution", (*before, name)))
        return (DISTRIBUTION, *own.values(), *(replace(option, aside=True) for option in cls.options()))

    @classmethod
    def from_controls(cls, values: Mapping[str, Any]) -> Influence:
        kind = DISTRIBUTIONS[DISTRIBUTION.check(values["distribution"])]
        distribution = kind(**{option.name: values[option.name] for option in kind.options()})
        return cls(distribution=distribution, **{option.name: values[option.name] for option in cls.options()})

    def as_controls(self) -> dict[str, Any]:
        values = {option.name: option.default for option in self.controls()}
        values["distribution"] = self.distribution.name
        for part in (self.distribution, self):
            values |= {option.name: getattr(part, option.name) for option in part.options()}
        return values

    def _query(self, model: Model, x: ArrayLike, quantity: Quantity | None, layer: str | None) -> Query:
        return super()._query(model, x, quantity or self.quantity, layer or self.layer)
