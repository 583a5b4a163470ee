"""Moved inputs end at the same place in both frameworks."""

import numpy as np

import xai_widgets as xai


def test_activation_maximisation(pair, agreement):
    for ours, theirs in list(pair.layers.items())[:2]:
        way = xai.ActivationMaximisation(steps=20)
        found = way(pair.torch, quantity=xai.Channel(ours, 3))
        expected = way(pair.keras, quantity=xai.Channel(theirs, 3))
        agreement(way.name, "parity", np.moveaxis(found.values, 0, -1), expected.values)
        agreement(way.name, "parity", found.scores, expected.scores)


def test_feature_inversion(pair, agreement):
    for ours, theirs in list(pair.layers.items())[:2]:
        way = xai.FeatureInversion(steps=20)
        found = way(pair.torch, pair.channels_first, layer=ours)
        expected = way(pair.keras, pair.channels_last, layer=theirs)
        agreement(way.name, "parity", np.moveaxis(found.values, 1, -1), expected.values)
        agreement(way.name, "parity", found.error, expected.error)
