"""The fingerprint of a network: the same exactly as long as its weights are, on both frameworks."""

import functools

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, tf

SHAPES = {"torch": (3, 6, 6), "tensorflow": (6, 6, 3)}


def torch_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(64, 3))


def keras_network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def torch_optimiser(net):
    optimiser = torch.optim.SGD(net.parameters(), 1e-3)
    nn.functional.cross_entropy(net.eval()(torch.rand(2, 3, 6, 6)), torch.tensor([0, 1])).backward()
    optimiser.step()


def one_weight_by_the_smallest_step(net):
    flat = net[0].weight.data.view(-1)
    flat[7] = torch.nextafter(flat[7], torch.tensor(1.0))


def two_weights_change_places(net):
    flat = net[0].weight.data.view(-1)
    flat[[3, 70]] = flat[[70, 3]]


TORCH_CHANGES = [
    torch_optimiser,
    one_weight_by_the_smallest_step,
    two_weights_change_places,
    lambda net: net[0].weight.data.mul_(2),
    lambda net: setattr(net[0].weight, "data", torch.zeros(4, 3, 3, 3)),
    lambda net: net[5].bias.detach().add_(1),
    lambda net: net[1].running_mean.add_(1e-3),
    lambda net: setattr(net[0], "weight", nn.Parameter(torch.ones(4, 3, 3, 3))),
    lambda net: net.load_state_dict({key: value * 2 for key, value in net.state_dict().items()}),
    lambda net: net.double(),
    lambda net: net.bfloat16(),
]

KERAS_CHANGES = [
    lambda net: net.layers[0].kernel.assign(net.layers[0].kernel * 2),
    lambda net: net.set_weights([np.flip(weight) for weight in net.get_weights()]),
    lambda net: net.layers[1].moving_mean.assign_add(np.full(4, 1e-3)),
    lambda net: net(np.ones((1, 6, 6, 3)), training=True),
    lambda net: net.layers[0].kernel.assign(np.nextafter(net.layers[0].kernel.numpy(), np.float32(1))),
]

CHANGES = [("torch", change) for change in TORCH_CHANGES] + [("tensorflow", change) for change in KERAS_CHANGES]


def wrapped(backend, net, **options):
    return xai.wrap(net, input_shape=SHAPES[backend], backend=backend, **options)


def made(backend):
    return torch_network() if backend == "torch" else keras_network()


@pytest.mark.parametrize(("backend", "change"), CHANGES)
def test_another_one_after_a_change_of_the_weights(backend, change):
    net = made(backend)
    model = wrapped(backend, net)
    before = model.fingerprint()
    change(net)
    assert model.fingerprint() != before


@pytest.mark.parametrize("backend", SHAPES)
def test_the_same_while_the_weights_are(backend):
    net = made(backend)
    model = wrapped(backend, net)
    before = model.fingerprint()
    xai.SmoothGrad(samples=3)(model, np.random.default_rng(0).random(SHAPES[backend], np.float32))
    if backend == "torch":
        net.train().to(memory_format=torch.channels_last)
        net[0].weight.data.mul_(2).div_(2)
    else:
        net.layers[0].kernel.assign(net.layers[0].kernel * 2 / 2)
    assert model.fingerprint() == before
    assert wrapped(backend, made(backend)).fingerprint() == before


def test_a_confident_network_changes_where_its_probabilities_do_not():
    net = nn.Sequential(nn.Linear(4, 2))
    net[0].weight.data *= 300
    model = xai.wrap(net, bounds=None)
    x = np.ones(4, np.float32)
    seen, before, map_before = model.probabilities(x), model.fingerprint(), xai.Saliency()(model, x).values
    net[0].weight.data *= 1.5
    np.testing.assert_allclose(model.probabilities(x), seen, atol=1e-9)
    assert np.abs(xai.Saliency()(model, x).values - map_before).max() > 10
    assert model.fingerprint() != before


class Holder:
    def __init__(self, net):
        self.parts = {"net": net}

    def answer(self, x):
        return self.parts["net"](x)


def with_helper(net):
    def helper(x):
        return net(x)

    return lambda x: next(helper(one) for one in [x])


CALLABLES = [
    lambda net: lambda x: net(x),
    lambda net: functools.partial(lambda net, x: net(x), net),
    lambda net: Holder(net).answer,
    lambda net: lambda x, net=net: net(x),
    with_helper,
]


@pytest.mark.parametrize("make", CALLABLES)
@pytest.mark.parametrize("backend", SHAPES)
def test_a_callable_has_that_of_the_network_that_it_uses(backend, make):
    net = made(backend)
    if backend == "torch":
        net.eval()
    model = wrapped(backend, make(net))
    before = model.fingerprint()
    assert before == wrapped(backend, net).fingerprint()
    (TORCH_CHANGES if backend == "torch" else KERAS_CHANGES)[3 if backend == "torch" else 0](net)
    assert model.fingerprint() != before


def test_a_callable_of_tensors_alone():
    weights, variable = torch.ones(3, 2), tf.Variable(tf.ones((3, 2)))
    torch_model = xai.wrap(lambda x: x @ weights, backend="torch", input_shape=(3,), bounds=None)
    keras_model = xai.wrap(lambda x: x @ variable, backend="tensorflow", input_shape=(3,), bounds=None)
    before = torch_model.fingerprint(), keras_model.fingerprint()
    weights.mul_(2)
    variable.assign(variable * 2)
    assert torch_model.fingerprint() != before[0]
    assert keras_model.fingerprint() != before[1]


def test_where_no_weights_are_seen_it_is_that_of_the_answers():
    scale = 1.0
    model = xai.wrap(lambda x: torch.stack([x[:, 0] * scale, x[:, 1]], 1), backend="torch", input_shape=(2,))
    before = model.fingerprint()
    assert model.fingerprint() == before
    scale = 2.0
    assert model.fingerprint() != before


def test_preprocessing_with_weights_belongs_to_it():
    scale = nn.Conv2d(3, 3, 1)
    model = wrapped("torch", torch_network(), preprocess=scale)
    before = model.fingerprint()
    scale.weight.data.mul_(2)
    assert model.fingerprint() != before
