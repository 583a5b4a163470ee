"""Modified backpropagation: PyTorch against Captum, and PyTorch against Keras."""

import copy
from collections import OrderedDict

import captum.attr
import numpy as np
import pytest
import torch
from captum.attr._utils import lrp_rules
from torch import nn

import xai_widgets as xai
from xai_widgets.attribution.propagation.relevance import COMPOSITES

TARGETS = [2, 0, 4]
QUANTITY = xai.Logit(TARGETS)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Captum's, on its hooks and gradients


class Separate(nn.Module):
    """The network `residual` with a module for each call of its ReLU and its softplus, as Captum needs it."""

    def __init__(self, net):
        super().__init__()
        self.stem, self.norm, self.branch, self.head = net.stem, net.norm, net.branch, net.head
        self.relu, self.relu2, self.softplus = nn.ReLU(), nn.ReLU(), nn.Softplus()

    def forward(self, x):
        x = self.relu(self.norm(self.stem(x)))
        return self.head(self.softplus(x + self.relu2(self.branch(x))).mean(dim=(2, 3)))


@pytest.fixture
def network(pair):
    """The network as Captum needs it: in evaluation mode, no module used twice."""
    training = pair.torch_net.training
    net = pair.torch_net.eval()
    yield Separate(net).eval() if hasattr(net, "branch") else net
    net.train(training)


@pytest.fixture
def apart(network):
    """The network as Captum's DeepLIFT needs it: in double precision, and no activation right before a largest.

    Where a pool directly follows an activation its multipliers do not sum to the change (its own convergence delta says
    so), because both hook the same tensor; a convolution in between that does nothing keeps them apart.
    """
    network = copy.deepcopy(network)
    if not isinstance(network, nn.Sequential):
        return network.double()
    parts = []
    for number, module in enumerate(network):
        if isinstance(module, nn.MaxPool2d):
            parts.append(("same", nn.Conv2d(8, 8, 1, bias=False)))
            nn.init.dirac_(parts[-1][1].weight)
        parts.append((str(number), module))
    return nn.Sequential(OrderedDict(parts)).double()


@pytest.fixture
def inputs(pair):
    return torch.tensor(pair.channels_first)


def ours(method, pair, layer=None):
    return method(pair.torch, pair.channels_first, QUANTITY, layer)


def test_guided_backpropagation(pair, network, inputs, agreement):
    expected = captum.attr.GuidedBackprop(network).attribute(inputs, target=TARGETS)
    agreement("guided_backpropagation", "Captum", ours(xai.GuidedBackpropagation(), pair).values, expected.detach())


def test_deconvolution(pair, network, inputs, agreement):
    expected = captum.attr.Deconvolution(network).attribute(inputs, target=TARGETS)
    agreement("deconvolution", "Captum", ours(xai.Deconvolution(), pair).values, expected.detach())


def test_deeplift(pair, apart, inputs, agreement):
    inputs = inputs.double()
    expected, delta = captum.attr.DeepLift(apart).attribute(
        inputs, torch.full_like(inputs, 0.3), target=TARGETS, return_convergence_delta=True
    )
    assert delta.abs().max() < 1e-9
    found = ours(xai.DeepLift(baseline=0.3), pair)
    agreement("deeplift", "Captum", found.values, expected.detach())
    assert found.evaluations == 6
    change = found.score - pair.torch.scores(np.full_like(pair.channels_first, 0.3))[range(3), TARGETS]
    np.testing.assert_allclose(found.values.sum(axis=(1, 2, 3)), change, atol=1e-4 * np.abs(change).max())
    np.testing.assert_allclose(found.gap, 0, atol=1e-4)


def test_layer_deeplift(pair, apart, inputs, agreement):
    inputs = inputs.double()
    for name in pair.layers:
        if type(apart.get_submodule(name)) in (nn.ReLU, nn.MaxPool2d):
            continue  # Captum's hooks on the layer itself change what it returns
        method = captum.attr.LayerDeepLift(apart, apart.get_submodule(name))
        expected = method.attribute(inputs, torch.full_like(inputs, 0.3), target=TARGETS)
        found = ours(xai.DeepLift(baseline=0.3), pair, name)
        agreement("deeplift", "Captum", found.values, expected.detach())
        if name != "branch":  # which not all goes through
            np.testing.assert_allclose(found.gap, 0, atol=1e-4)


