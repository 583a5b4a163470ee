"""Pictures and token ids in one network: recognised, explained by one path, and taken away, in both frameworks."""

import itertools
import math
from types import SimpleNamespace

import captum.attr
import numpy as np
import pytest
import torch
from captum.attr._utils.input_layer_wrapper import ModelInputWrapper
from torch import nn

import xai_widgets as xai
from tests.later import keras

WORDS = ["<pad>", "<unk>", "what", "colour", "is", "the", "cat", "dog", "?", "red", "far"]
LENGTH, WIDTH = 7, 5


class SeesAndReads(nn.Module):
    """A picture and a question of token ids, put together in a product of both."""

    def __init__(self):
        super().__init__()
        self.convolution, self.embedding = nn.Conv2d(3, 4, 3), nn.Embedding(len(WORDS), WIDTH)
        self.hidden, self.head = nn.Linear(WIDTH, 4), nn.Linear(8, 3)

    def forward(self, picture, question):
        seen = torch.relu(self.convolution(picture)).mean(dim=(2, 3))
        read = torch.tanh(self.hidden(self.embedding(question))).mean(1)
        return self.head(torch.cat([seen * read, read], dim=1))


def twins():
    """Return the same in both frameworks."""
    torch.manual_seed(3)
    net = SeesAndReads()
    picture = keras.Input((6, 8, 3), name="picture")
    question = keras.Input((LENGTH,), name="question", dtype="int32")
    seen = keras.layers.Conv2D(4, 3, activation="relu", name="convolution")(picture)
    seen = keras.layers.GlobalAveragePooling2D()(seen)
    read = keras.layers.Embedding(len(WORDS), WIDTH, name="embedding")(question)
    read = keras.layers.Dense(4, activation="tanh", name="hidden")(read)
    read = keras.layers.GlobalAveragePooling1D()(read)
    both = keras.layers.Concatenate()([keras.layers.Multiply()([seen, read]), read])
    theirs = keras.Model([picture, question], keras.layers.Dense(3, name="head")(both))
    kernel, bias = (one.detach().numpy() for one in (net.convolution.weight, net.convolution.bias))
    theirs.get_layer("convolution").set_weights([kernel.transpose(2, 3, 1, 0), bias])
    theirs.get_layer("embedding").set_weights([net.embedding.weight.detach().numpy()])
    for name in ("hidden", "head"):
        module = net.get_submodule(name)
        theirs.get_layer(name).set_weights([module.weight.detach().numpy().T, module.bias.detach().numpy()])
    return net, theirs


@pytest.fixture(scope="module")
def both():
    net, theirs = twins()
    picture = np.random.default_rng(5).uniform(size=(2, 3, 6, 8)).astype("float32")
    ids = np.array([[2, 3, 4, 5, 6, 8, 0], [4, 5, 7, 10, 1, 9, 8]])
    known = {"bounds": [(0, 1), None], "vocabulary": WORDS}
    return SimpleNamespace(
        net=net,
        torch=xai.wrap(net, input_shape=[(3, 6, 8), (LENGTH,)], **known),
        keras=xai.wrap(theirs, **known),
        x=(picture, ids),
        channels_last=(np.moveaxis(picture, 1, -1), ids),
    )


def test_each_input_is_recognised(both):
    for model in (both.torch, both.keras):
        assert [piece.name for piece in model.input.pieces] == ["picture", "question"]
        picture, question = model.input.pieces
        assert picture.neighbours
        assert question.tokens.size == len(WORDS)
        assert "'picture' a picture" in repr(model)
        assert "'question' a text (7,), which an embedding reads: 11 token ids, padding 0" in repr(model)
        assert model.ids("What colour is the cat?").tolist() == both.x[1][0].tolist()
        assert model.words(both.x[1][0]) == ["what", "colour", "is", "the", "cat", "?"]
    with torch.no_grad():
        expected = both.net(torch.tensor(both.x[0]), torch.tensor(both.x[1]))
    assert np.allclose(both.torch.scores(both.x), expected, atol=1e-6)
    written = {"picture": both.x[0], "question": ["what colour is the cat?", "is the dog far unheard red?"]}
    assert np.array_equal(both.torch.scores(written), both.torch.scores(both.x))
    assert np.array_equal(both.torch.scores((both.x[0][0], written["question"][0])), both.torch.scores(both.x)[:1])


