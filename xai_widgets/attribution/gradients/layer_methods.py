"""Gradient methods about a layer: four kinds of influence of its units, which differ, and the way through one of them.

| method | where gradients are taken | times |
|---|---|---|
| `InternalInfluence` | on the line of inputs from a baseline | nothing |
| `Conductance` | on the line of inputs from a baseline | the change of the activation along it |
| `LatentInfluence` | on the line of the layer's own values from zero | the activation |
| `IntegratedGradients` with ``layer=`` | on the line of the layer's own values from those of a baseline | its length |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Channel, Quantity, Unit
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.ends import UNIT_ENDS
from xai_widgets.attribution.gradients.distribution import Distribution
from xai_widgets.attribution.gradients.influence import InfluenceMethod
from xai_widgets.attribution.gradients.path import STEPS, InputLine, Line
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import in_chunks


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
        Where the line starts, as in `IntegratedGradients`.

    References
    ----------
    Dhamdhere, Sundararajan, Yan (2019), How Important Is a Neuron?

    Examples
    --------
    >>> result = xai.Conductance(steps=64)(model, x, layer="conv2")
    >>> result.values.shape, result.gap < 0.05
    ((8, 8, 8), True)
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
        Where the line starts, as in `IntegratedGradients`.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> result = xai.InternalInfluence(steps=16)(model, x, layer="conv2")
    >>> result.values.shape
    (8, 8, 8)
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

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> result = xai.LatentInfluence(steps=16)(model, x, layer="relu2")
    >>> result.values.shape
    (8, 8, 8)
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


@dataclass(frozen=True, kw_only=True, eq=False)
class NeuronConductance(InfluenceMethod):
    """How much of each pixel's part in the change flows through one unit or channel (Shrikumar, Su, Kundaje 2018).

    Along the line of inputs, the derivative of the quantity by the unit times that of the unit by the pixel, averaged
    and multiplied by the way of the pixel. The sum over the pixels is the `Conductance` of the unit. Two passes a node.

    Parameters
    ----------
    through : Unit or Channel
        The unit, or all units of the channel together.
    steps : int, default 64
        The number of panels; `steps` + 1 gradients, weighted by the trapezoid rule.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where the line starts, as in `IntegratedGradients`.

    References
    ----------
    Shrikumar, Su, Kundaje (2018), Computationally Efficient Measures of Internal Neuron Importance.

    Examples
    --------
    >>> through = xai.Channel("conv2", xai.influential_channel(model, x, "conv2"))
    >>> result = xai.NeuronConductance(through=through, steps=16)(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    through: Unit | Channel
    steps: int = STEPS.field()
    baseline: Baseline = BASELINE.field()

    name = "neuron_conductance"
    label = "Neuron conductance"
    sentence = "How much of each pixel's part in the change flows through one unit of a layer."
    reference = "Shrikumar, Su, Kundaje 2018"
    multiplier = "displacement"
    between_inputs = True
    takes_layer = False
    passes = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.through, Unit | Channel):
            raise InputTypeError(f"through is {self.through!r}; expected Unit(layer, index) or Channel(layer, index).")

    @property
    def distribution(self) -> Distribution:
        return Line(steps=self.steps, baseline=self.baseline)

    def extends(self, other: object) -> bool:
        return isinstance(other, NeuronConductance) and self.through == other.through and super().extends(other)

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        self.through.objective(model, 1)
        if question.asked.layer == self.through.layer:
            raise InputError(
                f"The quantity is the output of layer {self.through.layer!r} itself; expected a later one."
            )
        return question

    def differentiate(
        self, question: Question, inputs: Array, objective: Objective, latents: Array | None, pool: Array | None
    ) -> Evaluation:
        above = in_chunks(question.model.at(self.through.layer), "backward", inputs, objective)
        chosen = self.through.objective(question.model, 1).weights
        weighted = Objective(np.asarray(above.gradients) * chosen, layer=self.through.layer)
        below = in_chunks(question.cut, "backward", inputs, weighted, latents, pool)
        return above._replace(gradients=below.gradients, activations=below.activations)

    @property
    def complete(self) -> bool:
        return False
