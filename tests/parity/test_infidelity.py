"""Infidelity beside Captum's on the same draws, and one framework beside the other."""

import copy

import captum.metrics
import numpy as np
import pytest
import torch
from captum.metrics import infidelity_perturb_func_decorator

import xai_widgets as xai
from xai_widgets.evaluation.perturbation import perturbed

METRIC = xai.Infidelity(samples=24, sigma=0.2, seed=1)


@pytest.fixture
def double(pair):
    """The network in double precision, wrapped and bare: a drop is a small difference of large numbers."""
    network = copy.deepcopy(pair.torch_net).double().eval()
    return xai.wrap(network, input_shape=pair.torch.input_shape), network


def captum_infidelity(network, judged, perturb, normalize=False):
    """What Captum says of the single input of an explanation."""
    found = captum.metrics.infidelity(
        network,
        perturb,
        torch.from_numpy(judged.question.batch),
        torch.from_numpy(judged.values[None].astype(np.float64)),
        target=1,
        n_perturb_samples=METRIC.samples,
        normalize=normalize,
    )
    return found.item()


@pytest.mark.parametrize("method", [xai.Saliency(), xai.SmoothGrad(samples=5)], ids=repr)
def test_slopes(pair, double, agreement, method):
    model, network = double
    judged = method(model, pair.channels_first[0].astype(np.float64), xai.Logit(1))
    found, draws = METRIC(judged), perturbed(judged, 0.2, 1, 0, METRIC.samples)
    drawn = tuple(torch.from_numpy(one[:, 0]) for one in (draws.taken, draws.left))
    agreement("infidelity", "Captum", found.value, captum_infidelity(network, judged, lambda x: drawn), 1e-6)
    best = captum_infidelity(network, judged, lambda x: drawn, normalize=True)
    agreement("infidelity", "Captum", found.unexplained * found.terms[0, 3], best, 1e-6)


@pytest.mark.parametrize("method", [xai.IntegratedGradients(steps=8), xai.DeepLift()], ids=repr)
def test_contributions(pair, double, agreement, method):
    model, network = double
    judged = method(model, pair.channels_first[0].astype(np.float64), xai.Logit(1))
    found, draws = METRIC(judged), perturbed(judged, 0.2, 1, 0, METRIC.samples)
    left = torch.from_numpy(draws.left[:, 0])

    @infidelity_perturb_func_decorator(True)
    def perturb(x, baselines=None):
        return left

    agreement("infidelity", "Captum", found.value, captum_infidelity(network, judged, perturb), 1e-6)


@pytest.mark.parametrize(
    "method",
    [
        xai.Saliency(),
        xai.IntegratedGradients(steps=8),
        xai.ExpectedGradients(samples=5),
        xai.ExactShapley(features="squares", size=8),
        xai.InputXGradient(),
    ],
    ids=repr,
)
def test_both_frameworks_agree(pair, agreement, method):
    one = METRIC(pair.torch, pair.channels_first, method=method, quantity=xai.Logit(1))
    other = METRIC(pair.keras, pair.channels_last, method=method, quantity=xai.Logit(1))
    agreement("infidelity", "parity", one.value, other.value, scale=one.terms[:, 3].max())
    np.testing.assert_allclose(one.unexplained, other.unexplained, atol=1e-3)


@pytest.mark.parametrize(
    "method", [xai.IntegratedGradients(steps=8), xai.LatentInfluence(steps=8), xai.GradCam()], ids=repr
)
def test_both_frameworks_agree_at_layers(pair, agreement, method):
    for ours, theirs in pair.layers.items():
        if not type(method).fits_layer(pair.torch.at(ours)):
            continue
        one = METRIC(pair.torch, pair.channels_first, method=method, quantity=xai.Logit(1), layer=ours)
        other = METRIC(pair.keras, pair.channels_last, method=method, quantity=xai.Logit(1), layer=theirs)
        agreement("infidelity", "parity", one.value, other.value, scale=one.terms[:, 3].max(), tolerance=1e-3)


def test_slopes_of_a_layer_are_refused(pair):
    layer = next(iter(pair.layers))
    with pytest.raises(ValueError, match="no range that sigma could be a fraction of"):
        METRIC(pair.torch, pair.channels_first, method=xai.Saliency(), layer=layer)
