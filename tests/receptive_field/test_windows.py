"""Occlusion by what windows reach, held to its definition: one whole pass for each window."""

import functools
import importlib
import math

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.receptive_field.networks import (
    KERAS,
    SHAPE,
    TORCH,
    keras_channels_last,
    torch_channels_last,
    torch_plain,
)
from xai_widgets.attribution.baseline import baseline_for
from xai_widgets.models.budget import SECONDS


@pytest.fixture(autouse=True)
def as_many_rows_whatever_the_load():
    """Rows go through in chunks of one size: how many there are decides by which algorithm a convolution rounds.

    In single precision the whole passes themselves are off by 3e-6 of the largest score, more than is allowed here.
    """
    before = SECONDS.set(math.inf)
    yield
    SECONDS.reset(before)


def wrapped(make):
    torch.manual_seed(0)
    if make in KERAS:
        keras.utils.set_random_seed(0)
    net = make()
    first = isinstance(net, nn.Module)
    model = xai.wrap(net, input_shape=(SHAPE[2], *SHAPE[:2]) if first else SHAPE, preprocess={"mean": [0.4, 0.5, 0.6]})
    return net, model


shared = functools.cache(wrapped)
"""For tests that leave the network as it is: what Keras traces serves them all."""


def pictures(model, count=2):
    batch = np.random.default_rng(1).random((count, *SHAPE), np.float32)
    return np.ascontiguousarray(np.moveaxis(batch, -1, 1)) if model.backend == "torch" else batch


def definition(model, batch, window, stride, baseline, quantity):
    """Occlusion written out, in whole passes."""
    axes = (2, 3) if model.backend == "torch" else (1, 2)
    filling = baseline_for(batch, baseline, model)
    height, width = (batch.shape[axis] for axis in axes)
    corners = [
        (y, x) for y in range(0, height - window + stride, stride) for x in range(0, width - window + stride, stride)
    ]
    places = []
    for top, left in corners:
        place = [slice(None)] * 4
        place[axes[0]], place[axes[1]] = slice(top, top + window), slice(left, left + window)
        places.append(tuple(place))
    hidden = np.stack([batch] * len(places))
    for one, place in zip(hidden, places, strict=True):
        one[place] = filling[place]
    scores = model.scores(hidden.reshape(-1, *batch.shape[1:])).reshape(len(places), len(batch), -1)
    total, covered = np.zeros(batch.shape), np.zeros(batch.shape)
    for place, under in zip(places, scores, strict=True):
        total[place] += (quantity(model.scores(batch)) - quantity(under))[:, None, None, None]
        covered[place] += 1
    return total / covered


@pytest.mark.parametrize("make", [*TORCH, *KERAS], ids=lambda make: make.__name__)
@pytest.mark.parametrize(("window", "stride", "baseline"), [(4, 4, "black"), (5, 3, "blur"), (2, 1, "mean")])
def test_windows_bring_what_whole_passes_do(make, window, stride, baseline, agreement):
    _, model = shared(make)
    batch = pictures(model)
    result = xai.Occlusion(window=window, stride=stride, baseline=baseline)(model, batch, xai.Margin(0, 1))
    assert result.path == "windows"
    expected = definition(model, batch, window, stride, baseline, lambda scores: scores[:, 0] - scores[:, 1])
    agreement("occlusion", "definition", result.values, expected, 2e-6, scale=np.abs(model.scores(batch)).max())
    windows = np.prod([len(range(0, side - window + stride, stride)) for side in SHAPE[:2]])
    assert result.evaluations == len(batch) * (1 + windows)


@pytest.mark.parametrize("make", [torch_channels_last, keras_channels_last], ids=lambda make: make.__name__)
def test_what_works_on_channels_that_come_last_stays_at_its_place(make):
    _, model = shared(make)
    steps = model.recomputation().program.steps
    assert sum(step.places is None for step in steps) == 2, "the mean and the head"


