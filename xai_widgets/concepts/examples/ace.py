"""Automatic concept extraction: pieces of pictures that look alike to a layer, and what they add to a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question, ask
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.concepts.examples.clusters import k_means
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.segments import Piece, divided, enlarged, pieces_of, shares
from xai_widgets.concepts.examples.tcav import RUNS
from xai_widgets.concepts.finder import Finder
from xai_widgets.errors import InputError
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

COARSE = Option(
    default=15,
    kind="integer",
    label="Coarse pieces",
    sentence="About how many pieces an input is divided into at first.",
    minimum=2,
    slider=(4, 64),
    unit="pieces",
)
FINE = replace(COARSE, default=40, label="Fine pieces", sentence="The same for a division that is finer.")
CLUSTERS = replace(
    COARSE, default=12, label="Clusters", sentence="How many groups of pieces there are.", unit="clusters"
)
MOST = replace(
    COARSE, default=40, minimum=1, label="Patches", sentence="How many pieces make a concept, the nearest ones."
)
COMMON = Option(
    default=0.3,
    kind="number",
    label="Common",
    sentence="In which share of the inputs a concept has to be.",
    minimum=0,
    maximum=1,
    slider=(0, 1),
    step=0.05,
    unit="share",
)
FIRST = 4
"""From so many inputs is the first estimate."""
READING = Option(
    default="enlarged",
    kind="choice",
    label="Read",
    sentence="Whether each piece is made as large as an input and read by itself, or read where it is, in its input.",
    choices=("enlarged", "placed"),
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FoundConcepts(Progress):
    """Concepts that were found in inputs; made by `ACE`. Those that add most come first.

    Attributes
    ----------
    effects : array of shape (concepts,)
        What the quantity gains, to first order, the mean over the inputs, when the mean of a concept's patches is added
        to the layer, and that of all pieces outside its cluster taken away, at all places.
    p_values : array of shape (concepts,)
        The share of random sets of as many pieces with an effect at least as large, of either sign.
    pieces : list of list of Piece
        Of each concept which pieces of which inputs are its patches, the one nearest to their mean first.
    sizes : array of int of shape (concepts,)
        How many pieces its cluster has.
    inputs : array of int of shape (concepts,)
        In how many inputs they lie.
    labels : array of int of shape (inputs, divisions, *grid)
        The pieces of each input, coarse and fine; -1 for those that were not looked at yet.
    question : Question

    Examples
    --------
    >>> found = xai.ACE(coarse=4, fine=9, clusters=3, common=0)(model, batch, layer="relu2")
    >>> len(found.concepts) == len(found.effects) == len(found.patches)
    True
    """

    effects: Array
    p_values: Array
    pieces: list[list[Piece]]
    sizes: Array
    inputs: Array
    labels: Array
    question: Question = field(repr=False)

    def mask(self, piece: Piece) -> Array:
        """Return where in its input a piece lies, an array of bool along the places of the input."""
        found: Array = self.labels[piece.input, piece.division] == piece.number
        return found

    @cached_property
    def patches(self) -> list[Array]:
        """The patches of each concept as inputs, (patches, *input shape): made as large as these, on grey."""
        model, batch = self.question.model, self.question.batch
        fill = grey(model, batch)
        return [
            np.stack([enlarged(model, batch[one.input], self.mask(one), fill) for one in pieces])
            for pieces in self.pieces
        ]

    @cached_property
    def concepts(self) -> list[Concept]:
        """The concepts, with the patches of all others as counterpart, for `TCAV` and `ConceptShap`."""
        others = [[one for at, one in enumerate(self.patches) if at != place] for place in range(len(self.patches))]
        counterparts = [np.concatenate(some) if some else None for some in others]
        named = enumerate(zip(self.patches, counterparts, strict=True), start=1)
        return [Concept(f"concept {number}", own, counterpart) for number, (own, counterpart) in named]

    def purity(self, masks: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return which share of a concept's patches are mostly within masks: (concepts,) by the name of these.

        Parameters
        ----------
        masks : dict of arrays of bool of shape (inputs, *grid)
            Where in each of the inputs something is.

        Raises
        ------
        ValueError
            If they do not fit the inputs.
        """
        found = {}
        expected = (len(self.labels), *self.labels.shape[2:])
        for name, given in masks.items():
            mask = as_array(given)
            if mask.shape != expected or mask.dtype != bool:
                raise InputError(f"masks[{name!r}] is {mask.dtype} {mask.shape}; expected bool of shape {expected}.")
            inside = [[mask[one.input][self.mask(one)].mean() > 0.5 for one in pieces] for pieces in self.pieces]
            found[name] = np.array([np.mean(one) for one in inside])
        return found

    def __repr__(self) -> str:
        each = ", ".join(f"{effect:+.2g} (p {p:.2g})" for effect, p in zip(self.effects, self.p_values, strict=True))
        return f"{len(self.effects)} concepts that add {each or 'nothing'} ({self.evaluations} evaluations)"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ACE(Finder):
    """Finds concepts in the inputs of a class: pieces that look alike to a layer.

    The inputs are divided into coarse and fine pieces of one colour, each piece is read at the layer, and clusters of
    pieces that are in many of the inputs are concepts.

    Parameters
    ----------
    coarse : int, default 15
        About how many pieces an input is divided into at first.
    fine : int, default 40
        The same for a division that is finer. A piece is left out there that is nearly the same as a coarse one.
    clusters : int, default 12
        How many groups of pieces there are (k-means).
    most : int, default 40
        How many pieces make a concept at most, those nearest to the mean of their cluster.
    common : float, default 0.3
        In which share of the inputs a concept has to be.
    reading : {"enlarged", "placed"}, default "enlarged"
        Whether each piece is made as large as an input, on grey, and read by itself, as in the paper; or where it is,
        the mean over the places of the layer that it covers, which needs one pass for all pieces of an input.
    runs : int, default 60
        How many random sets of pieces there are to compare with.
    seed : int, default 0
        In which order the inputs come, and where clusters begin.

    Notes
    -----
    Pieces are superpixels, which scikit-image finds, or blocks of what is no picture. What is thin is seldom a piece.

    References
    ----------
    Ghorbani, Wexler, Zou, Kim (2019), Towards Automatic Concept-based Explanations.

    Examples
    --------
    >>> found = xai.ACE(coarse=4, fine=9, clusters=3, common=0)(model, batch, xai.Logit("ring"), layer="relu2")
    >>> found.patches[0].shape[1:]
    (1, 8, 8)
    """

    coarse: int = COARSE.field()
    fine: int = FINE.field()
    clusters: int = CLUSTERS.field()
    most: int = MOST.field()
    common: float = COMMON.field()
    reading: str = READING.field()
    runs: int = RUNS.field()
    seed: int = SEED.field()

    name = "ace"
    label = "ACE"
    sentence = "Which pieces of the pictures of a class look alike to a layer, and what they add to it."
    reference = "Ghorbani, Wexler, Zou, Kim 2019"

    def __call__(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, *, layer: str) -> FoundConcepts:
        """Return the last estimate of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
            Inputs of one class.
        quantity : Quantity, optional
            What concepts add to; by default the class on top at each input, see `Logit`.
        layer : str
            Where pieces look alike.

        Returns
        -------
        FoundConcepts

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or inputs have no places beside each other.

        Examples
        --------
        >>> found = xai.ACE(coarse=4, fine=9, clusters=3, common=0)(model, batch, layer="relu2")
        >>> bool((np.diff(found.effects) <= 0).all())
        True
        """
        return self.stream(model, x, quantity, layer=layer).last()

    def stream(
        self, model: Model, x: ArrayLike, quantity: Quantity | None = None, *, layer: str
    ) -> Stream[FoundConcepts]:
        """Return the same of ever more inputs; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
            Inputs of one class.
        quantity : Quantity, optional
            What concepts add to, as in a call.
        layer : str
            Where pieces look alike.

        Returns
        -------
        iterator of FoundConcepts
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> ace = xai.ACE(coarse=4, fine=9, clusters=3)
        >>> for found in ace.stream(model, batch, layer="relu2"):
        ...     if len(found.effects) > 2:
        ...         break
        """
        return streamed(Gathered(self, model, x, quantity, layer))


