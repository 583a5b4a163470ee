"""Modified backpropagation through PyTorch networks: against Captum, and its definitions on matrices, as loops."""

import copy
import warnings

import captum.attr
import numpy as np
import pytest
import torch
from captum.attr._utils import lrp_rules
from torch import nn

import xai_widgets as xai
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Objective
from xai_widgets.models.rules import STABILISER, Epsilon, Flat, Gamma, Rectified, Relevance, Rescaled, ZPlus
from xai_widgets.models.wrap import wrap

F = nn.functional
SHAPE = (3, 8, 8)
TARGETS = [2, 0, 1]
GUIDED, DECONVOLUTION = Rectified("guided"), Rectified("deconvolution")
RULES = [Epsilon(), Epsilon(0.1), Gamma(0.5), ZPlus(), Flat()]
WAYS = [GUIDED, DECONVOLUTION, Rescaled(), *(Relevance(rule, rule) for rule in RULES)]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Captum's, on its hooks and gradients


class Modules(nn.Module):
    """A network as Captum needs it: one module for each ReLU, none in place, pools that do not overlap."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.branch = nn.Conv2d(6, 6, 3, padding=1)
        self.relu, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.pool, self.mean, self.flat = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Flatten()
        self.hidden, self.head = nn.Linear(24, 10), nn.Linear(10, 4)

    def forward(self, x):
        x = self.relu(self.norm(self.stem(x)))
        x = self.pool(x + self.relu2(self.branch(x)))
        return self.head(self.relu3(self.hidden(self.flat(self.mean(x)))))


class Functions(Modules):
    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        x = F.max_pool2d(torch.add(x, torch.relu(self.branch(x))), 2)
        return self.head(self.hidden(torch.flatten(F.adaptive_avg_pool2d(x, 2), 1)).clamp(min=0))


class Reused(Modules):
    def forward(self, x):
        x = self.relu(self.norm(self.stem(x)))
        x = self.pool(x + self.relu(self.branch(x)))
        return self.head(self.relu(self.hidden(self.mean(x).view(len(x), -1))))


class InPlace(Modules):
    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)), inplace=True)
        y = self.branch(x)
        y.relu_()  # what it returns is not used
        x += y
        y = self.hidden(self.mean(self.pool(x)).reshape(len(x), 24))
        return self.head(F.hardtanh(y, 0, 1e9, True))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(size=(3, *SHAPE)).astype(np.float32)


def trained(network):
    """Give batch normalisations statistics that are not those of a fresh one, and evaluate."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in (
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 2),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.5, 0.5),
            ):
                tensor.uniform_(low, high)
    return network.eval()


def target(classes=4, targets=TARGETS):
    return Objective(np.eye(classes, dtype=np.float32)[targets])


def back(network, x, rules, layer=None, objective=None, reference=None):
    model = wrap(network, input_shape=x.shape[1:], bounds=None, outputs="logits")
    if reference is None and isinstance(rules, Rescaled):
        reference = np.full_like(x, 0.25)
    return model.at(layer).propagate(x, objective or target(), rules, reference)


def complete(found):
    """Whether multipliers times differences sum to the change."""
    parts = found.gradients * (found.activations - found.reference_activations)
    change = found.values - found.reference_values
    assert np.abs(change).max() > 1e-3
    np.testing.assert_allclose(parts.reshape(len(parts), -1).sum(axis=1), change, atol=1e-5)


@pytest.mark.parametrize("kind", [Modules, Functions, Reused, InPlace])
def test_rectifiers_and_differences_as_in_captum(x, kind, agreement):
    captums = trained(Modules())
    network = kind().eval()
    network.load_state_dict(captums.state_dict())
    inputs = torch.tensor(x)
    expected = captum.attr.GuidedBackprop(captums).attribute(inputs, target=TARGETS).detach()
    agreement("guided_backpropagation", "Captum", back(network, x, GUIDED).gradients, expected)
    expected = captum.attr.Deconvolution(captums).attribute(inputs, target=TARGETS).detach()
    agreement("deconvolution", "Captum", back(network, x, DECONVOLUTION).gradients, expected)
    expected = captum.attr.DeepLift(captums, multiply_by_inputs=False).attribute(
        inputs, torch.full_like(inputs, 0.25), target=TARGETS
    )
    found = back(network, x, Rescaled())
    agreement("deeplift", "Captum", found.gradients, expected.detach())
    complete(found)


