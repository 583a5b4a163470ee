"""The gradient methods with names of their own: each is a choice of the engine in `influence`, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE
from xai_widgets.attribution.baseline import BASELINE, BASELINES, Baseline
from xai_widgets.attribution.ends import PIXEL_ENDS, SQUARE_ENDS
from xai_widgets.attribution.gradients.boundary import Boundary, BoundaryLine, no_boundary
from xai_widgets.attribution.gradients.distribution import Distribution, Point
from xai_widgets.attribution.gradients.influence import InfluenceMethod
from xai_widgets.attribution.gradients.noise import JITTER, SAMPLES, SEED, SIGMA, Gaussian, RandomLines
from xai_widgets.attribution.gradients.path import LATENT_BASELINE, STEPS, Line
from xai_widgets.models.base import Model


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Saliency(InfluenceMethod):
    """The gradient of the quantity, signed (Simonyan et al. 2014).

    A value says how fast the quantity changes with the element, in units of the quantity per unit of the input.

    References
    ----------
    Simonyan, Vedaldi, Zisserman (2014), Deep Inside Convolutional Networks: Visualising Image Classification Models and
    Saliency Maps.

    Examples
    --------
    >>> result = xai.Saliency()(model, x)
    >>> result.values.shape, result.map.shape
    ((1, 8, 8), (8, 8))
    """

    name = "saliency"
    label = "Saliency"
    sentence = "How fast the quantity changes with each pixel."
    reference = "Simonyan, Vedaldi, Zisserman 2014"
    channels = "largest"
    ends = PIXEL_ENDS
    distribution = Point()


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class InputXGradient(InfluenceMethod):
    """The gradient of the quantity times the input (Shrikumar et al. 2016); at a layer, times its activation.

    References
    ----------
    Shrikumar, Greenside, Shcherbina, Kundaje (2016), Not Just a Black Box: Learning Important Features Through
    Propagating Activation Differences.

    Examples
    --------
    >>> result = xai.InputXGradient()(model, x)
    >>> bool(np.allclose(result.values, x * xai.Saliency()(model, x).values))
    True
    """

    name = "input_x_gradient"
    label = "Input × gradient"
    sentence = "The gradient times the pixel: what a linear model would credit each pixel with."
    reference = "Shrikumar, Greenside, Shcherbina, Kundaje 2016"
    distribution = Point()
    multiplier = "activation"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class IntegratedGradients(InfluenceMethod):
    """Gradients averaged along the line from a baseline, times the way (Sundararajan et al. 2017).

    The trapezoid rule on `steps` panels, refined in an order in which every prefix is a whole estimate. The values sum
    to the change of the quantity from the baseline to the input; the `gap` of a result says how exactly.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts: an end of the bounds, the mean of each channel, the blurred picture, or values in the
        units of the input, one for all or an array of its shape.
    latent_baseline : {"baseline", "zero"}, default "baseline"
        At a layer the line runs from the activation of the baseline (Captum's LayerIntegratedGradients), or from zero
        (TruLens).

    References
    ----------
    Sundararajan, Taly, Yan (2017), Axiomatic Attribution for Deep Networks.

    Examples
    --------
    >>> result = xai.IntegratedGradients(steps=32)(model, x, xai.Margin("cross", "ring"))
    >>> result.values.shape, result.evaluations
    ((1, 8, 8), 33)
    >>> result.gap < 0.05
    True
    """

    steps: int = STEPS.field()
    baseline: Baseline = BASELINE.field()
    latent_baseline: str = LATENT_BASELINE.field()

    name = "integrated_gradients"
    label = "Integrated gradients"
    sentence = "Gradients averaged on the way from a baseline to the picture; they sum to the change of the quantity."
    reference = "Sundararajan, Taly, Yan 2017"
    multiplier = "displacement"

    @property
    def distribution(self) -> Distribution:
        return Line(steps=self.steps, baseline=self.baseline, latent_baseline=self.latent_baseline)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedGradients(InfluenceMethod):
    """Integrated gradients from many baselines, one random point on each line (Erion et al. 2021); also GradientSHAP.

    Each sample draws a baseline and a place on the line from it to the input, and gives the gradient there times the
    displacement from that baseline (Lundberg, Lee 2017). `gap` compares the sum with the quantity at the input minus
    its mean at these baselines.

    Parameters
    ----------
    samples : int, default 32
        How many baselines are drawn, each of them one gradient.
    baselines : {"uniform", "plain"}, number or array (k, *input shape), default "uniform"
        "uniform" is noise within the bounds, "plain" one colour all over; an array holds baselines of your own, for
        instance pictures of the training data, each of which comes once before any comes again.
    seed : int, default 0
        Sample i depends on (seed, i) alone.
    sigma : float, default 0
        The standard deviation of noise that is added to the input of each sample, as a fraction of the width of the
        bounds (Captum's stdevs, which are absolute).
    tolerance : float, default 0
        Stop when the largest standard error is at most this part of the largest value; 0 takes all samples.

    References
    ----------
    Erion, Janizek, Sturmfels, Lundberg, Lee (2021), Improving Performance of Deep Learning Models with Axiomatic
    Attribution Priors and Expected Gradients.

    Examples
    --------
    >>> method = xai.ExpectedGradients(samples=64, baselines=batch[1:])
    >>> result = method(model, x, xai.Logit("cross"))
    >>> result.standard_error.shape
    (1, 8, 8)
    """

    samples: int = SAMPLES.field()
    baselines: Baseline = BASELINES.field()
    seed: int = SEED.field()
    sigma: float = JITTER.field()
    tolerance: float = TOLERANCE.field()

    name = "expected_gradients"
    label = "Expected gradients"
    sentence = "Integrated gradients from many baselines, a random point on each line: GradientSHAP."
    reference = "Erion, Janizek, Sturmfels, Lundberg, Lee 2021"
    multiplier = "displacement"

    @property
    def distribution(self) -> Distribution:
        return RandomLines(samples=self.samples, baselines=self.baselines, seed=self.seed, jitter=self.sigma)


@dataclass(frozen=True, kw_only=True, eq=False)
class OverNoise(InfluenceMethod):
    """A statistic of the gradients at noisy copies of the input; the same copies for all that choose one."""

    sigma: float = SIGMA.field()
    samples: int = SAMPLES.field()
    seed: int = SEED.field()

    channels = "largest"
    needs_bounds = True

    @property
    def distribution(self) -> Distribution:
        return Gaussian(sigma=self.sigma, samples=self.samples, seed=self.seed)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothGrad(OverNoise):
    """The gradient averaged over noisy copies of the input (Smilkov et al. 2017).

    Parameters
    ----------
    sigma : float, default 0.15
        The standard deviation of the noise, as a fraction of the width of the model's bounds.
    samples : int, default 32
        How many noisy copies there are, each of them one gradient.
    seed : int, default 0
        Sample i depends on (seed, i) alone.
    tolerance : float, default 0
        Stop when the largest standard error is at most this part of the largest value; 0 takes all samples.

    References
    ----------
    Smilkov, Thorat, Kim, Viégas, Wattenberg (2017), SmoothGrad: Removing Noise by Adding Noise.

    Examples
    --------
    >>> for estimate in xai.SmoothGrad(sigma=0.1, samples=16).stream(model, x):
    ...     so_far = estimate.map
    >>> estimate.final, estimate.evaluations, so_far.shape
    (True, 17, (8, 8))
    """

    tolerance: float = TOLERANCE.field()

    name = "smoothgrad"
    label = "SmoothGrad"
    sentence = "The gradient averaged over noisy copies of the picture."
    reference = "Smilkov, Thorat, Kim, Viégas, Wattenberg 2017"
    ends = PIXEL_ENDS


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothGradSquared(OverNoise):
    """The mean of the squared gradients at noisy copies of the input (Hooker et al. 2019).

    Parameters
    ----------
    sigma : float, default 0.15
        The standard deviation of the noise, as a fraction of the width of the model's bounds.
    samples : int, default 32
        How many noisy copies there are, the same as those of `SmoothGrad`.
    seed : int, default 0
        Sample i depends on (seed, i) alone.

    References
    ----------
    Hooker, Erhan, Kindermans, Kim (2019), A Benchmark for Interpretability Methods in Deep Neural Networks.

    Examples
    --------
    >>> result = xai.SmoothGradSquared(samples=8)(model, x)
    >>> bool((result.values >= 0).all())
    True
    """

    name = "smoothgrad_squared"
    label = "SmoothGrad squared"
    sentence = "The squared gradient averaged over noisy copies of the picture: it says where, and not which way."
    reference = "Hooker, Erhan, Kindermans, Kim 2019"
    statistic = "mean_square"
    ends = SQUARE_ENDS


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class VarGrad(OverNoise):
    """The variance of the gradient over noisy copies of the input (Adebayo et al. 2018); divided by `samples`.

    Parameters
    ----------
    sigma : float, default 0.15
        The standard deviation of the noise, as a fraction of the width of the model's bounds.
    samples : int, default 32
        How many noisy copies there are, the same as those of `SmoothGrad`.
    seed : int, default 0
        Sample i depends on (seed, i) alone.

    References
    ----------
    Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018), Sanity Checks for Saliency Maps.

    Examples
    --------
    >>> options = {"sigma": 0.1, "samples": 8}
    >>> squares, mean = (method(**options)(model, x).values for method in (xai.SmoothGradSquared, xai.SmoothGrad))
    >>> bool(np.allclose(xai.VarGrad(**options)(model, x).values, squares - mean**2, atol=1e-4))
    True
    """

    name = "vargrad"
    label = "VarGrad"
    sentence = "How much the gradient varies over noisy copies of the picture."
    reference = "Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim 2018"
    statistic = "variance"
    ends = SQUARE_ENDS


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class BoundarySaliency(InfluenceMethod):
    """The gradient at the closest point at which the model answers another class (Wang, Fredrikson, Datta 2021).

    The quantity is that of the input: by default the score of the class that the model answers there. See `Boundary`.

    References
    ----------
    Wang, Fredrikson, Datta (2021), Robust Models Are More Interpretable Because Attributions Look Normal.

    Examples
    --------
    >>> result = xai.BoundarySaliency()(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "boundary_saliency"
    label = "Boundary saliency"
    sentence = "The gradient at the closest point at which the model changes its mind."
    reference = "Wang, Fredrikson, Datta 2021"
    channels = "largest"
    ends = PIXEL_ENDS
    distribution = Boundary()

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return no_boundary(model)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class BoundaryIntegratedGradients(InfluenceMethod):
    """Integrated gradients from the closest point at which the model answers another class (Wang et al. 2021).

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients, after the search for the point: see `Boundary`.

    References
    ----------
    Wang, Fredrikson, Datta (2021), Robust Models Are More Interpretable Because Attributions Look Normal.

    Examples
    --------
    >>> result = xai.BoundaryIntegratedGradients(steps=32)(model, x, xai.Margin("cross", "bar"))
    >>> result.values.shape
    (1, 8, 8)
    """

    steps: int = STEPS.field()

    name = "boundary_integrated_gradients"
    label = "Boundary integrated gradients"
    sentence = (
        "Gradients averaged on the way to the picture from the closest point at which the model changes its mind."
    )
    reference = "Wang, Fredrikson, Datta 2021"
    multiplier = "displacement"

    @property
    def distribution(self) -> Distribution:
        return BoundaryLine(steps=self.steps)

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return no_boundary(model)
