"""Factors of activations: the same in both frameworks, also where a token has words and no neighbours."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras

WAYS = [xai.SparseAutoencoder(features=20, steps=60), xai.PrincipalComponents(count=2), xai.NonNegativeFactors(count=3)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_frameworks_agree(pair, way, agreement):
    for ours, theirs in pair.layers.items():
        rectified = "relu" in theirs or "pool" in theirs
        if way.name == "nonnegative_factors" and not rectified:
            continue
        found, expected = (
            way.fit(pair.torch, pair.channels_first, ours),
            way.fit(pair.keras, pair.channels_last, theirs),
        )
        agreement(way.name, "parity", found.dictionary, expected.dictionary)
        agreement(way.name, "parity", found.maps, expected.maps)
        agreement(way.name, "parity", found.unexplained, expected.unexplained, scale=1.0)
        agreement(way.name, "parity", found.scores([0]), expected.scores([0]))
        here, there = found.top(1, 2), expected.top(1, 2)
        assert [one[:2] for one in here] == [one[:2] for one in there]
        assert [one.window for one in here] == [one.window for one in there]
        for one, other in zip(here, there, strict=True):
            np.testing.assert_array_equal(np.moveaxis(one.patch, 0, -1), other.patch)


IDS = np.random.default_rng(0).integers(1, 9, (12, 7))


class Reading(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, 4)
        self.conv = nn.Conv1d(4, 6, 3, padding=1)
        self.head = nn.Linear(6, 2)

    def forward(self, ids):
        return self.head(torch.relu(self.conv(self.embedding(ids).transpose(1, 2))).amax(dim=2))


def reading_twin(net):
    twin = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(9, 4, name="embedding"),
            keras.layers.Conv1D(6, 3, padding="same", name="conv"),
            keras.layers.ReLU(),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2),
        ]
    )
    held = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    twin.set_weights(
        [
            held["embedding.weight"],
            held["conv.weight"].transpose(2, 1, 0),
            held["conv.bias"],
            held["head.weight"].T,
            held["head.bias"],
        ]
    )
    return twin


@pytest.mark.parametrize("layer", ["embedding", "conv"])
def test_tokens(layer, agreement):
    torch.manual_seed(1)
    net = Reading()
    ours, theirs = xai.wrap(net, input_shape=(7,)), xai.wrap(reading_twin(net))
    for way in WAYS[:2]:
        found, expected = way.fit(ours, IDS, layer), way.fit(theirs, IDS, layer)
        assert found.maps.shape == (12, len(found.dictionary), 7)
        agreement(way.name, "parity", found.maps, expected.maps)
        agreement(way.name, "parity", found.scores(), expected.scores())
        assert found.top(0, 3)[0][:2] == expected.top(0, 3)[0][:2]
        (first, *_) = found.top(0, 3)
        (place,) = first.place
        reach = 0 if layer == "embedding" else 1
        assert first.window == (slice(max(place - reach, 0), min(place + reach + 1, 7)),)
        np.testing.assert_array_equal(first.patch, IDS[first.input][first.window])


def test_an_atlas(pair, agreement):
    ours, theirs = next(iter(pair.layers.items()))
    labels = [0, 1, 2]
    found = xai.ActivationAtlas(cells=2)(pair.torch, pair.channels_first, labels, ours)
    expected = xai.ActivationAtlas(cells=2)(pair.keras, pair.channels_last, labels, theirs)
    agreement("activation_atlas", "parity", found.coordinates, expected.coordinates)
    np.testing.assert_array_equal(found.counts, expected.counts)
    patches = np.moveaxis(np.nan_to_num(found.patches), 2, -1)
    agreement("activation_atlas", "parity", patches, np.nan_to_num(expected.patches))
