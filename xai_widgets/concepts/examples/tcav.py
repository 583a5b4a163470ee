"""Testing with concept activation vectors: what a quantity gains when a concept is added to what a layer holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question, ask
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.direction import CLASSIFIER, PENALTY, PLACES, step
from xai_widgets.concepts.finder import Finder
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

RUNS = replace(
    SAMPLES,
    default=60,
    slider=(4, 256),
    label="Runs",
    unit="runs",
    sentence="How many random splits there are to compare with.",
)
NOTHING = 0.1
"""From which share of random splits on, with signs as clear as the concept's, these say nothing."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TCAVEstimate(Progress):
    """What a concept does to a quantity, beside what random splits do; made by `TCAV`.

    Attributes
    ----------
    effect : float
        What the quantity gains, to first order, by one step of the concept at the layer: the mean over the inputs. A
        step goes as far as the means of examples and counterpart lie apart along the direction.
    sensitivities : array of shape (inputs,)
        The same for each input.
    draws : array of shape (runs,)
        The effect when examples and counterpart are drawn again from themselves, with replacement.
    random : array of shape (runs,)
        The effects of random splits: all inputs of both sides, dealt anew.
    random_sign_scores : array of shape (runs,)
        Their sign scores.
    direction : array
        One step of the concept, of the shape of what the layer puts out for one input, or (units,) with
        ``places="mean"``; `Model.with_direction` takes it.
    true_change : float
        What the quantity really gains from the counterpart to the examples, the means of both; nan where it is of
        another class for each input.
    concept : Concept
    question : Question
        The quantity, of the inputs, at the layer.

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
    >>> found = xai.TCAV(bright, "conv2", runs=20)(model, batch, xai.Logit("ring"))
    >>> found.random.shape, 0 < found.p_value <= 1
    ((20,), True)
    """

    effect: float
    sensitivities: Array
    draws: Array
    random: Array
    random_sign_scores: Array
    direction: Array
    true_change: float
    concept: Concept
    question: Question = field(repr=False)

    @property
    def standard_error(self) -> float:
        """By how much the effect would differ with other examples; nan where a side has a single one, or of one run."""
        alone = min(len(side) for side in self.concept.sides) < 2 or len(self.draws) < 2
        return float("nan") if alone else float(self.draws.std(ddof=1))

    @property
    def p_value(self) -> float:
        """The share of random splits with an effect at least as large, of either sign; the concept counts as one."""
        return _share(np.abs(self.random), abs(self.effect))

    @property
    def sign_score(self) -> float:
        """The share of inputs whose quantity the concept raises, as TCAV was first defined."""
        return float((self.sensitivities > 0).mean())

    @property
    def sign_p_value(self) -> float:
        """The share of random splits with a sign score at least as far from a half; the concept counts as one."""
        return _share(np.abs(self.random_sign_scores - 0.5), abs(self.sign_score - 0.5))

    def gain(self, painted: ArrayLike) -> float:
        """Return what the quantity really gains, the mean over the inputs, when the concept is put into them.

        Parameters
        ----------
        painted : array of the shape of the inputs
            These with the concept, in their order.

        Raises
        ------
        ValueError, TypeError
            If they do not fit.
        """
        return float(np.mean(self.question.values(painted)) - np.mean(self.question.score))

    def __repr__(self) -> str:
        signs = f"signs: {self.sign_score:.2f}"
        if self.sign_p_value >= NOTHING:
            signs += f", as clear in {self.sign_p_value:.0%} of random splits, so that they say nothing"
        return (
            f"{self.concept.name!r} at {self.question.cut.layer!r}: {self.effect:+.3g} ± {self.standard_error:.2g}, "
            f"random splits {self.random.mean():+.2g} ± {self.random.std():.2g}, p {self.p_value:.2g}; {signs} "
            f"({len(self.random)} runs, {self.evaluations} evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class TCAV(Finder):
    """Tests how a quantity depends on a concept that is told by examples.

    Examples and counterpart give a direction at a layer. The gradient of the quantity along it, at each of the inputs,
    says what the concept would add there, and random splits of the same pictures what chance finds.

    Parameters
    ----------
    concept : Concept
        With a counterpart.
    layer : str
        Where directions are looked for.
    runs : int, default 60
        How many random splits there are, and draws for the error.
    classifier : {"difference", "ridge", "logistic"}, default "difference"
        What makes the direction: the difference of the means, or the normal of a linear classifier.
    penalty : float, default 1
        How much a classifier is kept from long weights, in units of the mean square of the activations.
    places : {"each", "mean"}, default "each"
        Whether each element of the layer has its own part in the direction, or each unit one for all places.
    seed : int, default 0

    Notes
    -----
    The share of inputs with a positive sign, which is TCAV as it was first defined, is in `sign_score`. Where a network
    is nearly linear behind the layer it is 0 or 1 for whatever direction, and then a test that compares it with those
    of random ones proves nothing; the estimate says so.

    References
    ----------
    Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas, Sayres (2018), Interpretability Beyond Feature Attribution:
    Quantitative Testing with Concept Activation Vectors (TCAV).

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
    >>> found = xai.TCAV(bright, "conv2", runs=20)(model, batch, xai.Logit("ring"))
    >>> steered = model.with_direction("conv2", found.direction)
    >>> bool(abs((steered.scores(batch) - model.scores(batch))[:, 1].mean() - found.effect) < 2)
    True
    """

    concept: Concept = field(kw_only=False)
    layer: str = field(kw_only=False)
    runs: int = RUNS.field()
    classifier: str = CLASSIFIER.field()
    penalty: float = PENALTY.field()
    places: str = PLACES.field()
    seed: int = SEED.field()

    name = "tcav"
    label = "TCAV"
    sentence = "What a concept, told by examples, adds to a class, beside what random splits of them add."
    reference = "Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas, Sayres 2018"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.concept, Concept):
            raise InputTypeError(f"concept is {shown(self.concept)}; expected Concept(name, examples, counterpart).")
        if not isinstance(self.layer, str):
            raise InputTypeError(f"layer is {shown(self.layer)}; expected the name of a layer.")
        self.concept.sides  # noqa: B018 - says what is missing

    def __call__(self, model: Model, x: ArrayLike, quantity: Quantity | None = None) -> TCAVEstimate:
        """Return the last estimate of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            The inputs at which the quantity is looked at, such as those of a class.
        quantity : Quantity, optional
            What is asked; by default the class on top at each input, see `Logit`.

        Returns
        -------
        TCAVEstimate

        Raises
        ------
        ValueError, TypeError
            If something does not fit, the quantity does not depend on the layer, or the layer says the same of all
            examples.

        Examples
        --------
        >>> dark = xai.Concept("dark", batch * 0.5, counterpart=batch)
        >>> xai.TCAV(dark, "conv2", runs=20)(model, batch, xai.Logit("cross")).sensitivities.shape
        (6,)
        """
        return self.stream(model, x, quantity).last()

    def stream(self, model: Model, x: ArrayLike, quantity: Quantity | None = None) -> Stream[TCAVEstimate]:
        """Return the same with ever more random splits; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            The inputs at which the quantity is looked at.
        quantity : Quantity, optional
            What is asked, as in a call.

        Returns
        -------
        iterator of TCAVEstimate
            The last of them `final`. Those of fewer runs have the first ones of those of more.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> dark = xai.Concept("dark", batch * 0.5, counterpart=batch)
        >>> for found in xai.TCAV(dark, "conv2").stream(model, batch, xai.Logit("cross")):
        ...     if len(found.random) >= 20 and found.p_value > 0.2:
        ...         break
        """
        return streamed(Tested(self, model, x, quantity))


