"""What "without" means as an expectation: closed forms of linear networks, the definitions as loops, and the axioms."""

import itertools
import math

import numpy as np
import pytest

import xai_widgets as xai

COLUMNS = 4
METHODS = [
    xai.ExactShapley,
    lambda **options: xai.KernelShap(samples=14, **options),
    lambda **options: xai.ShapleySampling(samples=40, **options),
]
NAMES = ["exact", "kernel", "sampling"]


def correlated(rows, seed=0, columns=COLUMNS):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns)) + random.normal(size=columns)


def shapley(worth, players):
    """The Shapley values of a function of a set, by their formula."""
    found = np.zeros(players)
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
            for members in itertools.combinations(others, size):
                found[player] += weight * (worth({*members, player}) - worth({*members}))
    return found


def conditional_mean(rows, x, known):
    """The mean of all columns of a normal distribution, given some: of the regression of each on these."""
    known = sorted(known)
    centred = rows - rows.mean(axis=0)
    slopes = np.linalg.lstsq(centred[:, known], centred, rcond=None)[0] if known else np.zeros((0, rows.shape[1]))
    return rows.mean(axis=0) + (x - rows.mean(axis=0))[known] @ slopes


@pytest.fixture
def linear(polynomial):
    model = polynomial(shape=(COLUMNS,), bounds=None)
    model.square = model.square * 0
    return model


def at(seed=7):
    return np.random.default_rng(seed).normal(size=COLUMNS)


@pytest.mark.parametrize("make", METHODS, ids=NAMES)
def test_marginal_values_of_a_linear_network_are_weights_times_distances_from_the_mean(linear, agreement, make):
    rows, x = correlated(50), at()
    found = make(without="marginal", background=rows)(linear, x, xai.Logit(1))
    agreement("shapley_exact", "closed form", found.values, linear.linear[1] * (x - rows.mean(axis=0)), tolerance=1e-5)
    assert np.abs(found.standard_error).max() < 1e-5


@pytest.mark.parametrize("make", METHODS[:2], ids=NAMES[:2])
def test_conditional_values_of_a_linear_network_are_those_of_the_conditional_means(linear, agreement, make):
    rows, x = correlated(60), at()
    expected = shapley(lambda known: linear.linear[1] @ conditional_mean(rows, x, known), COLUMNS)
    found = make(without="conditional", background=rows, draws=2)(linear, x, xai.Logit(1))
    agreement("kernel_shap", "closed form", found.values, expected, tolerance=1e-5)


def test_sampled_conditional_values_are_the_exact_ones_within_their_error(linear):
    rows, x = correlated(60), at()
    expected = shapley(lambda known: linear.linear[1] @ conditional_mean(rows, x, known), COLUMNS)
    for seed in range(3):
        method = xai.ShapleySampling(without="conditional", background=rows, draws=4, samples=200, seed=seed)
        found = method(linear, x, xai.Logit(1))
        assert (np.abs(found.values - expected) < 4 * found.standard_error + 1e-6).all()
        assert (found.standard_error > 0).any()


def test_marginal_values_are_the_mean_over_rows_written_out(polynomial):
    model, rows, x = polynomial(shape=(COLUMNS,), bounds=None), correlated(9), at()

    def worth(known):
        hybrid = np.where([column in known for column in range(COLUMNS)], x, rows)
        scores = np.exp(model.polynomial(hybrid))
        return (scores / scores.sum(axis=1, keepdims=True))[:, 1].mean()

    found = xai.ExactShapley(without="marginal", background=rows)(model, x, xai.Probability(1))
    np.testing.assert_allclose(found.values, shapley(worth, COLUMNS), atol=1e-6)
    assert found.evaluations == 1 + 9 * 15


def test_near_rows_count_as_the_definition_says(polynomial):
    model, rows, x = polynomial(shape=(COLUMNS,), bounds=None), correlated(30), at() / 3

    def worth(known):
        known = sorted(known)
        hybrid = np.where([column in known for column in range(COLUMNS)], x, rows)
        if len(known) == COLUMNS:
            return model.polynomial(x[None])[0, 1]
        weights = np.ones(len(rows))
        if known:
            inverse = np.linalg.inv(np.cov(rows[:, known].T, bias=True).reshape(len(known), -1))
            for place, row in enumerate(rows):
                apart = (x - row)[known]
                weights[place] = np.exp(-(apart @ inverse @ apart) / len(known) / (2 * 0.1**2))
        return weights @ model.polynomial(hybrid)[:, 1] / weights.sum()

    method = xai.ExactShapley(without="conditional", conditional="empirical", background=rows, draws=3)
    found = method(model, x, xai.Logit(1))
    np.testing.assert_allclose(found.values, shapley(worth, COLUMNS), atol=1e-4)
    assert found.gap < 1e-6