def test_deeplift_shap(pair, apart, inputs, agreement):
    baselines = np.random.default_rng(6).uniform(size=(5, *pair.channels_first.shape[1:])).astype(np.float32)
    expected = captum.attr.DeepLiftShap(apart).attribute(
        inputs.double(), torch.tensor(baselines).double(), target=TARGETS
    )
    found = ours(xai.DeepLiftShap(samples=5, baselines=baselines), pair)
    agreement("deeplift_shap", "Captum", found.values, expected.detach())
    np.testing.assert_allclose(found.gap, 0, atol=1e-4)
    single = [ours(xai.DeepLift(baseline=one), pair).values for one in baselines]
    expected_error = np.std(single, axis=0, ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(found.standard_error, expected_error, atol=1e-4 * expected_error.max())


def test_guided_grad_cam(pair, network, inputs, agreement):
    layer = {"conv1": "3", "stem": "branch"}.get(next(iter(pair.layers.values())))
    if layer is None:
        with pytest.raises(ValueError, match="channels, height and width"):
            ours(xai.GuidedGradCam(), pair)
        assert xai.GuidedGradCam.refusal(pair.torch) == xai.GradCam.refusal(pair.torch)
        return
    expected = captum.attr.GuidedGradCam(network, network.get_submodule(layer)).attribute(
        inputs, target=TARGETS, interpolate_mode="bilinear"
    )
    for found in (ours(xai.GuidedGradCam(layer=layer), pair), ours(xai.GuidedGradCam(), pair, layer)):
        agreement("guided_grad_cam", "Captum", found.values, expected.detach())
        assert found.method.layer == layer


def test_relevance_propagation(pair, network, inputs, agreement):
    """Where Captum's rules are those of the papers as well: epsilon, on networks in which all is a module."""
    if hasattr(network, "branch") or not any(type(module) is nn.Conv2d for module in network):
        return
    modules = [module if type(module).__module__.startswith("torch") else nn.Identity() for module in network]
    for module in modules:
        if type(module) in (nn.Conv2d, nn.Linear):
            module.rule = lrp_rules.EpsilonRule(0.05)

    class Flattened(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList(module for module in modules if type(module) is not nn.Identity)

        def forward(self, x):
            for module in self.parts:
                x = x.permute(0, 2, 3, 1).flatten(1) if type(module) is nn.Linear else x
                x = module(x)
            return x

    expected = captum.attr.LRP(Flattened().eval()).attribute(inputs, target=TARGETS)
    found = ours(xai.RelevancePropagation(composite="epsilon", epsilon=0.05), pair)
    agreement("relevance_propagation", "Captum", found.values, expected.detach())


METHODS = [
    xai.GuidedBackpropagation(),
    xai.Deconvolution(),
    xai.DeepLift(baseline="mean"),
    xai.DeepLiftShap(samples=3),
    *(xai.RelevancePropagation(composite=composite, epsilon=0.01) for composite in COMPOSITES),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: getattr(method, "composite", method.name))
def test_both_frameworks_agree(pair, method, agreement):
    for ours, theirs in [(None, None), *pair.layers.items()]:
        for quantity in (QUANTITY, xai.Margin(1, 3)):
            one = method(pair.torch, pair.channels_first, quantity, ours)
            other = method(pair.keras, pair.channels_last, quantity, theirs)
            values = np.moveaxis(one.values, 1, -1) if one.values.ndim == 4 else one.values
            agreement(method.name, "parity", other.values, values)
            np.testing.assert_allclose(one.score, other.score, atol=1e-4)
            np.testing.assert_allclose(one.absolute_gap, other.absolute_gap, atol=1e-4)


def test_guided_grad_cam_in_both_frameworks(pair, agreement):
    if "hidden" in pair.layers.values():
        return
    for ours, theirs in list(pair.layers.items())[:3]:
        one = xai.GuidedGradCam(layer=ours)(pair.torch, pair.channels_first, QUANTITY)
        other = xai.GuidedGradCam(layer=theirs)(pair.keras, pair.channels_last, QUANTITY)
        agreement("guided_grad_cam", "parity", other.values, np.moveaxis(one.values, 1, -1))


@pytest.mark.parametrize("method", [METHODS[0], METHODS[2], METHODS[7]], ids=lambda method: method.name)
def test_both_frameworks_agree_on_units_and_channels(pair, method, agreement):
    ours, theirs = list(pair.layers.items())[-1]
    for quantity in (xai.Channel, xai.Unit):
        place = 1
        if quantity is xai.Unit and len(pair.torch.at(ours).shape) == 3:
            place = (1, 2, 3)
        there = place if isinstance(place, int) else (place[1], place[2], place[0])
        one = method(pair.torch, pair.channels_first, quantity(ours, place)).values
        other = method(pair.keras, pair.channels_last, quantity(theirs, there)).values
        agreement(method.name, "parity", other, np.moveaxis(one, 1, -1))
