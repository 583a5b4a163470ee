"""Sums of gradients go back through a linear first layer once: they are the sums of the single ones, in Keras too."""

import keras
import numpy as np
import pytest
from keras import layers

import xai_widgets as xai

SHAPE, ROWS = (8, 8, 3), 6


def functional(first, nested=False, skip=False):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    y = layers.Activation("tanh")(first(inputs))
    y = keras.Model(inputs, y)(again := keras.Input(SHAPE)) if nested else y
    y = layers.Dense(4)(layers.Flatten()(y))
    return keras.Model(again if nested else inputs, y + layers.Dense(4)(layers.Flatten()(inputs)) if skip else y)


NETWORKS = {
    "convolution": (lambda: functional(layers.Conv2D(5, 3, 2)), True),
    "dense": (lambda: functional(layers.Dense(5)), True),
    "nested": (lambda: functional(layers.Conv2D(5, 3), nested=True), True),
    "ends in an activation": (lambda: functional(layers.Conv2D(5, 3, activation="relu")), False),
    "goes around it": (lambda: functional(layers.Conv2D(5, 3), skip=True), False),
    "not linear": (lambda: functional(layers.LayerNormalization()), False),
}


@pytest.mark.parametrize("preprocess", [None, {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.25]}], ids=["", "scaled"])
@pytest.mark.parametrize("name", NETWORKS)
def test_sums_of_gradients_are_those_of_the_single_ones(name, preprocess):
    made, has_entry = NETWORKS[name]
    model = xai.wrap(made(), input_shape=SHAPE, preprocess=preprocess)
    assert (model._entry is not None) == has_entry
    rng = np.random.default_rng(1)
    x = rng.random((ROWS, *SHAPE), np.float32)
    objective, cut = xai.ask(model, x[0], xai.Logit(1)).objective, model.at(None)
    single = cut.differentiate(x, objective)
    for sums in (2, 2, 3, 1):  # The second time it is traced.
        pool = rng.normal(size=(sums, ROWS)).astype(np.float32)
        found = cut.differentiate(x, objective, None, pool)
        np.testing.assert_allclose(found.gradients, np.tensordot(pool, single.gradients, 1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.values, single.values, rtol=1e-5, atol=1e-5)
