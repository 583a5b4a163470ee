"""AttnLRP and CP-LRP: against gradient times input through functions with other derivatives, and against each other.

Against lxt 2.1 (its explicit functionals, which are no dependency of the tests) AttnLRP was run by hand on six random
transformers of three blocks, with biases and without, in double precision. The largest difference, relative to the
largest value, was 5.1e-7 with the stabilisers of both at 1e-9, and 4e-5 to 3e-3 with those of lxt as it comes.
"""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.parity.coupled_twins import HEADS, SIZE, WIDTH, pictures, twins

F = nn.functional
METHODS = {True: xai.AttnLrp(), False: xai.CpLrp()}


def last(x):
    return np.moveaxis(x, 1, -1)


def half(product, a, b):
    """Return a product whose derivative is half of what it is."""
    return (product(a.detach(), b) + product(a, b.detach())) / 2


def passed(function, x):
    """Return a function of single numbers, as the line through zero that meets it here."""
    return x * (function(x) / x).detach()


def with_constant_spread(norm, x):
    centred = x - x.mean(dim=-1, keepdim=True)
    spread = (centred.square().mean(dim=-1, keepdim=True) + norm.eps).sqrt().detach()
    return centred / spread * norm.weight + norm.bias


def attended(part, x, derivative, head=0):
    q, k, v = (one(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for one in (part.query, part.key, part.value))
    logits = half(lambda a, b: a @ b.transpose(2, 3), q, k) * (WIDTH // HEADS) ** -0.5
    weights = logits.softmax(dim=-1)
    made = half(torch.matmul, weights, v) if derivative else weights.detach() @ v
    if head:
        made = torch.cat(
            [one if number == head else one.detach() for number, one in enumerate(made.split(1, dim=1), 1)], dim=1
        )
    return part.out(made.transpose(1, 2).flatten(2))


def block(part, x, derivative, head=0):
    x = x + attended(part.attention, with_constant_spread(part.norm, x), derivative, head)
    hidden = passed(F.gelu, part.up(with_constant_spread(part.norm2, x)))
    return x + part.down(hidden)


def gated(part, x, derivative):
    gate = passed(torch.sigmoid, part.up(passed(F.silu, part.down(x.mean(dim=1, keepdim=True)))))
    return half(torch.mul, x, gate) if derivative else x * gate.detach()


def swiglu(part, x, derivative):
    return part.down(half(torch.mul, passed(F.silu, part.gate(x)), part.up(x)))


def written_out(function):
    return lambda _part, x, _derivative: passed(function, x)


PARTS = {
    "attention": attended,
    "block": block,
    "squeeze and excitation": gated,
    "SwiGLU": swiglu,
    "GELU written out": written_out(lambda x: F.gelu(x, approximate="tanh")),
    "tanh written out": written_out(lambda x: (x / 2).tanh()),
}


def expected(name, network, x, derivative, **more):
    """Gradient times input, in double precision."""
    network, x = network.double(), torch.tensor(x, dtype=torch.float64, requires_grad=True)
    tokens = PARTS[name](network.part, network.patches(x).flatten(2).transpose(1, 2), derivative, **more)
    (gradient,) = torch.autograd.grad(network.head(tokens.mean(dim=1))[:, 1].sum(), x)
    network.float()
    return (gradient * x).detach().numpy()


@pytest.mark.parametrize("name", PARTS)
def test_relevance_is_gradient_times_input_through_other_functions(name, agreement):
    network, twin = twins(name, seed=3)
    one, other = xai.wrap(network, input_shape=(3, SIZE, SIZE)), xai.wrap(twin)
    x = pictures(3)
    for derivative, method in METHODS.items():
        wanted = expected(name, network, x, derivative)
        found, there = method(one, x, xai.Logit(1)), method(other, last(x), xai.Logit(1))
        agreement(method.name, "definition", found.values, wanted)
        agreement(method.name, "definition", there.values, last(wanted))
        agreement(method.name, "parity", there.values, last(found.values))
        gap = np.abs(wanted.sum(axis=(1, 2, 3)) - found.score) / np.abs(found.score)
        np.testing.assert_allclose(found.gap, gap, rtol=1e-3)
        np.testing.assert_allclose(there.gap, gap, rtol=1e-3)


KEPT = [*PARTS, "layer norm", "group norm", "rms norm", "unit norm"]


@pytest.mark.parametrize("name", KEPT)
def test_with_constant_weights_and_without_biases_the_values_sum_to_the_score(name):
    """CP-LRP is conservative; AttnLRP is not where there is a softmax, and says so."""
    missed = []
    for seed in range(4):
        network, _ = twins(name, seed=seed, bias=False, keras=False)
        model = xai.wrap(network.double(), input_shape=(3, SIZE, SIZE))
        for quantity in (xai.Logit(2), xai.Margin(0, 3)):
            kept, shared = (method(model, pictures(seed), quantity) for method in (xai.CpLrp(), xai.AttnLrp()))
            largest = np.abs(kept.score).max()
            assert kept.absolute_gap.max() < 1e-6 * largest
            missed.append(shared.absolute_gap.max() / largest)
    assert (min(missed) > 1e-3) if name in ("attention", "block") else (max(missed) < 1e-6)


@pytest.mark.parametrize("name", ["block", "SwiGLU"])
def test_so_they_do_in_keras(name):
    _, twin = twins(name, seed=5, bias=False)
    assert xai.CpLrp()(xai.wrap(twin), last(pictures(5)), xai.Logit(2)).gap.max() < 1e-5
    assert not np.isnan(xai.AttnLrp()(xai.wrap(twin), last(pictures(5)), xai.Logit(2)).gap).any()


def test_biases_and_constants_that_are_added_take_their_share():
    """In a line all is w x / z of the score, whatever stands beside."""

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.place = nn.Linear(3, 3), nn.Linear(3, 2), nn.Parameter(torch.ones(3))

        def forward(self, x):
            return self.second(self.first(x) + self.place)

    torch.manual_seed(0)
    network, x = Line(), np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    model = xai.wrap(network, bounds=None, input_shape=(3,))
    weights = (network.second.weight @ network.first.weight)[1].detach().numpy()
    for method in METHODS.values():
        np.testing.assert_allclose(method(model, x, xai.Logit(1)).values, x * weights, rtol=1e-4, atol=1e-6)


def test_the_scale_of_a_picture_takes_no_share():
    """What is relevant in a picture is so in the one that it is prepared to, black as well."""
    network, twin = twins("block", seed=1)
    x, prepare = pictures(1), {"mean": 0.5, "std": 0.25}
    for net, given in ((network, x), (twin, last(x))):
        shape = (3, SIZE, SIZE) if net is network else None
        plain = xai.wrap(net, input_shape=shape, bounds=None)
        scaled = xai.wrap(net, input_shape=shape, preprocess=prepare)
        found = xai.CpLrp()(scaled, given, xai.Logit(1)).values
        wanted = xai.CpLrp()(plain, ((given - 0.5) / 0.25).astype(np.float32), xai.Logit(1)).values
        np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("name", ["attention", "block"])
def test_one_head_lets_back_what_flowed_through_it(name, agreement):
    network, twin = twins(name, seed=4)
    one, other = xai.wrap(network, input_shape=(3, SIZE, SIZE)), xai.wrap(twin)
    x = pictures(4)
    for derivative, method in ((True, xai.AttnLrp), (False, xai.CpLrp)):
        alone = []
        for head in range(1, HEADS + 1):
            wanted = expected(name, network, x, derivative, head=head)
            alone.append(method(head=head)(one, x, xai.Logit(1)).values)
            there = method(head=head)(other, last(x), xai.Logit(1)).values
            agreement(method.name, "definition", alone[-1], wanted)
            agreement(method.name, "parity", there, last(alone[-1]))
        if name == "attention":  # Where nothing goes around it, heads are all there is.
            np.testing.assert_allclose(sum(alone), method()(one, x, xai.Logit(1)).values, atol=1e-5)


def test_a_block_is_where_its_tokens_come_from(agreement):
    network, twin = twins("two blocks", seed=6)
    one, other = xai.wrap(network, input_shape=(3, SIZE, SIZE)), xai.wrap(twin)
    x = pictures(6)
    tokens, _, end, *_ = (layer for layer in other.layers if layer.startswith(("reshape", "add")))
    for method in (xai.AttnLrp, xai.CpLrp):
        for block, layers in ((1, ("patches", tokens)), (2, ("part.0", end))):
            found, there = method(block=block)(one, x, xai.Logit(1)), method(block=block)(other, last(x), xai.Logit(1))
            assert (found.question.cut.layer, there.question.cut.layer) == layers
            np.testing.assert_allclose(found.values, method()(one, x, xai.Logit(1), layers[0]).values, atol=1e-7)
            values = found.values if block == 2 else found.values.reshape(3, WIDTH, -1).transpose(0, 2, 1)
            agreement(method.name, "parity", there.values, values)
            assert found.map.shape == there.map.shape == (3, SIZE // 2, SIZE // 2)


def test_blocks_and_heads_that_are_not_there_are_refused():
    model = xai.wrap(twins("block", keras=False)[0], input_shape=(3, SIZE, SIZE))
    plain = xai.wrap(twins("SwiGLU", keras=False)[0], input_shape=(3, SIZE, SIZE))
    for method in (xai.AttnLrp, xai.CpLrp):
        with pytest.raises(ValueError, match="block is 2, and the network has 1 blocks of attention"):
            method(block=2)(model, pictures())
        with pytest.raises(ValueError, match="head is 4, and the network has 3 heads of attention"):
            method(head=4)(model, pictures())
        with pytest.raises(ValueError, match="head is 1, and the network has 0 heads"):
            method(head=1)(plain, pictures())
        with pytest.raises(ValueError, match="block is 1 and layer 'part', which both say where"):
            method(block=1)(model, pictures(), layer="part")
