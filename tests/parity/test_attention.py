"""Rollout and relevance of attention: their definitions as loops, on attention written out, and both frameworks."""

import functools
import itertools
import re

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.layouts.networks import pair
from tests.models.test_attentions import IDS, Reader
from tests.transformers import KINDS, attention_by_hand, transformer

TARGETS = xai.Logit([3, 1])

every_kind = pytest.mark.parametrize("kind", KINDS)
both_frameworks = pytest.mark.parametrize("backend", ["torch", "keras"])
both_methods = pytest.mark.parametrize("name", ["attention_rollout", "attention_relevance"])


def made(name, **options):
    return {"attention_rollout": xai.AttentionRollout, "attention_relevance": xai.AttentionRelevance}[name](**options)


def by_hand(found, name, row, target, block=0, head=0):
    """The definition as loops: what each token that came in is worth to those that are read."""
    attended = attention_by_hand(found, row, target)
    tokens = range(attended[0][0].shape[-1])
    held = {(i, j): float(i == j) for i, j in itertools.product(tokens, tokens)}
    for weights, gradients in attended[: block or None]:
        heads = range(len(weights)) if head == 0 else [head - 1]
        step = {}
        for i, j in itertools.product(tokens, tokens):
            if name == "attention_rollout":
                step[i, j] = 0.5 * np.mean([weights[h, i, j] for h in heads]) + 0.5 * (i == j)
            else:
                step[i, j] = np.mean([max(gradients[h, i, j] * weights[h, i, j], 0) for h in heads]) + (i == j)
        held = {(i, j): sum(step[i, k] * held[k, j] for k in tokens) for i, j in itertools.product(tokens, tokens)}
    own = name == "attention_relevance"
    return np.array([np.mean([held[i, j] - (own and i == j) for i in found.read]) for j in tokens])


@both_methods
@both_frameworks
@every_kind
def test_they_are_their_definitions(kind, backend, name, agreement):
    found = transformer(kind)
    model, x = found.models[backend]
    result = made(name)(model, x, TARGETS)
    expected = np.array([by_hand(found, name, row, target) for row, target in enumerate((3, 1))])
    agreement(name, "definition", result.values, expected, 1e-5)
    assert result.map.shape == (2, *found.grid)
    np.testing.assert_array_equal(result.map.reshape(2, -1), result.values[:, found.extra :])
    read = np.isin(np.arange(expected.shape[1]), found.read) / len(found.read)
    np.testing.assert_allclose(result.read, [read, read], atol=1e-7)
    assert np.abs(expected[:, found.extra :]).max() > 0


@both_methods
@both_frameworks
@pytest.mark.parametrize("options", [{"block": 1}, {"head": 2}, {"block": 1, "head": 3}])
def test_one_head_and_the_first_blocks(options, backend, name, agreement):
    found = transformer("distilled")
    model, x = found.models[backend]
    result = made(name, **options)(model, x[1], xai.Logit(4))
    agreement(name, "definition", result.values, by_hand(found, name, 1, 4, **options), 1e-5)


@both_methods
@every_kind
def test_the_frameworks_agree(kind, name, agreement):
    found = transformer(kind)
    for quantity in (TARGETS, xai.Margin(0, 2), xai.Probability(1), None):
        one, other = (made(name)(model, x, quantity) for model, x in found.models.values())
        agreement(name, "parity", one.values, other.values)
        np.testing.assert_allclose(one.score, other.score, atol=1e-4)
        assert [fact.value for fact in one.facts[-1:]] == [fact.value for fact in other.facts[-1:]]


@both_frameworks
def test_no_class_enters_a_rollout(backend):
    model, x = transformer("class token").models[backend]
    maps = [xai.AttentionRollout()(model, x[0], xai.Logit(target)).map for target in range(2)]
    np.testing.assert_allclose(*maps, atol=1e-6)
    maps = [xai.AttentionRelevance()(model, x[0], xai.Logit(target)).map for target in range(2)]
    assert np.abs(maps[0] - maps[1]).max() > 0.1 * np.abs(maps[0]).max()


@both_frameworks
def test_the_values_of_a_rollout_sum_to_one(backend):
    for kind in KINDS:
        model, x = transformer(kind).models[backend]
        result = xai.AttentionRollout()(model, x)
        np.testing.assert_allclose(result.values.sum(axis=1), 1, atol=1e-5)
        nowhere = float(next(fact.value for fact in result.facts if fact.label == "without a place"))
        np.testing.assert_allclose(nowhere, 1 - result.map.sum(axis=(1, 2)).min(), rtol=1e-2)


