"""Products, norms, softmax and quotients under other backward passes: closed forms, and definitions as loops."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.models.test_torch_propagation import TwoWays, target
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Objective
from xai_widgets.models.rules import STABILISER, Epsilon, Gamma, Relevance, Rescaled
from xai_widgets.models.torch.attention import attention_in_parts

F = nn.functional
CHANNELS, LENGTH = 4, 6
SHAPE = (CHANNELS, LENGTH)
SUM = Relevance(Epsilon(), Epsilon())
TAYLOR = Relevance(Epsilon(), Epsilon(), softmax="derivative")


class Weighed(nn.Module):
    """What is to be tried, and a weighted sum of what comes out of it."""

    def __init__(self, function, shape=SHAPE, seed=0):
        super().__init__()
        self.function = function
        self.weights = nn.Parameter(torch.tensor(np.random.default_rng(seed).normal(size=shape)))

    def forward(self, x):
        made = self.function(x)
        return F.linear(made.flatten(1), self.weights.reshape(1, -1).to(made.dtype).expand(2, -1))


def signals(count=2, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).normal(size=(count, *shape))


def back(function, x, rules, reference=None, shape=SHAPE):
    """What flows back in double precision, and the weights of what comes out of the function."""
    network = Weighed(function, shape).double()
    model = xai.wrap(network, bounds=None, input_shape=x.shape[1:], outputs="logits")
    found = model.at(None).propagate(x, Objective(np.array([[1.0, 0]])), rules, reference)
    return found.gradients, network.weights.detach().numpy(), found


def change(function, x, reference, weights):
    """The change of the weighted sum, row by row."""
    with torch.no_grad():
        made = function(torch.tensor(x)) - function(torch.tensor(reference))
    return (made.numpy() * weights).reshape(len(x), -1).sum(axis=1)


def averaged(function, x, reference, weights, points=20_000):
    """The mean of the gradient along the line, by the midpoint rule with many points."""
    found = []
    for one, other in zip(torch.tensor(x), torch.tensor(reference), strict=True):
        steps = ((torch.arange(points, dtype=torch.float64) + 0.5) / points).reshape(-1, *[1] * one.dim())
        line = (other + steps * (one - other)).requires_grad_()
        (gradient,) = torch.autograd.grad((function(line) * torch.tensor(weights)).sum(), line)
        found.append(gradient.mean(dim=0).numpy())
    return np.stack(found)


def halves(x):
    return x[:, :2], x[:, 2:]


def test_factors_have_the_mean_of_the_other_one_between_input_and_reference(agreement):
    x, reference = signals(3), signals(3, seed=1)
    found, weights, _ = back(lambda x: x[:, :2] * x[:, 2:], x, Rescaled(), reference, (2, LENGTH))
    (a, b), (r, s) = halves(x), halves(reference)
    expected = np.concatenate([weights * (b + s) / 2, weights * (a + r) / 2], axis=1)
    agreement("deeplift", "closed form", found, expected, tolerance=1e-9)


def test_matrices_have_the_mean_of_both_products(agreement):
    """half of [f(., y) + f(., y_ref)], one number after the other."""
    x, reference = signals(2), signals(2, seed=1)
    found, weights, _ = back(
        lambda x: torch.einsum("bik,bjk->bij", *x.split(2, dim=1)), x, Rescaled(), reference, (2, 2)
    )
    expected = np.zeros_like(x)
    for row in range(2):
        (a, b), (r, s) = halves(x), halves(reference)
        for i, j, k in np.ndindex(2, 2, LENGTH):
            expected[row, i, k] += weights[i, j] * (b[row, j, k] + s[row, j, k]) / 2
            expected[row, 2 + j, k] += weights[i, j] * (a[row, i, k] + r[row, i, k]) / 2
    agreement("deeplift", "definition", found, expected, tolerance=1e-9)


def test_products_of_three_signals_are_complete():
    def product(x):
        return torch.einsum("bi,bi,bi->bi", x[:, 0], x[:, 1], x[:, 2])

    x, reference = signals(3), signals(3, seed=1)
    found, weights, _ = back(product, x, Rescaled(), reference, (LENGTH,))
    np.testing.assert_allclose(
        (found * (x - reference)).sum(axis=(1, 2)), change(product, x, reference, weights), rtol=1e-9
    )


COUPLED = {
    "layer_norm": lambda x: F.layer_norm(x, (LENGTH,), torch.linspace(1, 2, LENGTH).double(), eps=1e-3),
    "layer_norm of all": lambda x: F.layer_norm(x, SHAPE),
    "group_norm": lambda x: F.group_norm(x, 2, torch.linspace(1, 2, CHANNELS).double(), torch.ones(CHANNELS).double()),
    "instance_norm": lambda x: F.instance_norm(x, weight=torch.linspace(1, 2, CHANNELS).double()),
    "rms_norm": lambda x: F.rms_norm(x, (LENGTH,), torch.linspace(1, 2, LENGTH).double(), 1e-3),
    "normalize": lambda x: F.normalize(x, dim=1),
    "softmax": lambda x: x.softmax(dim=1),
    "softmax of what is masked": lambda x: x.masked_fill(torch.eye(CHANNELS, LENGTH).bool(), -torch.inf).softmax(-1),
    "quotient": lambda x: x / (1 + x.square().mean(dim=2, keepdim=True)),
    "spread": lambda x: x - x.std(dim=2, keepdim=True),
}


@pytest.mark.parametrize("name", COUPLED)
def test_coupled_functions_have_their_mean_derivative(name, agreement):
    """By 8 points what 20 000 say, where the derivative is smooth; and always the whole change."""
    function, x = COUPLED[name], signals(3)
    reference = x + 0.5 * signals(3, seed=1)
    found, weights, _ = back(function, x, Rescaled(), reference)
    if name != "quotient":  # whose divisor is a square, with a slope of its own
        agreement("deeplift", "definition", found, averaged(function, x, reference, weights))
    for other in (reference, signals(3, seed=2), 0 * x, 30 * signals(3, seed=3)):
        found, weights, _ = back(function, x, Rescaled(), other)
        expected = change(function, x, other, weights)
        np.testing.assert_allclose((found * (x - other)).sum(axis=(1, 2)), expected, rtol=1e-8, atol=1e-8)


def shares(parts, z, epsilon=STABILISER):
    """The shares of the parts (inputs, outputs) in sums z (outputs,)."""
    return parts / (z + np.where(z < 0, -epsilon, epsilon))


def normed(row, groups, centred, scale, shift, epsilon):
    """The parts (inputs, outputs) of a norm of one signal, whose spread is a constant, and what comes out."""
    size = row.size
    parts = np.zeros((size, size))
    for group in groups:
        numbers = row[group]
        spread = np.sqrt(((numbers - numbers.mean()) ** 2).mean() + epsilon) if centred else np.sqrt(
            (numbers**2).mean() + epsilon
        )  # fmt: skip
        for j in group:
            for i in group:
                share = float(i == j) - (1 / len(group) if centred else 0)
                parts[i, j] = row[i] * share * scale[j] / spread
    return parts, parts.sum(axis=0) + shift


NUMBERS = np.arange(CHANNELS * LENGTH).reshape(SHAPE)
RAMP = np.broadcast_to(np.linspace(1, 2, LENGTH), SHAPE).ravel()
STEPS = np.broadcast_to(np.linspace(1, 2, CHANNELS)[:, None], SHAPE).ravel()
NORMS = {
    "layer_norm": (list(NUMBERS), True, RAMP, 0, 1e-3),
    "layer_norm of all": ([NUMBERS.ravel()], True, np.ones(24), 0, 1e-5),
    "group_norm": ([NUMBERS[:2].ravel(), NUMBERS[2:].ravel()], True, STEPS, 1, 1e-5),
    "instance_norm": (list(NUMBERS), True, STEPS, 0, 1e-5),
    "rms_norm": (list(NUMBERS), False, RAMP, 0, 1e-3),
    "normalize": (list(NUMBERS.T), False, np.full(24, CHANNELS**-0.5), 0, 0),
}


@pytest.mark.parametrize("rules", [SUM, Relevance(Epsilon(0.1), Epsilon()), Relevance(Gamma(), Gamma())], ids=repr)
@pytest.mark.parametrize("name", NORMS)
def test_a_norm_is_a_linear_layer_with_a_constant_spread(name, rules, agreement):
    x = signals(2)
    found, weights, _ = back(COUPLED[name], x, Relevance(Epsilon(), Epsilon()) if rules is SUM else rules)
    epsilon = rules.dense.epsilon if isinstance(rules.dense, Epsilon) else STABILISER
    for row in range(2):
        parts, made = normed(x[row].ravel(), *NORMS[name])
        products = made * weights.ravel()
        if isinstance(rules.dense, Gamma):
            sign = np.sign(products.sum())
            products = products * np.where(sign * products > 0, 1.25, 1)
            flow = shares(products, products.sum()) * (made @ weights.ravel())
        else:
            flow = shares(products, products.sum(), epsilon) * products.sum()
        expected = shares(parts, made, epsilon) @ flow
        agreement("relevance_propagation", "definition", found[row].ravel(), expected, tolerance=1e-6)


def test_norms_by_elements_are_norms():
    """A product with one over a spread, and a quotient, share as the function that does both."""
    x = signals(3)
    written = {
        "rms_norm": [
            lambda x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-3),
            lambda x: x / (x.square().mean(-1, keepdim=True) + 1e-3).sqrt(),
            lambda x: (x.pow(2).mean(-1, keepdim=True) + 1e-3).pow(-0.5) * x,
            lambda x: x * (1 / (x.pow(2).mean(-1, keepdim=True) + 1e-3).sqrt()).expand_as(x),
        ],
        "normalize": [lambda x: x / x.norm(dim=1, keepdim=True), lambda x: x / torch.linalg.vector_norm(x, 2, 1, True)],
        "layer_norm of all": [
            lambda x: (x - x.mean((1, 2), True)) / (x.var((1, 2), unbiased=False, keepdim=True) + 1e-5).sqrt()
        ],
    }
    for name, functions in written.items():
        scale = torch.linspace(1, 2, LENGTH).double() if name == "rms_norm" else 1
        expected = back(COUPLED[name], x, SUM)[0]
        for function in functions:
            found = back(lambda x, function=function, scale=scale: function(x) * scale, x, SUM)[0]
            np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


def test_factors_share_evenly(agreement):
    x = signals(3)
    found, weights, evaluation = back(lambda x: x[:, :2] * x[:, 2:], x, SUM, shape=(2, LENGTH))
    a, b = halves(x)
    products = (weights * a * b).reshape(3, -1)
    flow = products / (1 + STABILISER / np.abs(products.sum(axis=1, keepdims=True)))
    expected = np.concatenate([flow, flow], axis=1).reshape(x.shape) / 2
    agreement("relevance_propagation", "closed form", found, expected, tolerance=1e-9)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-4)


def test_a_gate_for_many_gets_half_of_all_of_them():
    x = signals(3)
    found, weights, _ = back(lambda x: x[:, 1:] * x[:, :1], x, SUM, shape=(3, LENGTH))
    products = weights * x[:, 1:] * x[:, :1]
    np.testing.assert_allclose(found[:, 1:], products / 2, rtol=1e-4)
    np.testing.assert_allclose(found[:, 0], products.sum(axis=1) / 2, rtol=1e-4)


def test_matrices_share_half_and_half_by_z(agreement):
    x = signals(2)
    found, weights, evaluation = back(lambda x: x[:, :2] @ x[:, 2:].transpose(1, 2), x, SUM, shape=(2, 2))
    expected = np.zeros_like(x)
    for row in range(2):
        a, b = x[row, :2], x[row, 2:]
        z = a @ b.T
        flow = shares((weights * z).ravel(), (weights * z).sum()).reshape(2, 2) * (weights * z).sum()
        for i, j, k in np.ndindex(2, 2, LENGTH):
            part = shares(a[i, k] * b[j, k], z[i, j]) * flow[i, j] / 2
            expected[row, i, k] += part
            expected[row, 2 + j, k] += part
    agreement("relevance_propagation", "definition", found, expected, tolerance=1e-9)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-4)


@pytest.mark.parametrize("name", ["softmax", "softmax of what is masked"])
def test_a_softmax_by_its_derivative(name, agreement):
    """R_i = x_i (R_i - s_i sum_j R_j), and zero for what is masked."""
    x = signals(2)
    found, weights, _ = back(COUPLED[name], x, TAYLOR)
    with torch.no_grad():
        made = COUPLED[name](torch.tensor(x)).numpy()
    axis = 1 if name == "softmax" else 2
    score = (made * weights).sum(axis=(1, 2), keepdims=True)
    flow = made * weights * score / (score + np.where(score < 0, -STABILISER, STABILISER))
    expected = np.where(made > 0, x, 0) * (flow - made * flow.sum(axis=axis, keepdims=True))
    agreement("relevance_propagation", "closed form", found, expected, tolerance=1e-9)


def attend(x):
    """Attention in which the first channels are queries and keys, the last ones values."""
    return (x[:, :2].transpose(1, 2) @ x[:, :2]).softmax(-1) @ x[:, 2:].transpose(1, 2)


def test_a_softmax_that_is_a_constant_leaves_all_to_the_values():
    x = signals(3)
    found, weights, evaluation = back(attend, x, SUM, shape=(LENGTH, 2))
    assert not found[:, :2].any()
    logits = np.einsum("bct,bcs->bts", x[:, :2], x[:, :2])
    attention = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    expected = np.einsum("bts,tc,bcs->bcs", attention, weights, x[:, 2:])
    np.testing.assert_allclose(found[:, 2:], expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-4)


def test_attention_in_one_step_is_attention_in_steps():
    """The fused function, and what it stands for written out, under every rule."""

    def fused(x):
        return F.scaled_dot_product_attention(*[x.transpose(1, 2)[:, None]] * 3, scale=0.5)[:, 0]

    def written(x):
        return attention_in_parts(*[x.transpose(1, 2)[:, None]] * 3, scale=0.5)[:, 0]

    x, reference = signals(2), signals(2, seed=1)
    for rules in (SUM, TAYLOR, Rescaled()):
        compared = reference if isinstance(rules, Rescaled) else None
        found, expected = (back(one, x, rules, compared, (LENGTH, CHANNELS))[0] for one in (fused, written))
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_attention_layers_are_covered():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, activation="gelu", norm_first=True)

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.head = layer, nn.Linear(8, 3)

        def forward(self, x):
            return self.head(self.layer(x).mean(dim=1))

    x = signals(3, (5, 8)).astype(np.float32)
    model = xai.wrap(Encoder().eval(), bounds=None, input_shape=(5, 8))
    for quantity in (xai.Logit(1), xai.Margin(0, 2)):
        assert xai.DeepLift(baseline=0 * x[0])(model, x, quantity).absolute_gap.max() < 1e-5
        values = xai.RelevancePropagation(composite="epsilon")(model, x, quantity).values
        assert np.isfinite(values).all()
        assert np.abs(values).max() > 1e-3


def test_a_statistic_shares_by_its_derivative():
    """Each is homogeneous, so what it shares sums to it (Euler)."""
    x = signals(3)
    for statistic in (torch.std, torch.var, torch.linalg.vector_norm):
        found, _, evaluation = back(lambda x, one=statistic: one(x, dim=2), x, SUM, shape=(CHANNELS,))
        np.testing.assert_allclose(found.sum(axis=(1, 2)), evaluation.values, rtol=1e-4)


def test_functions_in_parts_are_what_they_stand_for():
    x, matrices = signals(2), (torch.ones(1, 4, 4).double(), torch.ones(1, 6, 6).double())
    same = {
        "glu": (lambda x: F.glu(x, 1), lambda x: x[:, :2] * x[:, 2:].sigmoid(), (2, LENGTH)),
        "addcmul": (lambda x: torch.addcmul(x, x, x.exp(), value=2), lambda x: x + 2 * (x * x.exp()), SHAPE),
        "in place": (lambda x: (x * 1).addcmul_(x, x.exp(), value=2), lambda x: x + 2 * (x * x.exp()), SHAPE),
        "baddbmm": (
            lambda x: torch.baddbmm(x, matrices[0].expand(len(x), -1, -1), x, beta=2, alpha=3),
            lambda x: 3 * (matrices[0] @ x) + 2 * x,
            SHAPE,
        ),
        "nothing added": (
            lambda x: torch.baddbmm(x, x, matrices[1].expand(len(x), -1, -1), beta=0),
            lambda x: x @ matrices[1],
            SHAPE,
        ),
    }
    for rules in (Rescaled(), SUM):
        for function, parts, shape in same.values():
            compared = 0 * x if isinstance(rules, Rescaled) else None
            found, expected = (back(one, x, rules, compared, shape)[0] for one in (function, parts))
            np.testing.assert_allclose(found, expected, rtol=1e-9)
            assert np.abs(expected).max() > 0


def test_weights_that_are_all_there_is_are_refused():
    with pytest.raises(InputError, match="softmax, which is a constant weight by this rule, and all that depends"):
        back(COUPLED["softmax"], signals(), SUM)


def test_weights_from_around_the_point_are_constant_as_well():
    """Queries and keys may lie beside the point: with a constant softmax all goes to the values, with another half."""
    x = signals(3, (6,)).astype(np.float32)
    network = TwoWays(lambda z, around: z * around.softmax(dim=1))
    cut = xai.wrap(network, bounds=None, input_shape=(6,)).at("here")
    whole, half = (cut.propagate(x, target(3, [1, 1, 1]), rules) for rules in (SUM, TAYLOR))
    np.testing.assert_allclose(half.gradients, whole.gradients / 2, rtol=1e-5)
