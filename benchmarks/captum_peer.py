"""Captum's methods on one network and one input, each as fast as its own options make it."""

from __future__ import annotations

import copy
import functools

import captum.attr
import numpy as np
import torch
from captum.attr._utils.lrp_rules import EpsilonRule

from benchmarks.networks import LAST_LAYER, LAYER, TARGET
from benchmarks.size import Size

SIGMA = 0.15
WINDOW = 8
EPSILON = 1e-4
UNIT = (3, 2, 2)
"""A unit of the layer."""


class Flattening(torch.nn.Module):
    """A sequence of modules that flattens between them by a function."""

    def __init__(self, network: torch.nn.Sequential) -> None:
        super().__init__()
        place = next(place for place, module in enumerate(network) if isinstance(module, torch.nn.Flatten))
        self.features, self.head = network[:place], network[place + 1 :]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).flatten(1))


class Peer:
    """Captum on one network and one input.

    Methods take a batch size where Captum has one to choose, and return what it does.

    Parameters
    ----------
    by_hand : bool
        Whether the user prepared the network and the input for speed.
    """

    def __init__(self, network: torch.nn.Module, x: np.ndarray, size: Size, by_hand: bool) -> None:
        self.size = size
        self.network = copy.deepcopy(network).eval()
        self.x = torch.tensor(x)[None]
        if by_hand:
            self.network = self.network.requires_grad_(False).to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.saliency = captum.attr.Saliency(self.network)
        self.layer, self.last = self.network.get_submodule(LAYER), self.network.get_submodule(LAST_LAYER)
        self.squares = torch.tensor(squares(size.side))[None, None]
        random = np.random.default_rng(1)
        self.others = torch.tensor(random.random((size.baselines, *x.shape), np.float32))
        """Baselines for the methods that average over some, and the inputs among which features are exchanged."""
        self.trapezoid = {"target": TARGET, "n_steps": size.steps + 1, "method": "riemann_trapezoid"}
        self.panels = self.trapezoid | {"n_steps": size.steps}
        self.undone = (size.steps + 1) / size.steps
        """Captum's trapezoid rule takes one node more for the step, which is undone."""

    def integrated_gradients(self, batch: int) -> torch.Tensor:
        method = captum.attr.IntegratedGradients(self.network)
        return self.undone * method.attribute(self.x, internal_batch_size=batch, **self.trapezoid)

    def layer_integrated_gradients(self, batch: int) -> torch.Tensor:
        method = captum.attr.LayerIntegratedGradients(self.network, self.layer)
        return self.undone * method.attribute(self.x, internal_batch_size=batch, **self.trapezoid)

    def conductance(self, batch: int) -> torch.Tensor:
        """On the nodes of as many panels as ours."""
        method = captum.attr.LayerConductance(self.network, self.layer)
        return method.attribute(self.x, internal_batch_size=batch, **self.panels)

    def internal_influence(self, batch: int) -> torch.Tensor:
        method = captum.attr.InternalInfluence(self.network, self.layer)
        return self.undone * method.attribute(self.x, internal_batch_size=batch, **self.trapezoid)

    def conductance_from_both_ends(self) -> torch.Tensor:
        """The mean of both ways: Captum takes the gradient at the start of each panel, ours the mean of both ends."""
        method, zero = captum.attr.LayerConductance(self.network, self.layer), torch.zeros_like(self.x)
        there = method.attribute(self.x, baselines=zero, **self.panels)
        back = method.attribute(zero, baselines=self.x, **self.panels)
        return (there - back) / 2

    def tunnel(self, batch: int, kind: str) -> torch.Tensor:
        return captum.attr.NoiseTunnel(self.saliency).attribute(
            self.x,
            target=TARGET,
            nt_type=kind,
            nt_samples=self.size.samples,
            nt_samples_batch_size=batch,
            stdevs=SIGMA,
            abs=False,
        )

    def gradients_with_our_noise(self) -> torch.Tensor:
        """Captum's saliency at our noisy inputs, because its own noise cannot be given."""
        channels, *plane = self.x.shape[1:]
        generators = [np.random.default_rng((0, index)) for index in range(self.size.samples)]
        noise = np.stack([one.standard_normal((*plane, channels), np.float32) for one in generators])
        points = self.x + SIGMA * torch.tensor(np.moveaxis(noise, -1, 1).copy())
        return self.saliency.attribute(points, target=TARGET, abs=False)

    def gradient_shap(self) -> torch.Tensor:
        return captum.attr.GradientShap(self.network).attribute(
            self.x, self.others, target=TARGET, n_samples=self.size.samples, stdevs=0.0
        )

    def guided_backpropagation(self) -> torch.Tensor:
        return captum.attr.GuidedBackprop(self.network).attribute(self.x, target=TARGET)

    def deconvolution(self) -> torch.Tensor:
        return captum.attr.Deconvolution(self.network).attribute(self.x, target=TARGET)

    def deeplift(self) -> torch.Tensor:
        return captum.attr.DeepLift(self.network).attribute(self.x, target=TARGET)

    def deeplift_shap(self) -> torch.Tensor:
        return captum.attr.DeepLiftShap(self.network).attribute(self.x, self.others, target=TARGET)

    def relevance_propagation(self) -> torch.Tensor:
        for module in (*self.flattening.features, *self.flattening.head):
            if not isinstance(module, torch.nn.ReLU):
                # Ours hands relevance through a maximum as it is. Captum takes the rules off after each call.
                module.rule = EpsilonRule(1e-12 if isinstance(module, torch.nn.MaxPool2d) else EPSILON)
        return captum.attr.LRP(self.flattening).attribute(self.x, target=TARGET)

    @functools.cached_property
    def flattening(self) -> torch.nn.Module:
        """The network as Captum's relevance propagation needs it, which knows no module that flattens."""
        return Flattening(copy.deepcopy(self.network))

    def neuron_gradient(self) -> torch.Tensor:
        return captum.attr.NeuronGradient(self.network, self.layer).attribute(self.x, UNIT)

    def layer_gradient_x_activation(self) -> torch.Tensor:
        return captum.attr.LayerGradientXActivation(self.network, self.layer).attribute(self.x, target=TARGET)

    def grad_cam(self) -> torch.Tensor:
        """Grad-CAM, interpolated to the input."""
        found = captum.attr.LayerGradCam(self.network, self.last).attribute(self.x, TARGET, relu_attributions=True)
        return captum.attr.LayerAttribution.interpolate(found, self.x.shape[2:], "bilinear")

    def guided_grad_cam(self) -> torch.Tensor:
        method = captum.attr.GuidedGradCam(self.network, self.last)
        return method.attribute(self.x, TARGET, interpolate_mode="bilinear")

    def layer_activation(self) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.LayerActivation(self.network, self.layer).attribute(self.x)

    def occlusion(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.Occlusion(self.network).attribute(
                self.x,
                target=TARGET,
                sliding_window_shapes=(3, WINDOW, WINDOW),
                strides=(3, self.size.stride, self.size.stride),
                perturbations_per_eval=batch,
            )

    def feature_ablation(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.FeatureAblation(self.network).attribute(
                self.x, target=TARGET, feature_mask=self.squares, perturbations_per_eval=batch
            )

    def feature_permutation(self, batch: int) -> torch.Tensor:
        """One shuffle of each feature among a few inputs; its own random order."""
        with torch.inference_mode():
            return captum.attr.FeaturePermutation(self.network).attribute(
                self.others,
                target=TARGET,
                feature_mask=self.squares,
                perturbations_per_eval=max(batch // len(self.others), 1),
            )

    def lime(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.Lime(self.network).attribute(self.x, perturbations_per_eval=batch, **self.coalitions)

    def kernel_shap(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.KernelShap(self.network).attribute(
                self.x, perturbations_per_eval=batch, **self.coalitions
            )

    @property
    def coalitions(self) -> dict[str, object]:
        return {"target": TARGET, "feature_mask": self.squares, "n_samples": self.size.coalitions}

    def shapley_sampling(self, batch: int) -> torch.Tensor:
        with torch.inference_mode():
            return captum.attr.ShapleyValueSampling(self.network).attribute(
                self.x,
                target=TARGET,
                feature_mask=self.squares,
                n_samples=self.size.orders,
                perturbations_per_eval=batch,
            )


def squares(side: int) -> np.ndarray:
    """Return which feature each pixel belongs to: squares with the side of the occluding window."""
    places = np.arange(side) // WINDOW
    return places[:, None] * (places[-1] + 1) + places
