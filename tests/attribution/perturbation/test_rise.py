import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

import xai_widgets as xai
from xai_widgets.attribution.upsampling import gathered, interpolated
from xai_widgets.render.overlay import bilinear


def all_masks(cells, plane, probability):
    """Every mask of RISE with its probability: all grids and all shifts, interpolated by SciPy."""
    sides = [-(-length // cells) for length in plane]
    places = [(np.arange((cells + 1) * side) + 0.5) * cells / ((cells + 1) * side) - 0.5 for side in sides]
    where = np.stack(np.meshgrid(*places, indexing="ij"))
    for grid in itertools.product([0.0, 1.0], repeat=cells**2):
        chance = np.prod([probability if cell else 1 - probability for cell in grid])
        large = ndimage.map_coordinates(np.reshape(grid, (cells, cells)), where, order=1, mode="nearest")
        for down, right in itertools.product(range(sides[0]), range(sides[1])):
            yield chance / np.prod(sides), large[down : down + plane[0], right : right + plane[1]]


def expected_value(model, x, target, baseline, cells, probability):
    """The sum over all masks of their probability, the score and the mask, over E[M] = p."""
    total = np.zeros(x.shape[1:])
    for chance, mask in all_masks(cells, x.shape[1:], probability):
        total += chance * model.polynomial((baseline + mask * (x - baseline))[None])[0, target] * mask
    return total / probability


@pytest.mark.parametrize("pairs", ["opposite", "independent"])
@pytest.mark.parametrize("probability", [0.5, 0.3])
def test_converges_to_the_expected_value(polynomial, picture, probability, pairs):
    """Within its standard errors, which are the right ones: not too small, not too large."""
    model = polynomial()
    model.square[:] = 0
    expected = expected_value(model, picture, 1, 0.2, 2, probability)
    apart = []
    for seed in range(8):
        method = xai.Rise(samples=400, cells=2, probability=probability, baseline=0.2, pairs=pairs, seed=seed)
        result = method(model, picture, xai.Logit(1))
        apart.append((result.values - expected) / result.standard_error)
    assert np.abs(apart).max() < 5
    assert np.abs(np.mean(apart, axis=0)).max() < 3.5 / np.sqrt(8)
    assert 0.6 < np.sqrt(np.mean(np.square(apart))) < 1.5


@pytest.mark.slow
def test_the_expected_value_is_reached(polynomial, picture, agreement):
    model = polynomial()
    result = xai.Rise(samples=20000, cells=2)(model, picture, xai.Logit(1))
    expected = expected_value(model, picture, 1, 0.0, 2, 0.5)
    agreement("rise", "closed form", result.values, np.broadcast_to(expected, picture.shape), tolerance=0.03)


@pytest.mark.slow
def test_on_vectors_each_element_is_a_cell(polynomial):
    """Of a linear model the value is f(baseline) + w d of its own + p times that of all others."""
    model, x = polynomial((5,), bounds=None), np.arange(1.0, 6.0)
    model.square[:] = 0
    result = xai.Rise(samples=8000, baseline=0.5, probability=0.4)(model, x, xai.Logit(1))
    worth = model.linear[1] * (x - 0.5)
    expected = 0.5 * model.linear[1].sum() + 0.4 * worth.sum() + 0.6 * worth
    assert np.abs((result.values - expected) / result.standard_error).max() < 4


@pytest.mark.parametrize("samples", [1, 2, 7])
@pytest.mark.parametrize("pairs", ["opposite", "independent"])
def test_equals_the_weighted_sum_of_its_masks(polynomial, picture, samples, pairs, agreement):
    """Also where the last pair is not complete, and for every input of a batch alike."""
    model, batch = polynomial(), np.stack([picture, 1 - picture])
    method = xai.Rise(samples=samples, cells=3, probability=0.6, pairs=pairs, baseline=0.1, seed=4)
    result = method(model, batch, xai.Logit([1, 2]))
    masks = method.masks(result.question).draw(0, samples)
    total = np.zeros((2, 6, 8))
    for mask in masks:
        scores = model.polynomial(0.1 + mask * (batch - 0.1))[[0, 1], [1, 2]]
        total += scores[:, None, None] * mask
    expected = np.broadcast_to((total / samples / 0.6)[:, None], batch.shape)
    agreement("rise", "definition", result.values, expected)
    centred = expected[:, 0] - expected[:, 0].mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(result.map, centred, atol=1e-5)
    assert result.evaluations == 2 * (1 + samples)


def test_masks_are_smooth_whole_and_of_the_right_mean(polynomial, picture):
    for probability in (0.2, 0.5):
        method = xai.Rise(cells=3, probability=probability)
        masks = method.masks(method.ask(polynomial(), picture)).draw(0, 4000)
        assert masks.shape == (4000, 6, 8)
        assert masks.min() >= 0
        assert masks.max() <= 1
        np.testing.assert_allclose(masks.mean(axis=0), probability, atol=0.04)


def test_samples_nest_and_pairs_are_opposite(polynomial, picture):
    drawn = {}
    for samples in (10, 40):
        method = xai.Rise(samples=samples, cells=3)
        drawn[samples] = method.masks(method.ask(polynomial(), picture)).draw(0, 10)
    np.testing.assert_array_equal(drawn[10], drawn[40])
    np.testing.assert_allclose(drawn[10][::2] + drawn[10][1::2], 1)


def test_results_do_not_depend_on_the_chunks(polynomial, picture):
    found = []
    for chunk in (1, 3, 16):
        model = polynomial()
        model.at(None).chunk = lambda kind, chunk=chunk: chunk
        found.append(xai.Rise(samples=33)(model, picture, xai.Logit(1)))
        assert model.largest_chunk <= chunk
    for other in found[1:]:
        np.testing.assert_allclose(other.values, found[0].values, rtol=1e-6)
        np.testing.assert_allclose(other.standard_error, found[0].standard_error, rtol=1e-5)


@pytest.mark.slow
def test_opposite_masks_lower_the_error_at_equal_cost(polynomial, picture):
    model = polynomial()
    expected = expected_value(model, picture, 1, 0.0, 2, 0.5)
    errors = {
        pairs: np.mean(
            [
                (
                    xai.Rise(samples=64, cells=2, pairs=pairs, seed=seed)(model, picture, xai.Logit(1)).values[0]
                    - expected
                )
                ** 2
                for seed in range(40)
            ]
        )
        for pairs in ("opposite", "independent")
    }
    assert errors["opposite"] < 0.8 * errors["independent"]


def test_stops_when_it_is_precise_enough(polynomial, picture):
    estimates = list(xai.Rise(samples=5000, tolerance=0.05).stream(polynomial(), picture, xai.Logit(1)))
    last = estimates[-1]
    assert last.final
    assert 20 < last.evaluations < 4000
    assert last.planned == last.evaluations
    assert last.standard_error.max() <= 0.05 * np.abs(last.values).max()
    assert not any(estimate.final for estimate in estimates[:-1])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_samples(polynomial, picture):
    peaks = {}
    for samples in (64, 64, 1024):  # The first run fills what is kept.
        tracemalloc.start()
        for estimate in xai.Rise(samples=samples).stream(polynomial(), picture):
            del estimate
        peaks[samples] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[1024] < 1.2 * peaks[64]


def test_interpolation_and_its_transpose():
    matrices = [bilinear(3, 7), bilinear(4, 9)]
    generator = np.random.default_rng(0)
    grids, planes = generator.normal(size=(2, 3, 4)), generator.normal(size=(2, 7, 9))
    np.testing.assert_allclose(matrices[0].sum(axis=1), 1)
    one = (interpolated(grids, matrices) * planes).sum()
    assert one == pytest.approx((grids * gathered(planes, matrices)).sum())


def test_bad_options_are_refused(polynomial, picture):
    for options in ({"probability": 0}, {"samples": 0}, {"cells": 0}, {"pairs": "triples"}):
        with pytest.raises(ValueError, match="expected"):
            xai.Rise(**options)
    with pytest.raises(ValueError, match="bounds=None"):
        xai.Rise()(polynomial(bounds=None), picture)


@pytest.mark.parametrize("pairs", ["opposite", "independent"])
def test_where_it_stops_does_not_depend_on_the_chunks(polynomial, picture, pairs):
    found = []
    for chunk in (1, 5, 16):
        model = polynomial()
        model.at(None).chunk = lambda kind, chunk=chunk: chunk
        found.append(xai.Rise(samples=2000, tolerance=0.07, pairs=pairs)(model, picture, xai.Logit(1)))
    assert found[0].evaluations < 2000
    for other in found[1:]:
        assert other.evaluations == found[0].evaluations
        np.testing.assert_allclose(other.values, found[0].values, rtol=1e-6)