@both_frameworks
def test_which_tokens_are_read_is_said(backend):
    said = {}
    for kind in KINDS:
        model, x = transformer(kind).models[backend]
        result = xai.AttentionRelevance()(model, x[0])
        said[kind] = result.facts[-1].value
        assert repr(result).endswith(f"read: {said[kind]}")
    assert said == {
        "class token": "token 0 of 17, without a place",
        "oblong": "token 0 of 16, without a place",
        "registers": "16 of 19 tokens, with a place",
        "distilled": "2 of 18 tokens, without a place",
    }


@both_frameworks
def test_a_neuron_is_explained_by_the_blocks_before_it(backend):
    found = transformer("class token")
    model, x = found.models[backend]
    result = xai.AttentionRelevance()(model, x[0], xai.Unit("blocks.0", (5, 2)))
    assert result.facts[-1].value == "token 5 of 17, with a place"
    with torch.no_grad():  # Its own score is what the block puts out there.
        expected = found.net.blocks[0](found.net.begin(torch.tensor(found.first[:1])))[0, 5, 2]
    np.testing.assert_allclose(result.score, expected, atol=1e-5)
    with pytest.raises(ValueError, match="block is 2, and the quantity depends on attention up to block 1 alone"):
        xai.AttentionRelevance(block=2)(model, x[0], xai.Unit("blocks.0", (5, 2)))


@both_frameworks
def test_there_are_no_more_blocks_and_heads_than_the_network_has(backend):
    model, x = transformer("class token").models[backend]
    assert (model.count("blocks"), model.count("heads")) == (2, 3)
    for options, says in (({"block": 3}, "block is 3, .* has 2 blocks"), ({"head": 4}, "head is 4, .* has 3 heads")):
        with pytest.raises(ValueError, match=says):
            xai.AttentionRollout(**options)(model, x)


@both_frameworks
def test_a_picture_of_it(backend):
    model, x = transformer("oblong").models[backend]
    result = xai.AttentionRollout()(model, x[0])
    assert result.on_input.shape == (12, 20)
    assert isinstance(result._repr_png_(), bytes)


WORDS = [f"word {number}" for number in range(20)]


@functools.cache
def readers():
    """Networks that read words and take the mean, with `MultiHeadAttention` as each framework ships it."""
    torch.manual_seed(0)
    net, inputs = Reader().eval(), keras.Input((7,), dtype="int32")
    embedding = keras.layers.Embedding(20, 12)
    x, mask = embedding(inputs), keras.ops.expand_dims(keras.ops.not_equal(inputs, 0), 1)
    attends = [keras.layers.MultiHeadAttention(3, 4) for _ in net.attend]
    for attend in attends:
        x = x + attend(x, x, attention_mask=mask)
    head = keras.layers.Dense(3)
    twin = keras.Model(inputs, head(keras.layers.GlobalAveragePooling1D()(x)))
    numbers = {name: one.detach().numpy() for name, one in net.named_parameters()}
    embedding.set_weights([numbers["embedding.weight"]])
    head.set_weights([numbers["head.weight"].T, numbers["head.bias"]])
    for at, attend in enumerate(attends):
        packed = numbers[f"attend.{at}.in_proj_weight"].T, numbers[f"attend.{at}.in_proj_bias"]
        parts = [
            (one.reshape(12, 3, 4), bias.reshape(3, 4))
            for one, bias in zip(np.split(packed[0], 3, 1), np.split(packed[1], 3), strict=True)
        ]
        out = numbers[f"attend.{at}.out_proj.weight"].T.reshape(3, 4, 12), numbers[f"attend.{at}.out_proj.bias"]
        attend.set_weights([one for pair in (*parts, out) for one in pair])
    given = {"padding": 0, "vocabulary": WORDS}
    return net, xai.wrap(net, input_shape=(7,), **given), xai.wrap(twin, **given)


def test_words(agreement):
    net, *models = readers()
    found = [
        [made(name)(model, IDS, xai.Logit(1)) for model in models]
        for name in ("attention_rollout", "attention_relevance")
    ]
    shown = []
    net(torch.tensor(IDS), shown)
    expected = np.eye(7)
    for weights in shown:
        expected = (weights.detach().double().numpy().mean(axis=1) + np.eye(7)) / 2 @ expected
    for rollout in found[0]:
        agreement("attention_rollout", "definition", rollout.values, expected.mean(axis=1), 1e-5)
    for one, other in found:
        agreement(one.method.name, "parity", one.values, other.values)
        assert one.question.cut.layer is None
        assert one.map.shape == IDS.shape
        assert one.facts[-1].value == "7 of 7 tokens, with a place"
        assert isinstance(one._repr_png_(), bytes)
    assert not found[1][0].values[0, 5:].any()  # Nobody looks at padding.
    assert found[1][0].values[0, :5].all()


