"""Surrogates and Shapley values in both backends, and against Captum on the same samples."""

import math

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLinearRegression, SkLearnRidge
from captum.attr import LimeBase, ShapleyValues, ShapleyValueSampling
from torch import nn

import xai_widgets as xai
from tests.later import keras
from xai_widgets.attribution.features import features_for
from xai_widgets.attribution.surrogates.coalitions import Permutations
from xai_widgets.attribution.surrogates.regression import KernelSamples, LocalSamples

SQUARES = {"features": "squares", "size": 6, "baseline": 0.4}
FEATURES = 6
METHODS = [
    xai.Lime(size=4, samples=100),
    xai.KernelShap(size=4, samples=100),
    xai.ShapleySampling(size=4, samples=5),
    xai.ExactShapley(size=6),
]
NOTHING = np.zeros(1)


@pytest.fixture
def case(pair):
    """A picture for Captum: the network, the picture, the filling and the mask."""
    x = torch.tensor(pair.channels_first[:1])
    mask = torch.tensor(features_for(pair.channels_first[:1], "squares", 6, pair.torch).labels.copy())
    return pair.torch_net.eval(), x, torch.full_like(x, 0.4), mask


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_both_backends_agree(pair, agreement, method):
    ours = method(pair.torch, pair.channels_first, xai.Margin(2, 1))
    theirs = method(pair.keras, pair.channels_last, xai.Margin(2, 1))
    agreement(method.name, "parity", np.moveaxis(ours.values, 1, -1), theirs.values)
    if ours.standard_error is not None:
        error = np.moveaxis(ours.standard_error, 1, -1)
        agreement(method.name, "parity", error, theirs.standard_error, scale=np.abs(theirs.values).max())
    if ours.fidelity is not None:
        agreement(method.name, "parity", ours.fidelity, theirs.fidelity)


def by_captum(case, present, weight, model):
    """Captum's LIME on these samples."""
    net, x, filling, mask = case
    samples = iter(torch.tensor(present.astype(np.float32)))
    lime = LimeBase(
        net,
        model,
        similarity_func=lambda original, perturbed, interpretable: weight(interpretable.mean().item()),
        perturb_func=lambda original: next(samples)[None],
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda row, original: torch.where(row[0][mask].bool(), original, filling),
        to_interp_rep_transform=None,
    )
    return lime.attribute(x, target=2, n_samples=len(present)).numpy()[0]


def spread(case, shares):
    return shares[case[3].numpy()[0]]


def test_lime_is_captums_on_the_same_samples(pair, case, agreement):
    method = xai.Lime(samples=80, seed=1, ridge=0.5, **SQUARES)
    present = LocalSamples(FEATURES, NOTHING, NOTHING, 80, 1, method.locality, 0.5).draw(0, 80)

    def weight(share):
        return torch.tensor(math.exp(-(1 - share) / 0.75**2))

    shares = by_captum(case, present, weight, SkLearnRidge(alpha=0.5))
    ours = method(pair.torch, pair.channels_first[0], xai.Logit(2))
    agreement("lime", "Captum", ours.values, spread(case, shares))


def test_kernel_shap_is_captums_regression_on_all_coalitions(pair, case, agreement):
    every = KernelSamples(FEATURES, NOTHING, NOTHING, 62, 0, paired=True).draw(0, 62)
    present = np.vstack([every, np.zeros((1, FEATURES), bool), np.ones((1, FEATURES), bool)])

    def weight(share):
        inside = round(share * FEATURES)
        if inside in (0, FEATURES):
            return torch.tensor(1e6)
        return torch.tensor((FEATURES - 1) / (math.comb(FEATURES, inside) * inside * (FEATURES - inside)))

    shares = by_captum(case, present, weight, SkLearnLinearRegression())
    ours = xai.KernelShap(samples=100, **SQUARES)(pair.torch, pair.channels_first[0], xai.Logit(2))
    agreement("kernel_shap", "Captum", ours.values, spread(case, shares))


@pytest.mark.slow
def test_exact_values_are_captums(pair, case, agreement):
    net, x, filling, mask = case
    theirs = ShapleyValues(net).attribute(x, filling, target=2, feature_mask=mask, perturbations_per_eval=32)
    for method in (xai.ExactShapley(**SQUARES), xai.KernelShap(samples=100, **SQUARES)):
        ours = method(pair.torch, pair.channels_first[0], xai.Logit(2))
        agreement(method.name, "Captum", ours.values, theirs[0].numpy())


@pytest.mark.parametrize("sampling", ["antithetic", "independent"])
def test_shapley_sampling_is_captums_on_the_same_orders(pair, case, agreement, sampling):
    net, x, filling, mask = case
    orders = Permutations(FEATURES, NOTHING, NOTHING, 7, 3, sampling == "antithetic")
    captum = ShapleyValueSampling(net)
    captum.permutation_generator = lambda features, samples: (orders.order(i).tolist() for i in range(samples))
    theirs = captum.attribute(x, filling, target=2, feature_mask=mask, n_samples=7)
    method = xai.ShapleySampling(samples=7, seed=3, sampling=sampling, **SQUARES)
    ours = method(pair.torch, pair.channels_first[0], xai.Logit(2))
    agreement("shapley_sampling", "Captum", ours.values, theirs[0].numpy())


