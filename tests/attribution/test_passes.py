"""Rows go through a network in pieces, and it must not show."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.models.objective import Objective
from xai_widgets.models.passes import in_chunks


@pytest.fixture
def cut(polynomial, monkeypatch):
    """The input of a network that takes two rows at a time."""
    cut = polynomial().at(None)
    monkeypatch.setattr(cut, "chunk", lambda kind: 2)
    return cut


def test_pieces_are_put_together_in_order(cut):
    x = np.random.default_rng(2).uniform(size=(5, 3, 6, 8))
    objective = Objective(np.random.default_rng(3).normal(size=(5, 4)))
    found, expected = in_chunks(cut, "backward", x, objective), cut.differentiate(x, objective)
    for name in ("values", "scores", "gradients", "activations"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name))
    assert cut.model.largest_chunk == 5, "the expected values come from one piece"


def test_pooled_pieces_add_up(cut):
    x = np.random.default_rng(2).uniform(size=(5, 3, 6, 8))
    objective = Objective(np.random.default_rng(3).normal(size=(5, 4)))
    pool = np.random.default_rng(4).normal(size=(2, 5))
    found = in_chunks(cut, "backward", x, objective, pool=pool)
    assert cut.model.largest_chunk == 2
    expected = cut.differentiate(x, objective)
    np.testing.assert_allclose(found.gradients, np.tensordot(pool, expected.gradients, 1))
    np.testing.assert_allclose(found.values, expected.values)


@pytest.mark.parametrize(
    ("method", "pooled"),
    [
        (xai.IntegratedGradients(steps=8), True),
        (xai.SmoothGrad(samples=8), True),
        (xai.Influence(distribution=xai.Gaussian(samples=8), statistic="variance"), False),
        (xai.Influence(distribution=xai.Gaussian(samples=8), multiplier="activation"), False),
    ],
)
def test_only_a_mean_of_gradients_is_pooled(cut, picture, monkeypatch, method, pooled):
    calls = []
    run = cut._pass
    monkeypatch.setattr(cut, "_pass", lambda *asked: (asked[-1] is not None and calls.append(asked)) or run(*asked))
    whole = method(cut.model, picture, xai.Logit(1))
    assert bool(calls) is pooled
    monkeypatch.setattr(cut, "chunk", lambda kind: 1)
    calls.clear()
    np.testing.assert_allclose(whole.values, method(cut.model, picture, xai.Logit(1)).values, rtol=1e-5, atol=1e-7)
    assert not calls