class Tested(Sampler[TCAVEstimate]):
    """Deals the examples and their counterpart anew, again and again."""

    chunk = 4
    each = 0

    def __init__(self, method: TCAV, model: Model, x: ArrayLike, quantity: Quantity | None) -> None:
        self.method, self.question = method, ask(model, x, quantity, method.layer)
        self.cut = self.question.cut
        if method.places == "mean":
            self.cut.known_layout  # noqa: B018 - says what is not known
        batches = []
        for given in method.concept.sides:
            batch, single = model.prepare(given)
            if single:
                raise InputError(
                    f"The concept {method.concept.name!r} holds a single input; expected one behind the other, (count, "
                    f"{', '.join(map(str, batch.shape[1:]))})."
                )
            batches.append(batch)
        self.inputs = np.concatenate(batches)
        self.sides = np.arange(len(self.inputs)) < len(batches[0])
        self.size = method.runs
        self.found = np.empty((self.size, 3))

    def start(self) -> Iterator[None]:
        """Run the inputs forward and back, and examples and counterpart forward; all that follows are products."""
        gradients = np.asarray(self.question.look("backward").gradients, np.float64)
        yield
        objective = self.question.objective
        one_class = not np.ptp(objective.weights, axis=0).any()
        objective, pieces, values, start = replace(objective, weights=objective.weights[:1]), [], [], 0
        while start < len(self.inputs):
            rows = self.inputs[start : start + self.cut.chunk("forward")]
            passed = self.cut.evaluate(rows, objective)
            pieces.append(self._read(np.asarray(passed.activations, np.float64)))
            values.append(passed.values)
            start += len(rows)
            yield
        self.evaluations = len(gradients) + len(self.inputs)
        self.activations = np.concatenate(pieces)
        self.activations -= self.activations.mean(axis=0)
        said = np.concatenate(values).astype(np.float64)
        gained = said[self.sides].mean() - said[~self.sides].mean()
        self.true_change = float(gained) if one_class else float("nan")
        self.kernel = self.activations @ self.activations.T
        self.slopes = self._summed(gradients) @ self.activations.T
        self.step = step(self.kernel, self.sides, self.method.classifier, self.method.penalty)
        if not self.step.any():
            raise InputError(
                f"Layer {self.cut.layer!r} puts out the same for the examples of {self.method.concept.name!r} and for "
                "their counterpart, on average; expected inputs that it tells apart, or another layer."
            )

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            random = np.random.default_rng((self.method.seed, number))
            again = np.concatenate(
                [random.choice(np.flatnonzero(side), side.sum()) for side in (self.sides, ~self.sides)]
            )
            drawn = self._sensitivities(again, self.sides)
            split = self._sensitivities(np.arange(len(self.sides)), random.permutation(self.sides))
            self.found[number] = drawn.mean(), split.mean(), (split > 0).mean()

    def values(self) -> Array:
        return np.append(self.slopes @ self.step, self.found[: self.drawn, 1].std())

    def answer(self, values: Array, **progress: Any) -> TCAVEstimate:
        draws, random, signs = self.found[: self.drawn].T.copy()
        direction = self.step @ self.activations
        return TCAVEstimate(
            effect=float(values[:-1].mean()),
            sensitivities=values[:-1],
            draws=draws,
            random=random,
            random_sign_scores=signs,
            direction=direction if self.method.places == "mean" else direction.reshape(self.cut.shape),
            true_change=self.true_change,
            concept=self.method.concept,
            question=self.question,
            **progress,
        )

    def _sensitivities(self, places: Array, sides: Array) -> Array:
        """Return what a step adds at each input, where the examples and their counterpart are these."""
        kernel = self.kernel[np.ix_(places, places)]
        found: Array = self.slopes[:, places] @ step(kernel, sides, self.method.classifier, self.method.penalty)
        return found

    def _read(self, values: Array) -> Array:
        """Return activations in the form that directions have: each element, or the mean of each unit."""
        if self.method.places == "each":
            return _flat(values)
        found: Array = self.cut.known_layout.channels_first(values).mean(axis=2)
        return found

    def _summed(self, gradients: Array) -> Array:
        """Return gradients by such a direction: what is added to a unit is added at all of its places."""
        if self.method.places == "each":
            return _flat(gradients)
        found: Array = self.cut.known_layout.by_channel(gradients).sum(axis=2)
        return found


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _share(random: Array, found: float) -> float:
    """Return the share of numbers that are at least as large as the one found, which counts as one of them."""
    return float((1 + (random >= found * (1 - 1e-9)).sum()) / (1 + len(random)))
