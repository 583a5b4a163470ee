"""Setting the units of a layer, beside the layers behind it called by hand."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.transformers import transformer

NAMES = ["red", "round", "large", "wet"]
COUNT = 7


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(4)
    parts = [("conv", nn.Conv2d(1, 3, 3)), ("relu", nn.ReLU()), ("mean", nn.AdaptiveAvgPool2d(1))]
    parts += [
        ("flat", nn.Flatten()),
        ("logits", nn.Linear(3, 4)),
        ("concepts", nn.Sigmoid()),
        ("head", nn.Linear(4, 3)),
    ]
    found = nn.Sequential()
    for name, part in parts:
        found.add_module(name, part)
    return found.eval()


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(1, 7, 7), classes=["a", "b", "c"], units={"concepts": NAMES})


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).uniform(size=(COUNT, 1, 7, 7)).astype(np.float32)


def behind(network, concepts):
    with torch.no_grad():
        return network.head(torch.as_tensor(concepts, dtype=torch.float32)).softmax(1).numpy()


def concepts(network, x):
    with torch.no_grad():
        return network[:-1](torch.from_numpy(x)).numpy()


def test_answers_are_those_of_the_head_alone(network, model, x, agreement):
    truth = np.random.default_rng(1).integers(0, 2, COUNT)
    found = xai.Intervention("concepts", {"round": truth, 3: 0.25})(model, x)
    said = concepts(network, x)
    told = said.copy()
    told[:, 1], told[:, 3] = truth, 0.25
    agreement("intervention", "closed form", found.probabilities, behind(network, told))
    agreement("intervention", "closed form", found.probabilities_before, behind(network, said))
    np.testing.assert_allclose(found.said, said, rtol=1e-6)
    np.testing.assert_allclose(found.values, told, rtol=1e-6)
    assert found.names == tuple(NAMES)
    answers = (behind(network, one).argmax(axis=1) for one in (said, told))
    assert found.value == pytest.approx(np.mean(np.not_equal(*answers)))
    assert found.final
    assert found.evaluations == found.planned == 3 * COUNT


def test_with_every_concept_told_the_picture_no_longer_matters(model, x):
    found = xai.Intervention("concepts", dict.fromkeys(NAMES, 1))(model, x)
    np.testing.assert_allclose(found.scores, np.tile(found.scores[:1], (COUNT, 1)), atol=1e-6)
    assert np.ptp(found.scores_before, axis=0).max() > 1e-4


def test_nan_leaves_an_input_alone(model, x):
    one = np.full(COUNT, np.nan)
    one[2] = 1
    found = xai.Intervention("concepts", {"wet": one})(model, x)
    rest = np.arange(COUNT) != 2
    np.testing.assert_array_equal(found.scores[rest], found.scores_before[rest])
    assert (found.scores[2] != found.scores_before[2]).any()


def test_of_one_input_arrays_have_no_batch(model, x):
    batch, single = (xai.Intervention("concepts", {"wet": 1})(model, each) for each in (x, x[3]))
    np.testing.assert_allclose(single.probabilities, batch.probabilities[3], atol=1e-6)
    assert single.values.shape == (4,)
    assert repr(single).startswith("concepts, wet set: ")
    assert repr(batch).endswith("answers change (21 evaluations)")


def test_channels_are_set_at_all_places_as_in_the_network_that_is_edited(model, x):
    found = xai.Intervention("relu", {1: 0.7})(model, x)
    offset, factor = np.array([0, 0.7, 0]), np.array([1.0, 0, 1])
    with torch.no_grad():
        maps = model.network.relu(model.network.conv(torch.from_numpy(x))).numpy()
        edited = torch.as_tensor(maps * factor[:, None, None] + offset[:, None, None], dtype=torch.float32)
        expected = model.network[2:](edited).numpy()
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)
    np.testing.assert_allclose(found.said, maps.mean(axis=(2, 3)), atol=1e-6)


def test_tokens_without_a_place_are_set_too():
    made = transformer("oblong")
    model, _ = made.models["torch"]
    x = np.random.default_rng(0).uniform(size=(3, *made.first.shape[1:])).astype(np.float32)
    width = model.layout_of("blocks.0").channels
    values = np.linspace(-1, 1, width)
    found = xai.Intervention("blocks.0", dict(enumerate(values)))(model, x)
    np.testing.assert_allclose(found.scores, model.with_activation("blocks.0", values).scores(x), atol=1e-5)


def test_values_of_a_regression_are_given_as_they_are(network, x):
    numbers = xai.wrap(network, input_shape=(1, 7, 7), outputs="values", units={"concepts": NAMES})
    found = xai.Intervention("concepts", {"red": 1})(numbers, x)
    np.testing.assert_array_equal(found.probabilities, found.scores)
    assert found.value == pytest.approx(np.mean(found.scores - found.scores_before))
    assert "output changes by" in repr(found)


def test_the_network_is_left_as_it_was(network, model, x):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    scores = model.scores(x)
    xai.Intervention("concepts", {"red": 1})(model, x)
    assert all((before[name] == value).all() for name, value in network.state_dict().items())
    np.testing.assert_array_equal(model.scores(x), scores)


@pytest.mark.parametrize(
    ("layer", "values", "error", "words"),
    [
        ("concepts", {"rde": 1}, ValueError, "no unit of layer 'concepts' 'rde'. Did you mean 'red'"),
        ("concepts", {4: 1}, ValueError, "no unit 4 in layer 'concepts'; expected a number from 0 to 3"),
        ("concepts", {True: 1}, TypeError, "A unit is a name or a number; found True"),
        ("concepts", {"red": 1, 0: 0}, ValueError, "'red' is given twice"),
        ("concepts", {"red": "on"}, TypeError, "'red' is set to 'on'; expected a number, or 7 numbers"),
        ("concepts", {"red": [1, 0]}, TypeError, "expected a number, or 7 numbers"),
        ("concepts", {"red": np.nan}, ValueError, "expected a finite number"),
        ("concepts", {"red": [np.inf] * 7}, ValueError, "expected a finite number"),
        ("concepts", ["red"], TypeError, "expected a dict from the name or number of a unit .*'red': 1"),
        (
            "logits",
            {"red": 1},
            ValueError,
            r"without names; expected a number, or wrap .*{'logits': \[...\]}",
        ),
        ("nowhere", {"red": 1}, ValueError, "nowhere"),
        (None, {"red": 1}, TypeError, "layer is None"),
    ],
)
def test_what_does_not_fit_is_said(model, x, layer, values, error, words):
    with pytest.raises(error, match=words):
        xai.Intervention(layer, values).stream(model, x)


@pytest.mark.parametrize(
    ("units", "error", "words"),
    [
        (["red"], TypeError, "expected a dict from the name of a layer to the names of its units"),
        ({"concepts": ["red"]}, ValueError, "has 1 names, and layer 'concepts' has 4 units"),
        ({"concepts": ["red", "red", "wet", "dry"]}, ValueError, "names 'red' twice"),
        ({"concepts": "red"}, TypeError, "expected a sequence of names, one per unit"),
        ({"nowhere": ["red"]}, ValueError, "nowhere"),
    ],
)
def test_names_that_fit_no_layer_are_refused(network, units, error, words):
    with pytest.raises(error, match=words):
        xai.wrap(network, input_shape=(1, 7, 7), units=units)


def test_a_network_that_answers_at_each_place_has_no_bottleneck():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 1))
    places = xai.wrap(network, input_shape=(1, 5, 5), outputs="logits")
    with pytest.raises(ValueError, match="answers at each place"):
        xai.Intervention(places.layers[0], {0: 1})(places, np.zeros((1, 5, 5), np.float32))


def test_units_without_names_go_by_those_they_are_given(network, x):
    model = xai.wrap(network, input_shape=(1, 7, 7))
    assert model.unit_names("concepts")[2] == "unit 2"
    by_name, by_number = (xai.Intervention("concepts", {unit: 1})(model, x) for unit in ("unit 2", 2))
    np.testing.assert_array_equal(by_name.scores, by_number.scores)
    with pytest.raises(ValueError, match="without names"):
        xai.Intervention("concepts", {"unit 4": 1})(model, x)
