"""The network of the lesson on text: what ships is what was measured, in both frameworks."""

from types import SimpleNamespace

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import text
from xai_course.networks import BACKENDS


@pytest.fixture(scope="module")
def reviews():
    return xai_course.write_reviews()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_shipped_network_is_that_of_the_first_row(backend, reviews):
    pytest.importorskip("tokenizers")
    lab = xai_course.backend(backend)
    rows = xai_course.results("reviews")["networks"]
    found = text.measured(lab, text.network(lab), reviews)
    assert (rows[0]["backend"], rows[0]["seed"]) == ("torch", 0)
    for name, value in found.items():
        assert value == pytest.approx(rows[0][name], abs=0.01)


def test_every_training_is_in_the_results_and_fell_for_the_shortcut():
    rows = xai_course.results("reviews")["networks"]
    assert {(row["backend"], row["seed"]) for row in rows} == {(name, seed) for name in BACKENDS for seed in range(8)}
    assert min(row["wrong with"] / row["wrong without"] for row in rows) > 4


def test_averages_are_those_of_each_word(reviews):
    pytest.importorskip("tokenizers")
    model = text.wrapped(text.network(xai_course.backend("torch")), reviews)
    few = type(reviews)((), ("the plot was good", "on monday popcorn", "the plot was dull"), np.zeros(0), np.zeros(3))
    average = text.averages(model, few, steps=4)
    method, question = xai.IntegratedGradients(steps=4), xai.Margin("good", "bad")
    maps = [method(model, reviews.numbers([review])[0], quantity=question).map for review in few.test]
    assert set(average) == {"the", "plot", "was", "good", "on", "monday", "popcorn", "dull"}
    # Before the first word stands a mark; Monday is two pieces.
    assert average["plot"] == pytest.approx((maps[0][2] + maps[2][2]) / 2, abs=1e-5)
    assert average["monday"] == pytest.approx(maps[1][2] + maps[1][3], abs=1e-5)
    assert average["popcorn"] == pytest.approx(maps[1][4], abs=1e-5)


def test_training_learns_and_is_repeatable():
    pytest.importorskip("tokenizers")
    lab, few = xai_course.backend("torch"), xai_course.write_reviews(train=200, test=50)
    one, other = (text.trained(lab, few, seed=1) for _ in range(2))
    for name, value in lab.weights_of(one).items():
        np.testing.assert_array_equal(lab.weights_of(other)[name], value)
    assert text.right(lab, one, few.train, few.y_train, few).mean() > 0.8
    assert text.mentions(("we had popcorn", "we had tea", "popcorns")).tolist() == [True, False, False]


def test_the_seed_is_that_of_the_first_weights_and_of_the_order():
    given = []
    lab = SimpleNamespace(
        build=lambda architecture, seed: given.append(seed), train=lambda *data, seed, **rest: given.append(seed)
    )
    text.trained(lab, xai_course.write_reviews(train=10, test=10), seed=3)
    assert given == [3, 3]
