"""Unit ablation: what a network can still tell when the units that matter to a class are taken out of a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import Logit
from xai_widgets.answers.question import ask
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.methods import InputXGradient
from xai_widgets.attribution.gradients.nodes import nested_nodes
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.curves import STEPS
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.models.passes import in_chunks
from xai_widgets.option import Option, Optioned

REPLACEMENT = Option(
    default="mean",
    kind="choice",
    label="Replaced by",
    sentence="What stands where a unit is taken out: its mean over the inputs, or zero.",
    choices=("mean", "zero"),
)
DRAWS = replace(SAMPLES, default=10, slider=(1, 32), sentence="How many random orders there are to compare with.")
NODES = replace(STEPS, default=32, sentence="After how many units, evenly spread, the accuracy is taken.")
ORDERS = ("most", "least")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AblationEstimate(Progress):
    """The accuracy while more and more units are taken out; made by `UnitAblation`.

    Attributes
    ----------
    relevance : array of shape (units,)
        How much each unit matters to the class.
    counts : array of shape (nodes,)
        How many units are out, in rising order.
    accuracies : array of shape (nodes, orders, 2)
        The accuracy on the class, and on all others: the most relevant units out first, the least relevant, and then
        for each random order.

    Examples
    --------
    >>> found = xai.UnitAblation(draws=2)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="dense", target=0)
    >>> found.most.shape == (len(found.counts), 2)
    True
    """

    relevance: Array
    counts: Array
    accuracies: Array

    @property
    def most(self) -> Array:
        """The accuracies on the class and on all others, the most relevant units out first, (nodes, 2)."""
        found: Array = self.accuracies[:, 0]
        return found

    @property
    def least(self) -> Array:
        """The same with the least relevant units out first, (nodes, 2)."""
        found: Array = self.accuracies[:, 1]
        return found

    @property
    def random(self) -> Array:
        """The mean over random orders, (nodes, 2)."""
        found: Array = self.accuracies[:, 2:].mean(axis=1)
        return found

    @property
    def random_error(self) -> Array:
        """Its standard error, (nodes, 2); nan for one order."""
        drawn = self.accuracies.shape[1] - 2
        if drawn < 2:
            return np.full((len(self.counts), 2), np.nan)
        found: Array = self.accuracies[:, 2:].std(axis=1, ddof=1) / np.sqrt(drawn)
        return found

    @property
    def value(self) -> float:
        """How far the accuracy on the class lies below that of random orders, the mean over nodes."""
        return float((self.random - self.most)[:, 0].mean())

    def __repr__(self) -> str:
        return (
            f"accuracy on the class {self.most[0, 0]:.2f} with all units, on average {self.value:.2f} less than in a "
            f"random order while the most relevant of {len(self.relevance)} go first ({self.evaluations} evaluations)"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitAblation(Optioned):
    """Takes the units of a layer out of the network, those first that matter most to a class.

    Where they do matter the accuracy on the class falls sooner than in a random order, and that on the others does not.

    Parameters
    ----------
    replacement : {"mean", "zero"}, default "mean"
        What stands where a unit is taken out: its mean over the inputs, or zero, which a layer behind may never have
        seen.
    draws : int, default 10
        How many random orders there are to compare with.
    steps : int, default 32
        After how many numbers of units, evenly spread, the accuracy is taken; at most as many as there are units.
    seed : int, default 0

    References
    ----------
    Morcos, Barrett, Rabinowitz, Botvinick (2018), On the Importance of Single Directions for Generalization.

    Examples
    --------
    >>> found = xai.UnitAblation(draws=2)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="dense", target=0)
    >>> found.counts.tolist()[-1] == len(found.relevance)
    True
    """

    replacement: str = REPLACEMENT.field()
    draws: int = DRAWS.field()
    steps: int = NODES.field()
    seed: int = SEED.field()

    def __call__(
        self,
        model: Model,
        x: ArrayLike,
        labels: ArrayLike,
        layer: str,
        *,
        target: int | str,
        relevance: ArrayLike | None = None,
    ) -> AblationEstimate:
        """Return the accuracies: the last ones of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes that are right.
        layer : str
            Whose units, or channels, are taken out.
        target : int or str
            The class.
        relevance : array of shape (units,), optional
            How much each unit matters to it; by default activation times gradient of its score, summed over places, the
            mean over the inputs of the class.

        Returns
        -------
        AblationEstimate

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.UnitAblation(draws=2)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="dense", target=0)
        >>> found.most.shape == found.random.shape
        True
        """
        return self.stream(model, x, labels, layer, target=target, relevance=relevance).last()

    def stream(
        self,
        model: Model,
        x: ArrayLike,
        labels: ArrayLike,
        layer: str,
        *,
        target: int | str,
        relevance: ArrayLike | None = None,
    ) -> Stream[AblationEstimate]:
        """Return the same with ever more nodes, the ends first; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes that are right.
        layer : str
            Whose units, or channels, are taken out.
        target : int or str
            The class.
        relevance : array of shape (units,), optional
            How much each unit matters to it, as in a call.

        Returns
        -------
        iterator of AblationEstimate
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> labels = [0, 1, 2, 0, 1, 2]
        >>> for found in xai.UnitAblation(draws=2).stream(model, batch, labels=labels, layer="dense", target=0):
        ...     if found.value > 0.2:
        ...         break
        """
        return streamed(Ablated(self, model, x, labels, layer, target, relevance))


class Ablated(Sampler[AblationEstimate]):
    """Takes out units, one node after the other: none and all of them, then ever finer."""

    chunk = 1
    minimum = 2

    def __init__(
        self,
        metric: UnitAblation,
        model: Model,
        x: ArrayLike,
        labels: ArrayLike,
        layer: str,
        target: int | str,
        relevance: ArrayLike | None,
    ) -> None:
        question = ask(model, x, None)
        if question.single or model.segmentation or model.outputs == "values":
            raise InputError("Expected a batch of inputs of a network that answers with one class each.")
        self.batch, self.objective = question.batch, question.objective
        self.labels, self.target = _checked_labels(labels, len(self.batch), model), model.target(target)
        if not 0 < (self.labels == self.target).sum() < len(self.labels):
            raise InputError(f"labels hold class {self.target} for none or for all inputs; expected it and others.")
        self.cut = model.at(layer)
        self.layout = self.cut.known_layout
        self.activations = self.cut.activations(self.batch)
        given = relevance is not None
        self.relevance = np.asarray(relevance, np.float64) if given else self._relevance(model, layer)
        if self.relevance.shape != (self.layout.channels,) or not np.isfinite(self.relevance).all():
            raise InputError(
                f"relevance has shape {self.relevance.shape}; expected a number for each of the {self.layout.channels} "
                f"units of {layer!r}."
            )
        mean = self.layout.channels_first(self.activations).mean(axis=(0, 2)) if metric.replacement == "mean" else None
        self.replacement = np.zeros(self.layout.channels) if mean is None else mean
        ranked = np.argsort(-self.relevance, kind="stable")
        drawn = [np.random.default_rng((metric.seed, number)).permutation(ranked) for number in range(metric.draws)]
        self.orders = [ranked, ranked[::-1], *drawn]
        steps = min(metric.steps, self.layout.channels)
        self.visits = np.round(nested_nodes(steps) / steps * self.layout.channels).astype(int)
        self.size, self.each = len(self.visits), len(self.orders) * len(self.batch)
        self.found = np.empty((self.size, len(self.orders), 2))

    def start(self) -> Iterator[None]:
        """Count the passes that came before."""
        self.evaluations += len(self.batch)
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            for place, order in enumerate(self.orders):
                self.found[number, place] = self._accuracies(order[: self.visits[number]])
            self.evaluations += self.each

    def values(self) -> Array:
        found: Array = self.found[: self.drawn].mean(axis=(0, 1))
        return found

    def answer(self, values: Array, **progress: Any) -> AblationEstimate:
        places = np.argsort(self.visits[: self.drawn])
        return AblationEstimate(
            relevance=self.relevance,
            counts=self.visits[places],
            accuracies=self.found[places],
            **progress,
        )

    def _accuracies(self, out: Array) -> Array:
        """Return the accuracy on the class and on the others where some units are out."""
        rows = self.layout.channels_first(self.activations).copy()
        rows[:, out] = self.replacement[out, None]
        latents = self.layout.from_channels_first(rows).astype(self.activations.dtype)
        scores = in_chunks(self.cut, "forward", self.batch, self.objective, latents).scores
        right, own = scores.argmax(axis=1) == self.labels, self.labels == self.target
        return np.array([right[own].mean(), right[~own].mean()])

    def _relevance(self, model: Model, layer: str) -> Array:
        own = self.batch[self.labels == self.target]
        found = InputXGradient()(model, own, Logit(self.target), layer=layer)
        self.evaluations += found.evaluations
        return np.asarray(self.layout.channels_first(found.values).sum(axis=2).mean(axis=0), np.float64)


def _checked_labels(labels: ArrayLike, count: int, model: Model) -> Array:
    found: Array = np.asarray(labels)
    if found.dtype.kind not in "iu":
        raise InputTypeError(f"labels is {shown(labels)}; expected the numbers of the right classes.")
    if found.shape != (count,) or found.min() < 0 or found.max() >= model.output_count:
        raise InputError(
            f"labels has shape {found.shape} with numbers from {found.min(initial=0)} to {found.max(initial=0)}; "
            f"expected ({count},), from 0 to {model.output_count - 1}."
        )
    return found