@both_frameworks
def test_what_attends_in_windows_or_not_at_all_is_refused(backend):
    for name, says in (("windows", "as in windows: .* GradCam"), ("mobile", "No weights of attention .* GradCam")):
        found = pair(name)
        model, x = (found.torch, found.first) if backend == "torch" else (found.keras, found.last)
        for method in (xai.AttentionRollout, xai.AttentionRelevance):
            assert re.search(says, method.refusal(model))
            with pytest.raises(ValueError, match=says):
                method()(model, x)
        assert model.count("heads") == 0


class Queries(nn.Module):
    """A few queries of its own read the input (Perceiver); or the last block reads fewer tokens than the first."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.patch, self.head = kind, nn.Conv2d(3, 12, 4, 4), nn.Linear(12, 5)
        self.queries = nn.Parameter(torch.randn(1, 4, 12))
        self.attend = nn.ModuleList(nn.MultiheadAttention(12, 3, batch_first=True) for _ in range(2))

    def forward(self, x):
        x = self.patch(x).flatten(2).mT
        if self.kind == "queries":
            x = self.attend[0](self.queries.expand(len(x), -1, -1), x, x)[0]
        else:
            x = x + self.attend[0](x, x, x)[0]
            x = x.unflatten(1, (4, 2, 2)).mean(3).flatten(1, 2)
        return self.head((x + self.attend[1](x, x, x)[0]).tanh().mean(1))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("queries", "from 4 queries to 16 other elements"),
        ("pooled", "'attend.0' attends to 16 tokens and 'attend.1' to 8"),
    ],
)
def test_other_things_than_the_tokens_of_the_block_before_are_refused(kind, says):
    torch.manual_seed(0)
    model = xai.wrap(Queries(kind), input_shape=(3, 16, 16))
    assert re.search(f"{says}.*GradCam", xai.AttentionRelevance.refusal(model))
    with pytest.raises(ValueError, match=says):
        xai.AttentionRelevance()(model, np.zeros((3, 16, 16), np.float32))


class Branches(nn.Module):
    """Two branches whose tokens are as many, and stand at different places."""

    def __init__(self):
        super().__init__()
        self.rows, self.columns = nn.Conv2d(3, 12, (2, 8), (2, 8)), nn.Conv2d(3, 12, (8, 2), (8, 2))
        self.norms = nn.ModuleList(nn.LayerNorm(12) for _ in range(2))
        self.attend = nn.ModuleList(nn.MultiheadAttention(12, 3, batch_first=True) for _ in range(2))
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        tokens = [norm(one(x).flatten(2).mT) for one, norm in zip((self.rows, self.columns), self.norms, strict=True)]
        read = [attend(one, one, one)[0].mean(1) for attend, one in zip(self.attend, tokens, strict=True)]
        return self.head(read[0] + read[1])


def test_tokens_of_different_places_are_not_taken_for_each_other():
    torch.manual_seed(0)
    model = xai.wrap(Branches(), input_shape=(3, 16, 16))
    assert "stand at different places" in xai.AttentionRollout.refusal(model)


@both_frameworks
def test_a_metric_of_places_says_that_there_are_tokens(backend):
    model, x = transformer("class token").models[backend]
    with pytest.raises(ValueError, match=r"a value for each token, \(17,\)"):
        xai.Infidelity(samples=4)(xai.AttentionRollout()(model, x[0]))


def test_the_sliders_go_as_far_as_the_network():
    model, x = transformer("oblong").models["keras"]
    explorer = xai.explore(model, x, method="attention_rollout")
    methods = {method["name"]: method for method in explorer.catalogue["methods"]}
    assert [option["slider"] for option in methods["attention_rollout"]["options"]] == [(1, 2), (0, 3)]
    with pytest.raises(ValueError, match="block is 3; expected a whole number from 0 to 2"):
        explorer.options = {"block": 3}
    explorer.options = {"block": 1, "head": 3}
    assert repr(explorer.result.method) == "AttentionRollout(block=1, head=3)"
    assert explorer.result.map.shape == (3, 5)
    explorer.close()


class Pooled(nn.Module):
    """A query of its own pools the tokens by attention (SigLIP), behind a block or at once."""

    def __init__(self, blocks):
        super().__init__()
        self.patch, self.query = nn.Conv2d(3, 12, 4, 4), nn.Parameter(torch.randn(1, 1, 12))
        self.blocks = nn.ModuleList(nn.MultiheadAttention(12, 3, batch_first=True) for _ in range(blocks))
        self.pool, self.head = nn.MultiheadAttention(12, 3, batch_first=True), nn.Linear(12, 5)
        self.norm = nn.LayerNorm(12)

    def forward(self, x, shown=None):
        x = self.norm(self.patch(x).flatten(2).mT)
        for block in self.blocks:
            y, weights = block(x, x, x, average_attn_weights=False)
            x = x + y
            if shown is not None:
                shown.append(weights[0].detach().double().numpy())
        y, weights = self.pool(self.query.expand(len(x), -1, -1), x, x, average_attn_weights=False)
        if shown is not None:
            shown.append(weights[0].detach().double().numpy())
        return self.head(y[:, 0].tanh())


@pytest.mark.parametrize("blocks", [0, 2])
def test_tokens_that_attention_pools_are_read_as_it_weighs_them(blocks):
    torch.manual_seed(0)
    net, shown = Pooled(blocks).eval(), []
    model, x = xai.wrap(net, input_shape=(3, 16, 16)), transformer("class token").first[0]
    net(torch.tensor(x[None]), shown)
    *before, pool = shown
    assert (model.count("blocks"), model.count("heads")) == (blocks, 3)
    for head in (0, 2):
        chosen = slice(None) if head == 0 else slice(head - 1, head)
        expected = pool[chosen].mean(0)
        for weights in before[::-1]:
            expected = expected @ (weights[chosen].mean(0) + np.eye(16)) / 2
        result = xai.AttentionRollout(head=head)(model, x, xai.Logit(2))
        np.testing.assert_allclose(result.values, expected[0], atol=1e-6)
        np.testing.assert_allclose(result.read, pool[chosen].mean(0)[0], atol=1e-6)
        assert result.facts[-1].value == "16 of 16 tokens, with a place, as attention pools them"
    relevance = xai.AttentionRelevance()(model, x, xai.Logit(2))
    attended = model.attentions(x, relevance.question.objective)
    gained = [np.maximum(one.weights * one.gradients, 0)[0].mean(0).astype(float) for one in attended]
    expected = gained[-1]
    for one in gained[-2::-1]:
        expected = expected @ (one + np.eye(16))
    np.testing.assert_allclose(relevance.values, expected[0], rtol=1e-4, atol=1e-9)
    with pytest.raises(ValueError, match=f"block is {blocks + 1}, and the network has {blocks} blocks"):
        xai.AttentionRollout(block=blocks + 1)(model, x)


class Channels(nn.Module):
    """Channels look at channels (XCiT), as many as there are tokens."""

    def __init__(self):
        super().__init__()
        self.patch, self.norm, self.qkv = nn.Conv2d(3, 16, 4, 4), nn.LayerNorm(16), nn.Linear(16, 48)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.norm(self.patch(x).flatten(2).mT)
        q, k, v = (one.mT for one in self.qkv(x).chunk(3, -1))
        return self.head((x + ((q @ k.mT).softmax(-1) @ v).mT).tanh().mean(1))


def test_channels_that_look_at_each_other_are_no_tokens():
    torch.manual_seed(0)
    model = xai.wrap(Channels(), input_shape=(3, 16, 16))
    assert [one.weights.shape for one in model.attends] == [(1, 1, 16, 16)]
    assert "as where channels look at each other" in xai.AttentionRollout.refusal(model)


def test_attention_that_adds_queries_and_keys():
    """Its scores are no product, and its tokens meet in a sum (Bahdanau)."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((16, 16, 3))
    x = layers.LayerNormalization(name="norm")(layers.Reshape((16, 12))(layers.Conv2D(12, 4, 4)(inputs)))
    attend = layers.AdditiveAttention()
    y = layers.Add()([x, attend([x, x])])
    model = xai.wrap(keras.Model(inputs, layers.Dense(5)(layers.GlobalAveragePooling1D()(y))))
    picture = transformer("class token").models["keras"][1][0]
    tokens = model.at("norm").activations(picture[None])
    _, weights = attend([tokens, tokens], return_attention_scores=True)
    expected = (np.asarray(weights)[0] + np.eye(16)) / 2
    result = xai.AttentionRollout()(model, picture)
    np.testing.assert_allclose(result.values, expected.mean(axis=0), atol=1e-6)
    assert result.map.shape == (4, 4)
    assert "attention in 1 block, 1 head)" in repr(model)
