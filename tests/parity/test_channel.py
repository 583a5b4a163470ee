"""The influential channel and its mask, on networks in which one channel alone sees a colour, and between backends."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

import xai_widgets as xai
from tests.later import keras

SEES = 2
"""The channel that sees green where the other colours are dark; all others see grey."""


def planted_weights():
    """Convolution (out, in, 3, 3) of four channels, and dense (2, 4): class 1 hears the planted channel alone."""
    convolution = np.full((4, 3, 3, 3), 0.02, np.float32)
    convolution[SEES] = np.array([-1, 1, -1], np.float32)[:, None, None] / 9
    return convolution, np.array([[1, 1, 0, 1], [0, 0, 90, 0]], np.float32)


@pytest.fixture(scope="module")
def planted():
    """A network in both frameworks, a picture of noise with a green patch, and where the patch is."""
    convolution, dense = planted_weights()
    torch_net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2, bias=False),
    )
    torch_net[0].weight.data, torch_net[4].weight.data = torch.tensor(convolution), torch.tensor(dense)
    keras_net = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="convolution"),
            keras.layers.ReLU(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, use_bias=False),
        ]
    )
    keras_net.layers[0].set_weights([convolution.transpose(2, 3, 1, 0)])
    keras_net.layers[-1].set_weights([dense.T])
    x = np.random.default_rng(0).uniform(0.3, 0.5, size=(32, 32, 3)).astype(np.float32)
    patch = np.zeros((32, 32), bool)
    patch[4:12, 18:26] = True
    x[patch] = (0.05, 0.95, 0.05)
    models = {
        "torch": (xai.wrap(torch_net, input_shape=(3, 32, 32)), np.ascontiguousarray(np.moveaxis(x, -1, 0)), "0"),
        "keras": (xai.wrap(keras_net), x, "convolution"),
    }
    return models, patch


def test_a_channel_that_is_shut_off_has_no_influence(planted):
    """After the ReLU its gradient is there all the same, but nothing in the picture moves it."""
    models, _ = planted
    model, x, _ = models["torch"]
    grey = np.full_like(x, 0.4)
    assert xai.Saliency()(model, grey, xai.Logit(1), layer="1").values[SEES].max() > 0
    influence = xai.channel_influence(model, grey, "1", xai.Logit(1))
    np.testing.assert_array_equal(influence, np.zeros(4))
    assert xai.influential_channel(model, np.stack([grey, x]), "1", xai.Logit(1)) == SEES
    with pytest.warns(UserWarning, match="Nothing in the input has influence on channel 2 of '1': it is shut off"):
        assert not xai.channel_mask(model, grey, "1", channel=SEES).mask.any()


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_channel_that_alone_sees_the_colour_is_found_and_looks_at_it(planted, backend):
    models, patch = planted
    model, x, layer = models[backend]
    assert xai.influential_channel(model, x, layer, xai.Logit(1)) == SEES
    assert xai.influential_channel(model, np.stack([x] * 40), layer) == SEES  # more pictures than are asked at once
    assert xai.influential_channel(model, x, layer, xai.Logit(0)) != SEES
    mask = xai.channel_mask(model, x, layer, quantity=xai.Logit(1), blur=1, threshold=1 - patch.mean())
    assert mask.channel == SEES
    assert mask.mask[patch].mean() > 0.9
    assert mask.mask.sum() == pytest.approx(patch.sum(), abs=1)
    assert mask.map[patch].min() > mask.map[~ndimage.binary_dilation(patch, iterations=5)].max()
    shown = mask.picture
    assert shown.shape == (32, 32, 3)
    last = np.moveaxis(x, 0, -1) if backend == "torch" else x
    np.testing.assert_array_equal(shown[mask.mask], last[mask.mask])
    np.testing.assert_allclose(shown[~mask.mask], 0.2 * last[~mask.mask], rtol=1e-6)


def test_both_backends_say_the_same(planted):
    models, _ = planted
    ours, theirs = (xai.channel_mask(*models[name], SEES) for name in ("torch", "keras"))
    np.testing.assert_allclose(ours.map, theirs.map, rtol=1e-4, atol=1e-6 * np.abs(ours.map).max())
    np.testing.assert_array_equal(ours.mask, theirs.mask)
    influences = [xai.channel_influence(*models[name]) for name in ("torch", "keras")]
    np.testing.assert_allclose(*influences, rtol=1e-4)


def test_the_influence_of_channels_is_the_largest_gradient_over_space_averaged_over_pictures(pair):
    """From the definition, by autograd on the part of the network above the layer."""
    for name in pair.layers:
        influence = xai.channel_influence(pair.torch, pair.channels_first, name, xai.Logit([2, 0, 4]))
        assert influence.shape == (pair.torch.at(name).shape[0],)
        seen = {}
        training = pair.torch_net.training
        network = pair.torch_net.eval()
        layer = network.get_submodule(name)
        hook = layer.register_forward_hook(lambda _, __, output, seen=seen: seen.update(output=output))
        scores = network(torch.tensor(pair.channels_first))
        hook.remove()
        chosen = scores[[0, 1, 2], [2, 0, 4]].sum()
        (gradient,) = torch.autograd.grad(chosen, seen["output"])
        network.train(training)
        output = seen["output"]
        if gradient.ndim == 2:
            gradient, output = gradient[..., None], output[..., None]
        on = (output != 0).flatten(2).any(dim=2)
        expected = torch.where(on, gradient.flatten(2).amax(dim=2), 0)
        np.testing.assert_allclose(influence, expected.mean(dim=0), rtol=1e-4, atol=1e-7)


def test_the_map_is_the_blurred_mean_over_colours_and_the_mask_its_upper_tenth(pair):
    batch = pair.channels_first
    layer = next(iter(pair.layers))
    mask = xai.channel_mask(pair.torch, batch, layer, channel=1, blur=1.5)
    influence = xai.InputXGradient()(pair.torch, batch, xai.Channel(layer, 1)).values
    for picture in range(len(batch)):
        expected = ndimage.gaussian_filter(influence[picture].astype(float).mean(axis=0), 1.5)
        np.testing.assert_allclose(mask.map[picture], expected, rtol=1e-4, atol=1e-7)
        assert mask.mask[picture].mean() == pytest.approx(0.1, abs=1 / expected.size + 0.01)
        assert mask.map[picture][mask.mask[picture]].min() >= np.sort(mask.map[picture], axis=None)[-20]
    assert mask.picture.shape == pair.channels_last.shape


def test_every_picture_has_its_own_class(pair):
    batch = np.concatenate([pair.channels_first] * 14)
    targets = [2, 0, 4] * 14
    layer = next(iter(pair.layers))
    alone = xai.channel_influence(pair.torch, pair.channels_first, layer, xai.Logit([2, 0, 4]))
    np.testing.assert_allclose(xai.channel_influence(pair.torch, batch, layer, xai.Logit(targets)), alone, rtol=1e-5)


def test_it_is_a_picture_of_itself_and_says_what_it_is(planted):
    models, _ = planted
    model, x, layer = models["torch"]
    mask = xai.channel_mask(model, x, layer, channel=SEES)
    assert mask._repr_png_().startswith(b"\x89PNG")
    assert repr(mask) == "Mask of channel 2 of 0: (32, 32), 10 % of the pixels visible"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"layer": "9"}, ValueError, "no layer '9'"),
        ({"layer": None}, TypeError, "expected the name of the layer"),
        ({"channel": 4}, ValueError, "no channel 4 in layer '0'; expected an index from 0 to 3"),
        ({"channel": "two"}, TypeError, "index in a layer is 'two'"),
        ({"blur": -1}, ValueError, "blur is -1; expected a number from 0 to 10000"),
        ({"blur": "much"}, TypeError, "blur is 'much'"),
        ({"threshold": 90}, ValueError, "threshold is 90; expected a number from 0 to 1"),
        ({"opacity": np.nan}, ValueError, "opacity is nan"),
        ({"quantity": 1}, TypeError, r"expected a quantity such as Logit\(1\)"),
        ({"quantity": xai.Logit([0, 1])}, ValueError, "2 targets for 1 inputs"),
        ({"method": "saliency"}, TypeError, "method is 'saliency'"),
    ],
)
def test_what_does_not_fit_is_refused(planted, change, error, message):
    models, _ = planted
    model, x, layer = models["torch"]
    with pytest.raises(error, match=message):
        xai.channel_mask(model, x, **{"layer": layer, **change})


def test_a_method_that_takes_no_layer_cannot_measure_channels(planted):
    models, _ = planted
    model, x, layer = models["torch"]
    with pytest.raises(ValueError, match="takes no layer"):
        xai.channel_influence(model, x, layer, method=xai.Occlusion())


def test_a_vector_has_no_mask():
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    model = xai.wrap(net, bounds=None)
    assert xai.channel_influence(model, np.ones(4), "0").shape == (5,)
    with pytest.raises(ValueError, match="expected a picture, with height and width"):
        xai.channel_mask(model, np.ones(4), "0")
