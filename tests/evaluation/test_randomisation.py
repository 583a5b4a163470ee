"""Parameter randomisation against loops by hand, and its measures against those of other packages."""

import numpy as np
import pytest
import torch
from scipy import stats
from skimage.metrics import structural_similarity
from torch import nn

import xai_widgets as xai
from xai_widgets.evaluation.similarity import edges, similarity

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


@pytest.mark.parametrize(("order", "depth"), [("cascading", 0), ("cascading", 2), ("independent", 1)])
def test_it_is_what_a_loop_says(model, x, order, depth):
    found = xai.ParameterRandomisation(order=order, draws=2, seed=4)(model, x, method=xai.Saliency())
    assert found.layers == ("5", "2", "0")
    top = int(model.scores(x)[0].argmax())
    here = xai.Saliency()(model, x).map
    forgotten = ["5", "2", "0"][: depth + 1] if order == "cascading" else [["5", "2", "0"][depth]]
    signed, sizes, alike = [], [], []
    for draw in range(2):
        there = xai.Saliency()(model.randomised(forgotten, seed=4 + draw), x, xai.Logit(top)).map
        signed.append(stats.spearmanr(here.ravel(), there.ravel()).statistic)
        sizes.append(stats.spearmanr(np.abs(here).ravel(), np.abs(there).ravel()).statistic)
        scaled = [plane / np.abs(plane).max() for plane in (here, there)]
        alike.append(structural_similarity(*scaled, data_range=2))
    assert found.signed_spearman[depth] == pytest.approx(np.mean(signed), abs=1e-6)
    assert found.spearman[depth] == pytest.approx(np.mean(sizes), abs=1e-6)
    assert found.ssim[depth] == pytest.approx(np.mean(alike), abs=1e-6)
    error = np.std(signed, ddof=1) / np.sqrt(2)
    assert found.similarity_errors[1, depth, 0] == pytest.approx(error, abs=1e-6)


def test_the_value_is_the_mean_over_depths(model, x):
    found = xai.ParameterRandomisation(draws=2)(model, x, method=xai.InputXGradient())
    assert found.value == pytest.approx(found.signed_spearman.mean())
    assert found.evaluations == 2 * 3 + 2, "and two networks that learnt nothing"


def test_what_does_not_ask_the_network_stays_as_it_is(model, x):
    class Edges(xai.Saliency):
        """A map of the picture alone."""

        def _sampler(self, question, state):
            sampler = super()._sampler(question, state)
            sampler.values = lambda: question.batch
            return sampler

    found = xai.ParameterRandomisation(draws=1)(model, x, method=Edges())
    np.testing.assert_allclose(found.signed_spearman, 1)
    np.testing.assert_allclose(found.ssim, 1)
    assert found.value == pytest.approx(1)


def test_nothing_is_beside_it_to_compare_with(model, x):
    found = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    assert set(found.null) == {"edges", "two random networks"}
    expected = stats.spearmanr(xai.Saliency()(model, x).map.ravel(), edges(x[0].astype(float)).ravel()).statistic
    assert found.null["edges"]["signed_spearman"] == pytest.approx(expected, abs=1e-5)
    assert abs(found.null["two random networks"]["signed_spearman"]) < 0.2


def test_layers_go_together_where_there_are_more_than_depths(model, x):
    found = xai.ParameterRandomisation(draws=1, depths=2)(model, x, method=xai.Saliency())
    assert found.layers == ("2", "0")
    whole = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    assert found.signed_spearman == pytest.approx(whole.signed_spearman[1:])


def test_it_streams_depth_by_depth_and_goes_on_with_more_draws(model, x):
    judged = xai.Saliency()(model, x)
    first = list(xai.ParameterRandomisation(draws=2).stream(judged))
    assert len(first) == 6
    assert np.isnan(first[0].signed_spearman).tolist() == [False, True, True]
    *_, resumed = xai.ParameterRandomisation(draws=3).stream(judged, resume=first[-1])
    again = xai.ParameterRandomisation(draws=3)(judged)
    np.testing.assert_allclose(resumed.similarities, again.similarities)
    assert resumed.evaluations == again.evaluations == 9 + 2


def test_a_batch_is_its_inputs(model):
    batch = np.random.default_rng(1).uniform(size=(2, 1, SIDE, SIDE)).astype(np.float32)
    metric = xai.ParameterRandomisation(draws=1)
    together = metric(model, batch, method=xai.InputXGradient())
    assert together.spearman.shape == (2, 3)
    for row, x in enumerate(batch):
        alone = metric(model, x, method=xai.InputXGradient())
        np.testing.assert_allclose(alone.similarities[..., 0], together.similarities[..., row], atol=1e-4)


def test_a_map_that_is_the_same_everywhere_is_like_no_other():
    plane = np.random.default_rng(0).normal(size=(SIDE, SIDE))
    assert similarity(plane, 0 * plane) == (0, 0, 0, 0)
    assert similarity(plane, plane) == pytest.approx((1, 1, 1, 1))
    opposite = similarity(plane, -plane)
    assert opposite.spearman == pytest.approx(1)
    assert opposite.signed_spearman == pytest.approx(-1)


def test_what_is_no_picture_has_ranks_alone():
    found = similarity(np.arange(5.0), np.arange(5.0) ** 2)
    assert found[:2] == (1, 1)
    assert np.isnan(found[2:]).all()


def test_it_says_what_it_found(model, x):
    found = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    assert [fact.label for fact in found.facts][1:] == ["first reset", "last reset", "random networks"]
