"""Models whose layers put out something else, beside passes that are written out in each framework."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers, tf

DIRECTION = np.array([0.5, -1.0, 2.0, 0.25])


class Network(nn.Module):
    """A batch norm behind a convolution, one rectifier called twice, and a way around the second convolution."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.branch, self.relu, self.head = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Linear(4, 3)
        self.norm.running_mean += torch.tensor([0.3, -0.2, 0.1, 0.0])
        self.norm.running_var *= 2

    def forward(self, x, edits=None):
        changed = lambda name, y: edits[name](y) if edits and name in edits else y  # noqa: E731
        x = changed("relu:0", self.relu(changed("norm", self.norm(changed("stem", self.stem(x))))))
        x = x + changed("relu:1", self.relu(changed("branch", self.branch(x))))
        return changed("head", self.head(x.mean(dim=(2, 3))))


@pytest.fixture
def network():
    torch.manual_seed(4)
    return Network().train()


@pytest.fixture
def model(network):
    return xai.wrap(network, input_shape=(2, 12, 10), bounds=(-9, 9))


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(5, 2, 12, 10)).astype(np.float32)


def by_hand(network, x, edits):
    """Return the scores, and the gradients of the second one, of the network that is edited in its code."""
    points = torch.from_numpy(x).requires_grad_()
    scores = copy.deepcopy(network).eval()(points, edits)
    (gradient,) = torch.autograd.grad(scores[:, 1].sum(), points)
    return scores.detach().numpy(), gradient.numpy()


def added(vector):
    return lambda y: y + torch.tensor(vector, dtype=torch.float32).reshape(1, 4, 1, 1)


