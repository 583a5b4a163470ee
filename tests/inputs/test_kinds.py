"""Signals and volumes in both frameworks: what they are known by, and methods held to their definitions."""

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

SIGNAL, VOLUME = (2, 24), (1, 5, 6, 7)
"""Channels first."""


def torch_net(rank):
    convolution, pool = {1: (nn.Conv1d, nn.AdaptiveAvgPool1d), 3: (nn.Conv3d, nn.AdaptiveAvgPool3d)}[rank]
    channels = SIGNAL[0] if rank == 1 else VOLUME[0]
    return nn.Sequential(convolution(channels, 4, 3, padding=1), nn.ReLU(), pool(1), nn.Flatten(), nn.Linear(4, 3))


def keras_net(net, shape):
    layers, rank = keras.layers, len(shape) - 1
    convolution = layers.Conv1D if rank == 1 else layers.Conv3D
    pool = layers.GlobalAveragePooling1D if rank == 1 else layers.GlobalAveragePooling3D
    theirs = keras.Sequential(
        [keras.Input((*shape[1:], shape[0])), convolution(4, 3, padding="same", activation="relu"), pool()]
    )
    theirs.add(layers.Dense(3))
    weight = np.moveaxis(net[0].weight.detach().numpy(), (0, 1), (-1, -2))
    theirs.layers[0].set_weights([weight, net[0].bias.detach().numpy()])
    theirs.layers[-1].set_weights([net[4].weight.detach().numpy().T, net[4].bias.detach().numpy()])
    return theirs


def pair(shape):
    torch.manual_seed(3)
    net = torch_net(len(shape) - 1)
    x = np.random.default_rng(4).uniform(size=shape).astype(np.float32)
    return SimpleNamespace(
        net=net,
        torch=xai.wrap(net, input_shape=shape),
        keras=xai.wrap(keras_net(net, shape)),
        x=x,
        last=np.ascontiguousarray(np.moveaxis(x, 0, -1)),
    )


@pytest.fixture(scope="module", params=[SIGNAL, VOLUME], ids=["signal", "volume"])
def twins(request):
    return pair(request.param)


def score(net, x):
    with torch.no_grad():
        return float(net(torch.tensor(x[None]))[0, 1])


def test_the_first_layer_tells_the_kind():
    signal, volume = pair(SIGNAL), pair(VOLUME)
    assert "signal (2, 24) of channels, time, as its first layer, Conv1d, reads it" in repr(signal.torch)
    assert "signal (24, 2) of time, channels, as its first layer, Conv1D, reads it" in repr(signal.keras)
    assert "volume (1, 5, 6, 7) of channels, depth, height, width" in repr(volume.torch)
    assert "volume (5, 6, 7, 1) of depth, height, width, channels" in repr(volume.keras)
    assert signal.torch.input.layout.grid == (24,)


def test_occlusion_equals_its_definition(twins):
    window, stride, grid = 3, 2, twins.x.shape[1:]
    total, covered = np.zeros(grid), np.zeros(grid)
    for corner in itertools.product(*(range(0, length - window + stride, stride) for length in grid)):
        place = tuple(slice(start, start + window) for start in corner)
        hidden = twins.x.copy()
        hidden[(slice(None), *place)] = 0.25
        total[place] += score(twins.net, twins.x) - score(twins.net, hidden)
        covered[place] += 1
    method = xai.Occlusion(window=window, stride=stride, baseline=0.25)
    for model, x in ((twins.torch, twins.x), (twins.keras, twins.last)):
        np.testing.assert_allclose(method(model, x, xai.Logit(1)).map, total / covered, atol=1e-6)


def test_features_are_blocks_of_time_and_space_and_whole_channels(twins):
    size, grid = 4, twins.x.shape[1:]
    expected = np.zeros(grid)
    for corner in itertools.product(*(range(0, length, size) for length in grid)):
        place = tuple(slice(start, start + size) for start in corner)
        hidden = twins.x.copy()
        hidden[(slice(None), *place)] = 0
        expected[place] = score(twins.net, twins.x) - score(twins.net, hidden)
    for model, x in ((twins.torch, twins.x), (twins.keras, twins.last)):
        found = xai.FeatureAblation(features="windows", size=size)(model, x, xai.Logit(1))
        np.testing.assert_allclose(found.map, expected, atol=1e-6)
        drops = []
        for channel in range(len(twins.x)):
            hidden = twins.x.copy()
            hidden[channel] = 0
            drops.append(score(twins.net, twins.x) - score(twins.net, hidden))
        found = xai.FeatureAblation(features="channels")(model, x, xai.Logit(1))
        np.testing.assert_allclose(found.map, np.full(grid, sum(drops)), atol=1e-6)


