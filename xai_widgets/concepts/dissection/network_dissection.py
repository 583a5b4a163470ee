"""Network dissection: which concept each unit of a layer lies on, as far as it lies on one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.concepts.count import checked_count
from xai_widgets.concepts.dissection.atoms import Atoms
from xai_widgets.concepts.dissection.boolean import best_prefix
from xai_widgets.concepts.dissection.counts import Counts
from xai_widgets.concepts.dissection.formula import Formula, checked_unit, searched
from xai_widgets.concepts.dissection.hits import Hits
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.units import Units
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.coverage import checked_concepts
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

QUANTILE = Option(
    default=0.04,
    kind="number",
    label="Quantile",
    sentence="At how large a share of all places a unit counts as on: those with its largest values.",
    minimum=0.0001,
    maximum=0.5,
    slider=(0.005, 0.2),
    step=0.005,
    unit="share",
)
THRESHOLD = Option(
    default=0.04,
    kind="number",
    label="Detector from",
    sentence="From which intersection over union on a unit is said to detect a concept.",
    minimum=0,
    maximum=1,
    slider=(0, 0.5),
    step=0.01,
)
RESET = replace(SEED, sentence="To which weights the untrained network is reset.")
LEAVES = Option(
    default=3,
    kind="integer",
    label="Leaves",
    sentence="How many concepts a formula may hold.",
    minimum=1,
    maximum=12,
    slider=(1, 5),
)
AT_ONCE = 2**22
"""So many places of all units are compared with concepts at once."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dissection(Counts):
    """How far each unit of a layer lies on each concept; made by `NetworkDissection`.

    Attributes
    ----------
    layer : str
    atoms : Atoms
        The distinct combinations of concepts, over which all is counted.
    hits : array of int, shape (inputs, units, atoms)
        On how many places of each atom each unit is on, in the inputs that were seen so far.
    quantile, threshold : float
        The share of all places at which a unit is on, and the IoU from which on it is called a detector.
    source : Hits
        The units, and the thresholds beyond which they are on.
    untrained : Dissection or None
        The same of the same network before it learnt anything. None where a network has no weights to reset.

    Examples
    --------
    >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4, "top": np.arange(64).reshape(8, 8) < 32}
    >>> units = xai.NetworkDissection(masks, quantile=0.2)(model, batch, layer="relu2")
    >>> units.iou.shape, units.concepts, units.ceiling.tolist()
    ((8, 2), ('left', 'top'), [0.4, 0.4])
    """

    quantile: float
    threshold: float
    source: Hits
    untrained: Dissection | None = None

    @property
    def concepts(self) -> tuple[str, ...]:
        """The names of the concepts."""
        return self.atoms.concepts

    @property
    def thresholds(self) -> Array:
        """What each unit exceeds at a share `quantile` of the layer's places in all inputs, (units,)."""
        return self.source.thresholds

    @cached_property
    def iou(self) -> Array:
        """The intersection over union of where a unit is on with where a concept is, (units, concepts).

        Both are summed over all inputs before they are divided. 0 where neither is anywhere.
        """
        return self.overlap(self.atoms.held.T)

    @cached_property
    def standard_error(self) -> Array:
        """The standard error of `iou` over inputs (the jackknife), (units, concepts); nan for one input."""
        return self.overlap_error(self.atoms.held.T)

    @property
    def areas(self) -> Array:
        """On how large a share of all places each concept is, (concepts,)."""
        share: Array = self.total_pixels @ self.atoms.held / self.total_pixels.sum()
        return share

    @property
    def ceiling(self) -> Array:
        """What `iou` can be at most where a unit is on at a share `quantile` of the places, (concepts,).

        The smaller of both areas divided by the larger one: a concept that is much larger, or smaller, than what units
        are cut to cannot be found, and the concepts whose area is closest win by default.
        """
        ratio: Array = np.minimum(self.quantile, self.areas) / np.maximum(self.quantile, self.areas)
        return ratio

    @property
    def best(self) -> Array:
        """The number of the concept that each unit lies on best, (units,)."""
        number: Array = self.iou.argmax(axis=1)
        return number

    @property
    def detectors(self) -> Array:
        """The numbers of the units whose largest `iou` is above `threshold`, as the paper counts them.

        On few inputs that is no evidence: most units of an untrained network pass, too. Compare with `untrained`.
        """
        return np.flatnonzero(self.iou.max(axis=1) > self.threshold)

    @property
    def histogram(self) -> dict[str, int]:
        """How many detectors each concept has, by its name, those with most first."""
        counts = np.bincount(self.best[self.detectors], minlength=len(self.concepts))
        return {self.concepts[place]: int(counts[place]) for place in np.argsort(-counts, kind="stable")}

    @property
    def unique(self) -> tuple[str, ...]:
        """The concepts that have a detector."""
        return tuple(name for name, count in self.histogram.items() if count)

    @property
    def value(self) -> float:
        """The mean over units of the largest `iou` of each."""
        return float(self.iou.max(axis=1).mean())

    def optimum(self, unit: int) -> float:
        """Return the largest IoU that a unit has with any formula of the concepts, however long.

        Raises
        ------
        ValueError, TypeError
            If there is no such unit.
        """
        return best_prefix(self.total_hits[checked_unit(self, unit)], self.total_pixels)

    def formula(self, unit: int, leaves: int = 3) -> Formula:
        """Return the formula of concepts that a unit is most like (Mu and Andreas 2020).

        All formulas with "and", "or" and "not" and at most so many leaves are compared by what they are true of; where
        these are too many, a beam is searched, and the answer says so.

        Parameters
        ----------
        unit : int
        leaves : int, default 3
            How many concepts it may hold, from 1 to 12.

        Raises
        ------
        ValueError, TypeError
            If there is no such unit, or `leaves` is no such number.

        Examples
        --------
        >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4, "top": np.arange(64).reshape(8, 8) < 32}
        >>> units = xai.NetworkDissection(masks, quantile=0.2)(model, batch, layer="relu2")
        >>> 0 < units.formula(unit=3, leaves=2).iou <= units.optimum(3)
        True
        """
        return searched(self, checked_unit(self, unit), replace(LEAVES, name="leaves").check(leaves))

    def strongest(self, unit: int, count: int = 9) -> Array:
        """Return the numbers of the inputs in which a unit is largest anywhere, the largest first.

        Parameters
        ----------
        unit : int
        count : int, default 9
            How many at most.
        """
        peaks = self.source.peaks[:, checked_unit(self, unit)]
        return np.argsort(-peaks, kind="stable")[: checked_count(count)]

    def mask(self, unit: int, inputs: ArrayLike) -> Array:
        """Return where a unit is on in some of the inputs, bool of shape (inputs, *places).

        Parameters
        ----------
        unit : int
        inputs : array of int
            Their numbers.

        Raises
        ------
        ValueError, TypeError
            If there is no such unit or input.
        """
        units, number = self.source.units, checked_unit(self, unit)
        rows = np.atleast_1d(as_array(inputs))
        if rows.dtype.kind not in "iu" or rows.ndim != 1 or not ((rows >= 0) & (rows < len(units))).all():
            raise InputError(f"inputs is {shown(inputs)}; expected numbers from 0 to {len(units) - 1}.")
        found = [self.source.above(units.read(row, row + 1), self.thresholds)[0, number] for row in rows]
        return np.reshape(found, (len(rows), *units.places))

    def __repr__(self) -> str:
        told = f"{len(self.detectors)} of {len(self.best)} above {self.threshold:g}"
        other = self.untrained
        beside = "no untrained network to compare with"
        if other is not None:
            beside = f"untrained: {other.value:.3f}, {len(other.detectors)} above"
        names = ", ".join(f"{name} {count}" for name, count in list(self.histogram.items())[:4] if count)
        return (
            f"units of {self.layer} on {len(self.hits)} inputs, quantile {self.quantile:g}: best IoU {self.value:.3f} "
            f"on average, {told} ({beside}); {names or 'none'} ({self.evaluations} evaluations)"
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkDissection(Finder):
    """Says which concept each unit of a layer lies on: the IoU of where it is on and where the concept is.

    A unit is on where its map, laid over the input, is above what it exceeds at a small share of all places. The same
    is done with the network as it was before it learnt anything: what holds there too says nothing about learning.

    Parameters
    ----------
    concepts : dict of str to array of bool of shape (batch, *places), or (*places)
        Where each concept is in the inputs.
    quantile : float, default 0.04
        At how large a share of all places a unit counts as on. The paper has 0.005. It decides which concepts can be
        found: see `Dissection.ceiling`.
    threshold : float, default 0.04
        From which intersection over union on a unit is said to detect a concept.
    seed : int, default 0
        To which weights the untrained network is reset.

    References
    ----------
    Bau, Zhou, Khosla, Oliva, Torralba (2017), Network Dissection: Quantifying Interpretability of Deep Visual
    Representations.

    Examples
    --------
    >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4, "top": np.arange(64).reshape(8, 8) < 32}
    >>> units = xai.NetworkDissection(masks, quantile=0.2)(model, batch, layer="relu2")
    >>> units.iou.shape == units.untrained.iou.shape == (8, 2)
    True
    """

    concepts: Mapping[str, ArrayLike] = field(kw_only=False)
    quantile: float = QUANTILE.field()
    threshold: float = THRESHOLD.field()
    seed: int = RESET.field()

    name = "network_dissection"
    label = "Network dissection"
    sentence = "On which concept each unit of a layer lies."
    reference = "Bau, Zhou, Khosla, Oliva, Torralba 2017"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.concepts, Mapping) or not self.concepts:
            raise InputTypeError(f"concepts is {shown(self.concepts)}; expected a dict of masks by their names.")

    def __call__(self, model: Model, x: ArrayLike, layer: str) -> Dissection:
        """Return how far each unit lies on each concept, over all inputs.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        layer : str
            Whose units, or channels.

        Returns
        -------
        Dissection

        Raises
        ------
        ValueError, TypeError
            If masks do not fit the inputs, or the layer's units stand at no places of them.

        Examples
        --------
        >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4}
        >>> xai.NetworkDissection(masks)(model, batch, layer="relu2").iou.shape
        (8, 1)
        """
        return self.stream(model, x, layer).last()

    def stream(self, model: Model, x: ArrayLike, layer: str) -> Stream[Dissection]:
        """Return the same with ever more inputs, in their order, after a first pass that finds the thresholds.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape)
        layer : str
            Whose units, or channels.

        Returns
        -------
        iterator of Dissection
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4}
        >>> for units in xai.NetworkDissection(masks).stream(model, batch, layer="relu2"):
        ...     if np.nanmax(units.standard_error) < 0.01:
        ...         break
        """
        return streamed(Dissecting(self, model, x, layer))


