import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.baseline import BASELINES, baselines_for


@pytest.fixture
def batch():
    return np.zeros((2, 3, 6, 8))


def test_random_baselines_depend_on_their_number_alone(polynomial, batch):
    model = polynomial(bounds=(-1, 3))
    for name in BASELINES.choices:
        all_of_them = baselines_for(batch, name, model, 4, 0, 5)
        assert all_of_them.shape == (5, 1, 3, 6, 8)
        np.testing.assert_array_equal(baselines_for(batch, name, model, 4, 2, 4), all_of_them[2:4])
        assert not np.array_equal(baselines_for(batch, name, model, 5, 0, 5), all_of_them)


def test_uniform_baselines_fill_the_bounds_evenly(polynomial, batch):
    drawn = baselines_for(batch, "uniform", polynomial(bounds=(-1, 3)), 0, 0, 40)
    assert drawn.min() >= -1
    assert drawn.max() <= 3
    assert abs(drawn.mean() - 1) < 0.05
    assert abs(drawn.std() - 4 / 12**0.5) < 0.05


def test_plain_baselines_have_one_colour_each(polynomial, batch):
    drawn = baselines_for(batch, "plain", polynomial(), 0, 0, 40)
    assert (drawn == drawn[..., :1, :1]).all()
    colours = drawn[:, 0, :, 0, 0]
    assert len(np.unique(colours)) == colours.size
    assert abs(colours.mean() - 0.5) < 0.1


@pytest.mark.parametrize("name", BASELINES.choices)
def test_both_layouts_are_given_the_same_baselines(polynomial, batch, name):
    first = baselines_for(batch, name, polynomial(), 0, 0, 3)
    last = baselines_for(np.moveaxis(batch, 1, -1), name, polynomial(shape=(6, 8, 3)), 0, 0, 3)
    np.testing.assert_array_equal(np.moveaxis(first, 2, -1), last)


def test_of_given_baselines_each_comes_once_before_any_comes_again(polynomial, batch):
    given = np.arange(4.0)[:, None, None, None] * np.ones((4, 3, 6, 8))
    drawn = baselines_for(batch, given, polynomial(), 0, 0, 12)[:, 0, 0, 0, 0]
    for turn in range(3):
        assert sorted(drawn[4 * turn : 4 * turn + 4]) == [0, 1, 2, 3]
    assert not np.array_equal(drawn[:4], drawn[4:8])
    np.testing.assert_array_equal(baselines_for(batch, given, polynomial(), 0, 3, 9)[:, 0, 0, 0, 0], drawn[3:9])
    np.testing.assert_array_equal(baselines_for(batch, given[2], polynomial(), 0, 0, 2)[:, 0], given[[2, 2]])
    np.testing.assert_array_equal(baselines_for(batch, 2, polynomial(), 0, 0, 2)[:, 0], given[[2, 2]])


def test_what_is_no_baseline_is_refused(polynomial, batch):
    with pytest.raises(ValueError, match="bounds=None"):
        baselines_for(batch, "uniform", polynomial(bounds=None), 0, 0, 1)
    with pytest.raises(ValueError, match=r"shape \(2, 6, 8\); expected \(k, 3, 6, 8\)"):
        baselines_for(batch, np.zeros((2, 6, 8)), polynomial(), 0, 0, 1)
    for bad in (None, [np.nan], "grey"):
        with pytest.raises((ValueError, TypeError), match="expected"):
            BASELINES.check(bad)


@pytest.mark.parametrize("several", [[[1], [2, 3]], ["black", "white"], {"left": 0.0}])
def test_a_baseline_for_several_inputs_is_refused_where_there_is_one(several, polynomial, batch):
    with pytest.raises(TypeError, match="the model has one input"):
        xai.IntegratedGradients(baseline=several)(polynomial(), batch)
