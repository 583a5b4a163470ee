"""Activation atlas: where activations lie on a map of two directions, and what of the inputs lies in each cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.noise import SEED as ANY_SEED
from xai_widgets.concepts.factors.factors import Rows
from xai_widgets.concepts.factors.principal_components import PrincipalComponents, PrincipalFactors
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.sight import Window, frames
from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

LOOKED_AT = 16
"""So many inputs are looked at from one answer to the next."""
EDGE = 0.01
"""This share of the activations on each side of the map is drawn into the cells at its edge."""

CELLS = Option(
    default=8,
    kind="integer",
    label="Cells",
    sentence="How many cells the map has along each side.",
    minimum=1,
    maximum=64,
    slider=(2, 16),
    step=1,
    unit="cells",
)


SEED = replace(ANY_SEED, sentence="In which order inputs are looked at.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Atlas(Progress):
    """A map of a layer's activations, in cells; made by `ActivationAtlas`.

    Cells count from the lower end of both directions, the first direction first.

    Attributes
    ----------
    coordinates : array of shape (rows, 2)
        Where each activation lies, one for each place of each input, along the two directions.
    cell : array of int, shape (rows, 2)
        The cell of each.
    edges : array of shape (2, cells + 1)
        Where cells begin and end along both directions.
    counts : array of int, shape (cells, cells)
        How many activations lie in each cell.
    shares : array of shape (cells, cells, classes)
        Which part of these come from inputs of each class; nan in empty cells.
    patches : array of shape (cells, cells, *shape of a patch)
        The mean of what the network sees from these places, in the layout of the input; nan where none of them sees
        anything: in empty cells, and beyond the borders.
    factors : PrincipalFactors
        The directions.

    Examples
    --------
    >>> found = xai.ActivationAtlas(cells=4)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="relu2")
    >>> bool(found.counts.sum() == len(found.coordinates)), found.patches.shape
    (True, (4, 4, 1, 5, 5))
    """

    coordinates: Array = field(repr=False)
    cell: Array = field(repr=False)
    edges: Array
    counts: Array
    shares: Array
    patches: Array
    factors: PrincipalFactors

    def pure(self, share: float = 0.8) -> float:
        """Return which part of the cells with something in them have more than this share of one class.

        Parameters
        ----------
        share : float, default 0.8

        Raises
        ------
        ValueError, TypeError
            If it is no number from 0 to 1.
        """
        share = Option(0.8, "number", "", "", minimum=0, maximum=1, name="share").check(share)
        filled = self.shares[self.counts > 0]
        return float((filled.max(axis=1) > share).mean())

    @property
    def nbytes(self) -> int:
        return self.patches.nbytes + self.coordinates.nbytes

    def __repr__(self) -> str:
        filled = int((self.counts > 0).sum())
        return (
            f"{len(self.coordinates)} activations in {filled} of {self.counts.size} cells, {self.pure():.0%} of them "
            f"with more than 80% of one class; {self.factors.explained.sum():.0%} of the variance lies on the map"
        )


class Mapping(Sampler[Atlas]):
    """Reads the activations, divides the map, and looks at one input after the other for what lies in the cells."""

    chunk = LOOKED_AT

    def __init__(self, options: ActivationAtlas, model: Model, x: ArrayLike, labels: ArrayLike, layer: str) -> None:
        self.cells, self.seed = options.cells, options.seed
        if not isinstance(model, Model):
            raise InputTypeError(f"Found {shown(model)}; expected a network in xai_widgets.wrap(network).")
        self.rows, self.units = Rows(model, x, layer), Units(model, x, layer)
        self.size = len(self.units)
        self.labels = as_array(labels)
        if self.labels.dtype.kind not in "iu":
            raise InputTypeError(f"labels is {shown(labels)}; expected the numbers of the classes.")
        if self.labels.shape != (self.size,) or self.labels.min() < 0:
            raise InputError(f"labels has shape {self.labels.shape}; expected ({self.size},), a class for each input.")
        self.classes = max(int(self.labels.max()) + 1, 1 if model.segmentation else model.output_count)

    def start(self) -> Iterator[None]:
        yield from self.rows.read()
        self.evaluations = self.rows.evaluations
        self.factors = PrincipalComponents(count=2).fit(self.rows)
        coordinates = self.factors.coordinates
        low, high = np.quantile(coordinates, (EDGE, 1 - EDGE), axis=0)
        self.edges = np.linspace(low, high, self.cells + 1).T
        inside = [np.searchsorted(one[1:-1], at) for one, at in zip(self.edges, coordinates.T, strict=True)]
        self.cell = np.stack(inside, axis=1)
        self.places = len(coordinates) // self.size
        of_class = np.zeros((self.cells, self.cells, self.classes), int)
        np.add.at(of_class, (*self.cell.T, np.repeat(self.labels, self.places)), 1)
        self.counts = of_class.sum(axis=2)
        self.shares = of_class / np.where(self.counts > 0, self.counts, np.nan)[..., None]
        self.order = np.random.default_rng(self.seed).permutation(self.size)
        self._frame()

    def draw(self, start: int, stop: int) -> None:
        for row in self.order[start:stop]:
            for place in range(self.places):
                cell = tuple(self.cell[row * self.places + place])
                window, inside = self.windows[place]
                self.sums[cell][inside] += self.units.batch[row][window]
                self.seen[cell][inside] += 1

    def values(self) -> Array:
        found: Array = self.sums / np.where(self.seen > 0, self.seen, np.nan)
        return found

    def answer(self, values: Array, **progress: Any) -> Atlas:
        return Atlas(
            coordinates=self.factors.coordinates,
            cell=self.cell,
            edges=self.edges,
            counts=self.counts,
            shares=self.shares,
            patches=values,
            factors=self.factors,
            **progress,
        )

    @property
    def left(self) -> int:
        return 0

    def _frame(self) -> None:
        """Find what of an input is seen from each place of the layer, and where in a patch that lies."""
        taken, layout = self.units.model.input.layout, self.units.layout
        placed = layout.has_space and len(layout.grid) == len(taken.space)
        around = frames(self.units.model, self.units.layer) if placed else []
        shape = list(taken.shape)
        for axis, (_, size) in zip(taken.space, around, strict=False):
            shape[axis] = size
        self.windows: dict[int, tuple[Window, Window]] = {}
        for at in np.ndindex(layout.grid if placed else (1,)):
            window, inside = [slice(None)] * len(shape), [slice(None)] * len(shape)
            for axis, line, (begins, size) in zip(taken.space, at, around, strict=False):
                begin, end = int(begins[line]), min(int(begins[line]) + size, taken.shape[axis])
                window[axis], inside[axis] = slice(max(begin, 0), end), slice(max(-begin, 0), end - begin)
            for element in layout.placed_at(at) if placed else range(self.places):
                self.windows[int(element)] = tuple(window), tuple(inside)
        self.sums, self.seen = np.zeros((2, self.cells, self.cells, *shape))


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ActivationAtlas(Finder):
    """A map of all that a layer says: activations side by side that are alike, and what the network sees there.

    The activations at each place of each input are laid out along their two principal components, and the map is
    divided into cells. Of each cell there are the mean of the patches of real inputs that are seen from these places,
    and the share of each class. After Carter et al. (2019), whose map is not linear, and who show in each cell an
    input that was made for the mean activation.

    Parameters
    ----------
    cells : int, default 8
        How many cells the map has along each side.
    seed : int, default 0
        In which order inputs are looked at.

    References
    ----------
    Carter, Armstrong, Schubert, Johnson, Olah (2019), Activation Atlas.

    Examples
    --------
    >>> found = xai.ActivationAtlas(cells=4)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="relu2")
    >>> found.shares.shape
    (4, 4, 3)
    """

    cells: int = CELLS.field()
    seed: int = SEED.field()

    name = "activation_atlas"
    label = "Activation atlas"
    sentence = "A map of all that a layer says, with what the network sees in each cell."
    reference = "Carter, Armstrong, Schubert, Johnson, Olah 2019"

    def __call__(self, model: Model, x: ArrayLike, labels: ArrayLike, layer: str) -> Atlas:
        """Return the atlas at the end of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes of the inputs.
        layer : str
            Whose output is laid out.

        Returns
        -------
        Atlas

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.ActivationAtlas(cells=3)(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="dense")
        >>> found.patches.shape, int(found.counts.sum())
        ((3, 3, 1, 8, 8), 6)
        """
        return self.stream(model, x, labels, layer).last()

    def stream(self, model: Model, x: ArrayLike, labels: ArrayLike, layer: str) -> Stream[Atlas]:
        """Return the same with ever more inputs in the patches; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        labels : array of int of shape (batch,)
            The classes of the inputs.
        layer : str
            Whose output is laid out.

        Returns
        -------
        iterator of Atlas
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> for found in xai.ActivationAtlas().stream(model, batch, labels=[0, 1, 2, 0, 1, 2], layer="relu2"):
        ...     if found.pure() > 0.5:
        ...         break
        """
        return streamed(Mapping(self, model, x, labels, layer))
