"""Activation maps: the channels of a layer, weighted by what they mean to a quantity; a method is a weighting.

The values are what each channel adds to the map, in the layer's own layout: channels with height and width, with time,
with depth, height and width, or tokens with channels. The map is their sum over the channels, where it is positive, at
the places of the input. What has no place in it, such as a class token, has no part in all this.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.channels import Activations
from xai_widgets.attribution.layer import has_space, last_layer_with_space
from xai_widgets.attribution.method import AttributionSampler, Method, Once
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array, Evaluation, Objective
from xai_widgets.models.passes import in_chunks
from xai_widgets.render.overlay import resize

SPACE = -1
"""The axis of places in arrays (batch, channels, places)."""

EXACT = 1e-4
"""By how much of the largest gradient two may differ that should be the same."""


class ActivationMap(Method):
    """What each channel of a layer adds to a map of it; subclasses choose how."""

    family = "activation_map"
    takes_layer = True
    needs_layer = True
    has_mechanism = True
    kind = "weight"
    channels = "rectified"
    ends = ("", "for")

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        if model.input_shape is None:
            return None
        try:
            cls._check(model)
        except InputError as error:
            return str(error)
        return None

    @classmethod
    def fits_layer(cls, cut: Cut) -> bool:
        return has_space(cut)

    @classmethod
    def _check(cls, model: Model) -> None:
        """Raise an error that says why no layer of the model has a map."""
        last_layer_with_space(model)

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        self.check(question)
        return question

    def check(self, question: Question) -> None:
        """Refuse a place in the network that has no map."""
        cut = question.cut
        layout = cut.known_layout
        if not has_space(cut):
            raise InputError(
                f"The output of layer {cut.layer!r} has shape {cut.shape} ({layout.words}); expected a layer with "
                "channels, height and width, or time, or tokens, such as a convolution."
            )


class GradientWeighted(ActivationMap):
    """A weighting of activations by gradients, both from a single pass; subclasses choose it."""

    @abstractmethod
    def weights(self, activations: Array, gradients: Array) -> Array:
        """Return what the activations are multiplied by, from arrays (batch, channels, places).

        That is (batch, channels, places), or (batch, channels, 1) where it is the same at all places.
        """

    def contributions(self, activations: Array, gradients: Array) -> Array:
        """Return what each channel adds to the map, from arrays (batch, channels, places) to one of them."""
        weighted: Array = self.weights(activations, gradients) * activations
        return weighted

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return Weighted(self, question)


class Weighted(Once):
    """One pass back to the layer, whose activations are weighted by their gradients."""

    method: GradientWeighted
    kept: Activations

    def found(self) -> Array:
        layout, evaluation = self.question.cut.layout, self.look()
        activations, gradients = (channels_first(layout, one) for one in (evaluation.activations, evaluation.gradients))
        self.kept = Activations(activations, self.method.weights(activations, gradients))
        return layout.from_channels_first(self.kept.products)

    def more(self) -> dict[str, Any]:
        return {"ledger": self.kept}

    def look(self) -> Evaluation:
        """Run the pass."""
        self.evaluations += self.count
        return self.question.look("backward")


def channels_first(layout: Layout, values: Array | None) -> Array:
    """Return what flows through a layer as float64 (batch, channels, places)."""
    return layout.channels_first(np.asarray(values, np.float64))


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Cam(GradientWeighted):
    """Class activation map: the channels weighted as the last linear layer weighs their means (Zhou et al. 2016).

    It is there for networks that are linear after global average pooling of the layer. The weight of a channel is then
    the gradient of the score summed over all places, whatever the activation is; that it is so is checked, with a
    second pass. The sum of the values, divided by height times width, is the score but for its bias.

    References
    ----------
    Zhou, Khosla, Lapedriza, Oliva, Torralba (2016), Learning Deep Features for Discriminative Localization.

    Examples
    --------
    >>> xai.Cam.refusal(model)[:65]  # this network takes the maximum of each quarter
    "The network is not linear after global average pooling of layer '"
    """

    name = "cam"
    label = "CAM"
    sentence = "The channels weighted as the last linear layer weighs their means."
    reference = "Zhou, Khosla, Lapedriza, Oliva, Torralba 2016"

    @classmethod
    def _check(cls, model: Model) -> None:
        layer, known = last_layer_with_space(model), "linear after pooling"
        if model.segmentation:
            raise InputError(
                "The network answers at each place and pools nothing; expected one that classifies pictures."
            )
        if layer not in model.notes.setdefault(known, {}):
            random = np.random.default_rng(0)
            x = model.taken.probe(random, 1).astype(model.dtype)
            weights = random.normal(size=(1, model.output_count)).astype(model.dtype)
            cut, objective = model.at(layer), Objective(weights)
            model.notes[known][layer] = _is_pooled(cut, x, objective, cut.differentiate(x, objective))
        if not model.notes[known][layer]:
            raise _not_pooled(layer)

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return Pooled(self, question)

    def weights(self, activations: Array, gradients: Array) -> Array:
        weights: Array = gradients.sum(axis=SPACE, keepdims=True)
        return weights


class Pooled(Weighted):
    """The same for a network that is linear after pooling, which a second pass tells."""

    def look(self) -> Evaluation:
        question, evaluation = self.question, super().look()
        self.evaluations += self.count
        if not _is_pooled(question.cut, question.batch, question.objective, evaluation):
            raise _not_pooled(str(question.cut.layer))
        return evaluation


def _is_pooled(cut: Cut, x: Array, objective: Objective, evaluation: Evaluation) -> bool:
    """Whether the gradient is the same at all places, and at an activation that is another one."""
    activations = np.asarray(evaluation.activations)
    flipped = np.flip(activations, axis=tuple(range(1, activations.ndim)))
    other = np.ascontiguousarray(flipped) / 2 + activations.std()
    here = channels_first(cut.layout, evaluation.gradients)
    there = channels_first(cut.layout, in_chunks(cut, "backward", x, objective, other).gradients)
    apart = max(np.ptp(here, axis=SPACE).max(), np.abs(here - there).max())
    return bool(apart <= EXACT * np.abs(here).max())


def _not_pooled(layer: str) -> InputError:
    return InputError(
        f"The network is not linear after global average pooling of layer {layer!r}, or the quantity is no score; "
        "expected such a network and Logit or Margin. GradCam has no such need."
    )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class GradCam(GradientWeighted):
    """The channels of a layer, weighted by their gradients' mean over all places (Selvaraju et al. 2017).

    References
    ----------
    Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra (2017), Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-Based Localization.

    Examples
    --------
    >>> result = xai.GradCam()(model, x, xai.Logit("cross"), layer="relu2")
    >>> result.values.shape, result.map.shape, result.on_input.shape
    ((8, 8, 8), (8, 8), (8, 8))
    """

    name = "grad_cam"
    label = "Grad-CAM"
    sentence = "The channels of a layer, each weighted by the mean of its gradients."
    reference = "Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017"

    def weights(self, activations: Array, gradients: Array) -> Array:
        weights: Array = gradients.mean(axis=SPACE, keepdims=True)
        return weights


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class GradCamPlusPlus(GradientWeighted):
    """The channels weighted by their positive gradients, each place by its share of the evidence (Chattopadhay 2018).

    The closed form of the paper, for the exponential of the quantity: with g the gradient and S the sum of a channel's
    activation, a place counts g^2 / (2 g^2 + S g^3) and the weight is the sum of these times max(g, 0). The factor
    exp(quantity), the same for all of a picture, is left out.

    References
    ----------
    Chattopadhay, Sarkar, Howlader, Balasubramanian (2018), Grad-CAM++: Generalized Gradient-Based Visual Explanations
    for Deep Convolutional Networks.

    Examples
    --------
    >>> result = xai.GradCamPlusPlus()(model, x, layer="relu2")
    >>> bool((result.map >= 0).all())
    True
    """

    name = "grad_cam_plus_plus"
    label = "Grad-CAM++"
    sentence = "Grad-CAM that weighs each place by its share of the evidence, so that several objects count alike."
    reference = "Chattopadhay, Sarkar, Howlader, Balasubramanian 2018"

    def weights(self, activations: Array, gradients: Array) -> Array:
        divisor = 2 * gradients**2 + activations.sum(axis=SPACE, keepdims=True) * gradients**3
        shares = np.divide(gradients**2, divisor, out=np.zeros_like(divisor), where=divisor != 0)
        weights: Array = (shares * np.maximum(gradients, 0)).sum(axis=SPACE, keepdims=True)
        return weights


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class LayerCam(GradientWeighted):
    """Each unit of a layer times its own gradient, where that is positive (Jiang et al. 2021).

    References
    ----------
    Jiang, Zhang, Hou, Cheng, Wei (2021), LayerCAM: Exploring Hierarchical Class Activation Maps for Localization.

    Examples
    --------
    >>> result = xai.LayerCam()(model, x, layer="relu2")
    >>> bool((result.map >= 0).all())
    True
    """

    name = "layer_cam"
    label = "Layer-CAM"
    sentence = "Each unit of a layer times its own gradient, where that is positive."
    reference = "Jiang, Zhang, Hou, Cheng, Wei 2021"

    def weights(self, activations: Array, gradients: Array) -> Array:
        weights: Array = np.maximum(gradients, 0)
        return weights


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class LayerActivation(ActivationMap):
    """What a layer puts out, the same for every quantity (Erhan et al. 2009 look at units this way).

    References
    ----------
    Erhan, Bengio, Courville, Vincent (2009), Visualizing Higher-Layer Features of a Deep Network.

    Examples
    --------
    >>> result = xai.LayerActivation()(model, x, layer="relu2")
    >>> bool(np.allclose(result.values, model.at("relu2").activations(x[None])[0]))
    True
    """

    name = "layer_activation"
    label = "Layer activation"
    sentence = "What a layer puts out, whatever the quantity is."
    reference = "Erhan, Bengio, Courville, Vincent 2009"
    knows_class = False
    ends = ("", "active")

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return Read(self, question)


class Read(Once):
    """One pass forward, of which the activations are kept."""

    def found(self) -> Array:
        self.evaluations += self.count
        found = np.asarray(self.question.look().activations, np.float64)
        activations = channels_first(self.question.cut.layout, found)
        self.kept = Activations(activations, np.ones((self.count, 1, 1)))
        return found

    def more(self) -> dict[str, Any]:
        return {"ledger": self.kept}


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreCam(ActivationMap):
    """The channels of a layer, weighted by how much the quantity rises when each is laid over the input (Wang 2020).

    The map of a channel, interpolated to the input and stretched to 0 to 1, blends the baseline into the input. The
    weights are the softmax over the channels of what the quantity is then more than at the baseline. A channel that is
    the same all over shows nothing and has no weight.

    Parameters
    ----------
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What is seen where a map is 0.

    References
    ----------
    Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu (2020), Score-CAM: Score-Weighted Visual Explanations for
    Convolutional Neural Networks.

    Examples
    --------
    >>> result = xai.ScoreCam()(model, x, layer="relu2")
    >>> result.values.shape, result.evaluations
    ((8, 8, 8), 10)
    """

    baseline: Baseline = BASELINE.field()

    name = "score_cam"
    label = "Score-CAM"
    sentence = "The channels of a layer, each weighted by what the network sees of the picture through it."
    reference = "Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu 2020"

    @classmethod
    def _check(cls, model: Model) -> None:
        super()._check(model)
        check_laid(model)

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        check_over_input(question)
        return SeenThrough(self, question, baseline_for(question.batch, self.baseline, question.model))


class SeenThrough(AttributionSampler):
    """Lays the map of one channel after the other over the input, those that vary most first."""

    def __init__(self, method: ScoreCam, question: Question, filling: Array) -> None:
        super().__init__(method, question)
        self.filling, self.size = filling, question.cut.layout.channels

    def start(self) -> Iterator[None]:
        self.layout = self.question.cut.layout
        self.activations = channels_first(self.layout, self.question.look().activations)
        self.blank = self.question.forward(self.filling).values.astype(np.float64)
        self.low, self.span = self.activations.min(axis=SPACE), np.ptp(self.activations, axis=SPACE)
        # The channels that vary most go first, so that the map soon looks like its end.
        self.order = np.argsort(-self.span.sum(axis=0), kind="stable")
        self.rises = np.full(self.span.shape, -np.inf)
        self.evaluations = 2 * self.count
        return iter(())

    @property
    def chunk(self) -> int:
        return max(1, self.question.cut.chunk("forward") // self.count)

    def draw(self, start: int, stop: int) -> None:
        channels = self.order[start:stop]
        inputs = np.concatenate([blended(self.question, self.filling, self._stretched(k)) for k in channels])
        values = self.question.forward(inputs).values.reshape(len(channels), self.count).T
        rises = values - self.blank[:, None]
        self.rises[:, channels] = np.where(self.span[:, channels] > 0, rises, -np.inf)
        self.evaluations += len(inputs)

    def values(self) -> Array:
        self.kept = Activations(self.activations, softmax(self.rises)[:, :, None])
        return self.layout.from_channels_first(self.kept.products)

    def more(self) -> dict[str, Any]:
        return {"ledger": self.kept}

    def _stretched(self, channel: int) -> Array:
        """Return the map of a channel, stretched to 0 to 1."""
        span = self.span[:, channel]
        above = self.activations[:, channel] - self.low[:, channel, None]
        return self.layout.on_grid(above / np.where(span > 0, span, 1)[:, None])


def check_laid(model: Model) -> None:
    """Refuse inputs over which no map of a layer can be laid."""
    if not model.input.neighbours:
        raise InputError(
            f"The maps of a layer are laid over the input; found {model.input.words}, expected a picture, a signal or "
            "a volume. GradCam has no such need."
        )


def check_over_input(question: Question) -> None:
    """Refuse a place in the network whose map cannot be laid over the input."""
    whole = question.model.input
    check_laid(question.model)
    if len(whole.layout.grid) != len(question.cut.known_layout.grid):
        raise InputError(
            f"The model takes a {whole.words}, and layer {question.cut.layer!r} has {question.cut.layout.words}; "
            "expected a picture, a signal or a volume over which the maps of a layer can be laid."
        )


def softmax(rises: Array) -> Array:
    """Return the softmax (batch, channels) of numbers of which some may be minus infinity; zero where all are."""
    largest = rises.max(axis=1, keepdims=True)
    shares = np.exp(rises - np.where(np.isfinite(largest), largest, 0))
    weights: Array = shares / np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return weights


def blended(question: Question, filling: Array, masks: Array) -> Array:
    """Return the inputs seen through masks (batch, *grid) of another size; `filling` is where they are 0."""
    layout = question.model.input.layout
    planes = np.stack([resize(mask, layout.grid) for mask in masks]).astype(question.batch.dtype)
    seen: Array = filling + layout.spread(planes) * (question.batch - filling)
    return seen