METHODS = [
    xai.Saliency(),
    xai.IntegratedGradients(steps=6, baseline="mean"),
    xai.IntegratedGradients(steps=6, baseline="blur"),
    xai.SmoothGrad(samples=3),
    xai.Lime(features="squares", size=4, samples=40),
    xai.KernelShap(features="windows", size=4, samples=40),
    xai.Rise(samples=12, cells=3),
    xai.GradCam(),
    xai.GuidedGradCam(),
    xai.ScoreCam(),
]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_both_frameworks_give_the_same_map_and_show_it(twins, method):
    found, theirs = (method(model, x, xai.Logit(1)) for model, x in ((twins.torch, twins.x), (twins.keras, twins.last)))
    assert found.map.shape == theirs.map.shape == found.on_input.shape == twins.x.shape[1:]
    np.testing.assert_allclose(theirs.map, found.map, atol=1e-5 * max(1e-2, np.abs(found.map).max()))
    for one in (found, theirs):
        assert one._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"


def test_grad_cam_equals_its_definition(twins):
    values = twins.net[:2](torch.tensor(twins.x[None])).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(twins.net[2:](values)[0, 1], values)
    axes = tuple(range(2, values.dim()))
    expected = (gradients.mean(axes, keepdim=True) * values).sum(1).clamp(min=0)[0].detach().numpy()
    for model, x in ((twins.torch, twins.x), (twins.keras, twins.last)):
        np.testing.assert_allclose(xai.GradCam()(model, x, xai.Logit(1)).map, expected, atol=1e-6)


def test_what_the_network_does_not_tell_is_told_or_refused():
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    x = np.random.default_rng(0).uniform(size=(6, 8)).astype(np.float32)
    silent = xai.wrap(net, input_shape=(6, 8))
    assert "of a kind that is not known" in repr(silent)
    assert xai.Saliency()(silent, x).map.shape == (6, 8)
    for method in (xai.Occlusion(window=2, stride=1), xai.Lime(), xai.IntegratedGradients(baseline="blur")):
        with pytest.raises(ValueError, match=r"wrap\(\.\.\., input_layout='channels, time' or 'height, width'\)"):
            method(silent, x)
    grids = {"channels, time": (8,), "time, channels": (6,), "height, width": (6, 8)}
    for said, grid in grids.items():
        model = xai.wrap(net, input_shape=(6, 8), input_layout=said)
        assert "as told" in repr(model)
        assert xai.Occlusion(window=2, stride=1)(model, x).map.shape == grid
    for wrong in ("height, width, channels", "colour, time", "time, time"):
        with pytest.raises(ValueError, match="input_layout"):
            xai.wrap(net, input_shape=(6, 8), input_layout=wrong)
    with pytest.raises(TypeError, match="input_layout"):
        xai.wrap(net, input_shape=(6, 8), input_layout=3)


class Raw(nn.Module):
    """A signal without an axis for channels, which the network adds itself."""

    def __init__(self):
        super().__init__()
        self.filter, self.head = nn.Conv1d(1, 4, 5), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.filter(x[:, None]).relu().mean(2))


def test_a_pass_tells_where_the_first_layer_does_not():
    assert "signal (30,) of time, as the network reads it" in repr(xai.wrap(Raw(), input_shape=(30,)))
    layers = keras.layers
    turned = keras.Sequential(
        [
            keras.Input((3, 20)),
            layers.Permute((2, 1)),
            layers.Conv1D(4, 3),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2),
        ]
    )
    assert "signal (3, 20) of channels, time, as the network reads it" in repr(xai.wrap(turned))


class Two(nn.Module):
    """The sum of what two rows contribute."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 1), nn.Linear(4, 1)

    def forward(self, a, b):
        return self.a(a) + self.b(b)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_of_an_additive_network_each_input_contributes_what_it_adds(backend):
    torch.manual_seed(0)
    net = Two()
    model = xai.wrap(net, input_shape=[(6,), (4,)], bounds=[(0, 1), (0, 1)], outputs="values", input_names=["a", "b"])
    if backend == "keras":
        a, b = keras.Input((6,), name="a"), keras.Input((4,), name="b")
        dense = [keras.layers.Dense(1), keras.layers.Dense(1)]
        theirs = keras.Model([a, b], keras.layers.Add()([dense[0](a), dense[1](b)]))
        for layer, module in zip(dense, (net.a, net.b), strict=True):
            layer.set_weights([module.weight.detach().numpy().T, module.bias.detach().numpy()])
        model = xai.wrap(theirs, bounds=(0, 1), outputs="values")
    x = (np.ones(6, np.float32), np.ones(4, np.float32))
    expected = {"a": float(net.a.weight.detach().sum()), "b": float(net.b.weight.detach().sum())}
    methods = (xai.ExactShapley(), xai.KernelShap(samples=8), xai.FeatureAblation(), xai.IntegratedGradients(steps=2))
    for method in (*methods, xai.ShapleySampling(samples=2)):
        found = method(model, x)
        assert found.parts == pytest.approx(expected, abs=1e-5), method.name
        assert [plane.shape for plane in found.map] == [(6,), (4,)]
        assert repr(found)
        assert found._repr_png_()
        with pytest.raises(ValueError, match="several input tensors"):
            _ = found.on_input
