"""Patches as features: those on which a network's tokens stand, in both frameworks."""

import functools

import numpy as np
import pytest

import xai_widgets as xai
from tests.layouts import networks
from tests.layouts.networks import GRID, PATCH, SIDE

torch_or_keras = pytest.mark.parametrize("backend", ["torch", "tensorflow"])


@functools.cache
def wrapped(backend, make=networks.vision):
    torch_net, keras_net, _ = make()
    if backend == "torch":
        return xai.wrap(torch_net.eval(), input_shape=(3, SIDE, SIDE))
    return xai.wrap(keras_net)


def pictures(model, count):
    batch = np.random.default_rng(3).random((count, SIDE, SIDE, 3), np.float32)
    return np.ascontiguousarray(np.moveaxis(batch, -1, 1)) if model.backend == "torch" else batch


def at(model, row, column):
    """Where a patch lies in an input."""
    rows, columns = (slice(PATCH * number, PATCH * (number + 1)) for number in (row, column))
    return (slice(None), rows, columns) if model.backend == "torch" else (rows, columns, slice(None))


@torch_or_keras
def test_each_patch_is_taken_away_by_itself(backend):
    model = wrapped(backend)
    batch = pictures(model, 2)
    result = xai.FeatureAblation(features="patches", baseline=0.3)(model, batch, xai.Logit(2))
    assert result.features.count == GRID**2
    for x, values in zip(batch, result.values, strict=True):
        for row, column in np.ndindex(GRID, GRID):
            without = x.copy()
            without[at(model, row, column)] = 0.3
            drop = model.scores(x)[0, 2] - model.scores(without)[0, 2]
            np.testing.assert_allclose(values[at(model, row, column)], drop, atol=1e-5)


@torch_or_keras
def test_a_window_that_moves_by_patches_brings_the_same(backend):
    model = wrapped(backend)
    x = pictures(model, 1)[0]
    patches = xai.FeatureAblation(features="patches")(model, x, xai.Logit(1))
    windows = xai.Occlusion(window=PATCH, stride=PATCH)(model, x, xai.Logit(1))
    np.testing.assert_allclose(patches.values, windows.values, atol=1e-5)


@torch_or_keras
def test_a_window_is_a_patch(backend):
    """For which the explorer has no control: it is asked for by name, whatever the stride."""
    model = wrapped(backend)
    batch = pictures(model, 2)
    result = xai.Occlusion(window="patches", stride=3, baseline=0.3)(model, batch, xai.Logit(2))
    ablation = xai.FeatureAblation(features="patches", baseline=0.3)(model, batch, xai.Logit(2))
    np.testing.assert_allclose(result.values, ablation.values, atol=1e-6)
    for x, values in zip(batch, result.values, strict=True):
        for row, column in np.ndindex(GRID, GRID):
            without = x.copy()
            without[at(model, row, column)] = 0.3
            drop = model.scores(x)[0, 2] - model.scores(without)[0, 2]
            np.testing.assert_allclose(values[at(model, row, column)], drop, atol=1e-5)


def oblong(backend):
    """A network whose patches are 4 high and 2 wide."""
    if backend == "torch":
        import torch
        from torch import nn

        class Oblong(nn.Module):
            def __init__(self):
                super().__init__()
                self.patch, self.attention = nn.Conv2d(3, 6, (4, 2), (4, 2)), nn.MultiheadAttention(6, 2, None)
                self.attention.batch_first, self.head = True, nn.Linear(6, 3)

            def forward(self, x):
                x = self.patch(x).flatten(2).transpose(1, 2)
                return self.head(torch.tanh(x + self.attention(x, x, x)[0]).mean(1))

        torch.manual_seed(11)
        return xai.wrap(Oblong().eval(), input_shape=(3, SIDE, SIDE))
    import keras

    keras.utils.set_random_seed(11)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Reshape((-1, 6))(keras.layers.Conv2D(6, (4, 2), (4, 2))(inputs))
    x = keras.layers.Activation("tanh")(keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 3)(x, x)]))
    return xai.wrap(keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(x))))


@torch_or_keras
def test_a_window_is_a_patch_that_is_no_square(backend):
    model = oblong(backend)
    x = pictures(model, 1)[0]
    result = xai.Occlusion(window="patches", baseline="white")(model, x, xai.Logit(1))
    assert result.features.count == (SIDE // 4) * (SIDE // 2)
    for row, column in np.ndindex(SIDE // 4, SIDE // 2):
        place = slice(4 * row, 4 * row + 4), slice(2 * column, 2 * column + 2)
        place = (slice(None), *place) if backend == "torch" else place
        without = x.copy()
        without[place] = 1
        drop = model.scores(x)[0, 1] - model.scores(without)[0, 1]
        np.testing.assert_allclose(result.values[place], drop, atol=1e-5)


@torch_or_keras
@pytest.mark.parametrize(
    "method",
    [
        xai.ShapleySampling(features="patches", samples=2),
        xai.Lime(features="patches", samples=30),
        xai.KernelShap(features="patches", samples=40),
        xai.FeaturePermutation(features="patches", samples=1),
    ],
    ids=lambda method: method.name,
)
def test_methods_that_take_features_take_patches(backend, method):
    """As they take an array of their numbers, which is written out here."""
    model = wrapped(backend)
    batch = pictures(model, 3)
    x = batch if method.name == "feature_permutation" else batch[0]
    numbers = np.arange(SIDE) // PATCH
    plane = numbers[:, None] * GRID + numbers
    given = type(method)(features=plane[None] if backend == "torch" else plane[..., None], samples=method.samples)
    np.testing.assert_array_equal(
        method(model, x, xai.Logit(0)).values, given(model, x, xai.Logit(0)).values, err_msg=method.name
    )


def test_the_twins_agree():
    found = {}
    for backend in ("torch", "tensorflow"):
        model = wrapped(backend)
        features = xai.FeatureAblation(features="patches")(model, pictures(model, 1)[0], xai.Logit(0)).features
        found[backend] = features.plane.reshape(SIDE, SIDE)
    np.testing.assert_array_equal(found["torch"], found["tensorflow"])


@torch_or_keras
def test_a_network_without_patches_says_so(backend):
    model = wrapped(backend, networks.convnext)
    for method in (xai.FeatureAblation(features="patches"), xai.Occlusion(window="patches")):
        with pytest.raises(ValueError, match=r"is not seen to attend to tokens .* Choose 'squares'"):
            method(model, pictures(model, 1)[0])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"window": "patch"}, r"window is 'patch'; expected a whole number of at least 1 or 'patches'\."),
        ({"stride": "patches"}, r"stride is 'patches'; expected a whole number of at least 1\."),
    ],
)
def test_no_other_name_is_a_window(options, expected):
    with pytest.raises(TypeError, match=expected):
        xai.Occlusion(**options)


def test_the_explorer_takes_a_window_in_pixels_alone():
    model = wrapped("torch")
    images = np.moveaxis(pictures(model, 1), 1, -1)
    with pytest.raises(TypeError, match=r"window is a str; expected a number\. .* Occlusion\(window=\.\.\.\)"):
        xai.explore(model, images, method="occlusion", options={"window": "patches"})


def test_on_a_table_they_are_its_columns(table):
    result = xai.FeatureAblation(features="patches", baseline=0)(table, np.ones(4, np.float32))
    assert result.features.count == 4


@pytest.fixture
def table():
    from torch import nn

    return xai.wrap(nn.Linear(4, 3), input_shape=(4,), bounds=None)
