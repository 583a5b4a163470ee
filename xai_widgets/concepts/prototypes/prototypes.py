"""Prototypes: which patches of an input look like which of the training inputs, and what that adds to each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.prototypes.linear_head import LinearHead, linear_head, pooled
from xai_widgets.concepts.prototypes.sources import Sources, sighting, strongest
from xai_widgets.concepts.sight import Sighting
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Likeness(Progress):
    """What of inputs looks like which prototype, and what that adds to each class; made by `Prototypes`.

    Of a single input, given without a batch axis, the arrays have no batch axis.

    Attributes
    ----------
    layer : str
    names : tuple of str
        Of the prototypes, the units of the layer.
    similarities : array of shape (batch, prototypes)
        What each says of each input: the most at any place, or the mean, as the network takes it.
    places : array of int of shape (batch, prototypes, axes of places)
        At which place of the layer each says most.
    scores : array of shape (batch, classes)
        The network's own.
    head : LinearHead
        The ``weights`` (classes, prototypes) and the ``bias`` (classes,) behind the layer, and the ``pooling``.
    sources : Sources
        Where each says most in training.
    batch : array of shape (batch, *input shape)
        The inputs.
    model : Model

    Examples
    --------
    >>> found = xai.Prototypes("concepts", batch)(bottleneck, batch[:2])
    >>> found.points("ring").shape
    (2, 3)
    """

    layer: str
    names: tuple[str, ...]
    similarities: Array
    places: Array
    scores: Array
    head: LinearHead = field(repr=False)
    sources: Sources = field(repr=False)
    batch: Array = field(repr=False)
    model: Model = field(repr=False)

    def points(self, target: int | str) -> Array:
        """Return what each prototype adds to a class: similarity times weight, (batch, prototypes).

        With the bias of the class they sum to its score.

        Parameters
        ----------
        target : int or str
            The class.

        Raises
        ------
        ValueError, TypeError
            If there is no such class.
        """
        found: Array = self.similarities * self.head.weights[self.model.target(target)]
        return found

    def without(self, units: Sequence[int | str]) -> Array:
        """Return the scores (batch, classes) where some prototypes are struck out, as if they were like nothing.

        Parameters
        ----------
        units : sequence of int or str
            The prototypes, by name or number.

        Raises
        ------
        ValueError, TypeError
            If there is no such prototype.
        """
        left = np.ones(len(self.names))
        left[[self.model.unit(self.layer, unit) for unit in units]] = 0
        return self.head.sums(self.similarities * left)

    def this(self, unit: int | str, row: int = 0) -> Sighting:
        """Return what of an input looks most like a prototype: all that the place has seen, its receptive field.

        Parameters
        ----------
        unit : int or str
            The prototype, by name or number.
        row : int, default 0
            The number of the input.

        Raises
        ------
        ValueError, TypeError
            If there is no such prototype or input.
        """
        number = self.model.unit(self.layer, unit)
        if row not in range(len(self.batch)):
            raise InputError(f"row is {row}; expected the number of an input, below {len(self.batch)}.")
        places = self.places.reshape(len(self.batch), len(self.names), -1)
        values = self.similarities.reshape(len(self.batch), -1)
        return sighting(self.model, self.layer, self.batch, row, places[row, number], float(values[row, number]))

    def that(self, unit: int | str) -> Sighting:
        """Return what a prototype is: what is seen in training where it says most.

        Parameters
        ----------
        unit : int or str
            The prototype, by name or number.

        Raises
        ------
        ValueError, TypeError
            If there is no such prototype.
        """
        return self.sources.of(self.model.unit(self.layer, unit))

    @property
    def value(self) -> float:
        """By how much the points and the bias of any class miss its score at most: rounding."""
        return float(np.abs(self.head.sums(self.similarities) - self.scores).max())

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in (self.similarities, self.places, self.scores))

    def __repr__(self) -> str:
        count, sources = len(self.names), self.sources
        if sources.pushed:
            what = f"each is a patch of one of {sources.looked} training inputs"
        elif sources.least < 0:
            what = "some say negative things, so they are no similarities: patches are where they say most"
        else:
            what = "they reach different values in training: patches are where they say most, and no more than that"
        return (
            f"{self.layer}: {count} prototypes, {what}; points add up to the scores within {self.value:.1g} "
            f"({self.evaluations} evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Prototypes(Finder):
    """Reads a score as a bill: this patch looks like that one of training, and for that there are so many points.

    For networks that end in similarities to prototypes, the most at any place or their mean, and one linear layer. The
    weights of that layer are found whatever it is called, and it is tried that there is nothing else. Any layer with
    such a head serves; whether its units are similarities, the answer says.

    Parameters
    ----------
    layer : str
        Whose units are the prototypes.
    training : array of shape (inputs, *input shape)
        What the network was trained with, or enough of it: prototypes are shown where they say most in it.

    Notes
    -----
    A patch is all that the place has seen, its receptive field. A map of the similarity that is laid over the input
    shows less than what the network had to go by (Hoffmann and others 2021).

    References
    ----------
    Chen, Li, Tao, Barnett, Su, Rudin (2019), This Looks Like That: Deep Learning for Interpretable Image Recognition.
    Hoffmann, Fanconi, Rade, Kohler (2021), This Looks Like That... Does it?

    Examples
    --------
    >>> found = xai.Prototypes("concepts", batch)(bottleneck, x)
    >>> found.that("ring").input in range(6), found.head.weights.round(1).tolist()[1]
    (True, [0.0, 4.0, 0.0])
    """

    layer: str = field(kw_only=False)
    training: Any = field(kw_only=False)

    name = "prototypes"
    label = "Prototypes"
    sentence = "Which patches look like which of the training inputs, and how many points that adds to each class."
    reference = "Chen, Li, Tao, Barnett, Su, Rudin 2019"

    def __call__(self, model: Model, x: ArrayLike) -> Likeness:
        """Return what looks like what.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input

        Returns
        -------
        Likeness

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or what lies behind the layer is no sum over its units.

        Examples
        --------
        >>> found = xai.Prototypes("concepts", batch)(bottleneck, x)
        >>> bool(np.isclose(found.points("bar").sum() + found.head.bias[2], found.scores[2], atol=1e-5))
        True
        """
        return self.stream(model, x).last()

    def stream(self, model: Model, x: ArrayLike) -> Stream[Likeness]:
        """Return the same as a stream: ever more training inputs are looked at; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input

        Returns
        -------
        iterator of Likeness
            The last one is `final`; points are exact from the first on.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> [*xai.Prototypes("concepts", batch).stream(bottleneck, x)][-1].final
        True
        """
        return streamed(Prototyping(self, model, x))


class Prototyping(Sampler[Likeness]):
    """Finds the head and what inputs are like, and then looks for the prototypes in the training inputs."""

    def __init__(self, options: Prototypes, model: Model, x: ArrayLike) -> None:
        if not isinstance(model, Model):
            raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
        if checked_layer(options.layer) is None:
            raise InputTypeError(f"layer is None; expected the name of a layer, one of {model.layers}.")
        self.batch, self.single = model.prepare(x)
        training, single = model.prepare(options.training)
        if single:
            raise InputError("training is a single input; expected a batch of them, one behind the other.")
        self.model, self.layer = model, options.layer
        self.sources = Sources(model, options.layer, training)
        self.size = len(training)
        self.head = linear_head(model, options.layer, self.batch)

    @property
    def chunk(self) -> int:
        return self.sources.chunk

    def start(self) -> Iterator[None]:
        self.read = read(self.model, self.layer, self.head, self.batch)
        self.evaluations = 2 * len(self.batch)
        yield

    def draw(self, start: int, stop: int) -> None:
        self.sources.look(start, stop)
        self.evaluations += stop - start

    def values(self) -> Array:
        return self.sources.values.copy()

    def answer(self, values: Array, **progress: Any) -> Likeness:
        return likeness(self.head, self.sources, self.batch, self.read, self.single, **progress)


Read = tuple[Array, Array, Array]
"""What units say of inputs, where they say most, and the network's scores."""


def read(model: Model, layer: str, head: LinearHead, batch: Array) -> Read:
    """Return what the units of a layer say of inputs, where they say most, and the network's own scores."""
    cut, said, places = model.at(layer), [], []
    start = 0
    while start < len(batch):
        found = cut.activations(batch[start : start + cut.chunk("activations")])
        said.append(pooled(cut.known_layout, found, head.pooling))
        places.append(strongest(cut.known_layout, found)[1])
        start += len(found)
    return np.concatenate(said), np.concatenate(places), model.scores(batch)


def likeness(
    head: LinearHead, sources: Sources, batch: Array, found: Read, single: bool = False, **progress: Any
) -> Likeness:
    """Return what was read of inputs as one sees it."""
    first = 0 if single else slice(None)
    said, places, scores = found
    return Likeness(
        layer=sources.layer,
        names=sources.model.unit_names(sources.layer),
        similarities=said[first],
        places=places[first],
        scores=scores[first],
        head=head,
        sources=sources,
        batch=batch,
        model=sources.model,
        **progress,
    )
