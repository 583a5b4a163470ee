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


def attended(part, x, derivative):
    q, k, v = (one(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for one in (part.query, part.key, part.value))
    logits = half(lambda a, b: a @ b.transpose(2, 3), q, k) * (WIDTH // HEADS) ** -0.5
    weights = logits.softmax(dim=-1)
    made = half(torch.matmul, weights, v) if derivative else weights.detach() @ v
    return part.out(made.transpose(1, 2).flatten(2))


def block(part, x, derivative):
    x = x + attended(part.attention, with_constant_spread(part.norm, x), derivative)
    hidden = passed(F.gelu, part.up(with_constant_spread(part.norm2, x)))
    return x + part.down(hidden)


def gated(part, x, derivative):
    squeezed = passed(F.silu, part.down(x.mean(dim=1, keepdim=True)))
    return half(torch.mul, x, passed(torch.sigmoid, part.up(squeezed)))


def swiglu(part, x, derivative):
    return part.down(half(torch.mul, passed(F.silu, part.gate(x)), part.up(x)))


PARTS = {"attention": attended, "block": block, "squeeze and excitation": gated, "SwiGLU": swiglu}


def expected(name, network, x, derivative):
    """Gradient times input, in double precision."""
    network, x = network.double(), torch.tensor(x, dtype=torch.float64, requires_grad=True)
    tokens = PARTS[name](network.part, network.patches(x).flatten(2).transpose(1, 2), derivative)
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


KEPT = ["attention", "block", "squeeze and excitation", "SwiGLU", "layer norm", "group norm", "rms norm", "unit norm"]


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