@pytest.mark.parametrize("kind", [Functions, Reused, InPlace])
@pytest.mark.parametrize("rules", WAYS, ids=repr)
def test_how_a_function_is_called_makes_no_difference(x, kind, rules):
    modules, network = trained(Modules()), kind().eval()
    network.load_state_dict(modules.state_dict())
    expected = back(modules, x, rules).gradients
    np.testing.assert_allclose(
        back(network, x, rules).gradients, expected, atol=2e-6 * np.abs(expected).max(), err_msg=str(rules)
    )


def test_at_a_layer_and_of_a_unit_as_in_captum(x, agreement):
    network = trained(Modules())
    inputs = torch.tensor(x)
    for layer in ("norm", "branch", "hidden"):
        found = back(network, x, Rescaled(), layer)
        expected = captum.attr.LayerDeepLift(network, network.get_submodule(layer)).attribute(
            inputs, torch.full_like(inputs, 0.25), target=TARGETS
        )
        contributions = found.gradients * (found.activations - found.reference_activations)
        agreement("deeplift", "Captum", contributions, expected.detach())
    weights = np.zeros((1, 6, 8, 8), np.float32)
    weights[0, 3, 2, 5] = 1
    unit = Objective(weights, layer="branch")
    for rules, theirs in ((GUIDED, captum.attr.NeuronGuidedBackprop), (DECONVOLUTION, captum.attr.NeuronDeconvolution)):
        expected = theirs(network, network.branch).attribute(inputs, (3, 2, 5))
        found = back(network, x, rules, objective=unit)
        np.testing.assert_allclose(found.gradients, expected.detach(), atol=1e-5 * float(expected.abs().max()))
        assert found.scores.shape == (3, 0)


class Positive(nn.Module):
    """Without biases; Captum's relevance knows no Flatten."""

    def __init__(self):
        super().__init__()
        self.one, self.relu, self.pool = nn.Conv2d(3, 5, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2)
        self.two, self.relu2, self.head = nn.Conv2d(5, 6, 2, bias=False), nn.ReLU(), nn.Linear(24, 4, bias=False)

    def forward(self, x):
        return self.head(self.relu2(self.two(self.pool(self.relu(self.one(x))))).flatten(1))


def test_relevance_as_in_captum(x, agreement):
    """Where Captum's rules mean the same: inputs that are not negative, no bias, and epsilon at the end."""
    network = Positive()
    for rule, theirs in (
        (Epsilon(1e-3), lambda: lrp_rules.EpsilonRule(1e-3)),
        (Gamma(0.25), lambda: lrp_rules.GammaRule(0.25)),
        (ZPlus(), lrp_rules.Alpha1_Beta0_Rule),
    ):
        network.one.rule, network.two.rule = theirs(), theirs()
        network.head.rule = lrp_rules.EpsilonRule(1e-3)
        expected = captum.attr.LRP(network).attribute(torch.tensor(x), target=TARGETS).detach()
        found = back(network, x, Relevance(Epsilon(1e-3), rule))
        agreement("relevance_propagation", "Captum", found.gradients, expected)


def matrix(function, shape):
    """The matrix (inputs, outputs) and the bias of a linear function, by what it does to unit vectors."""
    size = int(np.prod(shape))
    with torch.no_grad():
        bias = function(torch.zeros(1, *shape)).flatten().double().numpy()
        rows = function(torch.eye(size).reshape(size, *shape)).flatten(1).double().numpy()
    return rows - bias, bias


def defined(rule, x, w, b, r):
    """The relevance of the inputs of one layer, written out as the rule says: one unit after the other."""
    found = np.zeros_like(x)
    for j in range(len(r)):
        parts, z = x * w[:, j], x @ w[:, j] + b[j]
        match rule:
            case Epsilon(epsilon):
                total = z + (epsilon if z >= 0 else -epsilon)
            case ZPlus():
                parts = np.maximum(parts, 0)
                total = parts.sum() + STABILISER
            case Flat():
                parts = (w[:, j] != 0).astype(float)
                total = parts.sum()
            case Gamma(gamma):
                sign = np.sign(z)
                parts = parts + gamma * np.where(sign * parts > 0, parts, 0)
                total = parts.sum() + b[j] * (1 + gamma * (sign * b[j] > 0)) + sign * STABILISER
                parts = parts * abs(sign)
        found += parts * r[j] / total
    return found


