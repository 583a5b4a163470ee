import itertools
import math

import numpy as np
import pytest

import xai_widgets as xai

HOUSE = {
    (): 250_000,
    ("age",): 230_000,
    ("rooms",): 310_000,
    ("location",): 400_000,
    ("age", "rooms"): 280_000,
    ("age", "location"): 390_000,
    ("rooms", "location"): 520_000,
    ("age", "rooms", "location"): 500_000,
}


def shapley(game):
    """The Shapley values as their formula says, coalition by coalition."""
    n, values = len(game.players), {}
    for player in game.players:
        others, total = [name for name in game.players if name != player], 0.0
        for size in range(n):
            for coalition in itertools.combinations(others, size):
                weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                total += weight * (game.value(*coalition, player) - game.value(*coalition))
        values[player] = total
    return values


@pytest.fixture
def random_game():
    def make(players, seed=0):
        generator = np.random.default_rng(seed)
        names = [f"player {number}" for number in range(players)]
        every = itertools.chain.from_iterable(itertools.combinations(names, k) for k in range(players + 1))
        return xai.Game(names, {coalition: generator.normal() for coalition in every})

    return make


@pytest.mark.parametrize("players", range(1, 7))
def test_the_three_ways_to_the_exact_values_equal_their_formula(random_game, players):
    game = random_game(players)
    expected = shapley(game)
    orders = list(game.orders())
    assert len(orders) == math.factorial(players)
    for player in game.players:
        mean = np.mean([order.contributions[player] for order in orders])
        assert mean == pytest.approx(expected[player], abs=1e-12)
    assert game.shapley() == pytest.approx(expected, abs=1e-12)
    *_, last = game.kernel(1000)
    assert last.values == pytest.approx(expected, abs=1e-8)
    assert (last.final, last.evaluations) == (True, 2**players)
    assert max(last.standard_error.values()) == 0


def test_the_price_of_a_house():
    game = xai.Game(["age", "rooms", "location"], HOUSE)
    first, *_, last = game.orders()
    assert first.players == ("age", "rooms", "location")
    assert first.values == (250_000, 230_000, 280_000, 500_000)
    assert first.contributions == {"age": -20_000, "rooms": 50_000, "location": 220_000}
    assert last.players == ("location", "rooms", "age")
    values = game.shapley()
    assert values == pytest.approx({"age": -20_000, "rooms": 85_000, "location": 185_000})
    assert sum(values.values()) == pytest.approx(250_000)


@pytest.mark.parametrize("antithetic", [True, False])
def test_every_estimate_from_orders_shares_out_the_whole_change(random_game, antithetic):
    game = random_game(5)
    change = game.value(*game.players) - game.value()
    estimates = list(game.sample(40, antithetic=antithetic))
    assert len(estimates) > 3
    for estimate in estimates:
        assert sum(estimate.values.values()) == pytest.approx(change, abs=1e-12)
    assert estimates[-1].evaluations == 2 + 40 * 4
    assert [estimate.final for estimate in estimates] == [False] * (len(estimates) - 1) + [True]


@pytest.mark.parametrize(("method", "samples"), [("sample", 24), ("kernel", 100)])
@pytest.mark.parametrize("option", [True, False])
def test_the_standard_error_is_how_far_estimates_are_from_the_exact_values(random_game, method, samples, option):
    game = random_game(8, seed=1)
    exact = game.shapley()
    name = "antithetic" if method == "sample" else "paired"
    squares, errors = [], []
    for seed in range(30):
        *_, last = getattr(game, method)(samples, seed, **{name: option})
        squares += [(last.values[player] - exact[player]) ** 2 for player in game.players]
        errors += [last.standard_error[player] ** 2 for player in game.players]
    assert 0.7 < np.sqrt(np.mean(errors) / np.mean(squares)) < 1.5


def test_a_mean_of_orders_is_that_of_the_orders_written_out(random_game):
    """Also of an odd number of them, of which the last one stands without its reverse."""
    from xai_widgets.attribution.surrogates.coalitions import Permutations

    game = random_game(4)
    *_, last = game.sample(7, seed=3)
    walk = Permutations(4, np.zeros(1), np.zeros(1), 7, 3, antithetic=True)
    expected = np.zeros(4)
    for number in range(7):
        order = walk.order(number)
        assert sorted(order) == [0, 1, 2, 3]
        if number % 2:
            np.testing.assert_array_equal(order, walk.order(number - 1)[::-1])
        for step in range(4):
            names = [game.players[player] for player in order[: step + 1]]
            expected[order[step]] += game.value(*names) - game.value(*names[:-1])
    np.testing.assert_allclose(list(last.values.values()), expected / 7, atol=1e-12)


