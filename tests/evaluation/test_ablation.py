"""Taking units out of a layer against a linear head, whose accuracies are a product of matrices."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

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


def by_hand(network, x, labels, out, target, mean):
    """Return the accuracy on the class and on the others, of the pooled activations and the head alone."""
    with torch.no_grad():
        maps = network.relu(network.conv(torch.from_numpy(x))).numpy()
        pooled = maps.mean(axis=(2, 3))
        pooled[:, out] = maps.mean(axis=(0, 2, 3))[out] if mean else 0
        weight, bias = network.head.weight.numpy(), network.head.bias.numpy()
    right = (pooled @ weight.T + bias).argmax(axis=1) == labels
    return [right[labels == target].mean(), right[labels != target].mean()]


@pytest.mark.parametrize("replacement", ["mean", "zero"])
@pytest.mark.parametrize("target", [0, 1, 2])
def test_accuracies_are_those_of_a_linear_head(network, model, x, labels, replacement, target):
    found = xai.UnitAblation(replacement=replacement, draws=3)(model, x, labels, "relu", target=target)
    with torch.no_grad():
        pooled = network.relu(network.conv(torch.from_numpy(x))).numpy().mean(axis=(2, 3))
    relevance = (pooled[labels == target] * network.head.weight.detach().numpy()[target]).mean(axis=0)
    np.testing.assert_allclose(found.relevance, relevance, rtol=1e-4, atol=1e-6)
    assert found.counts.tolist() == list(range(UNITS + 1))
    ranked = np.argsort(-relevance)
    for count in range(UNITS + 1):
        for order, rows in ((ranked, found.most), (ranked[::-1], found.least)):
            expected = by_hand(network, x, labels, order[:count], target, replacement == "mean")
            assert rows[count].tolist() == pytest.approx(expected)
    assert found.value == pytest.approx((found.random - found.most)[:, 0].mean())


def test_all_orders_begin_and_end_at_the_same(model, x, labels):
    found = xai.UnitAblation(draws=4)(model, x, labels, "relu", target="a")
    for node in (0, -1):
        assert (found.accuracies[node] == found.accuracies[node, 0]).all()
    assert found.evaluations == found.planned
    assert found.random_error.shape == (UNITS + 1, 2)
    assert np.isnan(xai.UnitAblation(draws=1)(model, x, labels, "relu", target="a").random_error).all()


def test_it_streams_from_both_ends_and_a_given_relevance_is_the_order(network, model, x, labels):
    given = np.arange(UNITS)[::-1]
    first, *_, last = xai.UnitAblation(draws=1).stream(model, x, labels, "relu", target=1, relevance=given)
    assert first.counts.tolist() == [0, UNITS]
    assert last.final
    np.testing.assert_array_equal(last.relevance, given)
    assert last.most[2].tolist() == pytest.approx(by_hand(network, x, labels, np.array([0, 1]), 1, True))


def test_fewer_nodes_are_evenly_spread(model, x, labels):
    found = xai.UnitAblation(draws=1, steps=3)(model, x, labels, "relu", target=1)
    assert found.counts.tolist() == [0, 2, 4, 6]


def test_the_network_is_left_as_it_was(network, model, x, labels):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    scores = model.scores(x)
    xai.UnitAblation(draws=1)(model, x, labels, "relu", target=1)
    assert all((before[name] == value).all() for name, value in network.state_dict().items())
    np.testing.assert_array_equal(model.scores(x), scores)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"labels": np.zeros(3, int)}, ValueError, "labels has shape .3,.*expected .40,"),
        ({"labels": np.full(COUNT, 7)}, ValueError, "from 0 to 2"),
        ({"labels": np.zeros(COUNT)}, TypeError, "expected the numbers of the right classes"),
        ({"labels": np.zeros(COUNT, int), "target": 0}, ValueError, "for none or for all inputs"),
        ({"relevance": np.ones(4)}, ValueError, "a number for each of the 6 units of 'relu'"),
        ({"relevance": np.full(UNITS, np.nan)}, ValueError, "a number for each"),
        ({"target": "z"}, ValueError, "'z'"),
        ({"layer": "nowhere"}, ValueError, "nowhere"),
    ],
)
def test_what_does_not_fit_is_said(model, x, labels, changes, error, words):
    given = {"labels": labels, "layer": "relu", "target": 1, **changes}
    with pytest.raises(error, match=words):
        xai.UnitAblation(draws=1)(model, x, given.pop("labels"), given.pop("layer"), **given)


def test_one_input_and_numbers_are_no_classes(model, x):
    with pytest.raises(ValueError, match="Expected a batch"):
        xai.UnitAblation()(model, x[0], [0], "relu", target=0)
    numbers = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(49, 2)), input_shape=(1, 7, 7), outputs="values")
    with pytest.raises(ValueError, match="answers with one class each"):
        xai.UnitAblation()(numbers, x, np.zeros(COUNT, int), "0", target=0)
