"""Metrics beside Captum's on the same draws, and one framework beside the other."""

import copy

import captum.metrics
import numpy as np
import pytest
import torch

import xai_widgets as xai

METHODS = [xai.Saliency(), xai.IntegratedGradients(steps=8), xai.Occlusion(window=4, stride=4)]


@pytest.mark.parametrize("draws", ["uniform", "corners"])
def test_sensitivity(pair, agreement, draws):
    """In double precision: rounding decides about rectifiers, by which slopes jump."""
    network = copy.deepcopy(pair.torch_net).double().eval()
    model = xai.wrap(network, input_shape=pair.torch.input_shape)
    metric = xai.SensitivityMax(samples=12, radius=0.05, draws=draws)
    x = pair.channels_first[:1].astype(np.float64)
    judged = xai.Saliency()(model, x, xai.Logit(1))
    neighbours = torch.from_numpy(np.ascontiguousarray(metric.neighbours(judged, 0, 12)[:, 0]))

    def slopes(inputs):
        x = inputs[0] if isinstance(inputs, tuple) else inputs
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            return (torch.autograd.grad(network(x)[:, 1].sum(), x)[0].contiguous(),)

    expected = captum.metrics.sensitivity_max(
        slopes, torch.from_numpy(x), perturb_func=lambda _: neighbours, n_perturb_samples=12
    )
    agreement("sensitivity_max", "Captum", metric(judged).values, expected)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_sensitivity_in_both_frameworks(pair, agreement, method):
    one, other = pairs(pair, xai.SensitivityMax(samples=6, radius=0.05), method)
    agreement("sensitivity_max", "parity", one.value, other.value, tolerance=1e-3)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-3)


@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize("metric", [xai.Deletion, xai.Insertion])
def test_curves_in_both_frameworks(pair, agreement, metric, method):
    one, other = pairs(pair, metric(steps=8, features="squares", size=4), method)
    agreement(one.method.name, "parity", one.curve, other.curve, tolerance=1e-3)
    agreement(one.method.name, "parity", one.value, other.value, tolerance=1e-3)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_localisation_in_both_frameworks(pair, agreement, method):
    mask = np.zeros(pair.torch.input.layout.grid, bool)
    mask[2:9, 3:8] = True
    one, other = pairs(pair, xai.Localisation(mask), method)
    agreement("localisation", "parity", one.energy, other.energy, tolerance=1e-3)
    np.testing.assert_allclose(one.average_precision, other.average_precision, atol=1e-3)


def pairs(pair, metric, method):
    return [
        metric(model, x, method=method, quantity=xai.Logit(1))
        for model, x in ((pair.torch, pair.channels_first), (pair.keras, pair.channels_last))
    ]
