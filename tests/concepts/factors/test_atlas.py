"""An atlas of activations, beside loops over all places."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.sight import frames, seen_from

RANDOM = np.random.default_rng(9)
PICTURES = RANDOM.uniform(0, 1, (18, 2, 12, 10)).astype(np.float32)
LABELS = np.arange(18) % 3


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(6)
    return nn.Sequential(
        *(nn.Conv2d(2, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(150, 4), nn.Linear(4, 3)),
    )


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(2, 12, 10), bounds=(0, 1))


@pytest.fixture(scope="module")
def found(model):
    return xai.ActivationAtlas(cells=3)(model, PICTURES, LABELS, layer="2")


def test_cells_divide_the_plane_of_the_principal_components(model, found):
    factors = xai.PrincipalComponents(count=2)(model, PICTURES, layer="2")
    np.testing.assert_allclose(found.coordinates, factors.coordinates, atol=1e-4)
    assert found.coordinates.shape == (18 * 30, 2)
    for axis, edges in enumerate(found.edges):
        low, high = np.quantile(found.coordinates[:, axis], (0.01, 0.99))
        np.testing.assert_allclose(edges, [low, low + (high - low) / 3, low + 2 * (high - low) / 3, high], atol=1e-9)
        inner = edges[1:-1]
        np.testing.assert_array_equal(found.cell[:, axis], (found.coordinates[:, axis, None] > inner).sum(axis=1))


def test_counts_and_shares_and_patches_are_those_of_loops(model, found, agreement):
    counts, shares = np.zeros((3, 3)), np.zeros((3, 3, 3))
    sums, seen = np.zeros((3, 3, 2, 4, 4)), np.zeros((3, 3, 2, 4, 4))
    rows = iter(found.cell)
    for picture, label in zip(PICTURES, LABELS, strict=True):
        for row in range(6):
            for column in range(5):
                one, two = next(rows)
                counts[one, two] += 1
                shares[one, two, label] += 1
                for down in range(4):
                    for right in range(4):
                        y, x = 2 * row - 1 + down, 2 * column - 1 + right
                        if 0 <= y < 12 and 0 <= x < 10:
                            sums[one, two, :, down, right] += picture[:, y, x]
                            seen[one, two, :, down, right] += 1
    np.testing.assert_array_equal(found.counts, counts)
    filled = counts > 0
    np.testing.assert_allclose(found.shares[filled], shares[filled] / counts[filled][:, None])
    assert np.isnan(found.shares[~filled]).all()
    np.testing.assert_array_equal(np.isnan(found.patches), seen == 0)
    agreement("activation_atlas", "definition", np.nan_to_num(found.patches), sums / np.maximum(seen, 1), 1e-6)
    pure = (shares[filled].max(axis=1) / counts[filled] > 0.4).mean()
    assert found.pure(0.4) == pytest.approx(pure)
    assert 0 < pure < 1


def test_frames_go_on_beyond_the_borders(model):
    (rows, height), (columns, width) = frames(model, "2")
    assert (height, width) == (4, 4)
    np.testing.assert_array_equal(rows, 2 * np.arange(6) - 1)
    np.testing.assert_array_equal(columns, 2 * np.arange(5) - 1)
    assert seen_from(model, "2", (0, 4)) == (slice(0, 3), slice(7, 10))
    assert seen_from(model, "5", ()) == (slice(0, 12), slice(0, 10))


class Rounded(nn.Module):
    def forward(self, x):
        return torch.round(x * 100) / 100


class Detached(nn.Module):
    def forward(self, x):
        return x.detach()


@pytest.mark.parametrize("first", [nn.Identity(), Rounded(), Detached()], ids=["slopes", "zero", "none"])
def test_windows_are_those_of_the_arithmetic_of_kernels(first):
    """A kernel of 4 in steps of 2, one of 3, a maximum of 2 in steps of 2, one of 3: 18, in steps of 4."""
    torch.manual_seed(3)
    net = nn.Sequential(
        *(first, nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Conv2d(6, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 2)),
    )
    ((rows, height), (columns, width)) = frames(xai.wrap(net, input_shape=(1, 32, 32)), "7")
    assert height == width == 18
    np.testing.assert_array_equal(rows, 4 * np.arange(8) - 7)
    np.testing.assert_array_equal(columns, rows)


def test_what_is_seen_is_found_anew_when_the_network_changes():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    model = xai.wrap(net, input_shape=(1, 4, 4))
    assert seen_from(model, "1", (2, 2)) == (slice(1, 4), slice(1, 4))
    with torch.no_grad():
        net[0].weight[:, :, [0, 2]] = 0
    assert seen_from(model, "1", (2, 2)) == (slice(2, 3), slice(1, 4))


def test_a_vector_sees_all_of_its_input(model):
    found = xai.ActivationAtlas(cells=2)(model, PICTURES, LABELS, layer="4")
    assert found.patches.shape == (2, 2, 2, 12, 10)
    for cell in np.ndindex(2, 2):
        inside = (found.cell == cell).all(axis=1)
        if inside.any():
            np.testing.assert_allclose(found.patches[cell], PICTURES[inside].mean(axis=0), atol=1e-6)


def test_a_share_is_a_part_of_one(found):
    with pytest.raises(ValueError, match="share is 80; expected a number from 0 to 1"):
        found.pure(80)


def test_patches_stream(model, found):
    answers = list(xai.ActivationAtlas(cells=3).stream(model, PICTURES, LABELS, layer="2"))
    assert [one.final for one in answers] == [False, True]
    np.testing.assert_array_equal(answers[0].counts, found.counts)
    assert not np.array_equal(answers[0].patches, found.patches, equal_nan=True)
    np.testing.assert_array_equal(answers[1].patches, found.patches)
    assert "540 activations in" in repr(found)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"labels": LABELS[:3]}, ValueError, r"labels has shape \(3,\); expected \(18,\)"),
        ({"labels": LABELS - 1}, ValueError, "a class for each input"),
        ({"labels": LABELS / 2}, TypeError, "the numbers of the classes"),
        ({"layer": "nowhere"}, ValueError, "nowhere"),
        ({"layer": None}, TypeError, "layer is None"),
        ({"x": PICTURES[0]}, ValueError, "a single input"),
        ({"model": "model"}, TypeError, "expected a network"),
        ({"x": np.repeat(PICTURES[:1], 18, axis=0), "layer": "4"}, ValueError, "all the same"),
    ],
)
def test_what_does_not_fit_is_said(model, changes, error, said):
    given = {"model": model, "x": PICTURES, "labels": LABELS, "layer": "2", **changes}
    with pytest.raises(error, match=said):
        xai.ActivationAtlas()(**given)
