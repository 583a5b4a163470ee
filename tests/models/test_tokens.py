"""Token ids are recognised by what a pass looks up, not by the order in which a network defines its parts."""

import keras
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

F = nn.functional


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    keras.utils.set_random_seed(0)


class Patches(nn.Module):
    """A picture cut into patches, to which learned positions are added: these are defined first."""

    def __init__(self):
        super().__init__()
        self.places, self.cut, self.head = nn.Embedding(16, 6), nn.Conv2d(3, 6, 2, 2), nn.Linear(6, 3)

    def forward(self, x):
        patches = self.cut(x).flatten(2).transpose(1, 2)
        return self.head(torch.tanh(patches + self.places(torch.arange(16))).mean(1))


class MixedTable(nn.Module):
    """A table whose first column is a month, and the others are numbers."""

    def __init__(self):
        super().__init__()
        self.months, self.head = nn.Embedding(12, 4), nn.Linear(4 + 3, 2)

    def forward(self, x):
        return self.head(torch.cat([self.months(x[:, 0].long()), x[:, 1:]], 1))


class Months(nn.Module):
    """A series of which each place has a month of its own, the same for all."""

    def __init__(self):
        super().__init__()
        self.months, self.head = nn.Embedding(12, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.head((x[..., None] * self.months(torch.arange(24) % 12)).sum(1))


def gradient(net, x, index):
    inputs = torch.tensor(x, requires_grad=True)
    net(inputs)[:, index].sum().backward()
    return inputs.grad.numpy()


@pytest.mark.parametrize(
    ("make", "shape", "bounds"),
    [(Patches, (3, 8, 8), (0, 1)), (MixedTable, (4,), None), (Months, (24,), None)],
)
def test_an_embedding_of_something_else_that_is_defined_first(make, shape, bounds):
    net = make()
    x = np.random.default_rng(0).random((2, *shape), np.float32)
    if make is MixedTable:
        x[:, 0] = (3, 11)
    model = xai.wrap(net, input_shape=shape, bounds=bounds)
    assert (model.tokens, model.bounds) == (None, bounds)
    np.testing.assert_allclose(model.scores(x), net(torch.tensor(x)).detach(), atol=1e-6)
    np.testing.assert_allclose(xai.Saliency()(model, x, xai.Logit(1)).values, gradient(net, x, 1), atol=1e-6)


def test_its_twin_in_keras():
    inputs = keras.Input((8, 8, 3))
    patches = keras.layers.Reshape((16, 6))(keras.layers.Conv2D(6, 2, 2)(inputs))
    places = keras.layers.Embedding(16, 6)(keras.ops.arange(16)[None])
    mean = keras.ops.mean(keras.ops.tanh(patches + places), axis=1)
    model = xai.wrap(keras.Model(inputs, keras.layers.Dense(3)(mean)))
    assert (model.tokens, model.bounds) == (None, (0, 1))


def test_the_first_picture_tells_where_the_shape_is_not_known():
    net = Patches()
    model = xai.wrap(net)
    with pytest.raises(ValueError, match=r"leaves it open; give wrap\(\.\.\., input_shape"):
        xai.wrap(Months()).scores(np.zeros((1, 2, 24), np.float32))
    x = np.random.default_rng(0).random((3, 8, 8), np.float32)
    np.testing.assert_allclose(model.scores(x), net(torch.tensor(x[None])).detach(), atol=1e-6)
    assert (model.tokens, model.bounds) == (None, (0, 1))


class Reader(nn.Module):
    def __init__(self, padding=None):
        super().__init__()
        self.head = nn.Linear(4, 2)
        self.places = nn.Embedding(7, 4)
        self.words = nn.Embedding(20, 4, padding_idx=padding)

    def looked_up(self, ids):
        return self.words(ids)

    def forward(self, ids):
        return self.head(torch.tanh(self.looked_up(ids) + self.places(torch.arange(5))).mean(1))


class Shifted(Reader):
    def looked_up(self, ids):
        return self.words((ids + 1).clamp_max(19))


class WithStart(Reader):
    def looked_up(self, ids):
        start = torch.zeros_like(ids[:, :1])
        return self.words(torch.cat([start, ids], 1))[:, 1:]


class Turned(Reader):
    def looked_up(self, ids):
        return self.words(ids.T).transpose(0, 1)


class Functional(Reader):
    def looked_up(self, ids):
        return F.embedding(ids, weight=self.words.weight)


@pytest.mark.parametrize("make", [Reader, Shifted, WithStart, Turned, Functional])
def test_networks_of_token_ids(make):
    net = make()
    model = xai.wrap(net, input_shape=(5,))
    ids = np.array([[1, 2, 3, 4, 0], [9, 8, 7, 6, 5]])
    assert (model.tokens.size, model.bounds) == (20, None)
    np.testing.assert_allclose(model.scores(ids), net(torch.tensor(ids)).detach(), atol=1e-6)


def test_a_callable_of_token_ids():
    net = Reader().eval()
    model = xai.wrap(lambda ids: net(ids), backend="torch", input_shape=(5,))
    assert model.tokens.size == 20


def test_ids_before_the_shape_is_known():
    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.head = nn.Embedding(20, 4), nn.Linear(4, 2)

        def forward(self, ids):
            return self.head(self.words(ids).mean(1))

    model = xai.wrap(Bag())
    assert model.scores(np.array([[1, 2, 3]])).shape == (1, 2)
    assert model.input_shape == (3,)


def test_the_padding_is_that_of_the_embedding():
    assert xai.wrap(Reader(padding=3), input_shape=(5,)).tokens.padding == 3
    assert xai.wrap(Reader(padding=3), input_shape=(5,), padding=1).tokens.padding == 1
    assert xai.wrap(Reader(), input_shape=(5,)).tokens.padding == 0


def test_what_the_user_says_counts():
    assert xai.wrap(Patches(), input_shape=(3, 8, 8), tokens=False).tokens is None
    with pytest.raises(ValueError, match="failed on an input"):
        xai.wrap(Reader(), input_shape=(5,), tokens=False)

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.head = nn.Parameter(torch.rand(20, 4)), nn.Linear(4, 2)

        def forward(self, ids):
            return self.head(self.weight[ids.long() % 20].mean(1))

    assert xai.wrap(Own(), input_shape=(5,)).tokens is None
    assert xai.wrap(Own(), input_shape=(5,), vocabulary=["a", "b"]).tokens.size == 2
    with pytest.raises(ValueError, match=r"no embedding is seen .* expected vocabulary="):
        xai.wrap(Own(), input_shape=(5,), tokens=True)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"padding": 3}, ValueError, "padding is 3, but no embedding reads the inputs"),
        ({"vocabulary": ["a"], "tokens": False}, ValueError, "expected one of the two"),
        ({"tokens": "yes"}, TypeError, "tokens is 'yes'; expected True, False, or None"),
        ({"tokens": np.zeros(3)}, TypeError, "tokens is"),
    ],
)
def test_what_does_not_go_together_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        xai.wrap(nn.Sequential(nn.Linear(3, 2)), bounds=None, **options)
    with pytest.raises(error, match=message):
        xai.wrap(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), bounds=None, **options)