METHODS = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=8),
    xai.SmoothGrad(samples=3),
    xai.FeatureAblation(),
    xai.FeatureAblation(features={"picture": "squares", "question": "pixels"}, size=4),
    xai.ExactShapley(features={"question": "pixels"}),
    xai.ShapleySampling(samples=4, features=["squares", None], size=3),
    xai.KernelShap(samples=64, features={"question": "pixels"}),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_both_frameworks_explain_alike(both, method, agreement):
    found = method(both.torch, both.x, quantity=xai.Logit([1, 2]))
    theirs = method(both.keras, both.channels_last, quantity=xai.Logit([1, 2]))
    at_vectors = method.family == "gradient"
    assert [values.shape for values in found.values] == [
        (2, 3, 6, 8),
        (2, LENGTH, WIDTH) if at_vectors else (2, LENGTH),
    ]
    assert [plane.shape for plane in found.map] == [(2, 6, 8), (2, LENGTH)]
    agreement(f"several {method.name}", "parity", np.moveaxis(theirs.values[0], -1, 1), found.values[0])
    agreement(f"several {method.name}", "parity", theirs.values[1], found.values[1])
    assert b"PNG" in found._repr_png_()[:8]


def test_integrated_gradients_are_captums_of_a_tuple_of_layers(both, agreement):
    net = ModelInputWrapper(both.net)
    with pytest.warns(UserWarning, match="Multiple layers"):
        method = captum.attr.LayerIntegratedGradients(net, [net.input_maps["picture"], net.module.embedding])
    picture, ids = map(torch.tensor, both.x)
    nothing = (picture * 0, ids * 0)
    expected = method.attribute((picture, ids), nothing, target=1, n_steps=33, method="riemann_trapezoid")
    found = xai.IntegratedGradients(steps=32)(both.torch, both.x, xai.Logit(1))
    for values, other in zip(found.values, expected, strict=True):
        agreement("several integrated_gradients", "Captum", values, other.detach() * 33 / 32)


def test_the_parts_sum_to_the_change(both):
    x = {"picture": both.x[0][0], "question": "what colour is the cat?"}
    nothing = {"picture": np.zeros_like(both.x[0][0]), "question": np.zeros(LENGTH, int)}
    change = both.torch.scores(x)[0, 2] - both.torch.scores(nothing)[0, 2]
    for method in (xai.IntegratedGradients(steps=256), xai.ExactShapley(), xai.ShapleySampling(samples=2, features={})):
        found = method(both.torch, x, xai.Logit(2))
        assert set(found.parts) == {"picture", "question"}
        assert sum(found.parts.values()) == pytest.approx(change, abs=1e-4)
        assert found.parts["question"] == pytest.approx(found.map["question"].sum(), abs=1e-5)


def halves_and_words(net, picture, ids):
    """Return what the quantity is with some of five features: two halves of the picture and the first three words."""

    def value(present):
        seen, read = picture.clone(), ids.clone()
        for half, there in enumerate(present[:2]):
            seen[:, :, :, 4 * half : 4 * half + 4] *= float(there)
        for place, there in enumerate(present[2:]):
            read[place] *= int(there)
        with torch.no_grad():
            return float(net(seen, read[None])[0, 1])

    return value


