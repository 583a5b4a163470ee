"""Products, norms, softmax and attention under other backward passes: PyTorch against Keras."""

import numpy as np
import pytest

import xai_widgets as xai
from tests.parity.coupled_twins import SIZE, TWINS, pictures, twins
from xai_widgets.models.objective import Objective
from xai_widgets.models.rules import Epsilon, Gamma, Relevance, Rescaled, ZPlus

RULES = [
    Rescaled(),
    Relevance(Epsilon(), Epsilon()),
    Relevance(Gamma(), ZPlus()),
    Relevance(Epsilon(), Epsilon(), softmax="derivative"),
]
MARGIN = Objective(np.float32([[1, 0.5, 0, -1]]))


def last(x):
    return np.moveaxis(x, 1, -1)


def complete(found):
    """Whether multipliers times differences sum to the change."""
    parts = found.gradients * (found.activations - found.reference_activations)
    change = found.values - found.reference_values
    sums = parts.reshape(len(parts), -1).sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(sums, change, atol=1e-4 * np.abs(change).max())


@pytest.mark.parametrize("name", TWINS)
def test_both_frameworks_agree(name, agreement):
    """Also where the reference is plain, and a norm has next to no spread there."""
    network, twin = twins(name)
    one, other = xai.wrap(network, input_shape=(3, SIZE, SIZE)), xai.wrap(twin)
    x = pictures()
    np.testing.assert_allclose(one.scores(x), other.scores(last(x)), atol=1e-5)
    for rules in RULES:
        row = "deeplift" if isinstance(rules, Rescaled) else "relevance_propagation"
        for reference in [pictures(7), 0 * x] if row == "deeplift" else [None]:
            compared = [None, None] if reference is None else [reference, last(reference)]
            found = one.at(None).propagate(x, MARGIN, rules, compared[0])
            expected = other.at(None).propagate(last(x), MARGIN, rules, compared[1])
            agreement(row, "parity", last(found.gradients), expected.gradients)
            if reference is not None:
                complete(found)
                complete(expected)


@pytest.mark.parametrize("name", TWINS)
def test_differences_are_complete_for_other_weights(name):
    for seed in range(1, 5):
        network, _ = twins(name, seed=seed, keras=False)
        model, x = xai.wrap(network, input_shape=(3, SIZE, SIZE)), pictures(seed)
        for reference in (pictures(seed + 10), 0 * x):
            complete(model.at(None).propagate(x, MARGIN, Rescaled(), reference))