TABLE_METHODS = [
    xai.Lime(ridge=0, samples=100, baseline=0.5),
    xai.KernelShap(samples=100, baseline=0.5),
    xai.ShapleySampling(samples=4, baseline=0.5),
    xai.ExactShapley(baseline=0.5),
]


@pytest.fixture
def linear():
    """The same linear model of a table in both frameworks, and its weights."""
    torch_net = nn.Linear(7, 3)
    keras_net = keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)])
    weight = torch_net.weight.detach().numpy()
    keras_net.layers[0].set_weights([weight.T, torch_net.bias.detach().numpy()])
    models = xai.wrap(torch_net, input_shape=(7,), bounds=None), xai.wrap(keras_net, bounds=None)
    return *models, weight


@pytest.mark.parametrize("method", TABLE_METHODS, ids=lambda method: method.name)
def test_of_a_linear_table_each_column_has_its_own_term(linear, agreement, method):
    *models, weight = linear
    rows = np.random.default_rng(8).normal(size=(4, 7)).astype(np.float32)
    for model in models:
        result = method(model, rows, xai.Logit(1))
        agreement(method.name, "closed form", result.values, weight[1] * (rows - 0.5))
        if result.fidelity is not None:
            agreement(method.name, "closed form", result.fidelity, np.ones(4))


@pytest.fixture
def reader():
    """The same small network of words in both frameworks."""
    words = ["<pad>", *"abcdefgh"]

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.dense, self.head = nn.Embedding(9, 4), nn.Linear(4, 8), nn.Linear(8, 2)

        def forward(self, ids):
            return self.head(torch.tanh(self.dense(self.embed(ids))).amax(dim=1))

    torch.manual_seed(1)
    torch_net = Reader()
    inputs = keras.Input((6,), dtype="int32")
    embed, dense, head = keras.layers.Embedding(9, 4), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(2)
    keras_net = keras.Model(inputs, head(keras.layers.GlobalMaxPooling1D()(dense(embed(inputs)))))
    embed.set_weights([torch_net.embed.weight.detach().numpy()])
    for ours, theirs in ((torch_net.dense, dense), (torch_net.head, head)):
        theirs.set_weights([ours.weight.detach().numpy().T, ours.bias.detach().numpy()])
    return [xai.wrap(net, vocabulary=words, padding=0, input_shape=(6,)) for net in (torch_net, keras_net)]


@pytest.mark.parametrize("method", [xai.Lime(), xai.KernelShap(), xai.ShapleySampling(), xai.ExactShapley()])
def test_places_of_a_text_are_players_whose_absence_is_the_padding(reader, agreement, method):
    ids = np.array([1, 4, 5, 2, 8, 0])
    ours, theirs = (method(model, ids, xai.Margin(1, 0)) for model in reader)
    agreement(method.name, "parity", ours.values, theirs.values)
    assert ours.values.shape == (6,)
    if method.name != "lime":
        assert abs(ours.values[-1]) < 1e-5 * np.abs(ours.values).max(), "where the padding is, nothing comes or goes"


@pytest.fixture(scope="module")
def tables():
    """A network of rows of a table with the same weights in both frameworks, and rows whose columns go together."""
    random = np.random.default_rng(0)
    torch.manual_seed(0)
    dense = [nn.Linear(4, 8), nn.Linear(8, 2)]
    keras_net = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(2, name="scores")]
    )
    for layer, ours in zip(keras_net.layers, dense, strict=True):
        layer.set_weights([ours.weight.detach().numpy().T, ours.bias.detach().numpy()])
    torch_net = nn.Sequential(dense[0], nn.Tanh(), dense[1])
    rows = (random.normal(size=(60, 4)) @ random.normal(size=(4, 4))).astype(np.float32)
    return [xai.wrap(net, input_shape=(4,), bounds=None, outputs="logits") for net in (torch_net, keras_net)], rows


@pytest.mark.parametrize(
    "options", [("marginal", "gaussian"), ("conditional", "gaussian"), ("conditional", "empirical")]
)
@pytest.mark.parametrize("make", [xai.ExactShapley, xai.ShapleySampling, xai.KernelShap])
def test_both_backends_agree_on_what_without_means(tables, agreement, make, options):
    (ours, theirs), rows = tables
    without, conditional = options
    method = make(without=without, conditional=conditional, background=rows, draws=20)
    one, other = (method(model, rows[:2], xai.Logit(1)) for model in (ours, theirs))
    agreement(method.name, "parity", one.values, other.values)
    agreement(method.name, "parity", one.standard_error, other.standard_error, scale=np.abs(one.values).max())
