"""Random distributions of interest: noise around the input, and lines from random baselines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_widgets.attribution.baseline import BASELINES, Baseline, baselines_for
from xai_widgets.attribution.gradients.distribution import Chunk, Distribution, Samples
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

SIGMA = Option(
    default=0.15,
    kind="number",
    label="Noise",
    sentence="The standard deviation of the noise, as a fraction of the range of values.",
    minimum=0,
    maximum=1000,
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

JITTER = replace(
    SIGMA,
    default=0.0,
    label="Noise on the input",
    sentence="How far the end of each line is moved by noise.",
    aside=True,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomLines(Distribution):
    """A random point on the line to the input from a random baseline (Lundberg, Lee 2017; Erion et al. 2021).

    Sample i depends on (seed, i) alone, its baseline, its place on the line and its noise. At a layer the line runs in
    the layer's own space, between the activations of both ends.

    Parameters
    ----------
    samples : int, default 32
        How many lines are drawn, each with one point.
    baselines : {"uniform", "plain"}, number or array (k, *input shape), default "uniform"
        Where the lines start, as in `ExpectedGradients`.
    jitter : float, default 0
        The standard deviation of noise on the input, the end of each line, as a fraction of the width of the bounds.
    seed : int, default 0
        Another one draws other lines.

    References
    ----------
    Lundberg, Lee (2017), A Unified Approach to Interpreting Model Predictions.

    Examples
    --------
    >>> lines = xai.RandomLines(samples=16, baselines=batch[1:])
    >>> xai.Influence(distribution=lines, multiplier="displacement").known_as
    ('expected gradients', 'Erion, Janizek, Sturmfels, Lundberg, Lee 2021')
    """

    samples: int = SAMPLES.field()
    baselines: Baseline = BASELINES.field()
    jitter: float = JITTER.field()
    seed: int = SEED.field()

    name = "random_lines"
    label = "lines from many baselines"
    words = "gradients times the way, from as many baselines"
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
                noise = [model.input.noise(key, index) for index in range(start, stop)]
                ends = ends + deviation * np.stack(noise)[:, None]
            alphas = np.array([np.random.default_rng((self.seed, i, ALPHA)).random() for i in range(start, stop)])
            first = _activations(cut, starts)
            last = _activations(cut, ends) if known is None else known[None]
            displacements = last - first
            points = first + alphas.reshape(-1, *[1] * (displacements.ndim - 1)).astype(batch.dtype) * displacements
            if not cut.is_latent:
                return Chunk(points, None, np.ones(number), displacements, starts)
            inputs = np.broadcast_to(batch, (number, *batch.shape))
            passes = number if known is not None else number * (1 + len(batch))
            return Chunk(inputs, points, np.ones(number), displacements, starts, passes)

        return Samples(draw, evaluations=0 if not cut.is_latent or known is None else len(batch))

    def origins(self, model: Model, cut: Cut, batch: Array, start: int, stop: int) -> Array:
        return baselines_for(batch, self.baselines, model, self.seed, start, stop)

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
        How many points are drawn.
    seed : int, default 0
        Another one draws other noise.

    References
    ----------
    Smilkov, Thorat, Kim, Viégas, Wattenberg (2017), SmoothGrad: Removing Noise by Adding Noise.

    Examples
    --------
    >>> noise = xai.Gaussian(sigma=0.1, samples=8)
    >>> result = xai.Influence(distribution=noise, statistic="variance")(model, x)
    >>> bool(np.allclose(result.values, xai.VarGrad(sigma=0.1, samples=8)(model, x).values))
    True
    """

    sigma: float = SIGMA.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()

    name = "gaussian"
    label = "Gaussian"
    words = "gradients at noisy copies"
    starts_at_input = False
    random = True

    @property
    def size(self) -> int:
        return self.samples

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        deviation = np.asarray(noise_deviation(model, self.sigma), batch.dtype)
        noise = model.input.noise

        def draw(start: int, stop: int) -> Chunk:
            points = np.empty((stop - start, *batch.shape), batch.dtype)
            for index, point in zip(range(start, stop), points, strict=True):
                np.multiply(deviation, noise((self.seed,), index), out=point)
                point += batch
            return Chunk(points, None, np.ones(stop - start))

        return Samples(draw)

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Gaussian) and self.same_options(other, ("samples",)) and self.samples >= other.samples


def no_noise(model: Model) -> str | None:
    """Return why noise has no meaning for a model, in a sentence; None where it has one."""
    reason = model.taken.no_range
    return f"The noise is a fraction of the range of values, {reason}." if reason else None


def noise_deviation(model: Model, sigma: float) -> Any:
    """Return the standard deviation of noise that is the fraction `sigma` of the width of the model's bounds.

    Of several inputs it is one for each number: those without bounds get no noise.

    Raises
    ------
    ValueError
        If the model has no bounds.
    """
    reason = no_noise(model)
    if reason is not None:
        raise InputError(reason)
    return sigma * model.taken.width
