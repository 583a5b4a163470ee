"""Categories beside numbers, pictures and words, in a network that nobody chose and in one with a shared embedding."""

import itertools
from types import SimpleNamespace

import captum.attr
import numpy as np
import pytest
import torch
from captum.attr._utils.input_layer_wrapper import ModelInputWrapper
from torch import nn

import xai_widgets as xai
from tests.later import keras

CATEGORIES = {"kind": ["none", "cat", "dog", "bird"], "colour": None}
COLUMNS = ["age", "mass", "height", "speed", "luck"]
WORDS = [*"_abcdefgh"]
SHAPES = {"numbers": (5,), "picture": (1, 21, 34), "labels": (2,), "note": (6,)}


class Odd(nn.Module):
    """Two categories with vectors of different lengths, put between numbers, a picture and words in an odd order."""

    def __init__(self):
        super().__init__()
        self.kind, self.colour, self.word = nn.Embedding(4, 3, padding_idx=0), nn.Embedding(6, 2), nn.Embedding(9, 4)
        self.convolution, self.hidden, self.head = nn.Conv2d(1, 3, 5), nn.Linear(17, 4), nn.Linear(4, 3)

    def forward(self, numbers, picture, labels, note):
        seen = torch.relu(self.convolution(picture)).mean((2, 3))
        colour, kind = self.colour(labels[:, 1]), self.kind(labels[:, 0])
        return self.head(torch.tanh(self.hidden(torch.cat([colour, numbers, kind, seen, self.word(note).mean(1)], 1))))


def twins():
    """Return the same in both frameworks."""
    torch.manual_seed(2)
    net, layers = Odd(), keras.layers
    numbers, picture = keras.Input((5,), name="numbers"), keras.Input((21, 34, 1), name="picture")
    labels, note = keras.Input((2,), name="labels", dtype="int32"), keras.Input((6,), name="note", dtype="int32")
    seen = layers.Conv2D(3, 5, activation="relu", name="convolution")(picture)
    parts = [
        layers.Embedding(6, 2, name="colour")(labels[:, 1]),
        numbers,
        layers.Embedding(4, 3, name="kind")(labels[:, 0]),
        layers.GlobalAveragePooling2D()(seen),
        layers.GlobalAveragePooling1D()(layers.Embedding(9, 4, name="word")(note)),
    ]
    hidden = layers.Dense(4, activation="tanh", name="hidden")(layers.Concatenate()(parts))
    theirs = keras.Model([numbers, picture, labels, note], layers.Dense(3, name="head")(hidden))
    kernel, bias = (one.detach().numpy() for one in (net.convolution.weight, net.convolution.bias))
    theirs.get_layer("convolution").set_weights([kernel.transpose(2, 3, 1, 0), bias])
    for name in ("kind", "colour", "word"):
        theirs.get_layer(name).set_weights([net.get_submodule(name).weight.detach().numpy()])
    for name in ("hidden", "head"):
        module = net.get_submodule(name)
        theirs.get_layer(name).set_weights([module.weight.detach().numpy().T, module.bias.detach().numpy()])
    return net, theirs


@pytest.fixture(scope="module")
def odd():
    net, theirs = twins()
    random = np.random.default_rng(7)
    x = {
        "numbers": random.normal(size=(2, 5)).astype("float32"),
        "picture": random.uniform(size=(2, 1, 21, 34)).astype("float32"),
        "labels": np.array([[2, 3], [1, 5]]),
        "note": np.array([[1, 3, 8, 0, 0, 0], [4, 4, 2, 7, 6, 5]]),
    }
    said = {
        "bounds": [None, (0, 1), None, None],
        "categories": CATEGORIES,
        "features": {"numbers": COLUMNS},
        "vocabulary": {"note": WORDS},
    }
    return SimpleNamespace(
        net=net,
        said=said,
        torch=xai.wrap(net, input_shape=list(SHAPES.values()), **said),
        keras=xai.wrap(theirs, padding={"labels": 0}, **said),
        x=x,
        theirs={**x, "picture": np.moveaxis(x["picture"], 1, -1)},
    )