@pytest.mark.parametrize("first", [None, Flat()], ids=repr)
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_relevance_is_what_the_rules_say(x, rule, first, agreement):
    """Inputs of either sign, biases, a merged and a lone batch normalisation, a largest and a mean."""
    convolution, merged, alone = nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.BatchNorm2d(4)
    hidden, head = nn.Linear(4, 6), nn.Linear(6, 4)
    network = trained(
        nn.Sequential(
            convolution, merged, nn.Tanh(), alone, nn.MaxPool2d(2, 1), nn.AvgPool2d(2), nn.Flatten(), hidden, nn.ReLU(),
            head,
        )
    )  # fmt: skip
    x = x - 0.5
    dense = Epsilon(0.01)
    found = back(network, x, Relevance(dense, rule, first)).gradients
    for row, index in enumerate(TARGETS):
        signals = [torch.tensor(x[row : row + 1])]
        with torch.no_grad():
            for module in network:
                signals.append(module(signals[-1]))
        flat = [signal.flatten().double().numpy() for signal in signals]

        def through(number, r, which, function=None, flat=flat, signals=signals):
            w, b = matrix(function or network[number], signals[number].shape[1:])
            return defined(which, flat[number], w, b, r)

        r = np.zeros(4)
        r[index] = flat[-1][index]
        r = through(9, r, dense)
        r = through(7, r, dense)  # a rectifier passes all on
        r = through(5, r, Epsilon(STABILISER))
        pooled = np.zeros_like(flat[4])
        for place in range(len(r)):
            channel, i, j = np.unravel_index(place, (4, 2, 2))
            window = signals[4][0, channel, i : i + 2, j : j + 2].flatten()
            k, m = divmod(int(window.argmax()), 2)
            pooled[np.ravel_multi_index((channel, i + k, j + m), (4, 3, 3))] += r[place]
        r = through(3, pooled, dense)
        r = through(0, r, first or rule, lambda z: merged(convolution(z)))
        agreement("relevance_propagation", "definition", found[row].flatten(), r, tolerance=2e-4)


@pytest.mark.parametrize("rule", [Epsilon(), Gamma(0.5), ZPlus(), Flat()], ids=repr)
def test_relevance_is_conserved_without_biases(x, rule):
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False), nn.MaxPool2d(2), nn.Conv2d(6, 6, 2, bias=False), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(6, 4, bias=False),
    )  # fmt: skip
    found = back(network, x, Relevance(Epsilon(), rule))
    np.testing.assert_allclose(found.gradients.sum(axis=(1, 2, 3)), found.values, rtol=2e-3)


def test_relevance_of_a_linear_network_is_input_times_weight(x, agreement):
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 4, bias=False))
    found = back(network, x, Relevance(Epsilon(), Epsilon())).gradients
    expected = x * network[1].weight.detach().numpy()[TARGETS].reshape(x.shape)
    agreement("relevance_propagation", "closed form", found, expected)


def test_relevance_at_a_layer_is_what_was_on_its_way(x):
    network = trained(Reused())
    rules = Relevance(Epsilon(), ZPlus(), Flat())
    here = back(network, x, rules, "hidden").gradients
    with torch.no_grad():
        z = network.hidden(network.mean(network.pool(torch.zeros(3, 6, 8, 8))).flatten(1))
    assert here.shape == z.shape
    hidden = wrap(network, input_shape=SHAPE).at("hidden").activations(x)
    expected = np.maximum(hidden, 0) * network.head.weight.detach().numpy()[TARGETS]
    total = (expected.sum(axis=1) + network.head.bias.detach().numpy()[TARGETS])[:, None]
    np.testing.assert_allclose(here, expected * total / (total + STABILISER * np.sign(total)), rtol=1e-4, atol=1e-7)


class Around(nn.Module):
    """A convolution, what is to be tried, and a dense layer."""

    def __init__(self, tried):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.LazyLinear(4)
        self.tried = Tried(tried)
        self(torch.zeros(1, *SHAPE))

    def forward(self, x):
        return self.head(self.tried(self.stem(x)).flatten(1))


