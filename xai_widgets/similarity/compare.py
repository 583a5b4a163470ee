"""Comparing networks: how alike what their layers say of the same inputs is, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.stream import Stream
from xai_widgets.errors import InputError, warn
from xai_widgets.models.base import Model
from xai_widgets.models.budget import MOST_BYTES
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.similarity.comparison import Comparison
from xai_widgets.similarity.index import Index, checked_index
from xai_widgets.similarity.kernel import FEWEST
from xai_widgets.similarity.reading import Reading, checked_layers, checked_model, inputs_of

BATCH = Option(
    default=64,
    kind="integer",
    label="Batch",
    sentence="How many inputs are compared with each other at once, at most.",
    minimum=FEWEST,
    maximum=65536,
    name="batch",
)
SEED = Option(0, "integer", "Seed", "In which order inputs go into batches.", minimum=0, name="seed")
SMALLEST = 8
"""So many inputs are in a batch at least, if there are as many, however large layers are."""
GROUPS = 8
"""So many batches there are, if inputs suffice: of fewer the error is not well known."""


def compare(
    a: Model,
    b: Model,
    x: ArrayLike,
    index: str | Index = "cka",
    *,
    layers: Any = None,
    x_b: ArrayLike | None = None,
    batch: int = 64,
    seed: int = 0,
) -> Comparison:
    """Return how alike each layer of one network is to each layer of another, over the same inputs.

    The networks may be of either framework, the same one (its layers with each other), two trainings, or two steps of
    one. Only a batch of inputs is in memory at once.

    Parameters
    ----------
    a, b : Model
        Networks wrapped by `xai_widgets.wrap`.
    x : array of shape (inputs, *input shape)
        Pictures, tokens or rows of a table, as `a` takes them; of pictures `b` may have the channels elsewhere.
    index : {"cka", "rbf_cka", "cca", "svcca", "pwcca"} or such an object, default "cka"
        What says how alike they are: `LinearCKA`, `RbfCKA`, `CCA`, `SVCCA` or `PWCCA`.
    layers : list of str, or a list for each network, optional
        The names of layers; by default all.
    x_b : array, optional
        The same inputs as `b` takes them, where that is something else.
    batch : int, default 64
        How many inputs are compared with each other at once, at most: fewer where layers are large.
    seed : int, default 0
        In which order inputs go into batches.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        If something does not fit, or there are fewer than 4 inputs.

    Warns
    -----
    UserWarning
        Where inputs are too few for the index to mean anything.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton (2019), Similarity of Neural Network Representations Revisited.

    Examples
    --------
    >>> found = xai.compare(model, model, batch, layers=["conv", "conv2", "dense"])
    >>> found.matrix.shape, found.best
    ((3, 3), ('conv', 'conv2', 'dense'))
    """
    found = compare_stream(a, b, x, index, layers=layers, x_b=x_b, batch=batch, seed=seed).last()
    if found.warning:
        warn(f"{found.warning[0].upper()}{found.warning[1:]}.")
    return found


def compare_stream(
    a: Model,
    b: Model,
    x: ArrayLike,
    index: str | Index = "cka",
    *,
    layers: Any = None,
    x_b: ArrayLike | None = None,
    batch: int = 64,
    seed: int = 0,
) -> Stream[Comparison]:
    """Return the same with ever more inputs: the whole matrix after the first batch; to cancel, stop iterating.

    Parameters
    ----------
    a, b : Model
        Networks wrapped by `xai_widgets.wrap`.
    x : array of shape (inputs, *input shape)
        As in `compare`.
    index : {"cka", "rbf_cka", "cca", "svcca", "pwcca"} or such an object, default "cka"
        What says how alike they are.
    layers : list of str, or a list for each network, optional
        The names of layers; by default all.
    x_b : array, optional
        The same inputs as `b` takes them, where that is something else.
    batch : int, default 64
        How many inputs are compared with each other at once, at most.
    seed : int, default 0
        In which order inputs go into batches.

    Returns
    -------
    iterator of Comparison
        The last of them `final`.

    Raises
    ------
    ValueError, TypeError
        At once, if something does not fit.

    Examples
    --------
    >>> for found in xai.compare_stream(model, model.randomised(), batch):
    ...     if found.final or np.nanmax(found.standard_error) < 0.01:
    ...         break
    """
    checked, models = checked_index(index), [checked_model(a), checked_model(b)]
    names = checked_layers(models, layers)
    ones = others = Reading(models[0], x, names[0], checked.places)
    if x_b is not None or models[1] is not models[0] or names[0] != names[1]:
        theirs = inputs_of(models[0], models[1], x) if x_b is None else x_b
        others = Reading(models[1], theirs, names[1], checked.places)
    return streamed(Comparing(checked, ones, others, BATCH.check(batch), SEED.check(seed)))


class Comparing(Sampler[Comparison]):
    """Reads inputs in a random order, and adds each batch of them when it is whole."""

    costly = True

    def __init__(self, index: Index, ones: Reading, others: Reading, batch: int, seed: int) -> None:
        self.index, self.ones, self.others, self.size = index, ones, others, len(ones.batch)
        if len(others.batch) != self.size:
            raise InputError(f"Found {self.size} inputs of a and {len(others.batch)} of b; expected the same inputs.")
        if self.size < FEWEST:
            raise InputError(f"Found {self.size} inputs; expected at least {FEWEST}, and better hundreds.")
        self.each = 1 if others is ones else 2
        self.order = np.random.default_rng(seed).permutation(self.size)
        self.ends = _ends(self.size, batch, ones.row_bytes + others.row_bytes)
        self.minimum = self.period = int(self.ends[0])
        self.tally = index.tally(ones.features, others.features)
        self.warning = self._warning()
        self._waiting: list[tuple[list[Array], list[Array]]] = []
        self._added = 0

    @property
    def chunk(self) -> int:
        return min(self.ones.chunk, self.others.chunk)

    def draw(self, start: int, stop: int) -> None:
        while start < stop:
            end = min(stop, int(self.ends[self._added]))
            rows = self.order[start:end]
            ours = self.ones.read(rows)
            self._waiting.append((ours, ours if self.others is self.ones else self.others.read(rows)))
            self.evaluations += self.each * len(rows)
            if end == self.ends[self._added]:
                self._add()
            start = end

    def values(self) -> Array:
        return self.tally.matrix()

    def answer(self, values: Array, **progress: Any) -> Comparison:
        known = progress["final"] or not self.index.costly
        return Comparison(
            index=self.index,
            layers=(self.ones.layers, self.others.layers),
            matrix=values,
            standard_error=self.tally.standard_error() if known else np.full(values.shape, np.nan),
            independent=self.tally.independent(),
            inputs=int(self.ends[self._added - 1]),
            batch=self.period,
            features=(self.ones.features, self.others.features),
            warning=self.warning,
            **progress,
        )

    def _add(self) -> None:
        """Add the batch that waits, as far as it is read, to what is known."""
        ours = [
            np.concatenate(parts).astype(np.float64) for parts in zip(*(one for one, _ in self._waiting), strict=True)
        ]
        theirs = ours
        if self.others is not self.ones:
            theirs = [
                np.concatenate(part).astype(np.float64) for part in zip(*(one for _, one in self._waiting), strict=True)
            ]
        self._waiting.clear()
        self.tally.add(ours, theirs)
        self._added += 1

    def _warning(self) -> str:
        """Return what is to be said of the pair of layers for which inputs are fewest, "" where they suffice."""
        return self.index.too_few(self.size, self.period, max(self.ones.features), max(self.others.features))


def _ends(size: int, batch: int, row_bytes: int) -> Array:
    """Return where each of the batches ends, all as large but for one input, the larger ones first."""
    fitting = max(SMALLEST, min(batch, MOST_BYTES // max(row_bytes, 1)))
    largest = min(fitting, batch)
    count = max(-(-size // largest), min(GROUPS, size // SMALLEST), 1)
    # The last rows that would be no batch of their own join the others.
    count = max(1, min(count, size // FEWEST))
    parts = np.array_split(np.arange(size), count)
    return np.cumsum([len(part) for part in parts])
