"""Relevant features beside closed forms, scikit-learn, and descriptors, maps and patches written out."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.relevant.least_squares import BoundedLeastSquares, onto_ball
from xai_widgets.concepts.relevant.patches import reach
from xai_widgets.concepts.units import Units

COUNT, CLASSES = 30, 3
RANDOM = np.random.default_rng(4)
ROWS = RANDOM.uniform(0, 1, (COUNT, 2, 14, 10)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(210, CLASSES),
    )


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(2, 14, 10), classes=["a", "b", "c"])


@pytest.fixture(scope="module")
def labels(model):
    """Told by how bright the two colours are, which the network need not know."""
    means = ROWS.mean(axis=(2, 3))
    return np.where(means[:, 0] > means[:, 1] + 0.01, 0, np.where(means[:, 1] > means[:, 0] + 0.01, 1, 2))


@pytest.fixture(scope="module")
def found(model, labels):
    return xai.RelevantFeatures(budget=3)(model, ROWS, labels)


def fitted(x, y, budget, steps=20_000):
    fit = BoundedLeastSquares(x, y, budget)
    for _ in range(steps):
        fit.step()
    fit.look()
    return fit


def error_of(x, y, weights):
    return ((x @ weights - y) ** 2).sum(axis=0)


@pytest.mark.parametrize("radius", [0.1, 1, 3, 100])
def test_the_nearest_point_of_the_ball_takes_the_same_from_all(radius):
    columns = RANDOM.normal(size=(9, 40))
    near = onto_ball(columns, radius)
    for column, projected in zip(columns.T, near.T, strict=True):
        low, high = 0.0, np.abs(column).max()  # bisection for what is taken away
        for _ in range(100):
            shift = (low + high) / 2
            low, high = (shift, high) if np.maximum(np.abs(column) - shift, 0).sum() > radius else (low, shift)
        expected = column if np.abs(column).sum() <= radius else np.sign(column) * np.maximum(np.abs(column) - high, 0)
        np.testing.assert_allclose(projected, expected, atol=1e-12)


def test_where_features_are_orthonormal_it_is_the_projection(agreement):
    x, _ = np.linalg.qr(RANDOM.normal(size=(30, 8)))
    y = RANDOM.normal(size=(30, 4))
    for budget in (0.3, 1, 50):
        found = fitted(x, y, budget, 500)
        agreement("relevant_features", "closed form", found.weights, onto_ball(x.T @ y, budget))
        assert found.gap.max() < 1e-8


def test_a_large_budget_is_least_squares(agreement):
    x, y = RANDOM.normal(size=(40, 8)), RANDOM.normal(size=(40, 3))
    found = fitted(x, y, 1e3)
    agreement("relevant_features", "closed form", found.weights, np.linalg.lstsq(x, y, rcond=None)[0])


@pytest.mark.parametrize("budget", [0.2, 0.5, 1])
def test_it_is_the_lasso_whose_multiplier_matches(budget, agreement):
    """At the best weights the slope of all that is used is the same: that is the multiplier."""
    x, y = RANDOM.uniform(size=(60, 12)), RANDOM.normal(size=(60, 3))
    found = fitted(x, y, budget)
    np.testing.assert_allclose(np.abs(found.weights).sum(axis=0), budget)
    for column, weights in zip(y.T, found.weights.T, strict=True):
        multiplier = np.abs(x.T @ (column - x @ weights)).max() / len(x)
        theirs = Lasso(multiplier, fit_intercept=False, tol=1e-14, max_iter=1_000_000).fit(x, column)
        agreement("relevant_features", "scikit-learn", weights, theirs.coef_)


def test_the_gap_is_no_smaller_than_how_far_it_is_from_the_best():
    x, y = RANDOM.uniform(size=(60, 30)), RANDOM.normal(size=(60, 5))
    best = error_of(x, y, fitted(x, y, 2).weights)
    fit = BoundedLeastSquares(x, y, 2)
    gaps = []
    for _ in range(60):
        fit.step()
        fit.look()
        gaps.append(fit.gap)
        assert (error_of(x, y, fit.weights) - best <= fit.gap + 1e-9).all()
    assert (gaps[-1] < 0.1 * gaps[0]).all()


def test_inputs_are_described_by_how_much_channels_respond(network, model, labels, found):
    with torch.no_grad():
        layers = [network[: at + 1](torch.from_numpy(ROWS)).numpy() for at in range(6)]
    rows = []
    for at in range(5):
        lengths = np.array([[np.linalg.norm(plane) for plane in row] for row in layers[at]])
        rows.append(lengths / np.linalg.norm(lengths, axis=1, keepdims=True))
    expected = fitted(np.concatenate(rows, axis=1), np.eye(CLASSES)[labels], 3)
    assert found.layers == ["0", "1", "2", "3", "4"], "what is flattened has one channel"
    assert [one for one in found.features if one[0] == "3"] == [("3", unit) for unit in range(6)]
    few = xai.RelevantFeatures(budget=3, steps=20_000)(model, ROWS, labels)
    np.testing.assert_allclose(
        error_of(np.concatenate(rows, axis=1), np.eye(CLASSES)[labels], few.weights),
        error_of(np.concatenate(rows, axis=1), np.eye(CLASSES)[labels], expected.weights),
        rtol=1e-4,
    )
    said = (np.concatenate(rows, axis=1) @ few.weights).argmax(axis=1)
    assert few.accuracy == (said == labels).mean() > 0.5


def test_the_units_that_count_most_come_first(found):
    weights = found.weights[:, 1]
    chosen = found.chosen("b")
    assert len(chosen) == (weights != 0).sum() == found.counts[1]
    assert [abs(one.weight) for one in chosen] == sorted(np.abs(weights[weights != 0]), reverse=True)
    for layer, unit, weight in chosen:
        assert weights[found.features.index((layer, unit))] == weight
    np.testing.assert_array_equal(found.relevance("1")[:, 1], weights[5:10])
    assert (np.abs(found.weights).sum(axis=0) <= 3 + 1e-9).all()
    assert f"a {found.counts[0]}, b {found.counts[1]}" in repr(found)


def test_a_smaller_budget_leaves_fewer(model, labels):
    counts = [xai.RelevantFeatures(budget=budget)(model, ROWS, labels).counts.sum() for budget in (0.5, 2, 20)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_it_streams_until_nothing_is_to_gain(model, labels):
    few = [*xai.RelevantFeatures(budget=0.5, steps=5000).stream(model, ROWS, labels)]
    assert few[-1].final
    assert len(few) < 5000 // 25
    assert few[-1].gap.max() <= 1e-6 < few[0].gap.max()
    assert few[-1].evaluations == few[-1].planned == 5 * COUNT
    short = [*xai.RelevantFeatures(budget=3, steps=60).stream(model, ROWS, labels)]
    assert [one.final for one in short] == [False, False, True]


def test_an_explanation_is_where_the_units_look_that_respond(model, found):
    why = found.explain(model, ROWS[:8], count=2)
    classes = model.scores(ROWS[:8]).argmax(axis=1)
    for row in range(8):
        weights, picture = found.weights[:, classes[row]], ROWS[row]
        responses = []
        for layer in found.layers:
            plane = Units(model, ROWS[row][None], layer).whole[0]
            lengths = np.linalg.norm(plane, axis=1)
            responses += (lengths / np.linalg.norm(lengths)).tolist()
        said = np.array(responses) * weights
        order = [place for place in np.argsort(-said, kind="stable")[:2] if said[place] > 0]
        assert [(one.layer, one.unit) for one in why.units[row]] == [found.features[place] for place in order]
        expected = np.zeros_like(picture)
        for place, one, apart in zip(order, why.units[row], why.apart[row], strict=True):
            look = xai.GuidedBackpropagation()(model, picture, xai.Channel(*found.features[place])).values
            np.testing.assert_allclose(apart, look, rtol=1e-4, atol=1e-6)
            assert one.contribution == pytest.approx(said[place], rel=1e-4)
            expected += said[place] * look / max(np.abs(look).max(), 1e-30)
        np.testing.assert_allclose(why.values[row], expected, rtol=1e-3, atol=1e-5)
    assert why.map.shape == (8, 14, 10)
    np.testing.assert_allclose(why.score, model.scores(ROWS[:8]).max(axis=1), rtol=1e-5)


def test_a_class_may_be_named_and_an_input_be_alone(model, found):
    why = found.explain(model, ROWS[0], target="c", count=1)
    assert why.values.shape == (2, 14, 10)
    assert len(why.units) == len(why.apart) == 1
    batch = found.explain(model, ROWS[:1], target=2, count=1)
    np.testing.assert_array_equal(batch.values[0], why.values)
    assert why.score == pytest.approx(float(model.scores(ROWS[:1])[0, 2]))
    slopes = found.explain(model, ROWS[0], target="c", count=1, method=xai.Saliency())
    assert slopes.method.name == "saliency"


def test_coverage_says_on_which_concepts_explanations_lie(model, found, labels):
    masks = {"left": np.arange(140).reshape(14, 10) % 10 < 5, "right": np.arange(140).reshape(14, 10) % 10 >= 5}
    why = found.explain(model, ROWS)
    table = xai.ConceptCoverage(kept=0.2)(why, masks, labels)
    sizes = np.abs(why.map).reshape(COUNT, -1)
    hot = np.zeros(sizes.shape, bool)
    np.put_along_axis(hot, np.argsort(-sizes, axis=1, kind="stable")[:, :28], True, axis=1)
    there = masks["left"].ravel()
    each = (hot & there).sum(axis=1) / (hot | there).sum(axis=1)
    assert table.iou[1, 0] == pytest.approx(each[labels == 1].mean())


@pytest.mark.parametrize(("layer", "size"), [("1", 3), ("2", 4), ("4", 8)])
def test_a_unit_sees_what_reaches_it(model, layer, size):
    spans = reach(Units(model, ROWS, layer))
    np.testing.assert_array_equal(spans[:, 1] - spans[:, 0] + 1, [size, size])
    np.testing.assert_allclose(spans.sum(axis=1), 0)


def test_a_patch_is_the_mean_of_what_a_unit_sees_where_it_is_largest(network, model, found):
    patch = next(one for one in found.patches(model, ROWS, "b", count=7) if one.layer in ("2", "3", "4"))
    with torch.no_grad():
        maps = network[: int(patch.layer) + 1](torch.from_numpy(ROWS)).numpy()[:, patch.unit]
    size, step, first = {"2": (4, 2, -1), "3": (8, 2, -3), "4": (8, 2, -3)}[patch.layer]
    inputs = np.argsort(-maps.max(axis=(1, 2)), kind="stable")[:7]
    assert patch.inputs.tolist() == inputs.tolist()
    total, count = np.zeros((size, size, 2)), np.zeros((size, size, 1))
    for number, place in zip(inputs, patch.places, strict=True):
        row, column = np.unravel_index(maps[number].argmax(), maps[number].shape)
        assert place.tolist() == [row * step + 0.5, column * step + 0.5]
        for down in range(size):
            for along in range(size):
                at = row * step + first + down, column * step + first + along
                if 0 <= at[0] < 14 and 0 <= at[1] < 10:
                    total[down, along] += ROWS[number][:, at[0], at[1]]
                    count[down, along] += 1
    beyond = np.broadcast_to(count == 0, total.shape)
    np.testing.assert_allclose(patch.picture, np.where(beyond, np.nan, total / np.maximum(count, 1)), rtol=1e-6)
    assert "mean of 7 patches" in repr(patch)


def test_without_places_it_takes_the_layers_before_the_last():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    x = RANDOM.uniform(size=(12, 6)).astype(np.float32)
    found = xai.RelevantFeatures(budget=2)(xai.wrap(network, input_shape=(6,), bounds=None), x, np.arange(12) % 3)
    assert found.layers == ["0", "1"]
    assert len(found.features) == 16


@pytest.mark.parametrize(
    ("given", "labels", "error", "said"),
    [
        ({"budget": 0}, np.zeros(COUNT, int), ValueError, "budget is 0; expected a number from 0.001 to 1000000"),
        ({"steps": 0.5}, np.zeros(COUNT, int), TypeError, "steps is 0.5"),
        ({"layers": "1"}, np.zeros(COUNT, int), TypeError, "expected a list of names"),
        ({"layers": ["relu"]}, np.zeros(COUNT, int), ValueError, "no layer 'relu'"),
        ({}, np.zeros(3, int), ValueError, "labels has shape"),
        ({}, np.full(COUNT, 3), ValueError, "from 0 to 2"),
        ({}, np.zeros(COUNT), TypeError, "expected the numbers of the right classes"),
    ],
)
def test_what_does_not_fit_is_said(model, given, labels, error, said):
    with pytest.raises(error, match=said):
        xai.RelevantFeatures(**given)(model, ROWS, labels)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda found, model: found.chosen("z"), ValueError, "'z'"),
        (lambda found, model: found.relevance("5"), ValueError, "units of layer '5' were not looked at"),
        (lambda found, model: found.explain(model, ROWS[0], count=0), ValueError, "whole number from 1 on"),
        (lambda found, model: found.relevance(np.zeros(0)), ValueError, "were not looked at"),
        (lambda found, model: found.explain(model, ROWS[0], count=1.5), TypeError, "whole number from 1 on"),
        (lambda found, model: found.explain(model, ROWS[0], method="guided"), TypeError, "expected a method"),
        (lambda found, model: found.patches(model, ROWS, "a", count=None), TypeError, "whole number from 1 on"),
    ],
)
def test_what_is_asked_wrongly_is_said(found, model, ask, error, said):
    with pytest.raises(error, match=said):
        ask(found, model)


def test_a_network_has_to_be_wrapped(network, labels):
    with pytest.raises(TypeError, match=r"Found a Sequential; expected a network in xai_widgets\.wrap"):
        xai.RelevantFeatures()(network, ROWS, labels)


def test_another_network_is_not_explained_by_these_units(found):
    small = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 1), nn.ReLU(), nn.Flatten())
    other = xai.wrap(nn.Sequential(*small, nn.Linear(144, 3)), input_shape=(2, 14, 10))
    with pytest.raises(ValueError, match="other units than those that were found"):
        found.explain(other, ROWS[0])
