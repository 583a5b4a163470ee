"""Methods that modify the input, on PyTorch against Captum and the definitions, and on Keras against PyTorch."""

import captum.attr
import numpy as np
import pytest
import torch

import xai_widgets as xai

TARGETS = [2, 0, 4]
GROUPS = np.random.default_rng(8).integers(0, 9, (16, 12, 3))

METHODS = [
    xai.Occlusion(window=5, stride=3, baseline="mean"),
    xai.FeatureAblation(features="squares", size=5, baseline=0.3),
    xai.FeatureAblation(features="superpixels", size=6, baseline="blur"),
    xai.FeatureAblation(features="channels"),
    pytest.param(
        xai.FeatureAblation(features="squares", size=6, loss=lambda scores: -scores[:, 1] + scores.max(axis=1)),
        id="FeatureAblation(loss=...)",
    ),
    xai.FeaturePermutation(features="squares", size=5, samples=3),
    xai.Rise(samples=40, cells=4, baseline="mean"),
    xai.Rise(samples=9, probability=0.3, pairs="independent"),
    # Few steps: of the residual network there is next to nothing to lose, and rounding grows on the way down. It begins
    # at the baseline, of which a plain one would tie in a max pooling.
    xai.MeaningfulPerturbation(steps=8, cells=5, baseline="blur"),
]
CONTRASTIVE = [
    xai.PertinentNegative(steps=25, searches=3),
    xai.PertinentPositive(steps=25, searches=3),  # of which some need nothing
    xai.PertinentPositive(steps=25, searches=3, confidence=0.05),
    xai.PertinentPositive(steps=25, searches=3, confidence=0.44),
]
QUANTITIES = [None, xai.Probability([1, 2, 3]), xai.Margin(3, 4)]


@pytest.fixture
def network(pair):
    """The network as Captum needs it: in evaluation mode."""
    training = pair.torch_net.training
    yield pair.torch_net.eval()
    pair.torch_net.train(training)


def first(values):
    """Bring a Keras result into the layout of PyTorch."""
    return np.moveaxis(values, -1, 1) if values.ndim == 4 else values


def rounding(result):
    """That of the scores in single precision, of which drops are differences."""
    return 4 * np.finfo(np.float32).eps * float(np.abs(result.score).max())


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_both_backends_agree(pair, method, agreement):
    ours, theirs = method(pair.torch, pair.channels_first), method(pair.keras, pair.channels_last)
    agreement(method.name, "parity", ours.values, first(theirs.values), rounding=rounding(ours))
    assert ours.evaluations == theirs.evaluations
    if ours.standard_error is not None:
        np.testing.assert_allclose(ours.standard_error, first(theirs.standard_error), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=repr)
@pytest.mark.parametrize("method", [METHODS[1], METHODS[6]], ids=repr)
def test_both_backends_agree_on_quantities(pair, method, quantity, agreement):
    ours = method(pair.torch, pair.channels_first, quantity)
    theirs = method(pair.keras, pair.channels_last, quantity)
    agreement(method.name, "parity", ours.values, first(theirs.values), rounding=rounding(ours))


@pytest.mark.parametrize("method", CONTRASTIVE, ids=repr)
def test_both_backends_agree_on_contrasts(pair, method, agreement):
    ours, theirs = method(pair.torch, pair.channels_first), method(pair.keras, pair.channels_last)
    np.testing.assert_array_equal(ours.found, theirs.found)
    np.testing.assert_array_equal(ours.label, theirs.label)
    np.testing.assert_array_equal(ours.label, pair.torch.scores(ours.altered).argmax(axis=1))
    agreement(method.name, "parity", ours.values, first(theirs.values))


def test_feature_ablation_in_groups_of_integers(pair, network, agreement):
    x, groups = torch.tensor(pair.channels_first), np.moveaxis(GROUPS, -1, 0)
    filling = np.random.default_rng(9).uniform(size=x.shape[1:]).astype(np.float32)
    expected = captum.attr.FeatureAblation(network).attribute(
        x, baselines=torch.tensor(filling)[None], target=TARGETS, feature_mask=torch.tensor(groups)[None]
    )
    ours = xai.FeatureAblation(features=groups, baseline=filling)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    agreement("feature_ablation", "Captum", ours.values, expected.detach(), rounding=rounding(ours))
    theirs = xai.FeatureAblation(features=GROUPS, baseline=np.moveaxis(filling, 0, -1))(
        pair.keras, pair.channels_last, xai.Logit(TARGETS)
    )
    agreement("feature_ablation", "parity", ours.values, first(theirs.values), rounding=rounding(ours))


def test_feature_ablation_of_a_loss(pair, network, agreement):
    """Captum's forward function may be a loss; ours sees the scores in NumPy."""
    x, groups = torch.tensor(pair.channels_first), np.moveaxis(GROUPS, -1, 0)
    labels = torch.tensor([1, 1, 3])

    def loss(inputs):
        return torch.nn.functional.cross_entropy(network(inputs), labels, reduction="none")

    def the_same(scores):
        return loss_of(torch.tensor(scores)).numpy()

    def loss_of(scores):
        return torch.nn.functional.cross_entropy(scores, labels, reduction="none")

    with torch.no_grad():
        expected = captum.attr.FeatureAblation(loss).attribute(x, feature_mask=torch.tensor(groups)[None])
    ours = xai.FeatureAblation(features=groups, loss=the_same)(pair.torch, pair.channels_first)
    agreement("feature_ablation", "Captum", ours.values, expected.detach(), rounding=rounding(ours))


def test_feature_permutation_with_our_permutations(pair, network, agreement):
    x, groups, count = torch.tensor(pair.channels_first), np.moveaxis(GROUPS, -1, 0), GROUPS.max() + 1
    expected, samples = 0, 3
    for shuffle in range(samples):
        numbers = iter(range(shuffle * count, (shuffle + 1) * count))

        def shuffled(inputs, mask, numbers=numbers):
            order = np.random.default_rng((7, next(numbers))).permutation(len(inputs))
            return torch.where(mask, inputs[torch.tensor(order)], inputs)

        attribute = captum.attr.FeaturePermutation(network, perm_func=shuffled).attribute
        expected = expected + attribute(x, target=TARGETS, feature_mask=torch.tensor(groups)[None]) / samples
    method = xai.FeaturePermutation(features=groups, samples=samples, seed=7)
    ours = method(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    agreement("feature_permutation", "Captum", ours.values, expected.detach(), rounding=rounding(ours))


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (5, 3)])
def test_occlusion(pair, network, window, stride, agreement):
    expected = captum.attr.Occlusion(network).attribute(
        torch.tensor(pair.channels_first),
        target=TARGETS,
        sliding_window_shapes=(3, window, window),
        strides=(3, stride, stride),
    )
    ours = xai.Occlusion(window=window, stride=stride)(pair.torch, pair.channels_first, xai.Logit(TARGETS))
    agreement("occlusion", "Captum", ours.values, expected.detach(), rounding=rounding(ours))
