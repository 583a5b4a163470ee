"""Activations as sums of directions, beside scikit-learn, closed forms, and a dictionary that was planted."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.decomposition import NMF, PCA
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.factors.factors import Rows
from xai_widgets.concepts.factors.sparse_autoencoder import Training, Weights

RANDOM = np.random.default_rng(7)
PICTURES = RANDOM.uniform(0, 1, (20, 3, 12, 10)).astype(np.float32)
MATRIX = RANDOM.gamma(1, 1, (80, 9)) @ RANDOM.gamma(0.5, 1, (9, 9))
WAYS = {
    "sparse": xai.SparseAutoencoder(features=12, steps=40),
    "principal": xai.PrincipalComponents(count=3),
    "nonnegative": xai.NonNegativeFactors(count=3, steps=20),
}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(180, 5), nn.Linear(5, 3)
    )


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(3, 12, 10), bounds=(0, 1))


@pytest.fixture(scope="module", params=WAYS, ids=str)
def found(request, model):
    return WAYS[request.param].fit(model, PICTURES, layer="2")


def planted(seed, units=32, atoms=48, rows=4096):
    """Return rows that are sums of two of the atoms on average, and the atoms."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=(atoms, units))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    codes = (random.uniform(size=(rows, atoms)) < 2 / atoms) * random.uniform(0.5, 1.5, (rows, atoms))
    return codes @ truth, truth


def test_what_they_share(found, model, network):
    with torch.no_grad():
        maps = network[:3](torch.from_numpy(PICTURES)).numpy()
    rows = maps.transpose(0, 2, 3, 1).reshape(-1, 6).astype(float)
    features = len(found.dictionary)
    np.testing.assert_allclose(np.linalg.norm(found.dictionary, axis=1), 1)
    np.testing.assert_allclose(found.codes, found.encode(rows), atol=1e-4)
    np.testing.assert_allclose(found.decode(found.codes), found.codes @ found.dictionary + found.centre, atol=1e-10)
    np.testing.assert_allclose(found.encode(rows[:12].reshape(3, 4, 6)), found.codes[:12].reshape(3, 4, -1), atol=1e-4)
    assert found.maps.shape == (20, features, 6, 5)
    np.testing.assert_allclose(found.maps[3, :, 2, 1], found.codes[3 * 30 + 2 * 5 + 1], atol=1e-6)
    left = ((rows - found.decode(found.codes)) ** 2).sum() / ((rows - rows.mean(axis=0)) ** 2).sum()
    assert found.unexplained_of(rows) == pytest.approx(left, rel=1e-3)
    assert (found.evaluations, found.planned, found.final) == (20, 20, True)
    assert f"{features} features of 6 units of layer '2'" in repr(found)


def test_the_network_runs_on_what_is_decoded(found, network):
    decoded = found.decode(found.maps.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2).astype(np.float32)
    with torch.no_grad():
        scores = network[3:](torch.from_numpy(decoded)).numpy()
    np.testing.assert_allclose(found.scores(), scores, atol=1e-4)
    labels = np.arange(20) % 3
    assert found.accuracy(labels) == (scores.argmax(axis=1) == labels).mean()
    codes = found.codes.copy()
    codes[:, 1] = 0
    decoded = found.decode(codes).reshape(20, 6, 5, 6).transpose(0, 3, 1, 2).astype(np.float32)
    with torch.no_grad():
        scores = network[3:](torch.from_numpy(decoded)).numpy()
    np.testing.assert_allclose(found.scores(without=[1]), scores, atol=1e-4)


def test_its_top_places_and_what_is_seen_from_there(found):
    top = found.top(1, count=4)
    best = found.maps[:, 1].reshape(20, -1).max(axis=1)
    assert [one.input for one in top] == np.argsort(-best, kind="stable")[:4].tolist()
    for one in top:
        assert one.value == found.maps[one.input, 1][one.place] == best[one.input]
        # A window of 3, then one of 2 in steps of 2: each place sees four lines, but for those at the border.
        window = tuple(
            slice(max(2 * at - 1, 0), min(2 * at + 3, size)) for at, size in zip(one.place, (12, 10), strict=True)
        )
        assert one.window == window
        np.testing.assert_array_equal(one.patch, PICTURES[one.input][:, window[0], window[1]])


def test_the_network_is_left_as_it_was(found, model, network):
    state = {name: value.clone() for name, value in network.state_dict().items()}
    found.scores(), found.top(0)
    assert network.training
    assert all((state[name] == value).all() for name, value in network.state_dict().items())