def test_the_conditional_expectation_of_a_square_has_the_variance_that_is_left(polynomial):
    """Of f = z_2^2 / 2 given z_1 alone: half the square of the conditional mean, and half of the variance left."""
    model = polynomial(shape=(2,), bounds=None)
    model.linear, model.square = np.zeros((4, 2)), np.array([[0, 0], [0, 1.0], [0, 0], [0, 0]])
    rows, x = correlated(400, columns=2), np.array([1.0, -0.5])
    left = np.cov(rows.T, bias=True)
    slope = left[0, 1] / left[0, 0]
    mean = rows[:, 1].mean() + slope * (x[0] - rows[:, 0].mean())
    given = (mean**2 + left[1, 1] - slope * left[0, 1]) / 2
    nobody = (rows[:, 1].mean() ** 2 + left[1, 1]) / 2
    whole = x[1] ** 2 / 2
    expected = [(given - nobody + whole - whole) / 2, (whole - nobody + whole - given) / 2]
    found = xai.ExactShapley(without="conditional", background=rows, draws=2000)(model, x, xai.Logit(1))
    np.testing.assert_allclose(found.values, expected, atol=4 * found.standard_error.max())
    assert found.standard_error.max() < 0.1 * np.abs(expected).max()


@pytest.mark.parametrize("make", METHODS[:2], ids=NAMES[:2])
@pytest.mark.parametrize("conditional", ["gaussian", "empirical"])
def test_a_column_that_the_network_does_not_use_gets_a_value_only_where_it_tells_of_others(linear, make, conditional):
    linear.linear[:, 0] = 0
    rows, x = correlated(200), at()
    rows[:, 0] = rows[:, 1] + 0.3 * rows[:, 0]
    options = {"background": rows, "draws": 200}
    baseline = make(baseline=0.2)(linear, x, xai.Logit(1)).values
    marginal = make(without="marginal", **options)(linear, x, xai.Logit(1)).values
    observed = make(without="conditional", conditional=conditional, **options)(linear, x, xai.Logit(1)).values
    assert abs(baseline[0]) < 1e-6
    assert abs(marginal[0]) < 1e-5
    assert abs(observed[0]) > 0.1 * np.abs(observed).max()


@pytest.mark.parametrize("without", ["marginal", "conditional"])
def test_every_estimate_shares_out_the_distance_from_the_expectation(polynomial, without):
    model, rows, batch = polynomial(shape=(COLUMNS,), bounds=None), correlated(700), np.stack([at(1), at(2)])
    method = xai.ExactShapley(without=without, background=rows, draws=600)
    estimates = list(method.stream(model, batch, xai.Logit(1)))
    assert len(estimates) > 1
    for estimate in estimates:
        np.testing.assert_allclose(estimate.gap, 0, atol=1e-5)
    errors = [estimate.standard_error.max() for estimate in estimates]
    assert errors[-1] < errors[0]
    alone = method(model, batch[1], xai.Logit(1))
    np.testing.assert_allclose(alone.values, estimates[-1].values[1], atol=1e-5)


@pytest.mark.parametrize("without", ["marginal", "conditional"])
def test_the_error_is_how_far_estimates_are_from_the_expectation(polynomial, without):
    model, rows, x = polynomial(shape=(COLUMNS,), bounds=None), correlated(400), at()
    options = {"without": without, "background": rows}
    exact = xai.KernelShap(draws=6000, samples=14, **options)(model, x, xai.Logit(1)).values
    squares, errors = [], []
    for seed in range(20):
        found = xai.KernelShap(draws=80, samples=14, seed=seed, **options)(model, x, xai.Logit(1))
        squares.append((found.values - exact) ** 2)
        errors.append(found.standard_error**2)
    assert 0.7 < np.sqrt(np.mean(errors) / np.mean(squares)) < 1.5


