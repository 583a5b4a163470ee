"""Taking units out of a layer against a linear head, whose accuracies are a product of matrices."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.transformers import transformer

UNITS, CLASSES, COUNT = 6, 3, 40


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(2)
    layers = [("conv", nn.Conv2d(1, UNITS, 3)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1))]
    head = [("flat", nn.Flatten()), ("head", nn.Linear(UNITS, CLASSES))]
    found = nn.Sequential()
    for name, layer in [*layers, *head]:
        found.add_module(name, layer)
    return found


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(1, 7, 7), classes=["a", "b", "c"])


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).uniform(size=(COUNT, 1, 7, 7)).astype(np.float32)


@pytest.fixture(scope="module")
def labels(model, x):
    """Not quite what the network says, so that it can be wrong; each class is there."""
    said = model.scores(x).argmax(axis=1)
    return np.where(np.arange(COUNT) % 4 == 0, (said + 1) % CLASSES, said)


def by_hand(network, x, labels, out, mean=True):
    """Return the accuracy on each class, of the pooled activations and the head alone."""
    with torch.no_grad():
        maps = network.relu(network.conv(torch.from_numpy(x))).numpy()
        pooled = maps.mean(axis=(2, 3))
        pooled[:, out] = maps.mean(axis=(0, 2, 3))[out] if mean else 0
        weight, bias = network.head.weight.numpy(), network.head.bias.numpy()
    right = (pooled @ weight.T + bias).argmax(axis=1) == labels
    return np.array([right[labels == one].mean() for one in range(CLASSES)])


def brought(network, x, labels):
    with torch.no_grad():
        pooled = network.relu(network.conv(torch.from_numpy(x))).numpy().mean(axis=(2, 3))
    weight = network.head.weight.detach().numpy()
    return np.stack([(pooled[labels == one] * weight[one]).mean(axis=0) for one in range(CLASSES)], axis=1)


@pytest.mark.parametrize("replacement", ["mean", "zero"])
def test_accuracies_are_those_of_a_linear_head(network, model, x, labels, replacement, agreement):
    found = xai.UnitAblation(layer="relu", replacement=replacement, draws=3)(model, x, labels)
    expected = brought(network, x, labels)
    agreement("unit_ablation", "closed form", found.relevance, expected)
    assert found.counts.tolist() == list(range(UNITS + 1))
    for target in range(CLASSES):
        ranked = np.argsort(-expected[:, target])
        for count in range(UNITS + 1):
            said = by_hand(network, x, labels, ranked[:count], replacement == "mean")
            agreement("unit_ablation", "closed form", found.accuracies[count, target], said)
            assert found.curve[count, target] == pytest.approx(said[target])
            rest = np.bincount(labels) * (np.arange(CLASSES) != target)
            assert found.others[count, target] == pytest.approx((said * rest).sum() / rest.sum())
    assert found.value == pytest.approx((found.random - found.curve).mean())
    assert found.curve.shape == (UNITS + 1, CLASSES)


def test_random_orders_are_those_of_the_seed(network, model, x, labels):
    found = xai.UnitAblation(layer="relu", draws=2, seed=5)(model, x, labels)
    for draw in range(2):
        order = np.random.default_rng((5, draw)).permutation(UNITS)
        for count in range(UNITS + 1):
            said = by_hand(network, x, labels, order[:count])
            np.testing.assert_allclose(found.random_accuracies[count, draw], said)
    np.testing.assert_allclose(found.random, found.random_accuracies.mean(axis=1))
    assert np.isnan(xai.UnitAblation(layer="relu", draws=1)(model, x, labels).random_error).all()


def test_all_orders_begin_and_end_at_the_same(model, x, labels):
    found = xai.UnitAblation(layer="relu", draws=4)(model, x, labels)
    for node in (0, -1):
        assert (found.accuracies[node] == found.accuracies[node, 0]).all()
        assert (found.random_accuracies[node] == found.accuracies[node, 0]).all()
    assert found.evaluations == found.planned
    assert found.random_error.shape == (UNITS + 1, CLASSES)


def test_a_given_order_is_taken(network, model, x, labels):
    order = np.array([3, 1, 5, 0, 2, 4])
    found = xai.UnitAblation(layer="relu", draws=1, order=order)(model, x, labels)
    assert found.relevance is None
    for count in range(UNITS + 1):
        np.testing.assert_allclose(found.curve[count], by_hand(network, x, labels, order[:count]))
    each = np.array([order, order[::-1], np.roll(order, 2)])
    found = xai.UnitAblation(layer="relu", draws=1, order=each)(model, x, labels)
    for target in range(CLASSES):
        assert found.curve[2, target] == pytest.approx(by_hand(network, x, labels, each[target, :2])[target])


def test_it_goes_by_what_relevant_features_found(network, model, x, labels):
    chosen = xai.RelevantFeatures(budget=2, layers=["conv", "relu"])(model, x, labels)
    found = xai.UnitAblation(layer="relu", draws=1, order=chosen)(model, x, labels)
    np.testing.assert_array_equal(found.relevance, chosen.weights[UNITS:])
    for target in range(CLASSES):
        first = np.argsort(-chosen.weights[UNITS:, target], kind="stable")[:1]
        assert found.curve[1, target] == pytest.approx(by_hand(network, x, labels, first)[target])


def test_it_streams_from_both_ends(model, x, labels):
    first, *_, last = xai.UnitAblation(layer="relu", draws=1).stream(model, x, labels)
    assert first.counts.tolist() == [0, UNITS]
    assert last.final
    np.testing.assert_array_equal(first.curve, last.curve[[0, -1]])


def test_fewer_nodes_are_evenly_spread(model, x, labels):
    found = xai.UnitAblation(layer="relu", draws=1, steps=3)(model, x, labels)
    assert found.counts.tolist() == [0, 2, 4, 6]


def test_of_a_class_that_is_not_there_or_not_asked_for_nothing_is_known(network, model, x, labels):
    whole = xai.UnitAblation(layer="relu", draws=1)(model, x, labels)
    one = xai.UnitAblation(layer="relu", draws=1)(model, x, labels, target="b")
    np.testing.assert_array_equal(one.curve[:, 1], whole.curve[:, 1])
    assert np.isnan(one.curve[:, [0, 2]]).all()
    assert np.isfinite(one.value)
    few = labels != 2
    part = xai.UnitAblation(layer="relu", draws=1)(model, x[few], labels[few])
    assert np.isnan(part.curve[:, 2]).all()
    assert np.isfinite(part.curve[:, :2]).all()
    assert np.isfinite(part.others[:, :2]).all()
    assert "on 2 classes" in repr(part)


@pytest.mark.parametrize("replacement", ["mean", "zero"])
def test_of_tokens_units_go_at_all_of_them(replacement):
    """A class token stands nowhere, and is a token all the same: beside the network that is edited."""
    found = transformer("oblong")
    model, _ = found.models["torch"]
    x = np.random.default_rng(0).uniform(size=(8, *found.first.shape[1:])).astype(np.float32)
    labels = np.concatenate([[0, 1, 2, 3, 4], model.scores(x[5:]).argmax(axis=1)])
    order = np.random.default_rng(1).permutation(12)
    ablation = xai.UnitAblation(layer="blocks.0", draws=1, order=order, replacement=replacement, steps=4)
    curve = ablation(model, x, labels).curve
    for count, row in zip((0, 3, 6, 9, 12), curve, strict=True):
        other = model.with_ablation("blocks.0", order[:count].tolist(), x if replacement == "mean" else None)
        right = other.scores(x).argmax(axis=1) == labels
        np.testing.assert_allclose(row, [right[labels == one].mean() for one in range(5)])


def test_the_network_is_left_as_it_was(network, model, x, labels):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    scores = model.scores(x)
    xai.UnitAblation(layer="relu", draws=1)(model, x, labels)
    assert all((before[name] == value).all() for name, value in network.state_dict().items())
    np.testing.assert_array_equal(model.scores(x), scores)


@pytest.mark.parametrize(
    ("options", "given", "error", "words"),
    [
        ({}, {"labels": np.zeros(3, int)}, ValueError, "labels has shape .3,.*expected .40,"),
        ({}, {"labels": np.full(COUNT, 7)}, ValueError, "from 0 to 2"),
        ({}, {"labels": np.zeros(COUNT)}, TypeError, "expected the numbers of the right classes"),
        ({}, {"labels": np.zeros(COUNT, int), "target": 1}, ValueError, "labels hold class 1 for no input"),
        ({}, {"target": "z"}, ValueError, "'z'"),
        ({"layer": "nowhere"}, {}, ValueError, "nowhere"),
        ({"order": "random"}, {}, ValueError, "order is 'random'; expected 'weight'"),
        ({"order": np.ones(UNITS)}, {}, TypeError, "those first that go first"),
        ({"order": [0, 1, 2]}, {}, ValueError, r"expected each of the numbers from 0 to 5, .* once: \(6,\)"),
        ({"order": [0, 0, 1, 2, 3, 4]}, {}, ValueError, "expected each of the numbers"),
    ],
)
def test_what_does_not_fit_is_said(model, x, labels, options, given, error, words):
    with pytest.raises(error, match=words):
        xai.UnitAblation(**{"layer": "relu", "draws": 1, **options})(model, x, **{"labels": labels, **given})


def test_weights_of_another_layer_are_no_order(model, x, labels):
    elsewhere = xai.RelevantFeatures(budget=2, layers=["conv"])(model, x, labels)
    with pytest.raises(ValueError, match="units of layer 'relu' were not looked at"):
        xai.UnitAblation(layer="relu", order=elsewhere)(model, x, labels)
    torch.manual_seed(0)
    wide = nn.Sequential()
    wide.add_module("relu", nn.Conv2d(1, 4, 3))
    wide.add_module("rest", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, CLASSES)))
    other = xai.RelevantFeatures(layers=["relu"])(xai.wrap(wide, input_shape=(1, 7, 7)), x, labels)
    with pytest.raises(ValueError, match="weights for 4 units of layer 'relu', which has 6"):
        xai.UnitAblation(layer="relu", order=other)(model, x, labels)


def test_one_input_and_numbers_are_no_classes(model, x):
    with pytest.raises(ValueError, match="a single input"):
        xai.UnitAblation(layer="relu")(model, x[0], [0])
    numbers = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(49, 2)), input_shape=(1, 7, 7), outputs="values")
    with pytest.raises(ValueError, match="answers with one class"):
        xai.UnitAblation(layer="0")(numbers, x, np.zeros(COUNT, int))
