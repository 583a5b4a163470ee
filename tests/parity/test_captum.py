"""Every method on PyTorch against Captum, conventions converted and never compared raw."""

import captum.attr
import numpy as np
import pytest
import torch

import xai_widgets as xai
from tests.by_hand import gaussian_noise


@pytest.fixture
def network(pair):
    """The network as Captum needs it: in evaluation mode, which is how ours explains it whatever its mode."""
    training = pair.torch_net.training
    yield pair.torch_net.eval()
    pair.torch_net.train(training)


@pytest.fixture
def close(agreement):
    """Assert that a row's values are those of Captum, and note by how much they are not."""

    def compare(row, values, expected, tolerance=1e-4):
        agreement(row, "Captum", values, expected.detach().numpy(), tolerance)

    return compare


TARGETS = [2, 0, 4]

# Captum says so whenever it asks for gradients itself.
pytestmark = pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")


def trapezoid(attribute, network, x, baseline, steps, **options):
    """Captum's trapezoid rule returns (n - 1) / n of the integral on n nodes (its own step size); undo that."""
    values = attribute(
        torch.tensor(x), baselines=baseline, target=TARGETS, n_steps=steps + 1, method="riemann_trapezoid", **options
    )
    return values * (steps + 1) / steps


def test_saliency(pair, network, close):
    expected = captum.attr.Saliency(network).attribute(torch.tensor(pair.channels_first), target=TARGETS, abs=False)
    close("saliency", xai.Saliency()(pair.torch, pair.channels_first, xai.Logit(TARGETS)).values, expected)


def test_input_x_gradient(pair, network, close):
    expected = captum.attr.InputXGradient(network).attribute(
        torch.tensor(pair.channels_first, requires_grad=True), target=TARGETS
    )
    close(
        "input_x_gradient", xai.InputXGradient()(pair.torch, pair.channels_first, xai.Logit(TARGETS)).values, expected
    )


@pytest.mark.parametrize("steps", [1, 7, 32])
def test_integrated_gradients(pair, network, steps, close):
    method = captum.attr.IntegratedGradients(network)
    expected = trapezoid(method.attribute, network, pair.channels_first, 0.0, steps)
    ours = xai.IntegratedGradients(steps=steps)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    close("integrated_gradients", ours.values, expected)


def test_integrated_gradients_converge_to_captums_default(pair, network, close):
    baseline = np.full_like(pair.channels_first, 0.25)
    expected = captum.attr.IntegratedGradients(network).attribute(
        torch.tensor(pair.channels_first), baselines=torch.tensor(baseline), target=TARGETS, n_steps=256
    )
    ours = xai.IntegratedGradients(steps=512, baseline=0.25)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    close("integrated_gradients_converged", ours.values, expected, tolerance=0.02)


def test_smoothgrad(pair, network, close):
    """Captum's saliency at our own noisy inputs, averaged: its own noise cannot be had."""
    noise = [gaussian_noise(4, index, pair.channels_first.shape[1:], 0) for index in range(5)]
    saliency = captum.attr.Saliency(network)
    expected = sum(
        saliency.attribute(torch.tensor(pair.channels_first + np.float32(0.2) * one), target=TARGETS, abs=False)
        for one in noise
    )
    ours = xai.SmoothGrad(sigma=0.2, samples=5, seed=4)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    close("smoothgrad", ours.values, expected / 5)


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (5, 3), (3, 1)])
def test_occlusion(pair, network, window, stride, close):
    expected = captum.attr.Occlusion(network).attribute(
        torch.tensor(pair.channels_first),
        target=TARGETS,
        sliding_window_shapes=(3, window, window),
        strides=(3, stride, stride),
        perturbations_per_eval=8,
    )
    ours = xai.Occlusion(window=window, stride=stride)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    close("occlusion", ours.values, expected)


def modules(pair):
    return [(name, pair.torch_net.get_submodule(name)) for name in pair.layers]


def test_layer_gradient_times_activation(pair, network, close):
    for name, module in modules(pair):
        expected = captum.attr.LayerGradientXActivation(network, module).attribute(
            torch.tensor(pair.channels_first), target=TARGETS
        )
        close(
            "layer",
            xai.InputXGradient()(pair.torch, pair.channels_first, xai.Logit(TARGETS), layer=name).values,
            expected,
        )


def test_layer_integrated_gradients(pair, network, close):
    for name, module in modules(pair):
        method = captum.attr.LayerIntegratedGradients(network, module)
        baseline = torch.zeros_like(torch.tensor(pair.channels_first))
        expected = trapezoid(method.attribute, network, pair.channels_first, baseline, 6)
        ours = xai.IntegratedGradients(steps=6)(pair.torch, pair.channels_first, xai.Logit(TARGETS), layer=name)
        close("layer", ours.values, expected)


def test_neuron_gradient(pair, network, close):
    for name, module in modules(pair):
        unit = tuple(size // 2 for size in pair.torch.at(name).shape)
        expected = captum.attr.NeuronGradient(network, module).attribute(torch.tensor(pair.channels_first), unit)
        close("layer", xai.Saliency()(pair.torch, pair.channels_first, xai.Unit(name, unit)).values, expected)


def test_the_gap_is_that_of_the_network_itself(pair, network):
    x = torch.tensor(pair.channels_first)
    with torch.no_grad():
        change = (network(x) - network(torch.zeros_like(x)))[range(3), TARGETS].numpy()
    ours = xai.IntegratedGradients(steps=5)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    expected = np.abs(ours.values.sum(axis=(1, 2, 3)) - change)
    np.testing.assert_allclose(ours.absolute_gap, expected, atol=1e-5)
    np.testing.assert_allclose(ours.gap, expected / np.abs(change), atol=1e-4)


def test_channel_gradient(pair, network, close):
    """A channel is the sum of its units, which Captum's neurons may be, too."""
    for name, module in modules(pair):
        cut = pair.torch.at(name)
        channel = cut.shape[0] // 2

        def summed(output, channel=channel):
            return output[:, channel].flatten(1).sum(dim=1) if output.ndim > 2 else output[:, channel]

        expected = captum.attr.NeuronGradient(network, module).attribute(torch.tensor(pair.channels_first), summed)
        for method in (xai.Saliency(), xai.Influence()):
            close("channel", method(pair.torch, pair.channels_first, xai.Channel(name, channel)).values, expected)


def test_a_channel_is_explained_by_every_gradient_method(pair, network, close):
    """Integrated gradients and input x gradient of a channel, by Captum on the network up to the layer."""
    for name, module in modules(pair):
        channel = pair.torch.at(name).shape[0] - 1
        seen = []
        hook = module.register_forward_hook(lambda _, __, output, seen=seen: seen.append(output))

        def above(x, channel=channel, seen=seen):
            seen.clear()
            network(x)
            return seen[0][:, channel].flatten(1).sum(dim=1) if seen[0].ndim > 2 else seen[0][:, channel]

        x = torch.tensor(pair.channels_first, requires_grad=True)
        times_input = captum.attr.InputXGradient(above).attribute(x)
        path = captum.attr.IntegratedGradients(above).attribute(x, n_steps=9, method="riemann_trapezoid") * 9 / 8
        hook.remove()
        quantity = xai.Channel(name, channel)
        close("channel", xai.InputXGradient()(pair.torch, pair.channels_first, quantity).values, times_input)
        close("channel", xai.IntegratedGradients(steps=8)(pair.torch, pair.channels_first, quantity).values, path)
