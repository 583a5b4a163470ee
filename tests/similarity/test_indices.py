"""Indices of similarity beside their definitions as loops, closed forms, scikit-learn, and what leaves them alone."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn import cross_decomposition

import xai_widgets as xai
from xai_widgets.answers.registry import REGISTRY
from xai_widgets.similarity.columns import Columns
from xai_widgets.similarity.kernel import Kernel, biased_hsic, unbiased_hsic

RANDOM = np.random.default_rng(3)
MIXED = RANDOM.normal(size=(4, 6))
"""What two layers have in common is mixed differently."""


def pair(rows=60, seed=0, features=(5, 6)):
    """Return rows of two layers that share four directions, besides noise."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(rows, 4))
    one = shared @ random.normal(size=(4, features[0])) + 0.5 * random.normal(size=(rows, features[0]))
    other = shared @ random.normal(size=(4, features[1])) + 0.5 * random.normal(size=(rows, features[1]))
    return one, other


def compared(index, one, other, batches=1):
    """Return the index of two layers whose rows come in so many batches."""
    tally = index.tally([one.shape[1]], [other.shape[1]])
    for ours, theirs in zip(np.array_split(one, batches), np.array_split(other, batches), strict=True):
        tally.add([ours], [theirs])
    return tally


def value(index, one, other, batches=1):
    return compared(index, one, other, batches).matrix()[0, 0]


ALL = [make() for make in REGISTRY["similarity"].values()]
BIASED = [xai.LinearCKA(estimator="biased"), xai.RbfCKA(estimator="biased")]
CORRELATIONS = [xai.CCA(), xai.SVCCA(), xai.PWCCA()]
EVERY = [*ALL, *BIASED]


def named(index):
    return f"{index.name}-{getattr(index, 'estimator', '')}"


def unbiased_by_tuples(K, L):
    """HSIC as the mean over all four different inputs (Song et al. 2012, equation 4)."""
    terms = [K[i, j] * (L[i, j] + L[q, r] - 2 * L[i, q]) for i, j, q, r in itertools.permutations(range(len(K)), 4)]
    return np.mean(terms)


def biased_by_trace(K, L):
    n = len(K)
    H = np.eye(n) - 1 / n
    return np.trace(K @ H @ L @ H) / (n - 1) ** 2


@pytest.mark.parametrize("features", [(3, 4), (3, 40), (40, 30)], ids=str)
@pytest.mark.parametrize("hsic", [(unbiased_hsic, unbiased_by_tuples), (biased_hsic, biased_by_trace)])
def test_hsic_is_what_its_definition_says(hsic, features):
    one, other = pair(9, features=features)
    found = hsic[0](Kernel(one), Kernel(other))
    np.testing.assert_allclose(found, hsic[1](one @ one.T, other @ other.T), rtol=1e-10)


@pytest.mark.parametrize("hsic", [unbiased_hsic, biased_hsic])
def test_features_and_gram_matrices_say_the_same(hsic):
    one, other = pair(30)
    forms = [Kernel(one), Kernel(gram=one @ one.T)]
    others = [Kernel(other), Kernel(gram=other @ other.T)]
    assert [each.features is None for each in (*forms, *others)] == [False, True, False, True]
    found = [hsic(*both) for both in itertools.product(forms, others)]
    np.testing.assert_allclose(found, found[0], rtol=1e-12)
    rolled = [hsic(a, b.rolled()) for a, b in itertools.product(forms, others)]
    np.testing.assert_allclose(rolled, hsic(Kernel(one), Kernel(np.roll(other, 1, axis=0))), rtol=1e-12)


def test_batches_have_the_mean_of_all_inputs():
    one, other = pair(7)
    batches = [list(rows) for rows in itertools.combinations(range(7), 5)]
    found = np.mean([unbiased_hsic(Kernel(one[rows]), Kernel(other[rows])) for rows in batches])
    assert found == pytest.approx(unbiased_hsic(Kernel(one), Kernel(other)), rel=1e-10)


def test_cka_is_what_its_definition_says(agreement):
    one, other = pair(40, features=(5, 90))
    for index, hsic in ((xai.LinearCKA(), None), (BIASED[0], biased_by_trace)):
        K, L = one @ one.T, other @ other.T
        if hsic is None:
            one, other = one[:8], other[:8]
            K, L, hsic = one @ one.T, other @ other.T, unbiased_by_tuples
        expected = hsic(K, L) / np.sqrt(hsic(K, K) * hsic(L, L))
        agreement("cka", "definition", value(index, one, other), expected, 1e-10)


