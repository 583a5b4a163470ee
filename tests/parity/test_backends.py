"""The same network gives the same explanation in PyTorch and in Keras."""

import re

import numpy as np
import pytest

import xai_widgets as xai

METHODS = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=10),
    xai.IntegratedGradients(steps=5, baseline="blur"),
    xai.SmoothGrad(samples=6, sigma=0.1),
    xai.Occlusion(window=5, stride=3, baseline="mean"),
    xai.Influence(distribution=xai.Gaussian(samples=4), statistic="variance"),
]
QUANTITIES = [
    None,
    xai.Logit(2),
    xai.Probability(1),
    xai.LogProbability([0, 1, 2]),
    xai.Margin(3, 4),
]


def agree(one, other, tolerance=1e-4, rounding=0.0):
    """Assert that two arrays differ by at most `tolerance` of the largest magnitude, and the rounding of what they are
    differences of."""
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= tolerance * np.abs(other).max() + rounding


def first(values):
    """Bring a Keras result into the layout of PyTorch."""
    return np.moveaxis(values, -1, 1) if values.ndim == 4 else values


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_methods(pair, method, agreement):
    ours, theirs = method(pair.torch, pair.channels_first), method(pair.keras, pair.channels_last)
    rounding = 4 * np.finfo(np.float32).eps * np.abs(ours.score).max() if method.family == "perturbation" else 0
    agreement(method.name, "parity", first(theirs.values), ours.values, rounding=rounding)
    agree(ours.map, theirs.map, rounding=3 * rounding)
    agree(ours.score, theirs.score)
    np.testing.assert_allclose(ours.gap, theirs.gap, atol=1e-4)
    assert ours.evaluations == theirs.evaluations


@pytest.mark.parametrize("method", [xai.BoundarySaliency(), xai.BoundaryIntegratedGradients(steps=4)], ids=repr)
def test_boundaries(pair, method, agreement):
    """Both find the same points, or say of the same inputs that there is none."""
    try:
        ours = method(pair.torch, pair.channels_first)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            method(pair.keras, pair.channels_last)
        return
    theirs = method(pair.keras, pair.channels_last)
    agreement(
        method.name, "parity", first(theirs.values), ours.values, 2e-3
    )  # the points agree within the last step of the bisection
    assert ours.evaluations == theirs.evaluations


@pytest.mark.parametrize("quantity", QUANTITIES, ids=repr)
def test_quantities(pair, quantity, agreement):
    method = xai.IntegratedGradients(steps=4)
    ours, theirs = method(pair.torch, pair.channels_first, quantity), method(pair.keras, pair.channels_last, quantity)
    agreement("quantities", "parity", first(theirs.values), ours.values)
    agree(ours.score, theirs.score)


def test_the_top_class_rather_than_one_that_is_never_top(pair, agreement):
    never_top = int(pair.torch.scores(pair.channels_first).max(axis=0).argmin())
    test_quantities(pair, xai.Margin(None, never_top), agreement)


def test_a_function_of_the_scores(pair):
    quantity = xai.Custom(lambda scores: scores[:, 0] ** 2 - 3 * scores[:, 1])
    ours = xai.Saliency()(pair.torch, pair.channels_first, quantity)
    theirs = xai.Saliency()(pair.keras, pair.channels_last, quantity)
    agree(ours.values, first(theirs.values))


@pytest.mark.parametrize(
    "method",
    [
        xai.Saliency(),
        xai.InputXGradient(),
        xai.IntegratedGradients(steps=6),
        xai.IntegratedGradients(steps=6, latent_baseline="zero"),
        xai.SmoothGrad(samples=3),
    ],
    ids=repr,
)
def test_layers(pair, method, agreement):
    for ours, theirs in pair.layers.items():
        one = method(pair.torch, pair.channels_first, xai.Logit(1), layer=ours)
        other = method(pair.keras, pair.channels_last, xai.Logit(1), layer=theirs)
        agreement("layer", "parity", first(other.values), one.values)
        agree(one.map, other.map)


def test_slices_between_layers(pair):
    """A channel or a unit of a layer, explained by the input and by every layer before it."""
    names = list(pair.layers.items())
    for place, (ours, theirs) in enumerate(names):
        shape = pair.torch.at(ours).shape
        unit = tuple(size // 2 for size in shape)
        unit_last = (*unit[1:], unit[0])
        for quantities in [
            (xai.Channel(ours, 3), xai.Channel(theirs, 3)),
            (xai.Unit(ours, unit), xai.Unit(theirs, unit_last)),
        ]:
            for below in [(None, None), *names[:place]]:
                one = xai.InputXGradient()(pair.torch, pair.channels_first, quantities[0], layer=below[0])
                other = xai.InputXGradient()(pair.keras, pair.channels_last, quantities[1], layer=below[1])
                agree(one.values, first(other.values))
                agree(one.score, other.score)


def test_single_inputs(pair):
    ours = xai.IntegratedGradients(steps=8)(pair.torch, pair.channels_first[0])
    theirs = xai.IntegratedGradients(steps=8)(pair.keras, pair.channels_last[0])
    agree(np.moveaxis(ours.values, 0, -1), theirs.values)
    assert ours.score == pytest.approx(theirs.score, rel=1e-4)
