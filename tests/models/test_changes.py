"""Whatever is changed on a network after wrap() is followed: hooks, layers, settings, not the training mode."""

import threading

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

import xai_widgets as xai

SHAPE = (3, 8, 8)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2, self.head = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3)
        self.scale, self.skipped, self.seen, self.calls = 1.0, [], None, 0

    def forward(self, x):
        self.calls += 1
        x = torch.tanh(self.norm(self.conv1(x)))
        self.seen = x
        if 2 not in self.skipped:
            x = torch.tanh(self.conv2(x))
        return self.head(self.scale * x.mean((2, 3)))


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = Net()
    net(torch.rand(8, *SHAPE))
    return net


@pytest.fixture
def x():
    return np.random.default_rng(0).random((2, *SHAPE), np.float32)


def expected(net, x):
    """The scores and the gradient of one of them, by autograd, in evaluation mode."""
    training = net.training
    inputs = torch.tensor(x, requires_grad=True)
    scores = net.eval()(inputs)
    (gradient,) = torch.autograd.grad(scores[:, 1].sum(), inputs)
    net.train(training)
    return scores.detach().numpy(), gradient.numpy()


def assert_follows(model, net, x):
    scores, gradient = expected(net, x)
    np.testing.assert_allclose(model.scores(x), scores, atol=1e-6)
    np.testing.assert_allclose(xai.Saliency()(model, x, xai.Logit(1)).values, gradient, atol=1e-6)


def doubled_in_place(_module, _inputs, output):
    output.mul_(2)


def ablated(_module, _inputs, output):
    output = output.clone()
    output[:, 1] = 0
    return output


CHANGES = [
    lambda net: net.conv1.register_forward_hook(lambda m, i, o: o * 2),
    lambda net: net.conv1.register_forward_hook(doubled_in_place),
    lambda net: net.conv1.register_forward_hook(ablated),
    lambda net: net.conv2.register_forward_pre_hook(lambda m, i: (i[0] * 2,)),
    lambda net: net.register_forward_hook(lambda m, i, o: o * 2),
    lambda net: net.norm.register_forward_hook(lambda m, args, kwargs, o: o + 1, with_kwargs=True),
    lambda net: setattr(net.conv1, "padding", (0, 0)),
    lambda net: setattr(net.conv1, "stride", (2, 2)),
    lambda net: setattr(net, "conv2", nn.Conv2d(4, 4, 1)),
    lambda net: setattr(net, "conv2", nn.Identity()),
    lambda net: setattr(net, "scale", 0.5),
    lambda net: net.skipped.append(2),
    lambda net: setattr(net.norm, "eps", 0.5),
    lambda net: setattr(net, "forward", lambda x: net.head(x.mean((2, 3))[:, [0, 1, 2, 0]])),
    lambda net: parametrizations.weight_norm(net.conv1).parametrizations.weight.original0.data.mul_(2),
    lambda net: prune.l1_unstructured(net.conv1, "weight", 0.5),
    lambda net: net.conv1.weight.data.mul_(3),
    lambda net: setattr(net.conv1, "weight", nn.Parameter(torch.zeros(4, 3, 3, 3))),
    lambda net: net.norm.running_mean.fill_(1),
    lambda net: net.double(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_after_wrapping_is_followed(change, net, x):
    model = xai.wrap(net, input_shape=SHAPE)
    before, print_before = model.scores(x), model.fingerprint()
    change(net)
    assert model.fingerprint() != print_before, "an answer of before is known for one, without another pass"
    x = x.astype(next(net.parameters()).detach().numpy().dtype)
    assert_follows(model, net, x)
    assert np.abs(model.scores(x) - before).max() > 1e-4 or net.conv1.weight.dtype == torch.float64
    assert model.fingerprint() != print_before


def test_what_takes_the_place_of_its_equal_is_followed_from_then_on(net, x):
    model = xai.wrap(net, input_shape=SHAPE)
    before = model.fingerprint()
    net.skipped = []
    assert model.fingerprint() == before
    net.skipped.append(2)
    assert_follows(model, net, x)
    assert model.fingerprint() != before


def test_a_hook_that_is_taken_away_again_is_followed(net, x):
    model = xai.wrap(net, input_shape=SHAPE)
    handle = net.conv1.register_forward_hook(ablated)
    assert_follows(model, net, x)
    handle.remove()
    assert_follows(model, net, x)


def test_a_hook_that_acts_only_sometimes_is_part_of_the_network(net, x):
    ablating = {"on": False}

    def hook(_module, _inputs, output):
        if ablating["on"]:
            return output * 0
        return None

    net.conv1.register_forward_hook(hook)
    model = xai.wrap(net, input_shape=SHAPE)
    assert "the hooks on conv1 change what flows on, and are part of it" in repr(model)
    assert_follows(model, net, x)
    ablating["on"] = True
    assert_follows(model, net, x)


def test_a_trial_of_a_hook_leaves_no_trace(net, x):
    kept, count = {}, [0]

    class Collector:
        def __init__(self):
            self.outputs = []

        def __call__(self, module, inputs, output):
            self.outputs.append(output)

        def hook(self, module, inputs, output):
            self.outputs.append(output)

    def helper(output):
        count[0] += 1
        kept["helper"] = output

    collector, other = Collector(), Collector()
    net.conv1.register_forward_hook(lambda m, i, o: kept.update(lambda_=o))
    net.conv1.register_forward_hook(lambda m, i, o: helper(o))
    net.conv2.register_forward_hook(collector)
    net.conv2.register_forward_hook(other.hook)
    net(torch.rand(1, *SHAPE))
    outputs = list(map(id, (*kept.values(), *collector.outputs, *other.outputs)))
    model = xai.wrap(net, input_shape=SHAPE)
    xai.IntegratedGradients(steps=4)(model, x)
    assert list(map(id, (*kept.values(), *collector.outputs, *other.outputs))) == outputs
    assert count == [1]
    assert "the hooks on conv1, conv2 only look, and are not run" in repr(model)
    assert_follows(model, net, x)


def test_hooks_that_cannot_be_tried_or_change_the_way_back_are_left_out_with_a_warning(net, x):
    lock = threading.Lock()

    def hook(_module, _inputs, output):
        with lock:
            return output * 2

    net.head.register_forward_hook(hook)
    net.conv2.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    with pytest.warns(UserWarning, match=r"Hooks on head, conv2 are left out of explanations"):
        xai.wrap(net, input_shape=SHAPE)


def test_nothing_is_found_out_anew_while_the_network_is_the_same(net, x, monkeypatch):
    model = xai.wrap(net, input_shape=SHAPE)
    shadow, before = model._shadow, model.fingerprint()
    xai.SmoothGrad(samples=2)(model, x)
    net.eval()
    xai.Saliency()(model, x)
    net.train()
    net(torch.rand(2, *SHAPE))  # It keeps activations and counts its calls.
    net.scale = 3.0 / 3.0
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    net(torch.rand(2, *SHAPE)).sum().backward()
    optimiser.step()
    assert_follows(model, net, x)
    assert model._shadow is shadow
    assert model.fingerprint().count("-") == before.count("-")


def test_a_change_to_something_impossible_is_refused_and_changed_back_is_right_again(net, x):
    model = xai.wrap(net, input_shape=SHAPE)
    kept = net.conv2
    net.conv2 = nn.Conv2d(7, 4, 1)
    for _ in range(2):
        with pytest.raises(ValueError, match="network failed"):
            model.scores(x)
    net.conv2 = kept
    assert_follows(model, net, x)
    kept = net.head
    net.head = nn.Linear(4, 5)
    with pytest.raises(ValueError, match="had 3 scores and has 5 now"):
        model.scores(x)
    net.head = kept
    assert_follows(model, net, x)


def keras_net():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, padding="same", activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Rescaling(2.0),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3),
        ]
    )