class Side:
    """A network whose units are counted."""

    def __init__(self, units: Units, atoms: Atoms, quantile: float) -> None:
        self.source, self.atoms = Hits(units, quantile), atoms
        self.hits = np.zeros((len(units), units.count, len(atoms)), np.int32)

    def count(self, start: int, stop: int) -> None:
        """Count where the units are on in the inputs with these numbers."""
        for row, hot in enumerate(self.source.over(start, stop), start):
            self.hits[row] = self.atoms.counted(row, hot)


class Dissecting(Sampler[Dissection]):
    """Counts where units are on, input after input, in the network and in the one that learnt nothing."""

    def __init__(self, finder: NetworkDissection, model: Model, x: ArrayLike, layer: str) -> None:
        units = Units(model, x, layer)
        places = (len(units), *units.places)
        atoms = Atoms.of(checked_concepts(finder.concepts, places))
        self.finder, self.size, self.places = finder, len(units), int(np.prod(places[1:]))
        self.sides = [Side(units, atoms, finder.quantile)]
        other = _untrained(model, finder.seed)
        if other is not None:
            self.sides.append(Side(Units(other, units.batch, layer), atoms, finder.quantile))

    def start(self) -> Iterator[None]:
        for side in self.sides:
            yield from side.source.find_thresholds()
        self._take_note()

    @property
    def chunk(self) -> int:
        return max(1, AT_ONCE // (self.sides[0].source.units.count * self.places))

    @property
    def left(self) -> int:
        return sum(self.size - max(self.drawn, side.source.held) for side in self.sides)

    def draw(self, start: int, stop: int) -> None:
        for side in self.sides:
            side.count(start, stop)
        self._take_note()

    def values(self) -> Array:
        total: Array = self.sides[0].hits[: self.drawn].sum(axis=0)
        return total

    def answer(self, values: Array, **progress: Any) -> Dissection:
        trained, *others = self.sides
        untrained = [self._found(side, None, progress) for side in others]
        return self._found(trained, untrained[0] if untrained else None, progress)

    def _found(self, side: Side, untrained: Dissection | None, progress: dict[str, Any]) -> Dissection:
        return Dissection(
            layer=side.source.units.layer,
            atoms=side.atoms,
            hits=side.hits[: self.drawn],
            quantile=self.finder.quantile,
            threshold=self.finder.threshold,
            source=side.source,
            untrained=untrained,
            **progress,
        )

    def _take_note(self) -> None:
        self.evaluations = sum(side.source.evaluations for side in self.sides)


def _untrained(model: Model, seed: int) -> Model | None:
    """Return the network before it learnt anything; None where no weights can be reached."""
    try:
        return model.randomised(seed=seed)
    except InputError:
        return None
