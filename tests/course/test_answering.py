"""The networks of pictures and words: the same function in both frameworks, and what is measured of them."""

import itertools

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course.answering import networks as answering
from xai_course.answering.deletion import deleted, deletions
from xai_course.answering.modalities import SORTS, coalitions, margins, on_the_asked, shapley
from xai_course.data.asked_scenes import draw_asked_scenes
from xai_course.data.question_grammar import ANSWERS, numbers
from xai_course.networks import BACKENDS
from xai_course.networks.architecture import ANSWERING, THREE_PARTS, Architecture, Dense, Input, Times
from xai_course.networks.weights import initial_weights


@pytest.fixture(scope="module")
def scenes():
    return draw_asked_scenes(60, seed=31)


@pytest.fixture(scope="module")
def labs():
    return [xai_course.backend(name) for name in BACKENDS]


@pytest.fixture(scope="module")
def torch_lab(labs):
    return labs[BACKENDS.index("torch")]


def test_both_frameworks_answer_alike(labs, scenes):
    inputs = (scenes.pictures, scenes.words)
    scores = [lab.predict(answering.network(lab), inputs) for lab in labs]
    np.testing.assert_allclose(scores[1], scores[0], atol=2e-3)
    assert np.ptp(scores[0]) > 5


def test_three_inputs_are_the_same_function_of_one_file_in_both(labs):
    weights = initial_weights(THREE_PARTS, seed=1)
    random = np.random.default_rng(2)
    inputs = (
        random.uniform(size=(5, 16, 16, 1)).astype(np.float32),
        random.uniform(size=(5, 2)).astype(np.float32),
        random.integers(0, 5, (5, 1)),
    )
    networks = [lab.build(THREE_PARTS, weights) for lab in labs]
    scores = [lab.predict(network, inputs) for lab, network in zip(labs, networks, strict=True)]
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-5)
    for lab, network in zip(labs, networks, strict=True):
        found = lab.weights_of(network)
        assert set(found) == set(weights)
        assert all(np.array_equal(found[name], value) for name, value in weights.items())


def test_scores_are_those_of_the_formula(torch_lab, scenes):
    """The head, written out with NumPy from what the two arms put out."""
    weights = torch_lab.weights_of(answering.network(torch_lab))
    model = answering.wrapped(torch_lab, answering.network(torch_lab))
    few = scenes.chosen(slice(0, 4))
    inputs = answering.inputs(torch_lab, few)
    seen = xai.LayerActivation()(model, inputs, layer="positions").values

    def dense(name, z):
        return z @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    told = np.maximum(dense("dense1", weights["embedding.weight"][few.words].mean(axis=1)), 0)
    gated = seen * dense("gates", told)[:, None]
    mean = np.maximum(dense("dense2", gated), 0).mean(axis=1)
    both = np.concatenate([mean, told], axis=1)
    expected = dense("dense4", np.maximum(dense("dense3", both), 0))
    np.testing.assert_allclose(model.scores(inputs), expected, atol=1e-3)


def test_a_network_that_is_always_asked_the_same_is_that_network(labs, scenes):
    question = "what colour is the square"
    for lab in labs:
        network = answering.network(lab)
        found = answering.asked(lab, network, question).scores(lab.layout(scenes.pictures[:5]))
        expected = lab.predict(network, (scenes.pictures[:5], numbers([question] * 5)))
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_shares_of_the_library_sum_to_what_the_score_gains(labs, scenes):
    for lab in labs:
        model = answering.wrapped(lab, answering.network(lab))
        inputs = answering.inputs(lab, scenes.chosen(slice(0, 3)))
        found = xai.IntegratedGradients(steps=32)(model, inputs)
        empty = {"picture": np.zeros_like(inputs["picture"]), "question": np.zeros_like(inputs["question"])}
        top = model.scores(inputs).argmax(axis=1)
        gained = found.score - model.scores(empty)[np.arange(3), top]
        assert sum(found.parts.values()) == pytest.approx(gained, abs=0.5)


