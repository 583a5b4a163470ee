"""Going down through the depths of a network, held to the metric and to networks that were reset by themselves."""

from itertools import zip_longest

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.answers.stream import Stream
from xai_widgets.evaluation.descent import Copies, Descent, Memory

SIDE = 20


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16**2, 3)
    )
    return xai.wrap(network.eval(), input_shape=(1, SIDE, SIDE))


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).uniform(size=(1, SIDE, SIDE)).astype(np.float32)


@pytest.fixture
def copies(model):
    return Copies(model, 8)


def down(model, x, copies, memory, depth, explainer=None, **options):
    """Return all that a descent finds on its way."""
    explainer = explainer or xai.IntegratedGradients(steps=4)
    metric = xai.ParameterRandomisation(**{"draws": 2, **options})
    stream = Descent(metric, explainer, depth).stream(explainer.ask(model, x), memory, copies)
    return [found for found in stream if found is not None]


@pytest.mark.parametrize("order", ["cascading", "independent"])
def test_it_ends_with_what_the_metric_finds(model, x, copies, order):
    last = down(model, x, copies, Memory(), 2, order=order)[-1]
    metric = xai.ParameterRandomisation(draws=2, order=order)
    expected = metric(model, x, method=xai.IntegratedGradients(steps=4))
    assert last.final
    np.testing.assert_allclose(last.measured.similarities, expected.similarities, atol=1e-5)
    np.testing.assert_allclose(last.measured.similarity_errors, expected.similarity_errors, atol=1e-5)
    for name, row in expected.nulls.items():
        np.testing.assert_allclose(last.measured.nulls[name], row, atol=1e-5)
    assert last.measured.evaluations == expected.evaluations
    assert last.evaluations == last.planned == expected.evaluations + 5


def test_the_map_in_view_comes_first_and_is_that_of_the_reset_network(model, x, copies):
    found = down(model, x, copies, Memory(), 2)
    first = next(one for one in found if one.measured is not None)
    assert np.isfinite(first.measured.signed_spearman).tolist() == [False, True, False]
    top, reset = int(model.scores(x)[0].argmax()), model.randomised(["5", "2"], seed=0)
    expected = xai.IntegratedGradients(steps=4)(reset, x, xai.Logit(top))
    np.testing.assert_allclose(first.map, expected.map, atol=1e-6)
    np.testing.assert_allclose(first.shares, reset.shares(x)[0], atol=1e-6)
    np.testing.assert_allclose(found[-1].map, expected.map, atol=1e-6)


def test_what_lies_nearest_comes_next(model, x, copies):
    found = down(model, x, copies, Memory(), 3, draws=1)
    known = [np.isfinite(one.measured.signed_spearman).tolist() for one in found if one.measured is not None]
    assert [False, True, True] in known
    assert [True, False, True] not in known


def test_what_was_found_anywhere_is_not_computed_again(model, x, copies):
    memory = Memory()
    down(model, x, copies, memory, 0)

    class Counting(xai.IntegratedGradients):
        """Counts how often it is asked."""

        asked = 0

        def steps_to(self, question, **more):
            Counting.asked += 1
            return super().steps_to(question, **more)

    again = down(model, x, copies, memory, 3, Counting(steps=4))
    assert Counting.asked == 0
    assert len(again) == 2, "the map, and that it is all"
    down(model, x, copies, memory, 3, Counting(steps=4), draws=3)
    assert Counting.asked == 3, "one more draw of three depths"


def test_two_that_take_turns_on_one_copy_do_not_disturb_each_other(model, x, copies):
    explainer = xai.IntegratedGradients(steps=256)
    asked = [Descent(xai.ParameterRandomisation(draws=1), explainer, depth) for depth in (1, 3)]
    streams = [Stream(one.stream(explainer.ask(model, x), Memory(), copies)) for one in asked]
    ended = [found for turn in zip_longest(*streams) for found in turn if found is not None and found.final]
    expected = xai.ParameterRandomisation(draws=1)(model, x, method=explainer)
    assert len(ended) == 2
    for found in ended:
        np.testing.assert_allclose(found.measured.similarities, expected.similarities, atol=1e-5)