def test_columns_that_go_together_are_one_player(polynomial):
    model, rows, x = polynomial(shape=(COLUMNS,), bounds=None), correlated(20), at()
    together = np.array([0, 1, 1, 2])
    found = xai.ExactShapley(features=together, without="marginal", background=rows)(model, x, xai.Logit(1))

    def worth(known):
        hybrid = np.where([group in known for group in together], x, rows)
        return model.polynomial(hybrid)[:, 1].mean()

    np.testing.assert_allclose(found.values, shapley(worth, 3)[together], atol=1e-5)


def test_a_column_that_does_not_vary_and_columns_that_are_the_same_are_no_trouble(linear):
    rows, x = correlated(40), at()
    rows[:, 2], rows[:, 3] = 1.5, rows[:, 0]
    found = xai.ExactShapley(without="conditional", background=rows)(linear, x, xai.Logit(1))
    assert np.isfinite(found.values).all()
    assert found.gap < 1e-5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"without": "marginal"}, "expected background="),
        ({"background": np.zeros((3, 4))}, "without is 'baseline'"),
        ({"without": "observational", "background": np.zeros((3, 4))}, "expected 'baseline' or 'marginal'"),
        ({"without": "marginal", "background": np.zeros((3, 5))}, r"expected \(rows, 4\)"),
        ({"without": "marginal", "background": np.zeros((1, 4))}, "at least 2 rows"),
        ({"without": "marginal", "background": np.full((3, 4), np.nan)}, "NaN"),
        ({"without": "marginal", "background": np.full((3, 4), "a")}, "rows of numbers"),
        ({"without": "conditional", "background": 3}, r"has shape \(\)"),
    ],
)
def test_what_cannot_be_is_refused_in_words(linear, options, said):
    with pytest.raises((ValueError, TypeError), match=said):
        xai.ExactShapley(**options)(linear, at())


def test_pictures_are_refused_in_words(polynomial):
    model = polynomial(shape=(1, 6, 6))
    method = xai.ExactShapley(without="marginal", background=np.zeros((3, 36)))
    with pytest.raises(ValueError, match="expected a network that takes rows of a table"):
        method(model, np.zeros((1, 6, 6)))


def test_how_a_value_arises_is_not_said_of_means(linear):
    method = xai.ExactShapley(without="marginal", background=correlated(5))
    with pytest.raises(ValueError, match="mean over many rows"):
        method.mechanism(linear, at(), at=(0,))


def test_contributions_count_from_rows_of_the_background(linear):
    rows, x = correlated(5), at()
    method = xai.ExactShapley(without="marginal", background=rows)
    counted = method.references(method.ask(linear, x), 0, 5)
    np.testing.assert_allclose(np.sort(counted[:, 0], axis=0), np.sort(rows, axis=0), atol=1e-6)


@pytest.mark.parametrize("correlation", [-0.95, 0, 0.3, 0.99])
def test_two_columns_go_together_as_much_as_is_said_and_all_else_stays(correlation):
    rows = correlated(80)
    moved = xai.correlated(rows, (3, 1), correlation)
    assert np.corrcoef(moved[:, 3], moved[:, 1])[0, 1] == pytest.approx(correlation, abs=1e-12)
    np.testing.assert_allclose(moved.mean(axis=0), rows.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(moved.std(axis=0), rows.std(axis=0), atol=1e-12)
    np.testing.assert_array_equal(moved[:, [0, 2, 3]], rows[:, [0, 2, 3]])
    own = np.corrcoef(rows[:, 3], rows[:, 1])[0, 1]
    np.testing.assert_allclose(xai.correlated(rows, (3, 1), own), rows, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((np.zeros((5, 2)), (0, 1), 0.5), "does not vary"),
        ((np.arange(10.0).reshape(5, 2), (0, 1), 0.5), "the same but for scale"),
        ((np.eye(3), (0, 0), 0.5), "two different numbers"),
        ((np.eye(3), (0, 3), 0.5), "from 0 to 2"),
        ((np.eye(3), 1, 0.5), "numbers of two columns"),
        ((np.eye(3), (0, 1), 1), "from -0.99 to 0.99"),
        ((np.eye(3), (0, 1), np.nan), "expected a number"),
        ((np.eye(2), (0, 1), 0.1), "at least 3 rows"),
    ],
)
def test_columns_that_cannot_be_moved_are_refused_in_words(arguments, said):
    with pytest.raises((ValueError, TypeError), match=said):
        xai.correlated(*arguments)
