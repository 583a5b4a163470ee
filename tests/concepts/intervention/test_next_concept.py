"""Which concept to ask for next, beside the expectation written out as loops over all states."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai

NAMES = ["red", "blue", "green", "round", "wet"]
GROUPS = {"colour": ["red", "blue", "green"], "shape": ["round"], "water": [4]}
COUNT = 5


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(6)
    found = nn.Sequential()
    found.add_module("logits", nn.Linear(6, 5))
    found.add_module("concepts", nn.Sigmoid())
    found.add_module("head", nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 4)))
    return found.eval()


@pytest.fixture(scope="module")
def model(network):
    return xai.wrap(network, input_shape=(6,), bounds=None, outputs="logits", units={"concepts": NAMES})


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(COUNT, 6)).astype(np.float32)


def answers(network, concepts):
    with torch.no_grad():
        return network.head(torch.as_tensor(concepts, dtype=torch.float32)).double().softmax(-1).numpy()


def by_hand(network, row, criterion, known=()):
    """Return what each group is worth for one input, state by state."""
    with torch.no_grad():
        said = network[:-1](torch.from_numpy(row)).double().numpy()
    told = said.copy()
    for place, value in known:
        told[place] = value
    now, worth = answers(network, told), []
    for units in ([0, 1, 2], [3], [4]):
        sure, changes, weights = [], [], []
        for state in itertools.product((0, 1), repeat=len(units)):
            if len(units) > 1 and sum(state) != 1:
                continue
            then = told.copy()
            then[units] = state
            after = answers(network, then)
            changes.append((after * np.log(after / now)).sum())
            sure.append(np.prod([said[u] if on else 1 - said[u] for u, on in zip(units, state, strict=True)]))
        weights = np.array(sure) / np.sum(sure)
        worth.append(
            {
                "expected_change": (weights * changes).sum(),
                "effect": np.mean(changes),
                "uncertainty": -(weights * np.log(weights)).sum(),
            }[criterion]
        )
    return np.array(worth)


@pytest.mark.parametrize("criterion", ["expected_change", "effect", "uncertainty"])
def test_worth_is_that_of_the_states_one_by_one(network, model, x, criterion, agreement):
    found = xai.NextConcept("concepts", groups=GROUPS, criterion=criterion)(model, x)
    expected = np.array([by_hand(network, row, criterion) for row in x])
    agreement("next_concept", "closed form", found.worth, expected)
    assert found.groups == ("colour", "shape", "water")
    assert found.best == [found.groups[place] for place in expected.argmax(axis=1)]


def test_what_is_known_is_taken_into_account_and_not_asked_for_again(network, model, x, agreement):
    blue = np.array([1, np.nan, 0, np.nan, np.nan])
    found = xai.NextConcept("concepts", groups=GROUPS)(model, x, {"wet": 1, "blue": blue})
    for row, one, worth in zip(x, blue, found.worth, strict=True):
        known = [(4, 1), *([] if np.isnan(one) else [(1, one)])]
        expected = by_hand(network, row, "expected_change", known)
        assert np.isnan(worth[2])
        assert np.isnan(worth[0]) == (not np.isnan(one))
        left = ~np.isnan(worth)
        agreement("next_concept", "closed form", worth[left], expected[left])


def test_by_default_each_concept_is_asked_for_by_itself(model, x):
    whole = xai.NextConcept("concepts")(model, x)
    assert whole.groups == tuple(NAMES)
    grouped = xai.NextConcept("concepts", groups=GROUPS)(model, x)
    np.testing.assert_allclose(whole.worth[:, 3:], grouped.worth[:, 1:])


def test_nothing_is_left_to_ask_for(model, x):
    found = xai.NextConcept("concepts", groups={"shape": ["round"]})(model, x[0], {"round": 1})
    assert found.best is None
    assert "nothing is left to ask for" in repr(found)


def test_who_is_sure_asks_for_nothing(x):
    sure = nn.Sequential(nn.Linear(6, 2), nn.Sigmoid(), nn.Linear(2, 3))
    with torch.no_grad():
        sure[0].weight.zero_()
        sure[0].bias[:] = torch.tensor([40.0, 0.0])
        sure[2].weight[:] = torch.tensor([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    model = xai.wrap(sure, input_shape=(6,), bounds=None, outputs="logits")
    worth = {
        criterion: xai.NextConcept(model.layers[1], criterion=criterion)(model, x[0]).worth
        for criterion in ("expected_change", "effect", "uncertainty")
    }
    assert worth["effect"][0] > worth["effect"][1]
    for criterion in ("expected_change", "uncertainty"):
        assert worth[criterion][0] < 1e-4 < worth[criterion][1]


def test_it_streams_group_after_group(model, x):
    steps = list(xai.NextConcept("concepts", groups=GROUPS).stream(model, x))
    assert [np.isnan(step.worth).all(axis=0).tolist() for step in steps] == [
        [False, True, True],
        [False, False, True],
        [False, False, False],
    ]
    assert steps[-1].final
    assert steps[-1].evaluations == steps[-1].planned
    np.testing.assert_array_equal(steps[0].worth[:, 0], steps[-1].worth[:, 0])


@pytest.mark.parametrize(
    ("options", "known", "error", "words"),
    [
        ({"layer": "logits"}, {}, ValueError, "goes from .* expected probabilities, from 0 to 1"),
        ({"groups": {"colour": ["red", "blu"]}}, {}, ValueError, "'blu'"),
        ({"groups": {"colour": "red"}}, {}, TypeError, "expected a list of units"),
        ({"groups": ["red"]}, {}, TypeError, "expected a dict from names to lists of units"),
        ({"groups": {"a": ["red"], "b": [0]}}, {}, ValueError, "'red' is in groups twice"),
        ({"criterion": "chance"}, {}, ValueError, "criterion is 'chance'; expected"),
        ({}, {"rde": 1}, ValueError, "Did you mean 'red'"),
    ],
)
def test_what_does_not_fit_is_said(model, x, options, known, error, words):
    with pytest.raises(error, match=words):
        xai.NextConcept(**{"layer": "concepts", **options})(model, x, known)


def test_of_values_no_probability_changes(network, x):
    numbers = xai.wrap(network, input_shape=(6,), bounds=None, outputs="values")
    with pytest.raises(ValueError, match="expected one that answers with the probabilities of classes"):
        xai.NextConcept("concepts")(numbers, x)
