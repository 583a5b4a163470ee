"""The PyTorch adapter against closed forms, autograd by hand and Captum; and that it leaves networks alone."""

import copy
import functools
import threading
import warnings

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.objective import Objective
from xai_widgets.models.wrap import wrap

F = nn.functional
SHAPE = (3, 12, 12)


class Residual(nn.Module):
    """Everything that makes a network hard to cut: skips, reuse, functional calls, in-place work, dropout, views."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.body = nn.Conv2d(6, 6, 3, padding=1)
        self.drop = nn.Dropout(0.5)
        self.side = nn.Linear(3, 4)
        self.head = nn.Linear(6 * 6 * 6, 4)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        h = self.relu(self.norm(self.stem(x)))
        h = F.max_pool2d(self.relu(h + self.body(h)), 2)
        return self.head(self.drop(h.view(h.size(0), -1))) + self.side(x.mean((2, 3)))


def sequential():
    return nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(125, 4)
    )


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return np.random.default_rng(1).random((3, *SHAPE), np.float32)


def trained(net):
    """Give batch statistics that are not those of a fresh network, and leave it in training mode."""
    net.train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(8, *SHAPE) * 3)
    return net


def one(index, count=4):
    return Objective(np.eye(1, count, index, dtype=np.float32))


def by_hand(net, x, index, link=lambda scores: scores):
    """The gradient of one output by autograd, on a copy of the network in evaluation mode."""
    inputs = torch.tensor(x, requires_grad=True)
    link(copy.deepcopy(net).eval()(inputs))[:, index].sum().backward()
    return inputs.grad.numpy()


def state(net):
    """All that must not change."""
    tensors = [*net.parameters(), *net.buffers()]
    return (
        [(id(t), t.data_ptr(), t.requires_grad, t.grad, t.stride(), t.dtype, t._version) for t in tensors],
        [t.detach().clone() for t in tensors],
        [
            (id(m), m.training, *(dict(getattr(m, h)) for h in ("_forward_hooks", "_backward_hooks")))
            for m in net.modules()
        ],
        [sorted(vars(m)) for m in net.modules()],
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_rng_state().tolist(),
    )


def assert_unchanged(net, before):
    after = state(net)
    assert after[0] == before[0]
    assert all(torch.equal(a, b) for a, b in zip(after[1], before[1], strict=True))
    assert after[2:] == before[2:]


# What it computes.


def test_linear_network_has_its_weights_as_gradient():
    net = nn.Sequential(nn.Linear(5, 3))
    x = np.random.default_rng(0).random((2, 5), np.float32)
    model = wrap(net, bounds=None)
    assert model.input_shape == (5,)
    weights, bias = (p.detach().numpy() for p in net.parameters())
    np.testing.assert_allclose(model.scores(x), x @ weights.T + bias, rtol=1e-5)
    found = model.at(None).differentiate(x, Objective(np.array([[1.0, 0, -2]])))
    np.testing.assert_allclose(found.gradients, np.tile(weights[0] - 2 * weights[2], (2, 1)), rtol=1e-5)
    np.testing.assert_allclose(found.values, found.scores @ [1, 0, -2], rtol=1e-5)
    assert found.activations is x


@pytest.mark.parametrize("make", [Residual, sequential])
@pytest.mark.parametrize("link", ["identity", "softmax", "log_softmax"])
def test_input_gradients_are_those_of_autograd_in_evaluation_mode(make, link, x):
    net = trained(make())
    model = wrap(net, input_shape=SHAPE)
    found = model.at(None).differentiate(x, Objective(np.eye(1, 4, 2), link))
    function = {"identity": lambda s: s, "softmax": lambda s: s.softmax(1), "log_softmax": lambda s: s.log_softmax(1)}
    np.testing.assert_allclose(found.gradients, by_hand(net, x, 2, function[link]), atol=1e-6)
    with torch.no_grad():
        np.testing.assert_allclose(found.scores, copy.deepcopy(net).eval()(torch.tensor(x)), atol=1e-6)
    np.testing.assert_allclose(
        model.at(None).evaluate(x, Objective(np.eye(1, 4, 2), link)).values, found.values, atol=1e-6
    )


def test_weights_may_differ_by_row(x):
    net = sequential()
    found = wrap(net, input_shape=SHAPE).at(None).differentiate(x, Objective(np.eye(4)[[1, 3, 0]]))
    expected = [by_hand(net, x[i : i + 1], index)[0] for i, index in enumerate((1, 3, 0))]
    np.testing.assert_allclose(found.gradients, expected, atol=1e-6)


def test_top_is_the_largest_score_of_each_row(x):
    model = wrap(sequential(), input_shape=SHAPE)
    objective = Objective(np.eye(1, 4, 1) * -2, top=True)
    found = model.at(None).differentiate(x, objective)
    expected = model.at(None).differentiate(x, objective.fixed(found.scores))
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6)
    np.testing.assert_allclose(found.gradients, expected.gradients, atol=1e-6)
    np.testing.assert_allclose(found.values, found.scores.max(1) - 2 * found.scores[:, 1], rtol=1e-5)


@pytest.mark.parametrize("layer", ["stem", "norm", "relu:0", "body", "relu:1", "drop"])
def test_layer_gradients_and_activations_are_captums(layer, x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    name, _, call = layer.partition(":")
    plain = copy.deepcopy(net).eval()
    if call:  # Captum cannot tell the calls of a module apart: give it a network that has one module for each.
        plain.again = nn.ReLU()
        plain.forward = functools.partial(unrolled, plain)
        name = {"0": "relu", "1": "again"}[call]
    plain.relu.inplace = False
    module = plain.get_submodule(name)
    expected = captum.attr.LayerGradientXActivation(plain, module, multiply_by_inputs=False)
    gradient = expected.attribute(torch.tensor(x), target=1).detach()
    activation = captum.attr.LayerActivation(plain, module).attribute(torch.tensor(x)).detach()
    cut = model.at(layer)
    assert cut.shape == tuple(activation.shape[1:])
    found = cut.differentiate(x, one(1))
    np.testing.assert_allclose(found.gradients, gradient, atol=1e-6)
    np.testing.assert_allclose(found.activations, activation, atol=1e-6)
    np.testing.assert_allclose(cut.activations(x), activation, atol=1e-6)
    np.testing.assert_allclose(found.scores, model.scores(x), atol=1e-6)


def unrolled(net, x):
    h = net.relu(net.norm(net.stem(x)))
    h = F.max_pool2d(net.again(h + net.body(h)), 2)
    return net.head(net.drop(h.flatten(1))) + net.side(x.mean((2, 3)))


def test_latent_line_integrates_to_captums_layer_integrated_gradients(x):
    net = sequential().eval()
    net[1].inplace = False
    cut = wrap(net, input_shape=SHAPE).at("2")
    start, end = cut.activations(np.zeros_like(x)), cut.activations(x)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    gradients = sum(
        w / 2 * cut.differentiate(x, one(3), start + (end - start) * np.float32((1 + t) / 2)).gradients
        for t, w in zip(nodes, weights, strict=True)
    )
    expected = captum.attr.LayerIntegratedGradients(net, net[2]).attribute(torch.tensor(x), target=3, n_steps=8)
    np.testing.assert_allclose(gradients * (end - start), expected.detach(), atol=1e-5)


def test_latent_takes_the_place_of_the_output_while_the_skip_still_sees_x(x):
    net = trained(Residual())
    cut = wrap(net, input_shape=SHAPE).at("drop")
    latent = np.random.default_rng(2).normal(size=(3, 216)).astype(np.float32)
    found = cut.differentiate(x, one(2), latent)
    expected = net.head(torch.tensor(latent)) + net.side(torch.tensor(x).mean((2, 3)))
    np.testing.assert_allclose(found.scores, expected.detach(), atol=1e-5)
    np.testing.assert_array_equal(found.activations, latent)
    np.testing.assert_allclose(found.gradients, net.head.weight.detach()[2].expand(3, -1), atol=1e-6)
    np.testing.assert_allclose(cut.evaluate(x, one(2), latent).scores, found.scores, atol=1e-6)
    with pytest.raises(InputError, match=r"latent has shape \(1, 216\); expected .*\(3, 216\)"):
        cut.evaluate(x, one(2), latent[:1])


def test_latent_at_the_input_is_the_input(x):
    model = wrap(sequential(), input_shape=SHAPE)
    other = x[::-1].copy()
    found = model.at(None).evaluate(x, one(0), other)
    np.testing.assert_allclose(found.scores, model.scores(other), atol=1e-6)
    assert found.activations is other


def test_objective_at_a_layer_stops_there(x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    weights = np.random.default_rng(3).normal(size=(1, 6, 12, 12))
    found = model.at(None).differentiate(x, Objective(weights, layer="body"))
    plain = copy.deepcopy(net).eval()
    inputs = torch.tensor(x, requires_grad=True)
    body = plain.body(F.relu(plain.norm(plain.stem(inputs))))
    values = (body * torch.tensor(weights, dtype=torch.float32)).sum((1, 2, 3))
    values.sum().backward()
    np.testing.assert_allclose(found.values, values.detach(), atol=1e-4)
    np.testing.assert_allclose(found.gradients, inputs.grad, atol=1e-5)
    assert found.scores.shape == (3, 0)
    between = model.at("norm").differentiate(x, Objective(weights, layer="body"))
    assert between.gradients.shape == (3, 6, 12, 12)
    np.testing.assert_allclose(between.values, found.values, atol=1e-4)
    itself = model.at("body").differentiate(x, Objective(weights, layer="body"))
    np.testing.assert_allclose(itself.gradients, np.broadcast_to(weights, (3, 6, 12, 12)), rtol=1e-6)


@pytest.mark.parametrize(
    ("cut", "objective"), [("body", "stem"), ("drop", "body"), ("side", "drop"), ("body", "relu:0")]
)
def test_objective_that_the_cut_does_not_feed_names_both_layers(cut, objective, x):
    model = wrap(Residual(), input_shape=SHAPE)
    weights = np.ones((1, *model.at(objective).shape))
    with pytest.raises(InputError, match=f"'{objective}' does not depend on the layer '{cut}'"):
        model.at(cut).differentiate(x, Objective(weights, layer=objective))


def test_function_of_the_scores(x):
    net = sequential()
    cut = wrap(net, input_shape=SHAPE).at(None)
    found = cut.differentiate(x, Objective(np.zeros((1, 4)), function=lambda s: s[:, 0] * s[:, 1]))
    s = found.scores
    expected = s[:, 0, None, None, None] * by_hand(net, x, 1) + s[:, 1, None, None, None] * by_hand(net, x, 0)
    np.testing.assert_allclose(found.values, s[:, 0] * s[:, 1], rtol=1e-5)
    np.testing.assert_allclose(found.gradients, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda s: s, r"returned a tensor of shape \(3, 4\); expected a tensor of shape \(3,\)"),
        (lambda s: s.sum(), r"shape \(\)"),
        (lambda s: 1.0, "returned a float"),
        (lambda s: s[:, 7], "failed on scores of shape .*IndexError"),
        (lambda s: s.detach()[:, 0], "do not depend differentiably"),
        (lambda s: s.new_zeros(3), "do not depend differentiably"),
    ],
)
def test_function_that_does_not_fit_is_refused(function, message, x):
    cut = wrap(sequential(), input_shape=SHAPE).at(None)
    with pytest.raises(InputError, match=message):
        cut.differentiate(x, Objective(np.zeros((1, 4)), function=function))


class Before(nn.Module):
    """A network that does something before its first layer, or beside it."""

    def __init__(self, before, beside=lambda x: 0):
        super().__init__()
        self.inner, self.before, self.beside = sequential(), before, beside

    def forward(self, x):
        return self.inner(self.before(x)) + self.beside(x)


@pytest.mark.parametrize(
    ("make", "entry"),
    [
        (sequential, "0"),
        (lambda: Before(lambda x: x), "inner.0"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(432, 4)), None),
        (Residual, None),
        (lambda: Before(lambda x: x.clamp(0, 2)), None),
        (lambda: Before(lambda x: x.clamp_(0, 2)), None),
        (lambda: Before(lambda x: x, lambda x: F.relu(x - 5).mean((1, 2, 3))[:, None]), None),
        (lambda: nn.Sequential(nn.Dropout(), sequential()), "1.0"),
    ],
)
def test_pooled_gradients_are_sums_of_gradients(make, entry, x):
    model = wrap(trained(make()), input_shape=SHAPE, preprocess={"mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]})
    assert model._shadow.entry == entry
    x = np.concatenate([x, x * x, x[:, ::-1]])
    pool = np.random.default_rng(4).normal(size=(2, 9))
    weights = Objective(np.random.default_rng(5).normal(size=(9, 4)))
    for cut in (model.at(None), model.at(model.layers[0])):
        single, pooled = cut.differentiate(x, weights), cut.differentiate(x, weights, pool=pool)
        expected = np.tensordot(pool, single.gradients, 1)
        np.testing.assert_allclose(pooled.gradients, expected, atol=1e-5)
        np.testing.assert_allclose(pooled.values, single.values, atol=1e-6)
        np.testing.assert_allclose(pooled.scores, single.scores, atol=1e-6)
    assert not any(module._forward_hooks for module in model._shadow.network.modules())


def test_pooled_gradients_go_back_through_the_first_layer_once(x, monkeypatch):
    model = wrap(sequential(), input_shape=SHAPE)
    shadow, rows = model._shadow, []
    enter = shadow.enter
    monkeypatch.setattr(shadow, "enter", lambda prepared: rows.append(len(prepared)) or enter(prepared))
    model.at(None).differentiate(x, one(1), pool=np.ones((1, 3)))
    assert rows == [1]


@pytest.mark.parametrize("make", [Residual, sequential])
def test_convolutions_get_pictures_channels_last_in_memory_even_before_a_view(make, x):
    model = wrap(make(), input_shape=SHAPE)
    convolution = next(m for m in model._shadow.network.modules() if isinstance(m, nn.Conv2d))
    seen = []
    convolution.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].stride()))
    model.scores(x)
    assert seen == [(432, 1, 36, 3)]


def test_activations_are_not_the_students_memory():
    class Position(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.rand(5))

        def forward(self, x):
            return self.table.expand(len(x), 5)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.position, self.head = Position(), nn.Linear(5, 2)

        def forward(self, x):
            return self.head(x + self.position(x))

    net = Net()
    x = np.ones((1, 5), np.float32)
    cut = wrap(net, input_shape=(5,)).at("position")
    for found in (cut.activations(x), cut.evaluate(x, one(0, 2)).activations):
        assert not np.shares_memory(found, net.position.table.detach().numpy())


def test_network_may_work_in_place_on_its_input(x):
    class Rude(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = sequential()

        def forward(self, x):
            return self.inner(x.sub_(0.5).relu_())

    kept = x.copy()
    found = wrap(Rude(), input_shape=SHAPE).at(None).differentiate(x, one(0))
    np.testing.assert_array_equal(x, kept)
    assert np.all(found.gradients[x < 0.5] == 0)
    assert np.any(found.gradients != 0)


def test_read_only_and_strided_arrays_are_taken(x):
    model = wrap(sequential(), input_shape=SHAPE)
    expected = model.at(None).evaluate(x, one(0)).scores
    x.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # How many rows go through at a time, and a row's place among them, may change the last bit of its sums.
        np.testing.assert_allclose(model.at(None).evaluate(x, one(0)).scores, expected, atol=1e-6)
        np.testing.assert_allclose(model.at(None).evaluate(x[::-1], one(0)).scores, expected[::-1], atol=1e-6)


# Layers.


def test_layers_are_listed_in_the_order_of_execution():
    expected = ["stem", "norm", "relu:0", "body", "relu:1", "drop", "head", "side"]
    assert wrap(Residual(), input_shape=SHAPE).layers == expected
    assert "relu" in wrap(Residual()).layers  # Before the first input, by registration.


def test_containers_are_layers_too():
    assert wrap(nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Linear(3, 2))).layers == [
        "0.0",
        "0.1",
        "0",
        "1",
    ]


def test_reused_module_wants_the_number_of_the_call():
    with pytest.raises(InputError, match="'relu' is called 2 times; name one of the calls: 'relu:0', 'relu:1'"):
        wrap(Residual(), input_shape=SHAPE).at("relu")


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 6, batch_first=True)
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def test_layer_that_puts_out_a_tuple_is_refused_and_the_rest_works():
    net = Recurrent()
    model = wrap(net, input_shape=(7, 5), bounds=None)
    assert model.layers == ["head"]
    with pytest.raises(InputError, match="'lstm' cannot be used: it puts out a tuple"):
        model.at("lstm")
    x = np.random.default_rng(0).random((2, 7, 5), np.float32)
    np.testing.assert_allclose(model.at(None).differentiate(x, one(1)).gradients, by_hand(net, x, 1), atol=1e-6)


def test_layers_that_cannot_be_found_are_refused(x):
    model = wrap(Residual(), input_shape=SHAPE)
    with pytest.raises(InputError, match="'unused' cannot be used: it is not run"):
        model.at("unused")
    with pytest.raises(InputError, match=r"no layer 'sten'. Did you mean 'stem'"):
        model.at("sten")
    with pytest.raises(InputError, match="give wrap"):
        wrap(Residual()).at("stem")


def test_transformer_layers(x):
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    net = nn.Sequential(nn.TransformerEncoder(encoder, 2), nn.Flatten(), nn.Linear(40, 4)).eval()
    x = np.random.default_rng(0).random((2, 5, 8), np.float32)
    model = wrap(net, input_shape=(5, 8))
    np.testing.assert_allclose(model.at(None).differentiate(x, one(1)).gradients, by_hand(net, x, 1), atol=1e-6)
    found = model.at("0.layers.0.linear1").differentiate(x, one(1))
    module = net[0].layers[0].linear1
    expected = captum.attr.LayerGradientXActivation(net, module, multiply_by_inputs=False)
    np.testing.assert_allclose(found.gradients, expected.attribute(torch.tensor(x), target=1).detach(), atol=1e-6)


# What the network puts out.


def logits(net, x):
    with torch.no_grad():
        return copy.deepcopy(net).eval()(torch.tensor(x)).numpy()


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.Softmax(dim=-1), nn.LogSoftmax(dim=1)])
def test_final_softmax_module_is_left_out(last, x):
    body = sequential()
    net = nn.Sequential(body, last)
    model = wrap(net, input_shape=SHAPE)
    assert model.outputs == "logits"
    np.testing.assert_allclose(model.scores(x), logits(body, x), atol=1e-5)
    assert "1" not in model.layers
    with pytest.raises(InputError, match="left out"):
        model.at("1")
    assert wrap(net, input_shape=SHAPE, outputs="probabilities").outputs == "logits"
    assert isinstance(net[1], type(last))
    assert not net[1]._forward_hooks


def test_values_leave_the_softmax_in(x):
    net = nn.Sequential(sequential(), nn.Softmax(dim=1))
    model = wrap(net, input_shape=SHAPE, outputs="values")
    np.testing.assert_allclose(model.scores(x), logits(net, x), atol=1e-6)


class Ends(nn.Module):
    """A network that ends in a function."""

    def __init__(self, end, outputs=4):
        super().__init__()
        self.inner = sequential()
        self.last = nn.Linear(4, outputs)
        self.end = end

    def forward(self, x):
        return self.end(self.last(self.inner(x)))


@pytest.mark.parametrize("end", [lambda z: z.softmax(1), lambda z: F.log_softmax(z, dim=1)])
def test_functional_softmax_gives_log_probabilities(end, x):
    net = Ends(end)
    model = wrap(net, input_shape=SHAPE)
    assert model.outputs == "probabilities"
    raw = Ends(lambda z: z)
    raw.load_state_dict(net.state_dict())
    np.testing.assert_allclose(model.scores(x), torch.tensor(logits(raw, x)).log_softmax(1), atol=1e-5)
    margin = model.at(None).differentiate(x, Objective(np.array([[1.0, -1, 0, 0]])))
    expected = by_hand(raw, x, 0) - by_hand(raw, x, 1)
    np.testing.assert_allclose(margin.gradients, expected, atol=1e-5)


def test_probability_of_zero_has_a_finite_logarithm(x):
    model = wrap(Ends(lambda z: (z * 1e4).softmax(1)), input_shape=SHAPE, outputs="probabilities")
    found = model.at(None).differentiate(x, one(0))
    assert np.isfinite(found.scores).all()
    assert found.scores.min() < -80


def test_single_sigmoid_module_gives_two_scores(x):
    net = nn.Sequential(Ends(lambda z: z, 1), nn.Sigmoid())
    model = wrap(net, input_shape=SHAPE, classes=["cat", "dog"])
    z = logits(net[0], x)
    assert model.outputs == "logits"
    np.testing.assert_allclose(model.scores(x), np.concatenate([0 * z, z], 1), atol=1e-6)
    np.testing.assert_allclose(model.probabilities(x)[:, 1:], logits(net, x), atol=1e-6)


@pytest.mark.parametrize("end", [torch.sigmoid, lambda z: z.sigmoid().squeeze(1)])
def test_single_functional_sigmoid_gives_two_log_probabilities(end, x):
    net = Ends(end, 1)
    model = wrap(net, input_shape=SHAPE)
    p = logits(net, x).reshape(3, 1)
    assert model.outputs == "probabilities"
    np.testing.assert_allclose(model.scores(x), np.log(np.concatenate([1 - p, p], 1)), atol=1e-5)


def test_single_output_without_sigmoid_is_a_value_unless_there_are_two_classes(x):
    net = Ends(lambda z: z, 1)
    assert wrap(net, input_shape=SHAPE).outputs == "values"
    np.testing.assert_allclose(wrap(net, input_shape=SHAPE).scores(x), logits(net, x), atol=1e-6)
    model = wrap(net, input_shape=SHAPE, classes=["no", "yes"])
    assert model.outputs == "logits"
    np.testing.assert_allclose(model.scores(x)[:, 1:], logits(net, x), atol=1e-6)
    assert wrap(net, input_shape=SHAPE, outputs="logits").output_count == 2


def test_independent_labels_are_values_unless_their_logits_are_asked_for(x):
    net = nn.Sequential(sequential(), nn.Sigmoid())
    assert wrap(net, input_shape=SHAPE).outputs == "values"
    np.testing.assert_allclose(wrap(net, input_shape=SHAPE).scores(x), logits(net, x), atol=1e-6)
    model = wrap(net, input_shape=SHAPE, outputs="logits")
    np.testing.assert_allclose(model.scores(x), logits(net[0], x), atol=1e-6)
    assert wrap(Ends(torch.sigmoid), input_shape=SHAPE).outputs == "values"


def test_softmax_inside_the_network_stays(x):
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.softmax = sequential(), nn.Softmax(dim=1)

        def forward(self, x):
            return self.softmax(self.inner(x) * self.softmax(self.inner(x)))

    net = Attending()
    model = wrap(net, input_shape=SHAPE)
    assert model.outputs == "probabilities"  # One module for both places: the last call alone cannot be left out.
    np.testing.assert_allclose(model.scores(x), np.log(logits(net, x)), atol=1e-5)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (lambda z: (z, z), r"a tuple of 2, in which several tensors could be meant; .*output=0\)"),
        (lambda z: {"scores": z.argmax(1)}, r"a dict with the keys 'scores'; expected a tensor of scores"),
        (lambda z: None, "puts out None"),
        (lambda z: z[:, :, None], r"shape \(4, 4, 1\); expected \(batch, outputs\).*sum\(\(2,\)\)"),
        (lambda z: z.argmax(1), "torch.int64.*argmax"),
        (lambda z: z.reshape(-1, 2), r"shape \(8, 2\) for 4 inputs"),
        (lambda z: z.squeeze(), r"shape \(4,\) for 1 input;.*squeeze"),
        (lambda z: z - z.mean(0), "mixes the inputs of a batch"),
        (lambda z: F.dropout(z, training=True), "different outputs for the same input"),
    ],
)
def test_output_that_cannot_be_explained_is_refused_by_name(end, message):
    with pytest.raises(UnsupportedModelError, match=message):
        wrap(Ends(end), input_shape=SHAPE)


def test_chance_is_seen_where_a_few_numbers_agree_by_chance():
    for seed in range(40):
        torch.manual_seed(seed)
        with pytest.raises(UnsupportedModelError, match="different outputs for the same input"):
            wrap(Ends(lambda z: F.dropout(z, 0.3, training=True)), input_shape=SHAPE)


def test_softmax_over_one_output_and_false_probabilities_are_refused():
    with pytest.raises(UnsupportedModelError, match="softmax over a single output"):
        wrap(nn.Sequential(Ends(lambda z: z, 1), nn.Softmax(dim=1)), input_shape=SHAPE)
    with pytest.raises(InputError, match="expected 1"):
        wrap(Ends(lambda z: z), input_shape=SHAPE, outputs="probabilities")
    with pytest.raises(InputError, match="from 0 to 1"):
        wrap(Ends(lambda z: z * 100 - 500, 1), input_shape=SHAPE, outputs="probabilities")


def test_nan_output_is_told(x):
    with pytest.raises(InputError, match="NaN or infinite"):
        wrap(Ends(lambda z: z * float("nan")), input_shape=SHAPE).scores(x)


def test_network_without_gradient_is_told_but_can_be_run(x):
    model = wrap(Ends(lambda z: z.detach()), input_shape=SHAPE)
    assert model.scores(x).shape == (3, 4)
    with pytest.raises(InputError, match="scores do not depend differentiably on the input"):
        model.at(None).differentiate(x, one(0))


def test_output_that_depends_on_weights_alone_is_told(x):
    weights = torch.rand(2, requires_grad=True)
    model = wrap(lambda t: weights.expand(len(t), 2), backend="torch", input_shape=SHAPE)
    with pytest.raises(InputError, match="scores do not depend differentiably on the input"):
        model.at(None).differentiate(x, one(0, 2))


# Inputs.


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_types_of_numbers(dtype, x):
    reference = wrap(sequential(), input_shape=SHAPE)
    net = copy.deepcopy(reference.network).to(dtype)
    model = wrap(net, input_shape=SHAPE)
    assert model.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    batch, _ = model.prepare(x)
    found = model.at(None).differentiate(batch, one(1))
    expected = reference.at(None).differentiate(x, one(1))
    assert found.gradients.dtype == model.dtype
    assert model.at("0").differentiate(batch, one(1)).activations.dtype == model.dtype
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6 if dtype == torch.float64 else 0.02)
    assert np.corrcoef(found.gradients.ravel(), expected.gradients.ravel())[0, 1] > 0.95


def test_bytes_are_cast(x):
    net = sequential()
    model = wrap(net, input_shape=SHAPE, bounds=(0, 255), preprocess={"mean": [0] * 3, "std": [255] * 3})
    pictures = (x * 255).astype(np.uint8)
    np.testing.assert_allclose(model.scores(pictures), logits(net, (pictures / 255).astype(np.float32)), atol=1e-5)


@pytest.mark.parametrize("kind", ["dict", "function"])
def test_preprocessing_runs_inside(kind, x):
    mean, std = np.float32([0.2, 0.3, 0.4]), np.float32([0.5, 1, 2])
    mean.flags.writeable = False  # As numbers from a file may be.
    columns = [torch.tensor(v).reshape(3, 1, 1) for v in (mean, std)]
    preprocess = {"mean": mean, "std": std} if kind == "dict" else lambda t: (t - columns[0]).div_(columns[1])
    net = sequential()
    model = wrap(net, input_shape=SHAPE, preprocess=preprocess)
    prepared = (x - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_allclose(model.scores(x), logits(net, prepared), atol=1e-6)
    found = model.at(None).differentiate(x, one(1))
    np.testing.assert_allclose(found.gradients, by_hand(net, prepared, 1) / std[:, None, None], atol=1e-6)


def test_preprocessing_that_does_not_fit_is_refused(x):
    with pytest.raises(InputError, match=r"2 numbers for mean.*has 3 channels"):
        wrap(sequential(), input_shape=SHAPE, preprocess={"mean": [0, 1]})
    with pytest.raises(InputError, match=r"preprocessing failed on an input of shape .*ZeroDivisionError"):
        wrap(sequential(), input_shape=SHAPE, preprocess=lambda t: 1 / 0)
    with pytest.raises(TypeError, match="preprocess returned None"):
        wrap(sequential(), input_shape=SHAPE, preprocess=lambda t: None)


def test_channels_last_inputs(x):
    net = sequential()

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net

        def forward(self, x):
            return self.inner(x.permute(0, 3, 1, 2))

    model = wrap(Last(), input_shape=(12, 12, 3), preprocess={"mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]})
    first = wrap(net, input_shape=SHAPE, preprocess={"mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]})
    found = model.at(None).differentiate(np.moveaxis(x, 1, -1), one(2))
    expected = first.at(None).differentiate(x, one(2))
    np.testing.assert_allclose(np.moveaxis(found.gradients, -1, 1), expected.gradients, atol=1e-6)
    assert (model.channel_axis, first.channel_axis) == (-1, 0)


def test_shape_is_found_from_the_first_picture(x):
    model = wrap(sequential())
    with pytest.raises(InputError, match=r"failed on an input of shape \(4, 3, 9, 9\): RuntimeError"):
        model.scores(np.zeros((3, 9, 9), np.float32))
    assert model.scores(x[0]).shape == (1, 4)
    assert model.input_shape == SHAPE


def test_error_inside_the_network_is_told_with_its_cause(x):
    net = sequential()
    model = wrap(net, input_shape=SHAPE)
    before = state(net)
    model._shadow.network[5].forward = lambda h: 1 / 0
    for run in (model.at(None).differentiate, model.at("0").evaluate):
        with pytest.raises(InputError, match=r"network failed on an input of shape \(3, 3, 12, 12\): Zero") as error:
            run(x, one(0))
        assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert not any(module._forward_hooks for module in model._shadow.network.modules())
    assert_unchanged(net, before)


# The student's network.


@pytest.mark.parametrize("make", [Residual, sequential])
def test_network_is_left_alone(make, x):
    net = trained(make())
    frozen, graded, *_ = net.parameters()
    frozen.requires_grad_(False)
    graded.grad = torch.ones_like(graded)
    before = state(net)
    model = wrap(net, input_shape=SHAPE)
    model.scores(x)
    for layer in (None, *model.layers):
        model.at(layer).differentiate(x, one(0))
        model.at(layer).activations(x)
    with pytest.raises(InputError):
        model.at(None).differentiate(x, Objective(np.zeros((1, 4)), function=lambda s: 1 / 0))
    assert_unchanged(net, before)


def test_shadow_costs_no_memory_and_leaves_nothing_behind(x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    model.at("body").differentiate(x, one(0))
    shadow = model._shadow.network
    for mine, its in ((shadow.parameters(), net.parameters()), (shadow.buffers(), net.buffers())):
        assert [t.data_ptr() for t in mine] == [t.data_ptr() for t in its]
    assert not any(p.requires_grad or p.grad is not None for p in shadow.parameters())
    assert not any(module.training or module._forward_hooks for module in shadow.modules())


def test_shadow_sees_training_go_on(x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    shadow = model._shadow
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    before = model.scores(x)
    F.cross_entropy(net(torch.tensor(x)), torch.tensor([0, 1, 2])).backward()
    optimiser.step()
    after = model.scores(x)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, logits(net, x), atol=1e-6)
    assert model._shadow is shadow


def change_type(net):
    net.double()


def assign_weights(net):
    net.load_state_dict({k: v.clone() * 2 for k, v in net.state_dict().items()}, assign=True)


def replace_module(net):
    net.head = nn.Linear(216, 4)


def replace_storage(net):
    net.stem.weight.data = net.stem.weight.data * 3


@pytest.mark.parametrize("change", [change_type, assign_weights, replace_module, replace_storage])
def test_shadow_is_made_anew_when_storage_moves(change, x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    before = model.scores(x)
    cut = model.at("stem")
    change(net)
    x = x.astype(model.dtype)
    after = model.scores(x)
    np.testing.assert_allclose(after, logits(net, x), atol=1e-6)
    assert change is change_type or np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(cut.differentiate(x, one(1)).scores, after, atol=1e-6)


def test_another_number_of_scores_asks_to_wrap_again(x):
    net = sequential()
    model, head = wrap(net, input_shape=SHAPE), net[-1]
    net[-1] = nn.Linear(head.in_features, 7)
    for _ in range(2):
        with pytest.raises(ValueError, match="had 4 scores and has 7 now; expected to wrap it again"):
            model.scores(x)
    net[-1] = head
    np.testing.assert_allclose(model.scores(x), logits(net, x), atol=1e-6)


def test_optimiser_may_step_between_the_way_there_and_back(x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)

    def meanwhile(scores):
        with torch.no_grad():
            for tensor in (*net.parameters(), net.norm.running_mean, net.norm.running_var):
                tensor.mul_(1.0)
        return scores[:, 1]

    found = model.at(None).differentiate(x, Objective(np.zeros((1, 4)), function=meanwhile))
    np.testing.assert_allclose(found.gradients, by_hand(net, x, 1), atol=1e-6)


def test_training_beside_explaining(x):
    net = trained(Residual())
    model = wrap(net, input_shape=SHAPE)
    errors = []

    def train():
        try:
            optimiser = torch.optim.Adam(net.parameters(), 1e-3)
            for _ in range(30):
                optimiser.zero_grad()
                F.cross_entropy(net(torch.tensor(x)), torch.tensor([0, 1, 2])).backward()
                optimiser.step()
                assert all(module.training for module in net.modules())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    while thread.is_alive():
        model.at(None).differentiate(x, one(1))
        model.at("body").differentiate(x, one(1))
    thread.join()
    assert errors == []
    assert all(p.grad is not None for n, p in net.named_parameters() if "unused" not in n)
    np.testing.assert_allclose(model.scores(x), logits(net, x), atol=1e-6)


def test_modes_of_the_caller_do_not_matter(x):
    net = sequential()
    model = wrap(net, input_shape=SHAPE)
    expected = model.at(None).differentiate(x, one(1))
    for mode in (torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16)):
        with mode:
            found = model.at(None).differentiate(x, one(1))
            fresh = wrap(net, input_shape=SHAPE).at("0").differentiate(x, one(1))
        np.testing.assert_allclose(found.gradients, expected.gradients, atol=1e-7)
        np.testing.assert_allclose(fresh.scores, expected.scores, atol=1e-6)


def test_weights_made_in_inference_mode(x):
    with torch.inference_mode():
        net = sequential()
    found = wrap(net, input_shape=SHAPE).at(None).differentiate(x, one(1))
    assert np.abs(found.gradients).max() > 0


def test_computed_weights_follow_training(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = sequential()
        old[0] = nn.utils.weight_norm(old[0])
    new, pruned, spectral = sequential(), sequential(), sequential()
    parametrizations.weight_norm(new[0])
    prune.l1_unstructured(pruned[0], "weight", 0.5)
    parametrizations.spectral_norm(spectral[5])
    for net in (old, new, pruned, spectral):
        net(torch.tensor(x))
        before = state(net)
        model = wrap(net, input_shape=SHAPE)
        assert_unchanged(net, before)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(1.5)
            net.eval()
            expected = net(torch.tensor(x)).numpy()
            net.train()
        np.testing.assert_allclose(model.scores(x), expected, atol=1e-6)


def test_buffer_written_in_evaluation_stays_the_students(x):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = sequential()
            self.register_buffer("calls", torch.zeros(()))
            self.register_buffer("scale", torch.ones(()))

        def forward(self, x):
            self.calls += 1
            return self.inner(x) * self.scale

    net = Counting()
    model = wrap(net, input_shape=SHAPE)
    model.scores(x)
    assert net.calls == 0
    net.scale.fill_(2.0)
    np.testing.assert_allclose(model.scores(x), 2 * logits(net.inner, x), atol=1e-6)


def test_students_hooks_are_left_out_with_a_warning(x):
    net = sequential()
    seen = []
    net[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    net[0].register_full_backward_hook(lambda module, grad_in, grad_out: seen.append(grad_out))
    before = state(net)
    with pytest.warns(UserWarning, match="Hooks on 0 are left out"):
        model = wrap(net, input_shape=SHAPE)
    model.at(None).differentiate(x, one(0))
    assert seen == []
    assert_unchanged(net, before)


def test_wrappers_are_looked_through(x):
    net = sequential()
    expected = logits(net, x)
    for outer in (nn.DataParallel(net), torch.compile(net, backend="eager")):
        model = wrap(outer, input_shape=SHAPE)
        assert model.layers[0] == "0"
        np.testing.assert_allclose(model.scores(x), expected, atol=1e-6)


def test_networks_that_cannot_be_shadowed_are_refused_by_name():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2))
    with pytest.raises(UnsupportedModelError, match=r"TorchScript.*backend='torch'"):
        wrap(nn.Sequential(scripted), input_shape=(2,))
    with pytest.raises(UnsupportedModelError, match=r"'0' .*not initialised yet; run one batch"):
        wrap(nn.Sequential(nn.LazyLinear(3)), input_shape=(2,))
    with pytest.raises(UnsupportedModelError, match="meta device"):
        wrap(nn.Linear(2, 2, device="meta"), input_shape=(2,))
    stuck = nn.Linear(2, 2)
    stuck.guard = threading.Lock()
    with pytest.raises(UnsupportedModelError, match=r"cannot be copied.*TypeError"):
        wrap(stuck, input_shape=(2,))


# Plain callables.


def test_callable_sees_the_input_alone(x):
    net = sequential().double().eval()
    model = wrap(lambda t: net(t)[:, :2], backend="torch", input_shape=SHAPE)
    assert model.layers == []
    assert model.dtype == np.float64
    found = model.at(None).differentiate(x.astype(np.float64), one(1, 2))
    np.testing.assert_allclose(found.gradients, by_hand(net, x.astype(np.float64), 1), atol=1e-10)
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert wrap(functools.partial(F.linear, weight=torch.eye(3)), backend="torch", input_shape=(3,)).output_count == 3


def test_callable_over_a_network_in_training_mode_is_refused(x):
    net = trained(Residual())
    before = state(net)
    for function in (lambda t: net(t), functools.partial(net.forward), net.forward):
        with pytest.raises(InputError, match=r"network \(Residual\) that is in training mode; call its eval\(\)"):
            wrap(function, backend="torch", input_shape=SHAPE)
    assert_unchanged(net, before)
