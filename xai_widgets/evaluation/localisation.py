"""Localisation: whether a map lies where the mask says that what matters is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.erasure import planes_of
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler
from xai_widgets.models.arrays import as_array
from xai_widgets.models.objective import Array, Number
from xai_widgets.option import Option

THRESHOLDS = np.linspace(0.05, 0.95, 19)
"""Fractions of a map's largest value, at which it is compared with the mask."""


def _check_mask(value: Any) -> Array:
    mask = as_array(value)
    if mask.dtype != bool and not (mask.dtype.kind in "iuf" and np.isin(mask, (0, 1)).all()):
        raise InputTypeError(f"mask is {shown(value)}; expected an array of True and False, one for each pixel.")
    if not mask.any():
        raise InputError("The mask is nowhere True; expected where what matters is.")
    return mask.astype(bool)


MASK = Option(
    default=None,  # There is none: which one, must be said.
    kind="choice",
    label="Mask",
    sentence="Where what matters is.",
    other=_check_mask,
    shown=False,
)
TOLERANCE = Option(
    default=0,
    kind="number",
    label="Tolerance",
    sentence="So far from the mask the largest value may lie and still counts as a hit.",
    minimum=0,
    maximum=1,
    slider=(0, 0.2),
    step=0.01,
    unit="of the shorter side",
)
SMOOTHING = Option(
    default=0,
    kind="number",
    label="Smoothing",
    sentence="The standard deviation of a bell that the map is smoothed with first.",
    minimum=0,
    slider=(0, 5),
    step=0.5,
    unit="pixels",
)


@dataclass(frozen=True, eq=False, repr=False)
class LocalisationEstimate(Measurement):
    """How well maps find masks; made by `Localisation`. Its `value` is the IoU at the mask's own area.

    Attributes
    ----------
    thresholds : array of shape (19,)
        Fractions of the largest value of each map: what lies above is compared with the mask.
    ious : array of shape (batch, 19)
        Their intersection over their union.
    energies, areas, hits, precisions : array of shape (batch,)
        See `energy`, `lift`, `hit` and `average_precision`.

    Examples
    --------
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:6, 2:6] = True
    >>> found = xai.Localisation(mask)(model, x, method=xai.Occlusion(window=2, stride=1))
    >>> found.iou.shape, 0 <= found.energy <= 1
    ((19,), True)
    """

    ious: Array
    energies: Array
    areas: Array
    hits: Array
    precisions: Array
    thresholds: Array = field(default_factory=THRESHOLDS.copy, kw_only=True)

    @property
    def iou(self) -> Array:
        """The intersection over union at each threshold, (19,) or (batch, 19)."""
        return self.ious[0] if self.question.single else self.ious

    @property
    def best_threshold(self) -> Number:
        """The threshold at which it is largest; it differs between methods, so one for all reorders them."""
        return self.question.per_input(self.thresholds[self.ious.argmax(axis=1)])

    @property
    def energy(self) -> Number:
        """The share of what is positive that lies in the mask; nan where nothing is."""
        return self.question.per_input(self.energies)

    @property
    def lift(self) -> Number:
        """The energy over the mask's share of the area, which is what chance would have."""
        return self.question.per_input(self.energies / self.areas)

    @property
    def hit(self) -> Number:
        """Whether the largest value lies in the mask, 1 or 0; where several are as large, the share that does."""
        return self.question.per_input(self.hits)

    @property
    def average_precision(self) -> Number:
        """The mean precision over the mask's pixels, of the map as a classifier of pixels; chance has the area."""
        return self.question.per_input(self.precisions)

    @property
    def facts(self) -> list[Fact]:
        """The IoU, the energy with its lift, the pointing game, and the best threshold."""
        overlap, *_ = super().facts
        error = "" if len(self.values) < 2 else f" ± {self.values.std(ddof=1) / np.sqrt(len(self.values)):.1g}"
        lift = np.mean(self.energies / self.areas)
        inside = f"{100 * np.mean(self.energies):.3g} % ({lift:.2g} times its area)"
        return [
            overlap._replace(value=f"{self.values.mean():.3g}{error} (IoU at the mask's area)"),
            Fact("inside", inside, "The share of what speaks for the quantity that lies in the mask."),
            Fact("pointing game", f"{np.mean(self.hits):.2g}", "Whether the largest value lies in the mask."),
            Fact("best threshold", f"{np.mean(self.best_threshold):.2g}", "Where the overlap is largest."),
        ]


