"""Activations as sums of few directions: what all ways to find such a dictionary share, one encode and one decode."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.sight import Sighting, sightings
from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks
from xai_widgets.option import Option

ROUNDING = 16
"""So many times the smallest difference of numbers of their size may rows differ that are the same."""


class Rows:
    """What is taken apart: the activations at each place of each input, or the rows of a plain matrix.

    Attributes
    ----------
    units : Units or None
        Whose activations they are; None for a matrix.
    """

    def __init__(self, model: Any, x: Any, layer: str | None) -> None:
        self.units: Units | None = None
        self._pieces: list[Array] = []
        if isinstance(model, Model):
            if x is None:
                raise InputTypeError("Found no inputs; expected fit(model, x, layer=...), or fit(rows) for a matrix.")
            self.units = Units(model, x, layer)
            return
        if x is not None or layer is not None:
            raise InputTypeError(
                f"Found {shown(model)} with inputs or a layer; expected a network in xai_widgets.wrap(network), or "
                "a matrix of rows alone."
            )
        self._pieces = [checked_matrix(model)]

    @property
    def evaluations(self) -> int:
        """The passes that they took."""
        return sum(map(len, self._pieces)) if self.units is not None else 0

    def read(self) -> Iterator[None]:
        """Read what is not read yet, piece by piece."""
        if self.units is None or self._pieces:
            return
        pieces = []
        for _, piece in self.units.chunks():
            if not np.isfinite(piece).all():
                raise InputError(f"The output of layer {self.units.layer!r} is NaN or infinite; expected numbers.")
            pieces.append(piece)
            yield
        self._pieces = pieces

    @cached_property
    def maps(self) -> Array:
        """What the layer puts out, (inputs, units, places); rows of a matrix are inputs of one place."""
        for _ in self.read():
            pass
        found = np.concatenate(self._pieces)
        return found if self.units is not None else found[:, :, None]

    @cached_property
    def matrix(self) -> Array:
        """One row for each place of each input, (rows, units), in double precision; the places of an input together."""
        found: Array = self.maps.transpose(0, 2, 1).reshape(-1, self.maps.shape[1]).astype(np.float64)
        rounding = ROUNDING * np.finfo(self.maps.dtype).eps * np.abs(found).max(initial=0)
        if len(found) < 2 or np.ptp(found, axis=0).max(initial=0) <= rounding:
            raise InputError(
                f"Found {len(found)} rows of {found.shape[1]} numbers, all the same; expected rows that differ: other "
                "inputs, or another layer."
            )
        return found

    @cached_property
    def mean(self) -> Array:
        """The mean of all rows, (units,)."""
        found: Array = self.matrix.mean(axis=0)
        return found

    def same_as(self, other: Rows) -> bool:
        """Whether they are the same rows of the same layer."""
        ours, theirs = self.units, other.units
        if ours is None or theirs is None:
            return ours is theirs and np.array_equal(self._pieces[0], other._pieces[0])
        return ours.cut is theirs.cut and np.array_equal(ours.batch, theirs.batch)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Factors(Progress):
    """Activations as sums of the directions of a dictionary, each with a code of its own.

    Attributes
    ----------
    dictionary : array of shape (features, units)
        The directions, of length one.
    centre : array of shape (units,)
        What is taken off before; zero where nothing is.
    unexplained : float
        The squared distance of the activations from what the codes say of them, as a part of that from the mean.
    rows : Rows
        What was taken apart.
    """

    dictionary: Array
    centre: Array
    unexplained: float
    rows: Rows = field(repr=False)

    @abstractmethod
    def _codes(self, rows: Array) -> Array:
        """Return the codes of rows (n, units)."""

    def encode(self, activations: ArrayLike) -> Array:
        """Return the codes of activations, (..., features).

        Parameters
        ----------
        activations : array of shape (..., units)

        Raises
        ------
        ValueError, TypeError
            If they are no numbers, or not one for each unit.
        """
        given = _checked_last(activations, self.dictionary.shape[1], "activations", "unit")
        return self._codes(given.reshape(-1, given.shape[-1])).reshape(*given.shape[:-1], len(self.dictionary))

    def decode(self, codes: ArrayLike) -> Array:
        """Return the activations that codes stand for, (..., units).

        Parameters
        ----------
        codes : array of shape (..., features)

        Raises
        ------
        ValueError, TypeError
            If they are no numbers, or not one for each feature.
        """
        found: Array = _checked_last(codes, len(self.dictionary), "codes", "feature") @ self.dictionary + self.centre
        return found

    def unexplained_of(self, activations: ArrayLike) -> float:
        """Return which part of the variance of other activations (rows, units) the dictionary leaves unexplained.

        It is counted from the mean of the rows that were taken apart.

        Parameters
        ----------
        activations : array of shape (rows, units)

        Raises
        ------
        ValueError, TypeError
            If they do not fit.
        """
        rows = _checked_last(activations, self.dictionary.shape[1], "activations", "unit")
        return unexplained(rows, self.decode(self.encode(rows)), self.rows.mean)

    @cached_property
    def codes(self) -> Array:
        """The codes of all rows, (rows, features): one row for each place of each input."""
        return self._codes(self.rows.matrix)

    @cached_property
    def maps(self) -> Array:
        """The same as maps, (inputs, features, *places of the layer); (inputs, features) where it has none."""
        inputs, _, places = self.rows.maps.shape
        found = self.codes.reshape(inputs, places, -1).transpose(0, 2, 1)
        units = self.rows.units
        if units is None or not units.layout.has_space:
            return found[:, :, 0] if places == 1 else found.sum(axis=2)
        return units.layout.on_grid(found)

    def top(self, feature: int, count: int = 9) -> list[Sighting]:
        """Return where a feature is largest: at most one place of each input, and what the network sees from there.

        Parameters
        ----------
        feature : int
            Its number.
        count : int, default 9
            How many places.

        Raises
        ------
        ValueError, TypeError
            If there is no such feature, or no network.
        """
        units = self.units
        for name, value, most in (("feature", feature, len(self.dictionary)), ("count", count, None)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise InputTypeError(f"{name} is {shown(value)}; expected a whole number.")
            if value < 0 or (most is not None and value >= most):
                raise InputError(
                    f"{name} is {value}; expected a number from 0{'' if most is None else f' to {most - 1}'}."
                )
        return sightings(units.model, units.layer, units.batch, self.maps[:, feature], int(count))

    def scores(self, without: Sequence[int] = ()) -> Array:
        """Return the scores of the network with the decoded activations in place of its own, (inputs, outputs).

        Parameters
        ----------
        without : sequence of int, default ()
            The numbers of features that are switched off: their codes are zero.

        Raises
        ------
        ValueError, TypeError
            If there is no such feature, or no network.
        """
        return np.concatenate(list(self.scores_in_pieces(without)))

    def scores_in_pieces(self, without: Sequence[int] = ()) -> Iterator[Array]:
        """Yield the same for some inputs after the other, so that one can leave off in between.

        Parameters
        ----------
        without : sequence of int, default ()
            The numbers of features that are switched off: their codes are zero.

        Raises
        ------
        ValueError, TypeError
            If there is no such feature, or no network.
        """
        units, codes = self.units, self.codes.copy()
        off = _checked_features(without, len(self.dictionary))
        codes[:, off] = 0
        inputs, _, places = self.rows.maps.shape
        change = self.decode(codes) - self.rows.matrix
        moved = units.layout.from_channels_first(change.reshape(inputs, places, -1).transpose(0, 2, 1))
        model = units.model
        objective, start = Objective(model.weights_of(np.zeros((1, model.output_count)))), 0
        while start < inputs:
            stop = min(start + units.chunk, inputs)
            batch = units.batch[start:stop]
            # What has no place, such as a class token, stays what it is.
            latents = units.cut.activations(batch) + moved[start:stop].astype(model.dtype)
            yield in_chunks(units.cut, "forward", batch, objective, latents).scores
            start = stop

    def accuracy(self, labels: ArrayLike, without: Sequence[int] = ()) -> float:
        """Return how often the network is right with the decoded activations in place of its own.

        Parameters
        ----------
        labels : array of int of shape (inputs,)
            The classes that are right.
        without : sequence of int, default ()
            The numbers of features that are switched off.

        Raises
        ------
        ValueError, TypeError
            If labels do not fit the inputs, or there is no network.
        """
        count, right = len(self.units), as_array(labels)
        if right.dtype.kind not in "iu" or right.shape != (count,):
            raise InputTypeError(f"labels is {shown(labels)}; expected the numbers of {count} classes, one per input.")
        return float((self.scores(without).argmax(axis=1) == right).mean())

    @property
    def units(self) -> Units:
        """The layer whose activations they are.

        Raises
        ------
        ValueError
            If they are those of a plain matrix.
        """
        if self.rows.units is None:
            raise InputError(
                "These are factors of a plain matrix; expected those of a network: fit(model, x, layer=...)."
            )
        return self.rows.units

    @property
    def nbytes(self) -> int:
        return self.dictionary.nbytes * (1 if self.state is None else 4)

    def __repr__(self) -> str:
        features, units = self.dictionary.shape
        where = "" if self.rows.units is None else f" of layer {self.rows.units.layer!r}"
        return f"{features} features of {units} units{where}, {self.unexplained:.1%} of their variance unexplained"


Found = TypeVar("Found", bound=Factors)


@dataclass(frozen=True, kw_only=True, eq=False)
class Factoring(Finder, Generic[Found]):
    """A way to write activations as sums of directions. It is fitted to a layer over inputs, or to a plain matrix."""

    @abstractmethod
    def _sampler(self, rows: Rows, resume: Any) -> Sampler[Found]:
        """Return what finds the factors of these rows, from those of `resume` on where it is given."""

    def fit(self, model: Any, x: ArrayLike | None = None, layer: str | None = None) -> Found:
        """Return the factors: the last ones of the stream.

        Parameters
        ----------
        model : Model, array of shape (rows, units), or Rows
            A network wrapped by `xai_widgets.wrap`; or what is to be taken apart itself, perhaps the `rows` of an
            earlier answer, which are not read again.
        x : array of shape (batch, *input shape), optional
            The inputs of the network.
        layer : str, optional
            The layer of it.

        Raises
        ------
        ValueError, TypeError
            If something does not fit.
        """
        return self.stream(model, x, layer).last()

    def __call__(self, model: Any, x: ArrayLike | None = None, layer: str | None = None) -> Found:
        """Return the factors, as `fit` does.

        Parameters
        ----------
        model : Model, array of shape (rows, units), or Rows
            A network wrapped by `xai_widgets.wrap`; or what is to be taken apart itself, perhaps the `rows` of an
            earlier answer, which are not read again.
        x : array of shape (batch, *input shape), optional
            The inputs of the network.
        layer : str, optional
            The layer of it.

        Returns
        -------
        Factors
            Those of this way: `SparseFactors`, `PrincipalFactors` or `NonNegativeParts`.

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.PrincipalComponents(count=2)(model, batch, layer="dense")
        >>> found.codes.shape
        (6, 2)
        """
        return self.fit(model, x, layer)

    def stream(
        self, model: Any, x: ArrayLike | None = None, layer: str | None = None, *, resume: Found | None = None
    ) -> Stream[Found]:
        """Return factors that get better from step to step; to cancel, stop iterating.

        Parameters
        ----------
        model : Model, array of shape (rows, units), or Rows
            A network wrapped by `xai_widgets.wrap`; or what is to be taken apart itself, perhaps the `rows` of an
            earlier answer, which are not read again.
        x : array of shape (batch, *input shape), optional
            The inputs of the network.
        layer : str, optional
            The layer of it.
        resume : Factors, optional
            An answer about the same rows, perhaps with other options: it begins there, and the rows are not read again.

        Returns
        -------
        iterator of Factors
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> steps = xai.SparseAutoencoder(features=12).stream(model, batch, layer="relu2")
        >>> found = [one.unexplained for one in steps]
        >>> found[-1] < found[0]
        True
        """
        rows = model if isinstance(model, Rows) and x is None and layer is None else Rows(model, x, layer)
        if resume is not None:
            if not isinstance(resume, Factors) or resume.state is None:
                raise InputTypeError(f"resume is {shown(resume)}; expected the final factors of a stream.")
            if not rows.same_as(resume.rows):
                raise InputError("resume has the factors of something else; expected the same inputs and layer.")
            rows = resume.rows
        return streamed(self._sampler(rows, resume))


def unexplained(rows: Array, decoded: Array, mean: Array) -> float:
    """Return the squared distance of rows (n, units) from what is decoded, as a part of that from a mean."""
    about_mean = float(((rows - mean) ** 2).sum())
    return float(((rows - decoded) ** 2).sum()) / about_mean if about_mean else float("nan")


def recovered(dictionary: ArrayLike, truth: ArrayLike, least: float = 0.9) -> tuple[float, float]:
    """Return how well a dictionary has found the true one: the mean of the best cosines, and the share found.

    Parameters
    ----------
    dictionary, truth : array of shape (features, units)
        Rows are directions, of any length.
    least : float, default 0.9
        A true direction counts as found where the cosine of some feature with it is larger.

    Returns
    -------
    mean : float
        Over true directions, of the largest cosine with a feature (MMCS).
    share : float
        Of the true directions, those that were found.

    Raises
    ------
    ValueError, TypeError
        If these are no directions of as many units.

    References
    ----------
    Sharkey, Braun, Millidge (2022), Taking Features out of Superposition with Sparse Autoencoders.

    Examples
    --------
    >>> mean, share = xai.recovered([[2, 0], [0, 1]], truth=[[1, 0], [1, 1]])
    >>> f"{mean:.2f}", share
    ('0.85', 0.5)
    """
    least = Option(0.9, "number", "", "", minimum=-1, maximum=1, name="least").check(least)
    directions = []
    for name, given in (("dictionary", dictionary), ("truth", truth)):
        one = checked_matrix(given, name)
        lengths = np.linalg.norm(one, axis=1, keepdims=True)
        directions.append(one / np.where(lengths > 0, lengths, 1))
    found, true = directions
    if found.shape[1] != true.shape[1]:
        raise InputError(f"Found directions of {found.shape[1]} and of {true.shape[1]} units; expected as many.")
    best = (true @ found.T).max(axis=1)
    return float(best.mean()), float((best > least).mean())


def _checked_features(given: Any, count: int) -> Array:
    """Return the numbers of some features, of which there are so many."""
    found = np.zeros(0, int) if isinstance(given, list | tuple) and not given else as_array(given)
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise InputTypeError(f"without is {shown(given)}; expected a list of numbers of features.")
    if found.size and (found.min() < 0 or found.max() >= count):
        raise InputError(f"without is {shown(given)}; expected numbers from 0 to {count - 1}.")
    return found


def checked_matrix(given: Any, name: str = "model") -> Array:
    """Return a matrix of finite numbers in double precision."""
    found = as_array(given)
    if found.dtype.kind not in "fiu":
        raise InputTypeError(
            f"{name} is {shown(given)}; expected a matrix of numbers, (rows, units)"
            f"{', or a network in xai_widgets.wrap(network)' if name == 'model' else ''}."
        )
    if found.ndim != 2 or not found.size:
        raise InputError(f"{name} has shape {found.shape}; expected a matrix (rows, units).")
    if not np.isfinite(found).all():
        raise InputError(f"{name} holds NaN or infinite numbers; expected finite ones.")
    return found.astype(np.float64)


def _checked_last(given: Any, size: int, name: str, of: str) -> Array:
    """Return finite numbers (..., size) in double precision."""
    found = as_array(given)
    if found.dtype.kind not in "fiu":
        raise InputTypeError(f"{name} is {shown(given)}; expected an array of numbers.")
    if not found.ndim or found.shape[-1] != size:
        raise InputError(f"{name} has shape {found.shape}; expected (..., {size}), a number for each {of}.")
    if not np.isfinite(found).all():
        raise InputError(f"{name} holds NaN or infinite numbers; expected finite ones.")
    return found.astype(np.float64)