def test_shapley_values_across_inputs_are_their_definition(both, agreement):
    picture, ids = torch.tensor(both.x[0][:1]), torch.tensor([2, 6, 8, 0, 0, 0, 0])
    value = halves_and_words(both.net, picture, ids)
    expected = np.zeros(5)
    for place, size in itertools.product(range(5), range(5)):
        others = [one for one in range(5) if one != place]
        weight = math.factorial(size) * math.factorial(4 - size) / math.factorial(5)
        for chosen in itertools.combinations(others, size):
            before = [one in chosen for one in range(5)]
            after = [there or one == place for one, there in enumerate(before)]
            expected[place] += weight * (value(after) - value(before))
    halves = np.arange(8) // 4
    features = {"picture": np.broadcast_to(halves, (3, 6, 8)), "question": "pixels"}
    x = (both.x[0][0], ids.numpy())
    found = xai.ExactShapley(features=features)(both.torch, x, xai.Logit(1))
    assert found.features.count == 5
    agreement("several shapley_exact", "definition", found.values[0][0, 0, [0, 4]], expected[:2])
    agreement("several shapley_exact", "definition", found.values[1], [*expected[2:], 0, 0, 0, 0])
    assert found.parts == pytest.approx({"picture": expected[:2].sum(), "question": expected[2:].sum()}, abs=1e-5)