def test_one_word_is_deleted_at_a_time(torch_lab, scenes):
    assert deleted("what colour is the square", 3) == "what colour is square"
    few, network = scenes.chosen(slice(0, 5)), answering.network(torch_lab)
    found = deletions(torch_lab, network, few)
    row = 0
    for scene, question in enumerate(few.questions):
        words = question.split()
        for place, word in enumerate(words):
            left = numbers([" ".join(words[:place] + words[place + 1 :])])
            picture = few.pictures[[scene]]
            before = torch_lab.predict(network, (picture, few.words[[scene]])).argmax()
            after = torch_lab.predict(network, (picture, left)).argmax()
            assert (found.scene[row], found.word[row], found.stays[row]) == (scene, word, before == after)
            assert found.matters[row] == (word in few.matter[scene])
            row += 1
    assert row == len(found.stays)


def test_margins_are_over_answers_of_the_same_sort():
    scores = np.random.default_rng(3).normal(size=(4, 6, len(ANSWERS)))
    found = margins(scores)
    for scene in range(6):
        answer = ANSWERS[scores[3, scene].argmax()]
        (sort,) = [sort for sort in map(tuple, SORTS) if answer in sort]
        for coalition in range(4):
            of = {name: scores[coalition, scene, ANSWERS.index(name)] for name in sort}
            expected = of.pop(answer) - np.mean(list(of.values()))
            assert found[coalition, scene] == pytest.approx(expected)
    assert sorted(itertools.chain(*SORTS)) == sorted(ANSWERS)


def test_shapley_values_are_those_of_the_library(torch_lab, scenes):
    few, network = scenes.chosen(slice(0, 3)), answering.network(torch_lab)
    scores = coalitions(torch_lab, network, few)
    model = answering.wrapped(torch_lab, network)
    inputs = answering.inputs(torch_lab, few)
    grey = {"picture": np.full_like(inputs["picture"], 0.5), "question": np.zeros_like(inputs["question"])}
    found = xai.ExactShapley(baseline=grey)(model, inputs)
    top = scores[3].argmax(axis=1)
    picture, question = shapley(scores[:, np.arange(3), top])
    np.testing.assert_allclose(found.parts["picture"], picture, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.parts["question"], question, rtol=1e-3, atol=1e-3)


def test_the_share_on_what_is_asked_for_is_counted_without_sign(scenes):
    maps = np.where(scenes.asked, -3.0, 0) + np.where(scenes.others, 1.0, 0)
    few = np.flatnonzero(scenes.asked.any(axis=(1, 2)) & scenes.others.any(axis=(1, 2)))[:5]
    found = on_the_asked(maps[few], scenes.chosen(few))
    asked, others = (masks[few].sum(axis=(1, 2)) for masks in (scenes.asked, scenes.others))
    np.testing.assert_allclose(found, 3 * asked / (3 * asked + others))


def test_every_network_is_in_the_results_and_is_what_was_measured(torch_lab):
    tables = xai_course.results("answering")
    keys = set(itertools.product(BACKENDS, answering.SEEDS, ("even", "telling")))
    for rows in tables.values():
        assert {(row["backend"], row["seed"], row["language"]) for row in rows} == keys
    tested = draw_asked_scenes(600, seed=1)
    for language in ("even", "telling"):
        (row,) = [
            row for row in tables["right"] if (row["backend"], row["seed"], row["language"]) == ("torch", 0, language)
        ]
        right = answering.answered(torch_lab, answering.network(torch_lab, language), tested) == tested.answers
        for kind, share in answering.by_kind(right, tested).items():
            assert share == pytest.approx(row[kind], abs=0.01)


def test_training_is_repeatable(torch_lab):
    few = draw_asked_scenes(64, seed=9)
    one, other = (torch_lab.weights_of(answering.trained(torch_lab, few, seed=1, epochs=1)) for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert set(one) == set(ANSWERING.weight_shapes())


def test_a_network_that_is_not_there_is_named(torch_lab):
    with pytest.raises(
        ValueError, match="no network for language='even' and seed=3; expected 'even' or 'telling', and"
    ):
        answering.network(torch_lab, seed=3)


def test_gates_fit_their_tokens():
    with pytest.raises(ValueError, match="multiplies the tokens of 'words', which is no such layer before it, by"):
        Architecture("odd", (4,), {"dense": Dense(3), "times": Times("words")})
    assert [each.shape for each in ANSWERING.inputs] == [(48, 48, 3), (8,)]
    assert Input((2,), words=False) in THREE_PARTS.inputs