@pytest.mark.parametrize("layer", ["stem", "norm", "relu:0", "branch", "relu:1"])
def test_a_direction_is_added(network, model, x, layer):
    steered = model.with_direction(layer, DIRECTION, -1.5)
    scores, gradient = by_hand(network, x, {layer: added(-1.5 * DIRECTION)})
    np.testing.assert_allclose(steered.scores(x), scores, atol=1e-5)
    np.testing.assert_allclose(steered.probabilities(x).sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(xai.Saliency()(steered, x, xai.Logit(1)).values, gradient, atol=1e-6)
    assert np.abs(model.scores(x) - scores).max() > 0.1


@pytest.mark.parametrize("layer", ["stem", "relu:0"])
def test_gradients_that_are_summed_know_of_the_change(model, x, layer):
    """They may go back through the first layer once for all points, which is another one here."""
    steered = model.with_ablation(layer, [0, 2]).with_direction(layer, DIRECTION)
    shape, pool = (8, *x.shape[1:]), np.full((1, 8), 0.125)
    points = np.random.default_rng(7).normal(size=shape).astype(np.float32)
    objective = xai.Logit(2).objective(model, 1)
    single = steered.at(None).differentiate(points, objective).gradients
    np.testing.assert_allclose(
        steered.at(None).differentiate(points, objective, pool=pool).gradients[0], single.mean(axis=0), atol=1e-6
    )


def test_units_are_taken_out_and_outputs_replaced(network, model, x):
    keep = torch.tensor([1.0, 0, 1, 0]).reshape(1, 4, 1, 1)
    scores, gradient = by_hand(network, x, {"relu:0": lambda y: y * keep})
    without = model.with_ablation("relu:0", [1, 3])
    np.testing.assert_allclose(without.scores(x), scores, atol=1e-5)
    np.testing.assert_allclose(xai.Saliency()(without, x, xai.Logit(1)).values, gradient, atol=1e-6)
    others = x[::-1] * 2
    means = model.at("relu:0").activations(others).mean(axis=(0, 2, 3))
    stand_in = (1 - keep) * torch.from_numpy(means).reshape(1, 4, 1, 1)
    scores, _ = by_hand(network, x, {"relu:0": lambda y: y * keep + stand_in})
    np.testing.assert_allclose(model.with_ablation("relu:0", (1, 3), others).scores(x), scores, atol=1e-5)
    whole = np.random.default_rng(2).normal(size=(4, 12, 10)).astype(np.float32)
    scores, gradient = by_hand(network, x, {"branch": lambda y: torch.from_numpy(whole).expand_as(y)})
    replaced = model.with_activation("branch", whole)
    np.testing.assert_allclose(replaced.scores(x), scores, atol=1e-5)
    np.testing.assert_allclose(xai.Saliency()(replaced, x, xai.Logit(1)).values, gradient, atol=1e-6)
    np.testing.assert_allclose(model.with_activation("head", [1, 2, 3]).scores(x), np.tile([1.0, 2, 3], (5, 1)))
    assert not xai.Saliency()(model.with_activation("head", [1, 2, 3]), x, xai.Logit(1)).values.any()


def test_changes_follow_each_other_and_what_is_read_is_what_is_put_out(network, model, x):
    other = model.with_direction("relu:0", DIRECTION).with_ablation("relu:0", 2).with_direction("relu:1", DIRECTION, 2)
    keep = torch.tensor([1.0, 1, 0, 1]).reshape(1, 4, 1, 1)
    edits = {"relu:0": lambda y: added(DIRECTION)(y) * keep, "relu:1": added(2 * DIRECTION)}
    np.testing.assert_allclose(other.scores(x), by_hand(network, x, edits)[0], atol=1e-5)
    assert not other.at("relu:0").activations(x)[:, 2].any()
    assert "at layer 'relu:0' 1 times a direction is added; at layer 'relu:0' 1 of 4 units are zero" in repr(other)


def test_the_network_is_left_alone_and_a_hook_of_the_students_comes_first(network, model, x):
    before = copy.deepcopy(network.state_dict())
    handle = network.relu.register_forward_hook(lambda _module, _inputs, output: output * 3)
    hooked = xai.wrap(network, input_shape=(2, 12, 10), bounds=(-9, 9))
    steered = hooked.with_direction("relu:1", DIRECTION)
    edits = {"relu:1": added(DIRECTION)}
    np.testing.assert_allclose(steered.scores(x), by_hand(network, x, edits)[0], atol=1e-5)
    assert network.training
    assert list(network.relu._forward_hooks) == [handle.id]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_training_that_goes_on_is_seen(network, model, x):
    steered = model.with_direction("branch", DIRECTION)
    first = steered.fingerprint()
    with torch.no_grad():
        network.head.weight.mul_(2)
    np.testing.assert_allclose(steered.scores(x), by_hand(network, x, {"branch": added(DIRECTION)})[0], atol=1e-5)
    assert steered.fingerprint() != first


def test_it_is_copied_kept_and_told_apart(model, x):
    steered = model.with_direction("branch", DIRECTION)
    for other in (pickle.loads(pickle.dumps(steered)), copy.deepcopy(steered), copy.copy(steered)):
        np.testing.assert_allclose(other.scores(x), steered.scores(x), atol=1e-6)
        assert other.fingerprint() == steered.fingerprint()
    prints = {
        one.fingerprint() for one in (model, steered, model.with_direction("branch", 2 * DIRECTION), steered.shifted(0))
    }
    assert len(prints) == 3
    np.testing.assert_allclose(steered.shifted(0.5).scores(x + 0.5), steered.scores(x), atol=1e-4)
    assert "direction is added" in repr(steered.randomised(["head"]))


def test_vectors_and_tokens():
    embedding, words = nn.Embedding(6, 3), np.array([[1, 2, 3, 0], [4, 4, 5, 1]])
    torch.manual_seed(0)
    network = nn.Sequential(embedding, nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 2)).eval()
    reader = xai.wrap(network, input_shape=(4,), tokens=True)
    vector, units = np.array([1.0, -2, 0.5]), np.arange(5.0)
    with torch.no_grad():
        latent = embedding(torch.from_numpy(words)) + torch.tensor(vector, dtype=torch.float32)
        expected = network[1:](latent).numpy()
        hidden = network[:4](torch.from_numpy(words)) + torch.tensor(units, dtype=torch.float32)
    np.testing.assert_allclose(reader.with_direction("0", vector).scores(words), expected, atol=1e-5)
    found = reader.with_direction("3", units).scores(words)
    np.testing.assert_allclose(found, network[4](hidden).detach().numpy(), atol=1e-5)
    assert reader.with_activation("0", vector).embedding == "0"


class Attending(nn.Module):
    """Patches and a class token, which alone is read."""

    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.block, self.head = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, 3)

    def tokens(self, x):
        return torch.cat([self.token.expand(len(x), -1, -1), self.patches(x).flatten(2).transpose(1, 2)], dim=1)

    def forward(self, x):
        return self.head(self.block(self.tokens(x))[:, 0])


def test_a_class_token_has_its_part():
    torch.manual_seed(0)
    network, x = Attending().eval(), np.random.default_rng(0).uniform(size=(2, 3, 16, 16)).astype(np.float32)
    model, vector = xai.wrap(network, input_shape=(3, 16, 16)), np.arange(8) * 0.3
    with torch.no_grad():
        read = network.block(network.tokens(torch.from_numpy(x)))[:, 0]
        expected = network.head(read + torch.tensor(vector, dtype=torch.float32)).numpy()
        without = network.head(read * torch.tensor([0.0, 1, 1, 1, 1, 1, 1, 0])).numpy()
    np.testing.assert_allclose(model.with_direction("block", vector).scores(x), expected, atol=1e-5)
    np.testing.assert_allclose(model.with_ablation("block", [0, 7]).scores(x), without, atol=1e-5)