@pytest.mark.parametrize("count", [1, 4, 9])
def test_principal_components_are_those_of_scikit_learn(agreement, count):
    found, theirs = xai.PrincipalComponents(count=count)(MATRIX), PCA(count).fit(MATRIX)
    sign = np.sign(np.take_along_axis(theirs.components_, np.abs(theirs.components_).argmax(1)[:, None], 1))
    agreement("principal_components", "scikit-learn", found.dictionary, sign * theirs.components_, 1e-9)
    agreement("principal_components", "scikit-learn", found.explained, theirs.explained_variance_ratio_, 1e-9)
    agreement("principal_components", "scikit-learn", found.coordinates, sign.T * theirs.transform(MATRIX), 1e-9)
    assert found.unexplained == pytest.approx(1 - theirs.explained_variance_ratio_.sum(), abs=1e-12)
    assert found.unexplained == pytest.approx(found.unexplained_of(MATRIX), abs=1e-12)


def test_there_are_no_more_components_than_rows_or_units():
    assert xai.PrincipalComponents(count=3)(MATRIX[:3]).unexplained == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="count is 4; expected at most 3"):
        xai.PrincipalComponents(count=4)(MATRIX[:3])


@pytest.mark.parametrize("count", [2, 5])
def test_non_negative_factors_explain_as_much_as_those_of_scikit_learn(agreement, count):
    found = xai.NonNegativeFactors(count=count, steps=1000)(MATRIX)
    theirs = min(
        NMF(count, init="random", random_state=seed, max_iter=20000, tol=1e-6).fit(MATRIX).reconstruction_err_ ** 2
        for seed in range(4)
    )
    ours = (
        min(xai.NonNegativeFactors(count=count, steps=1000, seed=seed)(MATRIX).unexplained for seed in range(4))
        * ((MATRIX - MATRIX.mean(axis=0)) ** 2).sum()
    )
    agreement("nonnegative_factors", "scikit-learn", ours, theirs, 1e-2)
    assert (found.dictionary >= 0).all()
    assert found.unexplained == pytest.approx(found.unexplained_of(MATRIX), rel=1e-3)


def test_non_negative_codes_are_least_squares(agreement):
    found = xai.NonNegativeFactors(count=4)(MATRIX)
    others = np.random.default_rng(3).normal(size=(30, 9))
    expected = np.array([nnls(found.dictionary.T, row)[0] for row in others])
    agreement("nonnegative_factors", "SciPy", found.encode(others), expected, 1e-4)


def test_parts_that_were_planted_are_found():
    parts = np.kron(np.eye(3), np.ones((1, 4)))
    rows = np.random.default_rng(0).gamma(0.3, 1, (300, 3)) @ parts
    found = xai.NonNegativeFactors(count=3)(rows)
    assert found.unexplained < 1e-6
    assert xai.recovered(found.dictionary, parts)[0] > 0.999


def test_what_is_below_zero_has_no_parts(model):
    with pytest.raises(ValueError, match=r"layer '0' is -0.*behind a rectifier"):
        xai.NonNegativeFactors(count=2)(model, PICTURES, layer="0")
    with pytest.raises(ValueError, match="in the matrix is -1"):
        xai.NonNegativeFactors(count=2)(-np.eye(3))


def test_the_gradients_of_an_autoencoder_are_those_of_autograd(agreement):
    """The lengths of the directions are no part of the loss."""
    random = np.random.default_rng(2)
    weights, rows = Weights(random.normal(size=(7, 4)), random.normal(size=7) / 5), random.normal(size=(30, 4))
    directions, bias = (torch.tensor(one, requires_grad=True) for one in (weights.directions, weights.bias))
    unit = directions / directions.norm(dim=1, keepdim=True)
    codes = torch.relu(torch.from_numpy(rows) @ unit.T + bias)
    loss = ((codes @ unit - torch.from_numpy(rows)) ** 2).sum(dim=1) / 4 + 0.05 * codes.sum(dim=1)
    loss.mean().backward()
    for found, expected in zip(weights.gradients(rows, 0.05), (directions.grad, bias.grad), strict=True):
        agreement("sparse_autoencoder", "autograd", found, expected.numpy(), 1e-10)


