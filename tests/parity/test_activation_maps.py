"""Activation maps on PyTorch against Captum, closed forms and their definitions, and against Keras."""

from types import SimpleNamespace

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.parity.conftest import SHAPE, copy_weights
from xai_widgets.render import Display, Panel, as_picture, figure_png

TARGETS = [2, 0, 4]
MAPS = [xai.Cam(), xai.GradCam(), xai.GradCamPlusPlus(), xai.ScoreCam(), xai.LayerCam(), xai.LayerActivation()]

# Captum says so whenever it asks for gradients itself.
pytestmark = pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")


@pytest.fixture(scope="module")
def pooled():
    """A network that ends in global average pooling and a linear layer, in both frameworks, and a batch in both."""
    torch.manual_seed(7)
    torch_net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(8, 10, 3),
        nn.Tanh(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(10, 5),
    ).eval()
    layers = keras.layers
    keras_net = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(8, 3, padding="same", activation="tanh", name="first"),
            layers.AveragePooling2D(2),
            layers.Conv2D(10, 3, name="second"),
            layers.Activation("tanh", name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, name="head"),
        ]
    )
    for ours, theirs in {"0": "first", "3": "second", "7": "head"}.items():
        copy_weights(torch_net.get_submodule(ours), keras_net.get_layer(theirs))
    batch = np.random.default_rng(5).uniform(size=(3, *SHAPE)).astype(np.float32)
    first = np.ascontiguousarray(np.moveaxis(batch, -1, 1))
    return SimpleNamespace(
        net=torch_net,
        torch=xai.wrap(torch_net, input_shape=first.shape[1:]),
        keras=xai.wrap(keras_net),
        first=first,
        last=batch,
        layers={"0": None, "2": "average_pooling2d", "3": "second", "4": "last"},
    )


def activations_and_gradients(net, layer, x):
    """From autograd: what module `layer` of a sequence puts out, and the gradient of the scores of `TARGETS` by it."""
    with torch.no_grad():
        latent = net[: layer + 1](torch.tensor(x))
    latent.requires_grad_(True)
    net[layer + 1 :](latent)[range(3), TARGETS].sum().backward()
    return latent.detach().double().numpy(), latent.grad.double().numpy()


@pytest.mark.parametrize("method", MAPS, ids=repr)
def test_both_frameworks_agree(pooled, agreement, method):
    """At the layer they choose themselves, which is the last one with height and width."""
    ours, theirs = method(pooled.torch, pooled.first), method(pooled.keras, pooled.last)
    assert (ours.question.cut.layer, theirs.question.cut.layer) == ("4", "last")
    agreement(method.name, "parity", ours.values, np.moveaxis(theirs.values, -1, 1))
    agreement(method.name, "parity", ours.map, theirs.map)
    agreement(method.name, "parity", ours.on_input, theirs.on_input)
    assert ours.evaluations == theirs.evaluations


@pytest.mark.parametrize("method", MAPS[1:], ids=repr)
def test_the_pairs_agree(pair, agreement, method):
    """On networks with max pooling, ReLUs and residual additions too, at every layer with height and width."""
    for ours, theirs in pair.layers.items():
        if len(pair.torch.at(ours).shape) != 3:
            with pytest.raises(ValueError, match="expected a layer with channels, height and width"):
                method(pair.torch, pair.channels_first, layer=ours)
            continue
        one = method(pair.torch, pair.channels_first, xai.Logit(TARGETS), layer=ours)
        other = method(pair.keras, pair.channels_last, xai.Logit(TARGETS), layer=theirs)
        agreement(method.name, "parity", one.values, np.moveaxis(other.values, -1, 1))


def test_grad_cam_and_layer_activation_are_captums(pooled, agreement):
    x = torch.tensor(pooled.first)
    for name in pooled.layers:
        module, shared = pooled.net[int(name)], {"layer": name, "quantity": xai.Logit(TARGETS)}
        expected = captum.attr.LayerGradCam(pooled.net, module).attribute(x, TARGETS, relu_attributions=True)
        found = xai.GradCam()(pooled.torch, pooled.first, **shared)
        agreement("grad_cam", "Captum", found.map, expected[:, 0].detach())
        apart = captum.attr.LayerGradCam(pooled.net, module).attribute(x, TARGETS, attr_dim_summation=False)
        agreement("grad_cam", "Captum", found.values, apart.detach())
        expected = captum.attr.LayerActivation(pooled.net, module).attribute(x)
        found = xai.LayerActivation()(pooled.torch, pooled.first, **shared)
        agreement("layer_activation", "Captum", found.values, expected.detach())


def test_a_map_lies_over_the_input_as_captum_interpolates_it(pooled, agreement):
    found = xai.GradCam()(pooled.torch, pooled.first)
    plane = torch.tensor(found.map)[:, None]
    expected = captum.attr.LayerAttribution.interpolate(plane, SHAPE[:2], "bilinear")[:, 0]
    assert found.on_input.shape == (3, *SHAPE[:2])
    agreement("interpolation", "Captum", found.on_input, expected)
    np.testing.assert_allclose(xai.GradCam()(pooled.torch, pooled.first[1]).on_input, found.on_input[1], atol=1e-6)
    saliency = xai.Saliency()(pooled.torch, pooled.first)
    np.testing.assert_array_equal(saliency.on_input, saliency.map)


def test_cam_is_the_sum_of_the_channels_weighted_by_the_last_layer(pooled, agreement):
    found = xai.Cam()(pooled.torch, pooled.first, xai.Logit(TARGETS))
    weights, bias = pooled.net[7].weight.detach().numpy(), pooled.net[7].bias.detach().numpy()
    maps = pooled.net[:5](torch.tensor(pooled.first)).detach().numpy()
    agreement("cam", "closed form", found.values, weights[TARGETS][:, :, None, None] * maps)
    agreement("cam", "closed form", found.values.mean(axis=(2, 3)).sum(axis=1) + bias[TARGETS], found.score)