class Tried(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


WEIGHT = torch.linspace(-1, 1, 108).reshape(4, 3, 3, 3)

COVERED = {
    "concatenation": lambda z: torch.cat([F.relu(z), z.tanh(), F.max_pool2d(F.pad(z, (1, 1, 1, 1)), 3, 1)], dim=1),
    "overlapping pool": lambda z: F.max_pool2d(z, 3, 1, 1),
    "pool with places": lambda z: F.max_pool2d(z, 2, return_indices=True)[0],
    "largest channel": lambda z: z.max(dim=1).values,
    "larger of two": lambda z: torch.maximum(z[:, :2], z[:, 2:]),
    "smaller of two": lambda z: torch.minimum(z[:, :2], z[:, 2:]),
    "sorted pairs": lambda z: torch.cat([z[:, :2] - F.relu(z[:, :2] - z[:, 2:]), z[:, 2:]], dim=1),
    "transposed": lambda z: F.conv_transpose2d(F.gelu(z), WEIGHT, groups=2, stride=2),
    "matrices": lambda z: torch.einsum("bchw,cd->bdhw", F.silu(z), WEIGHT[:, :, 0, 0]) @ torch.ones(8, 2),
    "numbers": lambda z: 1 - 2 / (1.5 + z.sigmoid()) ** 2,
    "places": lambda z: z.roll(1, 2).permute(0, 2, 3, 1).reshape(z.size(0), -1),
    "parts": lambda z: sum(F.elu(part) for part in z.split(2, dim=1)).mean(dim=(2, 3)),
    "larger map": lambda z: F.interpolate(F.leaky_relu(z), scale_factor=2, mode="bilinear"),
    "dropout": lambda z: F.dropout(F.softplus(z), 0.5, False, True).mul_(3).add_(1),
}


@pytest.mark.parametrize("name", COVERED)
def test_differences_are_complete(x, name):
    network = Around(COVERED[name])
    for layer in (None, "stem"):
        complete(back(network, x, Rescaled(), layer))


@pytest.mark.parametrize("name", COVERED)
def test_relevance_passes_what_is_covered(x, name):
    network = Around(COVERED[name])
    network.stem.bias.data.zero_()
    network.head.bias.data.zero_()
    found = back(network, x, Relevance(Epsilon(), Flat()))
    if name not in ("larger of two", "sorted pairs", "dropout", "larger map", "concatenation"):
        np.testing.assert_allclose(found.gradients.sum(axis=(1, 2, 3)), found.values, rtol=2e-2, atol=2e-4)
    assert np.isfinite(found.gradients).all()
    assert np.abs(found.gradients).max() > 0


class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


def without_gradient(z):
    with torch.no_grad():
        mean = z.mean(dim=1, keepdim=True)
    return z - mean


def written_into(z):
    z = z.clone()
    z[:, 0] = 0
    return z


REFUSED = {
    "log_softmax": lambda z: z.log_softmax(dim=1),
    "cumprod": lambda z: z.cumprod(dim=1),
    "gt": lambda z: z * (z > 0),
    "detach": lambda z: z - z.detach().mean(dim=1, keepdim=True),
    "layer_norm, of which several arguments depend on the input,": lambda z: F.layer_norm(z, (8, 8), z[0, 0].exp()),
    "sort": lambda z: z.sort(dim=1).values,
    "mul, from which the network lets no gradient pass (torch.no_grad(), or a checkpoint),": Own.apply,
    "mean, from which the network lets no gradient pass (torch.no_grad(), or a checkpoint),": without_gradient,
    "setitem": written_into,
    "a function that cannot be followed (CopySlices)": lambda z: _part_in_place(z.clone()),
    "addmm, of which several arguments depend on the input,": lambda z: torch.addmm(
        z.flatten(1), z.flatten(1), torch.eye(256)
    ),
}


@pytest.mark.parametrize("rules", [Rescaled(), Relevance(Epsilon(), Epsilon())], ids=lambda rules: type(rules).__name__)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_covered_is_refused_by_name(x, name, rules):
    with pytest.raises(InputError) as caught:
        back(Around(REFUSED[name]), x, rules)
    assert f"does not cover {name}" in str(caught.value)
    assert "in the layer 'tried'" in str(caught.value)


def test_recurrence_is_refused_by_name(x):
    class Texts(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.head = nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 4)

        def forward(self, z):
            return self.head(self.inner(z)[0][:, -1])

    for rules in (Rescaled(), Relevance(Epsilon(), Epsilon())):
        with pytest.raises(InputError, match="in the layer 'inner'"):
            back(Texts(), x[:, 0], rules)


RECTIFIERS = {
    "relu6": F.relu6,
    "hardtanh": lambda z: F.hardtanh(z, 0, 2),
    "clamp": lambda z: z.clamp(0, 3),
    "threshold": lambda z: F.threshold(z, 0, 0),
    "maximum": lambda z: torch.maximum(z, torch.zeros_like(z)),
    "a part in place": lambda z: _part_in_place(z.clone()),
}


def _part_in_place(z):
    z[:, :2].relu_()
    z[:, 2:].relu_()
    return z


@pytest.mark.parametrize("name", RECTIFIERS)
def test_other_rectifiers_are_rectifiers(x, name):
    """Below their bound they are what ReLU is."""
    network, plain = Around(RECTIFIERS[name]), Around(F.relu)
    plain.load_state_dict(network.state_dict())
    for rules in (GUIDED, DECONVOLUTION):
        np.testing.assert_allclose(back(network, x, rules).gradients, back(plain, x, rules).gradients, atol=1e-7)
    assert np.abs(back(plain, x, GUIDED).gradients - back(plain, x, DECONVOLUTION).gradients).max() > 1e-3


def test_smooth_functions_keep_their_gradient(x):
    network = Around(lambda z: F.gelu(z) + F.relu(z))
    only = Around(F.gelu)
    with pytest.raises(InputError, match="no rectifier"):
        back(only, x, GUIDED)
    with pytest.raises(InputError, match="no rectifier"):
        back(only, x, DECONVOLUTION, "stem")
    assert np.isfinite(back(network, x, GUIDED).gradients).all()
    # After the last rectifier the gradient itself is left.
    np.testing.assert_allclose(
        back(network, x, GUIDED, "tried").gradients.reshape(3, -1), network.head.weight.detach().numpy()[TARGETS]
    )


def test_a_probability_is_no_sum_of_relevance(x):
    network = trained(Reused())
    probability = Objective(target().weights, link="softmax")
    with pytest.raises(InputError, match="a probability"):
        back(network, x, Relevance(Epsilon(), Epsilon()), objective=probability)
    with pytest.raises(InputError, match="a function"):
        back(network, x, Relevance(Epsilon(), Epsilon()), objective=Objective(target().weights, function=lambda s: s))
    # Guided backpropagation starts from its gradient.
    found = back(network, x, GUIDED, objective=probability).gradients
    parts = [back(network, x, GUIDED, objective=target(targets=[k] * 3)).gradients for k in range(4)]
    assert not np.allclose(found, parts[2] * 0)


def test_nothing_stays_behind(x):
    network = Reused().train()  # as a student leaves it
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for rules in WAYS:
        back(network, x, rules)
    with pytest.raises(InputError):
        back(Around(REFUSED["sort"]), x, Rescaled())
    assert torch.overrides._get_current_function_mode_stack() == []
    assert network.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_callable_whose_weights_want_gradients(x):
    network = trained(Reused())
    model = wrap(lambda z: network(z), backend="torch", input_shape=SHAPE)
    for rules in WAYS:
        reference = np.full_like(x, 0.25) if isinstance(rules, Rescaled) else None
        found = model.at(None).propagate(x, target(), rules, reference).gradients
        expected = back(network, x, rules).gradients
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_preprocessing_passes_relevance_on(x):
    """A normalisation of pictures is times and plus constants: what is shared out does not change in it."""
    network = trained(Reused())
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    rules = Relevance(Epsilon(), ZPlus(), Flat())
    model = wrap(network, input_shape=SHAPE, preprocess={"mean": mean, "std": std})
    prepared = (x - np.float32(mean)[:, None, None]) / np.float32(std)[:, None, None]
    expected = back(network, prepared, rules).gradients
    found = model.at(None).propagate(x, target(), rules).gradients
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_normalisation_is_merged_into_a_transposed_convolution_in_groups(x, agreement):
    up, norm = nn.ConvTranspose2d(4, 6, 2, groups=2), nn.BatchNorm2d(6)
    network = trained(nn.Sequential(nn.Conv2d(3, 4, 3, stride=3), up, norm, nn.Flatten(), nn.Linear(54, 4)))
    found = back(network, x, Relevance(Epsilon(), ZPlus()), "0").gradients
    with torch.no_grad():
        before = network[0](torch.tensor(x[:1]))
        after = norm(up(before)).flatten().double().numpy()
    head, bias = matrix(network[4], (54,))
    score = np.eye(4)[TARGETS[0]] * (after @ head + bias)
    r = defined(Epsilon(), after, head, bias, score)
    expected = defined(ZPlus(), before.flatten().double().numpy(), *matrix(lambda z: norm(up(z)), (4, 2, 2)), r)
    agreement("relevance_propagation", "definition", found[0].flatten(), expected)


def test_the_smaller_of_two_takes_what_it_lowers():
    """The one that is the smallest at x contributes min(o, p) - p, the one that is it at r the rest."""
    network = Pairs()
    x, reference = np.float32([[1.0, 3.0], [4.0, 2.0]]), np.float32([[5.0, 2.0], [1.0, 3.0]])
    found = back(network, x, Rescaled(), objective=Objective(np.float32([[1, 0]])), reference=reference).gradients
    np.testing.assert_allclose(found * (x - reference), [[-1, 0], [1, 0]], atol=1e-6)


class Pairs(nn.Module):
    def forward(self, x):
        return torch.stack([torch.minimum(x[:, 0], x[:, 1]), x[:, 0]], dim=1)


def test_padding_by_a_call_of_its_own_has_no_part_in_the_flat_rule():
    """A convolution that pads by itself and one whose input was padded before are the same function."""

    class Padded(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = nn.Conv2d(2, 3, 3, padding=1)
            self.head = nn.Linear(3 * 36, 2)

        def forward(self, x):
            x = nn.functional.conv2d(nn.functional.pad(x, (1, 1, 1, 1)), self.inside.weight, self.inside.bias)
            return self.head(x.flatten(1))

    torch.manual_seed(0)
    apart = Padded()
    together = nn.Sequential(apart.inside, nn.Flatten(), apart.head)
    x = np.random.default_rng(0).uniform(size=(2, 2, 6, 6)).astype(np.float32)
    method = xai.RelevancePropagation(composite="epsilon_plus_flat")
    found, expected = (
        method(xai.wrap(network, input_shape=(2, 6, 6)), x, xai.Logit(1)).values for network in (apart, together)
    )
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_relevance_does_not_start_from_probabilities_that_hide_their_logits():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(4, 1)

        def forward(self, x):
            return torch.sigmoid(self.dense(x)) * 1.0

    model = xai.wrap(Hidden(), bounds=None, outputs="probabilities")
    x = np.ones((1, 4), np.float32)
    with pytest.raises(ValueError, match="logits cannot be reached"):
        xai.RelevancePropagation()(model, x, xai.Margin(1, 0))


class TwoWays(nn.Module):
    """Two branches, at one of which is cut; what joins them sees the other one too."""

    def __init__(self, join):
        super().__init__()
        torch.manual_seed(0)
        self.here, self.around, self.head = nn.Linear(6, 5), nn.Linear(6, 5), nn.Linear(5, 3)
        self.join = join

    def forward(self, x):
        around = self.around(x)
        return self.head(self.join(self.here(x), around * torch.ones_like(around)))


def test_the_larger_of_a_point_and_a_branch_around_it_compares_both_with_their_references():
    x, reference = np.random.default_rng(0).normal(size=(2, 8, 6)).astype(np.float32)
    network = TwoWays(torch.maximum)
    found = (
        xai.wrap(network, bounds=None, input_shape=(6,)).at("here").propagate(x, target(3, 1), Rescaled(), reference)
    )
    with torch.no_grad():
        (u, v), (r, s) = [
            (network.here(one).numpy(), network.around(one).numpy()) for one in map(torch.from_numpy, (x, reference))
        ]
        weights = network.head.weight[1].numpy()
    o, p = np.maximum(u, v), np.maximum(r, s)
    between = np.maximum(o, p)
    expected = weights * ((u > v) * (between - p) + (r > s) * (o - between)) / (u - r)
    np.testing.assert_allclose(found.gradients, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rules", [Rescaled(), Relevance(Epsilon(), Epsilon())], ids=["rescaled", "relevance"])
def test_a_branch_around_the_point_is_no_constant(rules):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    reference = np.zeros_like(x) if isinstance(rules, Rescaled) else None
    join = TwoWays(lambda z, around: z.where(around > 0, torch.zeros(())))
    cut = xai.wrap(join, bounds=None, input_shape=(6,)).at("here")
    with pytest.raises(ValueError, match="several arguments depend on the input"):
        cut.propagate(x, target(3, 1), rules, reference)


@pytest.mark.parametrize(
    "join",
    [torch.mul, lambda z, around: torch.einsum("bi,bi->bi", z, around)],
    ids=["product", "sum of products"],
)
def test_a_product_with_a_branch_around_the_point_is_one_of_two_signals(join):
    x, reference = np.random.default_rng(0).normal(size=(2, 4, 6)).astype(np.float32)
    network = TwoWays(join)
    cut = xai.wrap(network, bounds=None, input_shape=(6,)).at("here")
    found = cut.propagate(x, target(3, 1), Rescaled(), reference).gradients
    with torch.no_grad():
        around, there = (network.around(torch.from_numpy(one)).numpy() for one in (x, reference))
        here = network.here(torch.from_numpy(x)).numpy()
        weights, bias = network.head.weight[1].numpy(), network.head.bias[1].item()
    np.testing.assert_allclose(found, weights * (around + there) / 2, rtol=1e-4)
    found = cut.propagate(x, target(3, 1), Relevance(Epsilon(), Epsilon())).gradients
    parts = weights * here * around
    score = (parts.sum(axis=1) + bias)[:, None]
    np.testing.assert_allclose(found, parts * score / (score + STABILISER * np.sign(score)) / 2, atol=1e-5)


def test_what_is_changed_in_place_is_the_input_no_longer():
    torch.manual_seed(0)
    parts = nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    rules = Relevance(Epsilon(), Epsilon(), first=Flat())
    apart, in_place = (
        xai.wrap(nn.Sequential(nn.ReLU(inplace=changes), *parts), bounds=None, input_shape=(6,)) for changes in (0, 1)
    )
    found, expected = (model.at(None).propagate(x, target(3, 1), rules).gradients for model in (in_place, apart))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_differences_want_a_reference_for_each_input():
    cut = xai.wrap(nn.Linear(6, 3), bounds=None, input_shape=(6,)).at(None)
    x = np.ones((4, 6), np.float32)
    with pytest.raises(ValueError, match="expected one for each input"):
        cut.propagate(x, target(3, 1), Rescaled())
    with pytest.raises(ValueError, match=r"shape \(1, 6\); expected that of the inputs"):
        cut.propagate(x, target(3, 1), Rescaled(), x[:1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_rules_in_other_precisions(x, dtype):
    exact = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.LazyLinear(4)))
    exact(torch.zeros(1, *SHAPE))
    other = copy.deepcopy(exact).to(dtype)
    for rule in (Epsilon(), Gamma(), ZPlus(), Flat()):
        found, expected = (back(network, x, Relevance(rule, rule)).gradients for network in (other, exact))
        tolerance = {torch.float16: 2e-2, torch.bfloat16: 0.2, torch.float64: 1e-4}[dtype]
        np.testing.assert_allclose(found, expected, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("between", [torch.Tensor.contiguous, lambda z: z.clamp(0, 9) * 1.5 / 1.5, lambda z: z.flip(2)])
def test_padding_stays_padding_where_it_is_moved_or_changed_number_by_number(x, between):
    class Padded(nn.Sequential):
        def forward(self, z):
            return super().forward(between(F.pad(z, (1, 1, 1, 1))) if self[0].padding == (0, 0) else between(z))

    torch.manual_seed(0)
    inside = Padded(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.LazyLinear(4))
    inside(torch.zeros(1, *SHAPE))
    before = copy.deepcopy(inside)
    before[0].padding = (0, 0)
    flat = Relevance(Epsilon(), Flat())
    found, expected = (back(network, abs(x), flat).gradients for network in (before, inside))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_cannot_be_followed_is_not_said_to_have_no_rectifier():
    network = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(network, torch.zeros(1, 6))
    model = xai.wrap(lambda x: traced(x), backend="torch", input_shape=(6,))
    with pytest.raises(ValueError, match="does not cover a function that cannot be followed"):
        xai.GuidedBackpropagation()(model, np.full(6, 0.5, np.float32))