def keras_network():
    keras.utils.set_random_seed(3)
    relu, inputs = layers.ReLU(name="relu"), keras.Input((6, 5, 2))
    y = relu(layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, padding="same", name="stem")(inputs)))
    y = layers.Add()([y, relu(layers.Conv2D(4, 3, padding="same", name="branch")(y))])
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="head")(layers.GlobalAveragePooling2D()(y)))


@pytest.mark.parametrize("layer", ["stem", "relu:0", "branch", "relu:1"])
def test_a_keras_network(layer):
    network, x = keras_network(), np.random.default_rng(1).normal(size=(5, 6, 5, 2)).astype(np.float32)
    model = xai.wrap(network, bounds=(-9, 9))
    weights = [one.numpy() for one in network.weights]
    whole = np.random.default_rng(2).normal(size=(6, 5, 4)).astype(np.float32)
    changes = {
        "direction": (model.with_direction(layer, DIRECTION, -1.5), lambda y: y - 1.5 * DIRECTION.astype(np.float32)),
        "ablation": (model.with_ablation(layer, [1, 3]), lambda y: y * np.array([1, 0, 1, 0], np.float32)),
        "activation": (model.with_activation(layer, whole), lambda y: y * 0 + whole),
    }
    for steered, change in changes.values():
        at = lambda name, y, change=change: change(y) if name == layer else y  # noqa: E731
        points, call = tf.constant(x), lambda name, y: network.get_layer(name)(y, training=False)
        with tf.GradientTape() as tape:
            tape.watch(points)
            y = at("relu:0", tf.nn.relu(call("norm", at("stem", call("stem", points)))))
            y = y + at("relu:1", tf.nn.relu(at("branch", call("branch", y))))
            kernel, bias = network.get_layer("head").weights
            scores = tf.reduce_mean(y, axis=(1, 2)) @ kernel.value + bias.value
            one = tf.reduce_sum(scores[:, 1])
        for _ in range(2):  # The second pass is traced.
            np.testing.assert_allclose(steered.scores(x), scores.numpy(), atol=1e-5)
            found = xai.Saliency()(steered, x, xai.Logit(1)).values
            np.testing.assert_allclose(found, tape.gradient(one, points) if _ == 0 else found, atol=1e-6)
    assert all(np.array_equal(one, other.numpy()) for one, other in zip(weights, network.weights, strict=True))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda m: m.with_direction("nowhere", [1.0] * 4), ValueError, "no layer 'nowhere'"),
        (lambda m: m.with_direction("relu", [1.0] * 4), ValueError, "called 2 times"),
        (lambda m: m.with_direction(None, [1.0] * 4), TypeError, "layer is None"),
        (lambda m: m.with_direction("stem", [1.0] * 3), ValueError, r"expected \(4,\), a number for each unit"),
        (lambda m: m.with_direction("stem", np.ones((1, 4, 12, 10))), ValueError, r"or \(4, 12, 10\)"),
        (lambda m: m.with_direction("stem", [np.nan] * 4), ValueError, "vector holds NaN"),
        (lambda m: m.with_direction("stem", "abcd"), TypeError, "vector is 'abcd'"),
        (lambda m: m.with_direction("stem", [1.0] * 4, np.inf), TypeError, "step is inf"),
        (lambda m: m.with_activation("stem", [1e300] * 4), ValueError, "too large"),
        (lambda m: m.with_ablation("stem", [4]), ValueError, "units from 0 to 3"),
        (lambda m: m.with_ablation("stem", [-1]), ValueError, "units from 0 to 3"),
        (lambda m: m.with_ablation("stem", [0.5]), TypeError, "the number of a unit"),
        (lambda m: m.with_ablation("stem", [0], np.ones((3, 3))), ValueError, "shape"),
    ],
)
def test_what_does_not_fit_is_said(model, change, error, words):
    with pytest.raises(error, match=words):
        change(model)


def test_relevance_is_shared_out_by_the_network_as_it_is(model, x):
    steered = model.with_direction("stem", DIRECTION)
    with pytest.raises(ValueError, match="'stem' is changed in this model, and no rule"):
        xai.RelevancePropagation()(steered, x, xai.Logit(1))
    assert xai.DeepLift()(steered, x, xai.Logit(1)).values.shape == x.shape
