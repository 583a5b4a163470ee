"""Attention in PyTorch as its parts, and the weights that a pass shows, beside what PyTorch itself says of them."""

import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from xai_widgets.models.torch.attention import AttentionInParts, AttentionWatch

ROWS, HEADS, QUERIES, KEYS, WIDTH = 2, 4, 5, 6, 8


class Names(TorchFunctionMode):
    """What a mode around sees."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.seen.append(function.__name__.strip("_"))
        return function(*args, **(kwargs or {}))


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def masks():
    seen = numbers(QUERIES, KEYS, seed=7) > 0
    seen[1] = False  # A query that sees nothing.
    bias = numbers(ROWS, HEADS, QUERIES, KEYS, seed=8)
    return {
        "none": {},
        "bool": {"attn_mask": seen},
        "bias": {"attn_mask": bias},
        "bias with holes": {"attn_mask": bias.masked_fill(~seen, -torch.inf)},
        "causal": {"is_causal": True},
        "scale": {"scale": 0.7},
        "groups": {"enable_gqa": True},
    }


@pytest.mark.parametrize("name", masks())
def test_the_parts_amount_to_the_function(name):
    heads = 2 if name == "groups" else HEADS
    q = numbers(ROWS, HEADS, QUERIES, WIDTH).requires_grad_()
    k, v = (numbers(ROWS, heads, KEYS, WIDTH, seed=seed).requires_grad_() for seed in (1, 2))
    found = []
    for inside in (False, True):
        with AttentionInParts() if inside else Names():
            output = functional.scaled_dot_product_attention(q, k, v, **masks()[name])
        found.append([output, *torch.autograd.grad((output * numbers(*output.shape, seed=3)).sum(), (q, k, v))])
    for whole, parts in zip(*found, strict=True):
        torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)
    torch.testing.assert_close(found[1][0], found[0][0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["none", "bool", "causal", "groups"])
def test_the_weights_are_those_of_loops_by_hand(name):
    heads = 2 if name == "groups" else HEADS
    q = numbers(ROWS, HEADS, QUERIES, WIDTH).requires_grad_()
    k, v = numbers(ROWS, heads, KEYS, WIDTH, seed=1), numbers(ROWS, heads, KEYS, WIDTH, seed=2).requires_grad_()
    given = masks()[name]
    with AttentionWatch({}) as watch:
        functional.scaled_dot_product_attention(q, k, v, **given)
    (seen,) = watch.found
    assert (seen.layer, seen.keys, seen.changed) == ("", 3, False)
    for row, head, query in itertools.product(range(ROWS), range(HEADS), range(QUERIES)):
        looks_at = [
            key
            for key in range(KEYS)
            if ("attn_mask" not in given or given["attn_mask"][query, key]) and (name != "causal" or key <= query)
        ]
        one, of = q[row, head, query].detach(), head * heads // HEADS
        scores = [math.exp((one * k[row, of, key]).sum() / WIDTH**0.5) for key in looks_at]
        expected = torch.zeros(KEYS)
        expected[looks_at] = torch.tensor(scores) / sum(scores)
        torch.testing.assert_close(seen.weights[row, head, query], expected, rtol=0, atol=1e-6)


def test_dropout_is_there_where_it_is_asked_for():
    q = numbers(ROWS, HEADS, QUERIES, WIDTH)
    with AttentionInParts():
        dropped = functional.scaled_dot_product_attention(q, q, q, dropout_p=1.0)
    assert not dropped.any()


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("mask", [None, "attn_mask", "key_padding_mask"])
def test_multi_head_attention_runs_as_its_parts(batch_first, mask):
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(16, HEADS, batch_first=batch_first).eval()
    x = numbers(ROWS, KEYS, 16) if batch_first else numbers(KEYS, ROWS, 16)
    given = {
        None: {},
        "attn_mask": {"attn_mask": torch.ones(KEYS, KEYS).triu(1).bool()},
        "key_padding_mask": {"key_padding_mask": torch.arange(KEYS).expand(ROWS, -1) > 3},
    }[mask]
    expected, weights = layer(x, x, x, average_attn_weights=False, **given)
    for wanted in (False, True):
        with Names() as around, AttentionWatch({layer: "attend"}) as watch:
            output, _ = layer(x.requires_grad_(), x, x, need_weights=wanted, **given)
        torch.testing.assert_close(output, expected, rtol=0, atol=1e-6)
        (seen,) = watch.found
        assert (seen.layer, seen.changed) == ("attend", False)
        torch.testing.assert_close(seen.weights.reshape(weights.shape), weights, rtol=0, atol=1e-6)
        assert {"linear", "softmax"} <= set(around.seen)
        assert not {"scaled_dot_product_attention", "multi_head_attention_forward"} & set(around.seen)


def test_an_encoder_shows_each_of_its_layers_in_order():
    torch.manual_seed(0)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, HEADS, 32, batch_first=True), 3).eval()
    x = numbers(1, KEYS, 16).requires_grad_()
    expected = encoder(x)
    with AttentionWatch({module: name for name, module in encoder.named_modules()}) as watch:
        output = encoder(x)
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-6)
    assert [seen.layer for seen in watch.found] == [f"layers.{at}.self_attn" for at in range(3)]
    assert [tuple(seen.weights.shape) for seen in watch.found] == [(1, HEADS, KEYS, KEYS)] * 3


def attend(scores, v):
    return scores.softmax(-1) @ v


def by_einsum(scores, v):
    return torch.einsum("bhqk,bhkd->bqhd", functional.softmax(scores, dim=-1), v)


def by_bmm(scores, v):
    weights = nn.Dropout(0.5).eval()(nn.Softmax(dim=2)(scores.flatten(0, 1)))
    return torch.bmm(weights, v.flatten(0, 1))


def turned(scores, v):
    return v.transpose(-2, -1) @ scores.transpose(-2, -1).softmax(-2)


def added(scores, v):
    return torch.baddbmm(v[0] * 0, scores[0].softmax(-1, dtype=torch.float64).float(), v[0])


@pytest.mark.parametrize("way", [attend, by_einsum, by_bmm, turned, added])
def test_attention_made_by_hand_is_seen(way):
    scores, v = numbers(1, HEADS, KEYS, KEYS).requires_grad_(), numbers(1, HEADS, KEYS, WIDTH).requires_grad_()
    with AttentionWatch({}) as watch:
        way(scores, v)
    (seen,) = watch.found
    assert not seen.changed
    found = seen.weights.movedim(seen.keys, -1).reshape(scores.shape)
    torch.testing.assert_close(found, scores.softmax(-1), rtol=0, atol=1e-6, check_dtype=False)


def mixing_heads(scores, v):
    mixing = numbers(HEADS, HEADS, seed=5)
    return functional.linear(scores.softmax(-1).permute(0, 2, 3, 1), mixing).permute(0, 3, 1, 2) @ v


def mixing_heads_evenly(scores, v):
    return functional.linear(scores.softmax(-1).permute(0, 2, 3, 1), torch.ones(4, 4) / 4).permute(0, 3, 1, 2) @ v


def over_queries(scores, v):
    return scores.softmax(-1).transpose(-2, -1) @ v


@pytest.mark.parametrize("way", [mixing_heads, mixing_heads_evenly, over_queries])
def test_what_is_no_plain_attention_says_so(way):
    scores, v = numbers(1, HEADS, KEYS, KEYS).requires_grad_(), numbers(1, HEADS, KEYS, WIDTH).requires_grad_()
    with AttentionWatch({}) as watch:
        way(scores, v)
    assert [seen.changed for seen in watch.found] == [True]


def test_weights_that_weigh_twice_are_seen_once():
    scores, v = numbers(1, HEADS, KEYS, KEYS).requires_grad_(), numbers(1, HEADS, KEYS, WIDTH).requires_grad_()
    with AttentionWatch({}) as watch:
        weights = scores.softmax(-1)
        weights @ v + weights @ v.square()
    assert len(watch.found) == 1


def test_other_softmaxes_are_no_attention():
    x = numbers(ROWS, KEYS, WIDTH).requires_grad_()
    with AttentionWatch({}) as watch:
        (x.softmax(-1) * x).sum()  # a gate
        x.softmax(-1) @ numbers(WIDTH, 3)  # a linear layer behind it
        x.softmax(0) @ x.transpose(1, 2)  # over the batch
        x[:, 0].softmax(-1) @ x[:, 0].T  # over classes
    assert watch.found == []