def test_bounds_of_token_ids_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"neither bounds nor preprocessing.*tokens=False"):
        xai.wrap(Reader(), input_shape=(5,), bounds=(0, 255))


def test_both_failures_are_told():
    with pytest.raises(ValueError, match=r"With token ids it failed too"):
        xai.wrap(Reader(), input_shape=(6,))


def linear_readers():
    """One and the same network, linear in the vectors of six words, in both frameworks; and its numbers."""
    random = np.random.default_rng(0)
    vectors, weights, bias = (random.normal(size=size).astype(np.float32) for size in ((12, 5), (3, 30), 3))
    net = nn.Sequential(nn.Embedding(12, 5), nn.Flatten(), nn.Linear(30, 3))
    net.load_state_dict(dict(zip(net.state_dict(), map(torch.from_numpy, (vectors, weights, bias)), strict=True)))
    of = keras.layers
    twin = keras.Sequential([keras.Input((6,), dtype="int32"), of.Embedding(12, 5), of.Flatten(), of.Dense(3)])
    twin.set_weights([vectors, weights.T, bias])
    return (xai.wrap(net, input_shape=(6,)), xai.wrap(twin)), vectors, weights


def test_attributions_to_words_are_those_of_a_network_that_is_linear_in_their_vectors():
    models, vectors, weights = linear_readers()
    ids, target = np.array([[1, 2, 3, 4, 5, 6], [3, 0, 0, 7, 11, 2]]), 1
    weight = weights[target].reshape(6, 5)
    slope, there, nothing = np.stack([weight, weight]), vectors[ids], vectors[0]
    largest = np.take_along_axis(slope, np.abs(slope).argmax(axis=2)[..., None], axis=2)[..., 0]
    right = {
        xai.Saliency(): (slope, largest),
        xai.InputXGradient(): (slope * there, (slope * there).sum(axis=2)),
        xai.LatentInfluence(steps=4): (slope * there, (slope * there).sum(axis=2)),
        xai.IntegratedGradients(steps=4): (slope * (there - nothing), (slope * (there - nothing)).sum(axis=2)),
        xai.DeepLift(): (slope * (there - nothing), (slope * (there - nothing)).sum(axis=2)),
        xai.Occlusion(window=1, stride=1): ((slope * (there - nothing)).sum(axis=2),) * 2,
    }
    for model in models:
        for method, (values, words) in right.items():
            found = method(model, ids, xai.Logit(target))
            np.testing.assert_allclose(found.values, values, atol=1e-5, err_msg=f"{model.backend} {method.label}")
            np.testing.assert_allclose(found.map, words, atol=1e-5, err_msg=f"{model.backend} {method.label}")
