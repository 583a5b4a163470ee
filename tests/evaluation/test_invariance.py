"""Input invariance against closed forms, in both frameworks."""

import numpy as np
import pytest
import torch

import xai_widgets as xai
from tests.later import keras

X = np.random.default_rng(0).uniform(0.1, 0.9, (2, 6)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)


def torch_model(**options):
    network = torch.nn.Linear(6, 3)
    network.load_state_dict({"weight": torch.from_numpy(WEIGHTS.T.copy()), "bias": torch.zeros(3)})
    return xai.wrap(network, input_shape=(6,), outputs="logits", **options)


def keras_model(**options):
    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    network.set_weights([WEIGHTS, np.zeros(3)])
    return xai.wrap(network, outputs="logits", **options)


@pytest.fixture(params=[torch_model, keras_model], ids=["torch", "keras"])
def make(request):
    return request.param


@pytest.mark.parametrize("preprocess", [None, {"mean": 0.2, "std": 0.5}, lambda x: 2 * x], ids=["none", "scale", "own"])
def test_a_shifted_network_says_the_same_of_shifted_inputs(make, preprocess):
    model = make(preprocess=preprocess)
    other = model.shifted(-0.7)
    np.testing.assert_allclose(other.scores(X - 0.7), model.scores(X), atol=1e-5)
    np.testing.assert_allclose(other.input.bounds, (-0.7, 0.3))
    np.testing.assert_array_equal(model.scores(X), make(preprocess=preprocess).scores(X))


@pytest.mark.parametrize("method", [xai.Saliency(), xai.SmoothGrad(samples=4), xai.IntegratedGradients(steps=4)])
def test_slopes_and_what_starts_at_the_bounds_stay(make, method):
    found = xai.InputInvariance()(make(), X, method=method)
    np.testing.assert_allclose(found.value, 0, atol=1e-5)
    assert found.value.shape == (2,)


def test_what_multiplies_by_the_input_changes_by_the_shift(make):
    """Of a linear model x times the gradient becomes (x + m) times it."""
    found = xai.InputInvariance(shift=-1.0)(make(), X, method=xai.InputXGradient(), quantity=xai.Logit(1))
    weights = WEIGHTS[:, 1]
    expected = np.linalg.norm(weights) / np.linalg.norm(X * weights, axis=1)
    np.testing.assert_allclose(found.value, expected, rtol=1e-4)
    number = xai.InputInvariance()(
        make(), X, method=xai.IntegratedGradients(steps=4, baseline=0.0), quantity=xai.Logit(1)
    )
    np.testing.assert_allclose(number.value, expected, rtol=1e-4)


def test_the_class_stays_that_of_the_input(make):
    left_open = xai.InputInvariance()(make(), X, method=xai.InputXGradient())
    named = xai.InputInvariance()(
        make(), X, method=xai.InputXGradient(), quantity=xai.Logit(make().scores(X).argmax(axis=1).tolist())
    )
    np.testing.assert_allclose(left_open.value, named.value)


def test_of_words_there_is_nothing_to_shift():
    network = torch.nn.Sequential(torch.nn.Embedding(9, 4), torch.nn.Flatten(), torch.nn.Linear(12, 2))
    with pytest.raises(ValueError, match="expected one input of numbers"):
        xai.wrap(network, input_shape=(3,)).shifted(1.0)
