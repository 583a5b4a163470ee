"""Odd arguments of wrap() are refused in words, or mean what they say; a model is copied by wrapping again."""

import copy
import pickle

import keras
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

INF = float("inf")


def torch_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(32, 3))


def wrapped(**options):
    return xai.wrap(torch_net(), **{"input_shape": (1, 6, 6), **options})


@pytest.mark.parametrize(
    "bounds",
    [
        *("01", ("0", "1"), (False, True), {0, 1}, {0: 1, 1: 2}, (0, 1, 2), (0, 1 + 0j), np.zeros((2, 2)), 5),
        *((0, 1e38), (0, 10**400), (-INF, 0), (0, float("nan")), (0, 1e-320), (1, 1), np.array([[0.0], [1.0]])),
    ],
)
def test_bounds_that_are_no_range_are_refused(bounds):
    with pytest.raises((ValueError, TypeError), match="bounds is") as error:
        wrapped(bounds=bounds)
    assert type(error.value).__module__ == "xai_widgets.errors"


@pytest.mark.parametrize("bounds", [(0, 1), [0.0, 1.0], np.array([0, 1]), (np.float32(0), np.int64(1))])
def test_bounds_that_are(bounds):
    if isinstance(bounds, list):
        bounds = tuple(bounds)
    assert wrapped(bounds=bounds).bounds == (0, 1)
    assert wrapped(bounds=(0, 2**64)).bounds == (0, 2.0**64)


@pytest.mark.parametrize(
    "shape",
    [
        *("166", b"166", {1, 6}, 6, (INF, 6, 6), (1.5, 6.2, 6.9), (1.0, 6.0, 6.0), ("1", "6", "6"), (True, 6, 6)),
        *((1, 6, None), (), (1, 0, 6), (10**400, 6, 6), (1, 10**8, 10**8), (1, 10**5, 10**5)),
    ],
)
def test_shapes_that_are_none_are_refused(shape):
    with pytest.raises((ValueError, TypeError)) as error:
        wrapped(input_shape=shape)
    assert type(error.value).__module__ == "xai_widgets.errors"


@pytest.mark.parametrize("shape", [[1, 6, 6], np.array([1, 6, 6]), torch.Size([1, 6, 6]), (np.int64(1), 6, 6)])
def test_shapes_that_are(shape):
    assert wrapped(input_shape=shape).input_shape == (1, 6, 6)


ODD = [np.zeros(3), [1], {"a": 1}, 5, b"torch", object()]


@pytest.mark.parametrize("name", ["outputs", "backend", "padding", "features", "input_names", "vocabulary", "tokens"])
@pytest.mark.parametrize("value", ODD)
def test_things_of_another_kind_are_refused_in_words(name, value):
    with pytest.raises((ValueError, TypeError)) as error:
        wrapped(**{name: value})
    assert type(error.value).__module__ == "xai_widgets.errors"


def test_a_layer_of_another_kind_is_refused_in_words():
    with pytest.raises(TypeError, match="A layer is given by its name"):
        xai.Saliency()(wrapped(), np.zeros((1, 6, 6), np.float32), layer=np.zeros(3))


def test_the_backend_is_that_of_the_network():
    with pytest.raises(ValueError, match="this is a network of torch; expected 'torch'"):
        wrapped(backend="tensorflow")
    keras_net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="this is a network of tensorflow"):
        xai.wrap(keras_net, backend="torch")
    assert xai.wrap(keras_net, backend="tensorflow", bounds=None).backend == "tensorflow"


def test_numbers_beyond_all_bounds():
    for make in (lambda: xai.SmoothGrad(samples=10**400), lambda: xai.SmoothGrad(sigma=10**400)):
        with pytest.raises(ValueError, match="bits; expected"):
            make()
    with pytest.raises(TypeError, match="expected one number per channel"):
        wrapped(preprocess={"mean": [10**400]})
    with pytest.raises(ValueError, match="NaN or infinite"):
        wrapped(bounds=None).scores(np.full((1, 6, 6), 1e300))


def test_a_network_that_loses_its_numbers():
    model = wrapped()
    model.network.to("meta")
    for ask in (lambda: model.scores(np.zeros((1, 6, 6), np.float32)), model.fingerprint):
        with pytest.raises(TypeError, match="on the meta device"):
            ask()


def test_a_model_is_copied_and_pickled_by_wrapping_again():
    x = np.random.default_rng(0).random((2, 1, 6, 6), np.float32)
    model = wrapped(classes=["a", "b", "c"], bounds=(0, 2), preprocess={"mean": [0.5]})
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), copy.copy(model)):
        assert repr(copied) == repr(model)
        np.testing.assert_allclose(copied.scores(x), model.scores(x), atol=1e-6)
    apart = copy.deepcopy(model)
    apart.network[0].weight.data.zero_()
    assert np.abs(apart.scores(x) - model.scores(x)).max() > 1e-3
    later = xai.wrap(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(32, 3)))
    later.scores(x)
    assert copy.deepcopy(later).input_shape == (1, 6, 6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own copying.
def test_a_model_of_keras_is_copied_and_pickled():
    x = np.random.default_rng(0).random((2, 3), np.float32)
    model = xai.wrap(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), features=["a", "b", "c"])
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_allclose(copied.scores(x), model.scores(x), atol=1e-6)
        assert copied.features == model.features
