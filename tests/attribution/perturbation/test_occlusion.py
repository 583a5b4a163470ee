import itertools

import numpy as np
import pytest

import xai_widgets as xai


def occlusion(model, x, target, window, stride, filling):
    """Occlusion as its definition says, one window after the other."""
    height, width = x.shape[1:]
    total, covered = np.zeros((height, width)), np.zeros((height, width))
    score = model.polynomial(x[None])[0, target]
    for top in range(0, height - window + stride, stride):
        for left in range(0, width - window + stride, stride):
            place = np.s_[top : top + window, left : left + window]
            hidden = x.copy()
            hidden[:, *place] = filling[:, *place]
            total[place] += score - model.polynomial(hidden[None])[0, target]
            covered[place] += 1
    return total / covered


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (2, 1), (3, 2), (4, 4), (5, 3), (6, 6)])
def test_occlusion_equals_its_definition(polynomial, picture, window, stride):
    model = polynomial()
    result = xai.Occlusion(window=window, stride=stride, baseline=0.4)(model, picture, xai.Logit(1))
    expected = occlusion(model, picture, 1, window, stride, np.full_like(picture, 0.4))
    np.testing.assert_allclose(result.values, np.broadcast_to(expected, picture.shape), rtol=1e-5, atol=1e-6)
    assert result.evaluations == model.rows
    assert np.isnan(result.gap)


@pytest.mark.parametrize("baseline", ["black", "white", "mean", "blur"])
def test_occlusion_fills_with_the_baseline(polynomial, picture, baseline):
    from scipy.ndimage import gaussian_filter

    fillings = {
        "black": np.zeros_like(picture),
        "white": np.ones_like(picture),
        "mean": np.broadcast_to(picture.mean(axis=(1, 2), keepdims=True), picture.shape),
        "blur": np.stack([gaussian_filter(plane, 0.6) for plane in picture]),
    }
    model = polynomial()
    result = xai.Occlusion(window=3, stride=1, baseline=baseline)(model, picture, xai.Logit(1))
    expected = occlusion(model, picture, 1, 3, 1, fillings[baseline])
    np.testing.assert_allclose(result.values[0], expected, rtol=1e-5, atol=1e-6)


def test_on_vectors_the_window_counts_features(polynomial):
    model, x = polynomial(shape=(7,), bounds=None), np.arange(7.0)
    result = xai.Occlusion(window=1, stride=1, baseline=0)(model, x, xai.Logit(2))
    np.testing.assert_allclose(result.values, model.linear[2] * x + model.square[2] * x**2 / 2, rtol=1e-5)
    assert result.map.shape == (7,)


def test_planes_without_channels(polynomial):
    model = polynomial(shape=(5, 5), input_layout="height, width")
    result = xai.Occlusion(window=5, stride=5)(model, np.ones((5, 5)), xai.Logit(2))
    np.testing.assert_allclose(result.values, model.linear[2].sum() + model.square[2].sum() / 2, rtol=1e-6)


def test_estimates_go_from_coarse_to_fine(polynomial):
    """Every estimate covers the whole picture, each place with the drop of the nearest window visited."""
    model = polynomial(shape=(1, 16, 16))
    model.square[:] = 0
    model.linear[:] = np.add.outer(np.arange(16.0), np.arange(16.0))
    x = np.ones((1, 16, 16))
    exact = xai.Occlusion(window=1, stride=1)(model, x, xai.Logit(0)).values
    model = polynomial(shape=(1, 16, 16))
    model.square[:] = 0
    model.linear[:] = np.add.outer(np.arange(16.0), np.arange(16.0))
    estimates = list(xai.Occlusion(window=1, stride=1).stream(model, x, xai.Logit(0)))
    errors = [np.abs(estimate.values - exact).mean() for estimate in estimates]
    assert estimates[0].evaluations <= 0.1 * estimates[0].planned
    assert errors[0] < 0.5 * np.abs(exact - exact.mean()).mean()
    assert errors[-1] < 1e-5
    assert all(after <= before + 1e-6 for before, after in itertools.pairwise(errors))


def test_quantities_other_than_logits(polynomial, picture):
    model = polynomial()
    result = xai.Occlusion(window=6, stride=6, baseline="white")(model, picture, xai.Margin(0, 1))
    hidden = picture.copy()
    hidden[:, :, :6] = 1
    scores = model.polynomial(np.stack([picture, hidden]))
    drop = (scores[0] - scores[1]) @ [1, -1, 0, 0]
    assert result.values[0, 0, 0] == pytest.approx(drop, rel=1e-5)