def test_what_is_drawn_beyond_the_full_sizes_weighs_as_the_kernel_says(random_game):
    """The same least squares, written out with one weight per coalition and both ends as heavy samples."""
    from xai_widgets.attribution.surrogates.regression import KernelSamples

    game = random_game(7, seed=4)
    samples, n = 60, 7
    *_, last = game.kernel(samples, seed=2)
    kernel = KernelSamples(n, np.zeros(1), np.zeros(1), samples, 2, paired=True)
    present = kernel.draw(0, samples)
    sizes = present.sum(axis=1)
    assert len({tuple(row) for row in present[:14]}) == 14  # the first and the last size in full
    assert set(sizes[:14]) == {1, 6}
    assert set(sizes[14:]) == {2, 3, 4, 5}
    np.testing.assert_array_equal(present[14::2], ~present[15::2])
    mass = {k: (n - 1) / (k * (n - k)) for k in range(1, n)}
    inner = sum(mass[k] for k in (2, 3, 4, 5)) / (samples - 14)
    weights = [mass[k] / math.comb(n, k) if k in (1, 6) else inner for k in sizes]
    rows = np.vstack([present, np.zeros(n), np.ones(n)])
    rows = np.column_stack([rows, np.ones(len(rows))])
    values = [game.value(*(game.players[i] for i in np.flatnonzero(row[:-1]))) for row in rows]
    root = np.sqrt(np.append(weights, [1e9, 1e9]))
    expected = np.linalg.lstsq(rows * root[:, None], np.array(values) * root, rcond=None)[0][:-1]
    np.testing.assert_allclose(list(last.values.values()), expected, atol=1e-5)


def test_a_function_gets_the_names_of_those_who_are_in_once():
    asked = []

    def value(coalition):
        asked.append(coalition)
        return len(coalition) ** 2

    game = xai.Game(("a", "b", "c"), value)
    assert game.shapley() == pytest.approx({"a": 3, "b": 3, "c": 3})
    list(game.orders())
    assert sorted(asked) == sorted(game.coalitions())
    assert game.value("c", "a") == 4
    assert ("a", "c") in asked


def test_keys_may_be_names_and_sets():
    table = {(): 0, "a": 1, frozenset({"b"}): 2, ("b", "a"): 5}
    assert xai.Game(["a", "b"], table).shapley() == pytest.approx({"a": 2, "b": 3})


def test_a_model_plays_at_one_input(polynomial):
    model, x = polynomial(shape=(4,), bounds=None), np.array([1.0, -2.0, 0.5, 3.0])
    game = xai.Game.of(model, x, xai.Logit(1), baseline=0, names=["a", "b", "c", "d"])
    expected = model.linear[1] * x + model.square[1] * x**2 / 2
    np.testing.assert_allclose(list(game.shapley().values()), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="2 names for 4 features"):
        xai.Game.of(model, x, baseline=0, names=["a", "b"])
    with pytest.raises(ValueError, match="batch of 2"):
        xai.Game.of(model, np.stack([x, x]), baseline=0)


def test_what_does_not_fit_is_said():
    with pytest.raises(TypeError, match="sequence of names"):
        xai.Game("abc", {})
    with pytest.raises(ValueError, match="none twice"):
        xai.Game(["a", "a"], {})
    with pytest.raises(TypeError, match="function of a coalition"):
        xai.Game(["a"], 3)
    with pytest.raises(ValueError, match=r"value of \('a', 'b'\) is missing"):
        xai.Game(["a", "b"], {(): 0, "a": 1, "b": 2})
    with pytest.raises(ValueError, match="no player 'c'"):
        xai.Game(["a", "b"], {(): 0, "a": 1, "c": 2})
    with pytest.raises(ValueError, match="no player 'x'"):
        xai.Game(["a"], {(): 0, "a": 1}).value("x")
    with pytest.raises(ValueError, match="finite"):
        xai.Game(["a"], {(): 0, "a": math.nan}).shapley()
    many = xai.Game([str(number) for number in range(17)], len)
    with pytest.raises(ValueError, match="at most 16"):
        many.shapley()
    with pytest.raises(ValueError, match="samples is 0"):
        many.sample(0)
    *_, last = many.sample(2)
    assert last.values == pytest.approx(dict.fromkeys(many.players, 1.0))


def test_an_order_and_its_reverse_are_exact_where_players_interact_in_pairs():
    """What two players do together goes to the one in one order and to the other in its reverse."""
    pairs = np.random.default_rng(0).normal(size=(6, 6))

    def value(coalition):
        inside = np.array([name in coalition for name in "abcdef"], float)
        return inside @ pairs @ inside

    game = xai.Game(["a", "b", "c", "d", "e", "f"], value)
    first, *_, last = game.sample(8)
    assert first.evaluations < last.evaluations
    assert last.values == pytest.approx(game.shapley(), abs=1e-12)
    assert max(last.standard_error.values()) < 1e-12, "of pairs, not of single orders"
    *_, single = game.sample(8, antithetic=False)
    assert max(single.standard_error.values()) > 0.1