def test_biased_cka_of_features_is_its_closed_form(agreement):
    one, other = (rows - rows.mean(axis=0) for rows in pair(40))
    size = np.linalg.norm
    expected = size(other.T @ one) ** 2 / (size(one.T @ one) * size(other.T @ other))
    agreement("cka", "closed form", value(BIASED[0], one, other), expected, 1e-12)


def test_the_kernel_of_near_neighbours(agreement):
    one, other = pair(9)
    grams = []
    for rows in (one, other):
        apart = cdist(rows, rows)
        width = 0.8 * np.median(apart[np.triu_indices(9, 1)])
        grams.append(np.exp(-(apart**2) / (2 * width**2)))
    for estimator, hsic in (("biased", biased_by_trace), ("unbiased", unbiased_by_tuples)):
        expected = hsic(*grams) / np.sqrt(hsic(grams[0], grams[0]) * hsic(grams[1], grams[1]))
        found = value(xai.RbfCKA(sigma=0.8, estimator=estimator), one, other)
        agreement("rbf_cka", "definition", found, expected, 1e-10)


@pytest.mark.parametrize("index", [BIASED[0], *CORRELATIONS], ids=named)
def test_of_single_features_it_is_the_correlation(agreement, index):
    one, other = pair(50, features=(1, 1))
    correlation = np.corrcoef(one[:, 0], other[:, 0])[0, 1]
    expected = correlation**2 if index.name == "cka" else abs(correlation)
    agreement(index.name, "closed form", value(index, one, other), expected, 1e-12)


def test_canonical_correlations_are_those_of_scikit_learn(agreement):
    one, other = pair(80)
    count = 5
    ours, theirs = cross_decomposition.CCA(count, scale=False, max_iter=20000, tol=1e-14).fit_transform(one, other)
    expected = np.mean([np.corrcoef(ours[:, place], theirs[:, place])[0, 1] for place in range(count)])
    agreement("cca", "scikit-learn", value(xai.CCA(), one, other), expected, 1e-6)