@pytest.mark.parametrize("make", [*TORCH[:2], *KERAS[:2]], ids=lambda make: make.__name__)
@pytest.mark.parametrize("given", ["squares", "numbers", "pixels"])
def test_squares_are_taken_away_as_windows_are(make, given, agreement):
    """Whatever their numbers are: here they count backwards."""
    _, model = shared(make)
    batch = pictures(model)
    side = 1 if given == "pixels" else 4
    rows, columns = (np.arange(length) // side for length in SHAPE[:2])
    plane = 7 - rows[:, None] - 100 * columns
    numbers = plane[None] if model.backend == "torch" else plane[..., None]
    features = numbers if given == "numbers" else given
    result = xai.FeatureAblation(features=features, size=4)(model, batch, xai.Margin(0, 1))
    assert result.path == "windows"
    expected = definition(model, batch, side, side, "black", lambda scores: scores[:, 0] - scores[:, 1])
    agreement("feature_ablation", "definition", result.values, expected, 2e-6, scale=np.abs(model.scores(batch)).max())


@pytest.mark.parametrize("make", [TORCH[0], KERAS[0]], ids=lambda make: make.__name__)
def test_what_are_no_squares_side_by_side_is_taken_away_in_batches(make):
    _, model = shared(make)
    x = pictures(model, 1)[0]
    first = model.backend == "torch"
    rows, columns = np.indices(SHAPE[:2])

    def path(plane, **options):
        features = plane[None] if first else plane[..., None]
        return xai.FeatureAblation(features=features, **options)(model, x).path

    assert path(columns // 4) == "batches", "stripes"
    assert path(rows // 4 * 100 + (columns + 2) // 4) == "batches", "the first is narrower"
    assert path((rows // 4 + columns // 4) % 3) == "batches", "some lie apart"
    squares = rows // 4 * 100 + columns // 4
    assert path(squares) == "windows"
    assert path(squares, loss=lambda scores: scores[:, 0]) == "batches"
    by_channel = np.stack([squares, squares + 50, squares], axis=0 if first else -1)
    assert xai.FeatureAblation(features=by_channel)(model, x, xai.Logit(0)).path == "batches"


def test_layers_that_are_not_local_end_the_patches():
    """What comes after them is computed whole, and what comes before is not."""
    for make in (TORCH[0], KERAS[0]):
        _, model = wrapped(make)
        xai.Occlusion(window=4, stride=4)(model, pictures(model, 1)[0])
        (plan,) = model.recomputation()._plans.values()
        whole = [move.whole for move in plan.moves]
        local = [step.places is not None for step in plan.program.steps]
        assert [not one for one in whole] == local
        assert sum(local) >= 6
        assert plan.share < 0.5


@pytest.mark.parametrize("make", [TORCH[1], KERAS[1]], ids=lambda make: make.__name__)
def test_other_quantities(make):
    _, model = shared(make)
    batch = pictures(model)
    method = xai.Occlusion(window=6, stride=6)
    probability = method(model, batch, xai.Probability([1, 2]))
    expected = definition(
        model, batch, 6, 6, "black", lambda s: (np.exp(s) / np.exp(s).sum(1, keepdims=True))[[0, 1], [1, 2]]
    )
    np.testing.assert_allclose(probability.values, expected, atol=1e-6)
    custom = method(model, batch, xai.Custom(lambda scores: scores[:, 0] * scores[:, 1]))
    expected = definition(model, batch, 6, 6, "black", lambda s: s[:, 0] * s[:, 1])
    np.testing.assert_allclose(custom.values, expected, atol=2e-6)
    assert probability.path == custom.path == "windows"


@pytest.mark.parametrize("make", [TORCH[2], KERAS[2]], ids=lambda make: make.__name__)
def test_training_that_goes_on_is_seen(make):
    net, model = wrapped(make)
    batch = pictures(model)
    method = xai.Occlusion(window=5, stride=5)
    before = method(model, batch, xai.Logit(2))
    if isinstance(net, nn.Module):
        with torch.no_grad():
            for tensor in [*net.parameters(), net.norm.running_mean]:
                tensor.mul_(1.3)
    else:
        net.set_weights([1.3 * weights for weights in net.get_weights()])
    after = method(model, batch, xai.Logit(2))
    expected = definition(model, batch, 5, 5, "black", lambda scores: scores[:, 2])
    assert after.path == "windows"
    assert np.abs(after.values - before.values).max() > 0.1 * np.abs(expected).max()
    np.testing.assert_allclose(after.values, expected, atol=2e-6 * np.abs(model.scores(batch)).max())


class Branching(nn.Module):
    """Does something else with dark pictures, which random ones are not."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 4)

    def forward(self, x):
        h = self.conv(x).relu()
        if x.mean() < -0.2:
            h = 2 * h
        return self.head(h.amax((2, 3)))


class Following(nn.Module):
    """Works in place where another tensor sees it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 4)

    def forward(self, x):
        h = self.conv(x)
        same = h.view(h.shape)
        same.mul_(2)
        return self.head(h.amax((2, 3)))


def test_a_network_that_decides_by_its_input_is_found_out():
    _, model = wrapped(Branching)
    dark = 0.2 * pictures(model, 1)
    result = xai.Occlusion(window=5, stride=5)(model, dark, xai.Logit(1))
    assert result.path == "batches"
    assert model.recomputation().refuted
    bright = xai.Occlusion(window=5, stride=5)(model, 4 * dark, xai.Logit(1))
    assert bright.path == "batches", "it is not trusted again"


def test_a_network_that_decides_by_its_input_is_found_out_at_later_inputs():
    """Trusted from a picture on which it did what was recorded."""
    _, model = wrapped(Branching)
    bright, dark = pictures(model, 1), 0.2 * pictures(model, 1)
    occlusion = xai.Occlusion(window=2, stride=2)
    assert occlusion(model, bright, xai.Logit(1)).path == "windows"
    found = occlusion(model, dark, xai.Logit(1))
    assert found.path == "batches"
    expected = definition(model, dark, 2, 2, "black", lambda scores: scores[:, 1])
    np.testing.assert_allclose(found.values, expected, atol=1e-6)


@pytest.mark.parametrize("make", [Following, lambda: nn.Sequential(nn.Flatten(), nn.Linear(1020, 4))])
def test_what_cannot_be_run_in_parts_is_run_in_batches(make):
    _, model = wrapped(make)
    batch = pictures(model)
    result = xai.Occlusion(window=6, stride=5)(model, batch, xai.Logit(1))
    assert result.path == "batches"
    assert make is not Following or model.recomputation() is None, "it is known beforehand"
    expected = definition(model, batch, 6, 5, "black", lambda scores: scores[:, 1])
    np.testing.assert_allclose(result.values, expected, atol=1e-6)


@pytest.mark.parametrize("make", [TORCH[0], KERAS[0]], ids=lambda make: make.__name__)
def test_that_a_network_cannot_be_run_in_parts_is_found_out_once(make, monkeypatch):
    """It takes a pass that is followed, or a trace, which the next picture must not wait for."""
    _, model = wrapped(make)
    adapter = importlib.import_module(f"xai_widgets.models.{model.backend}.model")
    looked = []
    monkeypatch.setattr(adapter, "recomputation", lambda *asked: looked.append(asked))
    results = [xai.Occlusion(window=5, stride=5)(model, pictures(model), xai.Logit(1)) for _ in range(2)]
    assert [result.path for result in results] == ["batches"] * 2
    assert len(looked) == 1


def test_a_unit_inside_is_explained_in_batches():
    _, model = wrapped(torch_plain)
    result = xai.Occlusion(window=6, stride=6)(model, pictures(model), xai.Channel("3", 2))
    assert result.path == "batches"


def test_the_student_s_network_is_left_alone():
    net, model = wrapped(TORCH[2])
    net.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    xai.Occlusion(window=5, stride=5)(model, pictures(model))
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())


class Logarithm(nn.Module):
    def forward(self, x):
        return x.log()


def test_what_is_not_finite_under_a_window_is_refused_as_ever():
    torch.manual_seed(0)
    model = xai.wrap(nn.Sequential(Logarithm(), *torch_plain()), input_shape=(3, 20, 17))
    assert xai.Occlusion(window=6, stride=6, baseline="mean")(model, pictures(model)).path == "windows"
    with pytest.raises(ValueError, match="NaN or infinite"):
        xai.Occlusion(window=6, stride=6, baseline="black")(model, pictures(model))