def test_feature_ablation_is_captums_with_masks(both, agreement):
    picture, ids = map(torch.tensor, both.x)
    squares = torch.tensor((np.arange(6)[:, None] // 4) * 2 + np.arange(8) // 4)
    masks = (squares.expand(1, 3, 6, 8), torch.arange(LENGTH)[None] + 4)
    expected = captum.attr.FeatureAblation(both.net).attribute((picture, ids), (0, 0), target=1, feature_mask=masks)
    method = xai.FeatureAblation(features={"picture": "squares", "question": "places"}, size=4)
    found = method(both.torch, both.x, xai.Logit(1))
    for values, other in zip(found.values, expected, strict=True):
        agreement("several feature_ablation", "Captum", values, other)


def test_what_does_not_fit_ids_among_inputs(both):
    picture, ids = both.x
    shape = [(3, 6, 8), (LENGTH,)]
    features = {"features": ["squares", "pixels", "pixels"]}
    for wrong, message in [
        (lambda: both.torch.scores((picture, ids + 0.5)), "fractions"),
        (lambda: both.torch.scores((picture, ids + 9)), "expected 0 to 10"),
        (lambda: both.torch.scores((ids, picture)), "'picture' has"),
        (lambda: both.torch.scores((picture[0], "a very long question with far too many words")), "expected at most 7"),
        (lambda: xai.IntegratedGradients(baseline=["black", "mean"])(both.torch, both.x), "expected 'padding'"),
        (lambda: xai.IntegratedGradients(baseline="mean")(both.keras, both.channels_last), "expected 'padding'"),
        (lambda: xai.Conductance()(both.torch, both.x, layer="hidden"), "nothing between two token ids"),
        (lambda: xai.FeatureAblation(features={"sound": "pixels"})(both.torch, both.x), "expected some of"),
        (lambda: xai.FeatureAblation(**features)(both.torch, both.x), "found 3 of them"),
        (lambda: xai.FeatureAblation(features={"picture": "squire"}), "no division for features"),
        (lambda: xai.wrap(both.net, input_shape=shape, vocabulary={"answer": WORDS}), "no input 'answer'"),
        (lambda: xai.wrap(both.net, input_shape=shape, bounds=[(0, 1), (0, 9)]), "token ids, which have no bounds"),
        (lambda: xai.wrap(both.net, input_shape=shape, features=["a", "b"]), "none of them can be meant by features="),
        (lambda: xai.wrap(both.net, input_shape=shape, vocabulary=[*WORDS, "x"]), "12 words.*11 rows"),
        (lambda: xai.wrap(nn.Linear(3, 2), input_shape=(3,), tokens={"a": True}), "The network takes one input"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            wrong()
    for method in (xai.Conductance, xai.InternalInfluence, xai.RelevancePropagation):
        assert method.refusal(both.torch)
    assert xai.IntegratedGradients.refusal(both.torch) is None


class TwoTexts(nn.Module):
    """Two texts that one embedding reads, one after the other, and nothing else."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(5, 3), nn.Linear(6, 2)

    def forward(self, premise, hypothesis, scale=None):
        read = torch.cat([self.embedding(premise).mean(1), self.embedding(hypothesis).sum(1)], dim=1)
        return self.head(torch.tanh(read))


def test_two_texts_in_one_embedding(agreement):
    torch.manual_seed(0)
    net = TwoTexts()
    model = xai.wrap(net, input_shape=[(3,), (4,)])
    premise, hypothesis = np.array([1, 2, 4]), np.array([3, 3, 1, 0])
    found = xai.IntegratedGradients(steps=256)(model, {"premise": premise, "hypothesis": hypothesis}, xai.Logit(1))
    change = model.scores((premise, hypothesis)) - model.scores((premise * 0, hypothesis * 0))
    assert sum(found.parts.values()) == pytest.approx(change[0, 1], abs=1e-4)
    vectors = [net.embedding(torch.tensor(one)).detach() for one in (premise, hypothesis)]
    zero = net.embedding.weight[0].detach()
    ways = [one - zero for one in vectors]
    sums = [torch.zeros_like(one) for one in vectors]
    for step in range(257):
        points = [(zero + step / 256 * way).requires_grad_() for way in ways]
        scores = net.head(torch.tanh(torch.cat([points[0].mean(0), points[1].sum(0)])))
        weight = 0.5 if step in (0, 256) else 1.0
        for total, gradient in zip(sums, torch.autograd.grad(scores[1], points), strict=True):
            total += weight / 256 * gradient
    for values, total, way in zip(found.each, sums, ways, strict=True):
        agreement("several integrated_gradients", "definition", values, total * way)
    with pytest.raises(ValueError, match="no value for each token of one text"):
        found.words  # noqa: B018


def test_a_linear_network_of_words_and_numbers_is_explained_faithfully():
    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.head = nn.Embedding(5, 3), nn.Linear(11, 2)

        def forward(self, ids, row):
            return self.head(torch.cat([self.embedding(ids).flatten(1), row], dim=1))

    model = xai.wrap(Linear(), input_shape=[(3,), (2,)], bounds=None, vocabulary=["", *"abcd"])
    x = ("a c d", np.array([0.3, 2.0], np.float32))
    found = xai.IntegratedGradients(baseline=["padding", 0], steps=4)(model, x, xai.Logit(1))
    assert xai.Infidelity()(found).value == pytest.approx(0, abs=1e-9)
    assert [word for word, _ in found.words] == ["a", "c", "d"]
    assert [value for _, value in found.words] == pytest.approx(found.map[0].tolist())
    again = found.question.asked_of(model.randomised(["head"]))
    assert again.cut.model is not model
    assert again.cut.shape == found.question.cut.shape
    with pytest.raises(ValueError, match="slopes of the vectors of embeddings"):
        xai.Infidelity()(xai.Saliency()(model, x))


def test_what_was_found_is_saved(both, tmp_path):
    found = xai.IntegratedGradients(steps=4)(both.torch, both.x, xai.Logit(1))
    found.save(tmp_path / "found.npz")
    again = xai.load(tmp_path / "found.npz")
    for values, other in zip(found.values, again.values, strict=True):
        assert np.array_equal(values, other)


class WithClassToken(nn.Module):
    """A token of the network's own stands before those of the text, whose ids are shifted to make room for it."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(8, 3)
        self.head = nn.Sequential(nn.Linear(12 + 2, 6), nn.Tanh(), nn.Linear(6, 2))

    def forward(self, row, ids):
        whole = torch.cat([torch.zeros_like(ids[:, :1]), ids + 1], dim=1)
        return self.head(torch.cat([self.embedding(whole).flatten(1), row], dim=1))


def test_a_token_that_the_network_adds(agreement):
    torch.manual_seed(4)
    net = WithClassToken()
    model = xai.wrap(net, input_shape=[(2,), (3,)], bounds=None)
    assert "7 token ids" in repr(model)
    row, ids = np.array([[0.5, -1.5]], np.float32), np.array([[3, 6, 1]])
    found = xai.IntegratedGradients(steps=32, baseline=[0, "padding"])(model, (row, ids), xai.Logit(1))
    wrapped = ModelInputWrapper(net)
    with pytest.warns(UserWarning, match="Multiple layers"):
        method = captum.attr.LayerIntegratedGradients(wrapped, [wrapped.input_maps["row"], wrapped.module.embedding])
    x, start = (torch.tensor(row), torch.tensor(ids)), (torch.tensor(row) * 0, torch.tensor(ids) * 0)
    theirs = method.attribute(x, start, target=1, n_steps=33, method="riemann_trapezoid")
    agreement("several integrated_gradients", "Captum", found.values[0], theirs[0].detach() * 33 / 32)
    agreement("several integrated_gradients", "Captum", found.values[1], theirs[1][:, 1:].detach() * 33 / 32)
    assert xai.IntegratedGradients(steps=256, baseline=[0, "padding"])(model, (row, ids)).absolute_gap.max() < 1e-4


class Weighed(nn.Module):
    """Two embeddings read the same ids: what a word means, and how much it counts."""

    def __init__(self):
        super().__init__()
        self.meaning, self.weight = nn.Embedding(8, 3), nn.Embedding(8, 1)
        self.head = nn.Sequential(nn.Linear(3 + 2, 5), nn.Tanh(), nn.Linear(5, 2))

    def forward(self, row, ids):
        return self.head(torch.cat([(self.meaning(ids) * self.weight(ids)).mean(dim=1), row], dim=1))


def test_ids_that_two_embeddings_read_have_what_both_bring(agreement):
    torch.manual_seed(4)
    net = Weighed()
    model = xai.wrap(net, input_shape=[(2,), (3,)], bounds=None)
    row, ids = np.array([[0.5, -1.5]], np.float32), np.array([[3, 6, 1]])
    found = xai.IntegratedGradients(steps=32, baseline=[0, "padding"])(model, (row, ids), xai.Logit(1))
    wrapped = ModelInputWrapper(net)
    layers = [wrapped.input_maps["row"], wrapped.module.meaning, wrapped.module.weight]
    with pytest.warns(UserWarning, match="Multiple layers"):
        method = captum.attr.LayerIntegratedGradients(wrapped, layers)
    x, start = (torch.tensor(row), torch.tensor(ids)), (torch.tensor(row) * 0, torch.tensor(ids) * 0)
    theirs = method.attribute(x, start, target=1, n_steps=33, method="riemann_trapezoid")
    agreement("several integrated_gradients", "Captum", found.values[0], theirs[0].detach() * 33 / 32)
    both = sum(one.sum(dim=-1) for one in theirs[1:]).detach() * 33 / 32
    agreement("several integrated_gradients", "Captum", found.values[1].sum(axis=-1), both)


def test_what_is_erased_of_several_inputs_ends_at_what_stands_for_nothing(both):
    x = (both.x[0][0], both.x[1][0])
    found = xai.Deletion()(xai.IntegratedGradients(steps=4)(both.torch, x, xai.Logit(1)))
    mean = np.broadcast_to(x[0].mean(axis=(1, 2), keepdims=True), x[0].shape)
    nothing = both.torch.probabilities((mean, x[1] * 0))[0, 1]
    assert found.curve[[0, -1]] == pytest.approx([both.torch.probabilities(x)[0, 1], nothing], abs=1e-5)
    assert "fill mean and padding" in repr(found)
