"""Distributions of interest: where gradients are taken, as nested streams of samples (Leino et al. 2018)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, BASELINES, Baseline, baseline_for, baselines_for
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
ALPHA, NOISE_OF_LINES = 2, 3
"""What tells the random numbers of a sample apart that are not the noise of `Gaussian`."""

COARSE = 8
"""So many panels give the first whole picture of a path that is then walked from end to end."""

JITTER = replace(
    SIGMA,
    default=0.0,
    label="Noise on the input",
    sentence="How far the end of each line is moved by noise.",
    aside=True,
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
    """Where gradients are taken. Samples nest: those of a smaller count are the first of a larger one."""

    name: ClassVar[str]
    label: ClassVar[str]
    starts_at_input: bool = True
    """Whether sample 0 is the input itself, so that the score is known from it."""
    minimum: int = 1
    """How many samples a first estimate needs."""
    random: ClassVar[bool] = False
    """Whether samples are independent draws, so that their mean has a standard error."""
    displaces: ClassVar[bool] = False
    """Whether a sample lies on a line in the space of the cut, so that there is a displacement to multiply with."""

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
    order: Literal["nested", "walked"] = field(default="nested", repr=False)
    """In which order the nodes come: see `nested_nodes` and `walked_nodes`."""

    minimum = 2
    displaces = True

    @property
    def size(self) -> int:
        return self.steps + 1

    def between(
        self, start: Array | None, batch: Array, cut: Cut, evaluations: int = 0, *, latent: bool = True
    ) -> Samples:
        """Return the samples of the line from `start` to `batch`; at a layer it runs in the layer's own space.

        None starts at zero there, and without `latent` it runs in the space of the inputs all the same. `evaluations`
        were spent to find the start.
        """
        replaced = latent and cut.layer is not None
        if start is not None and not replaced:
            start_point, end_point, passes = start, batch, 0
        else:
            end_point = cut.activations(batch)
            start_point = np.zeros_like(end_point) if start is None else cut.activations(start)
            passes = 1 if start is None else 2
        nodes = (nested_nodes if self.order == "nested" else walked_nodes)(self.steps)

        def draw(start: int, stop: int) -> Chunk:
            alphas = (nodes[start:stop] / self.steps).astype(batch.dtype)
            points = np.empty((len(alphas), *end_point.shape), batch.dtype)
            for alpha, point in zip(alphas, points, strict=True):  # In place: temporary arrays cost more than the sums.
                np.multiply(alpha, end_point, out=point)
                point += (1 - alpha) * start_point
            weights = np.where((nodes[start:stop] == 0) | (nodes[start:stop] == self.steps), 0.5, 1.0)
            if not replaced:
                return Chunk(points, None, weights)
            return Chunk(np.broadcast_to(batch, (len(alphas), *batch.shape)), points, weights)

        displacement = end_point - start_point if replaced or cut.layer is None else None
        return Samples(draw, displacement, evaluations + passes * len(batch))

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
class InputLine(Path):
    """The straight line from a baseline to the input, also where the gradients are those of a layer.

    The layer then takes the values that it has for these inputs (Leino et al. 2018; Dhamdhere et al. 2019), and not
    those of a line in its own space.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : str, number or array, default "black"
        Where the line starts; see `baseline_for`.
    """

    baseline: Baseline = BASELINE.field()

    name = "input_line"
    label = "line of inputs"
    displaces = False

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        return self.between(baseline_for(batch, self.baseline, model), batch, cut, latent=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomLines(Distribution):
    """A random point on the line to the input from a random baseline (Lundberg, Lee 2017; Erion et al. 2021).

    Sample i depends on (seed, i) alone, its baseline, its place on the line and its noise. At a layer the line runs in
    the layer's own space, between the activations of both ends.

    Parameters
    ----------
    samples : int, default 32
    baselines : {"uniform", "plain"}, number or array (k, *input shape), default "uniform"
        Where the lines start; see `baselines_for`.
    jitter : float, default 0
        The standard deviation of noise on the input, the end of each line, as a fraction of the width of the bounds.
    seed : int, default 0
    """

    samples: int = SAMPLES.field()
    baselines: Baseline = BASELINES.field()
    jitter: float = JITTER.field()
    seed: int = SEED.field()

    name = "random_lines"
    label = "lines from many baselines"
    starts_at_input = False
    random = True
    displaces = True

    @property
    def size(self) -> int:
        return self.samples

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        baselines_for(batch, self.baselines, model, self.seed, 0, 1)  # says at once what does not fit
        deviation = np.asarray(noise_deviation(model, self.jitter) if self.jitter else 0, batch.dtype)
        known = None if self.jitter else cut.activations(batch)

        def draw(start: int, stop: int) -> Chunk:
            number = stop - start
            starts = baselines_for(batch, self.baselines, model, self.seed, start, stop)
            ends = np.broadcast_to(batch, (number, *batch.shape))
            if self.jitter:
                key = (self.seed, NOISE_OF_LINES)
                noise = [noise_for(model, key, index) for index in range(start, stop)]
                ends = ends + deviation * np.stack(noise)[:, None]
            alphas = np.array([np.random.default_rng((self.seed, i, ALPHA)).random() for i in range(start, stop)])
            first = _activations(cut, starts)
            last = _activations(cut, ends) if known is None else known[None]
            displacements = last - first
            points = first + alphas.reshape(-1, *[1] * (displacements.ndim - 1)).astype(batch.dtype) * displacements
            if cut.layer is None:
                return Chunk(points, None, np.ones(number), displacements, starts)
            inputs = np.broadcast_to(batch, (number, *batch.shape))
            passes = number if known is not None else number * (1 + len(batch))
            return Chunk(inputs, points, np.ones(number), displacements, starts, passes)

        return Samples(draw, evaluations=0 if cut.layer is None or known is None else len(batch))

    def extends(self, other: Distribution) -> bool:
        return (
            isinstance(other, RandomLines) and self.same_options(other, ("samples",)) and self.samples >= other.samples
        )


def _activations(cut: Cut, inputs: Array) -> Array:
    """What flows through the cut, (samples, rows, *shape), for inputs of as many axes."""
    flat = cut.activations(inputs.reshape(-1, *inputs.shape[2:]))
    return flat.reshape(*inputs.shape[:2], *flat.shape[1:])


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
    random = True

    @property
    def size(self) -> int:
        return self.samples

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        deviation = np.asarray(noise_deviation(model, self.sigma), batch.dtype)

        def draw(start: int, stop: int) -> Chunk:
            points = np.empty((stop - start, *batch.shape), batch.dtype)
            for index, point in zip(range(start, stop), points, strict=True):
                np.multiply(deviation, noise_for(model, self.seed, index), out=point)
                point += batch
            return Chunk(points, None, np.ones(stop - start))

        return Samples(draw)

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Gaussian) and self.same_options(other, ("samples",)) and self.samples >= other.samples


def noise_deviation(model: Model, sigma: float) -> Any:
    """Return the standard deviation of noise that is the fraction `sigma` of the width of the model's bounds.

    Of several inputs it is one for each number: those without bounds get no noise.

    Raises
    ------
    ValueError
        If the model has no bounds.
    """
    if model.parts is not None and model.parts.has_bounds:
        widths = [0.0 if part.bounds is None else part.bounds[1] - part.bounds[0] for part in model.parts]
        return sigma * np.array(widths)[model.parts.labels]
    if model.bounds is None:
        raise InputError(NO_RANGE)
    return sigma * (model.bounds[1] - model.bounds[0])


def nested_nodes(steps: int) -> Array:
    """Return the numbers 0 to `steps` in the order in which a line is refined: both ends, then ever finer.

    The last node (the input) comes first, then node 0, then the interior. For even `steps` the nodes of ``steps / 2``
    come before all others, so that going on from m to 2m steps costs m; the new ones follow in bit-reversed order, so
    that every prefix covers the line evenly.
    """
    return np.array([steps, 0, *_interior(steps)])


def coarse_edges(steps: int) -> list[int]:
    """Return the nodes of at most `COARSE` panels of about equal width, ascending."""
    panels = min(steps, COARSE)
    return [round(panel * steps / panels) for panel in range(panels + 1)]


def walked_nodes(steps: int) -> Array:
    """Return the numbers 0 to `steps` in the order in which a line is walked: the coarse edges, then all others.

    The edges come as `nested_nodes` does, the others in a row. So what lies between two neighbours can be summed with
    the edges and the last node in memory alone.
    """
    edges = coarse_edges(steps)
    others = sorted(set(range(steps + 1)) - set(edges))
    return np.array([edges[node] for node in nested_nodes(len(edges) - 1)] + others)


def _interior(steps: int) -> list[int]:
    if steps % 2:
        return [node for node in _bit_reversed(steps) if node]
    return [2 * node for node in _interior(steps // 2)] + [2 * half + 1 for half in _bit_reversed(steps // 2)]


def _bit_reversed(count: int) -> list[int]:
    """The numbers below `count` in the order of their reversed binary digits."""
    bits = max(1, (count - 1).bit_length())
    return [node for node in (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits)) if node < count]


def noise_for(model: Model, seed: int | tuple[int, ...], index: int) -> Array:
    """Return noise sample `index` for an input of `model`; each of several input tensors has its own."""
    if model.parts is None:
        return gaussian_noise(seed, index, model.input_shape or (), model.channel_axis)
    key = (seed,) if isinstance(seed, int) else seed
    drawn = [
        gaussian_noise((*key, place), index, part.input_shape, part.channel_axis)
        for place, part in enumerate(model.parts)
    ]
    packed: Array = model.parts.pack([one[None] for one in drawn])[0]
    return packed


def gaussian_noise(seed: int | tuple[int, ...], index: int, shape: tuple[int, ...], channel_axis: int | None) -> Array:
    """Return noise sample `index`: standard normal, drawn channels last so that it is the same in every layout."""
    generator = np.random.default_rng((seed, index) if isinstance(seed, int) else (seed[0], index, *seed[1:]))
    if channel_axis == 0:
        return np.moveaxis(generator.standard_normal((*shape[1:], shape[0]), np.float32), -1, 0)
    return generator.standard_normal(shape, np.float32)