def test_cam_is_refused_where_the_score_is_not_linear_after_pooling(pooled, pair):
    with pytest.raises(ValueError, match="not linear after global average pooling of layer '3'"):
        xai.Cam()(pooled.torch, pooled.first, layer="3")
    with pytest.raises(ValueError, match="or the quantity is no score"):
        xai.Cam()(pooled.torch, pooled.first, xai.Probability(1))
    assert xai.Cam.refusal(pooled.torch) is None
    assert xai.Cam.refusal(pooled.keras) is None
    for model, x in ((pair.torch, pair.channels_first), (pair.keras, pair.channels_last)):
        # Keras numbers the layers of one kind. After this one there is but pooling and a linear layer.
        softplus = next((layer for layer in model.layers if layer.startswith("activation")), None)
        if model is pair.keras and softplus is not None:
            assert xai.Cam()(model, x).question.cut.layer == softplus
            continue
        assert xai.Cam.refusal(model)
        with pytest.raises(ValueError, match="expected"):
            xai.Cam()(model, x)


def test_a_network_without_space_has_no_map():
    model = xai.wrap(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), bounds=None)
    for method in MAPS:
        assert "no layer with channels, height and width" in type(method).refusal(model)
        with pytest.raises(ValueError, match="expected a"):
            method(model, np.zeros(4, np.float32))


def test_grad_cam_plus_plus_follows_its_definition(pooled, agreement):
    """The alphas place by place, as in equation 19 of the paper."""
    activations, gradients = activations_and_gradients(pooled.net, 3, pooled.first)
    expected = np.zeros_like(activations)
    for row in range(3):
        for channel in range(10):
            activation, gradient = activations[row, channel], gradients[row, channel]
            weight = 0.0
            for place in np.ndindex(activation.shape):
                g = gradient[place]
                divisor = 2 * g**2 + activation.sum() * g**3
                weight += g**2 / divisor * max(g, 0) if divisor else 0.0
            expected[row, channel] = weight * activation
    found = xai.GradCamPlusPlus()(pooled.torch, pooled.first, xai.Logit(TARGETS), layer="3")
    agreement("grad_cam_plus_plus", "definition", found.values, expected)


def test_layer_cam_follows_its_definition(pooled, agreement):
    activations, gradients = activations_and_gradients(pooled.net, 0, pooled.first)
    found = xai.LayerCam()(pooled.torch, pooled.first, xai.Logit(TARGETS), layer="0")
    agreement("layer_cam", "definition", found.values, np.where(gradients > 0, gradients, 0) * activations)
    agreement("layer_cam", "definition", found.map, np.maximum((np.maximum(gradients, 0) * activations).sum(axis=1), 0))


def test_score_cam_follows_its_definition(pooled, agreement):
    """One channel at a time: upsampled by PyTorch, stretched to 0 to 1, laid over the picture, softmax at the end."""
    found = xai.ScoreCam()(pooled.torch, pooled.first, xai.Logit(TARGETS))
    x = torch.tensor(pooled.first)
    with torch.no_grad():
        activations, blank = pooled.net[:5](x), pooled.net(torch.zeros_like(x))[range(3), TARGETS]
        rises = []
        for channel in range(10):
            mask = activations[:, channel : channel + 1]
            low, high = mask.amin(dim=(2, 3), keepdim=True), mask.amax(dim=(2, 3), keepdim=True)
            mask = nn.functional.interpolate((mask - low) / (high - low), SHAPE[:2], mode="bilinear")
            rises.append(pooled.net(x * mask)[range(3), TARGETS] - blank)
        weights = torch.stack(rises, dim=1).softmax(dim=1)
    agreement("score_cam", "definition", found.values, weights[:, :, None, None] * activations)
    assert found.evaluations == 3 * 12


def test_score_cam_streams_whole_maps_and_gives_a_channel_that_shows_nothing_no_weight(pooled, monkeypatch):
    monkeypatch.setattr(xai.models.cut.Cut, "chunk", lambda self, kind: 1)
    estimates = list(xai.ScoreCam().stream(pooled.torch, pooled.first[0]))
    assert [estimate.final for estimate in estimates] == [False] * 9 + [True]
    seen = [np.count_nonzero(np.abs(estimate.values).sum(axis=(1, 2))) for estimate in estimates]
    assert seen == list(range(1, 11))
    with torch.no_grad():
        net = nn.Sequential(nn.Conv2d(1, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
        net[0].weight[1] = 0
        net[0].bias[1] = 5
    x = np.random.default_rng(0).uniform(size=(1, 4, 5)).astype(np.float32)
    values = xai.ScoreCam()(xai.wrap(net, input_shape=x.shape), x).values
    assert not values[1].any()
    assert values[0].any()
    net[0].weight.data[:] = 0
    assert not xai.ScoreCam()(xai.wrap(net, input_shape=x.shape), x).values.any()


def test_the_picture_of_a_result_at_a_layer_has_it_over_the_input(pooled):
    found = xai.GradCam()(pooled.torch, pooled.first[0])
    picture = np.moveaxis(pooled.first[0], 0, -1)
    title, bounds = "Grad-CAM: the top class", (0.0, 1.0)
    assert found.map.shape != SHAPE[:2] == found.on_input.shape
    panel = Panel(picture=as_picture(picture, bounds), map=found.on_input, ends=("", "for"))
    assert found._repr_png_() == figure_png(title, [panel], Display())
