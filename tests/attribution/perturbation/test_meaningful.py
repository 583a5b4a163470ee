import numpy as np
import pytest
from scipy import ndimage

import xai_widgets as xai
from xai_widgets.attribution.perturbation.meaningful import Adam, total_variation

SIDE = 24
PLACE = np.s_[6:14, 10:19]


@pytest.fixture
def planted(polynomial):
    """A network that answers class 1 for what is bright in one place, and looks nowhere else."""
    model = polynomial((3, SIDE, SIDE), outputs=2)
    model.square[:] = 0
    model.linear[:] = 0
    model.linear[1][:, *PLACE] = 0.1
    return model


@pytest.fixture
def bright():
    return np.random.default_rng(0).uniform(0.5, 1, size=(3, SIDE, SIDE))


def probability(model, x):
    scores = np.exp(model.polynomial(x[None])[0])
    return scores[1] / scores.sum()


def test_deletes_the_planted_feature_and_little_else(planted, bright):
    result = xai.MeaningfulPerturbation(baseline="black")(planted, bright, xai.Probability(1))
    hidden = bright * (1 - result.values)
    assert probability(planted, bright) > 0.99
    assert probability(planted, hidden) < 0.6  # With everything deleted it is 0.5.
    there = np.zeros((SIDE, SIDE), bool)
    there[PLACE] = True
    assert result.map[there].mean() > 0.8
    assert result.map[~ndimage.binary_dilation(there, iterations=2)].mean() < 0.05  # A cell is 24 / 14 pixels wide.
    assert 0 <= result.map.min() <= result.map.max() <= 1


@pytest.mark.parametrize("quantity", [xai.Logit(1), xai.Margin(1, 0), xai.LogProbability(1)])
def test_other_quantities_are_in_units_of_what_there_is_to_lose(planted, bright, quantity):
    result = xai.MeaningfulPerturbation(baseline="black")(planted, bright, quantity)
    assert result.map[PLACE].mean() > 0.7
    assert result.map.mean() < 0.35


def test_streams_whole_pictures_that_get_better(planted, bright):
    def loss(values):
        kept = (probability(planted, bright * (1 - values)) - 0.5) / (probability(planted, bright) - 0.5)
        return kept + values[0].mean()

    method = xai.MeaningfulPerturbation(baseline="black", smoothness=0, steps=64)
    estimates = list(method.stream(planted, bright, xai.Probability(1)))
    losses = [loss(estimate.values) for estimate in estimates]
    assert len(estimates) == 64
    assert losses[0] > losses[8] > losses[-1]
    assert [estimate.evaluations for estimate in estimates] == list(range(3, 67))
    assert [estimate.final for estimate in estimates] == [False] * 63 + [True]
    assert planted.rows >= estimates[-1].evaluations


def test_less_is_deleted_where_the_area_costs_more(planted, bright):
    areas = [
        xai.MeaningfulPerturbation(baseline="black", area=area)(planted, bright, xai.Logit(1)).map.mean()
        for area in (0.1, 1, 4)
    ]
    assert areas[0] > areas[1] > areas[2]


def test_a_batch_is_its_inputs(planted, bright):
    batch = np.stack([bright, bright[:, ::-1], 0.6 * bright])
    together = xai.MeaningfulPerturbation(steps=20, baseline=0.1)(planted, batch, xai.Probability(1)).values
    for values, x in zip(together, batch, strict=True):
        alone = xai.MeaningfulPerturbation(steps=20, baseline=0.1)(planted, x, xai.Probability(1)).values
        np.testing.assert_allclose(alone, values, atol=1e-6)


def test_on_vectors_each_element_is_a_cell(polynomial, agreement):
    """Of a linear model each element is deleted if that takes more off the quantity than it costs."""
    model, x = polynomial((6,), bounds=None), np.array([1.0, -1, 2, 0.5, -0.5, 1])
    model.square[:] = 0
    result = xai.MeaningfulPerturbation(baseline=0.25, area=0.6, steps=300)(model, x, xai.Logit(1))
    drops = model.linear[1] * (x - 0.25)
    worth = drops / abs(drops.sum())
    agreement("meaningful_perturbation", "closed form", result.values, worth > 0.6 / 6, tolerance=1e-3)


def test_total_variation_is_the_derivative_of_its_definition():
    grids = np.random.default_rng(0).uniform(size=(2, 4, 5))

    def variation(grid):
        return (np.abs(np.diff(grid, axis=0)) ** 3).sum() + (np.abs(np.diff(grid, axis=1)) ** 3).sum()

    found = total_variation(grids)
    for place in np.ndindex(grids.shape):
        step = np.zeros_like(grids)
        step[place] = 1e-5
        change = variation((grids + step)[place[0]]) - variation((grids - step)[place[0]])
        assert found[place] == pytest.approx(change / 2e-5 / 20, abs=1e-6)


def test_adam_steps_by_its_rate_at_first():
    descent = Adam(0.1)
    np.testing.assert_allclose(descent.step(np.array([3.0, -1e-3])), [0.1, -0.1], rtol=1e-4)


def test_bad_options_are_refused(planted, bright):
    for options in ({"steps": 0}, {"cells": 0}, {"area": -1}, {"smoothness": -1}, {"baseline": "grey"}):
        with pytest.raises(ValueError, match="expected"):
            xai.MeaningfulPerturbation(**options)
    with pytest.raises(ValueError, match="takes no layer"):
        xai.MeaningfulPerturbation()(planted, bright, layer="conv")
