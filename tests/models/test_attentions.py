"""The weights of attention that a model shows, in both frameworks, beside attention written out."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn

import xai_widgets as xai
from tests.layouts.networks import pair
from xai_widgets.models.objective import Objective

WORDS, WIDE, HEADS = 7, 12, 3
IDS = np.array([[3, 1, 4, 1, 5, 0, 0], [2, 7, 1, 8, 2, 8, 1]])
SCORE = Objective(np.array([[0, 1, 0]], np.float32))


class Reader(nn.Module):
    """Reads words with a mask for padding, two layers of `nn.MultiheadAttention`."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, WIDE)
        self.attend = nn.ModuleList(nn.MultiheadAttention(WIDE, HEADS, batch_first=True) for _ in range(2))
        self.head = nn.Linear(WIDE, 3)

    def forward(self, ids, shown=None):
        x = self.embedding(ids)
        for attend in self.attend:
            y, weights = attend(x, x, x, key_padding_mask=ids == 0, average_attn_weights=False)
            x = x + y
            if shown is not None:
                shown.append(weights)
        return self.head(x.mean(1))


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    return Reader().eval()


def test_multi_head_attention_of_a_text(reader):
    expected = []
    reader(torch.tensor(IDS), expected)
    found = xai.wrap(reader, input_shape=(WORDS,), padding=0).attentions(IDS)
    assert [one.layer for one in found] == ["attend.0", "attend.1"]
    for one, weights in zip(found, expected, strict=True):
        assert (one.heads, one.gradients, one.refusal) == (HEADS, None, "")
        assert one.weights.dtype == np.float32
        np.testing.assert_allclose(one.weights, weights.detach(), atol=1e-6)


def test_multi_head_attention_of_keras():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((WORDS,), dtype="int32")
    x, mask = layers.Embedding(20, WIDE)(inputs), ops.expand_dims(ops.not_equal(inputs, 0), 1)
    attend = layers.MultiHeadAttention(HEADS, 5, name="attend")
    y = attend(x, x, attention_mask=mask)
    net = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(layers.Add()([x, y]))))
    _, expected = attend(
        *[x := net.layers[1](IDS)] * 2, attention_mask=(IDS != 0)[:, None], return_attention_scores=True
    )
    (found,) = xai.wrap(net, padding=0).attentions(IDS, SCORE)
    assert (found.layer, found.heads, found.refusal) == ("attend", HEADS, "")
    np.testing.assert_allclose(found.weights, expected, atol=1e-6)
    assert found.gradients.shape == found.weights.shape
    assert found.gradients[..., :5].all()


class Plain(nn.Module):
    """One attention whose weights can be given from outside."""

    def __init__(self, first="rows"):
        super().__init__()
        self.qkv, self.head, self.first = nn.Linear(WIDE, 3 * WIDE), nn.Linear(WIDE, 3), first

    def parts(self, x):
        return [one.reshape(*x.shape[:2], HEADS, -1).transpose(1, 2) for one in self.qkv(x).chunk(3, -1)]

    def forward(self, x, given=None):
        q, k, v = self.parts(x)
        rows = len(x)
        # Inputs and heads on one axis: which of them comes first is the network's own affair.
        turn = (lambda a: a) if self.first == "rows" else (lambda a: a.transpose(0, 1))
        q, k, v = (turn(one).flatten(0, 1) for one in (q, k, v))
        weights = torch.bmm(q, k.transpose(1, 2)).softmax(-1) if given is None else turn(given).flatten(0, 1)
        y = torch.bmm(weights, v)
        y = turn(y.unflatten(0, (rows, HEADS) if self.first == "rows" else (HEADS, rows)))
        return self.head((x + y.transpose(1, 2).flatten(2)).tanh().mean(1))


@pytest.mark.parametrize("first", ["rows", "heads"])
@pytest.mark.parametrize("callable_", [False, True])
def test_weights_and_gradients_are_those_of_attention_by_hand(first, callable_):
    torch.manual_seed(0)
    net = Plain(first).eval()
    x = np.random.default_rng(0).normal(size=(2, WORDS, WIDE)).astype(np.float32)
    q, k, _ = net.parts(torch.tensor(x))
    given = (q @ k.transpose(-2, -1)).softmax(-1).detach().requires_grad_()
    net(torch.tensor(x), given)[:, 1].sum().backward()
    shape = {"input_shape": x.shape[1:], "bounds": None}
    model = xai.wrap(lambda x: net(x), backend="torch", **shape) if callable_ else xai.wrap(net, **shape)
    (found,) = model.attentions(x, SCORE)
    np.testing.assert_allclose(found.weights, given.detach(), atol=1e-6)
    np.testing.assert_allclose(found.gradients, given.grad, atol=1e-6)
    (alone,) = model.attentions(x[1], SCORE)
    np.testing.assert_allclose(alone.gradients[0], given.grad[1], atol=1e-6)


