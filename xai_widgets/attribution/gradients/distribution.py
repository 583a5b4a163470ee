"""Distributions of interest: where gradients are taken, as nested streams of samples (Leino et al. 2018)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned


class Chunk(NamedTuple):
    """Some samples in a row, each for the whole batch."""

    inputs: Array
    """What the network is given, (samples, batch, *input shape)."""
    latents: Array | None
    """What takes the place of the cut's output, (samples, batch, *shape of the cut); None leaves it as it is."""
    weights: Array
    """The weight of each sample in the mean, (samples,)."""
    displacements: Array | None = None
    """End minus start of each sample's own line, (samples, batch, *shape of the cut)."""
    starts: Array | None = None
    """Where each sample's own line starts, (samples, 1, *input shape)."""
    evaluations: int = 0
    """The passes of single inputs that it took to draw them."""


@dataclass(frozen=True)
class Samples:
    """A distribution made ready for one batch and one cut.

    Attributes
    ----------
    draw : callable
        ``draw(start, stop)`` gives the samples with these numbers, a `Chunk`; a sample depends on its number alone.
    displacement : array, optional
        End minus start of the path, (batch, *shape of the cut), for distributions that are a path.
    evaluations : int
        The passes of single inputs that it took to prepare.
    """

    draw: Callable[[int, int], Chunk]
    displacement: Array | None = None
    evaluations: int = 0


class Search(Protocol):
    """Work that must be done before there are samples; one can leave it and take it up again."""

    evaluations: int
    """The passes of single inputs that it took."""

    def advance(self) -> bool:
        """Go on by one chunk of work, and return whether it is done."""

    def found(self) -> Array:
        """Return what was looked for, once it is done, or raise an error that says that there is none."""


@dataclass(frozen=True)
class Pending:
    """Samples that have to be searched for.

    Attributes
    ----------
    search : Search
    made : callable
        From what the search found and the passes that it took to the samples.
    """

    search: Search
    made: Callable[[Array, int], Samples]

    def samples(self) -> Samples:
        """Return the samples, once the search is done."""
        return self.made(self.search.found(), self.search.evaluations)


class Distribution(Optioned, ABC):
    """Where gradients are taken: a set of samples, one of the three choices of an `Influence` (Leino et al. 2018).

    Samples nest: those of a smaller count are the first of a larger one. There are `Point`, `Line`, `InputLine`,
    `RandomLines`, `Gaussian`, `Boundary` and `BoundaryLine`.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> xai.Line(steps=64).extends(xai.Line(steps=32))
    True
    """

    name: ClassVar[str]
    label: ClassVar[str]
    starts_at_input: bool = True
    """Whether sample 0 is the input itself, so that the score is known from it."""
    minimum: int = 1
    """How many samples a first estimate needs."""
    random: ClassVar[bool] = False
    """Whether samples are independent draws, so that their mean has a standard error."""
    words: ClassVar[str] = "gradients"
    """What the samples bring, in words."""
    displaces: ClassVar[bool] = False
    """Whether a sample lies on a line in the space of the cut, so that there is a displacement to multiply with."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of samples."""

    @abstractmethod
    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples | Pending:
        """Make the distribution ready for `batch`; what takes long is left to a search."""

    def origins(self, model: Model, cut: Cut, batch: Array, start: int, stop: int) -> Array | None:
        """Return where the paths of the samples with these numbers start, to be spread over (samples, *batch).

        None where there is no path, and where it starts from zero in the space of the cut.
        """
        return None

    @abstractmethod
    def extends(self, other: Distribution) -> bool:
        """Whether the samples of `other` are the first ones of this distribution."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Point(Distribution):
    """The input itself: the distribution of a plain gradient.

    Examples
    --------
    >>> result = xai.Influence(distribution=xai.Point())(model, x)
    >>> bool((result.values == xai.Saliency()(model, x).values).all())
    True
    """

    name = "point"
    label = "point"

    @property
    def size(self) -> int:
        return 1

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        return Samples(lambda start, stop: Chunk(batch[None], None, np.ones(stop - start)))

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Point)