@pytest.mark.parametrize("sparsity", [0.0, 0.02, 0.05])
def test_an_identity_shrinks_by_half_the_price_times_the_units(agreement, sparsity):
    """On rows along the axes the identity stays what it is, and c = max(x - sparsity d / 2, 0), in scaled units."""
    rows = np.eye(8)[np.arange(200) % 8]
    training = Training(xai.SparseAutoencoder(features=8, sparsity=sparsity, steps=3000), Rows(rows, None, None), None)
    assert not list(training.start())
    training.weights = Weights(np.eye(8), np.zeros(8))
    at_best = Weights(np.eye(8), np.full(8, -sparsity * 8 / 2))
    np.testing.assert_allclose(np.concatenate(at_best.gradients(rows, sparsity), axis=None), 0, atol=1e-12)
    training.draw(0, 3000)
    np.testing.assert_allclose(training.weights.dictionary, np.eye(8), atol=1e-12)
    agreement("sparse_autoencoder", "closed form", 1 + training.weights.bias, np.full(8, 1 - sparsity * 8 / 2), 5e-3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_planted_dictionary_is_found_at_the_right_sparsity_alone(seed):
    rows, truth = planted(seed)
    found = xai.SparseAutoencoder(sparsity=0.01, seed=seed).fit(rows)
    mean, share = xai.recovered(found.dictionary, truth)
    assert mean > 0.95
    assert share > 0.9
    assert found.unexplained < 0.25
    assert 2 < found.active < 6
    collapsed = xai.SparseAutoencoder(sparsity=0.03, seed=seed).fit(found.rows)
    assert xai.recovered(collapsed.dictionary, truth)[0] < 0.7
    assert collapsed.dead > found.dead + 10
    assert xai.recovered(xai.PrincipalComponents(count=32)(rows).dictionary, truth)[0] < 0.6


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_thirty_two_directions_in_sixteen_dimensions_are_too_many(seed):
    rows, truth = planted(seed, units=16, atoms=32)
    found = [xai.SparseAutoencoder(sparsity=one, seed=seed).fit(rows) for one in (0.003, 0.01, 0.03, 0.1)]
    assert max(xai.recovered(one.dictionary, truth)[0] for one in found) < 0.95


def test_it_is_measured_on_inputs_that_were_held_out(model):
    found = WAYS["sparse"].fit(model, PICTURES, layer="2")
    assert len(found.held_out) == 4
    aside = found.rows.matrix.reshape(20, 30, 6)[found.held_out].reshape(-1, 6)
    codes = found.encode(aside)
    np.testing.assert_allclose(found.density, (codes > 0).mean(axis=0))
    assert found.unexplained == pytest.approx(found.unexplained_of(aside))
    assert found.active == pytest.approx((codes > 0).sum(axis=1).mean())
    assert found.dead == (~(codes > 0).any(axis=0)).sum()
    other = PICTURES.copy()
    other[found.held_out] = 0
    again = WAYS["sparse"].fit(model, other, layer="2")
    # They do take part in the scale of the rows, which moves all by a little.
    assert np.abs(again.dictionary - found.dictionary).max() < 0.3
    assert np.delete(np.arange(20), found.held_out).size == 16


def test_it_streams_by_steps_and_does_not_depend_on_chunks():
    rows, _ = planted(0, rows=600)
    answers = list(xai.SparseAutoencoder(steps=120).stream(rows))
    assert [one.steps for one in answers] == [50, 100, 120]
    assert [one.final for one in answers] == [False, False, True]
    assert answers[0].unexplained > answers[-1].unexplained
    np.testing.assert_array_equal(answers[0].dictionary, xai.SparseAutoencoder(steps=50).fit(rows).dictionary)


def test_it_goes_on_from_another_sparsity(model):
    rows, _ = planted(0)
    found = xai.SparseAutoencoder(sparsity=0.01).fit(rows)
    warm = xai.SparseAutoencoder(sparsity=0.012, steps=50).stream(rows, resume=found).last()
    cold = xai.SparseAutoencoder(sparsity=0.012, steps=50).fit(rows)
    full = xai.SparseAutoencoder(sparsity=0.012).fit(rows)
    assert abs(warm.unexplained - full.unexplained) < 0.03 < abs(cold.unexplained - full.unexplained)
    assert warm.rows is found.rows
    with pytest.raises(ValueError, match="factors of something else"):
        xai.SparseAutoencoder().stream(rows[:-1], resume=found)
    with pytest.raises(TypeError, match="expected the final factors"):
        xai.SparseAutoencoder().stream(rows, resume=3)


def test_features_that_were_dead_begin_anew():
    rows, truth = planted(1)
    collapsed = xai.SparseAutoencoder(sparsity=0.05, seed=1).fit(rows)
    revived = xai.SparseAutoencoder(sparsity=0.01, seed=1).stream(rows, resume=collapsed).last()
    assert collapsed.dead > 30
    assert revived.dead < 10
    assert xai.recovered(revived.dictionary, truth)[0] > 0.9 > xai.recovered(collapsed.dictionary, truth)[0]


def test_parts_go_on_from_where_they_were():
    found = xai.NonNegativeFactors(count=3, steps=50)(MATRIX)
    more = xai.NonNegativeFactors(count=3, steps=1).stream(MATRIX, resume=found).last()
    assert more.unexplained <= found.unexplained < xai.NonNegativeFactors(count=3, steps=1)(MATRIX).unexplained


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_vector_has_one_row_for_each_input(way, network):
    behind = xai.wrap(
        nn.Sequential(*network[:4], nn.Linear(180, 5), nn.ReLU(), nn.Linear(5, 3)), input_shape=(3, 12, 10)
    )
    found = way.fit(behind, PICTURES, layer="5")
    assert found.maps.shape == found.codes.shape == (20, len(found.dictionary))
    (first, *_) = found.top(0, 2)
    assert (first.place, first.window, first.patch.shape) == ((), (slice(0, 12), slice(0, 10)), (3, 12, 10))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ((np.ones((5, 4)),), ValueError, "5 rows of 4 numbers, all the same"),
        ((np.ones((1, 4)),), ValueError, "1 rows"),
        ((np.full((5, 4), np.nan),), ValueError, "NaN"),
        ((np.zeros((0, 4)),), ValueError, r"shape \(0, 4\)"),
        ((np.zeros(4),), ValueError, r"shape \(4,\)"),
        ((None,), TypeError, "a matrix of numbers"),
        ((np.eye(3), PICTURES), TypeError, "with inputs or a layer"),
    ],
)
def test_what_is_no_matrix_is_said(way, given, error, said):
    with pytest.raises(error, match=said):
        way.fit(*given)


