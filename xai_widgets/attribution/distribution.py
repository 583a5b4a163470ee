"""Distributions of interest: where gradients are taken, as nested streams of samples (Leino et al. 2018)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.errors import InputError
from xai_widgets.models.base import Cut, Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option, Optioned

STEPS = Option(
    default=64,
    kind="integer",
    label="Steps",
    sentence="How many pieces the path from the baseline to the picture is cut into.",
    minimum=1,
    maximum=2**20,
    slider=(1, 512),
    scale="doublings",
    unit="steps",
)
SIGMA = Option(
    default=0.15,
    kind="number",
    label="Noise",
    sentence="The standard deviation of the noise, as a fraction of the range of values.",
    minimum=0,
    slider=(0, 0.5),
    step=0.01,
    unit="of the range",
)
SAMPLES = Option(
    default=32,
    kind="integer",
    label="Samples",
    sentence="How many noisy pictures are averaged.",
    minimum=1,
    slider=(1, 256),
    scale="doublings",
    unit="samples",
)
SEED = Option(
    default=0, kind="integer", label="Seed", sentence="Which noise is drawn.", minimum=0, unit="", shown=False
)
LATENT_BASELINE = Option(
    default="baseline",
    kind="choice",
    label="Latent baseline",
    sentence="Where the path through a layer starts: at the baseline's own activation, or at zero.",
    choices=("baseline", "zero"),
    shown=False,
)

NO_RANGE = (
    "The noise is a fraction of the range of values, but the model was wrapped with bounds=None; expected "
    "wrap(..., bounds=(low, high))."
)
"""Why noise has no meaning where a model says nothing of its range."""


class Chunk(NamedTuple):
    """Some samples in a row, each for the whole batch."""

    inputs: Array
    """What the network is given, (samples, batch, *input shape)."""
    latents: Array | None
    """What takes the place of the cut's output, (samples, batch, *shape of the cut); None leaves it as it is."""
    weights: Array
    """The weight of each sample in the mean, (samples,)."""


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
    """Where gradients are taken. Samples nest: those of a smaller count are the first of a larger one."""

    name: ClassVar[str]
    label: ClassVar[str]
    starts_at_input: bool = True
    """Whether sample 0 is the input itself, so that the score is known from it."""
    minimum: int = 1
    """How many samples a first estimate needs."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of samples."""

    @abstractmethod
    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples | Pending:
        """Make the distribution ready for `batch`; what takes long is left to a search."""

    @abstractmethod
    def extends(self, other: Distribution) -> bool:
        """Whether the samples of `other` are the first ones of this distribution."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Point(Distribution):
    """The input itself."""

    name = "point"
    label = "point"

    @property
    def size(self) -> int:
        return 1

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        return Samples(lambda start, stop: Chunk(batch[None], None, np.ones(stop - start)))

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Path(Distribution):
    """A straight way to the input, cut into equal panels; gradients are weighted by the trapezoid rule.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    """

    steps: int = STEPS.field()

    minimum = 2

    @property
    def size(self) -> int:
        return self.steps + 1

    def between(self, start: Array | None, batch: Array, cut: Cut, evaluations: int = 0) -> Samples:
        """Return the samples of the line from `start` to `batch`; at a layer it runs in the layer's own space.

        None starts at zero there. `evaluations` were spent to find the start.
        """
        if cut.layer is None and start is not None:
            start_point, end_point, passes = start, batch, 0
        else:
            end_point = cut.activations(batch)
            start_point = np.zeros_like(end_point) if start is None else cut.activations(start)
            passes = 1 if start is None else 2
        nodes = nested_nodes(self.steps)

        def draw(start: int, stop: int) -> Chunk:
            alphas = (nodes[start:stop] / self.steps).astype(batch.dtype)
            points = np.empty((len(alphas), *end_point.shape), batch.dtype)
            for alpha, point in zip(alphas, points, strict=True):  # In place: temporary arrays cost more than the sums.
                np.multiply(alpha, end_point, out=point)
                point += (1 - alpha) * start_point
            weights = np.where((nodes[start:stop] == 0) | (nodes[start:stop] == self.steps), 0.5, 1.0)
            if cut.layer is None:
                return Chunk(points, None, weights)
            return Chunk(np.broadcast_to(batch, (len(alphas), *batch.shape)), points, weights)

        return Samples(draw, end_point - start_point, evaluations + passes * len(batch))

    def extends(self, other: Distribution) -> bool:
        if not isinstance(other, Path) or not self.same_options(other, but=("steps",)):
            return False
        ratio, rest = divmod(self.steps, other.steps)
        return rest == 0 and ratio & (ratio - 1) == 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(Path):
    """The straight line from a baseline to the input, cut into equal panels (Sundararajan et al. 2017).

    Gradients are weighted by the trapezoid rule. At a layer the line runs in the layer's own space.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : str, number or array, default "black"
        Where the line starts; see `baseline_for`.
    latent_baseline : {"baseline", "zero"}, default "baseline"
        At a layer: start at the activation of the baseline, or at zero (TruLens' convention).
    """

    baseline: Baseline = BASELINE.field()
    latent_baseline: str = LATENT_BASELINE.field()

    name = "line"
    label = "line"

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        if cut.layer is not None and self.latent_baseline == "zero":
            return self.between(None, batch, cut)
        return self.between(baseline_for(batch, self.baseline, model), batch, cut)


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaussian(Distribution):
    """A normal distribution around the input (Smilkov et al. 2017).

    Sample i depends on (seed, i) alone: the same noise for every picture, sigma, count and backend. It is not clipped.

    Parameters
    ----------
    sigma : float, default 0.15
        The standard deviation as a fraction of the width of the model's bounds.
    samples : int, default 32
    seed : int, default 0
    """

    sigma: float = SIGMA.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()

    name = "gaussian"
    label = "Gaussian"
    starts_at_input = False

    @property
    def size(self) -> int:
        return self.samples

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        if model.bounds is None:
            raise InputError(NO_RANGE)
        deviation = batch.dtype.type(self.sigma * (model.bounds[1] - model.bounds[0]))
        axis = model.channel_axis

        def draw(start: int, stop: int) -> Chunk:
            points = np.empty((stop - start, *batch.shape), batch.dtype)
            for index, point in zip(range(start, stop), points, strict=True):
                np.multiply(deviation, gaussian_noise(self.seed, index, batch.shape[1:], axis), out=point)
                point += batch
            return Chunk(points, None, np.ones(stop - start))

        return Samples(draw)

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Gaussian) and self.same_options(other, ("samples",)) and self.samples >= other.samples


def nested_nodes(steps: int) -> Array:
    """Return the numbers 0 to `steps` in the order in which a line is refined: both ends, then ever finer.

    The last node (the input) comes first, then node 0, then the interior. For even `steps` the nodes of ``steps / 2``
    come before all others, so that going on from m to 2m steps costs m; the new ones follow in bit-reversed order, so
    that every prefix covers the line evenly.
    """
    return np.array([steps, 0, *_interior(steps)])


def _interior(steps: int) -> list[int]:
    if steps % 2:
        return [node for node in _bit_reversed(steps) if node]
    return [2 * node for node in _interior(steps // 2)] + [2 * half + 1 for half in _bit_reversed(steps // 2)]


def _bit_reversed(count: int) -> list[int]:
    """The numbers below `count` in the order of their reversed binary digits."""
    bits = max(1, (count - 1).bit_length())
    return [node for node in (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits)) if node < count]


def gaussian_noise(seed: int, index: int, shape: tuple[int, ...], channel_axis: int | None) -> Array:
    """Return noise sample `index`: standard normal, drawn channels last so that it is the same in every layout."""
    generator = np.random.default_rng((seed, index))
    if channel_axis == 0:
        return np.moveaxis(generator.standard_normal((*shape[1:], shape[0]), np.float32), -1, 0)
    return generator.standard_normal(shape, np.float32)
