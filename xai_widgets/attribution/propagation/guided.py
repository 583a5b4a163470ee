"""Gradients whose rectifiers let back what is positive alone: guided backpropagation, deconvolution and Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.activation_map import GradCam, ScoreCam, channels_first, check_over_input
from xai_widgets.attribution.ends import PIXEL_ENDS
from xai_widgets.attribution.layer import last_layer_with_space
from xai_widgets.attribution.propagation.engine import ModifiedBackward, PropagationMethod
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.upsampling import interpolated
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array
from xai_widgets.models.rules import Rectified
from xai_widgets.render.overlay import bilinear


class RectifiedMethod(PropagationMethod):
    """A backward pass through other rectifiers: what arrives is in no unit."""

    kind = "weight"
    counts_by_size = True
    channels = "largest"
    ends = PIXEL_ENDS


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class GuidedBackpropagation(RectifiedMethod):
    """The gradient, but rectifiers let back only what is positive, where they were open (Springenberg et al. 2015).

    References
    ----------
    Springenberg, Dosovitskiy, Brox, Riedmiller (2015), Striving for Simplicity: The All Convolutional Net.

    Examples
    --------
    >>> result = xai.GuidedBackpropagation()(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "guided_backpropagation"
    label = "Guided backpropagation"
    sentence = "The gradient that each ReLU lets back where it is positive and the ReLU was open."
    reference = "Springenberg, Dosovitskiy, Brox, Riedmiller 2015"
    rules = Rectified("guided")


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Deconvolution(RectifiedMethod):
    """The gradient, but each rectifier is one in the backward pass too, whatever it was before (Zeiler, Fergus 2014).

    References
    ----------
    Zeiler, Fergus (2014), Visualizing and Understanding Convolutional Networks.

    Examples
    --------
    >>> result = xai.Deconvolution()(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "deconvolution"
    label = "Deconvolution"
    sentence = "The gradient that each ReLU lets back where it is positive, whether the ReLU was open or not."
    reference = "Zeiler, Fergus 2014"
    rules = Rectified("deconvolution")


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class GuidedGradCam(RectifiedMethod):
    """Guided backpropagation where Grad-CAM sees the quantity: their product (Selvaraju et al. 2017).

    Parameters
    ----------
    layer : str, optional
        The layer of Grad-CAM, whose map is interpolated bilinearly to the input; by default the last one with places.
        `layer` of the call means the same: what is attributed to is the input.

    References
    ----------
    Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra (2017), Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-Based Localization.

    Examples
    --------
    >>> result = xai.GuidedGradCam(layer="relu2")(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    layer: str | None = None

    name = "guided_grad_cam"
    label = "Guided Grad-CAM"
    sentence = "Guided backpropagation where Grad-CAM sees the quantity: their product."
    reference = "Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017"
    takes_layer = False
    has_mechanism = False
    ends = ("against", "for")
    rules = Rectified("guided")

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_layer(self.layer)

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        return ScoreCam.refusal(model) or super().refusal(model)

    def steps_of(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        resume: Attribution | None = None,
    ) -> Iterator[Attribution | None]:
        named = self if layer is None else replace(self, layer=layer)
        return super(GuidedGradCam, named).steps_of(model, x, quantity, resume=resume)

    def _sampler(self, question: Question, state: Any) -> GuidedProduct:
        layer = self.layer
        if layer is None:
            layer = last_layer_with_space(question.model, before=question.asked.layer)
        GradCam().check(question.at(layer))
        check_over_input(question.at(layer))
        return GuidedProduct(self, question, question.at(layer))


class GuidedProduct(ModifiedBackward):
    """The backward pass, times the map of Grad-CAM at another place of the same question."""

    def __init__(self, method: GuidedGradCam, question: Question, above: Question) -> None:
        super().__init__(method, question)
        self.above = above

    def found(self) -> Array:
        guided, layout = super().found(), self.above.cut.layout
        evaluation = self.above.look("backward")
        self.evaluations += self.count
        both = (channels_first(layout, one) for one in (evaluation.activations, evaluation.gradients))
        coarse = layout.on_grid(np.maximum(GradCam().contributions(*both).sum(axis=1), 0))
        whole = self.question.model.input.layout
        fine = interpolated(coarse, [bilinear(*sizes) for sizes in zip(coarse.shape[1:], whole.grid, strict=True)])
        product: Array = guided * whole.spread(fine)
        return product