@register
@dataclass(frozen=True, eq=False)
class Localisation(Metric):
    """How well a map finds a mask: its overlap, what lies inside, whether it points there.

    `value` is the intersection over union of the mask and as many of the map's largest pixels, which needs no
    threshold. A map is compared where it is positive, slopes by their size; one of a layer is laid over the input
    first. That a map finds a mask does not say that it is faithful: the mask says what differs, not what was used.

    Parameters
    ----------
    mask : array of bool
        (height, width), one for all inputs or one for each, (batch, height, width).
    tolerance : float, default 0
        For the pointing game: so far from the mask the largest value still counts as a hit, as a part of the shorter
        side. Zhang et al. 2016 take 15 of 224 pixels, .067.
    smoothing : float, default 0
        The standard deviation in pixels of a Gaussian that maps are smoothed with first: what is scattered over pixels,
        as maps of gradients are, finds a mask much better then, and is compared with what comes from a coarse layer.
    seed : int, default 0
        Of the order of pixels that are equal.

    References
    ----------
    Zhang, Lin, Brandt, Shen, Sclaroff (2016), Top-down Neural Attention by Excitation Backprop: the pointing game.

    Arras, Osman, Samek (2022), CLEVR-XAI: relevance mass, and rank accuracy r, of which the IoU is r / (2 - r).

    Examples
    --------
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:6, 2:6] = True
    >>> found = xai.Localisation(mask)(model, x, method=xai.Occlusion(window=2, stride=1))
    >>> 0 <= found.value <= 1
    True
    """

    mask: ArrayLike = field(metadata={"option": MASK})
    tolerance: float = TOLERANCE.field()
    smoothing: float = SMOOTHING.field()
    seed: int = SEED.field()

    name = "localisation"
    label = "Localisation"
    sentence = "How well the map finds the mask of what is known to matter."
    reference = "Zhang, Lin, Brandt, Shen, Sclaroff 2016"
    better = "higher"

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Compared(self, judged)


class Compared(MetricSampler):
    """Compares each map with its mask, which is done at once."""

    size = chunk = 1
    metric: Localisation

    def __init__(self, metric: Localisation, judged: Attribution) -> None:
        super().__init__(metric, judged)
        planes = planes_of(judged)[0]
        self.planes = ndimage.gaussian_filter(planes, metric.smoothing, axes=range(1, planes.ndim), mode="nearest")
        self.grid = self.planes.shape[1:]
        mask = np.asarray(metric.mask)
        if mask.shape not in (self.grid, self.planes.shape):
            raise InputError(
                f"mask has shape {mask.shape}; expected {self.grid}, the places of the input, or one for each of "
                f"{self.count} inputs."
            )
        self.masks = np.broadcast_to(mask, self.planes.shape).reshape(self.count, -1)
        self.each = 0

    def draw(self, start: int, stop: int) -> None:
        pairs = list(zip(self.planes.reshape(self.masks.shape), self.masks, strict=True))
        near = [self._widened(mask) for mask in self.masks]
        self.overlaps = np.array([_overlap(*pair, self.metric.seed) for pair in pairs])
        self.found: dict[str, Any] = {
            "ious": np.array([_ious(*pair) for pair in pairs]),
            "energies": np.array([_inside(*pair) for pair in pairs]),
            "areas": self.masks.mean(axis=1),
            "hits": np.array([mask[plane == plane.max()].mean() for (plane, _), mask in zip(pairs, near, strict=True)]),
            "precisions": np.array([_average_precision(*pair) for pair in pairs]),
        }

    def values(self) -> Array:
        return self.overlaps

    def answer(self, values: Array, **progress: Any) -> Measurement:
        return LocalisationEstimate(**self.known(values), **self.found, **progress)

    def _widened(self, mask: Array) -> Array:
        """Return a mask with all that is near enough to count as a hit."""
        away = ndimage.distance_transform_edt(~mask.reshape(self.grid))
        found: Array = (away <= self.metric.tolerance * min(self.grid)).reshape(-1)
        return found


def _iou(one: Array, other: Array) -> float:
    return float((one & other).sum() / (one | other).sum())


def _ious(plane: Array, mask: Array) -> list[float]:
    """Return the overlap of the mask with what lies above each threshold; nothing does where nothing is positive."""
    return [_iou(plane > part * max(plane.max(), 0), mask) for part in THRESHOLDS]


def _overlap(plane: Array, mask: Array, seed: int) -> float:
    """Return the overlap with the mask of as many of the largest values; equal ones stand in a random order."""
    shuffled = np.random.default_rng((seed, 3)).permutation(len(plane))
    largest = np.zeros(len(plane), bool)
    largest[shuffled[np.argsort(-plane[shuffled], kind="stable")[: mask.sum()]]] = True
    return _iou(largest, mask)


def _inside(plane: Array, mask: Array) -> float:
    positive = np.maximum(plane, 0)
    whole = positive.sum()
    return float(positive[mask].sum() / whole) if whole else float("nan")


def _average_precision(plane: Array, mask: Array) -> float:
    """Return the sum over thresholds of precision times what recall gains, as scikit-learn has it: equals at once."""
    values, place = np.unique(-plane, return_inverse=True)
    found = np.cumsum(np.bincount(place, weights=mask, minlength=len(values)))
    seen = np.cumsum(np.bincount(place, minlength=len(values)))
    return float((found / seen * np.diff(found, prepend=0)).sum() / mask.sum())