@keras.saving.register_keras_serializable()
class Scaled(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.scale, self.calls = keras.layers.Dense(3), 1.0, 0

    def call(self, x):
        self.calls += 1
        return self.scale * self.dense(keras.ops.mean(x, (1, 2)))


KERAS_CHANGES = [
    lambda net: setattr(net.layers[0], "activation", keras.activations.sigmoid),
    lambda net: setattr(net.layers[0], "padding", "valid"),
    lambda net: setattr(net.layers[0], "strides", (2, 2)),
    lambda net: setattr(net.layers[1], "epsilon", 0.5),
    lambda net: setattr(net.layers[2], "scale", 3.0),
    lambda net: net.layers[0].kernel.assign(net.layers[0].kernel * 2),
]


@pytest.mark.parametrize("change", KERAS_CHANGES)
def test_a_change_of_a_keras_layer_is_followed(change, x):
    net, x = keras_net(), np.moveaxis(x, 1, -1)
    model = xai.wrap(net)
    for _ in range(2):  # Traced from the second call on.
        before, print_before = model.scores(x), model.fingerprint()
    change(net)
    assert model.fingerprint() != print_before
    right = np.asarray(net(x, training=False))
    np.testing.assert_allclose(model.scores(x), right, atol=1e-5)
    np.testing.assert_allclose(model.scores(x), right, atol=1e-5)
    assert np.abs(right - before).max() > 1e-4
    assert model.fingerprint() != print_before


def test_a_change_of_a_subclassed_keras_network_is_followed(x):
    net, x = Scaled(), np.moveaxis(x, 1, -1)
    net(x)
    model = xai.wrap(net, input_shape=(8, 8, 3))
    for _ in range(2):
        model.scores(x)
    net.scale = 3.0
    np.testing.assert_allclose(model.scores(x), net(x), atol=1e-6)


def test_training_a_keras_network_traces_nothing_anew(x):
    net, x = keras_net(), np.moveaxis(x, 1, -1)
    net.compile("sgd", "mse")
    model = xai.wrap(net)
    for _ in range(3):
        model.scores(x)
    traces, before = {key: id(value) for key, value in model._traces.items()}, model.fingerprint()
    net.fit(x, np.zeros((2, 3)), verbose=0)
    np.testing.assert_allclose(model.scores(x), net(x, training=False), atol=1e-5)
    assert {key: id(value) for key, value in model._traces.items()} == traces
    assert model.fingerprint() != before
    assert model.fingerprint().count("-") == before.count("-")
