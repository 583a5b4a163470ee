"""What the map of a method that covers elements together shows: the drop, once, whatever the number of channels."""

import numpy as np
import pytest

import xai_widgets as xai

SHAPE = (3, 4, 6)
COVERING = [
    xai.FeatureAblation(features="squares", size=2, baseline=0.25),
    xai.Occlusion(window=2, stride=2, baseline=0.25),
    xai.ExactShapley(features="squares", size=2, baseline=0.25),
    xai.ShapleySampling(features="squares", size=2, baseline=0.25),
    xai.KernelShap(features="squares", size=2, baseline=0.25, samples=62),
]


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("method", COVERING, ids=lambda method: method.name)
def test_on_colours_the_map_is_what_the_square_takes_away(polynomial, method, single):
    """Of an additive model that is the sum of what its elements do, for all of these methods."""
    model = polynomial(shape=SHAPE)
    batch = np.random.default_rng(0).uniform(0, 1, (2, *SHAPE))
    found = method(model, batch[0] if single else batch, xai.Logit(1))
    for row, x in enumerate(batch[:1] if single else batch):
        shown = found.map if single else found.map[row]
        for top in range(0, SHAPE[1], 2):
            for left in range(0, SHAPE[2], 2):
                covered = x.copy()
                covered[:, top : top + 2, left : left + 2] = 0.25
                drop = np.diff(model.scores(np.stack([covered, x]))[:, 1]).item()
                assert shown[top : top + 2, left : left + 2] == pytest.approx(np.full((2, 2), drop), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", [xai.FeatureAblation, xai.ExactShapley], ids=lambda kind: kind.name)
def test_each_feature_of_a_pixel_counts_once(polynomial, kind):
    """Red and green are one feature, blue is another: a pixel shows the sum of the two."""
    model = polynomial(shape=SHAPE)
    x = np.random.default_rng(0).uniform(0, 1, SHAPE)
    numbers = np.array([7, 7, 3])[:, None, None]
    found = kind(features=numbers, baseline=0.25)(model, x, xai.Logit(1))
    drops = []
    for feature in (7, 3):
        covered = np.where(np.broadcast_to(numbers, SHAPE) == feature, 0.25, x)
        drops.append(np.diff(model.scores(np.stack([covered, x]))[:, 1]).item())
    np.testing.assert_allclose(found.map, np.full(SHAPE[1:], sum(drops)), rtol=1e-5)
