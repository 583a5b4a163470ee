"""What a place of a layer sees, beside the arithmetic of kernels, strides and margins."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    found = nn.Sequential()
    parts = [
        ("wide", nn.Conv2d(1, 3, 4, 2, 1)),
        ("relu", nn.ReLU()),
        ("pool", nn.MaxPool2d(2)),
        ("deep", nn.Conv2d(3, 2, 3)),
    ]
    for name, part in [*parts, ("mean", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("head", nn.Linear(2, 2))]:
        found.add_module(name, part)
    return xai.wrap(found, input_shape=(1, 24, 32))


def by_hand(place, size, *layers):
    """Return from where to where one line of a layer sees, by its (kernel, stride, margin) and those before it."""
    low = high = place
    for kernel, stride, margin in reversed(layers):
        low, high = low * stride - margin, high * stride - margin + kernel - 1
    return slice(max(low, 0), min(high + 1, size))


@pytest.mark.parametrize(
    ("layer", "chain"),
    [
        ("wide", [(4, 2, 1)]),
        ("pool", [(4, 2, 1), (2, 2, 0)]),
        ("deep", [(4, 2, 1), (2, 2, 0), (3, 1, 0)]),
    ],
)
def test_it_is_what_kernels_strides_and_margins_say(model, layer, chain):
    for place in np.ndindex(*model.layout_of(layer).grid):
        expected = tuple(by_hand(one, size, *chain) for one, size in zip(place, (24, 32), strict=True))
        assert xai.seen_from(model, layer, place) == expected


def test_a_row_of_units_sees_everything(model):
    assert xai.seen_from(model, "head", ()) == (slice(0, 24), slice(0, 32))


@pytest.mark.parametrize(
    ("layer", "place", "error", "words"),
    [
        ("wide", (12, 0), ValueError, r"place is \(12, 0\); layer 'wide' has places \(12, 16\)"),
        ("wide", (0,), ValueError, "expected a number below each"),
        ("wide", (-1, 0), ValueError, "expected a number below each"),
        ("wide", "00", ValueError, "expected a number below each"),
        ("head", (0,), ValueError, r"has places \(\)"),
        ("nowhere", (), ValueError, "nowhere"),
        (None, (), TypeError, "layer is None"),
    ],
)
def test_what_is_no_place_is_refused(model, layer, place, error, words):
    with pytest.raises(error, match=words):
        xai.seen_from(model, layer, place)
