"""Comparisons of layers: the same in both frameworks, and one framework beside the other."""

import numpy as np
import pytest

import xai_widgets as xai
from tests.later import keras, layers
from xai_widgets.answers.registry import REGISTRY

PICTURES = np.random.default_rng(2).uniform(size=(120, 16, 12, 3)).astype(np.float32)
BESIDE = (PICTURES + np.random.default_rng(3).uniform(size=PICTURES.shape).astype(np.float32)) / 2
"""What the second network sees: where layers have a unit in common, PWCCA has several correlations of 1, and it is open
how these share their weights."""
FIRST = np.ascontiguousarray(np.moveaxis(PICTURES, -1, 1))


def test_all_layers_are_read_by_one_pass_as_each_by_its_own(pair):
    for model, x in ((pair.torch, pair.channels_first), (pair.keras, pair.channels_last)):
        names = [*model.layers[::-1], model.layers[0]]
        for layer, found in zip(names, model.at(None).activations_of(x, names), strict=True):
            np.testing.assert_allclose(found, model.at(layer).activations(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", REGISTRY["similarity"])
def test_frameworks_agree(pair, name, agreement):
    ours, theirs = list(pair.layers), list(pair.layers.values())
    index = REGISTRY["similarity"][name]()
    found = [
        one.matrix
        for one in (
            xai.compare_stream(
                pair.torch, pair.torch, FIRST, index, layers=ours, x_b=np.moveaxis(BESIDE, -1, 1)
            ).last(),
            xai.compare_stream(pair.keras, pair.keras, PICTURES, index, layers=theirs, x_b=BESIDE).last(),
            xai.compare_stream(pair.torch, pair.keras, FIRST, index, layers=(ours, theirs), x_b=BESIDE).last(),
        )
    ]
    agreement(name, "parity", found[0], found[1])
    agreement(name, "parity", found[0], found[2])


def test_pictures_find_the_way_to_the_other_framework(pair):
    here = xai.compare(pair.torch, pair.keras, FIRST, layers=(list(pair.layers), list(pair.layers.values())))
    there = xai.compare(pair.keras, pair.torch, PICTURES, layers=(list(pair.layers.values()), list(pair.layers)))
    np.testing.assert_allclose(here.matrix, there.matrix.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(here.matrix), 1, atol=1e-5)


def test_a_text_in_keras():
    keras.utils.set_random_seed(0)
    reader = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(9, 4, name="embedding"),
            layers.GlobalMaxPooling1D(name="pool"),
            layers.Dense(2, name="dense"),
        ]
    )
    model = xai.wrap(reader)
    ids = np.random.default_rng(0).integers(1, 9, (60, 7))
    found = xai.compare(model, model, ids)
    np.testing.assert_allclose(np.diag(found.matrix), 1, atol=1e-12)
    assert xai.compare(model, model, ids, "cca").features == ((4, 4, 2), (4, 4, 2))
