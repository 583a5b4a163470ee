"""Lines to the input as distributions of interest: from a baseline, in the pixels or in the units of a layer."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.gradients.distribution import Chunk, Distribution, Samples
from xai_widgets.attribution.gradients.nodes import nested_nodes, walked_nodes
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

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

LATENT_BASELINE = Option(
    default="baseline",
    kind="choice",
    label="Latent baseline",
    sentence="Where the path through a layer starts: at the baseline's own activation, or at zero.",
    choices=("baseline", "zero"),
    shown=False,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Path(Distribution):
    """A straight way to the input, cut into equal panels; gradients are weighted by the trapezoid rule.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    """

    steps: int = STEPS.field()
    order: Literal["nested", "walked"] = field(default="nested", init=False, repr=False)
    """In which order the nodes come: see `nested_nodes` and `walked_nodes`."""

    minimum = 2
    displaces = True
    words = "gradients along the path"

    @property
    def size(self) -> int:
        return self.steps + 1

    def begins(self, cut: Cut) -> str:
        """Return where it starts, in words."""
        start = getattr(self, "baseline", "the start")
        return start if isinstance(start, str) else "the baseline" if np.ndim(start) else f"{start:g}"

    @property
    def nodes(self) -> Array:
        """The numbers 0 to `steps` of the nodes, in the order in which they come."""
        return (nested_nodes if self.order == "nested" else walked_nodes)(self.steps)

    def between(
        self, start: Array | None, batch: Array, cut: Cut, evaluations: int = 0, *, latent: bool = True
    ) -> Samples:
        """Return the samples of the line from `start` to `batch`; at a layer it runs in the layer's own space.

        None starts at zero there, and without `latent` it runs in the space of the inputs all the same. `evaluations`
        were spent to find the start.
        """
        replaced = latent and cut.is_latent
        if start is not None and not replaced:
            start_point, end_point, passes = start, batch, 0
        else:
            end_point = cut.activations(batch)
            start_point = np.zeros_like(end_point) if start is None else cut.activations(start)
            passes = 1 if start is None else 2
        nodes = self.nodes

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

        displacement = end_point - start_point if replaced or not cut.is_latent else None
        return Samples(draw, displacement, evaluations + passes * len(batch))

    def walked(self) -> Self:
        """Return the same path, whose nodes come one after the other as one walks it."""
        other = copy.copy(self)
        object.__setattr__(other, "order", "walked")
        return other

    def extends(self, other: Distribution) -> bool:
        if not isinstance(other, Path):
            return False
        ratio, rest = divmod(self.steps, other.steps)
        return rest == 0 and ratio & (ratio - 1) == 0 and self.same_options(other, but=("steps",))


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(Path):
    """The straight line from a baseline to the input, cut into equal panels (Sundararajan et al. 2017).

    Gradients are weighted by the trapezoid rule. At a layer the line runs in the layer's own space.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts, as in `IntegratedGradients`.
    latent_baseline : {"baseline", "zero"}, default "baseline"
        At a layer: start at the activation of the baseline, or at zero (TruLens' convention).

    References
    ----------
    Sundararajan, Taly, Yan (2017), Axiomatic Attribution for Deep Networks.

    Examples
    --------
    >>> result = xai.Influence(distribution=xai.Line(steps=16), multiplier="displacement")(model, x)
    >>> same = xai.IntegratedGradients(steps=16)(model, x)
    >>> bool(np.allclose(result.values, same.values))
    True
    """

    baseline: Baseline = BASELINE.field()
    latent_baseline: str = LATENT_BASELINE.field()

    name = "line"
    label = "line"

    def begins(self, cut: Cut) -> str:
        return "zero" if cut.is_latent and self.latent_baseline == "zero" else super().begins(cut)

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        if cut.is_latent and self.latent_baseline == "zero":
            return self.between(None, batch, cut)
        return self.between(baseline_for(batch, self.baseline, model), batch, cut)

    def origins(self, model: Model, cut: Cut, batch: Array, start: int, stop: int) -> Array | None:
        at_zero = cut.is_latent and self.latent_baseline == "zero"
        return None if at_zero else baseline_for(batch, self.baseline, model)


@dataclass(frozen=True, kw_only=True, eq=False)
class InputLine(Path):
    """The straight line from a baseline to the input, also where the gradients are those of a layer.

    The layer then takes the values that it has for these inputs (Leino et al. 2018; Dhamdhere et al. 2019), and not
    those of a line in its own space.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts, as in `IntegratedGradients`.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Dhamdhere, Sundararajan, Yan (2019), How Important Is a Neuron?

    Examples
    --------
    >>> result = xai.Influence(distribution=xai.InputLine(steps=16))(model, x, layer="conv2")
    >>> same = xai.InternalInfluence(steps=16)(model, x, layer="conv2")
    >>> bool(np.allclose(result.values, same.values))
    True
    """

    baseline: Baseline = BASELINE.field()

    name = "input_line"
    label = "line of inputs"
    displaces = False

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Samples:
        return self.between(baseline_for(batch, self.baseline, model), batch, cut, latent=False)

    def origins(self, model: Model, cut: Cut, batch: Array, start: int, stop: int) -> Array:
        return baseline_for(batch, self.baseline, model)
