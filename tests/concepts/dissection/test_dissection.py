"""Network dissection beside maps, masks and sums written out as loops, on what is square, not square, or no picture."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.transformers import transformer
from xai_widgets.concepts.dissection import hits, network_dissection

COUNT, QUANTILE = 17, 0.1
RANDOM = np.random.default_rng(5)
ROWS = RANDOM.uniform(0, 1, (COUNT, 3, 10, 14)).astype(np.float32)
CONCEPTS = {
    "left": np.arange(140).reshape(10, 14) % 14 < 6,
    "red": ROWS[:, 0] > 0.7,
    "bright": ROWS.mean(axis=1) > 0.6,
    "nowhere": np.zeros((COUNT, 10, 14), bool),
}


@pytest.fixture(scope="module")
def network():
    """The last unit is the same everywhere, the one before is off everywhere."""
    torch.manual_seed(3)
    found = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(175, 3))
    with torch.no_grad():
        found[0].weight[3:] = 0
        found[0].bias[3:] = torch.tensor([-1.0, 0.7])
    return found


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(3, 10, 14), bounds=(0, 1))


@pytest.fixture(scope="module")
def units(model):
    return xai.NetworkDissection(CONCEPTS, quantile=QUANTILE)(model, ROWS, layer="2")


def hot_by_hand(maps, shape, quantile=QUANTILE):
    """Return where each unit is on, from the maps of a layer: (units, rows, *places)."""
    found = []
    for unit in range(maps.shape[1]):
        own = torch.from_numpy(maps[:, unit : unit + 1].astype(np.float64))
        threshold = np.quantile(own.numpy(), 1 - quantile)
        mode = "linear" if len(shape) == 1 else "bilinear"
        found.append(nn.functional.interpolate(own, shape, mode=mode)[:, 0].numpy() > threshold + 1e-12)
    return np.array(found)


def iou_by_hand(hot, mask):
    both = either = 0
    for one, other in zip(hot.ravel(), np.broadcast_to(mask, hot.shape).ravel(), strict=True):
        both += one and other
        either += one or other
    return both / either if either else 0.0


def test_it_is_the_definition(network, units, agreement):
    with torch.no_grad():
        hot = hot_by_hand(network[:3](torch.from_numpy(ROWS)).numpy(), (10, 14))
    expected = [[iou_by_hand(one, mask) for mask in CONCEPTS.values()] for one in hot]
    agreement("network_dissection", "definition", units.iou, expected)
    assert units.iou[:3, :3].min() > 0
    assert units.concepts == tuple(CONCEPTS)
    assert units.best.tolist() == np.argmax(expected, axis=1).tolist()
    assert units.value == pytest.approx(np.max(expected, axis=1).mean())


def test_what_is_nowhere_and_what_is_the_same_everywhere_lies_on_nothing(units):
    assert (units.iou[3:] == 0).all()
    assert (units.iou[:, 3] == 0).all()
    assert units.thresholds[3:].tolist() == [0, pytest.approx(0.7)]
    assert units.ceiling[3] == 0
    assert np.isfinite(units.standard_error).all()


def test_a_unit_that_is_a_concept_lies_on_it_wholly(model, units):
    own = units.mask(1, np.arange(COUNT))
    found = xai.NetworkDissection({"own": own, "rest": ~own}, quantile=QUANTILE)(model, ROWS, "2")
    assert found.iou[1].tolist() == [1, 0]
    assert found.histogram["own"] >= 1


def test_the_ceiling_is_that_of_areas(units):
    areas = [np.broadcast_to(mask, (COUNT, 10, 14)).mean() for mask in CONCEPTS.values()]
    np.testing.assert_allclose(units.areas, areas)
    np.testing.assert_allclose(units.ceiling, [min(QUANTILE, a) / max(QUANTILE, a) for a in areas])


def test_the_error_is_that_of_leaving_inputs_out(units, model):
    without = []
    for row in range(COUNT):
        both = np.array([np.delete(units.hits, row, axis=0).sum(axis=0) @ units.atoms.held])[0]
        on = np.delete(units.hits, row, axis=0).sum(axis=(0, 2))
        area = np.delete(units.pixels, row, axis=0).sum(axis=0) @ units.atoms.held
        without.append(both / np.maximum(on[:, None] + area - both, 1))
    expected = np.sqrt((COUNT - 1) * np.var(without, axis=0))
    np.testing.assert_allclose(units.standard_error, expected)
    assert units.standard_error[:3, :3].min() > 0
    one = xai.NetworkDissection({"left": CONCEPTS["left"]})(model, ROWS[:1], "2")
    assert np.isnan(one.standard_error).all()


def test_the_histogram_counts_the_best_concept_of_each_detector(units):
    strict = dataclasses.replace(units, threshold=float(np.sort(units.iou.max(axis=1))[-2]))
    assert strict.detectors.tolist() == [int(units.iou.max(axis=1).argmax())]
    assert sum(strict.histogram.values()) == 1
    assert strict.unique == (units.concepts[units.best[strict.detectors[0]]],)
    assert sum(units.histogram.values()) == len(units.detectors) == 2
    assert list(units.histogram.values()) == sorted(units.histogram.values(), reverse=True)


def test_it_streams_over_inputs_and_ends_where_it_would_at_once(model, units, monkeypatch):
    monkeypatch.setattr(network_dissection, "AT_ONCE", 1)
    few = [*xai.NetworkDissection(CONCEPTS, quantile=QUANTILE).stream(model, ROWS, "2")]
    assert [len(one.hits) for one in few] == [*range(1, COUNT + 1)]
    assert [one.final for one in few] == [False] * (COUNT - 1) + [True]
    for one in few:
        np.testing.assert_array_equal(one.hits, units.hits[: len(one.hits)])
        np.testing.assert_array_equal(one.untrained.hits, units.untrained.hits[: len(one.hits)])
        np.testing.assert_array_equal(one.thresholds, units.thresholds)
    part = few[4]
    hot = part.mask(0, np.arange(5))
    assert part.iou[0, 1] == pytest.approx(iou_by_hand(hot, CONCEPTS["red"][:5]))
    assert part.areas[0] == pytest.approx(6 / 14)


def test_what_is_not_kept_is_read_again(model, units, monkeypatch):
    assert units.evaluations == units.planned == 2 * COUNT
    monkeypatch.setattr(hits, "MOST_HELD", 5 * 35 * 4 * 6)  # six inputs of five units at 35 places
    monkeypatch.setattr(network_dissection, "AT_ONCE", 4 * 5 * 140)
    few = [*xai.NetworkDissection(CONCEPTS, quantile=QUANTILE).stream(model, ROWS, "2")]
    np.testing.assert_array_equal(few[-1].hits, units.hits)
    assert {one.planned for one in few} == {2 * COUNT + 2 * (COUNT - 6)}
    assert few[-1].evaluations == few[-1].planned


def test_the_untrained_network_is_beside_it(model, units):
    for seed in (0, 3):
        found = xai.NetworkDissection(CONCEPTS, quantile=QUANTILE, seed=seed)(model, ROWS, "2")
        alone = xai.NetworkDissection(CONCEPTS, quantile=QUANTILE)(model.randomised(seed=seed), ROWS, "2")
        np.testing.assert_array_equal(found.untrained.iou, alone.iou)
    assert "untrained" in repr(units)
    assert f"{units.untrained.value:.3f}" in repr(units)


def test_a_network_without_weights_has_none():
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.AvgPool2d(2)

        def forward(self, x):
            return self.pool(x).mean(dim=(2, 3))

    found = xai.NetworkDissection(CONCEPTS)(xai.wrap(Bare(), input_shape=(3, 10, 14), outputs="values"), ROWS, "pool")
    assert found.untrained is None
    assert "no untrained network" in repr(found)


def test_many_concepts_at_once(model):
    names = {str(name): RANDOM.uniform(size=(COUNT, 10, 14)) < 0.3 for name in range(40)}
    found = xai.NetworkDissection(names, quantile=QUANTILE)(model, ROWS, "2")
    hot = found.mask(0, np.arange(COUNT))
    for column in (0, 15, 16, 39):
        assert found.iou[0, column] == pytest.approx(iou_by_hand(hot, names[str(column)]))


def test_its_pictures_are_those_in_which_a_unit_is_largest(network, units):
    with torch.no_grad():
        peaks = network[:3](torch.from_numpy(ROWS)).amax(dim=(2, 3))[:, 1].numpy()
    assert units.strongest(1, count=4).tolist() == np.argsort(-peaks)[:4].tolist()
    shown = units.mask(1, [3, 0])
    assert shown.shape == (2, 10, 14)
    assert shown.sum(axis=(1, 2)).tolist() == units.hits[[3, 0], 1].sum(axis=1).tolist()


def test_the_units_of_tokens_stand_on_their_patches():
    """A class token stands nowhere, and counts not."""
    found = transformer("oblong")
    model, x = found.models["torch"]
    layer, grid = "blocks.0", (12, 20)
    masks = {"left": np.arange(np.prod(grid)).reshape(grid) % grid[1] < grid[1] / 2}
    units = xai.NetworkDissection(masks, quantile=QUANTILE)(model, x, layer)
    tokens = model.at(layer).activations(x)[:, 1:].transpose(0, 2, 1).reshape(len(x), 12, 3, 5)
    hot = hot_by_hand(tokens, grid)
    np.testing.assert_allclose(units.iou[:, 0], [iou_by_hand(one, masks["left"]) for one in hot])


def test_of_a_signal_concepts_are_stretches():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(40, 3))
    x = np.random.default_rng(0).uniform(size=(6, 2, 20)).astype(np.float32)
    masks = {"early": np.arange(20) < 8, "high": x[:, 0] > 0.5}
    units = xai.NetworkDissection(masks, quantile=QUANTILE)(xai.wrap(network, input_shape=(2, 20)), x, "2")
    with torch.no_grad():
        hot = hot_by_hand(network[:3](torch.from_numpy(x)).numpy(), (20,))
    np.testing.assert_allclose(units.iou, [[iou_by_hand(one, mask) for mask in masks.values()] for one in hot])


def test_channels_may_come_last(network, units, agreement):
    of = keras.layers
    net = keras.Sequential(
        [
            keras.Input((10, 14, 3)),
            of.Conv2D(5, 3, padding="same", activation="relu"),
            of.MaxPooling2D(name="pool"),
            of.Flatten(),
            of.Dense(3),
        ]
    )
    kernel, bias = (one.detach().numpy() for one in network[0].parameters())
    net.layers[0].set_weights([kernel.transpose(2, 3, 1, 0), bias])
    found = xai.NetworkDissection(CONCEPTS, quantile=QUANTILE)(xai.wrap(net), ROWS.transpose(0, 2, 3, 1), "pool")
    agreement("network_dissection", "parity", found.iou, units.iou)
    agreement("network_dissection", "parity", found.standard_error, units.standard_error)


@pytest.mark.parametrize(
    ("concepts", "layer", "error", "said"),
    [
        ({}, "2", TypeError, "expected a dict of masks"),
        ([CONCEPTS["left"]], "2", TypeError, "expected a dict of masks"),
        ({"a": CONCEPTS["left"].astype(float)}, "2", ValueError, "mask of 'a' is float64"),
        ({"a": [[True, False], [True]]}, "2", TypeError, "expected an array of numbers"),
        ({"a": CONCEPTS["red"][:3]}, "2", ValueError, r"\(3, 10, 14\); expected bool of shape \(17, 10, 14\)"),
        ({"a": CONCEPTS["left"].T}, "2", ValueError, r"expected bool of shape .* or \(10, 14\)"),
        ({"a": CONCEPTS["nowhere"]}, "2", ValueError, "No concept is anywhere"),
        (CONCEPTS, "4", ValueError, "cannot be laid over"),
        (CONCEPTS, "pool", ValueError, "no layer 'pool'"),
    ],
)
def test_what_does_not_fit_is_said(model, concepts, layer, error, said):
    with pytest.raises(error, match=said):
        xai.NetworkDissection(concepts)(model, ROWS, layer)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda units: units.mask(5, [0]), ValueError, "no unit 5 in layer '2'; expected a number from 0 to 4"),
        (lambda units: units.mask(0, [COUNT]), ValueError, "expected numbers from 0 to 16"),
        (lambda units: units.mask(0, [0.5]), ValueError, "expected numbers from 0 to 16"),
        (lambda units: units.mask(0, [[1, 2], [3]]), TypeError, "expected an array of numbers"),
        (lambda units: units.strongest(0, count=None), TypeError, "whole number from 1 on"),
        (lambda units: units.strongest("a"), TypeError, "expected the number of a unit"),
        (lambda units: units.optimum(-1), ValueError, "no unit -1"),
        (lambda units: units.formula(True), TypeError, "expected the number of a unit"),
        (lambda units: units.formula(0, leaves=0), ValueError, "leaves is 0; expected a whole number from 1 to 12"),
        (lambda units: units.formula(0, leaves="3"), TypeError, "leaves is '3'"),
    ],
)
def test_what_is_asked_wrongly_is_said(units, ask, error, said):
    with pytest.raises(error, match=said):
        ask(units)


def test_options_tell_finders_apart():
    one = xai.NetworkDissection(CONCEPTS)
    other = xai.NetworkDissection({**CONCEPTS, "left": ~CONCEPTS["left"]})
    assert hash(one.key) == hash(xai.NetworkDissection(dict(CONCEPTS)).key)
    assert one.key != other.key