def canonical(one, other):
    """Return correlations and directions of the first, by the generalised eigenproblem of the covariances."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    joint = one.T @ other
    turned = np.linalg.solve(one.T @ one, joint) @ np.linalg.solve(other.T @ other, joint.T)
    squares, maps = np.linalg.eig(turned)
    order = np.argsort(-squares.real)[: min(one.shape[1], other.shape[1])]
    directions = one @ maps.real[:, order]
    return np.sqrt(np.abs(squares.real[order])), directions / np.linalg.norm(directions, axis=0), one


def test_svcca_and_pwcca_are_what_their_definitions_say(agreement):
    one, other = pair(80, features=(7, 5))
    found, directions, centred = canonical(one, other)
    weights = [sum(abs(direction @ unit) for unit in centred.T) for direction in directions.T]
    agreement("pwcca", "definition", value(xai.PWCCA(), one, other), np.average(found, weights=weights), 1e-9)
    kept = []
    for rows in (one, other):
        centred = rows - rows.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(centred.T))
        shares = np.cumsum(values[::-1]) / values.sum()
        kept.append(centred @ vectors[:, ::-1][:, : int((shares < 0.9).sum()) + 1])
    assert kept[0].shape[1] < 7
    agreement("svcca", "definition", value(xai.SVCCA(variance=0.9), one, other), canonical(*kept)[0].mean(), 1e-9)
    assert value(xai.SVCCA(variance=1), one, other) == pytest.approx(value(xai.CCA(), one, other), abs=1e-12)


@pytest.mark.parametrize("index", EVERY, ids=named)
def test_what_leaves_it_as_it_is(index):
    one, other = pair()
    found = value(index, one, other)
    rotation = np.linalg.qr(RANDOM.normal(size=(6, 6)))[0]
    assert value(index, one, 7 * other @ rotation + 3) == pytest.approx(found, abs=1e-12)
    assert value(index, one, one) == pytest.approx(1, abs=1e-12)
    bent = other @ RANDOM.normal(size=(6, 6))
    moved = abs(value(index, one, bent) - found)
    assert moved < 1e-10 if index.name in ("cca", "pwcca") else moved > 1e-3


@pytest.mark.parametrize("index", EVERY, ids=named)
def test_only_weights_tell_one_layer_from_the_other(index):
    one, other = pair(features=(9, 5))
    there, back = value(index, one, other), value(index, other, one)
    assert (there == pytest.approx(back, abs=1e-12)) == (index.name != "pwcca")


@pytest.mark.parametrize("index", EVERY, ids=named)
def test_layers_that_say_the_same_of_all_inputs_are_not_known(index):
    one, other = pair()
    dead = np.full((60, 3), 0.1) * (1 + 1e-9 * RANDOM.normal(size=(60, 3)))
    assert np.isnan(value(index, one, dead))
    # Units that say nothing change nothing.
    whole = np.concatenate([other, np.full((60, 2), 3.7)], axis=1)
    assert value(index, one, whole) == pytest.approx(value(index, one, other), abs=1e-10)


def test_correlations_do_not_depend_on_batches():
    one, other = pair(400)
    for index in CORRELATIONS:
        found = [value(index, one, other, batches) for batches in (1, 5, 40)]
        np.testing.assert_allclose(found, found[0], rtol=1e-10)


@pytest.mark.parametrize("index", [xai.LinearCKA(), xai.RbfCKA()], ids=named)
def test_batches_say_what_all_inputs_say_within_their_error(index):
    one, other = pair(600)
    whole, tally = value(index, one, other), compared(index, one, other, 20)
    error = tally.standard_error()[0, 0]
    assert 0 < error < 0.05
    assert abs(tally.matrix()[0, 0] - whole) < 4 * error


@pytest.mark.parametrize("index", ALL, ids=named)
def test_the_error_is_how_far_other_inputs_differ(index):
    tallies = [compared(index, *again(seed), batches=8) for seed in range(40)]
    spread = np.std([tally.matrix()[0, 0] for tally in tallies], ddof=1)
    told = np.sqrt(np.mean([tally.standard_error()[0, 0] ** 2 for tally in tallies]))
    assert 0.7 < told / spread < 1.5
    assert np.isnan(compared(index, *again(0)).standard_error()).all()


def again(seed):
    """Return other inputs of the same two layers."""
    random = np.random.default_rng(100 + seed)
    shared = random.normal(size=(160, 4))
    return shared @ MIXED, shared @ MIXED[::-1] + random.normal(size=(160, 6))


def test_what_independent_layers_have_in_common():
    random = np.random.default_rng(5)
    one, other = random.normal(size=(2, 64, 1024))
    found = {
        estimator: compared(xai.LinearCKA(estimator=estimator), one, other) for estimator in ("biased", "unbiased")
    }
    assert found["biased"].matrix()[0, 0] > 0.9
    assert abs(found["unbiased"].matrix()[0, 0]) < 0.05
    # The control knows that of layers that are the same, too.
    same = compared(BIASED[0], one, one)
    assert same.matrix()[0, 0] == pytest.approx(1)
    assert same.independent()[0, 0] == pytest.approx(found["biased"].matrix()[0, 0], abs=0.02)
    # With no more inputs than features all canonical correlations are 1.
    assert value(xai.CCA(), one[:, :63], other[:, :70]) == pytest.approx(1)


@pytest.mark.parametrize("index", EVERY, ids=named)
def test_the_control_is_the_index_of_shuffled_rows(index):
    one, other = pair(60)
    expected = value(index, one, np.roll(other, 1, axis=0))
    assert compared(index, one, other).independent()[0, 0] == pytest.approx(expected, abs=1e-12)


def test_columns_keep_products_of_any_number_of_rows_in_few():
    rows = RANDOM.normal(size=(1000, 7)) * [1, 1e-3, 1, 1, 1, 1, 1] + 50
    kept, others = Columns(7), Columns(7)
    for part in np.array_split(rows[:600], 13):
        kept.add(part)
    others.add(rows[600:])
    both = kept + others
    assert both.count == 1000
    assert len(both.centred) <= 8
    np.testing.assert_allclose(both.centred.T @ both.centred, 999 * np.cov(rows.T), rtol=1e-6, atol=1e-9)