NOTHING = {"numbers": 0, "picture": "black", "labels": {"colour": 1, "kind": "none"}, "note": "padding"}
EACH = {"numbers": "pixels", "labels": "pixels", "note": "pixels", "picture": "squares"}
METHODS = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=8, baseline=NOTHING),
    xai.FeatureAblation(baseline=NOTHING, features=EACH, size=10),
    xai.ExactShapley(baseline=NOTHING, features={"labels": "pixels"}),
    xai.ShapleySampling(samples=3, baseline=NOTHING, features=EACH, size=20),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_both_frameworks_explain_categories_alike(odd, method, agreement):
    found, theirs = method(odd.torch, odd.x, xai.Logit(1)), method(odd.keras, odd.theirs, xai.Logit(1))
    length = ((3,), (4,)) if method.family == "gradient" else ((), ())
    assert found.values["labels"].shape == (2, 2, *length[0])
    assert found.values["note"].shape == (2, 6, *length[1])
    assert {name: plane.shape[1:] for name, plane in found.map.items()} == {**SHAPES, "picture": (21, 34)}
    for name, values in theirs.values.items():
        other = np.moveaxis(values, -1, 1) if name == "picture" else values
        agreement(f"several {method.name}", "parity", other, found.values[name])
    assert b"PNG" in found._repr_png_()[:8]


def test_categories_are_recognised_and_said(odd):
    for model in (odd.torch, odd.keras):
        assert "'kind' of 4, 'colour' of 6" in repr(model)
        assert "'note' a text (6,)" in repr(model)
    labels = odd.torch.input.pieces[2]
    assert [column.word(2) for column in labels.columns] == ["dog", "#2"]
    assert [column.absent for column in labels.columns] == [0, None]
    rows = [
        {"numbers": dict(zip(COLUMNS, odd.x["numbers"][0], strict=True)), "labels": {"colour": 3, "kind": "dog"}},
        {"numbers": odd.x["numbers"][0], "labels": ["dog", 3]},
        {"numbers": odd.x["numbers"][0], "labels": odd.x["labels"][0]},
    ]
    for row in rows:
        x = {**row, "picture": odd.x["picture"][0], "note": "a c h"}
        assert np.allclose(odd.torch.scores(x), odd.torch.scores(odd.x)[:1], atol=1e-6)
    (view,) = labels.views(odd.x["labels"][0], np.zeros(2))
    assert view.columns == [("kind", "dog"), ("colour", "#3")]


def test_integrated_gradients_of_categories_are_captums(odd, agreement):
    net = ModelInputWrapper(odd.net)
    places = [net.input_maps["numbers"], net.input_maps["picture"], net.module.kind, net.module.colour, net.module.word]
    with pytest.warns(UserWarning, match="Multiple layers"):
        method = captum.attr.LayerIntegratedGradients(net, places)
    x = tuple(map(torch.tensor, odd.x.values()))
    start = (x[0] * 0, x[1] * 0, torch.tensor([[0, 1]] * 2), x[3] * 0)
    theirs = method.attribute(x, start, target=2, n_steps=33, method="riemann_trapezoid")
    numbers, picture, kind, colour, word = (one.detach().numpy() * 33 / 32 for one in theirs)
    found = xai.IntegratedGradients(steps=32, baseline=NOTHING)(odd.torch, odd.x, xai.Logit(2))
    colour = np.concatenate([colour, np.zeros((2, 1))], axis=1)  # filled up to the longer vectors of the other column
    expected = {"numbers": numbers, "picture": picture, "labels": np.stack([kind, colour], 1), "note": word}
    for name, values in expected.items():
        agreement("several integrated_gradients", "Captum", found.values[name], values)
    sums = np.sum(list(found.parts.values()), axis=0)
    nothing = {name: one.numpy() for name, one in zip(odd.x, start, strict=True)}
    assert np.allclose(sums, (odd.torch.scores(odd.x) - odd.torch.scores(nothing))[:, 2], atol=2e-3)