@pytest.mark.parametrize(
    ("x", "layer", "error", "said"),
    [
        (None, "2", TypeError, "Found no inputs"),
        (PICTURES[0], "2", ValueError, "a single input"),
        (PICTURES, None, TypeError, "layer is None"),
        (PICTURES, "relu", ValueError, "no layer 'relu'"),
        (np.repeat(PICTURES[:1], 4, axis=0), "4", ValueError, "all the same"),
    ],
)
def test_what_does_not_fit_a_network_is_said(model, x, layer, error, said):
    with pytest.raises(error, match=said):
        xai.PrincipalComponents(count=1).fit(model, x, layer)


def test_numbers_that_are_none_are_said():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(360, 4), nn.Linear(4, 3))
    with torch.no_grad():
        network[1].weight[0] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        xai.PrincipalComponents().fit(xai.wrap(network, input_shape=(3, 12, 10)), PICTURES, "1")


def test_what_does_not_fit_an_answer_is_said(found):
    for call, error, said in (
        (lambda: found.encode(np.zeros((2, 5))), ValueError, "a number for each unit"),
        (lambda: found.decode(np.zeros((2, 99))), ValueError, "a number for each feature"),
        (lambda: found.decode("none"), TypeError, "an array of numbers"),
        (lambda: found.top(99), ValueError, "feature is 99; expected a number from 0 to"),
        (lambda: found.top(0.5), TypeError, "whole number"),
        (lambda: found.scores(without=[99]), ValueError, "without is"),
        (lambda: found.scores(without=3), TypeError, "without is 3; expected a list"),
        (lambda: found.scores(without=["a"]), TypeError, "without is"),
        (lambda: found.accuracy(np.zeros(20, int), None), TypeError, "without is None"),
        (lambda: found.accuracy([1, 2]), TypeError, "20 classes, one per input"),
    ):
        with pytest.raises(error, match=said):
            call()


def test_there_may_be_nothing_to_encode(found):
    assert found.encode(np.zeros((0, 4, 6))).shape == (0, 4, len(found.dictionary))


def test_a_matrix_has_no_network():
    found = xai.PrincipalComponents()(MATRIX)
    for call in (found.scores, lambda: found.top(0), lambda: found.accuracy([0])):
        with pytest.raises(ValueError, match="those of a network"):
            call()


def test_more_features_than_rows():
    found = xai.SparseAutoencoder(features=30, steps=20).fit(MATRIX[:3])
    assert found.codes.shape == (3, 30)
    assert xai.NonNegativeFactors(count=12)(MATRIX[:4]).unexplained < 0.02


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (np.eye(3), (1.0, 1.0)),
        ([[5, 0, 0]], (1 / 3, 1 / 3)),
        ([[1, 1, 0], [0, 0, 0]], (2 / 3 * np.sqrt(0.5), 0)),
        (-np.eye(3), (0, 0)),
    ],
)
def test_what_was_recovered(found, expected):
    assert xai.recovered(found, np.eye(3)) == pytest.approx(expected)


def test_directions_that_do_not_fit_are_said():
    with pytest.raises(ValueError, match="of 3 and of 2 units"):
        xai.recovered(np.eye(3), np.eye(2))
    with pytest.raises(TypeError, match="truth is"):
        xai.recovered(np.eye(3), "none")
    with pytest.raises(ValueError, match="least is 2; expected a number from -1 to 1"):
        xai.recovered(np.eye(3), np.eye(3), least=2)
