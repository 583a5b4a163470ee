"""How a value arises is the same in both frameworks; and what flows to a pixel is what the rules say, written out."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

SIDE, AT = 7, (2, 5)
SQUARES = {"features": "squares", "size": 4}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    layers = [nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(100, 3)]
    return nn.Sequential(*layers).eval()


@pytest.fixture(scope="module")
def models(network):
    """Return the same network in PyTorch and in Keras, which has channels last."""
    first, second = network[0], network[2]
    dense = network[5].weight.detach().reshape(3, 4, 5, 5).permute(2, 3, 1, 0).reshape(100, 3)
    twin = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="first"),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    weights = [one.weight.detach().permute(2, 3, 1, 0).numpy() for one in (first, second)]
    biases = [one.bias.detach().numpy() for one in (first, second, network[5])]
    twin.set_weights([weights[0], biases[0], weights[1], biases[1], dense.numpy(), biases[2]])
    return xai.wrap(network, input_shape=(3, SIDE, SIDE)), xai.wrap(twin)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(5).uniform(0.1, 0.9, (SIDE, SIDE, 3)).astype(np.float32)


CASES = {
    "heights": xai.IntegratedGradients(steps=6, baseline=0.3),
    "samples": xai.SmoothGrad(samples=5),
    "products": xai.InputXGradient(),
    "scores": xai.Occlusion(window=3, stride=2),
    "brought": xai.ShapleySampling(samples=3, **SQUARES),
    "influences": xai.Lime(samples=20, **SQUARES),
    "flows": xai.RelevancePropagation(composite="gamma"),
}


@pytest.mark.parametrize("name", CASES)
def test_both_frameworks_say_the_same(models, picture, name):
    ours, theirs = models
    one = CASES[name].mechanism(ours, np.moveaxis(picture, -1, 0), xai.Logit(1), at=AT)
    other = CASES[name].mechanism(theirs, picture, xai.Logit(1), at=AT)
    found, expected = getattr(one, name), getattr(other, name)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(found).max())
    assert one.value == pytest.approx(other.value, abs=1e-5)


def test_channels_are_weighted_activations(models, network, picture):
    arises = xai.GradCam().mechanism(models[0], np.moveaxis(picture, -1, 0), xai.Logit(1), layer="3", at=(1, 2))
    activations = network[:4](torch.from_numpy(picture).permute(2, 0, 1)[None]).detach().requires_grad_()
    network[4:](activations)[0, 1].backward()
    weights, there = activations.grad.mean(dim=(0, 2, 3)).numpy(), activations[0, :, 1, 2].detach().numpy()
    np.testing.assert_allclose(arises.weights, weights, atol=1e-6)
    np.testing.assert_allclose(arises.activations, there, atol=1e-6)
    assert arises.total == pytest.approx(float(weights @ there), abs=1e-6)
    assert arises.value == max(arises.total, 0)


def test_what_flows_from_a_channel_is_what_the_rule_says(models, network, picture):
    x, first = np.moveaxis(picture, -1, 0), network[0]
    method = xai.RelevancePropagation(composite="epsilon")
    arises = method.mechanism(models[0], x, xai.Logit(1), at=AT)
    assert arises.layer == "0"
    z = first(torch.from_numpy(x)[None])[0].detach().numpy().astype(float)
    above = method(models[0], x, xai.Logit(1), layer="0").values
    flows = np.zeros(5)
    for channel, row, column in np.ndindex(5, SIDE, SIDE):
        here = AT[0] - row + 1, AT[1] - column + 1  # where in the unit's window the pixel is
        if 0 <= here[0] < 3 and 0 <= here[1] < 3:
            shares = x[:, *AT] * first.weight[channel, :, *here].detach().numpy()
            unit = z[channel, row, column]
            flows[channel] += shares.sum() * above[channel, row, column] / (unit + np.copysign(1e-6, unit))
    np.testing.assert_allclose(arises.flows, flows, atol=1e-5 * np.abs(flows).max())


def test_where_the_picture_is_the_baseline_nothing_arrives_of_what_is_sent(models, picture):
    method, x = xai.DeepLift(), np.moveaxis(picture, -1, 0).copy()
    x[:, *AT] = 0
    arises = method.mechanism(models[0], x, xai.Logit(1), at=AT)
    assert (arises.value, np.abs(arises.flows).max()) == (0, 0)
    assert "the way from the baseline, which is 0: it gets nothing, whatever they send" in arises.sentence
    (bars,) = arises.parts
    assert bars.label == "from the channels of 0, here times 0"
    # A little way off the same is sent, and arrives.
    x[:, *AT] = 1e-3
    near = method.mechanism(models[0], x, xai.Logit(1), at=AT)
    assert near.way
    np.testing.assert_allclose(
        arises.multipliers, near.flows / 1e-3, rtol=0.02, atol=0.02 * np.abs(near.flows / 1e-3).max()
    )


def test_one_can_leave_off_between_the_passes_that_look_for_the_layer(models, picture):
    method, (model, _) = xai.RelevancePropagation(composite="z_plus"), models
    question = method.ask(model, np.moveaxis(picture, -1, 0), xai.Logit(1))
    steps = method.kept_steps_to(question)
    assert [next(steps) for _ in range(3)] == [None, None, None]
    assert next(steps).evaluations >= 4


def test_where_all_does_not_come_through_one_layer_it_is_said(picture):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Conv2d(3, 2, 3), nn.Conv2d(3, 2, 3)
            self.low, self.high = nn.Linear(50, 2), nn.Linear(50, 2)

        def forward(self, x):
            return self.low(self.left(x).flatten(1)) + self.high(self.right(x).flatten(1))

    model = xai.wrap(Twice().eval(), input_shape=(3, SIDE, SIDE))
    with pytest.raises(ValueError, match=r"No layer is seen above 'the input'.*'left', 'low', 'right', 'high'"):
        xai.RelevancePropagation().mechanism(model, np.moveaxis(picture, -1, 0), at=AT)