class Gathered(Sampler[FoundConcepts]):
    """Divides one input after the other, and groups the pieces of all."""

    costly = True
    chunk = 1

    def __init__(self, method: ACE, model: Model, x: ArrayLike, quantity: Quantity | None, layer: str) -> None:
        self.method, self.question = method, ask(model, x, quantity, layer)
        if self.question.single:
            raise InputError("Found a single input; expected a batch of them, in which something comes again.")
        self.model, self.cut, self.batch = model, self.question.cut, self.question.batch
        self.layout = self.cut.known_layout
        grid = model.input.layout.grid
        if not model.input.neighbours or len(model.input.pieces) > 1:
            raise InputError(f"The model takes a {model.input.words}; expected inputs with places beside each other.")
        if method.reading == "placed" and len(self.layout.grid) != len(grid):
            raise InputError(
                f"Layer {layer!r} has no places of its own, {self.layout.words}; expected an earlier layer, or "
                "reading='enlarged'."
            )
        self.order = np.random.default_rng(method.seed).permutation(len(self.batch))
        self.size = len(self.batch)
        self.minimum = min(FIRST, self.size)
        self.labels = np.full((self.size, 2, *grid), -1)
        self.pieces: list[Piece] = []
        self.rows: list[Array] = []
        self.fill = grey(model, self.batch)

    def start(self) -> Iterator[None]:
        """Find the slopes at the layer."""
        gradients = self.layout.by_channel(np.asarray(self.question.look("backward").gradients, np.float64))
        self.slopes = gradients.sum(axis=2).mean(axis=0)
        self.evaluations = len(self.batch)
        yield

    def draw(self, start: int, stop: int) -> None:
        for number in self.order[start:stop].tolist():
            x = self.batch[number]
            self.labels[number] = divided(self.model, x, (self.method.coarse, self.method.fine))
            pieces = pieces_of(self.labels[number], number)
            masks = [self.labels[number, one.division] == one.number for one in pieces]
            read = self._in_place if self.method.reading == "placed" else self._enlarged
            self.rows.append(read(x, masks))
            self.pieces += pieces
        self.each = self.evaluations // stop

    def values(self) -> Array:
        points = np.concatenate(self.rows).astype(np.float64)
        groups, distances = k_means(points, self.method.clusters, self.method.seed)
        added, whose = points @ self.slopes, np.array([one.input for one in self.pieces])
        self.found = []
        for group in np.unique(groups):
            members = np.flatnonzero(groups == group)
            inputs = len(np.unique(whose[members]))
            if inputs >= self.method.common * min(self.drawn, self.size) and len(members) < len(groups):
                nearest = members[np.argsort(distances[members], kind="stable")][: self.method.most]
                effect = added[nearest].mean() - np.delete(added, members).mean()
                p_value = self._p_value(added, nearest, members, effect)
                self.found.append((effect, p_value, nearest, len(members), inputs))
        self.found.sort(key=lambda one: -one[0])
        effects = [one[0] for one in self.found]
        return np.pad(np.array(effects, np.float64), (0, self.method.clusters - len(effects)))

    def answer(self, values: Array, **progress: Any) -> FoundConcepts:
        return FoundConcepts(
            effects=np.array([one[0] for one in self.found], np.float64),
            p_values=np.array([one[1] for one in self.found], np.float64),
            pieces=[[self.pieces[place] for place in one[2]] for one in self.found],
            sizes=np.array([one[3] for one in self.found], int),
            inputs=np.array([one[4] for one in self.found], int),
            labels=self.labels.copy(),
            question=self.question,
            **progress,
        )

    def _p_value(self, added: Array, nearest: Array, members: Array, effect: float) -> float:
        """Return the share of random sets whose effect is at least as large; the concept counts as one of them."""
        runs, least = self.method.runs, abs(effect) * (1 - 1e-9)
        larger = 1
        for number in range(runs):
            dealt = np.random.default_rng((self.method.seed, number)).permutation(added)
            larger += abs(dealt[: len(nearest)].mean() - dealt[len(members) :].mean()) >= least
        return float(larger / (1 + runs))

    def _enlarged(self, x: Array, masks: list[Array]) -> Array:
        """Return what the layer says of each piece as an input of its own, the mean of each unit, (pieces, units)."""
        inputs = np.stack([enlarged(self.model, x, mask, self.fill) for mask in masks])
        found, start = [], 0
        while start < len(inputs):
            rows = self.cut.activations(inputs[start : start + self.cut.chunk("activations")])
            found.append(self.layout.channels_first(rows).mean(axis=2))
            start += len(rows)
        self.evaluations += len(inputs)
        return np.concatenate(found)

    def _in_place(self, x: Array, masks: list[Array]) -> Array:
        """Return the mean of each unit over the places that each piece covers, (pieces, units)."""
        maps = self.layout.on_grid(self.layout.channels_first(self.cut.activations(x[None])))[0]
        self.evaluations += 1
        weights = np.stack([shares(mask, self.layout.grid).ravel() for mask in masks])
        found: Array = weights @ maps.reshape(len(maps), -1).T
        return found


def grey(model: Model, batch: Array) -> float:
    """Return what stands around a piece: the middle of the bounds, or the mean of inputs that have none."""
    return float(batch.mean() if model.bounds is None else np.mean(model.bounds))
