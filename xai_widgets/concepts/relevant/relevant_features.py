"""Relevant features: the few units, of all layers, from whose responses the classes can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.method import Method
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.concepts.relevant.descriptors import Descriptors, checked_layers
from xai_widgets.concepts.relevant.interpretation import Interpretation, interpreted
from xai_widgets.concepts.relevant.least_squares import BoundedLeastSquares
from xai_widgets.concepts.relevant.patches import Patch, mean_patch
from xai_widgets.errors import InputError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, one_hot
from xai_widgets.option import Option

BUDGET = Option(
    default=10,
    kind="number",
    label="Budget",
    sentence="How large the magnitudes of the weights of a class may be together: the smaller, the fewer units.",
    minimum=0.001,
    maximum=1_000_000,
    slider=(0.5, 16),
    step=0.5,
)
STEPS = Option(
    default=2000,
    kind="integer",
    label="Steps",
    sentence="How many steps are taken at most on the way to the best weights.",
    minimum=1,
    slider=(64, 4096),
    scale="doublings",
)
EXACT = 1e-6
"""A squared error that lies above the least by less than this part of what no weights leave is the least."""
LOOK = 25
"""After so many steps it is looked how close they have come."""


class RelevantUnit(NamedTuple):
    """A unit from which a class can be told, and its weight."""

    layer: str
    unit: int
    weight: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RelevantFeaturesEstimate(Progress):
    """The units from which classes can be told; made by `RelevantFeatures`.

    Attributes
    ----------
    features : list of (str, int)
        Layer and number of all units that there are.
    weights : array of shape (features, classes)
        How much each counts for each class; most are zero.
    gap : array of shape (classes,)
        By how much the squared error of a class may still lie above the least, as a share of what no weights leave.
    accuracy : float
        On how large a share of the inputs the class with the largest sum is the right one.
    budget : float
        How large the magnitudes of the weights of a class may be together.
    model : Model
        The network in which they were found.

    Examples
    --------
    >>> found = xai.RelevantFeatures(budget=2)(model, batch, [0, 1, 2, 0, 1, 2])
    >>> found.weights.shape == (len(found.features), 3)
    True
    >>> bool(np.abs(found.weights).sum(axis=0).max() <= 2 + 1e-9)
    True
    """

    features: list[tuple[str, int]]
    weights: Array
    gap: Array
    accuracy: float
    budget: float
    model: Model

    @property
    def counts(self) -> Array:
        """From how many units each class is told, (classes,)."""
        found: Array = (self.weights != 0).sum(axis=0)
        return found

    @property
    def layers(self) -> list[str]:
        """The layers whose units these are."""
        return list(dict.fromkeys(layer for layer, _ in self.features))

    def chosen(self, target: int | str) -> list[RelevantUnit]:
        """Return the units that a class is told from, (layer, unit, weight), those that count most first.

        A negative weight speaks against the class.

        Parameters
        ----------
        target : int or str
            The class.

        Raises
        ------
        ValueError, TypeError
            If there is no such class.
        """
        weights = self.weights[:, self.model.target(target)]
        order = np.argsort(-np.abs(weights), kind="stable")
        return [
            RelevantUnit(layer=layer, unit=unit, weight=float(weight))
            for (layer, unit), weight in ((self.features[place], weights[place]) for place in order)
            if weight
        ]

    def relevance(self, layer: str) -> Array:
        """Return the weights of the units of one layer, (units, classes).

        Parameters
        ----------
        layer : str
            One of `layers`.

        Raises
        ------
        ValueError
            If its units were not among them.
        """
        rows = [place for place, (name, _) in enumerate(self.features) if isinstance(layer, str) and name == layer]
        if not rows:
            raise InputError(f"The units of layer {shown(layer)} were not looked at; expected one of {self.layers}.")
        found: Array = self.weights[rows]
        return found

    def explain(
        self,
        model: Model,
        x: ArrayLike,
        target: int | str | None = None,
        count: int = 3,
        method: Method | None = None,
    ) -> Interpretation:
        """Return why inputs are of a class: the relevant units that respond, and where each of them looks.

        A unit that speaks for the class counts as much as its weight times its response. Where it looks says guided
        backpropagation from it.

        Parameters
        ----------
        model : Model
            The network.
        x : array of the network's input shape, or a batch of them
        target : int or str, optional
            The class; by default the answer of the network to each input.
        count : int, default 3
            How many units at most.
        method : Method, optional
            What says where a unit looks; by default `GuidedBackpropagation()`.

        Returns
        -------
        Interpretation

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.RelevantFeatures(budget=2)(model, batch, [0, 1, 2, 0, 1, 2])
        >>> why = found.explain(model, batch, count=2)
        >>> why.map.shape, max(map(len, why.units))
        ((6, 8, 8), 2)
        """
        return interpreted(self.features, self.weights, model, x, target, count, method)

    def patches(self, model: Model, x: ArrayLike, target: int | str, count: int = 20) -> list[Patch]:
        """Return what the relevant units of a class respond to: the mean of the parts of inputs where each is largest.

        Parameters
        ----------
        model : Model
            The network.
        x : array of shape (batch, *input shape)
            Where to look.
        target : int or str
            The class.
        count : int, default 20
            In how many inputs at most, those with the largest responses.

        Returns
        -------
        list of Patch
            One for each unit of `chosen`.

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.RelevantFeatures(budget=1, layers=["relu2"])(model, batch, [0, 1, 2, 0, 1, 2])
        >>> found.patches(model, batch, "cross")[0].picture.shape
        (5, 5, 1)
        """
        return [mean_patch(model, x, layer, unit, count) for layer, unit, _ in self.chosen(target)]

    def __repr__(self) -> str:
        told = ", ".join(f"{self.model.class_name(place)} {count}" for place, count in enumerate(self.counts))
        return (
            f"relevant units of {len(self.features)} in {len(self.layers)} layers at budget {self.budget:g}: {told}; "
            f"accuracy of the fit {self.accuracy:.3f}, within {self.gap.max():.1e} of the best ({self.evaluations} "
            "evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class RelevantFeatures(Finder):
    """Finds the units from which classes can be told: weights of a linear fit whose magnitudes have a budget.

    Each input is described by how much each channel of each layer responds: the length of its map, where those of a
    layer have length one together. The weights of a class are the best in the sense of least squares, of all whose
    magnitudes sum to no more than the budget. That a class can be told from a unit does not mean that the network does:
    see `UnitAblation`.

    Parameters
    ----------
    budget : float, default 10
        How large the magnitudes of the weights of a class may be together: the smaller, the fewer units. The paper's 10
        leaves many where networks are small; look at `counts`.
    layers : list of str, optional
        Whose units; by default those of all layers whose channels stand at places of the input.
    steps : int, default 2000
        How many steps are taken at most; it ends before where the weights are the best.

    References
    ----------
    Oramas, Wang, Tuytelaars (2019), Visual Explanation by Interpretation: Improving Visual Feedback Capabilities of
    Deep Neural Networks.

    Examples
    --------
    >>> found = xai.RelevantFeatures(budget=2)(model, batch, [0, 1, 2, 0, 1, 2])
    >>> found.accuracy > 0.5, found.chosen("cross")[0].layer in found.layers
    (True, True)
    """

    budget: float = BUDGET.field()
    layers: Sequence[str] | None = field(default=None)
    steps: int = STEPS.field()

    name = "relevant_features"
    label = "Relevant features"
    sentence = "From which few units of all layers classes can be told."
    reference = "Oramas, Wang, Tuytelaars 2019"

    def __call__(self, model: Model, x: ArrayLike, labels: ArrayLike) -> RelevantFeaturesEstimate:
        """Return the weights: the last ones of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes to tell: those that are right, or the network's answers.

        Returns
        -------
        RelevantFeaturesEstimate

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.RelevantFeatures(budget=2)(model, batch, [0, 1, 2, 0, 1, 2])
        >>> bool(found.gap.max() < 1e-5)
        True
        """
        return self.stream(model, x, labels).last()

    def stream(self, model: Model, x: ArrayLike, labels: ArrayLike) -> Stream[RelevantFeaturesEstimate]:
        """Return the same after ever more steps, each with how far from the best it may be; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes to tell.

        Returns
        -------
        iterator of RelevantFeaturesEstimate
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> for found in xai.RelevantFeatures(budget=2).stream(model, batch, [0, 1, 2, 0, 1, 2]):
        ...     if found.gap.max() < 0.01:
        ...         break
        """
        return streamed(Fitting(self, model, x, labels))


class Fitting(Sampler[RelevantFeaturesEstimate]):
    """Reads the layers, and then takes one step after the other."""

    chunk = LOOK

    def __init__(self, finder: RelevantFeatures, model: Model, x: ArrayLike, labels: ArrayLike) -> None:
        self.finder, self.model, self.each = finder, model, 0
        self.descriptors = Descriptors(model, x, checked_layers(model, finder.layers))
        self.labels = checked_labels(labels, len(self.descriptors.rows), model)
        self.size = finder.steps

    def start(self) -> Iterator[None]:
        for read in self.descriptors.read():
            self.evaluations += read
            yield
        y = one_hot(self.labels, self.model.output_count)
        self.fit = BoundedLeastSquares(self.descriptors.rows, y, self.finder.budget)
        self.whole = np.maximum(y.sum(axis=0), 1)

    def draw(self, start: int, stop: int) -> None:
        for _ in range(start, stop):
            self.fit.step()
        self.fit.look()
        if (self.fit.gap <= EXACT * self.whole).all():
            self.size = stop

    def values(self) -> Array:
        return self.fit.weights

    def answer(self, values: Array, **progress: Any) -> RelevantFeaturesEstimate:
        said = (self.descriptors.rows @ values).argmax(axis=1)
        return RelevantFeaturesEstimate(
            features=self.descriptors.features,
            weights=values,
            gap=self.fit.gap / self.whole,
            accuracy=float((said == self.labels).mean()),
            budget=self.finder.budget,
            model=self.model,
            **progress,
        )
