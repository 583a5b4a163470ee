"""Gradient methods that make sense at a layer only: four kinds of influence of its units, which differ.

| method | where gradients are taken | times |
|---|---|---|
| `InternalInfluence` | on the line of inputs from a baseline | nothing |
| `Conductance` | on the line of inputs from a baseline | the change of the activation along it |
| `LatentInfluence` | on the line of the layer's own values from zero | the activation |
| `IntegratedGradients` with ``layer=`` | on the line of the layer's own values from those of a baseline | its length |
"""

from __future__ import annotations

from dataclasses import dataclass

from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.distribution import STEPS, Distribution, InputLine, Line
from xai_widgets.attribution.influence import UNIT_ENDS, InfluenceMethod
from xai_widgets.attribution.method import register


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Conductance(InfluenceMethod):
    """How much of the change from a baseline to the input flows through each unit of a layer (Dhamdhere et al. 2019).

    The integral of the gradient by the unit over the unit's own value, along the straight line of inputs: over panels
    of that line, the mean of the gradients at both ends times the change of the activation between them. The sum over a
    layer through which all flows is the change of the quantity; what flows past the layer is in the gap.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts.
    """

    steps: int = STEPS.field()
    baseline: Baseline = BASELINE.field()

    name = "conductance"
    label = "Conductance"
    sentence = "How much of the change from a baseline to the picture flows through each unit of a layer."
    reference = "Dhamdhere, Sundararajan, Yan 2019"
    multiplier = "change"
    between_inputs = True
    needs_layer = True

    @property
    def distribution(self) -> Distribution:
        return InputLine(steps=self.steps, baseline=self.baseline)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class InternalInfluence(InfluenceMethod):
    """The gradient by each unit of a layer, averaged along the line of inputs from a baseline (Leino et al. 2018).

    It is not multiplied with anything, as Captum's InternalInfluence. That of TruLens is `LatentInfluence`.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients, weighted by the trapezoid rule.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts.
    """

    steps: int = STEPS.field()
    baseline: Baseline = BASELINE.field()

    name = "internal_influence"
    label = "Internal influence"
    sentence = "The gradient by each unit of a layer, averaged on the way from a baseline to the picture."
    reference = "Leino, Sen, Datta, Fredrikson, Li 2018"
    ends = UNIT_ENDS
    between_inputs = True
    needs_layer = True

    @property
    def distribution(self) -> Distribution:
        return InputLine(steps=self.steps, baseline=self.baseline)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class LatentInfluence(InfluenceMethod):
    """The gradient by each unit of a layer, averaged on the line from zero to its activation, times the activation.

    This is what TruLens computes as InternalInfluence with a linear distribution of interest (Leino et al. 2018). The
    sum over a layer through which all flows is the change of the quantity from where the layer is all zero.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients, weighted by the trapezoid rule.
    """

    steps: int = STEPS.field()

    name = "latent_influence"
    label = "Latent influence"
    sentence = "Gradients averaged on the way of a layer from zero to its activation, times the activation."
    reference = "Leino, Sen, Datta, Fredrikson, Li 2018"
    multiplier = "displacement"
    needs_layer = True

    @property
    def distribution(self) -> Distribution:
        return Line(steps=self.steps, baseline=0.0, latent_baseline="zero")