@pytest.mark.parametrize("name", ["class token", "registers", "windows"])
def test_the_frameworks_agree(name):
    found, weights = pair(name), np.zeros((2, 5), np.float32)
    weights[[0, 1], [3, 1]] = 1
    for objective in (Objective(weights), Objective(weights, "softmax"), Objective(weights[:1])):
        several = found.torch.attentions(found.first, objective), found.keras.attentions(found.last, objective)
        assert len(several[0]) == (1 if name == "windows" else 2)
        for ours, theirs in zip(*several, strict=True):
            np.testing.assert_allclose(ours.weights, theirs.weights, atol=1e-5)
            size = np.abs(ours.gradients).max()
            np.testing.assert_allclose(ours.gradients, theirs.gradients, atol=1e-5 * size)
            assert size > 0
            assert bool(ours.refusal) == bool(theirs.refusal) == (name == "windows")


def test_the_score_of_a_layer_is_asked_for_up_to_there():
    found = pair("class token")
    for model, x, layer in ((found.torch, found.first, "blocks.0"), (found.keras, found.last, "blocks.0")):
        weights = np.ones((1, *model.at(layer).shape), np.float32)
        attentions = model.attentions(x, Objective(weights, layer=layer))
        assert [one.layer[:8] for one in attentions if one.gradients.any()] == ["blocks.0"]


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_what_cannot_be_followed_from_token_to_token_says_why(backend):
    found = pair("windows")
    model, x = (found.torch, found.first) if backend == "torch" else (found.keras, found.last)
    (one,) = model.attentions(x)
    assert one.weights.shape == (2, 4, 3, 4, 4)
    assert "as in windows: its weights have shape (4, 3, 4, 4)" in one.refusal


class Mixed(keras.Layer):
    """Heads that are mixed before they weigh values; or a softmax that weighs along the wrong axis, or nothing."""

    def __init__(self, kind, **rest):
        super().__init__(**rest)
        self.kind = kind
        self.mixing = self.add_weight(shape=(HEADS, HEADS), initializer="glorot_uniform")

    def call(self, x):
        heads = ops.transpose(ops.reshape(x, (-1, WORDS, HEADS, WIDE // HEADS)), (0, 2, 1, 3))
        weights = ops.softmax(heads @ ops.transpose(heads, (0, 1, 3, 2)))
        if self.kind == "mixed":
            weights = ops.einsum("bhqk,hg->bgqk", weights, self.mixing)
        elif self.kind == "queries":
            weights = ops.transpose(weights, (0, 1, 3, 2))
        elif self.kind == "gate":
            return x * ops.softmax(x)
        return ops.reshape(ops.transpose(weights @ heads, (0, 2, 1, 3)), (-1, WORDS, WIDE))


class MixedTorch(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.mixing, self.head = kind, nn.Linear(HEADS, HEADS), nn.Linear(WIDE, 3)

    def forward(self, x):
        heads = x.unflatten(-1, (HEADS, -1)).transpose(1, 2)
        weights = (heads @ heads.mT).softmax(-1)
        if self.kind == "mixed":
            weights = self.mixing(weights.movedim(1, -1)).movedim(-1, 1)
        elif self.kind == "queries":
            weights = weights.mT
        elif self.kind == "gate":
            return self.head((x * x.softmax(-1)).mean(1))
        return self.head((weights @ heads).transpose(1, 2).flatten(2).mean(1))


@pytest.mark.parametrize(
    ("kind", "changed"), [("plain", [False]), ("mixed", [True]), ("queries", [True]), ("gate", [])]
)
def test_what_is_no_plain_attention(kind, changed):
    x = np.random.default_rng(0).normal(size=(1, WORDS, WIDE)).astype(np.float32)
    inputs = keras.Input((WORDS, WIDE))
    twin = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(Mixed(kind)(inputs))))
    for model in (xai.wrap(MixedTorch(kind), input_shape=(WORDS, WIDE), bounds=None), xai.wrap(twin, bounds=None)):
        found = model.attentions(x)
        assert [one.changed for one in found] == changed
        assert [bool(one.refusal) for one in found] == changed


def test_a_subclassed_network_of_keras_has_no_layers_and_shows_its_attention():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.attend, self.dense = layers.MultiHeadAttention(HEADS, 4), layers.Dense(3)

        def call(self, x):
            return self.dense(tf.reduce_mean(self.attend(x, x), 1))

    net = Net()
    x = np.random.default_rng(0).normal(size=(2, WORDS, WIDE)).astype(np.float32)
    _, expected = net.attend(x, x, return_attention_scores=True) if net(x) is not None else None
    model = xai.wrap(net, input_shape=(WORDS, WIDE), bounds=None)
    (found,) = model.attentions(x)
    assert found.layer == ""
    assert (model.count("blocks"), model.count("heads")) == (1, HEADS)
    np.testing.assert_allclose(found.weights, expected, atol=1e-6)


def test_half_precision_is_computed_in_full(reader):
    coarse = copy.deepcopy(reader).half()
    half = xai.wrap(coarse, input_shape=(WORDS,), padding=0)
    full = xai.wrap(copy.deepcopy(coarse).float(), input_shape=(WORDS,), padding=0)
    for one, other in zip(half.attentions(IDS, SCORE), full.attentions(IDS, SCORE), strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-6)
        np.testing.assert_allclose(one.gradients, other.gradients, atol=1e-6)
