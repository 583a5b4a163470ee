"""Unit ablation: what a network can still tell when the units that matter to a class are taken out of a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import Logit
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.methods import InputXGradient
from xai_widgets.attribution.gradients.nodes import nested_nodes
from xai_widgets.attribution.gradients.noise import SAMPLES, SEED
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.concepts.relevant.relevant_features import RelevantFeaturesEstimate
from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.curves import STEPS
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks
from xai_widgets.option import Option

REPLACEMENT = Option(
    default="mean",
    kind="choice",
    label="Replaced by",
    sentence="What stands where a unit is taken out: its mean over the inputs, or zero.",
    choices=("mean", "zero"),
)
DRAWS = replace(SAMPLES, default=5, slider=(1, 32), sentence="How many random orders there are to compare with.")
NODES = replace(STEPS, default=16, sentence="After how many units, evenly spread, the accuracy is taken.")


def _checked_order(order: Any) -> Any:
    if isinstance(order, RelevantFeaturesEstimate):
        return order
    found = as_array(order)
    if found.dtype.kind not in "iu" or found.ndim not in (1, 2):
        raise InputTypeError(
            f'order is {shown(order)}; expected "weight", what RelevantFeatures found, or the numbers of all units, '
            "those first that go first."
        )
    return found


ORDER = Option(
    default="weight",
    kind="choice",
    label="Order",
    sentence="Which units go first.",
    choices=("weight",),
    other=_checked_order,
    shown=False,
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AblationEstimate(Progress):
    """The accuracy on each class while more and more units are taken out; made by `UnitAblation`.

    Attributes
    ----------
    layer : str
    relevance : array of shape (units, classes) or None
        How much each unit matters to each class; None where the order was given.
    counts : array of shape (nodes,)
        How many units are out, in rising order.
    accuracies : array of shape (nodes, classes, classes)
        For each class in whose order units go, those first that matter most: the accuracy on each class. nan where a
        class has no inputs, or was not asked for.
    random_accuracies : array of shape (nodes, draws, classes)
        The same for each random order.
    sizes : array of shape (classes,)
        How many inputs each class has.

    Examples
    --------
    >>> found = xai.UnitAblation(layer="dense", draws=2)(model, batch, [0, 1, 2, 0, 1, 2])
    >>> found.curve.shape == (len(found.counts), 3)
    True
    """

    layer: str
    relevance: Array | None
    counts: Array
    accuracies: Array
    random_accuracies: Array
    sizes: Array

    @property
    def curve(self) -> Array:
        """The accuracy on each class while the units go that matter most to it, (nodes, classes)."""
        found: Array = np.diagonal(self.accuracies, axis1=1, axis2=2)
        return found

    @property
    def others(self) -> Array:
        """The accuracy on the inputs of all other classes meanwhile, (nodes, classes)."""
        weights = self.sizes * (1 - np.eye(len(self.sizes)))
        right = np.where(weights > 0, self.accuracies, 0) * weights
        found: Array = right.sum(axis=2) / np.maximum(weights.sum(axis=1), 1)
        return found

    @property
    def random(self) -> Array:
        """The mean over random orders of the accuracy on each class, (nodes, classes)."""
        found: Array = self.random_accuracies.mean(axis=1)
        return found

    @property
    def random_error(self) -> Array:
        """Its standard error, (nodes, classes); nan for one order."""
        drawn = self.random_accuracies.shape[1]
        if drawn < 2:
            return np.full(self.curve.shape, np.nan)
        found: Array = self.random_accuracies.std(axis=1, ddof=1) / np.sqrt(drawn)
        return found

    @property
    def value(self) -> float:
        """How far the accuracy on a class lies below that of random orders, the mean over nodes and classes."""
        return float(np.nanmean(self.random - self.curve))

    def __repr__(self) -> str:
        seen = np.isfinite(self.curve[0])
        return (
            f"accuracy {self.curve[0][seen].mean():.2f} on {seen.sum()} classes with all units of {self.layer}, on "
            f"average {self.value:.2f} less than in a random order while those go first that matter most to a class "
            f"({self.evaluations} evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class UnitAblation(Finder):
    """Takes the units of a layer out of the network, those first that matter most to a class.

    Where they do matter the accuracy on the class falls sooner than in a random order, and that on the others does not.

    Parameters
    ----------
    layer : str
        Whose units, or channels, are taken out.
    order : str, array or RelevantFeaturesEstimate, default "weight"
        Which units go first. "weight" is how much each brings to the class: activation times gradient of its score,
        summed over places, the mean over the inputs of the class; behind a linear layer its weight times the mean
        activation. What `RelevantFeatures` found goes by its weights, units without one by their numbers. Or numbers of
        all units, (units,), or (classes, units) for an order for each class.
    replacement : {"mean", "zero"}, default "mean"
        What stands where a unit is taken out: its mean over the inputs, or zero, which a layer behind may never have
        seen.
    draws : int, default 5
        How many random orders there are to compare with.
    steps : int, default 16
        After how many numbers of units, evenly spread, the accuracy is taken; at most as many as there are units.
    seed : int, default 0

    References
    ----------
    Morcos, Barrett, Rabinowitz, Botvinick (2018), On the Importance of Single Directions for Generalization.

    Examples
    --------
    >>> found = xai.UnitAblation(layer="dense", draws=2)(model, batch, [0, 1, 2, 0, 1, 2])
    >>> found.counts.tolist()
    [0, 1, 2, 3]
    """

    layer: str = field()
    order: Any = ORDER.field()
    replacement: str = REPLACEMENT.field()
    draws: int = DRAWS.field()
    steps: int = NODES.field()
    seed: int = SEED.field()

    name = "unit_ablation"
    label = "Unit ablation"
    sentence = "What the network can still tell without the units that matter to a class."
    reference = "Morcos, Barrett, Rabinowitz, Botvinick 2018"

    def __call__(
        self, model: Model, x: ArrayLike, labels: ArrayLike, *, target: int | str | None = None
    ) -> AblationEstimate:
        """Return the accuracies: the last ones of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes that are right.
        target : int or str, optional
            The class whose units go; by default each of them in turn.

        Returns
        -------
        AblationEstimate

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.UnitAblation(layer="dense", draws=2)(model, batch, [0, 1, 2, 0, 1, 2])
        >>> found.curve.shape == found.random.shape
        True
        """
        return self.stream(model, x, labels, target=target).last()

    def stream(
        self, model: Model, x: ArrayLike, labels: ArrayLike, *, target: int | str | None = None
    ) -> Stream[AblationEstimate]:
        """Return the same with ever more nodes, the ends first; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes that are right.
        target : int or str, optional
            The class whose units go; by default each of them in turn.

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
        >>> for found in xai.UnitAblation(layer="dense", draws=2).stream(model, batch, [0, 1, 2, 0, 1, 2]):
        ...     if found.value > 0.2:
        ...         break
        """
        return streamed(Ablated(self, model, x, labels, target))


class Ablated(Sampler[AblationEstimate]):
    """Takes out units, one node after the other: none and all of them, then ever finer."""

    chunk = 1
    minimum = 2

    def __init__(
        self, finder: UnitAblation, model: Model, x: ArrayLike, labels: ArrayLike, target: int | str | None
    ) -> None:
        self.finder, self.units = finder, Units(model, x, finder.layer)
        self.batch = self.units.batch
        self.labels = checked_labels(labels, len(self.batch), model)
        self.sizes = np.bincount(self.labels, minlength=model.output_count)
        self.targets = np.flatnonzero(self.sizes) if target is None else np.array([model.target(target)])
        if not self.sizes[self.targets].all():
            raise InputError(f"labels hold class {self.targets[0]} for no input; expected it among them.")
        self.relevance: Array | None = None
        if isinstance(finder.order, RelevantFeaturesEstimate):
            self.relevance = finder.order.relevance(finder.layer)
        elif not isinstance(finder.order, str):
            self.orders = self._given(finder.order)
        steps = min(finder.steps, self.units.count)
        self.visits = np.round(nested_nodes(steps) / steps * self.units.count).astype(int)
        self.size, classes = len(self.visits), model.output_count
        self.found = np.full((self.size, classes, classes), np.nan)
        self.random = np.full((self.size, finder.draws, classes), np.nan)
        everything = np.arange(self.units.count)
        self.replacement = np.zeros(self.units.count, model.dtype)
        self.drawn_orders = [
            np.random.default_rng((finder.seed, at)).permutation(everything) for at in range(finder.draws)
        ]
        self.each = (len(self.targets) + finder.draws) * len(self.batch)
        self.weights = model.weights_of(np.zeros((1, classes)))

    def start(self) -> Iterator[None]:
        """Read the layer, and find out which units matter where that was not given."""
        pieces, cut, layout = [], self.units.cut, self.units.layout
        while self.evaluations < len(self.batch):
            pieces.append(cut.activations(self.batch[self.evaluations : self.evaluations + self.units.chunk]))
            self.evaluations += len(pieces[-1])
            yield
        self.activations = np.concatenate(pieces)
        sizes = [size if axis in layout.channel_axes else 1 for axis, size in enumerate(layout.shape)]
        self.unit_of = np.arange(layout.channels).reshape(sizes)
        if self.finder.replacement == "mean":
            self.replacement[:] = layout.channels_first(self.activations).mean(axis=(0, 2))
        if isinstance(self.finder.order, str):
            self.relevance = self._brought()
        if self.relevance is not None:
            if len(self.relevance) != self.units.count:
                raise InputError(
                    f"RelevantFeatures found weights for {len(self.relevance)} units of layer {self.finder.layer!r}, "
                    f"which has {self.units.count}; expected those of the same network."
                )
            self.orders = np.argsort(-self.relevance, axis=0, kind="stable").T

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            known: dict[bytes, Array] = {}
            count = self.visits[number]
            for target in self.targets:
                self.found[number, target] = self._accuracies(self.orders[target, :count], known)
            for place, order in enumerate(self.drawn_orders):
                self.random[number, place] = self._accuracies(order[:count], known)

    def values(self) -> Array:
        found: Array = np.nan_to_num(self.found[: self.drawn]).mean(axis=0)
        return found

    def answer(self, values: Array, **progress: Any) -> AblationEstimate:
        places = np.argsort(self.visits[: self.drawn])
        return AblationEstimate(
            layer=self.finder.layer,
            relevance=self.relevance,
            counts=self.visits[places],
            accuracies=self.found[places],
            random_accuracies=self.random[places],
            sizes=self.sizes,
            **progress,
        )

    def _accuracies(self, out: Array, known: dict[bytes, Array]) -> Array:
        """Return the accuracy on each class where some units are out; the same ones are taken out once."""
        key = np.sort(out).tobytes()
        if key not in known:
            gone = np.zeros(self.units.count, bool)
            gone[out] = True
            latents = np.where(gone[self.unit_of], self.replacement[self.unit_of], self.activations)
            scores = in_chunks(self.units.cut, "forward", self.batch, Objective(self.weights), latents).scores
            self.evaluations += len(latents)
            right = np.bincount(self.labels, scores.argmax(axis=1) == self.labels, len(self.sizes))
            known[key] = np.where(self.sizes > 0, right / np.maximum(self.sizes, 1), np.nan)
        return known[key]

    def _brought(self) -> Array:
        """Return what each unit brings to the score of each class, the mean over its inputs, (units, classes)."""
        found = InputXGradient()(self.units.model, self.batch, Logit(self.labels.tolist()), layer=self.finder.layer)
        self.evaluations += found.evaluations
        each = self.units.layout.by_channel(found.values).sum(axis=2, dtype=np.float64)
        total = np.stack([each[self.labels == one].sum(axis=0) for one in range(len(self.sizes))], axis=1)
        return np.asarray(total / np.maximum(self.sizes, 1))

    def _given(self, order: Array) -> Array:
        """Return the order of the units for each class, (classes, units)."""
        count, classes = self.units.count, len(self.sizes)
        if order.shape not in ((count,), (classes, count)) or (np.sort(order, axis=-1) != np.arange(count)).any():
            raise InputError(
                f"order has shape {order.shape}; expected each of the numbers from 0 to {count - 1}, the units of "
                f"{self.finder.layer!r}, once: ({count},), or ({classes}, {count}) with an order for each class."
            )
        return np.broadcast_to(order, (classes, count))
