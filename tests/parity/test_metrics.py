"""Metrics beside Captum's on the same draws, and one framework beside the other."""

import copy

import captum.metrics
import numpy as np
import pytest
import torch
from scipy import stats

import xai_widgets as xai
from xai_widgets.answers.registry import REGISTRY

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


@pytest.mark.parametrize("metric", [xai.Deletion, xai.Insertion])
def test_curves_are_those_of_a_loop(pair, agreement, metric):
    """The definition written out: rank the pixels, equals in random orders, cover the first of them, ask again."""
    x, steps, method = pair.channels_first[0], 8, xai.Occlusion(window=3, stride=3)
    found = metric(steps=steps, fill="black", ties=3)(pair.torch, x, method=method, quantity=xai.Logit(1))
    plane = found.judged.map
    curves = np.zeros((steps + 1, 3))
    for order in range(3):
        random = np.random.default_rng((0, order, 3)).permutation(plane.size)
        ranked = random[np.argsort(-plane.ravel()[random], kind="stable")]
        for node in range(steps + 1):
            count = round(node / steps * plane.size)
            gone = np.zeros(plane.size, bool)
            gone[ranked[:count] if metric is xai.Deletion else ranked[count:]] = True
            left = np.where(gone.reshape(plane.shape), 0, x).astype(np.float32)
            curves[node, order] = pair.torch.probabilities(left[None])[0, 1]
    area = np.trapezoid(curves.mean(axis=1), dx=1 / steps)
    agreement(metric.name, "loop", found.curve, curves.mean(axis=1), tolerance=1e-5)
    agreement(metric.name, "loop", found.value, area, tolerance=1e-5)


def test_localisation_is_what_its_parts_are_defined_as(pair, agreement):
    judged = xai.IntegratedGradients(steps=8)(pair.torch, pair.channels_first[0], quantity=xai.Logit(1))
    mask = np.zeros(judged.map.shape, bool)
    mask[2:9, 3:8] = True
    found, plane = xai.Localisation(mask)(judged), np.maximum(judged.map, 0)
    agreement("localisation", "definition", found.energy, plane[mask].sum() / plane.sum(), tolerance=1e-6)
    order = np.argsort(-judged.map.ravel(), kind="stable")
    hits = mask.ravel()[order]
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    agreement("localisation", "definition", found.average_precision, precision[hits].mean(), tolerance=1e-6)


def test_randomisation_is_the_rank_correlation_with_the_map_of_a_network_that_forgot(pair, agreement):
    """There is no parity: what a layer was before its training, each framework draws in its own way."""
    x, method = pair.channels_first[0], xai.Saliency()
    found = xai.ParameterRandomisation(draws=1, depths=3, seed=4)(pair.torch, x, method=method, quantity=xai.Logit(1))
    here = method(pair.torch, x, quantity=xai.Logit(1)).map
    layers = list(pair.torch.resets().layers[::-1])
    groups = [list(group) for group in np.array_split(layers, min(3, len(layers)))]
    expected = []
    for depth in range(len(groups)):
        forgetful = pair.torch.randomised([layer for group in groups[: depth + 1] for layer in group], 4)
        there = method(forgetful, x, quantity=xai.Logit(1)).map
        expected.append(stats.spearmanr(here.ravel(), there.ravel()).statistic)
    agreement("parameter_randomisation", "SciPy", found.signed_spearman, np.array(expected), tolerance=1e-6)


@pytest.mark.parametrize("method", METHODS[:2], ids=repr)
def test_invariance_in_both_frameworks(pair, agreement, method):
    one, other = pairs(pair, xai.InputInvariance(shift=-0.5), method)
    agreement("input_invariance", "parity", 1 + one.value, 1 + other.value, tolerance=1e-3)


def test_what_multiplies_by_the_input_changes_by_as_much_as_the_input(pair, agreement):
    """Input x gradient: (x + s) g - x g = s g, as a part of x g."""
    x = pair.channels_first[0]
    found = xai.InputInvariance(shift=-0.5)(pair.torch, x, method=xai.InputXGradient(), quantity=xai.Logit(1))
    gradient = xai.ask(pair.torch, x, xai.Logit(1)).gradients(x)
    expected = np.linalg.norm(0.5 * gradient) / np.linalg.norm(x * gradient)
    agreement("input_invariance", "closed form", found.value, expected, tolerance=1e-4)


@pytest.mark.parametrize("metric", REGISTRY["evaluation"].values(), ids=lambda metric: metric.name)
def test_whether_it_gets_better_while_one_waits(pair, agreement, metric):
    given = {"mask": np.ones(pair.torch.input.layout.grid, bool)} if metric is xai.Localisation else {}
    stream = metric(**given).stream(pair.torch, pair.channels_first[0], method=xai.Saliency(), quantity=xai.Logit(1))
    found = [one.final for one in stream]
    assert found[-1]
    if len(found) > 1:
        agreement.note(metric.name, "stream", "several", True)


def pairs(pair, metric, method):
    return [
        metric(model, x, method=method, quantity=xai.Logit(1))
        for model, x in ((pair.torch, pair.channels_first), (pair.keras, pair.channels_last))
    ]