class Shared(nn.Module):
    """Columns of 3, 2 and 4 categories in one embedding, each from a row of its own on."""

    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(9, 5), nn.Linear(15 + 2, 2)
        self.register_buffer("starts", torch.tensor([0, 3, 5]))

    def forward(self, labels, numbers):
        return self.head(torch.tanh(torch.cat([self.table(labels + self.starts).flatten(1), numbers], 1)))


def test_columns_that_share_an_embedding(agreement):
    torch.manual_seed(1)
    net = Shared()
    model = xai.wrap(net, input_shape=[(3,), (2,)], bounds=None)
    assert "'labels 1' of 3, 'labels 2' of 2, 'labels 3' of 4" in repr(model)
    labels, numbers = np.array([2, 1, 3]), np.array([0.5, -1.0], np.float32)
    start = [[0, 1, 2], 0]
    found = xai.IntegratedGradients(steps=512, baseline=start)(model, (labels, numbers), xai.Logit(1))
    change = model.scores((labels, numbers)) - model.scores((np.array(start[0]), numbers * 0))
    assert sum(found.parts.values()) == pytest.approx(change[0, 1], abs=1e-4)
    assert not found.values[0][1].any()  # where nothing changes
    method = xai.ExactShapley(baseline=start, features={"labels": "pixels"})
    expected = np.zeros(4)
    for order in itertools.permutations(range(4)):
        now = np.array([*start[0], 0, 0], np.float32)
        for feature in order:
            before, now = now, now.copy()
            if feature < 3:
                now[feature] = labels[feature]
            else:
                now[3:] = numbers
            rows = np.stack([before, now])
            scores = net(torch.tensor(rows[:, :3]).long(), torch.tensor(rows[:, 3:]))[:, 1].detach().numpy()
            expected[feature] += (scores[1] - scores[0]) / 24
    found = method(model, (labels, numbers), xai.Logit(1))
    agreement("several shapley_exact", "definition", [*found.values[0], found.values[1][0]], expected)


def test_what_does_not_fit_categories(odd):
    one = {name: values[0] for name, values in odd.x.items()}
    fish, ten = ({**NOTHING, "labels": labels} for labels in ({"kind": "fish", "colour": 1}, [1, 10]))
    shapes = list(SHAPES.values())
    for wrong, message in [
        (lambda: odd.torch.scores({**one, "labels": ["fish", 3]}), "no category of 'kind' 'fish'"),
        (lambda: odd.torch.scores({**one, "labels": {"kind": "cat"}}), "has the columns"),
        (lambda: odd.torch.scores({**one, "labels": [1, 6]}), "'colour' of 'labels' has ids from 6 to 6"),
        (lambda: odd.torch.scores({**one, "labels": [1.5, 0.0]}), "holds fractions"),
        (lambda: odd.torch.scores({**one, "labels": [None, 0]}), "expected ids or names"),
        (lambda: xai.IntegratedGradients(baseline=fish)(odd.torch, odd.x), "no category of 'kind' 'fish'"),
        (lambda: xai.IntegratedGradients(baseline=ten)(odd.torch, odd.x), "expected 0 to 5"),
        (lambda: xai.IntegratedGradients(baseline=[0, 0, "black", 0])(odd.torch, odd.x), "stand for nothing"),
        (lambda: xai.wrap(odd.net, input_shape=shapes, categories={"a": ["x"]}), "none of them can be meant"),
        (lambda: xai.wrap(odd.net, input_shape=shapes, categories={"a": [*"12345"], "b": None}), "4 rows"),
        (lambda: xai.wrap(odd.net, input_shape=shapes, categories=["a"]), "categories is"),
        (lambda: xai.wrap(nn.Linear(3, 2), input_shape=(3,), categories={"a": ["x"]}), "one of several inputs"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            wrong()
