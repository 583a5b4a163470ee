"""Pieces of pictures that look alike, on pictures whose pieces are known, beside loops and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.cluster import KMeans
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.examples.clusters import k_means
from xai_widgets.concepts.examples.segments import enlarged, pieces_of, shares

COUNT, SIDE = 12, 24
COLOURS = {"red": (0.9, 0.1, 0.1), "blue": (0.1, 0.2, 0.9)}


def drawn():
    """Return pictures (12, 24, 24, 3) of a red and a blue square on green, and where these are."""
    random = np.random.default_rng(6)
    pictures = np.full((COUNT, SIDE, SIDE, 3), (0.3, 0.6, 0.3)) + random.uniform(0, 0.02, (COUNT, SIDE, SIDE, 3))
    masks = {name: np.zeros((COUNT, SIDE, SIDE), bool) for name in COLOURS}
    for number in range(COUNT):
        for half, (name, colour) in enumerate(COLOURS.items()):
            row, column = random.integers(0, 15), random.integers(0, 4) + 12 * half
            masks[name][number, row : row + 9, column : column + 8] = True
            pictures[number][masks[name][number]] = colour
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1), np.float32), masks


X, MASKS = drawn()
QUICK = {"coarse": 4, "fine": 9, "clusters": 5, "runs": 19}


@pytest.fixture(scope="module")
def network():
    """Two units, which see red and blue, and one that sees light; the first class is for red and against blue."""
    network = nn.Sequential(
        nn.Conv2d(3, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)
    ).eval()
    with torch.no_grad():
        network[0].weight[:, :, 0, 0] = torch.tensor([[1.0, -1, -1], [-1, -1, 1], [0.3, 0.3, 0.3]])
        network[0].bias[:] = torch.tensor([0.0, 0, 0])
        network[4].weight[:] = torch.tensor([[4.0, -3, 0], [0, 1, 1]])
    return network


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(3, SIDE, SIDE), classes=["red", "other"])


@pytest.mark.parametrize("reading", ["enlarged", "placed"])
def test_what_was_drawn_is_found_in_the_order_of_what_it_adds(model, reading):
    found = xai.ACE(reading=reading, **QUICK)(model, X, xai.Logit("red"), layer="1")
    assert found.purity(MASKS)["red"][0] == 1
    assert found.purity(MASKS)["blue"][-1] == 1
    assert found.effects[0] > 0 > found.effects[-1]
    assert (np.diff(found.effects) <= 0).all()
    assert found.p_values[0] == found.p_values[-1] == 1 / 20
    assert (found.inputs >= 0.3 * COUNT).all()
    assert (found.sizes >= [len(pieces) for pieces in found.pieces]).all()
    assert found.evaluations == found.planned


@pytest.mark.parametrize("reading", ["enlarged", "placed"])
def test_effects_are_written_out(agreement, network, model, reading):
    """With two clusters all pieces are in one of them, so that their patches are all there is."""
    options = {**QUICK, "clusters": 2, "most": 1000, "common": 0}
    found = xai.ACE(reading=reading, **options)(model, X, xai.Logit(0), layer="1")
    with torch.no_grad():
        weights = network[4].weight[0].numpy().astype(float)  # By the mean over places, as the pool has it.
        if reading == "enlarged":
            read = [network[:2](torch.from_numpy(one)).numpy().mean(axis=(2, 3)) for one in found.patches]
        else:
            maps = network[:2](torch.from_numpy(X)).numpy()
            read = [np.stack([maps[p.input][:, found.mask(p)].mean(axis=1) for p in pieces]) for pieces in found.pieces]
    added = [one @ weights for one in read]
    apart = added[0].mean() - added[1].mean()
    agreement("ace", "definition", found.effects, [apart, -apart])
    assert found.sizes.tolist() == [len(one) for one in added]
    distances = [np.linalg.norm(one - one.mean(axis=0), axis=1) for one in read]
    assert all((np.diff(one) >= -1e-4).all() for one in distances)
    assert found.p_values.tolist() == [1 / 20, 1 / 20]


def test_the_concepts_can_be_tested(model):
    found = xai.ACE(**QUICK)(model, X, xai.Logit("red"), layer="1")
    first = found.concepts[0]
    assert first.name == "concept 1"
    assert len(first.counterpart) == sum(map(len, found.patches[1:]))
    tested = xai.TCAV(first, "1", runs=19, places="mean")(model, X, xai.Logit("red"))
    assert tested.effect > 0
    assert tested.p_value == 1 / 20
    shared = xai.ConceptShap(found.concepts[:1], draws=1)
    assert shared.name == "concept_shap"


def test_it_streams_and_inputs_nest(model):
    steps = list(xai.ACE(**QUICK).stream(model, np.concatenate([X, X]), xai.Logit("red"), layer="1"))
    assert len(steps) > 1
    assert [one.final for one in steps] == [False] * (len(steps) - 1) + [True]
    seen = [(one.labels >= 0).all(axis=(1, 2, 3)) for one in steps]
    assert [int(one.sum()) for one in seen] == [4, 20, 24]
    assert np.flatnonzero(seen[0]).tolist() == sorted(np.random.default_rng(0).permutation(24)[:4].tolist())
    assert (seen[0] <= seen[1]).all()
    np.testing.assert_array_equal(steps[1].labels[seen[1]], steps[2].labels[seen[1]])


def test_nothing_is_common(model):
    found = xai.ACE(**{**QUICK, "clusters": 60, "common": 1})(model, X, layer="1")
    assert found.effects.shape == (0,) or (found.inputs == COUNT).all()
    alone = xai.ACE(**{**QUICK, "common": 1})(model, np.full((2, 3, SIDE, SIDE), 0.5, np.float32), layer="1")
    assert len(alone.effects) == len(alone.concepts) == 0
    assert "add nothing" in repr(alone)


def test_pieces_that_are_nearly_the_same_are_left_out():
    random = np.random.default_rng(2)
    coarse = np.kron(np.arange(4).reshape(2, 2), np.ones((6, 6), int))
    fine = np.where(random.uniform(size=(12, 12)) < 0.1, 4, coarse)
    fine[:6, 6:9] = 5
    found = {(one.division, one.number) for one in pieces_of(np.stack([coarse, fine]), 7)}
    expected = {(0, number) for number in range(4)}
    for number in range(6):
        here = fine == number
        overlaps = [(here & (coarse == other)).sum() / (here | (coarse == other)).sum() for other in range(4)]
        if max(overlaps) <= 0.5:
            expected.add((1, number))
    assert found == expected
    assert (1, 0) not in found
    assert (1, 5) in found
    assert {one.input for one in pieces_of(coarse[None], 7)} == {7}


def test_a_piece_as_an_input(model):
    mask = np.zeros((SIDE, SIDE), bool)
    mask[3:9, 10:22] = True
    mask[3, 10] = False
    found = enlarged(model, X[0], mask, 0.5)
    cut = np.where(mask, X[0], 0.5)[:, 3:9, 10:22]
    expected = np.stack([ndimage.zoom(one, (4, 2), order=1, mode="nearest", grid_mode=True) for one in cut])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_piece_on_a_coarser_grid():
    mask = np.random.default_rng(0).uniform(size=(24, 12)) < 0.3
    found = shares(mask, (4, 3))
    expected = mask.reshape(4, 6, 3, 4).sum(axis=(1, 3)) / mask.sum()
    np.testing.assert_allclose(found, expected)


def test_clusters_are_as_tight_as_those_of_scikit_learn(agreement):
    random = np.random.default_rng(5)
    points = np.concatenate([random.normal(size=(30, 4)) + 8 * random.normal(size=4) for _ in range(5)])
    groups, distances = k_means(points, 5, seed=0)
    theirs = KMeans(5, n_init=10, random_state=0).fit(points)
    agreement("ace", "scikit-learn", (distances**2).sum(), theirs.inertia_)
    means = np.stack([points[groups == group].mean(axis=0) for group in range(5)])
    np.testing.assert_allclose(distances, np.linalg.norm(points - means[groups], axis=1), atol=1e-9)
    same, _ = k_means(np.ones((7, 3)), 3, seed=0)
    assert len(np.unique(same)) == 1
    assert len(np.unique(k_means(points[:2], 5, seed=0)[0])) == 2


def test_signals_have_pieces_too():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv1d(2, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2)
    ).eval()
    model = xai.wrap(network, input_shape=(2, 40), bounds=None)
    x = np.random.default_rng(1).normal(size=(5, 2, 40)).astype(np.float32)
    found = xai.ACE(**QUICK)(model, x, xai.Logit(0), layer="1")
    assert found.labels.shape == (5, 2, 40)
    assert found.patches[0].shape[1:] == (2, 40)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": X[0]}, ValueError, "a batch of them"),
        ({"x": X[:, :2]}, ValueError, "shape"),
        ({"x": X * np.nan}, ValueError, "NaN"),
        ({"layer": "nowhere"}, ValueError, "no layer"),
        ({"layer": "4", "reading": "placed"}, ValueError, "has no places of its own"),
        ({"quantity": xai.Channel("1", 0)}, ValueError, "an earlier layer"),
        ({"clusters": 1}, ValueError, "clusters is 1"),
        ({"common": 2}, ValueError, "common is 2"),
        ({"reading": "aloud"}, ValueError, "'enlarged' or 'placed'"),
    ],
)
def test_what_does_not_fit_is_said(model, change, error, words):
    given = {"x": X, "layer": "1", "quantity": xai.Logit(0), **QUICK, **change}
    x, layer, quantity = (given.pop(name) for name in ("x", "layer", "quantity"))
    with pytest.raises(error, match=words):
        xai.ACE(**given)(model, x, quantity, layer=layer)


def test_rows_have_no_pieces_and_masks_have_to_fit(model):
    table = xai.wrap(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).eval(), bounds=None)
    with pytest.raises(ValueError, match="places beside each other"):
        xai.ACE()(table, np.ones((5, 4), np.float32), layer="1")
    found = xai.ACE(**QUICK)(model, X, layer="1")
    for mask in (MASKS["red"][:3], MASKS["red"].astype(float)):
        with pytest.raises(ValueError, match="expected bool of shape"):
            found.purity({"red": mask})
